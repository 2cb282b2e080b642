//! What miners say.

use std::fmt;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::algo_perf::AlgoPerf;
use super::line::{DEPTH_LIMIT, nests_deeper_than};
use super::text::Text;

/// The `id` of a request, echoed in its reply. Miners use integers only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId(pub i64);

/// One line from a miner.
#[derive(Debug, Clone, PartialEq)]
pub struct MinerLine<'a> {
    /// To be echoed.
    pub id: RequestId,
    /// What it asks.
    pub request: MinerRequest<'a>,
}

/// What a miner asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum MinerRequest<'a> {
    /// `login`
    Login(Login<'a>),
    /// `submit`
    Submit(Submit<'a>),
    /// `keepalived`, or `keepalive` as some write it
    Keepalive,
    /// `getjob`, by which `MoneroOcean`'s miners say that they hash something else now, or at another
    /// rate
    GetJob(Abilities<'a>),
    /// Any other method
    Other(Text<'a>),
}

/// What a miner says that it can hash.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Abilities<'a> {
    /// Names of algorithms; empty when it does not say.
    pub algorithms: Vec<Text<'a>>,
    /// How fast it says it hashes them; empty when it does not say.
    pub perf: AlgoPerf,
}

/// Fields of `login`.
#[derive(Clone, Default, PartialEq)]
pub struct Login<'a> {
    /// Wallet or name, `wallet[.worker][+difficulty]`.
    pub user: Text<'a>,
    /// Password; never logged.
    pub pass: Option<Text<'a>>,
    /// Program and version.
    pub agent: Option<Text<'a>>,
    /// Name of the rig.
    pub rig_id: Option<Text<'a>>,
    /// Names of algorithms the miner can do; empty when it does not say.
    pub algorithms: Vec<Text<'a>>,
    /// How fast it says it hashes them (`algo-perf`); empty when it does not say.
    pub perf: AlgoPerf,
}

/// Without the password.
impl fmt::Debug for Login<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("user", &self.user)
            .field("agent", &self.agent)
            .field("rig_id", &self.rig_id)
            .field("algorithms", &self.algorithms)
            .field("perf", &self.perf)
            .finish_non_exhaustive()
    }
}

/// Fields of `submit`, each as it came or empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Submit<'a> {
    /// Session id from the login reply.
    pub session: Text<'a>,
    /// Job id as we gave it.
    pub job_id: Text<'a>,
    /// 8 hex digits.
    pub nonce: Text<'a>,
    /// 64 hex digits.
    pub result: Text<'a>,
    /// Sent only by miners that were told of the `algo` extension.
    pub algorithm: Option<Text<'a>>,
    /// The raw `RandomX` hash of version 2.
    pub commitment: Option<Text<'a>>,
}

/// Why a line is no request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRequest {
    /// Not JSON, or deeper than any request: the stream can't be trusted any more.
    #[error("not a JSON request: {0}")]
    NotJson(String),
    /// No integer `id`, so that no reply is possible.
    #[error("no integer id")]
    NoId,
    /// A reply is possible, and says what is wrong.
    #[error("{what}")]
    Malformed {
        /// To be echoed.
        id: RequestId,
        /// What is wrong, naming the field.
        what: String,
    },
}

#[derive(Deserialize)]
struct Wire<'a> {
    id: Option<i64>,
    #[serde(borrow)]
    method: Option<Text<'a>>,
    #[serde(borrow)]
    params: Option<Params<'a>>,
}

/// The fields of all methods together: one pass over the line.
#[derive(Deserialize, Default)]
struct Params<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    job_id: Option<Text<'a>>,
    #[serde(borrow)]
    nonce: Option<Text<'a>>,
    #[serde(borrow)]
    result: Option<Text<'a>>,
    /// A list in `login`, a name in `submit`.
    #[serde(borrow)]
    algo: Option<&'a RawValue>,
    #[serde(borrow, rename = "algo-perf")]
    algo_perf: Option<&'a RawValue>,
    #[serde(borrow)]
    commitment: Option<Text<'a>>,
    #[serde(borrow)]
    login: Option<Text<'a>>,
    #[serde(borrow)]
    pass: Option<Text<'a>>,
    #[serde(borrow)]
    agent: Option<Text<'a>>,
    #[serde(borrow)]
    rigid: Option<Text<'a>>,
}

