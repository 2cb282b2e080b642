//! Lines of every form that pools were seen to send.

use proptest::prelude::*;

use super::*;

fn read(line: &str) -> PoolLine<'_> {
    parse_pool_line(line.as_bytes()).unwrap()
}

fn refusal(line: &str) -> (Option<PoolRequestId>, String) {
    let PoolLine::Reply {
        id,
        answer: Answer::No(error),
    } = read(line)
    else {
        panic!("{line} is no refusal");
    };
    (id, error.message.to_string())
}

#[test]
fn a_login_reply_brings_session_job_and_extensions() {
    let line = r#"{"id":1,"jsonrpc":"2.0","error":null,"result":{"id":"7e53","job":{"blob":"10","job_id":"b","target":"44444404","algo":"rx\/0","height":3,"seed_hash":"41"},"status":"OK","extensions":["algo","keepalive",7]}}"#;
    let PoolLine::Reply {
        id: Some(PoolRequestId(1)),
        answer: Answer::Yes(result),
    } = read(line)
    else {
        panic!("not a result");
    };
    let login = result.login().unwrap();
    assert_eq!(
        login.extensions,
        Extensions {
            algo: true,
            keepalive: true,
            nicehash: false
        }
    );
    assert_eq!(
        (&*login.session, login.job.unwrap().algo.as_deref()),
        ("7e53", Some("rx/0"))
    );

    let line = line.replace(",7]", ",\"nicehash\"]");
    let PoolLine::Reply {
        answer: Answer::Yes(result),
        ..
    } = read(&line)
    else {
        panic!("not a result");
    };
    assert!(result.login().unwrap().extensions.nicehash);
    let PoolLine::Reply {
        answer: Answer::Yes(result),
        ..
    } = read(r#"{"id":1,"result":{"id":"7e53","extensions":"algo"}}"#)
    else {
        panic!("not a result");
    };
    assert_eq!(result.login().unwrap().extensions, Extensions::default());
}

#[test]
fn strings_without_escapes_are_not_copied() {
    let PoolLine::Job(job) = read(r#"{"method":"job","params":{"blob":"10","job_id":"b"}}"#) else {
        panic!("not a job");
    };
    assert!(matches!(
        job.blob.unwrap().0,
        std::borrow::Cow::Borrowed("10")
    ));
}

#[test]
fn a_job_is_one_whatever_its_id() {
    for id in ["", "\"id\":null,", "\"id\":7,", "\"id\":\"x\","] {
        let line = format!(r#"{{{id}"jsonrpc":"2.0","method":"job","params":{{"job_id":"b"}}}}"#);
        assert!(matches!(read(&line), PoolLine::Job(_)), "{line}");
    }
}

#[test]
fn errors_of_every_form_keep_their_words() {
    let two = Some(PoolRequestId(2));
    let words = "Low difficulty share".to_owned();
    for error in [
        r#"{"code":-1,"message":"Low difficulty share"}"#,
        r#"{"message":"Low difficulty share"}"#,
        r#""Low difficulty share""#,
        r#"[23,"Low difficulty share",null]"#,
    ] {
        let line = format!(r#"{{"id":2,"error":{error},"result":null}}"#);
        assert_eq!(refusal(&line), (two, words.clone()), "{line}");
    }
    assert_eq!(
        refusal(r#"{"id":2,"error":{"code":7}}"#),
        (two, r#"{"code":7}"#.to_owned())
    );
    assert_eq!(refusal(r#"{"id":2,"error":21}"#), (two, "21".to_owned()));
    assert_eq!(
        refusal(r#"{"id":2,"result":false}"#),
        (two, "refused without a reason".to_owned())
    );
    assert_eq!(
        refusal(r#"{"id":null,"error":"Banned"}"#),
        (None, "Banned".to_owned())
    );
    assert_eq!(
        refusal(r#"{"error":"Banned"}"#),
        (None, "Banned".to_owned())
    );
}

#[test]
fn no_error_is_no_error_however_it_is_written() {
    for line in [
        r#"{"id":2,"error":null,"result":{"status":"OK"}}"#,
        r#"{"id":2,"result":{"status":"OK"}}"#,
        r#"{"id":2,"error":false,"result":true}"#,
        r#"{"id":2,"error":"","result":{}}"#,
    ] {
        assert!(
            matches!(
                read(line),
                PoolLine::Reply {
                    answer: Answer::Yes(_),
                    ..
                }
            ),
            "{line}"
        );
    }
}

#[test]
fn reconnects_are_read_in_both_forms() {
    let to = |host, port| PoolLine::Reconnect(Reconnect { host, port });
    let cases = [
        (
            r#"{"host":"evil.example","port":"3333"}"#,
            to(Some("evil.example".into()), Some(3333)),
        ),
        (
            r#"["evil.example",3333,0]"#,
            to(Some("evil.example".into()), Some(3333)),
        ),
        ("[]", to(None, None)),
        ("null", to(None, None)),
    ];
    for (params, expected) in cases {
        let line = format!(r#"{{"id":null,"method":"client.reconnect","params":{params}}}"#);
        assert_eq!(read(&line), expected, "{line}");
    }
    let bad = br#"{"method":"client.reconnect","params":["a",70000]}"#;
    assert!(
        parse_pool_line(bad)
            .unwrap_err()
            .to_string()
            .contains("params.port")
    );
}

#[test]
fn what_is_wrong_is_said_with_the_field() {
    let cases = [
        ("not json", "not JSON"),
        ("", "not JSON"),
        ("{\"id\":1", "not JSON"),
        ("\u{1}", "not JSON"),
        ("[1]", "not a message"),
        ("7", "not a message"),
        ("{}", "neither method nor result nor error"),
        (r#"{"id":1,"error":null,"result":null}"#, "neither method"),
        (r#"{"id":"one","result":{}}"#, "id: not an id of ours"),
        (r#"{"id":-1,"result":{}}"#, "id: not an id of ours"),
        (r#"{"id":1.5,"result":{}}"#, "id: not an id of ours"),
        (r#"{"method":"job"}"#, "params: is missing"),
        (r#"{"method":"job","params":{"blob":7}}"#, "params: "),
        (r#"{"method":7}"#, "not a message"),
    ];
    for (line, expected) in cases {
        let refused = parse_pool_line(line.as_bytes()).unwrap_err().to_string();
        assert!(refused.contains(expected), "{line}: {refused}");
    }
    let deep = format!(
        r#"{{"method":"x","params":{}{}}}"#,
        "[".repeat(9),
        "]".repeat(9)
    );
    assert!(matches!(
        parse_pool_line(deep.as_bytes()),
        Err(BadLine::NotJson(_))
    ));
    assert!(matches!(
        parse_pool_line(b"{\"method\":\"\xff\"}"),
        Err(BadLine::NotJson(_))
    ));

    let PoolLine::Reply {
        answer: Answer::Yes(result),
        ..
    } = read(r#"{"id":1,"result":{"job":{}}}"#)
    else {
        panic!("not a result");
    };
    assert_eq!(
        result.login().unwrap_err().to_string(),
        "result.id: is missing"
    );
}

#[test]
fn a_pools_words_are_bounded_and_stay_on_their_line() {
    let words = bounded_text(&format!(" go\naway\u{1b}[31m {} ", "é".repeat(300)));
    assert!(words.starts_with("go away [31m é"));
    assert!(words.len() <= POOL_TEXT_LIMIT && words.len() > POOL_TEXT_LIMIT - 2);
    assert!(!words.chars().any(char::is_control));
}

#[test]
fn a_pool_that_repeats_the_wallet_does_not_have_it_shown_in_full() {
    let wallet = format!("4{}Z", "a".repeat(93));
    let pushed_out = format!("{}{wallet}", "no ".repeat(40));
    for text in [
        format!("Invalid address {wallet}, go away"),
        format!("{wallet}.rig+5000"),
        format!("[\"{wallet}\"]"),
        pushed_out,
    ] {
        let words = bounded_text(&text);
        assert!(words.contains("4aaa…aaaZ"), "{words}");
        assert!(!words.contains("aaaaa"), "{words}");
    }
    // A hash is no wallet, and may be what the operator looks for.
    let told = format!("Unknown seed {}", "0f".repeat(32));
    assert_eq!(*bounded_text(&told), *told);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(line in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse_pool_line(&line);
    }

    #[test]
    fn any_json_like_text_is_read_or_refused(
        line in r#"(\{|\}|\[|\]|"|:|,|id|method|params|result|error|job|message|client.reconnect|1|null|true|\\){0,60}"#
    ) {
        if let Ok(PoolLine::Reply { answer: Answer::Yes(result), .. }) = parse_pool_line(line.as_bytes()) {
            let _ = result.login();
        }
    }

    #[test]
    fn any_job_is_checked_or_refused(
        blob in "[0-9a-f]{0,200}", job_id in ".{0,200}", target in "[0-9a-f]{0,20}",
        algo in proptest::option::of(".{0,40}"), seed in proptest::option::of("[0-9a-fx]{0,70}"),
    ) {
        let fields = JobFields {
            blob: Some(blob.as_str().into()),
            job_id: Some(job_id.as_str().into()),
            target: Some(target.as_str().into()),
            algo: algo.as_deref().map(Into::into),
            height: None,
            seed_hash: seed.as_deref().map(Into::into),
            next_seed_hash: seed.as_deref().map(Into::into),
            ..JobFields::default()
        };
        if let Ok(job) = fields.check() {
            prop_assert!((1..=JobFields::MAX_ID).contains(&job.id.len()));
        }
    }
}
