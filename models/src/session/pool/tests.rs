//! What each kind of line comes to.

use proptest::prelude::*;

use super::*;
use crate::share::TargetClass;
use crate::work::{
    Algorithm, Difficulty, IssuedJob, JobKey, JobOrigin, Lateness, Nonce, NonceSetId, PoolKey,
    ResultHash,
};

const BLOB: &str = "1010a1938cd806f844abc1745b30d19a2cc0f9907bc8a98e07643ff507d4b6cfed2fdf3697a10d0000000041eb1010588021a54a0958d96de433c779648c61d2ec0311b5e67e358116999e01";
const SEED: &str = "418015bb9ae982a1975da7d79277c2705727a56894ba0fb246adaabb1f4632e3";

#[expect(
    clippy::disallowed_methods,
    reason = "any instant will do as the origin"
)]
pub(super) fn origin() -> Instant {
    Instant::now()
}

pub(super) fn settings() -> PoolSettings {
    PoolSettings {
        user: "44GBHzv6".into(),
        pass: "hunter2".into(),
        agent: "zartrux/test".into(),
        rig_id: None,
        algorithms: vec![],
        keepalive: Some(Duration::from_secs(60)),
        response_timeout: Duration::from_secs(20),
        reconnect_hosts: vec!["other.example".into()],
        dialect: Dialect::Stratum,
    }
}

fn job(id: &str) -> String {
    format!(
        r#"{{"blob":"{BLOB}","job_id":"{id}","target":"44444404","algo":"rx/0","height":3,"seed_hash":"{SEED}"}}"#
    )
}

fn job_line(id: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","method":"job","params":{}}}"#, job(id))
}

fn login_reply(extensions: &str) -> String {
    format!(
        r#"{{"id":1,"error":null,"result":{{"id":"s1","job":{},"extensions":[{extensions}],"status":"OK"}}}}"#,
        job("j1")
    )
}

fn connected(now: Instant) -> PoolProtocol {
    let mut protocol = PoolProtocol::new(Arc::new(settings()));
    protocol.on_connected(now, &mut Vec::new());
    protocol
}

fn logged_in(now: Instant, extensions: &str) -> PoolProtocol {
    let mut protocol = connected(now);
    let effect = protocol.on_line(login_reply(extensions).as_bytes());
    assert!(
        matches!(effect, PoolEffect::LoggedIn { job: Some(_), .. }),
        "{effect:?}"
    );
    protocol
}

pub(super) fn share(protocol: &PoolProtocol) -> Share {
    let job = protocol.job().map_or_else(
        || {
            serde_json::from_str::<JobFields<'_>>(&job("j0"))
                .unwrap()
                .check()
                .unwrap()
        },
        |job| (**job).clone(),
    );
    Share {
        job: Arc::new(IssuedJob {
            key: JobKey(1),
            plan: crate::plan::SlotPlan::identity(),
            origin: JobOrigin {
                pool: PoolKey(0),
                connection: 1,
            },
            job,
        }),
        slot: crate::work::Slot(0xb2),
        nonce: Nonce::new([5, 0, 0, 0xb2]),
        nonce_set: NonceSetId(1),
        result: ResultHash::new([0; 32]),
        raw_hash: None,
        class: TargetClass::Upstream,
        lateness: Lateness::Current,
        asked: Difficulty::ONE,
        retargeted: false,
        contested: false,
    }
}

pub(super) fn close_of(effect: PoolEffect) -> PoolClose {
    let (PoolEffect::Close(close)
    | PoolEffect::Replied {
        close: Some(close), ..
    }) = effect
    else {
        panic!("not a close: {effect:?}");
    };
    close
}

