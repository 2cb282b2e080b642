//! Jobs as pools send them: good, odd, and impossible.

use serde_json::{Value, json};
use zartrux::demo::blob;
use zartrux::demo::target::{Target64, TargetWidth};
use zartrux::demo::wire::{Job, Submit};

use crate::scene::{
    assert_in_balance, before, expect_job_of, launch, made, send_good, told_lost, told_when,
    two_pools, wait_serving,
};
use crate::support::sim_miner::nonce_in_slot;
use crate::support::{FakePool, Heard, OnLogin, PATIENCE, Script, SimMiner, Swarm, result_meeting};

/// A job that is good in every field.
fn good_job() -> Value {
    json!({
        "blob": const_hex::encode(blob::build(1_795_000_000, &[0x33; 32], &[0x44; 32])),
        "job_id": "g00d",
        "target": "b88d0600",
        "algo": "rx/0",
        "height": 77,
        "seed_hash": crate::support::fake_pool::SEED_HASH,
    })
}

fn changed(field: &str, value: Value) -> Value {
    let mut job = good_job();
    job[field] = value;
    job
}

fn with_slot_taken() -> Value {
    let mut bytes = blob::build(1_795_000_000, &[0x33; 32], &[0x44; 32]);
    bytes[42] = 0x9a;
    changed("blob", json!(const_hex::encode(bytes)))
}

/// Jobs that nobody can mine, what they are called, and whose fault it is.
fn impossible_jobs() -> Vec<(Value, &'static str, &'static str)> {
    vec![
        (
            with_slot_taken(),
            "set the proxy above to simple mode",
            "ours",
        ),
        (
            changed("seed_hash", Value::Null),
            "job.seed_hash is missing, which rx/0 needs",
            "pool",
        ),
        (
            changed("seed_hash", json!("abcd")),
            "job.seed_hash: not 64",
            "pool",
        ),
        (
            changed("job_id", json!("x".repeat(5_000))),
            "job.job_id of 5000 bytes",
            "pool",
        ),
        (
            changed("job_id", json!("")),
            "job.job_id of 0 bytes",
            "pool",
        ),
        (
            changed("target", json!("00000000")),
            "job.target: target is zero",
            "pool",
        ),
        (changed("target", json!("zz")), "job.target: ", "pool"),
        (
            changed("blob", json!("1010")),
            "job.blob: blob of 2 bytes",
            "pool",
        ),
        (
            changed("blob", json!("ff".repeat(2_000))),
            "job.blob: blob of 2000 bytes",
            "pool",
        ),
    ]
}

#[test]
fn an_impossible_job_is_named_and_the_next_upstream_serves() {
    let (primary, standby) = two_pools();
    let config = before(&[&primary, &standby]).set("failover.failback_after", "\"1h\"");
    primary.go_down();
    let proxy = launch(&config, 1);
    primary.come_back();
    for (job, reason, class) in impossible_jobs() {
        let reply = json!({ "id": "s", "job": job, "status": "OK" });
        let reply = format!("{{\"id\":$ID,\"error\":null,\"result\":{reply}}}\n");
        let notice = format!("{{\"method\":\"job\",\"params\":{job}}}\n");
        for script in [
            Script::greeting(OnLogin::Send(reply.into_bytes())),
            Script::greeting(OnLogin::AcceptThenSend(notice.into_bytes())),
        ] {
            // Whatever the script before came to, it is over when this one is first seen.
            primary.go_down();
            told_lost(&proxy, &primary, "can't connect");
            primary.set_script(script);
            primary.come_back();
            let told = told_lost(&proxy, &primary, reason);
            assert!(told.lost(class) > 0, "{reason}: {told:?}");
        }
    }
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    assert!(made(&standby, &miner.job().blob));
    send_good(&mut miner, 1);
    assert!(primary.submits().is_empty());
}

