//! Faults of the core: what it did wrong once it does right the second time, and nothing is lost.

use std::collections::BTreeMap;

use zartrux_actors::share_ticket::Settlement;
use zartrux_models::stratum::ErrorClass;

use crate::harness::Session;
use crate::pool::{Pool, job_line};

#[actix::test]
async fn a_fault_under_load_loses_no_share_and_doubles_none() {
    let pool = Pool::listen().await;
    let mut session = Session::start(&pool);
    let mut wire = pool.log_in("j1").await;
    let job = session.logged_in().await;
    let generation = session.health.generation();
    let mut seen = BTreeMap::new();
    for round in 0..10 {
        for number in 0..100 {
            session.forward(&job, round * 100 + number);
        }
        // In rounds 3 and 6 a submit fails; in round 8 a verdict.
        if round == 3 || round == 6 {
            session.health.drill.arm_panics(1);
        }
        for at in 0..100 {
            let (request, nonce) = wire.hear_submit().await;
            *seen.entry(nonce).or_insert(0) += 1;
            if round == 8 && at == 50 {
                session.health.drill.arm_panics(1);
            }
            wire.accept(request).await;
        }
    }
    for number in 0..1000 {
        assert_eq!(session.settled().await, (number, Settlement::Accepted));
    }
    assert_eq!((seen.len(), seen.values().max()), (1000, Some(&1)));
    assert_eq!(session.health.generation(), generation + 3);
    assert_eq!(session.stats.report().connections, 1);
    assert_eq!(session.credits.out(), 0);
}

#[actix::test]
async fn a_fault_while_a_job_is_read_tells_the_job_once() {
    let pool = Pool::listen().await;
    let mut session = Session::start(&pool);
    let mut wire = pool.log_in("j1").await;
    session.logged_in().await;
    session.health.drill.arm_panics(1);
    wire.say(&job_line("j2")).await;
    wire.say(&job_line("j3")).await;
    assert_eq!(&*session.job().await.job.id, "j2");
    assert_eq!(&*session.job().await.job.id, "j3");
    assert_eq!(session.health.faults(), 1);
}

#[actix::test]
async fn a_share_on_which_the_core_fails_twice_is_settled_and_the_connection_made_anew() {
    let pool = Pool::listen().await;
    let mut session = Session::start(&pool);
    let mut wire = pool.log_in("j1").await;
    let job = session.logged_in().await;
    session.forward(&job, 1);
    wire.hear_submit().await;
    session.health.drill.arm_panics(2);
    session.forward(&job, 2);
    assert_eq!(session.settled().await, (2, Settlement::Undeliverable));
    assert_eq!(session.settled().await, (1, Settlement::Unanswered));
    assert_eq!(session.lost().await.0, ErrorClass::Ours);
    assert!(
        wire.hear().await.is_none(),
        "the failed submit was not written"
    );
    let mut wire = pool.log_in("j1").await;
    let job = session.logged_in().await;
    session.forward(&job, 3);
    let (request, _) = wire.hear_submit().await;
    wire.accept(request).await;
    assert_eq!(session.settled().await, (3, Settlement::Accepted));
}

#[actix::test]
async fn a_line_on_which_the_core_fails_twice_makes_the_connection_anew() {
    let pool = Pool::listen().await;
    let mut session = Session::start(&pool);
    let mut wire = pool.log_in("j1").await;
    session.logged_in().await;
    session.health.drill.arm_panics(2);
    wire.say(&job_line("j2")).await;
    assert_eq!(session.lost().await.0, ErrorClass::Ours);
    let _wire = pool.log_in("j2").await;
    session.logged_in().await;
    assert_eq!(session.health.faults(), 2);
}
