//! Shares: every one ends once, whatever happens to the connection.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use tokio::net::TcpStream;
use zartrux_actors::pool_session::{JobReplaced, PoolReport, PoolState, PoolTimeouts};
use zartrux_actors::share_ticket::Settlement;
use zartrux_models::stratum::ErrorClass;

use crate::harness::{Event, Session, TIMEOUTS, endpoint};
use crate::pool::{Pool, job_line, login_reply};

#[actix::test]
async fn verdicts_reach_their_shares_in_whatever_order_they_come() {
    let pool = Pool::listen().await;
    let mut session = Session::start(&pool);
    let mut wire = pool.log_in("j1").await;
    let job = session.logged_in().await;
    for number in 1..=3 {
        session.forward(&job, number);
    }
    let first = wire.hear().await.unwrap();
    assert_eq!(first["params"]["job_id"], "j1");
    assert_eq!(first["params"]["nonce"], "010000b2");
    assert_eq!(first["params"]["algo"], "rx/0");
    let (second, _) = wire.hear_submit().await;
    let (third, _) = wire.hear_submit().await;
    wire.refuse(third, "Low difficulty share").await;
    wire.accept(first["id"].as_u64().unwrap()).await;
    wire.refuse(second, "What a strange share").await;
    let refused = |class, text: &str| Settlement::Rejected {
        class,
        text: text.into(),
    };
    assert_eq!(
        session.settled().await,
        (3, refused(ErrorClass::Rig, "Low difficulty share"))
    );
    assert_eq!(session.settled().await, (1, Settlement::Accepted));
    assert_eq!(
        session.settled().await,
        (2, refused(ErrorClass::Unknown, "What a strange share"))
    );
    let report = session.stats.report();
    assert_eq!(
        (report.forwarded, report.accepted, report.pending),
        (3, 1, 0)
    );
    assert_eq!(
        report.rejected,
        BTreeMap::from([("rig", 1), ("unknown", 1)])
    );
    assert!(report.submit_latency_micros.is_some());
    assert_eq!(session.credits.out(), 0);
}

#[actix::test]
async fn a_share_for_the_former_job_of_the_same_connection_is_sent_with_that_jobs_id() {
    let pool = Pool::listen().await;
    let mut session = Session::start(&pool);
    let mut wire = pool.log_in("j1").await;
    let former = session.logged_in().await;
    wire.say(&job_line("j2")).await;
    let current = session.job().await;
    session.forward(&current, 1);
    session.forward(&former, 2);
    for id in ["j2", "j1"] {
        assert_eq!(wire.hear().await.unwrap()["params"]["job_id"], id);
    }
}

#[actix::test]
async fn shares_that_come_together_leave_in_one_write() {
    let pool = Pool::listen().await;
    let mut session = Session::start(&pool);
    let mut wire = pool.log_in("j1").await;
    let job = session.logged_in().await;
    let before = session.stats.report().writes;
    for number in 0..200 {
        session.forward(&job, number);
    }
    for _ in 0..200 {
        let (request, _) = wire.hear_submit().await;
        wire.accept(request).await;
    }
    for number in 0..200 {
        assert_eq!(session.settled().await, (number, Settlement::Accepted));
    }
    assert_eq!(session.stats.report().writes, before + 1);
}

#[actix::test]
async fn shares_of_a_connection_that_broke_are_unanswered_and_later_ones_undeliverable() {
    let pool = Pool::listen().await;
    let mut session = Session::start(&pool);
    let mut wire = pool.log_in("j1").await;
    let former = session.logged_in().await;
    session.forward(&former, 1);
    session.forward(&former, 2);
    let (request, _) = wire.hear_submit().await;
    wire.hear_submit().await;
    wire.accept(request).await;
    assert_eq!(session.settled().await, (1, Settlement::Accepted));
    drop(wire);
    assert_eq!(session.settled().await, (2, Settlement::Unanswered));
    session.lost().await;
    session.forward(&former, 3);
    assert_eq!(session.next_settled().await, (3, Settlement::Undeliverable));
    let mut wire = pool.log_in("j1").await;
    let next = session.next_job().await;
    assert_eq!(next.origin.connection, former.origin.connection + 1);
    // The same job id, but of a connection that is gone.
    session.forward(&former, 4);
    session.forward(&next, 5);
    assert_eq!(session.settled().await, (4, Settlement::Undeliverable));
    let (request, nonce) = wire.hear_submit().await;
    assert_eq!(nonce, "050000b2");
    wire.accept(request).await;
    assert_eq!(session.settled().await, (5, Settlement::Accepted));
    let report = session.stats.report();
    assert_eq!(
        (report.unanswered, report.undeliverable, report.connections),
        (1, 2, 2)
    );
}

