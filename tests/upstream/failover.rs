//! The preferred upstream fails; the next serves, miners stay, and each share goes only where its
//! job came from.

use std::sync::Arc;

use zartrux_actors::lane::LaneView;

use crate::scene::{
    assert_in_balance, before, expect_job_of, launch, made, pool_at, refusal, results, send,
    send_good, serving, told, told_lost, two_pools, wait_serving,
};
use crate::support::sim_miner::slot_of;
use crate::support::swarm::Member;
use crate::support::{
    Answer, FakePool, OnConnect, OnLogin, OnSubmit, Proxy, Script, SimMiner, Swarm, clock,
};

/// The next upstream serves from the start, and the preferred one is never sent a share.
fn assert_served_by_the_next(proxy: &Proxy, preferred: &FakePool, next: &FakePool) {
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    assert!(made(next, &miner.job().blob));
    let result = send_good(&mut miner, 1);
    assert_eq!(results(next), [result]);
    assert!(preferred.submits().is_empty());
    assert_in_balance(proxy);
}

#[test]
fn a_preferred_upstream_that_refuses_connections_is_named_and_the_next_serves() {
    let (primary, standby) = two_pools();
    primary.go_down();
    let proxy = launch(&before(&[&primary, &standby]), 1);
    assert_served_by_the_next(&proxy, &primary, &standby);
    told_lost(&proxy, &primary, "can't connect to 127.0.0.1:");
}

#[test]
fn a_preferred_upstream_that_never_answers_the_login_is_named_and_the_next_serves() {
    let (primary, standby) = two_pools();
    primary.set_script(Script::opening(OnConnect::Silent));
    let config = before(&[&primary, &standby]).set("failover.response_timeout", "\"2s\"");
    let proxy = launch(&config, 1);
    assert_served_by_the_next(&proxy, &primary, &standby);
    told_lost(&proxy, &primary, "no answer to the login within 2s");
}

#[test]
fn a_preferred_upstream_that_takes_the_login_and_has_no_job_waits_for_its_turn() {
    let (primary, standby) = two_pools();
    primary.set_script(Script::greeting(OnLogin::AcceptWithoutJob));
    let config = before(&[&primary, &standby]).set("failover.failback_after", "\"1s\"");
    let proxy = launch(&config, 1);
    assert_served_by_the_next(&proxy, &primary, &standby);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    assert!(made(&standby, &miner.job().blob));
    // Its first job makes it good; the connection is the first one still.
    primary.push_job(1_000, 2);
    expect_job_of(&mut miner, &primary);
    send_good(&mut miner, 1);
    assert_eq!(primary.connections().len(), 1);
}

#[test]
fn an_upstream_that_stops_answering_submits_is_left_for_the_next() {
    let (primary, standby) = two_pools();
    let config = before(&[&primary, &standby]).set("failover.response_timeout", "\"2s\"");
    let proxy = launch(&config, 0);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    let first = send_good(&mut miner, 1);

    primary.change_script(1, Script::answering(OnSubmit::Always(Answer::Silent)));
    let former = miner.job().clone();
    let unanswered = send(&mut miner, 2);
    assert_eq!(refusal(&mut miner, unanswered.id), "Bad gateway");
    expect_job_of(&mut miner, &standby);
    // A share found before the new job came: the pool that it was found for may still hear it.
    let nonce = crate::support::sim_miner::nonce_in_slot(&former, 3);
    let late = "00".repeat(32);
    let late_id = miner.submit_for(&former.job_id, &nonce, &late);
    let next = send_good(&mut miner, 1);
    let text = refusal(&mut miner, late_id);
    assert!(
        ["Bad gateway", "Block expired"].contains(&text.as_str()),
        "{text}"
    );
    assert_eq!(results(&standby), [next]);
    let to_primary = results(&primary);
    assert_eq!(to_primary[..2], [first, unanswered.result]);
    assert!(to_primary[2..].iter().all(|result| *result == late));

    // A pool that goes on not answering is left and tried anew.
    primary.wait_closed(1);
    primary.wait_live(1);
    let report = &told(&proxy, &primary)[0];
    assert_eq!(report.lost("pool"), 1, "{report:?}");
    let shares = proxy.shares();
    assert_eq!((shares.received, shares.accepted), (4, 2));
    assert_in_balance(&proxy);
    assert!(
        miner.keep_alive().is_ok(),
        "the connection is the first one"
    );
}

#[test]
fn an_upstream_without_new_jobs_is_left_for_one_that_has_them() {
    let (primary, standby) = two_pools();
    let config = before(&[&primary, &standby]).set("failover.job_timeout", "\"3s\"");
    let proxy = launch(&config, 0);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    let mut height = 1_000_000;
    clock::eventually("the standby to serve", || {
        height += 1;
        standby.push_job(1_000, height);
        (serving(&proxy) == Some(1)).then_some(())
    });
    expect_job_of(&mut miner, &standby);
    assert_eq!(primary.connections().len(), 1);
    assert!(
        !primary.connections()[0].closed,
        "watched, so that its next job is noticed"
    );
}

#[test]
fn the_standby_is_logged_in_before_it_is_needed() {
    let (primary, standby) = two_pools();
    let proxy = launch(&before(&[&primary, &standby]), 0);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    standby.wait_live(1);
    clock::eventually("the standby's job", || {
        told(&proxy, &standby)
            .first()
            .filter(|told| told.count("jobs") == 1)
            .map(|_| ())
    });
    primary.go_down();
    expect_job_of(&mut miner, &standby);
    let result = send_good(&mut miner, 1);
    assert_eq!(results(&standby), [result]);
    assert_eq!(standby.connections().len(), 1);
    assert!(!standby.connections()[0].closed);
}