#[test]
fn a_login_reply_brings_the_first_job_and_a_notification_the_next() {
    let now = origin();
    let mut protocol = logged_in(now, r#""algo""#);
    assert_eq!(&*protocol.job().unwrap().id, "j1");
    let PoolEffect::Job(next) = protocol.on_line(job_line("j2").as_bytes()) else {
        panic!("not a job");
    };
    assert_eq!(&*next.id, "j2");
    assert_eq!(
        protocol.on_line(job_line("j2").as_bytes()),
        PoolEffect::Ignored(Ignored::SameJob)
    );
}

#[test]
fn a_login_without_a_job_is_a_login_and_the_job_may_follow() {
    let mut protocol = connected(origin());
    let effect = protocol.on_line(br#"{"id":1,"result":{"id":"s1","status":"OK"}}"#);
    assert!(matches!(effect, PoolEffect::LoggedIn { job: None, .. }));
    assert!(matches!(
        protocol.on_line(job_line("j1").as_bytes()),
        PoolEffect::Job(_)
    ));
}

#[test]
fn a_job_before_the_answer_to_the_login_is_good_where_that_brings_none() {
    for (answer, expected) in [
        (
            r#"{"id":1,"result":{"id":"s1","status":"OK"}}"#.to_owned(),
            "j0",
        ),
        (login_reply(""), "j1"),
    ] {
        let mut protocol = connected(origin());
        let early = protocol.on_line(job_line("j0").as_bytes());
        assert!(matches!(early, PoolEffect::Ignored(Ignored::Odd(_))));
        assert_eq!(protocol.job(), None, "nobody may mine before the login");
        let PoolEffect::LoggedIn { job, .. } = protocol.on_line(answer.as_bytes()) else {
            panic!("not logged in by {answer}");
        };
        assert_eq!(&*job.unwrap().id, expected);
        assert_eq!(&*protocol.job().unwrap().id, expected);
    }
    let mut protocol = connected(origin());
    protocol.on_line(br#"{"method":"job","params":{"job_id":"bad"}}"#);
    let effect = protocol.on_line(br#"{"id":1,"result":{"id":"s1"}}"#);
    assert!(matches!(effect, PoolEffect::LoggedIn { job: None, .. }));
}

#[test]
fn what_pools_write_otherwise_is_understood() {
    let now = origin();
    let reply = |id: &str, more: &str| {
        format!(
            r#"{{"id":{id},"jsonrpc":"2.0","error":null,"warn":[],"result":{{"id":"s1","job":{},"pool":{{"fee":1.5}}{more}}}}}"#,
            job("j1").replacen('{', r#"{"xn":"aa","diff":[1,{"a":2}],"#, 1)
        )
    };
    // An id written as a string, no extensions or strange ones, keys that nobody knows, and a status
    // that is not OK: xmrig looks at none of it either.
    for line in [
        reply("\"1\"", ""),
        reply("1", r#","extensions":null"#),
        reply("1", r#","extensions":{"algo":true}"#),
        reply("1", r#","status":"WORKING","extensions":["tls",["algo"]]"#),
    ] {
        let mut protocol = connected(now);
        let effect = protocol.on_line(line.as_bytes());
        let PoolEffect::LoggedIn { job, extensions } = effect else {
            panic!("{line}: {effect:?}");
        };
        assert!(job.is_some() && !extensions.algo, "{line}");
        let share = share(&protocol);
        let request = protocol.submit(&share, now, &mut Vec::new()).unwrap();
        let verdict = protocol.on_line(br#"{"id":"2","error":null,"result":{"status":"WELL"}}"#);
        let expected = PoolEffect::Replied {
            request,
            verdict: Ok(()),
            close: None,
        };
        assert_eq!(verdict, expected, "{line}");
    }
}

#[test]
fn p2pool_s_errors_have_no_code_and_its_ban_ends_the_connection() {
    let now = origin();
    for (words, class, ends) in [
        ("Stale share", ErrorClass::Stale, false),
        ("Couldn't check PoW", ErrorClass::Pool, false),
        ("Low diff share", ErrorClass::Rig, false),
        ("Invalid PoW", ErrorClass::Rig, false),
        ("Banned", ErrorClass::Ban, true),
    ] {
        // p2pool announces `algo` alone, and never answers a keepalive.
        let mut protocol = logged_in(now, r#""algo""#);
        let later = now + Duration::from_secs(60);
        assert_eq!(protocol.on_tick(later, &mut Vec::new()), None);
        let share = share(&protocol);
        let request = protocol.submit(&share, later, &mut Vec::new()).unwrap();
        let line = format!(
            r#"{{"id":{},"jsonrpc":"2.0","error":{{"message":"{words}"}}}}"#,
            request.0
        );
        let effect = protocol.on_line(line.as_bytes());
        let PoolEffect::Replied {
            verdict: Err(rejection),
            close,
            ..
        } = effect
        else {
            panic!("{words}: {effect:?}");
        };
        assert_eq!((rejection.class, &*rejection.text), (class, words));
        assert_eq!(close.is_some(), ends, "{words}");
    }
}

#[test]
fn a_refused_login_ends_the_connection_with_the_class_of_its_words() {
    let cases = [
        (
            r#"{"id":1,"error":{"code":-1,"message":"IP Address currently banned"}}"#,
            ErrorClass::Ban,
        ),
        (
            r#"{"id":1,"error":"Invalid payment address provided"}"#,
            ErrorClass::Ours,
        ),
        (
            r#"{"id":null,"error":{"message":"Rate limit exceeded for login requests"}}"#,
            ErrorClass::Throttle,
        ),
        (r#"{"id":1,"result":{"status":"OK"}}"#, ErrorClass::Pool),
        (r#"{"id":1,"result":true}"#, ErrorClass::Pool),
        (r#"{"id":1,"result":{"id":""}}"#, ErrorClass::Pool),
        (
            r#"{"id":1,"result":{"id":"s","job":{"blob":"00"}}}"#,
            ErrorClass::Pool,
        ),
    ];
    for (line, class) in cases {
        let mut protocol = connected(origin());
        let close = close_of(protocol.on_line(line.as_bytes()));
        assert_eq!(close.class, class, "{line}: {close}");
        assert!(!protocol.is_logged_in());
        assert_eq!(
            protocol.on_line(job_line("j").as_bytes()),
            PoolEffect::Ignored(Ignored::Left)
        );
    }
}

#[test]
fn a_pool_that_fixes_the_slot_byte_is_refused_with_the_remedy() {
    let mut protocol = connected(origin());
    let mut blob = const_hex::decode(BLOB).unwrap();
    blob[42] = 7;
    let line = login_reply("").replace(BLOB, &const_hex::encode(blob));
    let close = close_of(protocol.on_line(line.as_bytes()));
    assert_eq!(close.class, ErrorClass::Ours);
    assert!(close.reason.contains("simple mode"), "{close}");
}

#[test]
fn slot_zero_of_a_proxy_above_shows_itself_by_its_refusal() {
    let now = origin();
    for (extensions, closes) in [(r#""nicehash""#, true), ("", false)] {
        let mut protocol = logged_in(now, extensions);
        let id = protocol
            .submit(&share(&protocol), now, &mut Vec::new())
            .unwrap();
        let line = format!(
            r#"{{"id":{},"error":{{"code":-1,"message":"Invalid nonce; is miner not compatible with NiceHash?"}}}}"#,
            id.0
        );
        let PoolEffect::Replied {
            verdict: Err(rejection),
            close,
            ..
        } = protocol.on_line(line.as_bytes())
        else {
            panic!("not a verdict");
        };
        assert_eq!(rejection.class, ErrorClass::Ours);
        assert_eq!(
            close.is_some_and(|close| close.reason.contains("simple mode")),
            closes
        );
    }
}

#[test]
fn verdicts_name_their_submit() {
    let now = origin();
    let mut protocol = logged_in(now, r#""algo""#);
    let mut out = Vec::new();
    let first = protocol.submit(&share(&protocol), now, &mut out).unwrap();
    let second = protocol.submit(&share(&protocol), now, &mut out).unwrap();
    assert_eq!((first.0, second.0), (2, 3));
    assert_eq!(out.iter().filter(|byte| **byte == b'\n').count(), 2);
    assert_eq!(
        protocol.on_line(br#"{"id":3,"jsonrpc":"2.0","error":null,"result":{"status":"OK"}}"#),
        PoolEffect::Replied {
            request: second,
            verdict: Ok(()),
            close: None
        }
    );
    let low = br#"{"id":2,"jsonrpc":"2.0","error":{"code":-1,"message":"Low difficulty share"}}"#;
    let rejection = Rejection {
        class: ErrorClass::Rig,
        text: "Low difficulty share".into(),
    };
    assert_eq!(
        protocol.on_line(low),
        PoolEffect::Replied {
            request: first,
            verdict: Err(rejection),
            close: None
        }
    );
}

#[test]
fn a_ban_or_a_lost_session_on_a_submit_ends_the_connection() {
    let now = origin();
    for (words, class) in [
        ("Banned", ErrorClass::Ban),
        ("Unauthenticated", ErrorClass::Ours),
    ] {
        let mut protocol = logged_in(now, "");
        let id = protocol
            .submit(&share(&protocol), now, &mut Vec::new())
            .unwrap();
        let line = format!(r#"{{"id":{},"error":{{"message":"{words}"}}}}"#, id.0);
        let effect = protocol.on_line(line.as_bytes());
        assert!(matches!(
            &effect,
            PoolEffect::Replied {
                verdict: Err(_),
                ..
            }
        ));
        assert_eq!(close_of(effect).class, class);
        assert!(
            protocol
                .submit(&share(&protocol), now, &mut Vec::new())
                .is_none()
        );
    }
}

#[test]
fn an_error_that_answers_nothing_only_ends_the_session_when_it_is_a_ban() {
    let mut protocol = logged_in(origin(), "");
    let effect =
        protocol.on_line(br#"{"id":null,"error":{"message":"Disconnected from P2Pool network"}}"#);
    assert!(
        matches!(effect, PoolEffect::Ignored(Ignored::Error(_))),
        "{effect:?}"
    );
    let close = close_of(protocol.on_line(br#"{"error":"your IP is banned"}"#));
    assert_eq!(close.class, ErrorClass::Ban);
}

#[test]
fn submits_carry_algo_only_where_it_was_announced() {
    let now = origin();
    for (extensions, has) in [(r#""algo""#, true), (r#""keepalive""#, false)] {
        let mut protocol = logged_in(now, extensions);
        let mut out = Vec::new();
        protocol.submit(&share(&protocol), now, &mut out).unwrap();
        assert_eq!(
            std::str::from_utf8(&out)
                .unwrap()
                .contains("\"algo\":\"rx/0\""),
            has
        );
    }
    let mut early = connected(now);
    let mut out = Vec::new();
    assert_eq!(early.submit(&share(&early), now, &mut out), None);
    assert!(out.is_empty());
}

#[test]
fn a_login_that_is_not_answered_in_time_ends_the_connection() {
    let start = origin();
    let mut protocol = connected(start);
    let at = protocol.deadline().unwrap();
    assert_eq!(at, start + Duration::from_secs(20));
    let mut out = Vec::new();
    assert_eq!(
        protocol.on_tick(at - Duration::from_millis(1), &mut out),
        None
    );
    let close = protocol.on_tick(at, &mut out).unwrap();
    assert_eq!(
        (&*close.reason, close.class),
        ("no answer to the login within 20s", ErrorClass::Pool)
    );
    assert_eq!((protocol.deadline(), out.len()), (None, 0));
}

#[test]
fn a_keepalive_goes_out_one_interval_after_the_last_line_and_needs_no_answer() {
    let start = origin();
    let at = |seconds| start + Duration::from_secs(seconds);
    let mut protocol = logged_in(start, "");
    protocol
        .submit(&share(&protocol), at(30), &mut Vec::new())
        .unwrap();
    assert_eq!(protocol.deadline(), Some(at(90)));
    let mut out = Vec::new();
    assert_eq!(protocol.on_tick(at(60), &mut out), None);
    assert!(out.is_empty());
    for round in [90, 150] {
        out.clear();
        assert_eq!(protocol.on_tick(at(round), &mut out), None);
        let text = std::str::from_utf8(&out).unwrap();
        assert!(
            text.contains("\"method\":\"keepalived\",\"params\":{\"id\":\"s1\"}"),
            "{text}"
        );
    }
    let answered = br#"{"id":4,"jsonrpc":"2.0","error":null,"result":{"status":"KEEPALIVED"}}"#;
    assert_eq!(
        protocol.on_line(answered),
        PoolEffect::Ignored(Ignored::KeptAlive)
    );
}

#[test]
fn a_refused_keepalive_is_the_last_of_its_connection() {
    let start = origin();
    let mut protocol = logged_in(start, "");
    protocol.on_tick(start + Duration::from_secs(60), &mut Vec::new());
    let effect = protocol.on_line(br#"{"id":2,"error":{"message":"Unknown RPC method"}}"#);
    assert!(
        matches!(effect, PoolEffect::Ignored(Ignored::KeepaliveRefused(_))),
        "{effect:?}"
    );
    assert_eq!(protocol.deadline(), None);
    assert!(protocol.is_logged_in());
}

#[test]
fn garbage_ends_the_connection_at_once_and_odd_lines_after_a_while() {
    let mut protocol = logged_in(origin(), "");
    let close = close_of(protocol.on_line(b"HTTP/1.1 400 Bad Request"));
    assert!(close.reason.starts_with("not JSON"), "{close}");

    let mut protocol = logged_in(origin(), "");
    let odd = br#"{"id":77,"result":{}}"#;
    for round in 0..ODD_LINES_IN_A_ROW - 1 {
        assert!(matches!(
            protocol.on_line(odd),
            PoolEffect::Ignored(Ignored::Odd(_))
        ));
        if round == 3 {
            // A line that makes sense starts the count anew.
            protocol.on_line(job_line("j2").as_bytes());
            break;
        }
    }
    for _ in 0..ODD_LINES_IN_A_ROW - 1 {
        assert!(matches!(
            protocol.on_line(odd),
            PoolEffect::Ignored(Ignored::Odd(_))
        ));
    }
    assert!(
        close_of(protocol.on_line(odd))
            .reason
            .contains("16 odd lines")
    );
}

#[test]
fn methods_nobody_knows_are_passed_over_for_ever() {
    let mut protocol = logged_in(origin(), "");
    for _ in 0..3 * ODD_LINES_IN_A_ROW {
        let effect =
            protocol.on_line(br#"{"id":null,"method":"mining.set_extranonce","params":[]}"#);
        assert_eq!(
            effect,
            PoolEffect::Ignored(Ignored::Method("mining.set_extranonce".into()))
        );
    }
}

#[test]
fn a_job_that_cannot_be_read_ends_the_connection() {
    let mut protocol = logged_in(origin(), "");
    let close = close_of(protocol.on_line(job_line("j2").replace("44444404", "zz").as_bytes()));
    assert_eq!(close.class, ErrorClass::Pool);
    assert!(close.reason.starts_with("job.target"), "{close}");
}

#[test]
fn a_reconnect_is_followed_only_to_where_the_operator_allows() {
    let line = |params: &str| format!(r#"{{"method":"client.reconnect","params":{params}}}"#);
    let refused = [
        r#"["evil.example",3333]"#,
        r#"{"port":"4444"}"#,
        r#"{"host":"","port":4444}"#,
    ];
    let mut protocol = logged_in(origin(), "");
    for params in refused {
        let effect = protocol.on_line(line(params).as_bytes());
        assert!(
            matches!(effect, PoolEffect::Ignored(Ignored::Reconnect(_))),
            "{effect:?}"
        );
    }
    let effect = protocol.on_line(line(r#"["Other.example","4444"]"#).as_bytes());
    assert_eq!(
        effect,
        PoolEffect::Redirected {
            host: Some("Other.example".into()),
            port: Some(4444)
        }
    );
    let mut protocol = logged_in(origin(), "");
    let effect = protocol.on_line(line("[]").as_bytes());
    assert_eq!(
        effect,
        PoolEffect::Redirected {
            host: None,
            port: None
        }
    );
}

#[test]
fn neither_wallet_nor_password_shows_in_debug_output() {
    let shown = format!("{:?}", logged_in(origin(), ""));
    assert!(
        !shown.contains("hunter2") && !shown.contains("44GBHzv6"),
        "{shown}"
    );
    assert!(shown.contains("zartrux/test"));
}

#[test]
fn foreign_algorithms_pass_through_by_name() {
    let now = origin();
    let mut protocol = logged_in(now, r#""algo""#);
    let line = job_line("j2").replace("rx/0", "rx/wow");
    assert!(matches!(
        protocol.on_line(line.as_bytes()),
        PoolEffect::Job(_)
    ));
    let share = share(&protocol);
    assert_eq!(share.job.job.algorithm, Algorithm::named("rx/wow"));
    let mut out = Vec::new();
    protocol.submit(&share, now, &mut out).unwrap();
    assert!(
        std::str::from_utf8(&out)
            .unwrap()
            .contains("\"algo\":\"rx/wow\"")
    );
}

proptest! {
    #[test]
    fn any_sequence_of_lines_leaves_a_state_that_goes_on(
        lines in proptest::collection::vec(
            prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..60),
                r#"\{"id":[0-4],"(result|error)":(null|true|\{\}|"Banned"|\{"id":"s"\})\}"#.prop_map(String::into_bytes),
                r#"\{"method":"(job|client.reconnect|x)","params":(\{\}|\[\]|7)\}"#.prop_map(String::into_bytes),
                Just(login_reply("").into_bytes()),
                Just(job_line("j2").into_bytes()),
            ],
            0..20,
        ),
    ) {
        let now = origin();
        let mut protocol = connected(now);
        for line in lines {
            let was_logged_in = protocol.is_logged_in();
            let effect = protocol.on_line(&line);
            if matches!(effect, PoolEffect::Close(_) | PoolEffect::Redirected { .. }) {
                prop_assert!(!protocol.is_logged_in());
            }
            if matches!(effect, PoolEffect::Job(_) | PoolEffect::Replied { .. }) {
                prop_assert!(was_logged_in);
            }
            let _ = protocol.on_tick(now, &mut Vec::new());
        }
    }
}
