//! Sessions that are told to close.

use std::time::Duration;

use zartrux_actors::pool_session::{PoolState, PoolTimeouts, Tls};
use zartrux_actors::share_ticket::Settlement;
use zartrux_actors::supervision::ActorState;
use zartrux_models::stratum::ErrorClass;

use crate::harness::{Event, Session, TIMEOUTS, endpoint};
use crate::pool::{Pool, job_line};

/// No test waits this long: whatever waits for a time-out hangs.
const NEVER: PoolTimeouts = PoolTimeouts {
    connect: Duration::from_secs(3600),
    response: Duration::from_secs(3600),
    retry: Duration::from_secs(3600),
    retry_max: Duration::from_secs(3600),
    ban: Duration::from_secs(3600),
};

/// It has ended, and told nothing more.
async fn ends_silently(session: Session) {
    let (health, credits) = (session.health.clone(), session.credits.clone());
    let rest = session.rest().await;
    assert!(rest.is_empty(), "it still says {rest:?}");
    assert_eq!(health.state(), ActorState::Stopped);
    assert_eq!(credits.out(), 0);
}

#[actix::test]
async fn a_submit_written_just_before_the_close_still_gets_its_verdict() {
    let pool = Pool::listen().await;
    let mut session = Session::start_with(endpoint(pool.port()), NEVER);
    let mut wire = pool.log_in("j1").await;
    let job = session.logged_in().await;
    session.forward(&job, 1);
    // Handed over in the same moment as the close: still written. What comes after it is not.
    session.forward(&job, 2);
    session.close();
    session.forward(&job, 3);
    assert_eq!(session.settled().await, (3, Settlement::Undeliverable));
    let (first, _) = wire.hear_submit().await;
    let (second, _) = wire.hear_submit().await;
    wire.say(&job_line("j2")).await;
    wire.accept(first).await;
    assert_eq!(session.settled().await, (1, Settlement::Accepted));
    assert!(session.is_alive());
    wire.refuse(second, "Low difficulty share").await;
    let refused = Settlement::Rejected {
        class: ErrorClass::Rig,
        text: "Low difficulty share".into(),
    };
    assert_eq!(session.settled().await, (2, refused));
    assert!(wire.hear().await.is_none(), "share 3 was written");
    assert_eq!(session.stats.report().unanswered, 0);
    ends_silently(session).await;
}

#[actix::test]
async fn a_closing_session_waits_for_its_verdicts_no_longer_than_for_any_other() {
    let pool = Pool::listen().await;
    let timeouts = PoolTimeouts {
        response: Duration::from_secs(2),
        ..NEVER
    };
    let mut session = Session::start_with(endpoint(pool.port()), timeouts);
    let mut wire = pool.log_in("j1").await;
    let job = session.logged_in().await;
    session.forward(&job, 1);
    session.forward(&job, 2);
    wire.hear_submit().await;
    wire.hear_submit().await;
    session.close();
    // Nobody else holds it by now: it must not end before its time for that.
    let stats = session.stats.clone();
    let ends: Vec<(u32, Settlement)> = session
        .rest()
        .await
        .into_iter()
        .map(|event| match event {
            Event::Settled(end) => (end.ticket.seat.index, end.settlement),
            Event::Job(_) | Event::State(_) => panic!("it still says {event:?}"),
        })
        .collect();
    assert_eq!(
        ends,
        [(1, Settlement::Unanswered), (2, Settlement::Unanswered)]
    );
    assert!(wire.hear().await.is_none());
    assert_eq!((stats.report().unanswered, stats.report().pending), (2, 0));
}

#[actix::test]
async fn a_session_that_nobody_holds_any_more_still_hears_its_last_verdict() {
    let pool = Pool::listen().await;
    let mut session = Session::start_with(endpoint(pool.port()), NEVER);
    let mut wire = pool.log_in("j1").await;
    let job = session.logged_in().await;
    session.forward(&job, 1);
    session.close();
    let (request, _) = wire.hear_submit().await;
    let answer = async {
        wire.accept(request).await;
        wire.hear().await
    };
    let (rest, heard) = tokio::join!(session.rest(), answer);
    assert!(heard.is_none());
    let [Event::Settled(end)] = &rest[..] else {
        panic!("not one end of a share: {rest:?}");
    };
    assert_eq!(end.settlement, Settlement::Accepted);
}

#[actix::test]
async fn a_closing_session_whose_pool_hangs_up_settles_the_rest_and_does_not_connect_again() {
    let pool = Pool::listen().await;
    let mut session = Session::start_with(endpoint(pool.port()), TIMEOUTS);
    let mut wire = pool.log_in("j1").await;
    let job = session.logged_in().await;
    session.forward(&job, 1);
    wire.hear_submit().await;
    session.close();
    drop(wire);
    assert_eq!(session.settled().await, (1, Settlement::Unanswered));
    let stats = session.stats.clone();
    ends_silently(session).await;
    assert_eq!(stats.report().attempts, 1);
}

#[actix::test]
async fn a_session_with_nothing_pending_closes_at_once() {
    let pool = Pool::listen().await;
    let mut session = Session::start_with(endpoint(pool.port()), NEVER);
    let mut wire = pool.log_in("j1").await;
    session.logged_in().await;
    session.close();
    assert!(wire.hear().await.is_none());
    ends_silently(session).await;
}

#[actix::test]
async fn a_session_that_is_not_connected_closes_at_once() {
    // Between two attempts.
    let pool = Pool::listen().await;
    let mut session = Session::start_with(endpoint(pool.port()), NEVER);
    let wire = pool.log_in("j1").await;
    session.logged_in().await;
    drop(wire);
    session.lost().await;
    session.close();
    ends_silently(session).await;

    // In the midst of an attempt.
    let mut secured = endpoint(pool.port());
    secured.tls = Tls::Pinned([0; 32]);
    let mut session = Session::start_with(secured, NEVER);
    let _silent = pool.accept().await;
    assert_eq!(session.state().await, PoolState::Connecting);
    session.close();
    ends_silently(session).await;

    // Before the login is answered.
    let mut session = Session::start_with(endpoint(pool.port()), NEVER);
    let mut wire = pool.accept().await;
    assert!(wire.hear().await.is_some(), "the login");
    assert_eq!(session.state().await, PoolState::Connecting);
    session.close();
    assert!(wire.hear().await.is_none());
    ends_silently(session).await;
}