#[actix::test]
async fn a_pool_that_stops_answering_submits_is_told_and_then_left() {
    let pool = Pool::listen().await;
    let timeouts = PoolTimeouts {
        response: Duration::from_millis(200),
        ..TIMEOUTS
    };
    let mut session = Session::start_with(endpoint(pool.port()), timeouts);
    let mut wire = pool.log_in("j1").await;
    let job = session.logged_in().await;
    session.forward(&job, 1);
    wire.hear_submit().await;
    assert_eq!(session.settled().await, (1, Settlement::Unanswered));
    assert_eq!(session.state().await, PoolState::Unresponsive);
    let (class, reason) = session.lost().await;
    assert_eq!(
        (class, &*reason),
        (ErrorClass::Pool, "no answer to any submit within 400ms")
    );
    assert!(wire.hear().await.is_none());
    assert_eq!(session.stats.report().unanswered, 1);
}

#[actix::test]
async fn a_late_verdict_shows_that_the_pool_is_back_and_settles_nothing_twice() {
    let pool = Pool::listen().await;
    let timeouts = PoolTimeouts {
        response: Duration::from_secs(3),
        ..TIMEOUTS
    };
    let mut session = Session::start_with(endpoint(pool.port()), timeouts);
    let mut wire = pool.log_in("j1").await;
    let job = session.logged_in().await;
    session.forward(&job, 1);
    let (request, _) = wire.hear_submit().await;
    assert_eq!(session.settled().await, (1, Settlement::Unanswered));
    assert_eq!(session.state().await, PoolState::Unresponsive);
    wire.accept(request).await;
    assert_eq!(session.state().await, PoolState::LoggedIn);
    session.forward(&job, 2);
    let (request, _) = wire.hear_submit().await;
    wire.accept(request).await;
    assert_eq!(session.settled().await, (2, Settlement::Accepted));
    let report = session.stats.report();
    assert_eq!(
        (report.late_replies, report.accepted, report.unanswered),
        (1, 1, 1)
    );
}

#[actix::test]
async fn a_ban_in_answer_to_a_share_settles_it_and_ends_the_connection() {
    let pool = Pool::listen().await;
    let mut session = Session::start(&pool);
    let mut wire = pool.log_in("j1").await;
    let job = session.logged_in().await;
    session.forward(&job, 1);
    session.forward(&job, 2);
    let (request, _) = wire.hear_submit().await;
    wire.hear_submit().await;
    wire.refuse(request, "Banned").await;
    let banned = Settlement::Rejected {
        class: ErrorClass::Ban,
        text: "Banned".into(),
    };
    assert_eq!(session.settled().await, (1, banned));
    assert_eq!(session.settled().await, (2, Settlement::Unanswered));
    assert_eq!(session.lost().await, (ErrorClass::Ban, "Banned".to_owned()));
    assert!(wire.hear().await.is_none());
}

#[actix::test]
async fn a_session_the_pool_forgot_is_logged_in_anew() {
    let pool = Pool::listen().await;
    let mut session = Session::start(&pool);
    let mut wire = pool.log_in("j1").await;
    let job = session.logged_in().await;
    session.forward(&job, 1);
    let (request, _) = wire.hear_submit().await;
    wire.refuse(request, "Unauthenticated").await;
    assert!(matches!(
        session.settled().await,
        (1, Settlement::Rejected { .. })
    ));
    assert_eq!(session.lost().await.0, ErrorClass::Ours);
    let _wire = pool.log_in("j1").await;
    session.logged_in().await;
}

/// A session that is logged in at a pool which then reads no more.
async fn at_a_pool_that_does_not_read(timeouts: PoolTimeouts) -> (Session, JobReplaced, TcpStream) {
    let pool = Pool::listen().await;
    let mut session = Session::start_with(endpoint(pool.port()), timeouts);
    let stream = pool.accept_narrow().await;
    let login = login_reply("j1") + "\n";
    stream.writable().await.unwrap();
    assert_eq!(stream.try_write(login.as_bytes()).unwrap(), login.len());
    let job = session.logged_in().await;
    (session, job, stream)
}

/// Forwards some shares at a time until `enough`; returns how many.
async fn forward_until(
    session: &Session,
    job: &JobReplaced,
    enough: impl Fn(&PoolReport) -> bool,
) -> u32 {
    let mut sent = 0;
    while !enough(&session.stats.report()) {
        assert!(sent < 500_000, "the system takes everything");
        for _ in 0..500 {
            session.forward(job, sent);
            sent += 1;
        }
        tokio::task::yield_now().await;
    }
    sent
}

/// All ends of `count` shares, each once, and why the connection was lost meanwhile.
async fn all_ends(session: &mut Session, count: u32) -> (BTreeMap<u32, Settlement>, String) {
    let (mut ends, mut lost) = (BTreeMap::new(), None);
    while ends.len() < count as usize || lost.is_none() {
        match session.event().await {
            Event::Settled(end) => {
                let twice = ends.insert(end.ticket.seat.index, end.settlement);
                assert_eq!(twice, None);
            }
            Event::State(changed) => {
                if let PoolState::Lost { reason, .. } = changed.state {
                    lost.get_or_insert(String::from(reason));
                }
            }
            Event::Job(job) => panic!("a job from nowhere: {job:?}"),
        }
    }
    (ends, lost.unwrap())
}

