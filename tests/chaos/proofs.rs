//! Real shares that xmrig found, each proved before it leaves, with faults in prover and judge.

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use zartrux::demo::wire::Job;

use crate::support::fixtures::{self, Share};
use crate::support::sim_miner::slot_of;
use crate::support::swarm::MinerId;
use crate::support::{Config, FakePool, OnLogin, Proxy, Script, Swarm, clock};
use crate::watch::{Watch, check_health, check_metrics};

/// The recording was made behind another proxy, which had given these slots to two xmrigs.
const SLOTS: [u8; 2] = [0xa8, 0xa9];

/// How often each is hit.
const HITS: [(&str, usize); 6] = [
    ("prover", 7),
    ("lane0/judge", 12),
    ("lane0/miner_sessions", 6),
    ("lane0/planner", 4),
    ("lane0/pool/0", 6),
    ("root/auditor", 2),
];

/// The shares of the seed that most were found under, by the pool's job, in the order of time.
fn recorded() -> Vec<(Job, Vec<Share>)> {
    let mut by_seed: BTreeMap<String, Vec<Share>> = BTreeMap::new();
    for share in fixtures::shares() {
        if share.run == "proxy" {
            by_seed
                .entry(share.seed_hash.clone())
                .or_default()
                .push(share);
        }
    }
    let most = by_seed.into_values().max_by_key(Vec::len).unwrap();
    let mut jobs: Vec<(Job, Vec<Share>)> = Vec::new();
    for share in most {
        let job = Job {
            blob: share.blob.clone(),
            job_id: share.job_id.clone(),
            target: share.target.clone(),
            algo: Some(share.algo.clone()),
            height: Some(share.height),
            seed_hash: Some(share.seed_hash.clone()),
            next_seed_hash: None,
        };
        match jobs
            .iter_mut()
            .find(|(known, _)| known.job_id == job.job_id)
        {
            Some((_, shares)) => shares.push(share),
            None => jobs.push((job, vec![share])),
        }
    }
    jobs
}

struct Stage {
    pool: FakePool,
    proxy: Proxy,
    swarm: Swarm,
    /// The two xmrigs, by slot.
    xmrigs: BTreeMap<u8, MinerId>,
}

impl Stage {
    fn new(first: &Job) -> Self {
        let pool = FakePool::with(Script::greeting(OnLogin::AcceptWithoutJob));
        let config = Config::on(&pool)
            .set("prove.mode", "\"light\"")
            .set("prove.threads", 1)
            .set("prove.deadline", "\"60s\"")
            .set("prove.deadline_unknown", "\"60s\"");
        let proxy = Proxy::launch(&config);
        pool.wait_live(1);
        pool.push_job_to(1, first);
        proxy.wait_ready();
        let mut swarm = Swarm::watching(proxy.miners());
        let miners = swarm.join_all(usize::from(SLOTS[1]));
        let by_slot = miners
            .iter()
            .map(|miner| (slot_of(&swarm.job(*miner)), *miner));
        let xmrigs = by_slot.filter(|(slot, _)| SLOTS.contains(slot)).collect();
        Self {
            pool,
            proxy,
            swarm,
            xmrigs,
        }
    }

    fn next_job(&self, job: &Job) {
        self.pool.push_job_to(1, job);
        self.swarm.wait("the next job", |state| {
            let mut xmrigs = self.xmrigs.values().map(|xmrig| state.of(*xmrig));
            let blob = |job: &Job| format!("{}{}", &job.blob[..84], &job.blob[86..]);
            let has_it = |has: &Option<Job>| has.as_ref().is_some_and(|has| blob(has) == blob(job));
            xmrigs.all(|xmrig| has_it(&xmrig.job)).then_some(())
        });
    }

    fn submit(&self, share: &Share) -> (MinerId, i64) {
        let slot = u8::from_str_radix(&share.nonce[6..], 16).unwrap();
        let xmrig = self.xmrigs[&slot];
        let mut result = [0; 32];
        const_hex::decode_to_slice(&share.result, &mut result).unwrap();
        let job = self.swarm.job(xmrig);
        (xmrig, self.swarm.submit(xmrig, &job, &share.nonce, &result))
    }

