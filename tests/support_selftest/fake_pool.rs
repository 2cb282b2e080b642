//! The fake pool does what its script says and records what came.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use zartrux::demo::target::TargetWidth;
use zartrux::demo::wire;

use crate::support::garbage::garbage;
use crate::support::sim_miner::{Connect, nonce_in_slot};
use crate::support::{
    Answer, FakePool, Heard, OnConnect, OnKeepalive, OnLogin, OnSubmit, Script, SimMiner,
};

/// Long enough to notice something that should not come, short enough to wait for in full.
const MOMENT: Duration = Duration::from_millis(100);

#[test]
fn a_good_pool_accepts_shares_and_records_who_sent_what_in_which_order() {
    let pool = FakePool::start();
    let mut first = SimMiner::joined(pool.address(), "one");
    let mut second = SimMiner::joined(pool.address(), "two");
    let share = |miner: &mut SimMiner, low| {
        let id = miner.submit_good(low);
        assert!(miner.reply_to(id).is_ok());
    };
    share(&mut first, 1);
    share(&mut second, 1);
    share(&mut first, 0x01_0203);
    let submits = pool.wait_submits(3);
    let order: Vec<_> = submits
        .iter()
        .map(|submit| (submit.conn, submit.number))
        .collect();
    assert_eq!(order, [(1, 1), (2, 1), (1, 2)]);
    assert_eq!(submits[2].parts().nonce, "03020100");
    assert_eq!(
        submits[0].job.as_ref().unwrap().job_id,
        submits[0].parts().job_id
    );
    assert!(
        submits[0]
            .raw
            .starts_with(r#"{"id":2,"jsonrpc":"2.0","method":"submit""#)
    );
    assert_eq!(pool.connections()[1].login.as_ref().unwrap().login, "two");
    assert!(pool.duplicates().is_empty());
}

#[test]
fn the_same_nonce_twice_is_seen_whatever_its_case() {
    let pool = FakePool::start();
    let mut miner = SimMiner::joined(pool.address(), "rig");
    let (job_id, result) = (miner.job().job_id.clone(), "00".repeat(32));
    miner.submit_for(&job_id, "0000000a", &result);
    miner.submit_for(&job_id, "0000000A", &result);
    pool.wait_submits(2);
    assert_eq!(pool.duplicates().len(), 1);
}

#[test]
fn each_connection_has_its_own_job_unless_told_otherwise() {
    let pool = FakePool::start();
    let mut first = SimMiner::joined(pool.address(), "one");
    let mut second = SimMiner::joined(pool.address(), "two");
    assert_ne!(first.job().blob, second.job().blob);
    assert_ne!(first.job().job_id, second.job().job_id);

    pool.push_job(2_000, 7);
    let (a, b) = (first.expect_job(), second.expect_job());
    assert_ne!(a.blob, b.blob);
    assert_eq!((a.height, b.height), (Some(7), Some(7)));
    assert_eq!(first.target().difficulty(), 2_000);

    pool.share_jobs();
    pool.push_job(2_000, 8);
    assert_eq!(first.expect_job(), second.expect_job());
    let mut third = SimMiner::joined(pool.address(), "three");
    assert_eq!(third.job().blob, first.job().blob);
    pool.push_job(2_000, 9);
    assert_ne!(third.expect_job().blob, first.job().blob);
}

#[test]
fn a_job_for_one_connection_reaches_that_one_only() {
    let pool = FakePool::start();
    let mut first = SimMiner::joined(pool.address(), "one");
    let mut second = SimMiner::joined(pool.address(), "two");
    let mut job = pool.job_of(1);
    job.job_id = "by hand".into();
    pool.push_job_to(1, &job);
    assert_eq!(first.expect_job(), job);
    assert_eq!(second.next_line(MOMENT), Heard::Quiet);
    assert_eq!(nonce_in_slot(&job, 1), "01000000");
}

#[test]
fn targets_are_written_with_the_width_asked_for() {
    for (width, digits) in [(TargetWidth::Four, 8), (TargetWidth::Eight, 16)] {
        let pool = FakePool::with(Script {
            width,
            ..Script::default()
        });
        pool.set_difficulty(60);
        let miner = SimMiner::joined(pool.address(), "rig");
        assert_eq!(miner.job().target.len(), digits);
        assert_eq!(miner.target().difficulty(), 60);
    }
}

#[test]
fn a_new_seed_is_announced_and_then_used() {
    let pool = FakePool::start();
    let mut miner = SimMiner::joined(pool.address(), "rig");
    let (old, new) = (miner.job().seed_hash.clone().unwrap(), "ab".repeat(32));
    pool.set_seed(&old, Some(&new));
    pool.push_job(1_000, 2);
    assert_eq!(miner.expect_job().next_seed_hash.as_ref(), Some(&new));
    pool.set_seed(&new, None);
    pool.push_job(1_000, 3);
    let job = miner.expect_job();
    assert_eq!((job.seed_hash, job.next_seed_hash), (Some(new), None));
}

#[test]
fn a_repeated_job_and_an_order_to_leave_come_as_written() {
    let pool = FakePool::start();
    let mut miner = SimMiner::joined(pool.address(), "rig");
    let job = miner.job().clone();
    pool.repeat_job(1);
    assert_eq!(miner.expect_job(), job);
    pool.order_reconnect(1, "pool.example.org", 3333);
    let order = miner.expect_other();
    assert_eq!(order.method.as_deref(), Some("client.reconnect"));
    assert_eq!(order.params["port"], "3333");
}

#[test]
fn silence_after_the_connection_and_after_the_login_is_complete() {
    for script in [
        Script::opening(OnConnect::Silent),
        Script::greeting(OnLogin::Silent),
    ] {
        let pool = FakePool::with(script);
        let mut miner = SimMiner::connect(pool.address());
        let login = serde_json::json!({ "login": "rig", "pass": "x" });
        miner.request("login", &login);
        pool.wait_lines(1, 1);
        pool.push_job(1_000, 1);
        assert_eq!(miner.next_line(MOMENT), Heard::Quiet);
    }
}

#[test]
fn a_refused_login_keeps_or_closes_the_connection_as_told() {
    let banned = "IP Address currently banned";
    let pool = FakePool::with(Script::greeting(OnLogin::Refuse(banned.into())));
    pool.queue_scripts([Script::greeting(OnLogin::RefuseAndClose(banned.into()))]);

    let mut miner = SimMiner::connect(pool.address());
    assert_eq!(miner.log_in("rig").unwrap_err().message, banned);
    assert!(miner.expect_closed().is_empty());
    pool.wait_closed(1);

    let mut miner = SimMiner::connect(pool.address());
    assert_eq!(miner.log_in("rig").unwrap_err().message, banned);
    assert_eq!(miner.next_line(MOMENT), Heard::Quiet);
}

#[test]
fn a_login_without_a_job_gets_one_when_it_is_pushed() {
    let pool = FakePool::with(Script::greeting(OnLogin::AcceptWithoutJob));
    let mut miner = SimMiner::connect(pool.address());
    let id = miner.request("login", &serde_json::json!({ "login": "rig", "pass": "x" }));
    assert!(miner.reply_to(id).unwrap().get("job").is_none());
    pool.push_job(5, 1);
    assert_eq!(miner.expect_job().height, Some(1));
}

#[test]
fn connections_are_dropped_before_or_after_the_answer_to_the_nth_share() {
    let close_at = |answer| Script::answering(OnSubmit::Nth(2, answer, Answer::Accept));
    let pool = FakePool::start();
    pool.queue_scripts([close_at(Answer::Close), close_at(Answer::AcceptAndClose)]);
    for answered in [1, 2] {
        let mut miner = SimMiner::joined(pool.address(), "rig");
        let id = miner.submit_good(1);
        assert!(miner.reply_to(id).is_ok());
        let second = miner.submit_good(2);
        let lines = miner.expect_closed();
        let replies = lines
            .iter()
            .filter(|line| line.contains(&format!("\"id\":{second}")));
        assert_eq!(1 + replies.count(), answered);
    }
    assert_eq!(pool.submits().len(), 4);
}

#[test]
fn shares_are_answered_with_any_text_later_or_never() {
    let pool = FakePool::with(Script::answering(OnSubmit::Always(Answer::Silent)));
    let mut miner = SimMiner::joined(pool.address(), "rig");
    let (first, second) = (miner.submit_good(1), miner.submit_good(2));
    let submits = pool.wait_submits(2);
    assert_eq!(miner.next_line(MOMENT), Heard::Quiet);
    pool.answer(
        &submits[1],
        Answer::refuse("Throttled down share submission"),
    );
    pool.answer(
        &submits[0],
        Answer::Send(b"{\"id\":$ID,\"result\":true}\n".to_vec()),
    );
    assert_eq!(
        miner.reply_to(second).unwrap_err().message,
        "Throttled down share submission"
    );
    assert_eq!(miner.reply_to(first).unwrap(), true);
}

#[test]
fn a_test_may_decide_each_answer_itself() {
    let count = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&count);
    let pool = FakePool::with(Script::answering(OnSubmit::decide(move |submit| {
        seen.fetch_add(1, Ordering::Relaxed);
        match submit.parts().nonce.as_str() {
            "01000000" => Answer::Accept,
            nonce => Answer::Refuse(format!("not {nonce}")),
        }
    })));
    let mut miner = SimMiner::joined(pool.address(), "rig");
    let (first, second) = (miner.submit_good(1), miner.submit_good(2));
    assert!(miner.reply_to(first).is_ok());
    assert_eq!(miner.reply_to(second).unwrap_err().message, "not 02000000");
    assert_eq!(count.load(Ordering::Relaxed), 2);
}

