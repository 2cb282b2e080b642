//! What pools are asked: fields and their order are xmrig-proxy's, so that whatever reads its
//! lines reads ours. Nothing here allocates beyond the buffer it appends to.

use super::PoolRequestId;
use crate::stratum::reply::push_escaped;
use crate::work::{Algorithm, Nonce, ResultHash};

/// Fields of `login`. No `Debug`: it would show the password.
#[derive(Clone, Copy)]
pub struct LoginRequest<'a> {
    /// Whom the pool pays.
    pub user: &'a str,
    /// Password.
    pub pass: &'a str,
    /// Our name and version.
    pub agent: &'a str,
    /// Name under which the pool shows us.
    pub rig_id: Option<&'a str>,
    /// What the farm can hash; left out when empty.
    pub algorithms: &'a [Algorithm],
}

/// Fields of `submit`.
#[derive(Debug, Clone, Copy)]
pub struct SubmitRequest<'a> {
    /// Session id from the login reply.
    pub session: &'a str,
    /// The pool's own job id.
    pub job_id: &'a str,
    /// All four bytes.
    pub nonce: Nonce,
    /// The hash.
    pub result: ResultHash,
    /// The raw hash, with algorithms that have a commitment.
    pub commitment: Option<&'a [u8; 32]>,
    /// Only for pools that announced the `algo` extension.
    pub algorithm: Option<&'a Algorithm>,
    /// Only in the template dialect.
    pub numbers: Option<TemplateNumbers>,
}

/// What stands in the template's reserved bytes, as the pool wants it said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TemplateNumbers {
    /// Ours.
    pub pool: i64,
    /// The lease's.
    pub worker: i64,
}