    fn check_reached(&self, recorded: &[(Job, Vec<Share>)]) {
        let mut came: Vec<_> = self
            .pool
            .submits()
            .iter()
            .map(|submit| {
                let parts = submit.parts();
                (
                    parts.job_id.clone(),
                    parts.nonce.clone(),
                    parts.result.clone(),
                )
            })
            .collect();
        let shares = recorded.iter().flat_map(|(_, shares)| shares);
        let mut found: Vec<_> = shares
            .map(|share| {
                (
                    share.job_id.clone(),
                    share.nonce.clone(),
                    share.result.clone(),
                )
            })
            .collect();
        came.sort();
        found.sort();
        assert_eq!(came, found, "every share of xmrig once, as xmrig found it");
    }
}

#[test]
fn real_shares_prove_themselves_and_reach_the_pool() {
    crate::hush_forced_panics();
    let recorded = recorded();
    let stage = Stage::new(&recorded[0].0);
    for (job, shares) in &recorded {
        stage.next_job(job);
        let asked: Vec<_> = shares.iter().map(|share| stage.submit(share)).collect();
        for (xmrig, id) in asked {
            assert!(stage.swarm.reply(xmrig, id).is_ok());
        }
    }
    stage.check_reached(&recorded);
    let prover = stage.proxy.node().view().prover().unwrap();
    let shares: usize = recorded.iter().map(|(_, shares)| shares.len()).sum();
    assert!(
        prover.hashes >= shares as u64,
        "{} of {shares}",
        prover.hashes
    );
    assert!(stage.proxy.shares().refused.is_empty());
}

#[test]
fn faults_of_prover_and_judge_cost_proofs_and_no_share() {
    crate::hush_forced_panics();
    let recorded = recorded();
    let mut random = StdRng::seed_from_u64(5);
    let stage = Stage::new(&recorded[0].0);
    let mut watch = Watch::new(&stage.proxy);
    let mut hits: Vec<&str> = HITS
        .iter()
        .flat_map(|(actor, times)| std::iter::repeat_n(*actor, *times))
        .collect();
    hits.shuffle(&mut random);
    // Armed, and not known to have fired.
    let mut armed: Option<&str> = None;
    for (job, shares) in &recorded {
        stage.next_job(job);
        let mut asked = Vec::new();
        for share in shares {
            if armed.is_none()
                && let Some(actor) = hits.pop()
            {
                // A prover that rests is not asked, and so would not fail.
                wait_running(&stage.proxy, &health_of(actor));
                stage.proxy.drill_panics(actor, 1);
                armed = Some(actor);
            }
            asked.push(stage.submit(share));
            if random.gen_bool(0.7) {
                for (xmrig, id) in asked.drain(..) {
                    assert!(stage.swarm.reply(xmrig, id).is_ok());
                }
                if let Some(actor) = armed.take() {
                    watch.wait_fault(&stage.proxy, &health_of(actor));
                    check_metrics(&stage.proxy);
                    check_health(&stage.proxy);
                    watch.check_generations(&stage.proxy);
                }
            }
        }
        for (xmrig, id) in asked {
            assert!(stage.swarm.reply(xmrig, id).is_ok());
        }
    }
    if let Some(actor) = armed {
        watch.wait_fault(&stage.proxy, &health_of(actor));
    }
    watch.check_generations(&stage.proxy);
    assert!(hits.is_empty(), "not hit: {hits:?}");
    stage.check_reached(&recorded);
    let shares = stage.proxy.shares();
    assert!(shares.refused.is_empty() && shares.balances(), "{shares:?}");
    stage.swarm.with(|state| {
        assert_eq!(state.overlaps, Vec::<String>::new());
        let of = |xmrig: &MinerId| state.of(*xmrig).replies.values().all(|all| all.len() == 1);
        assert!(stage.xmrigs.values().all(of), "one reply each");
    });
}

/// The prover is hit on whichever of its threads is at work: here it has one.
fn health_of(actor: &str) -> String {
    match actor {
        "prover" => "prover/0".to_owned(),
        other => other.to_owned(),
    }
}

fn wait_running(proxy: &Proxy, actor: &str) {
    use zartrux_actors::supervision::ActorState;

    clock::eventually(&format!("{actor} to run"), || {
        let health = proxy.node().view().health().get(actor)?;
        (health.state() == ActorState::Running).then_some(())
    });
}