#[test]
fn keepalives_are_counted_and_answered_or_not() {
    let pool = FakePool::start();
    let quiet = Script {
        on_keepalive: OnKeepalive::Silent,
        ..Script::default()
    };
    let mut miner = SimMiner::joined(pool.address(), "rig");
    assert_eq!(miner.keep_alive().unwrap()["status"], "KEEPALIVED");
    pool.change_script(1, quiet);
    miner.send(&wire::request(
        9,
        "keepalived",
        &serde_json::json!({ "id": miner.session() }),
    ));
    pool.wait_keepalives(1, 2);
    assert_eq!(miner.next_line(MOMENT), Heard::Quiet);
}

#[test]
fn garbage_arrives_byte_for_byte() {
    for (name, bytes) in garbage() {
        let pool = FakePool::with(Script::opening(OnConnect::SendAndClose(bytes.clone())));
        let mut miner = SimMiner::connect(pool.address());
        assert!(miner.read_to_end() == bytes, "{name}");
    }
}

#[test]
fn bytes_after_a_login_follow_its_reply() {
    let pool = FakePool::with(Script::greeting(OnLogin::AcceptThenSend(
        b"what?\n".to_vec(),
    )));
    let mut miner = SimMiner::joined(pool.address(), "rig");
    assert_eq!(
        miner.next_line(crate::support::PATIENCE),
        Heard::Line("what?".into())
    );
}