#[test]
fn a_pool_that_goes_over_to_nicehash_mode_is_left_for_the_next() {
    let (primary, standby) = two_pools();
    let proxy = launch(&before(&[&primary, &standby]), 0);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    send_good(&mut miner, 1);
    let notice = format!("{{\"method\":\"job\",\"params\":{}}}", with_slot_taken());
    primary.set_script(Script::greeting(OnLogin::AcceptThenSend(
        format!("{notice}\n").into_bytes(),
    )));
    primary.send_line(1, &notice);
    expect_job_of(&mut miner, &standby);
    send_good(&mut miner, 1);
    told_lost(&proxy, &primary, "NiceHash mode");
    assert!(miner.keep_alive().is_ok());
}

#[test]
fn the_same_job_again_reaches_no_miner() {
    let (pool, _) = two_pools();
    let proxy = launch(&before(&[&pool]), 0);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    for height in 2..5 {
        pool.repeat_job(1);
        pool.repeat_job(1);
        let last = pool.job_of(1);
        // The order of fields and what miners do not see make no other job of it.
        let mut shuffled = json!(last);
        shuffled["height"] = json!(999);
        pool.send_line(
            1,
            &format!("{{\"params\":{shuffled},\"id\":5,\"method\":\"job\"}}"),
        );
        pool.push_job(1_000, height);
        // If one of those came through, it would come first.
        let next = miner.expect_job();
        assert_eq!(next.height, Some(height));
    }
    let told = told_when(&proxy, &pool, "its jobs", |_| true);
    assert_eq!(told.count("jobs"), 4);
    assert_eq!(pool.connections().len(), 1);
}

#[test]
fn the_same_blob_with_another_target_is_another_job() {
    let (pool, _) = two_pools();
    let proxy = launch(&before(&[&pool]), 0);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    let easier = Job {
        job_id: "easier".to_owned(),
        target: zartrux::demo::target::to_wire(500, TargetWidth::Four),
        ..pool.job_of(1)
    };
    let former = miner.job().clone();
    pool.push_job_to(1, &easier);
    let next = miner.expect_job();
    assert_eq!(miner.target().difficulty(), 500);
    assert_ne!(next.job_id, former.job_id);
    assert_eq!(next.blob, former.blob, "the same slot of the same blob");
    send_good(&mut miner, 1);
    assert_eq!(pool.submits()[0].parts().job_id, "easier");
}

#[test]
fn targets_of_four_and_of_eight_bytes_reach_miners_unchanged_in_worth() {
    for (width, difficulties) in [
        (TargetWidth::Four, [1, 1_000, 480_045, 4_000_000_000]),
        (TargetWidth::Eight, [1, 1_000, 480_045, 700_000_000_000]),
    ] {
        let pool = FakePool::with(Script {
            width,
            ..Script::default()
        });
        let proxy = launch(&before(&[&pool]), 0);
        let mut miner = SimMiner::joined(proxy.miners(), "rig");
        for (height, difficulty) in (2..).zip(difficulties) {
            pool.push_job(difficulty, height);
            miner.expect_job();
            let asked = Target64::from_wire(&pool.job_of(1).target).unwrap();
            let told = miner.target();
            assert_eq!(
                told.difficulty(),
                asked.difficulty(),
                "{width:?} {difficulty}"
            );
            assert!(told.get() <= asked.get(), "never easier than the pool's");
            send_good(&mut miner, 1);
        }
        assert_in_balance(&proxy);
    }
}

#[test]
fn an_algorithm_that_nobody_here_can_hash_is_passed_through_unproved() {
    let (pool, _) = two_pools();
    let config = before(&[&pool])
        .set("prove.mode", "\"light\"")
        .set("prove.threads", 1);
    let proxy = crate::support::Proxy::launch(&config);
    wait_serving(&proxy, Some(0));
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    let foreign = Job {
        job_id: "f0re1gn".to_owned(),
        algo: Some("cn/r".to_owned()),
        seed_hash: None,
        blob: const_hex::encode(blob::build(1_795_000_001, &[0x55; 32], &[0x66; 32])),
        ..pool.job_of(1)
    };
    pool.push_job_to(1, &foreign);
    let job = miner.expect_job();
    assert_eq!((job.algo.as_deref(), job.seed_hash), (Some("cn/r"), None));
    let submit = Submit {
        id: miner.session().to_owned(),
        job_id: job.job_id,
        nonce: miner.nonce(7),
        result: const_hex::encode(result_meeting(miner.target())),
        algo: Some("cn/r".to_owned()),
    };
    let id = miner.request("submit", &submit);
    assert!(miner.reply_to(id).is_ok());
    let sent = pool.wait_submits(1);
    let sent = sent[0].parts();
    assert_eq!(
        (sent.job_id.as_str(), sent.algo.as_deref()),
        ("f0re1gn", Some("cn/r"))
    );
    assert_eq!((&sent.nonce, &sent.result), (&submit.nonce, &submit.result));
    let prover = proxy.node().view().prover().unwrap();
    assert_eq!(prover.hashes, 0, "nothing was computed for it");
    assert_in_balance(&proxy);
}

