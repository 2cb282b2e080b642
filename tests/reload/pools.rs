//! Upstreams that come, go and change places under miners that mine.

use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};
use zartrux::demo::target::Target64;

use crate::support::{Answer, FakePool, OnSubmit, Proxy, Script, SimMiner, Swarm, clock};
use crate::{assert_in_balance, assert_undisturbed, before, two_pools, wait_all_on};

#[test]
fn a_thousand_miners_go_over_to_another_pool_and_nobody_is_dropped() {
    const MINERS: usize = 1_000;
    rlimit::increase_nofile_limit(8 * MINERS as u64).unwrap();
    let (old, new) = two_pools();
    let proxy = Proxy::launch(&before(&[&old]));
    let mut swarm = Swarm::watching(proxy.miners());
    let miners = swarm.join_all(MINERS);
    let submit_all = |low: u32| -> Vec<_> {
        let submit = |miner: &usize| {
            let job = swarm.job(*miner);
            (*miner, swarm.submit_good(*miner, &job, low))
        };
        miners.iter().map(submit).collect()
    };

    // On their way while the settings change.
    let mut requests = submit_all(1);
    let both = before(&[&new, &old])
        .set("miners.idle_timeout", "\"5m\"")
        .set("miners.unsent_limit", "\"128KiB\"")
        .set("miners.max_shares_in_flight", 4096)
        .set("failover.response_timeout", "\"25s\"");
    let report = proxy.reload(&both).unwrap();
    assert_eq!(report.changes.len(), 5, "{:?}", report.changes);
    wait_all_on(&swarm, true);
    requests.extend(submit_all(2));
    // The first one goes, with its sessions, while shares are on their way to the second.
    proxy.reload(&before(&[&new])).unwrap();
    requests.extend(submit_all(3));

    for (miner, request) in &requests {
        assert!(swarm.reply(*miner, *request).is_ok());
    }
    clock::eventually("the old pool to be left", || {
        old.live().is_empty().then_some(())
    });
    assert_undisturbed(&swarm);
    assert_in_balance(&proxy, MINERS as u64);
    assert_eq!(
        (old.submits().len(), new.submits().len()),
        (MINERS, 2 * MINERS),
        "I1: each share reached the pool of its job"
    );
    assert!(old.duplicates().is_empty() && new.duplicates().is_empty());
}

#[test]
fn a_share_on_its_way_to_a_pool_that_goes_gets_that_pools_verdict() {
    let (old, new) = two_pools();
    old.set_script(Script::answering(OnSubmit::Always(Answer::Silent)));
    let proxy = Proxy::launch(&before(&[&old]));
    let mut swarm = Swarm::watching(proxy.miners());
    let miner = swarm.join_all(1)[0];
    let request = swarm.submit_good(miner, &swarm.job(miner), 1);
    let submit = old.wait_submits(1).remove(0);
    proxy.reload(&before(&[&new])).unwrap();
    wait_all_on(&swarm, true);
    old.answer(&submit, Answer::refuse("Low difficulty share"));
    assert!(swarm.reply(miner, request).is_err());
    assert_undisturbed(&swarm);
    assert_in_balance(&proxy, 1);
    // What is shown and stored of it is still called by its name.
    let view = proxy.node().view();
    assert_eq!(view.upstream_name(0), Some(&*old.address().to_string()));
    assert_eq!(view.upstream_name(1), Some(&*new.address().to_string()));
    assert_eq!(view.upstream_order(), [1]);
}

#[test]
fn another_password_has_the_pool_logged_in_to_anew_without_dropping_a_miner() {
    let pool = FakePool::start();
    let config = |pass: &str| before(&[]).pool_with(&pool.url(), &format!("pass = \"{pass}\""));
    let proxy = Proxy::launch(&config("one"));
    let mut swarm = Swarm::watching(proxy.miners());
    let miner = swarm.join_all(1)[0];
    let report = proxy.reload(&config("another")).unwrap();
    let told = report.in_words();
    assert!(
        told.starts_with("pool[0].pass: ") && !told.contains("another\""),
        "{told}"
    );
    swarm.wait("a job of the new connection", |state| {
        (state.of(miner).jobs >= 2).then_some(())
    });
    let request = swarm.submit_good(miner, &swarm.job(miner), 1);
    assert!(swarm.reply(miner, request).is_ok());
    assert_eq!(pool.submits()[0].conn, 2);
    assert_undisturbed(&swarm);
}

