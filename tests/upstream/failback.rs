//! The preferred upstream comes back.

use crate::scene::{
    assert_in_balance, before, expect_job_of, launch, results, send_good, serving, told_when,
    two_pools, wait_serving,
};
use crate::support::swarm::Member;
use crate::support::{
    Answer, FakePool, Heard, OnSubmit, PATIENCE, Proxy, Script, SimMiner, Swarm, clock,
    result_meeting,
};

/// Asserts that a miner has been sent nothing that it has not heard yet.
fn assert_no_more(miner: &mut SimMiner) {
    // Whatever else was sent would come before this answer.
    miner.request("keepalived", &serde_json::json!({}));
    match miner.next_line(PATIENCE) {
        Heard::Line(line) => assert!(line.contains("KEEPALIVED"), "{line}"),
        Heard::Closed | Heard::Quiet => panic!("no answer to a keepalive"),
    }
}

/// Waits until a pool session has had so many jobs.
fn wait_jobs(proxy: &Proxy, pool: &FakePool, jobs: u64) {
    told_when(proxy, pool, "jobs of a pool", |told| {
        told.count("jobs") >= jobs
    });
}

#[test]
fn miners_go_back_once_when_the_preferred_upstream_has_been_good_for_long_enough() {
    let (primary, standby) = two_pools();
    let config = before(&[&primary, &standby]).set("failover.failback_after", "\"2s\"");
    let proxy = launch(&config, 0);
    let mut swarm = Swarm::watching(proxy.miners());
    let miners = swarm.join_all(5);
    let all_on = |height: u64| {
        swarm.wait("a job for all", |state| {
            let on = |member: &Member| {
                member
                    .job
                    .as_ref()
                    .is_some_and(|job| job.height == Some(height))
            };
            state.all().all(|(_, member)| on(member)).then_some(())
        });
    };
    primary.go_down();
    wait_serving(&proxy, Some(1));
    all_on(1_000_000);
    primary.come_back();
    wait_serving(&proxy, Some(0));
    all_on(1);
    for round in 2..7 {
        primary.push_job(1_000, round);
        standby.push_job(1_000, 1_000_000 + round);
        all_on(round);
        assert_eq!(serving(&proxy), Some(0));
    }
    for miner in miners {
        let id = swarm.submit_good(miner, &swarm.job(miner), 1);
        assert!(swarm.reply(miner, id).is_ok());
        // One before, one of the standby, one after the return, five more.
        assert_eq!(swarm.with(|state| state.of(miner).jobs), 8);
    }
    swarm.with(|state| assert_eq!(state.overlaps, Vec::<String>::new()));
    assert_eq!((primary.submits().len(), standby.submits().len()), (5, 0));
    assert_eq!(
        standby.connections().len(),
        1,
        "the standby stays logged in"
    );
    assert_in_balance(&proxy);
}

#[test]
fn a_share_found_before_the_return_still_reaches_the_pool_that_it_was_found_for() {
    let (primary, standby) = two_pools();
    let config = before(&[&primary, &standby]).set("failover.failback_after", "\"1s\"");
    let proxy = launch(&config, 0);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    primary.go_down();
    expect_job_of(&mut miner, &standby);
    let (former, nonce) = (miner.job().job_id.clone(), miner.nonce(3));
    primary.come_back();
    expect_job_of(&mut miner, &primary);
    let result = const_hex::encode(result_meeting(miner.target()));
    let id = miner.submit_for(&former, &nonce, &result);
    let verdict = miner.reply_to(id);
    assert!(verdict.is_ok(), "{verdict:?}");
    let next = send_good(&mut miner, 3);
    assert_eq!(
        (results(&standby), results(&primary)),
        (vec![result], vec![next])
    );
    assert_in_balance(&proxy);
}

#[test]
fn until_then_they_stay_where_they_are() {
    let (primary, standby) = two_pools();
    let config = before(&[&primary, &standby]).set("failover.failback_after", "\"1h\"");
    let proxy = launch(&config, 0);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    primary.go_down();
    expect_job_of(&mut miner, &standby);
    primary.come_back();
    primary.wait_live(1);
    for round in 2..5 {
        primary.push_job(1_000, round);
    }
    // The first job of the first connection, and four of the next.
    wait_jobs(&proxy, &primary, 5);
    standby.push_job(1_000, 1_000_001);
    expect_job_of(&mut miner, &standby);
    assert_no_more(&mut miner);
    let result = send_good(&mut miner, 1);
    assert_eq!(results(&standby), [result]);
    assert!(primary.submits().is_empty());
}