#[test]
fn without_a_standby_the_next_upstream_is_connected_when_it_is_needed() {
    let (primary, standby) = two_pools();
    let config = before(&[&primary, &standby]).set("failover.standby", "false");
    let proxy = launch(&config, 0);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    send_good(&mut miner, 1);
    // At the start, while nobody served yet, it may have been tried.
    for connection in 1..=standby.connections().len() {
        standby.wait_closed(connection);
    }
    let before = standby.connections().len();
    primary.go_down();
    expect_job_of(&mut miner, &standby);
    send_good(&mut miner, 1);
    assert_eq!(standby.connections().len(), before + 1);
}

#[test]
fn the_first_of_many_that_works_serves() {
    let pools = [
        pool_at(1),
        pool_at(1_000_000),
        pool_at(2_000_000),
        pool_at(3_000_000),
    ];
    pools[0].go_down();
    pools[1].set_script(Script::greeting(OnLogin::Refuse(
        "Invalid address".to_owned(),
    )));
    let all: Vec<&FakePool> = pools.iter().collect();
    let proxy = launch(&before(&all), 2);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    assert!(made(&pools[2], &miner.job().blob));
    let refused = told_lost(&proxy, &pools[1], "login refused: Invalid address");
    assert!(refused.lost("ours") > 0);
    // Its own standby takes over in turn.
    pools[3].wait_live(1);
    pools[2].go_down();
    expect_job_of(&mut miner, &pools[3]);
    send_good(&mut miner, 1);
    assert_eq!(pools[3].connections().len(), 1);
}

#[test]
fn a_farm_larger_than_one_session_moves_whole_and_no_share_goes_astray() {
    let (primary, standby) = two_pools();
    let proxy = launch(&before(&[&primary, &standby]), 0);
    let mut swarm = Swarm::watching(proxy.miners());
    let miners = swarm.join_all(300);
    let submit_all = |pool: &FakePool, low: u32| {
        let known = pool.submits().len();
        let ids: Vec<_> = miners
            .iter()
            .map(|miner| {
                let job = swarm.job(*miner);
                assert!(made(pool, &job.blob));
                (*miner, swarm.submit_good(*miner, &job, low))
            })
            .collect();
        for (miner, id) in ids {
            let reply = swarm.reply(miner, id);
            assert!(reply.is_ok(), "{reply:?}");
        }
        assert_eq!(pool.submits().len() - known, miners.len());
    };
    submit_all(&primary, 1);
    assert_eq!(primary.live().len(), 2);
    primary.go_down();
    wait_serving(&proxy, Some(1));
    swarm.wait("jobs of the standby for all", |state| {
        let moved = miners.iter().all(|miner| {
            let job = state.of(*miner).job.as_ref();
            job.is_some_and(|job| job.height >= Some(1_000_000))
        });
        moved.then_some(())
    });
    assert_eq!(standby.live().len(), 2, "as many sessions as are needed");
    submit_all(&standby, 1);
    swarm.with(|state| {
        assert_eq!(state.overlaps, Vec::<String>::new());
        assert!(state.all().all(|(_, member)| !member.closed));
        // The primary's sessions end one after the other: who sat on the first may have been
        // given a place on the second meanwhile.
        assert!(state.all().all(|(_, member)| member.jobs <= 3));
    });
    for pool in [&primary, &standby] {
        assert_eq!(pool.duplicates().len(), 0);
        for submit in pool.submits() {
            let job = submit.job.expect("a job of this connection");
            assert_eq!(job.job_id, submit.submit.unwrap().job_id);
        }
    }
    let slots = |miner: &usize| slot_of(&swarm.job(*miner));
    assert!(
        miners.iter().map(slots).max() > Some(128),
        "slots are used before sessions"
    );
    assert_in_balance(&proxy);
}

#[test]
fn every_lane_moves_by_itself() {
    let (primary, standby) = two_pools();
    let config = before(&[&primary, &standby]).set("node.lanes", 3);
    let proxy = Proxy::launch(&config);
    primary.wait_live(3);
    proxy.wait_ready();
    let mut swarm = Swarm::watching(proxy.miners());
    let miners = swarm.join_all(60);
    let has_miners = |lane: &Arc<LaneView>| lane.counts().connections.open > 0;
    let lanes = proxy
        .node()
        .view()
        .lanes()
        .iter()
        .filter(|lane| has_miners(lane));
    assert!(
        lanes.count() > 1,
        "the system spreads connections over lanes"
    );
    standby.wait_live(3);
    primary.go_down();
    swarm.wait("the standby's job for all", |state| {
        let moved = |member: &Member| {
            let job = member.job.as_ref();
            job.is_some_and(|job| job.height == Some(1_000_000))
        };
        state.all().all(|(_, member)| moved(member)).then_some(())
    });
    for miner in &miners {
        let id = swarm.submit_good(*miner, &swarm.job(*miner), 1);
        assert!(swarm.reply(*miner, id).is_ok());
    }
    assert_eq!(
        (standby.connections().len(), standby.submits().len()),
        (3, 60)
    );
    assert!(standby.duplicates().is_empty());
    swarm.with(|state| assert_eq!(state.overlaps, Vec::<String>::new()));
    assert_in_balance(&proxy);
}
