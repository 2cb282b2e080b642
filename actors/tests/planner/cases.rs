//! What the planner does in particular cases.

use std::time::Duration;

use zartrux_actors::planner::PlanPolicy;
use zartrux_models::plan::LONGEST_FAILBACK;

use crate::farm::{Farm, LOGIN_HOLD, POLICY};

const SECOND: Duration = Duration::from_secs(1);

/// A farm whose upstreams have a job, the first one serving.
fn farm(max_sessions: &[usize]) -> Farm {
    let mut farm = Farm::new(POLICY, max_sessions);
    for upstream in 0..max_sessions.len() {
        farm.connect(upstream);
    }
    assert_eq!(farm.serving(), Some(0));
    farm
}

#[test]
fn a_login_that_the_serving_upstream_has_no_room_for_is_left_to_the_one_who_holds_it() {
    let mut farm = farm(&[1]);
    let miners = farm.join_all(256);
    let (late, later) = (farm.join(), farm.join());
    farm.wait(LOGIN_HOLD - SECOND);
    assert!(farm.is_there(late));
    farm.leave(miners[0]);
    farm.job(farm.pools()[0], true);
    assert!(farm.lease(late).is_some());
    farm.wait(2 * SECOND);
    assert!(!farm.is_there(later));
    assert_eq!((farm.turned_away, farm.seats().len()), (0, 256));
}

#[test]
fn after_grace_without_an_upstream_a_login_still_waits_for_as_long_as_it_is_held() {
    let mut farm = Farm::new(POLICY, &[1, 1]);
    farm.wait(10 * POLICY.grace);
    let early = farm.join();
    assert!(farm.is_there(early), "refused in the step in which it asks");
    farm.wait(LOGIN_HOLD - SECOND);
    farm.connect(0);
    assert!(farm.lease(early).is_some());
    // The same after it served; only who was mining is sent away then.
    for upstream in [0, 1] {
        for pool in farm.pools_of(upstream) {
            farm.lose(pool);
        }
    }
    farm.wait(POLICY.grace - SECOND);
    assert!(farm.is_there(early));
    farm.wait(SECOND);
    assert!(!farm.is_there(early));
    let late = farm.join();
    farm.wait(LOGIN_HOLD - SECOND);
    assert!(farm.is_there(late));
    farm.wait(SECOND);
    assert!(!farm.is_there(late));
    assert_eq!(farm.turned_away, 1);
}

#[test]
fn a_crowd_of_logins_that_waited_for_the_first_job_is_served_and_nobody_sent_away() {
    let mut farm = Farm::new(POLICY, &[4]);
    farm.wait(2 * POLICY.grace);
    farm.join_all(900);
    farm.wait(POLICY.grace + SECOND);
    farm.connect(0);
    assert_eq!(farm.without_lease(), 900 - 256);
    farm.connect(0);
    assert_eq!((farm.without_lease(), farm.turned_away), (0, 0));
}

#[test]
fn a_session_whose_actor_is_gone_is_replaced_and_its_miners_go_on() {
    let mut farm = farm(&[1, 1]);
    let miner = farm.join();
    let gone = farm.pools_of(0)[0];
    farm.die(gone);
    assert_eq!(farm.upstream_of(miner), Some(1), "in the same step");
    let fresh = farm.pools_of(0);
    assert_eq!(fresh.len(), 1);
    assert_ne!(fresh[0], gone);
    farm.connect(0);
    farm.wait(POLICY.failover.failback_after + SECOND);
    assert_eq!(farm.upstream_of(miner), Some(0));
    assert_eq!(farm.turned_away, 0);
}

#[test]
fn a_new_job_alone_does_not_say_that_an_upstream_answers_again() {
    let mut farm = farm(&[1, 1]);
    let miner = farm.join();
    let pool = farm.pools_of(0)[0];
    farm.go_silent(pool);
    assert_eq!(farm.upstream_of(miner), Some(1));
    for _ in 0..1_000 {
        farm.job(pool, true);
        farm.job(farm.pools_of(1)[0], true);
        farm.wait(SECOND);
    }
    assert_eq!((farm.upstream_of(miner), farm.switches), (Some(1), 2));
    farm.fault(|_| {}, |_| {});
    farm.job(pool, true);
    farm.wait(2 * POLICY.failover.failback_after);
    assert_eq!(farm.upstream_of(miner), Some(1), "nor after a fault");
}