/// Reads a line from a miner.
///
/// # Errors
/// See [`BadRequest`].
pub fn parse_miner_line(line: &[u8]) -> Result<MinerLine<'_>, BadRequest> {
    if nests_deeper_than(line, DEPTH_LIMIT) {
        return Err(BadRequest::NotJson(format!(
            "nested deeper than {DEPTH_LIMIT}"
        )));
    }
    let wire: Wire<'_> = serde_json::from_slice(line).map_err(|fault| explain(line, &fault))?;
    let id = RequestId(wire.id.ok_or(BadRequest::NoId)?);
    let malformed = |what: String| BadRequest::Malformed { id, what };
    let Some(method) = wire.method else {
        return Err(malformed("no method".to_owned()));
    };
    let params = wire.params.unwrap_or_default();
    let request = match &*method {
        "submit" => MinerRequest::Submit(Submit {
            session: params.id.unwrap_or_default(),
            job_id: params.job_id.unwrap_or_default(),
            nonce: params.nonce.unwrap_or_default(),
            result: params.result.unwrap_or_default(),
            algorithm: named(params.algo).map_err(malformed)?,
            commitment: params.commitment,
        }),
        "login" => MinerRequest::Login(Login {
            user: params
                .login
                .ok_or_else(|| malformed("login without params.login".to_owned()))?,
            pass: params.pass,
            agent: params.agent,
            rig_id: params.rigid,
            algorithms: listed(params.algo).map_err(malformed)?,
            perf: AlgoPerf::read(params.algo_perf).map_err(malformed)?,
        }),
        "getjob" => MinerRequest::GetJob(Abilities {
            algorithms: listed(params.algo).map_err(malformed)?,
            perf: AlgoPerf::read(params.algo_perf).map_err(malformed)?,
        }),
        "keepalived" | "keepalive" => MinerRequest::Keepalive,
        _ => MinerRequest::Other(method),
    };
    Ok(MinerLine { id, request })
}

fn named(raw: Option<&RawValue>) -> Result<Option<Text<'_>>, String> {
    raw.map(|raw| {
        serde_json::from_str(raw.get()).map_err(|_| "params.algo is not a string".to_owned())
    })
    .transpose()
}

fn listed(raw: Option<&RawValue>) -> Result<Vec<Text<'_>>, String> {
    raw.map_or_else(
        || Ok(Vec::new()),
        |raw| {
            serde_json::from_str(raw.get())
                .map_err(|_| "params.algo is not a list of strings".to_owned())
        },
    )
}

/// A second, lenient look at a line that did not parse, to answer it if it has an id.
fn explain(line: &[u8], fault: &serde_json::Error) -> BadRequest {
    #[derive(Deserialize)]
    struct Loose<'a> {
        #[serde(borrow)]
        id: Option<&'a RawValue>,
    }
    let Ok(loose) = serde_json::from_slice::<Loose<'_>>(line) else {
        return BadRequest::NotJson(without_value(fault));
    };
    let id = loose.id.and_then(|raw| raw.get().parse().ok());
    id.map_or(BadRequest::NoId, |id| BadRequest::Malformed {
        id: RequestId(id),
        what: without_value(fault),
    })
}