#[test]
fn a_job_reaches_everybody_once_and_late_shares_have_one_more_job_of_time() {
    let (pool, _) = two_pools();
    let proxy = launch(&before(&[&pool]), 0);
    let mut swarm = Swarm::watching(proxy.miners());
    let miners = swarm.join_all(60);
    let jobs = |miner: &usize| swarm.job(*miner);
    let [first, second, third] = [1, 2, 3].map(|height| {
        if height > 1 {
            pool.push_job(1_000, height);
        }
        swarm.wait("the job for all", |state| {
            let has = |miner: &usize| {
                let job = state.of(*miner).job.as_ref();
                job.is_some_and(|job| job.height == Some(height))
            };
            miners.iter().all(has).then_some(())
        });
        miners.iter().map(jobs).collect::<Vec<_>>()
    });
    let send_all = |jobs: &[Job]| -> Vec<Result<Value, String>> {
        let sent: Vec<_> = miners
            .iter()
            .zip(jobs)
            .map(|(miner, job)| (*miner, swarm.submit_good(*miner, job, 5)))
            .collect();
        sent.into_iter()
            .map(|(miner, id)| swarm.reply(miner, id))
            .collect()
    };
    assert!(send_all(&third).iter().all(Result::is_ok));
    assert!(send_all(&second).iter().all(Result::is_ok));
    for reply in send_all(&first) {
        assert_eq!(reply, Err("Block expired".to_owned()));
    }
    let ids: Vec<String> = pool.connections()[0]
        .jobs
        .iter()
        .map(|job| job.job_id.clone())
        .collect();
    let submits = pool.submits();
    assert_eq!(submits.len(), 120);
    for (place, submit) in submits.iter().enumerate() {
        let job = if place < 60 { &ids[2] } else { &ids[1] };
        assert_eq!(&submit.parts().job_id, job);
    }
    let shares = proxy.shares();
    assert_eq!((shares.accepted, shares.stale), (120, 60));
    assert_eq!(shares.refused["expired"], 60);
    swarm.with(|state| {
        assert!(
            state
                .all()
                .all(|(_, member)| member.jobs == 3 && !member.closed)
        );
        assert_eq!(state.overlaps, Vec::<String>::new());
    });
    assert_in_balance(&proxy);
}

#[test]
fn a_job_after_a_login_without_one_is_the_first() {
    let (pool, _) = two_pools();
    pool.set_script(Script::greeting(OnLogin::AcceptWithoutJob));
    let proxy = crate::support::Proxy::launch(&before(&[&pool]));
    let mut miner = SimMiner::connect(proxy.miners());
    pool.wait_live(1);
    miner.request(
        "login",
        &json!({ "login": "rig", "pass": "x", "agent": "XMRig/6.26.0" }),
    );
    proxy.connections_when("the miner", |counts| counts.open == 1);
    pool.push_job(1_000, 5);
    let Heard::Line(welcome) = miner.next_line(PATIENCE) else {
        panic!("no welcome");
    };
    let welcome: Value = serde_json::from_str(&welcome).unwrap();
    let job: Job = serde_json::from_value(welcome["result"]["job"].clone()).unwrap();
    assert_eq!(job.height, Some(5));
    let submit = Submit {
        id: welcome["result"]["id"].as_str().unwrap().to_owned(),
        job_id: job.job_id.clone(),
        nonce: nonce_in_slot(&job, 1),
        result: "00".repeat(32),
        algo: None,
    };
    let id = miner.request("submit", &submit);
    assert!(miner.reply_to(id).is_ok());
    assert_eq!(pool.submits().len(), 1);
}
