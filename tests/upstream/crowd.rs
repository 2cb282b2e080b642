//! More miners than one session holds.

use crate::scene::{assert_in_balance, before, launch, made, pool_at, wait_serving};
use crate::support::swarm::MinerId;
use crate::support::{Config, FakePool, Proxy, SimMiner, Swarm, clock};

/// Descriptors for both ends of each miner's connection.
fn allow_descriptors() {
    let _ = rlimit::increase_nofile_limit(8_192);
}

/// Sessions that the planner has: those it has given up stay a while for shares on their way.
fn sessions(proxy: &Proxy) -> usize {
    let planner = proxy.node().view().health().get("lane0/planner").unwrap();
    let note = planner.report().note;
    let sessions = note
        .split(", ")
        .find_map(|part| part.strip_suffix(" pool sessions"));
    sessions.and_then(|count| count.parse().ok()).unwrap_or(0)
}

fn wait_sessions(proxy: &Proxy, count: usize) {
    clock::eventually(&format!("{count} sessions"), || {
        (sessions(proxy) == count).then_some(())
    });
}

/// Sends a new job and waits until these miners have it.
fn next_job(pool: &FakePool, swarm: &Swarm, miners: &[MinerId], height: u64) {
    pool.push_job(1_000, height);
    swarm.wait("the next job", |state| {
        let has = |miner: &MinerId| {
            let job = state.of(*miner).job.as_ref();
            job.is_some_and(|job| job.height == Some(height))
        };
        miners.iter().all(has).then_some(())
    });
}

/// Each sends a share, and each share is taken.
fn submit_all(swarm: &Swarm, miners: &[MinerId], low: u32) {
    let sent: Vec<_> = miners
        .iter()
        .map(|miner| (*miner, swarm.submit_good(*miner, &swarm.job(*miner), low)))
        .collect();
    for (miner, id) in sent {
        let reply = swarm.reply(miner, id);
        assert!(reply.is_ok(), "miner {miner}: {reply:?}");
    }
}

#[test]
fn six_hundred_miners_need_three_sessions_and_a_hundred_need_one_again() {
    allow_descriptors();
    let pool = pool_at(1);
    let proxy = launch(&before(&[&pool]), 0);
    let mut swarm = Swarm::watching(proxy.miners());
    let miners = swarm.join_all(600);
    assert_eq!(pool.connections().len(), 3);
    wait_sessions(&proxy, 3);
    submit_all(&swarm, &miners, 1);
    next_job(&pool, &swarm, &miners, 2);
    submit_all(&swarm, &miners, 1);

    // Every sixth stays, on all sessions.
    let (stay, leave): (Vec<_>, Vec<_>) = miners.into_iter().partition(|miner| miner % 6 == 0);
    for miner in leave {
        swarm.leave(miner);
    }
    proxy.connections_when("those who stay", |counts| counts.open == 100);
    let mut height = 2;
    while sessions(&proxy) > 1 {
        height += 1;
        assert!(height < 8, "{} sessions after five jobs", sessions(&proxy));
        // Found before the job changes, sent after their miner has moved.
        let late: Vec<_> = stay
            .iter()
            .map(|miner| (*miner, swarm.job(*miner)))
            .collect();
        next_job(&pool, &swarm, &stay, height);
        let sent: Vec<_> = late
            .into_iter()
            .map(|(miner, job)| (miner, swarm.submit_good(miner, &job, 2)))
            .collect();
        for (miner, id) in sent {
            let reply = swarm.reply(miner, id);
            assert!(reply.is_ok(), "miner {miner}: {reply:?}");
        }
        submit_all(&swarm, &stay, 1);
        // The planner says how many it has twice a second.
        let told = proxy.node().view().health().get("lane0/planner").unwrap();
        let steps = told.report().steps;
        clock::eventually("the planner's next look", || {
            (told.report().steps > steps + 2).then_some(())
        });
    }
    // What was given up is closed in the end, and nobody notices.
    clock::eventually("one connection", || (pool.live().len() == 1).then_some(()));
    submit_all(&swarm, &stay, 3);
    let shares = proxy.shares();
    assert_eq!(shares.accepted, shares.received, "{shares:?}");
    assert!(pool.duplicates().is_empty());
    swarm.with(|state| {
        assert_eq!(state.overlaps, Vec::<String>::new());
        assert!(state.all().all(|(_, member)| !member.closed));
    });
    assert_in_balance(&proxy);
}

/// One upstream with one session of at most 256.
fn narrow(pool: &FakePool) -> Config {
    before(&[])
        .set("miners.login_hold", "\"2s\"")
        .set("failover.grace", "\"2s\"")
        .pool_with(&pool.url(), "max_sessions = 1")
}

#[test]
fn no_more_sessions_are_opened_than_are_allowed() {
    allow_descriptors();
    let pool = pool_at(1);
    let proxy = launch(&narrow(&pool), 0);
    let mut swarm = Swarm::watching(proxy.miners());
    let miners = swarm.join_all(256);
    let mut late = SimMiner::connect(proxy.miners());
    let fault = late.log_in("late").err().unwrap();
    assert!(
        ["No active pool", "No job from any upstream yet"].contains(&fault.message.as_str()),
        "{fault:?}"
    );
    assert!(late.expect_closed().is_empty());
    submit_all(&swarm, &miners, 1);
    assert_eq!(pool.connections().len(), 1);
    // A place that becomes free can be taken with the next job.
    swarm.leave(miners[7]);
    proxy.connections_when("one less", |counts| counts.open == 255);
    pool.push_job(1_000, 2);
    let late = SimMiner::joined(proxy.miners(), "late");
    assert!(made(&pool, &late.job().blob));
    assert_eq!(pool.connections().len(), 1);
}

#[test]
fn miners_for_whom_the_next_upstream_has_no_room_are_not_kept_on_a_dead_job() {
    allow_descriptors();
    let (primary, standby) = (pool_at(1), pool_at(1_000_000));
    let config = before(&[&primary])
        .set("failover.grace", "\"2s\"")
        .pool_with(&standby.url(), "max_sessions = 1");
    let proxy = launch(&config, 0);
    let mut swarm = Swarm::watching(proxy.miners());
    swarm.join_all(300);
    standby.wait_live(1);
    primary.go_down();
    wait_serving(&proxy, Some(1));
    let stayed = swarm.wait("those without a place to be sent away", |state| {
        let stayed: Vec<_> = state
            .all()
            .filter(|(_, member)| !member.closed)
            .map(|(miner, _)| miner)
            .collect();
        (stayed.len() == 256).then_some(stayed)
    });
    swarm.wait("the standby's job for the others", |state| {
        let has = |miner: &MinerId| {
            let job = state.of(*miner).job.as_ref();
            job.is_some_and(|job| job.height >= Some(1_000_000))
        };
        stayed.iter().all(has).then_some(())
    });
    submit_all(&swarm, &stayed, 1);
    assert_eq!(standby.connections().len(), 1);
    assert_eq!(proxy.connections().dropped, 0, "it was not their fault");
    assert_in_balance(&proxy);
}
