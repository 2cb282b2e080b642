//! The miner reacts as xmrig was seen to react.

use serde_json::json;

use super::desk::Found;
use super::dialogue::{Dialogue, Heard};
use super::settings::MinerSettings;
use crate::demo::blob;
use crate::demo::wire::{self, Job, LoggedIn, Request};

fn job(id: &str, target: &str) -> Job {
    Job {
        blob: const_hex::encode(blob::build(0, &[1; 32], &[2; 32])),
        job_id: id.into(),
        target: target.into(),
        algo: Some("rx/0".into()),
        height: Some(1),
        seed_hash: Some("00".repeat(32)),
        next_seed_hash: None,
    }
}

fn welcome(extensions: &[&str]) -> String {
    let extensions = extensions.iter().map(|name| (*name).to_owned()).collect();
    let job = job("first", "ffffff00");
    wire::reply(
        1,
        &LoggedIn {
            id: "session".into(),
            job,
            extensions,
            status: "OK".into(),
        },
    )
}

fn logged_in(extensions: &[&str]) -> Dialogue {
    let mut dialogue = Dialogue::default();
    dialogue.login(&settings());
    assert!(matches!(
        dialogue.on_line(&welcome(extensions)),
        Heard::Work(_)
    ));
    dialogue
}

fn settings() -> MinerSettings {
    MinerSettings::new("rig", ([127, 0, 0, 1], 1).into())
}

fn share(corrupt: bool) -> Found {
    Found {
        number: 1,
        job_id: "first".into(),
        nonce: [1, 2, 3, 4],
        result: [5; 32],
        corrupt,
    }
}

#[test]
fn the_login_names_program_rig_and_algorithm() {
    let line = Dialogue::default().login(&settings());
    let request: Request = serde_json::from_str(&line).unwrap();
    assert_eq!((request.id, request.method.as_str()), (1, "login"));
    assert!(
        request.params["agent"]
            .as_str()
            .unwrap()
            .starts_with("zartrux-demo-miner/")
    );
    assert_eq!(request.params["rigid"], "rig");
    assert_eq!(request.params["algo"], json!(["rx/0"]));
}

#[test]
fn the_algorithm_is_sent_and_keepalives_come_only_where_announced() {
    let mut plain = logged_in(&[]);
    assert!(!plain.submit(&share(false)).unwrap().contains("algo"));
    assert!(!plain.wants_keepalive());
    let mut rich = logged_in(&["algo", "keepalive", "nicehash"]);
    assert!(
        rich.submit(&share(false))
            .unwrap()
            .contains(r#""algo":"rx/0""#)
    );
    assert!(rich.wants_keepalive());
    assert!(rich.keepalive().unwrap().contains("keepalived"));
}

#[test]
fn each_share_gets_its_own_verdict_once() {
    let mut dialogue = logged_in(&[]);
    dialogue.submit(&share(false));
    dialogue.submit(&share(true));
    assert_eq!(dialogue.unanswered(), (1, 1));
    let refused = Err("Invalid result".to_owned());
    assert_eq!(
        dialogue.on_line(&wire::refusal(3, "Invalid result")),
        Heard::Verdict {
            corrupt: true,
            verdict: refused,
            hang_up: false
        }
    );
    let good = Heard::Verdict {
        corrupt: false,
        verdict: Ok(()),
        hang_up: false,
    };
    assert_eq!(dialogue.on_line(&wire::status(2, "OK")), good);
    assert_eq!(dialogue.on_line(&wire::status(2, "OK")), Heard::Nothing);
    assert_eq!(dialogue.unanswered(), (0, 0));
}

#[test]
fn it_hangs_up_on_the_texts_that_xmrig_hangs_up_on() {
    for (text, expected) in [
        ("Unauthenticated", true),
        ("your IP is banned for 10 minutes", true),
        ("IP Address currently banned", true),
        ("INVALID JOB ID", true),
        ("Block expired", false),
        ("Low difficulty share", false),
        ("The job is unauthenticated", false),
    ] {
        let mut dialogue = logged_in(&[]);
        dialogue.submit(&share(false));
        let heard = dialogue.on_line(&wire::refusal(2, text));
        assert!(
            matches!(heard, Heard::Verdict { hang_up, .. } if hang_up == expected),
            "{text}"
        );
    }
}

#[test]
fn the_same_job_twice_is_a_reason_to_hang_up_and_a_new_target_is_not() {
    let mut dialogue = logged_in(&[]);
    let easier = wire::notice("job", &job("first", "ffffffff"));
    assert!(matches!(dialogue.on_line(&easier), Heard::Work(_)));
    assert!(matches!(dialogue.on_line(&easier), Heard::HangUp(_)));
}

#[test]
fn a_refused_login_and_what_is_no_stratum_end_the_connection() {
    for line in [
        wire::refusal(1, "Permission denied"),
        wire::reply(1, &json!({ "id": "session", "status": "OK" })),
        "not json".to_owned(),
        wire::notice("job", &json!({ "blob": 7 })),
        "[".repeat(10_000),
    ] {
        let mut dialogue = Dialogue::default();
        dialogue.login(&settings());
        assert!(
            matches!(dialogue.on_line(&line), Heard::HangUp(_)),
            "{line:.60}"
        );
    }
}

#[test]
fn an_order_to_go_elsewhere_is_not_obeyed() {
    let mut dialogue = logged_in(&[]);
    let order = wire::notice("client.reconnect", &json!({ "host": "evil", "port": "1" }));
    assert_eq!(dialogue.on_line(&order), Heard::Nothing);
}

#[test]
fn shares_that_are_never_answered_fill_no_memory() {
    let mut dialogue = logged_in(&[]);
    let sent = (0..1_000)
        .filter_map(|_| dialogue.submit(&share(false)))
        .count();
    assert_eq!(sent, 256);
}