#[test]
fn a_preferred_upstream_that_flaps_does_not_drag_miners_along() {
    let (primary, standby) = two_pools();
    let config = before(&[&primary, &standby]).set("failover.failback_after", "\"30s\"");
    let proxy = launch(&config, 0);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    primary.go_down();
    expect_job_of(&mut miner, &standby);
    let mut jobs = told_when(&proxy, &primary, "its figures", |_| true).count("jobs");
    for round in 1..8 {
        primary.come_back();
        jobs += 1;
        wait_jobs(&proxy, &primary, jobs);
        primary.go_down();
        standby.push_job(1_000, 1_000_000 + round);
        expect_job_of(&mut miner, &standby);
        assert_no_more(&mut miner);
    }
    assert_eq!(serving(&proxy), Some(1));
    send_good(&mut miner, 1);
    assert_eq!(standby.connections().len(), 1);
    assert!(primary.submits().is_empty());
}

#[test]
fn a_break_of_the_standby_brings_them_back_at_once() {
    let (primary, standby) = two_pools();
    let config = before(&[&primary, &standby]).set("failover.failback_after", "\"1h\"");
    let proxy = launch(&config, 0);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    primary.go_down();
    expect_job_of(&mut miner, &standby);
    primary.come_back();
    wait_jobs(&proxy, &primary, 2);
    standby.go_down();
    expect_job_of(&mut miner, &primary);
    send_good(&mut miner, 1);
}

#[test]
fn the_only_upstream_serves_again_as_soon_as_it_answers_again() {
    let (pool, _) = two_pools();
    let config = before(&[&pool]).set("failover.response_timeout", "\"4s\"");
    let proxy = launch(&config, 0);
    let mut miner = SimMiner::joined(proxy.miners(), "early");
    pool.change_script(1, Script::answering(OnSubmit::Always(Answer::Silent)));
    let id = miner.submit_good(1);
    assert_eq!(crate::scene::refusal(&mut miner, id), "Bad gateway");
    wait_serving(&proxy, None);
    pool.change_script(1, Script::default());
    pool.answer(&pool.submits()[0], Answer::Accept);
    wait_serving(&proxy, Some(0));
    // No new job was needed for that, and no new connection.
    let mut late = SimMiner::joined(proxy.miners(), "late");
    send_good(&mut late, 1);
    send_good(&mut miner, 2);
    assert_no_more(&mut miner);
    assert_eq!(pool.connections().len(), 1);
    let told = told_when(&proxy, &pool, "its figures", |_| true);
    assert_eq!((told.count("late_replies"), told.count("jobs")), (1, 1));
    clock::eventually("all settled", || {
        (proxy.shares().pending == 0).then_some(())
    });
    let shares = proxy.shares();
    assert_eq!((shares.accepted, shares.unanswered), (2, 1));
    assert_in_balance(&proxy);
}

#[test]
fn a_planner_that_fails_at_every_turn_still_brings_everybody_there_and_back() {
    const MINERS: usize = 300;

    let (primary, standby) = two_pools();
    let config = before(&[&primary, &standby]).set("failover.failback_after", "\"500ms\"");
    let proxy = launch(&config, 0);
    let mut swarm = Swarm::watching(proxy.miners());
    let miners = swarm.join_all(MINERS);
    let work_at = |pool: &FakePool, heights: std::ops::Range<u64>| {
        swarm.wait("everybody at one upstream", |state| {
            let there = |member: &Member| {
                let job = member.job.as_ref();
                job.and_then(|job| job.height)
                    .is_some_and(|height| heights.contains(&height))
            };
            state.all().all(|(_, member)| there(member)).then_some(())
        });
        let known = pool.submits().len();
        let sent: Vec<_> = miners
            .iter()
            .map(|miner| (*miner, swarm.submit_good(*miner, &swarm.job(*miner), 1)))
            .collect();
        for (miner, id) in sent {
            let reply = swarm.reply(miner, id);
            assert!(reply.is_ok(), "miner {miner}: {reply:?}");
        }
        assert_eq!(pool.submits().len() - known, MINERS);
    };
    for _ in 0..3 {
        proxy.drill_panics("lane0/planner", 1);
        primary.go_down();
        work_at(&standby, 1_000_000..1_000_001);
        proxy.drill_panics("lane0/planner", 1);
        primary.come_back();
        work_at(&primary, 1..2);
    }
    let planner = proxy.node().view().health().get("lane0/planner").unwrap();
    assert_eq!(planner.faults(), 6);
    swarm.with(|state| {
        assert_eq!(state.overlaps, Vec::<String>::new());
        assert!(state.all().all(|(_, member)| !member.closed));
    });
    assert!(primary.duplicates().is_empty() && standby.duplicates().is_empty());
    let shares = proxy.shares();
    assert_eq!(shares.accepted, shares.received, "{shares:?}");
    assert_in_balance(&proxy);
}