fn push_head(out: &mut Vec<u8>, id: PoolRequestId, method: &[u8]) {
    out.extend_from_slice(br#"{"id":"#);
    push_decimal(out, id.0);
    out.extend_from_slice(br#","jsonrpc":"2.0","method":""#);
    out.extend_from_slice(method);
    out.extend_from_slice(br#"","params":{"#);
}

fn push_decimal(out: &mut Vec<u8>, mut number: u64) {
    let start = out.len();
    loop {
        // Below ten: one digit.
        out.push(b'0' + u8::try_from(number % 10).unwrap_or_default());
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out[start..].reverse();
}

/// `before` ends with the quote that opens the string.
fn push_string(out: &mut Vec<u8>, before: &[u8], text: &str) {
    out.extend_from_slice(before);
    push_escaped(out, text);
    out.push(b'"');
}

/// Appends a `login` line.
pub fn push_login_request(out: &mut Vec<u8>, id: PoolRequestId, login: &LoginRequest<'_>) {
    push_head(out, id, b"login");
    push_string(out, br#""login":""#, login.user);
    push_string(out, br#","pass":""#, login.pass);
    push_string(out, br#","agent":""#, login.agent);
    if let Some(rig_id) = login.rig_id {
        push_string(out, br#","rigid":""#, rig_id);
    }
    for (at, algorithm) in login.algorithms.iter().enumerate() {
        let before: &[u8] = if at == 0 { br#","algo":[""# } else { br#",""# };
        push_string(out, before, algorithm.name());
    }
    if !login.algorithms.is_empty() {
        out.push(b']');
    }
    out.extend_from_slice(b"}}\n");
}

/// Appends a `submit` line.
pub fn push_submit_request(out: &mut Vec<u8>, id: PoolRequestId, submit: &SubmitRequest<'_>) {
    push_head(out, id, b"submit");
    push_string(out, br#""id":""#, submit.session);
    push_string(out, br#","job_id":""#, submit.job_id);
    out.extend_from_slice(br#","nonce":""#);
    out.extend_from_slice(&submit.nonce.to_hex_ascii());
    out.extend_from_slice(br#"","result":""#);
    out.extend_from_slice(&submit.result.to_hex_ascii());
    out.push(b'"');
    if let Some(raw) = submit.commitment {
        out.extend_from_slice(br#","commitment":""#);
        out.extend_from_slice(&ResultHash::new(*raw).to_hex_ascii());
        out.push(b'"');
    }
    if let Some(algorithm) = submit.algorithm {
        push_string(out, br#","algo":""#, algorithm.name());
    }
    if let Some(TemplateNumbers { pool, worker }) = submit.numbers {
        // Integers: as strings they count as a bad share.
        push_integer(out, br#","poolNonce":"#, pool);
        push_integer(out, br#","workerNonce":"#, worker);
    }
    out.extend_from_slice(b"}}\n");
}

fn push_integer(out: &mut Vec<u8>, before: &[u8], number: i64) {
    out.extend_from_slice(before);
    if number < 0 {
        out.push(b'-');
    }
    push_decimal(out, number.unsigned_abs());
}

/// Appends a `keepalived` line.
pub fn push_keepalive_request(out: &mut Vec<u8>, id: PoolRequestId, session: &str) {
    push_head(out, id, b"keepalived");
    push_string(out, br#""id":""#, session);
    out.extend_from_slice(b"}}\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(out: &[u8]) -> &str {
        std::str::from_utf8(out).unwrap()
    }

    #[test]
    fn a_submit_of_version_2_carries_the_raw_hash_before_the_algorithm() {
        let mut out = Vec::new();
        let submit = SubmitRequest {
            session: "7e538a47b6bf7190",
            job_id: "bcc6cb09e3a13772",
            nonce: Nonce::new([5, 0, 0, 0xb2]),
            result: ResultHash::new([0xab; 32]),
            commitment: Some(&[0xcd; 32]),
            algorithm: Some(&Algorithm::Rx2),
            numbers: None,
        };
        push_submit_request(&mut out, PoolRequestId(1200), &submit);
        assert_eq!(
            text(&out),
            format!(
                "{{\"id\":1200,\"jsonrpc\":\"2.0\",\"method\":\"submit\",\"params\":{{\"id\":\"7e538a47b6bf7190\",\
                 \"job_id\":\"bcc6cb09e3a13772\",\"nonce\":\"050000b2\",\"result\":\"{}\",\
                 \"commitment\":\"{}\",\"algo\":\"rx/2\"}}}}\n",
                "ab".repeat(32),
                "cd".repeat(32)
            )
        );
    }

    #[test]
    fn a_share_of_a_template_says_both_numbers_as_integers() {
        for (numbers, said) in [
            (
                (0, u32::MAX.into()),
                r#""poolNonce":0,"workerNonce":4294967295}}"#,
            ),
            (
                (i32::MIN.into(), 7),
                r#""poolNonce":-2147483648,"workerNonce":7}}"#,
            ),
        ] {
            let mut out = Vec::new();
            let submit = SubmitRequest {
                session: "s",
                job_id: "j",
                nonce: Nonce::new([5, 0, 0, 0xb2]),
                result: ResultHash::new([0xab; 32]),
                commitment: None,
                algorithm: None,
                numbers: Some(TemplateNumbers {
                    pool: numbers.0,
                    worker: numbers.1,
                }),
            };
            push_submit_request(&mut out, PoolRequestId(3), &submit);
            assert!(text(&out).trim_end().ends_with(said), "{}", text(&out));
        }
    }

    #[test]
    fn a_login_names_what_it_has_and_leaves_out_the_rest() {
        let mut login = LoginRequest {
            user: "wallet",
            pass: "x",
            agent: "zartrux/0.1",
            rig_id: None,
            algorithms: &[],
        };
        let mut out = Vec::new();
        push_login_request(&mut out, PoolRequestId(1), &login);
        assert_eq!(
            text(&out),
            "{\"id\":1,\"jsonrpc\":\"2.0\",\"method\":\"login\",\"params\":{\"login\":\"wallet\",\
             \"pass\":\"x\",\"agent\":\"zartrux/0.1\"}}\n"
        );
        out.clear();
        login.rig_id = Some("barn");
        login.algorithms = &[Algorithm::Rx0, Algorithm::Rx2];
        push_login_request(&mut out, PoolRequestId(1), &login);
        assert!(text(&out).ends_with("\"rigid\":\"barn\",\"algo\":[\"rx/0\",\"rx/2\"]}}\n"));
    }

    proptest! {
        #[test]
        fn whatever_comes_from_outside_stays_inside_its_string(
            id: u64,
            session in ".{0,40}",
            job_id in ".{0,40}",
            user in ".{0,40}",
            pass in ".{0,40}",
        ) {
            let mut out = Vec::new();
            let submit = SubmitRequest {
                session: &session,
                job_id: &job_id,
                nonce: Nonce::new([1, 2, 3, 4]),
                result: ResultHash::new([0; 32]),
                commitment: None,
                algorithm: None,
                numbers: None,
            };
            push_submit_request(&mut out, PoolRequestId(id), &submit);
            push_keepalive_request(&mut out, PoolRequestId(id), &session);
            let login = LoginRequest { user: &user, pass: &pass, agent: "a", rig_id: Some(&user), algorithms: &[] };
            push_login_request(&mut out, PoolRequestId(id), &login);
            let lines: Vec<serde_json::Value> = text(&out)
                .split_terminator('\n')
                .map(|line| serde_json::from_str(line).unwrap())
                .collect();
            prop_assert_eq!(lines.len(), 3);
            prop_assert_eq!(lines[0]["params"]["id"].as_str(), Some(session.as_str()));
            prop_assert_eq!(lines[0]["params"]["job_id"].as_str(), Some(job_id.as_str()));
            prop_assert_eq!(lines[1]["params"]["id"].as_str(), Some(session.as_str()));
            prop_assert_eq!(lines[2]["params"]["login"].as_str(), Some(user.as_str()));
            prop_assert_eq!(lines[2]["params"]["pass"].as_str(), Some(pass.as_str()));
            for line in &lines {
                prop_assert_eq!(line["id"].as_u64(), Some(id));
            }
        }
    }
}
