//! Connections: how they begin, what comes over them, how they end.

use std::sync::atomic::Ordering;
use std::time::Duration;

use zartrux_actors::pool_session::{PoolState, PoolTimeouts};
use zartrux_actors::supervision::ActorState;
use zartrux_models::stratum::{ErrorClass, POOL_LINE_LIMIT};
use zartrux_models::work::PoolKey;

use crate::harness::{Session, TIMEOUTS, endpoint};
use crate::pool::{Pool, job_line, login_reply};

#[actix::test]
async fn a_session_logs_in_and_tells_both_who_listen() {
    let pool = Pool::listen().await;
    let mut session = Session::start(&pool);
    let mut wire = pool.accept().await;
    let login = wire.hear().await.unwrap();
    assert_eq!(login["params"]["login"], "wallet");
    assert_eq!(login["params"]["pass"], "secret");
    wire.say(&login_reply("j1")).await;
    let job = session.logged_in().await;
    assert_eq!((job.origin.pool, job.origin.connection), (PoolKey(7), 1));
    assert_eq!(&*job.job.id, "j1");
    assert_eq!(session.heard_by_second.load(Ordering::Relaxed), 3);
    assert_eq!(session.health.state(), ActorState::Running);

    let report = session.stats.report();
    assert_eq!(
        (report.attempts, report.connections, report.jobs),
        (1, 1, 1)
    );
    assert_eq!((report.height, report.difficulty), (Some(3), Some(60)));
    assert!(report.connected_since_unix_ms.is_some() && report.last_job_unix_ms.is_some());
}

#[actix::test]
async fn every_job_is_told_once_however_often_the_pool_repeats_it() {
    let pool = Pool::listen().await;
    let mut session = Session::start(&pool);
    let mut wire = pool.log_in("j1").await;
    session.logged_in().await;
    for id in ["j1", "j2", "j2", "j3"] {
        wire.say(&job_line(id)).await;
    }
    assert_eq!(&*session.job().await.job.id, "j2");
    assert_eq!(&*session.job().await.job.id, "j3");
    assert_eq!(session.stats.report().jobs, 3);
}