#[test]
fn what_is_no_request_is_noted_and_does_no_harm() {
    let pool = FakePool::start();
    let mut miner = SimMiner::joined(pool.address(), "rig");
    miner.send("what?");
    let id = miner.submit_good(1);
    assert!(miner.reply_to(id).is_ok());
    assert_eq!(pool.oddities()[0].line, "what?");
}

#[test]
fn a_pool_that_was_down_comes_back_on_the_same_port() {
    let pool = FakePool::start();
    let mut miner = SimMiner::joined(pool.address(), "rig");
    pool.go_down();
    assert!(miner.expect_closed().is_empty());
    assert!(SimMiner::connect_as(pool.address(), &Connect::default()).is_err());
    pool.come_back();
    let _again = SimMiner::joined(pool.address(), "rig");
    assert_eq!(pool.wait_live(1), [2]);
}

#[test]
fn a_closed_or_reset_miner_is_noted() {
    let pool = FakePool::start();
    let first = SimMiner::joined(pool.address(), "one");
    let second = SimMiner::joined(pool.address(), "two");
    drop(first);
    pool.wait_closed(1);
    second.reset();
    pool.wait_closed(2);
    assert!(pool.live().is_empty());
}

#[test]
fn miners_come_from_the_address_they_are_told_to_come_from() {
    let pool = FakePool::start();
    let how = Connect {
        from: Some([127, 0, 0, 9].into()),
        ..Connect::default()
    };
    let miner = SimMiner::connect_as(pool.address(), &how).unwrap();
    assert_eq!(miner.local_address().ip().to_string(), "127.0.0.9");
}