/// The preferred upstream takes what it is sent and answers nothing, until it is left and its
/// connection lost; then it comes back with a job. For so many seconds; how often it served.
fn serve_beside_one_that_never_answers(farm: &mut Farm, seconds: u64) -> usize {
    let mut served = 0;
    let mut trial = 0;
    for _ in 0..seconds {
        farm.wait(SECOND);
        farm.job(farm.pools_of(1)[0], true);
        if farm.serving() == Some(0) {
            trial += 1;
        }
        if trial == 20 {
            (trial, served) = (0, served + 1);
            let pool = farm.pools_of(0)[0];
            farm.go_silent(pool);
            farm.wait(20 * SECOND);
            farm.lose(pool);
            farm.connect(0);
        } else {
            farm.job(farm.pools_of(0)[0], true);
        }
    }
    served
}

#[test]
fn a_preferred_upstream_that_never_answers_submits_is_tried_ever_more_rarely() {
    let mut farm = farm(&[1, 1]);
    let miner = farm.join();
    let served = serve_beside_one_that_never_answers(&mut farm, 24 * 3_600);
    // At first, after 2, 4, 8, 16 and 32 minutes, and then once an hour; not every minute.
    assert!((20..=29).contains(&served), "{served}");
    assert_eq!(farm.upstream_of(miner), Some(1));
    assert_eq!(farm.turned_away, 0);
}

#[test]
fn an_upstream_that_answered_for_long_is_forgiven_its_silences() {
    let mut farm = farm(&[1, 1]);
    let miner = farm.join();
    serve_beside_one_that_never_answers(&mut farm, 600);
    // It answers from now on.
    while farm.upstream_of(miner) != Some(0) {
        farm.wait(SECOND);
    }
    farm.wait(LONGEST_FAILBACK);
    for upstream in [0, 1] {
        farm.job(farm.pools_of(upstream)[0], true);
    }
    let pool = farm.pools_of(0)[0];
    farm.lose(pool);
    farm.connect(0);
    let failback = POLICY.failover.failback_after;
    farm.wait(failback - SECOND);
    assert_eq!(farm.upstream_of(miner), Some(1));
    farm.wait(SECOND);
    assert_eq!(farm.upstream_of(miner), Some(0));
}

#[test]
fn miners_of_a_session_that_stays_away_are_turned_away_though_another_serves() {
    let mut farm = farm(&[2]);
    let miners = farm.join_all(300);
    farm.connect(0);
    assert_eq!(farm.without_lease(), 0);
    let first = farm.lease(miners[0]).unwrap().pool;
    farm.lose(first);
    // The other session takes whom it can.
    assert_eq!(farm.without_lease(), 300 - 256);
    assert_eq!(farm.serving(), Some(0));
    farm.wait(POLICY.grace + SECOND);
    assert_eq!((farm.without_lease(), farm.turned_away), (0, 300 - 256));
}

#[test]
fn an_upstream_that_answers_again_serves_again_without_waiting_for_a_job() {
    let mut farm = farm(&[1]);
    let pool = farm.pools()[0];
    let early = farm.join();
    farm.go_silent(pool);
    assert_eq!(farm.serving(), None);
    let late = farm.join();
    assert_eq!(farm.lease(late), None);
    farm.answer_again(pool);
    assert_eq!(farm.serving(), Some(0));
    assert!(farm.lease(early).is_some() && farm.lease(late).is_some());
}

#[test]
fn a_standby_that_is_ready_serves_before_anybody_is_turned_away() {
    for grace in [Duration::ZERO, SECOND, 60 * SECOND] {
        let policy = PlanPolicy { grace, ..POLICY };
        let mut farm = Farm::new(policy, &[1, 1]);
        farm.connect(1);
        let miner = farm.join();
        // The first upstream never gets further than connecting.
        farm.wait(30 * SECOND);
        assert_eq!(farm.upstream_of(miner), Some(1), "grace {grace:?}");
        assert_eq!(farm.turned_away, 0);
    }
}

#[test]
fn at_the_start_the_preferred_upstream_gets_a_moment_to_come_first() {
    let mut farm = Farm::new(POLICY, &[1, 1]);
    farm.connect(1);
    let miner = farm.join();
    assert_eq!(farm.lease(miner), None);
    farm.wait(SECOND);
    farm.connect(0);
    assert_eq!(farm.upstream_of(miner), Some(0));
    assert_eq!(farm.switches, 1);
}