#[test]
fn while_the_new_pool_is_down_the_one_that_was_taken_out_serves_on() {
    let (old, new) = two_pools();
    new.go_down();
    let proxy = Proxy::launch(&before(&[&old]));
    let mut swarm = Swarm::watching(proxy.miners());
    let miner = swarm.join_all(1)[0];
    proxy.reload(&before(&[&new])).unwrap();
    old.push_job(1_000, 2);
    swarm.wait("the next job of the old pool", |state| {
        (state.of(miner).job.as_ref()?.height == Some(2)).then_some(())
    });
    let request = swarm.submit_good(miner, &swarm.job(miner), 1);
    assert!(swarm.reply(miner, request).is_ok());
    new.come_back();
    wait_all_on(&swarm, true);
    let request = swarm.submit_good(miner, &swarm.job(miner), 1);
    assert!(swarm.reply(miner, request).is_ok());
    assert_eq!((old.submits().len(), new.submits().len()), (1, 1));
    assert_undisturbed(&swarm);
}

#[test]
fn a_reload_while_no_pool_is_up_brings_the_farm_back() {
    let (old, new) = two_pools();
    let proxy = Proxy::launch(&before(&[&old]).set("failover.grace", "\"60s\""));
    let mut swarm = Swarm::watching(proxy.miners());
    swarm.join_all(3);
    old.go_down();
    clock::eventually("nobody to serve", || {
        (!proxy.node().view().readiness().ready).then_some(())
    });
    proxy
        .reload(&before(&[&new]).set("failover.grace", "\"60s\""))
        .unwrap();
    wait_all_on(&swarm, true);
    assert_undisturbed(&swarm);
    assert_in_balance(&proxy, 3);
}

#[test]
fn other_bounds_of_difficulty_come_with_the_next_job() {
    let pool = FakePool::start();
    let config = before(&[&pool]);
    let proxy = Proxy::launch(&config);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    let asked =
        |job: &zartrux::demo::wire::Job| Target64::from_wire(&job.target).unwrap().difficulty();
    let first = miner.job().clone();
    let paced = config
        .clone()
        .set("miners.share_goal", "\"30s\"")
        .set("miners.min_difficulty", 10);
    proxy.reload(&paced).unwrap();
    pool.push_job(1_000, 7);
    let paced_job = miner.expect_job();
    assert!(asked(&first) > 900, "the pool's");
    assert!(
        (190..=210).contains(&asked(&paced_job)),
        "twenty times the floor"
    );
    proxy.reload(&config).unwrap();
    pool.push_job(1_000, 8);
    assert!(asked(&miner.expect_job()) > 900, "the pool's again");
}

#[test]
fn fifty_reloads_in_any_order_under_load_lose_and_double_nothing() {
    const MINERS: usize = 60;
    let pools: Vec<FakePool> = (0..3).map(|_| FakePool::start()).collect();
    for (pool, height) in pools.iter().zip([1, 1_000_000, 2_000_000]) {
        // Their jobs are told apart by it.
        pool.push_job(1_000, height);
    }
    let proxy = Proxy::launch(&before(&[&pools[0]]));
    let mut swarm = Swarm::watching(proxy.miners());
    let miners = swarm.join_all(MINERS);
    let mut random = StdRng::seed_from_u64(7);
    let mut requests = Vec::new();
    for round in 1..=50_u32 {
        let mut chosen: Vec<&FakePool> = pools.iter().collect();
        chosen.shuffle(&mut random);
        chosen.truncate(random.gen_range(1..=3));
        let config = before(&chosen)
            .set("failover.standby", random.r#gen::<bool>())
            .set("miners.login_timeout", format!("\"{}s\"", 5 + round))
            .set("prove.sample", f64::from(round) / 100.0);
        proxy.reload(&config).unwrap();
        for miner in miners.choose_multiple(&mut random, 20) {
            let job = swarm.job(*miner);
            requests.push((*miner, swarm.submit_good(*miner, &job, round)));
        }
        if round % 10 == 0 {
            pools[0].push_job(1_000, u64::from(1 + round));
        }
    }
    let mut taken = 0;
    for (miner, request) in &requests {
        match swarm.reply(*miner, *request) {
            Ok(_) => taken += 1,
            // Its job is two jobs old, or its session is gone: late, and told so.
            Err(why) => assert_eq!(why, "Block expired"),
        }
    }
    let reached: usize = pools.iter().map(|pool| pool.submits().len()).sum();
    assert_eq!(reached, taken, "I1");
    assert!(pools.iter().all(|pool| pool.duplicates().is_empty()));
    assert!(taken > requests.len() / 2, "{taken} of {}", requests.len());
    assert_undisturbed(&swarm);
    assert_in_balance(&proxy, MINERS as u64);
}