/// Exactly the shares that were written may have been understood.
async fn assert_written_are_unanswered(ends: &BTreeMap<u32, Settlement>, stream: TcpStream) {
    let arrived = Pool::read_to_end(stream).await.len();
    let (unanswered, undeliverable): (Vec<u32>, Vec<u32>) = ends
        .keys()
        .partition(|number| ends[number] == Settlement::Unanswered);
    assert!(
        undeliverable
            .iter()
            .all(|number| ends[number] == Settlement::Undeliverable)
    );
    assert_eq!(
        (unanswered.len(), undeliverable.len()),
        (arrived, ends.len() - arrived)
    );
    assert!(arrived > 0 && arrived < ends.len());
}

#[actix::test]
async fn a_pool_that_does_not_read_is_left_before_memory_grows() {
    let (mut session, job, stream) = at_a_pool_that_does_not_read(TIMEOUTS).await;
    let full = |report: &PoolReport| report.lost.contains_key("pool");
    let sent = forward_until(&session, &job, full).await;
    let (ends, reason) = all_ends(&mut session, sent).await;
    assert!(reason.starts_with("the pool does not read: "), "{reason}");
    assert_written_are_unanswered(&ends, stream).await;
    assert_eq!(session.credits.out(), 0);
}

#[actix::test]
async fn a_pool_that_does_not_read_is_left_in_time() {
    let timeouts = PoolTimeouts {
        response: Duration::from_secs(3),
        ..TIMEOUTS
    };
    let (mut session, job, stream) = at_a_pool_that_does_not_read(timeouts).await;
    // A submit has well over 150 bytes.
    let stuck = |report: &PoolReport| report.bytes_written < report.pending as u64 * 150;
    let sent = forward_until(&session, &job, stuck).await;
    let (ends, reason) = all_ends(&mut session, sent).await;
    assert!(
        reason.starts_with("the pool does not read: nothing was taken"),
        "{reason}"
    );
    assert_written_are_unanswered(&ends, stream).await;
}

/// What the pool does with one submit.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Accept,
    Refuse,
    Ignore,
    HangUp,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        8 => Just(Deed::Accept),
        3 => Just(Deed::Refuse),
        1 => Just(Deed::Ignore),
        1 => Just(Deed::HangUp),
    ]
}

#[test]
fn whatever_the_pool_does_every_share_ends_exactly_once_and_as_the_pool_saw_it() {
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(24));
    let script = (
        proptest::collection::vec(deed(), 1..80),
        1usize..20,
        0u32..3,
    );
    runner
        .run(&script, |(deeds, batch, panics)| {
            actix::System::new().block_on(play(deeds, batch, panics));
            Ok(())
        })
        .unwrap();
}

/// Forwards a share for each deed, some at a time, while the pool does its deeds and the core
/// fails now and then.
async fn play(deeds: Vec<Deed>, batch: usize, panics: u32) {
    let pool = Pool::listen().await;
    let mut session = Session::start(&pool);
    let mut wire = pool.log_in("j").await;
    let mut job = session.logged_in().await;
    session.health.drill.arm_panics(panics);
    let mut ends = BTreeMap::new();
    let mut verdicts = BTreeMap::new();
    let mut number = 0;
    for deeds in deeds.chunks(batch) {
        for _ in deeds {
            session.forward(&job, number);
            number += 1;
        }
        for deed in deeds {
            let Some(line) = wire.hear().await else {
                break;
            };
            let request = line["id"].as_u64().unwrap();
            let nonce = line["params"]["nonce"].as_str().unwrap().to_owned();
            let saw = verdicts.insert(nonce.clone(), *deed);
            assert!(saw.is_none(), "{nonce} reached the pool twice");
            match deed {
                Deed::Accept => wire.accept(request).await,
                Deed::Refuse => wire.refuse(request, "Low difficulty share").await,
                Deed::Ignore => {}
                Deed::HangUp => break,
            }
        }
        // A fresh connection for each batch: the former one is dropped with what it holds.
        drop(wire);
        wire = pool.log_in("j").await;
        job = loop {
            match session.event().await {
                Event::Settled(end) => {
                    let twice = ends.insert(end.ticket.seat.index, end.settlement);
                    assert_eq!(twice, None, "settled twice");
                }
                Event::Job(job) => break job,
                Event::State(_) => {}
            }
        };
    }
    assert_eq!(ends.len(), number as usize, "a share without an end");
    for (number, end) in ends {
        let nonce = const_hex::encode([number.to_le_bytes()[0], number.to_le_bytes()[1], 0, 0xb2]);
        let fits = match (&end, verdicts.get(&nonce)) {
            (Settlement::Accepted, Some(Deed::Accept))
            | (Settlement::Rejected { class: ErrorClass::Rig, .. }, Some(Deed::Refuse))
            // The verdict may be lost with the connection, or the pool may not have read it all.
            | (Settlement::Unanswered, _)
            | (Settlement::Undeliverable, None) => true,
            _ => false,
        };
        assert!(
            fits,
            "{end:?} for a share that the pool saw as {:?}",
            verdicts.get(&nonce)
        );
    }
    assert_eq!(session.credits.out(), 0);
}
