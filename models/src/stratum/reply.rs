//! What miners are answered: fields and their order are xmrig-proxy's, so that whatever reads its
//! lines reads ours.

use std::io::Write;

use super::RequestId;

/// The extensions of a login reply: xmrig sends `algo` in submits, keeps the slot byte and sends
/// `keepalived` only where they are named here.
const LOGIN_TAIL: &[u8] =
    br#","extensions":["algo","nicehash","connect","tls","keepalive"],"status":"OK"}}"#;
const LOGIN_TAIL_OWN_BLOB: &[u8] =
    br#","extensions":["algo","connect","tls","keepalive"],"status":"OK"}}"#;

/// `code` of every error, as xmrig-proxy has it.
const ERROR_CODE: &str = "-1";

fn push_id(out: &mut Vec<u8>, id: RequestId) {
    // Writing to a Vec cannot fail.
    let _ = write!(out, "{}", id.0);
}

/// Appends `text` as the inside of a JSON string.
pub(super) fn push_escaped(out: &mut Vec<u8>, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'"' => out.extend_from_slice(br#"\""#),
            b'\\' => out.extend_from_slice(br"\\"),
            control @ 0..0x20 => {
                // Writing to a Vec cannot fail.
                let _ = write!(out, "\\u{control:04x}");
            }
            other => out.push(other),
        }
    }
}

fn push_status(out: &mut Vec<u8>, id: RequestId, status: &str) {
    out.extend_from_slice(br#"{"id":"#);
    push_id(out, id);
    out.extend_from_slice(br#","jsonrpc":"2.0","error":null,"result":{"status":""#);
    out.extend_from_slice(status.as_bytes());
    out.extend_from_slice(b"\"}}\n");
}

/// A share was taken.
pub fn push_ok(out: &mut Vec<u8>, id: RequestId) {
    push_status(out, id, "OK");
}

/// The answer to `keepalived`.
pub fn push_kept_alive(out: &mut Vec<u8>, id: RequestId) {
    push_status(out, id, "KEEPALIVED");
}

/// An error with its text.
pub fn push_error(out: &mut Vec<u8>, id: RequestId, text: &str) {
    out.extend_from_slice(br#"{"id":"#);
    push_id(out, id);
    out.extend_from_slice(br#","jsonrpc":"2.0","error":{"code":"#);
    out.extend_from_slice(ERROR_CODE.as_bytes());
    out.extend_from_slice(br#","message":""#);
    push_escaped(out, text);
    out.extend_from_slice(b"\"}}\n");
}

/// Whether xmrig closes and reconnects on an error text (`Client.cpp`, `isCriticalError`): it
/// starts, in any case, with one of four phrases.
#[must_use]
pub fn makes_miners_hang_up(text: &str) -> bool {
    [
        "Unauthenticated",
        "your IP is banned",
        "IP Address currently banned",
        "Invalid job id",
    ]
    .iter()
    .any(|phrase| {
        text.get(..phrase.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(phrase))
    })
}

/// The answer to `login`: the session id and the first job, which xmrig wants at once.
///
/// Where each miner gets a blob of its own, `own_blob`, nothing is said of `NiceHash` mode: a miner
/// would leave the top byte of its nonces alone.
pub fn push_login(
    out: &mut Vec<u8>,
    id: RequestId,
    session: &str,
    job_object: &[u8],
    own_blob: bool,
) {
    out.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
    push_id(out, id);
    out.extend_from_slice(br#","error":null,"result":{"id":""#);
    push_escaped(out, session);
    out.extend_from_slice(br#"","job":"#);
    out.extend_from_slice(job_object);
    out.extend_from_slice(if own_blob {
        LOGIN_TAIL_OWN_BLOB
    } else {
        LOGIN_TAIL
    });
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_the_bytes_that_miners_know() {
        let mut out = Vec::new();
        push_ok(&mut out, RequestId(2));
        push_kept_alive(&mut out, RequestId(8));
        push_error(&mut out, RequestId(7), "Low difficulty share");
        let expected = concat!(
            r#"{"id":2,"jsonrpc":"2.0","error":null,"result":{"status":"OK"}}"#,
            "\n",
            r#"{"id":8,"jsonrpc":"2.0","error":null,"result":{"status":"KEEPALIVED"}}"#,
            "\n",
            r#"{"id":7,"jsonrpc":"2.0","error":{"code":-1,"message":"Low difficulty share"}}"#,
            "\n"
        );
        assert_eq!(std::str::from_utf8(&out).unwrap(), expected);
    }

    #[test]
    fn the_login_reply_names_the_session_and_the_job() {
        let mut out = Vec::new();
        push_login(
            &mut out,
            RequestId(1),
            "e34841103589a186",
            br#"{"blob":"00"}"#,
            false,
        );
        assert_eq!(
            std::str::from_utf8(&out).unwrap(),
            concat!(
                r#"{"jsonrpc":"2.0","id":1,"error":null,"result":{"id":"e34841103589a186","job":{"blob":"00"},"#,
                r#""extensions":["algo","nicehash","connect","tls","keepalive"],"status":"OK"}}"#,
                "\n"
            )
        );
    }

    #[test]
    fn the_phrases_on_which_miners_hang_up_are_known_in_any_case() {
        assert!(makes_miners_hang_up("UNAUTHENTICATED: log in first"));
        assert!(makes_miners_hang_up("Your IP is banned for 600 seconds"));
        assert!(!makes_miners_hang_up("Block expired"));
        assert!(!makes_miners_hang_up(""));
    }

    #[test]
    fn words_of_a_hostile_pool_stay_inside_their_string() {
        let mut out = Vec::new();
        push_error(&mut out, RequestId(1), "a\"}}\n{\\\u{7}");
        let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(json["error"]["message"], "a\"}}\n{\\\u{7}");
        assert_eq!(out.iter().filter(|byte| **byte == b'\n').count(), 1);
    }
}
