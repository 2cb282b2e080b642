//! What hostile pools do, and what must come of it.

use serde_json::{Value, json};

use crate::support::{OnConnect, OnLogin, Script};

/// What a pool does, and what must come of it.
pub(crate) enum Does {
    /// At each attempt to log in to it: it is left for this reason.
    Attempt(Script, &'static str),
    /// On a connection that works, with a job's fields in which some are replaced: it is left for
    /// this reason.
    Job(Value, &'static str),
    /// On a connection that works: these lines are passed over.
    Passes(String),
    /// On a connection that works: it is left for this reason.
    Leaves(String, &'static str),
}
use Does::{Attempt, Job, Leaves, Passes};

pub(crate) fn login(result: &Value) -> Script {
    let line = format!("{{\"id\":$ID,\"jsonrpc\":\"2.0\",\"error\":null,\"result\":{result}}}\n");
    Script::greeting(OnLogin::Send(line.into_bytes()))
}

fn error(error: &Value) -> Script {
    let line = format!("{{\"id\":$ID,\"jsonrpc\":\"2.0\",\"error\":{error},\"result\":null}}\n");
    Script::greeting(OnLogin::Send(line.into_bytes()))
}

pub(crate) fn cases() -> Vec<(&'static str, Does)> {
    let long = "x".repeat(70_000);
    let redirect = |to: &Value| format!("{{\"method\":\"client.reconnect\",\"params\":{to}}}\n");
    let stray = "{\"id\":987654,\"result\":{\"status\":\"OK\"}}\n";
    vec![
        (
            "closes at once",
            Attempt(Script::opening(OnConnect::Close), "closed the connection"),
        ),
        (
            "is silent",
            Attempt(
                Script::opening(OnConnect::Silent),
                "no answer to the login within",
            ),
        ),
        (
            "does not answer the login",
            Attempt(
                Script::greeting(OnLogin::Silent),
                "no answer to the login within",
            ),
        ),
        (
            "closes at the login",
            Attempt(Script::greeting(OnLogin::Close), "closed the connection"),
        ),
        (
            "sends half an answer and closes",
            Attempt(
                Script::opening(OnConnect::SendAndClose(b"{\"id\":1,\"resu".to_vec())),
                "closed the connection",
            ),
        ),
        (
            "sends half an answer and no more",
            Attempt(
                Script::greeting(OnLogin::Send(b"{\"id\":$ID,\"resu".to_vec())),
                "no answer to the login within",
            ),
        ),
        (
            "speaks HTTP",
            Attempt(
                Script::opening(OnConnect::SendAndClose(
                    b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
                )),
                "not JSON",
            ),
        ),
        (
            "speaks TLS",
            Attempt(
                Script::opening(OnConnect::SendAndClose(
                    b"\x15\x03\x01\x00\x02\x02\x46\n".to_vec(),
                )),
                "not JSON",
            ),
        ),
        (
            "sends a line of 70 KB",
            Attempt(
                Script::opening(OnConnect::Send(format!("{long}\n").into_bytes())),
                "line longer than",
            ),
        ),
        (
            "sends 70 KB without an end",
            Attempt(
                Script::opening(OnConnect::Send(long.into_bytes())),
                "line longer than",
            ),
        ),
        (
            "answers before it is asked",
            Attempt(
                Script::opening(OnConnect::SendAndClose(
                    b"{\"id\":1,\"error\":null,\"result\":{\"id\":\"s\",\"status\":\"OK\"}}\n"
                        .to_vec(),
                )),
                "closed the connection",
            ),
        ),
        (
            "refuses the login",
            Attempt(
                Script::greeting(OnLogin::Refuse("no".into())),
                "login refused: no",
            ),
        ),
        (
            "refuses with markup and colours",
            Attempt(
                Script::greeting(OnLogin::RefuseAndClose("<b>\u{1b}[31m".into())),
                "login refused: ",
            ),
        ),
        (
            "refuses with a text of 50 KB",
            Attempt(
                Script::greeting(OnLogin::Refuse("n".repeat(50_000))),
                "login refused: nnn",
            ),
        ),
        (
            "refuses with an error of text",
            Attempt(error(&json!("no")), ""),
        ),
        (
            "refuses with a code of text",
            Attempt(error(&json!({"code": "x", "message": "no"})), ""),
        ),
        (
            "logs in with a list",
            Attempt(login(&json!([1])), "unusable answer to the login"),
        ),
        (
            "logs in with no session",
            Attempt(
                login(&json!({"status": "OK"})),
                "unusable answer to the login",
            ),
        ),
        (
            "logs in with a session of 10 KB",
            Attempt(
                login(&json!({"id": "s".repeat(10_000)})),
                "a session id of 10000 bytes",
            ),
        ),
        (
            "logs in with a job of text",
            Attempt(
                login(&json!({"id": "s", "job": "none"})),
                "unusable answer to the login",
            ),
        ),
        (
            "logs in with extensions of numbers and half a job",
            Attempt(
                login(&json!({"id": "s", "extensions": [7], "job": {"blob": "00"}})),
                "job.job_id is missing",
            ),
        ),
        (
            "a job without a blob",
            Job(json!({"blob": null}), "job.blob is missing"),
        ),
        (
            "a blob that is no hex",
            Job(json!({"blob": "zz"}), "job.blob: "),
        ),
        ("an empty blob", Job(json!({"blob": ""}), "job.blob: ")),
        (
            "a blob of 10 bytes",
            Job(json!({"blob": "00".repeat(10)}), "job.blob: "),
        ),
        (
            "a blob of 10 KB",
            Job(json!({"blob": "00".repeat(10_000)}), "job.blob: "),
        ),
        (
            "an empty job id",
            Job(json!({"job_id": ""}), "job.job_id of 0 bytes"),
        ),
        (
            "a job id of 10 KB",
            Job(
                json!({"job_id": "j".repeat(10_000)}),
                "job.job_id of 10000 bytes",
            ),
        ),
        (
            "a target of zero",
            Job(json!({"target": "00000000"}), "job.target: target is zero"),
        ),
        (
            "no target",
            Job(json!({"target": null}), "job.target is missing"),
        ),
        (
            "a target of 3 bytes",
            Job(json!({"target": "000000"}), "job.target: "),
        ),
        (
            "a target that is no hex",
            Job(json!({"target": "zzzzzzzz"}), "job.target: "),
        ),
        (
            "a target of 10 KB",
            Job(json!({"target": "f".repeat(10_000)}), "job.target: "),
        ),
        (
            "a seed that is no hex",
            Job(json!({"seed_hash": "z".repeat(64)}), "job.seed_hash: "),
        ),
        (
            "a seed of 16 bytes",
            Job(json!({"seed_hash": "00".repeat(16)}), "job.seed_hash: "),
        ),
        (
            "no seed",
            Job(json!({"seed_hash": null}), "job.seed_hash is missing"),
        ),
        (
            "a job within jobs",
            Leaves(
                format!(
                    "{{\"method\":\"job\",\"params\":{}1{}}}\n",
                    "{\"a\":".repeat(500),
                    "}".repeat(500)
                ),
                "nested deeper than",
            ),
        ),
        (
            "replies to requests never made",
            Leaves(stray.repeat(16), "16 odd lines in a row"),
        ),
        (
            "results that name no request",
            Leaves(
                "{\"result\":{\"status\":\"OK\"}}\n".repeat(16),
                "16 odd lines in a row",
            ),
        ),
        ("a reply to a request never made", Passes(stray.into())),
        (
            "a negative id",
            Passes("{\"id\":-7,\"result\":{\"status\":\"OK\"}}\n".into()),
        ),
        (
            "an id beyond 64 bits",
            Passes("{\"id\":99999999999999999999,\"result\":{}}\n".into()),
        ),
        (
            "a second answer to the login",
            Passes(
                "{\"id\":1,\"error\":null,\"result\":{\"id\":\"other\",\"status\":\"OK\"}}\n"
                    .into(),
            ),
        ),
        (
            "a job with a height of text and little else",
            Leaves(
                "{\"method\":\"job\",\"params\":{\"blob\":\"00\",\"height\":\"high\"}}\n".into(),
                "job.job_id is missing",
            ),
        ),
        (
            "unknown methods",
            Passes("{\"method\":\"mining.set_difficulty\",\"params\":[1]}\n".repeat(500)),
        ),
        (
            "a redirect to nowhere",
            Passes(redirect(&json!({"host": "", "port": "0"}))),
        ),
        (
            "a redirect to this machine",
            Passes(redirect(&json!({"host": "127.0.0.1", "port": "22"}))),
        ),
        (
            "a redirect with a port of 99,999",
            Passes(redirect(&json!({"host": "a", "port": "99999"}))),
        ),
        (
            "a redirect with a host of 10 KB",
            Passes(redirect(&json!({"host": "h".repeat(10_000), "port": "1"}))),
        ),
        (
            "redirects without end",
            Passes(redirect(&json!({"host": "evil.example", "port": "1"})).repeat(1_000)),
        ),
        (
            "an error that answers nothing",
            Passes("{\"error\":{\"code\":-1,\"message\":\"be gone\"}}\n".into()),
        ),
        ("empty lines", Passes("\n\r\n".repeat(5_000))),
    ]
}