#[actix::test]
async fn a_line_in_pieces_is_one_line() {
    let pool = Pool::listen().await;
    let mut session = Session::start(&pool);
    let mut wire = pool.log_in("j1").await;
    session.logged_in().await;
    let line = format!("{}\r\n", job_line("j2"));
    for piece in line.as_bytes().chunks(7) {
        wire.say_raw(piece).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(&*session.job().await.job.id, "j2");
}

#[actix::test]
async fn a_pool_that_takes_the_connection_and_stays_silent_is_left_and_tried_again() {
    let pool = Pool::listen().await;
    let timeouts = PoolTimeouts {
        response: Duration::from_millis(50),
        ..TIMEOUTS
    };
    let mut session = Session::start_with(endpoint(pool.port()), timeouts);
    for connection in 1..=2 {
        let mut wire = pool.accept().await;
        assert_eq!(session.state().await, PoolState::Connecting);
        let (class, reason) = session.lost().await;
        assert_eq!(
            (class, &*reason),
            (ErrorClass::Pool, "no answer to the login within 50ms")
        );
        assert!(wire.hear().await.is_some(), "the login");
        assert!(
            wire.hear().await.is_none(),
            "connection {connection} is closed"
        );
    }
    assert_eq!(session.health.state(), ActorState::Degraded);
}

#[actix::test]
async fn garbage_and_endless_lines_end_the_connection_with_the_reason() {
    let pool = Pool::listen().await;
    let mut session = Session::start(&pool);
    let endless = "x".repeat(POOL_LINE_LIMIT + 1);
    for (bytes, reason) in [
        ("HTTP/1.1 400 Bad Request\n", "not JSON"),
        (&*endless, "line longer than 65536 bytes"),
    ] {
        let mut wire = pool.log_in("j1").await;
        session.logged_in().await;
        wire.say_raw(bytes.as_bytes()).await;
        let (class, said) = session.lost().await;
        assert_eq!(class, ErrorClass::Pool);
        assert!(said.contains(reason), "{said}");
    }
}

#[actix::test]
async fn a_pool_that_hangs_up_is_named_with_the_moment_it_did() {
    let pool = Pool::listen().await;
    let mut session = Session::start(&pool);
    let mut wire = pool.accept().await;
    wire.hear().await.unwrap();
    drop(wire);
    assert_eq!(session.state().await, PoolState::Connecting);
    let (_, reason) = session.lost().await;
    assert!(reason.contains("before it answered the login"), "{reason}");
    drop(pool.log_in("j1").await);
    session.logged_in().await;
    assert_eq!(session.lost().await.1, "the pool closed the connection");
}

#[actix::test]
async fn a_closed_door_is_named_and_knocked_at_again() {
    let pool = Pool::listen().await;
    let port = pool.port();
    drop(pool);
    let mut session = Session::start_with(endpoint(port), TIMEOUTS);
    for _ in 0..2 {
        assert_eq!(session.state().await, PoolState::Connecting);
        let (class, reason) = session.lost().await;
        assert_eq!(class, ErrorClass::Pool);
        assert!(
            reason.starts_with(&format!("can't connect to 127.0.0.1:{port}")),
            "{reason}"
        );
    }
}

#[actix::test]
async fn a_banned_login_is_told_as_a_ban_and_not_repeated() {
    let pool = Pool::listen().await;
    let mut session = Session::start(&pool);
    let mut wire = pool.accept().await;
    wire.hear().await.unwrap();
    wire.refuse(1, "IP Address currently banned").await;
    assert_eq!(session.state().await, PoolState::Connecting);
    let (class, reason) = session.lost().await;
    assert_eq!(
        (class, &*reason),
        (
            ErrorClass::Ban,
            "login refused: IP Address currently banned"
        )
    );
    assert!(wire.hear().await.is_none());
    assert_eq!(session.stats.report().attempts, 1);
}

#[actix::test]
async fn a_proxy_above_in_nicehash_mode_is_refused_with_the_remedy() {
    let pool = Pool::listen().await;
    let mut session = Session::start(&pool);
    let mut wire = pool.accept().await;
    wire.hear().await.unwrap();
    wire.say(&login_reply("j1").replace("10d0000000041", "10d0000000741"))
        .await;
    assert_eq!(session.state().await, PoolState::Connecting);
    let (class, reason) = session.lost().await;
    assert_eq!(class, ErrorClass::Ours);
    assert!(reason.contains("simple mode"), "{reason}");
}

#[actix::test]
async fn a_reconnect_to_a_strange_host_is_refused_and_work_goes_on() {
    let (pool, elsewhere) = (Pool::listen().await, Pool::listen().await);
    let mut session = Session::start(&pool);
    let mut wire = pool.log_in("j1").await;
    session.logged_in().await;
    let line = format!(
        r#"{{"method":"client.reconnect","params":["127.0.0.1",{}]}}"#,
        elsewhere.port()
    );
    wire.say(&line).await;
    wire.say(&job_line("j2")).await;
    assert_eq!(&*session.job().await.job.id, "j2");
    assert_eq!(session.stats.report().reconnects_refused, 1);
}

#[actix::test]
async fn a_reconnect_that_is_allowed_is_followed_for_one_connection() {
    let (pool, elsewhere) = (Pool::listen().await, Pool::listen().await);
    let mut endpoint = endpoint(pool.port());
    endpoint.allow_reconnect_to = vec!["127.0.0.1".to_owned()];
    let mut session = Session::start_with(endpoint, TIMEOUTS);
    let mut wire = pool.log_in("j1").await;
    session.logged_in().await;
    let line = format!(
        r#"{{"method":"client.reconnect","params":["127.0.0.1",{}]}}"#,
        elsewhere.port()
    );
    wire.say(&line).await;
    session.lost().await;
    let there = elsewhere.log_in("j2").await;
    assert_eq!(session.logged_in().await.origin.connection, 2);
    drop(there);
    session.lost().await;
    let _home = pool.log_in("j3").await;
    assert_eq!(session.logged_in().await.origin.connection, 3);
}

#[actix::test]
async fn a_keepalive_goes_out_in_silence() {
    let pool = Pool::listen().await;
    let mut endpoint = endpoint(pool.port());
    endpoint.keepalive = Some(Duration::from_millis(100));
    let mut session = Session::start_with(endpoint, TIMEOUTS);
    let mut wire = pool.log_in("j1").await;
    session.logged_in().await;
    // Two of them, and none answered: silence is no death.
    for _ in 0..2 {
        let line = wire.hear().await.unwrap();
        assert_eq!(
            (line["method"].as_str(), line["params"]["id"].as_str()),
            (Some("keepalived"), Some("s"))
        );
    }
    wire.say(&job_line("j2")).await;
    assert_eq!(&*session.job().await.job.id, "j2");
}