/// What is wrong, without the value that is: it may be a password, and this is logged and answered.
fn without_value(fault: &serde_json::Error) -> String {
    let told = fault.to_string();
    // The last one: the value may have these words too.
    match told.rfind(", expected ") {
        Some(at) => format!("wrong kind of value{}", &told[at..]),
        None => told,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_submit_is_read_without_copying() {
        let line = br#"{"id":2,"jsonrpc":"2.0","method":"submit","params":{"id":"s","job_id":"j","nonce":"12000000","result":"ab","algo":"rx/0"}}"#;
        let read = parse_miner_line(line).unwrap();
        let MinerRequest::Submit(submit) = read.request else {
            panic!("not a submit");
        };
        assert_eq!(
            (read.id, &*submit.nonce, submit.algorithm.as_deref()),
            (RequestId(2), "12000000", Some("rx/0"))
        );
        assert!(matches!(submit.result.0, std::borrow::Cow::Borrowed(_)));
    }

    #[test]
    fn escapes_in_strings_are_understood() {
        let line =
            br#"{"id":1,"method":"login","params":{"login":"a\/b","pass":"x","algo":["rx\/0"]}}"#;
        let MinerRequest::Login(login) = parse_miner_line(line).unwrap().request else {
            panic!("not a login");
        };
        assert_eq!((&*login.user, &*login.algorithms[0]), ("a/b", "rx/0"));
    }

    #[test]
    fn a_password_is_never_shown() {
        let line = br#"{"id":1,"method":"login","params":{"login":"w","pass":"hunter2"}}"#;
        assert!(!format!("{:?}", parse_miner_line(line)).contains("hunter2"));
    }

    #[test]
    fn a_password_of_the_wrong_kind_is_not_shown_either() {
        for line in [
            &br#"{"id":1,"method":"login","params":{"login":"w","pass":7070707}}"#[..],
            br#"{"id":1,"method":"login","params":"7070707, expected x"}"#,
            br#"{"method":"login","params":{"login":"w","pass":7070707.5}}"#,
            br#""7070707""#,
        ] {
            let told = format!("{:?}", parse_miner_line(line).unwrap_err());
            assert!(!told.contains("7070707"), "{told}");
        }
    }

    #[test]
    fn each_fault_is_told_apart() {
        let not_json = |line: &[u8]| matches!(parse_miner_line(line), Err(BadRequest::NotJson(_)));
        assert!(not_json(b"this is not JSON"));
        assert!(not_json(b"{\"id\":1,\"a\":[[[[[[[[[[]]]]]]]]]]}"));
        assert!(not_json(b"\xff\xfe{}"));
        assert_eq!(
            parse_miner_line(br#"{"method":"login"}"#),
            Err(BadRequest::NoId)
        );
        assert_eq!(
            parse_miner_line(br#"{"id":"1","method":"login","params":{"login":"w"}}"#),
            Err(BadRequest::NoId)
        );
        for line in [
            &br#"{"id":1}"#[..],
            br#"{"id":1,"method":"login"}"#,
            br#"{"id":1,"method":"login","params":{"login":7}}"#,
            br#"{"id":1,"method":"login","params":[]}"#,
            br#"{"id":1,"method":"submit","params":{"nonce":{}}}"#,
            br#"{"id":1,"method":"submit","params":{"algo":["rx/0"]}}"#,
        ] {
            assert!(
                matches!(
                    parse_miner_line(line),
                    Err(BadRequest::Malformed {
                        id: RequestId(1),
                        ..
                    })
                ),
                "{}",
                String::from_utf8_lossy(line)
            );
        }
    }

    #[test]
    fn a_miner_says_at_any_time_what_it_hashes() {
        let line = br#"{"id":1,"method":"getjob","params":{"id":"s","algo":["rx/0","cn/r"],"algo-perf":{"cn/r":5}}}"#;
        let MinerRequest::GetJob(abilities) = parse_miner_line(line).unwrap().request else {
            panic!("no getjob");
        };
        assert_eq!(abilities.algorithms, ["rx/0", "cn/r"].map(Text::from));
        let rate = abilities.perf.rate(&crate::work::Algorithm::named("cn/r"));
        assert_eq!(rate, Some(5.0));
        let bare = parse_miner_line(br#"{"id":1,"method":"getjob"}"#).unwrap();
        assert_eq!(bare.request, MinerRequest::GetJob(Abilities::default()));
        let bad = parse_miner_line(br#"{"id":1,"method":"getjob","params":{"algo":7}}"#);
        assert!(matches!(bad, Err(BadRequest::Malformed { .. })));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(line in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse_miner_line(&line);
        }

        #[test]
        fn any_json_like_text_is_read_or_refused(line in r#"(\{|\}|\[|\]|"|:|,|id|method|params|login|submit|1|null|\\){0,60}"#) {
            let _ = parse_miner_line(line.as_bytes());
        }
    }
}