#[test]
fn a_preferred_upstream_that_flaps_never_gets_the_miners_back() {
    let mut farm = farm(&[1, 1]);
    let miner = farm.join();
    for _ in 0..600 {
        for pool in farm.pools_of(0) {
            farm.lose(pool);
        }
        farm.wait(SECOND);
        farm.connect(0);
        farm.wait(SECOND);
        farm.job(farm.pools_of(1)[0], true);
    }
    assert_eq!(farm.upstream_of(miner), Some(1));
    assert_eq!(farm.switches, 2, "to the first, and to the second");
    farm.wait(POLICY.failover.failback_after);
    assert_eq!(farm.upstream_of(miner), Some(0));
    assert_eq!(farm.switches, 3);
}

#[test]
fn after_a_fault_nothing_is_given_out_before_another_blob() {
    let mut farm = farm(&[1]);
    let stays = farm.join();
    let leaves = farm.join();
    farm.leave(leaves);
    let before = farm.lease(stays);
    farm.fault(|_| {}, |_| {});
    assert_eq!(farm.lease(stays), before, "who has a lease keeps it");
    let pool = farm.pools()[0];
    let late = farm.join();
    assert_eq!(farm.lease(late), None);
    farm.job(pool, false);
    assert_eq!(farm.lease(late), None, "the same blob with another target");
    farm.job(pool, true);
    assert!(farm.lease(late).is_some());
    assert_eq!(farm.lease(stays), before);
}

#[test]
fn a_session_that_connects_while_the_leases_are_asked_for_is_known_whole() {
    let mut farm = Farm::new(POLICY, &[2]);
    let pool = farm.pools()[0];
    let miner = farm.join();
    let mut late = None;
    farm.fault(
        |_| {},
        |farm| {
            farm.job(pool, true);
            late = Some(farm.join());
        },
    );
    for seat in [miner, late.unwrap()] {
        assert!(farm.lease(seat).is_some());
    }
    assert_eq!(farm.pools().len(), 1);
}

#[test]
fn leases_of_a_connection_that_went_while_they_were_asked_for_are_not_taken_over() {
    let mut farm = farm(&[1]);
    let miners = farm.join_all(3);
    let pool = farm.pools()[0];
    farm.fault(
        |_| {},
        |farm| {
            farm.lose(pool);
            farm.job(pool, true);
        },
    );
    for miner in miners {
        assert!(farm.lease(miner).is_some());
    }
}

#[test]
fn a_core_that_does_not_know_yet_who_sits_where_opens_nothing() {
    let mut farm = farm(&[4]);
    farm.join_all(100);
    farm.fault(|_| {}, |farm| drop(farm.join_all(50)));
    // The session's free slots may have been scanned: only now it is known that another is needed.
    assert_eq!(farm.pools().len(), 2);
    let mut other = self::farm(&[4]);
    let pool = other.pools()[0];
    other.join_all(100);
    other.fault(
        |farm| farm.lose(pool),
        |farm| {
            farm.join_all(50);
            farm.job(pool, true);
        },
    );
    assert_eq!(other.pools().len(), 1);
    assert_eq!(other.without_lease(), 0);
}

#[test]
fn six_hundred_need_three_sessions_and_a_hundred_one() {
    let mut farm = farm(&[8]);
    let miners = farm.join_all(600);
    farm.connect(0);
    assert_eq!((farm.pools().len(), farm.without_lease()), (3, 0));
    for miner in &miners[..500] {
        farm.leave(*miner);
    }
    let pools = farm.pools();
    for pool in pools {
        if farm.pools().contains(&pool) {
            farm.job(pool, true);
        }
    }
    assert_eq!(farm.pools().len(), 1);
    assert_eq!((farm.seats().len(), farm.turned_away), (100, 0));
}

#[test]
fn a_planner_built_anew_without_any_session_left_still_waits_for_the_leases() {
    let mut farm = Farm::new(POLICY, &[1]);
    let only = farm.pools()[0];
    farm.join();
    farm.fault(
        |farm| farm.die(only),
        |farm| {
            farm.join();
            farm.connect(0);
        },
    );
    farm.connect(0);
    assert_eq!(farm.without_lease(), 0);
}
