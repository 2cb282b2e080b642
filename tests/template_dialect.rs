//! A farm on one connection to a pool that sends templates and bans as nodejs-pool does.
//!
//! Hashes are real RandomX at a difficulty of 1 or 2: the miners compute them, the proxy proves them,
//! and the pool compares.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    reason = "a test ends where something is not as it must be, and shows what it measured"
)]

mod support;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, LazyLock};

use support::swarm::MinerId;
use support::template_pool::{Hashes, Taken, seed};
use support::{Config, Oracle, Proxy, Swarm, TemplatePool, clock};
use zartrux::demo::randomx::Caches;
use zartrux::demo::target::Target64;
use zartrux::demo::wire::{Job, Submit};

static CACHES: LazyLock<Arc<Caches>> = LazyLock::new(|| Arc::new(Caches::default()));

/// Submits whose answers are outstanding at once.
const UNDER_WAY: usize = 100;

struct Farm {
    pool: TemplatePool,
    proxy: Proxy,
    swarm: Swarm,
    hashes: Hashes,
    hasher: Oracle,
    counter: u32,
    asked: VecDeque<(MinerId, i64)>,
    good: u64,
}

/// A share of a job.
struct Found {
    nonce: String,
    result: [u8; 32],
}

impl Farm {
    fn new(difficulty: u64, change: impl FnOnce(Config) -> Config) -> Self {
        let hashes = Hashes::default();
        let oracle = Oracle::sharing(Arc::clone(&CACHES));
        let pool = TemplatePool::start(difficulty, Arc::clone(&hashes), oracle);
        let config = Config::default()
            .set("prove.mode", "\"light\"")
            .set("prove.threads", 2)
            .set("prove.deadline", "\"60s\"")
            .set("prove.deadline_unknown", "\"60s\"")
            .pool_with(&pool.url(), "dialect = \"template\"");
        let proxy = Proxy::launch(&change(config));
        proxy.wait_ready();
        let swarm = Swarm::watching(proxy.miners());
        Self {
            pool,
            proxy,
            swarm,
            hashes,
            hasher: Oracle::sharing(Arc::clone(&CACHES)),
            counter: 0,
            asked: VecDeque::new(),
            good: 0,
        }
    }

    /// Hashes until one is a share of the job.
    fn find(&mut self, job: &Job) -> Found {
        self.hash_until(job, true)
    }

    /// Hashes until one is none: the proxy corrects a wrong result where the true one is a share.
    fn miss(&mut self, job: &Job) -> Found {
        self.hash_until(job, false)
    }

    fn hash_until(&mut self, job: &Job, meets: bool) -> Found {
        let target = Target64::from_wire(&job.target).unwrap();
        loop {
            self.counter += 1;
            let nonce = const_hex::encode(self.counter.to_le_bytes());
            let result = self.hasher.hash(&seed(), &job.blob, &nonce).unwrap();
            let key = (job.blob.clone(), nonce.clone());
            self.hashes.lock().unwrap().insert(key, result);
            if target.is_met_by(&result) == meets {
                return Found { nonce, result };
            }
        }
    }

    /// The rig mines a share, which is to be taken.
    fn mine(&mut self, rig: MinerId) -> (Job, Found) {
        let job = self.swarm.job(rig);
        let found = self.find(&job);
        let request = self.swarm.submit(rig, &job, &found.nonce, &found.result);
        self.asked.push_back((rig, request));
        self.good += 1;
        if self.asked.len() > UNDER_WAY {
            self.expect_taken();
        }
        (job, found)
    }

    fn expect_taken(&mut self) {
        let (rig, request) = self.asked.pop_front().unwrap();
        let reply = self.swarm.reply(rig, request);
        assert!(
            reply.is_ok(),
            "rig {rig}: {reply:?}, {:?}",
            self.pool.seen()
        );
    }

    fn settle(&mut self) {
        while !self.asked.is_empty() {
            self.expect_taken();
        }
    }

    /// What must not be taken; the words of the refusal.
    fn refused(&self, rig: MinerId, job: &Job, nonce: &str, result: &[u8; 32]) -> String {
        let request = self.swarm.submit(rig, job, nonce, result);
        self.swarm.reply(rig, request).unwrap_err()
    }

    fn next_job(&mut self, difficulty: u64) {
        self.settle();
        let before: HashMap<MinerId, u64> = self.swarm.with(|state| {
            let jobs = state.all().map(|(rig, member)| (rig, member.jobs));
            jobs.collect()
        });
        self.pool.push_job(difficulty);
        self.swarm.wait("the next job for everyone", |state| {
            let mut all = state.all();
            all.all(|(rig, member)| member.jobs > before[&rig])
                .then_some(())
        });
    }

    /// Nothing was lost or taken twice, and nobody was banned.
    fn check(&self) {
        let seen = self.pool.seen();
        assert_eq!(seen.bans, Vec::<String>::new());
        assert_eq!((seen.throttled.len(), seen.dropped), (0, 0));
        assert_eq!(seen.taken.len() as u64, self.good);
        let different: HashSet<&Taken> = seen.taken.iter().collect();
        assert_eq!(different.len(), seen.taken.len(), "a share was taken twice");
        let shares = self.proxy.shares();
        assert!(shares.balances());
        assert_eq!(shares.accepted, self.good);
        self.swarm.with(|state| {
            assert_eq!(state.overlaps, Vec::<String>::new());
            assert_eq!(state.oddities, Vec::<String>::new());
        });
    }
}

#[test]
fn a_thousand_rigs_share_one_connection_and_ten_faulty_ones_bring_no_ban() {
    const RIGS: usize = 1_000;
    const FAULTY: usize = 10;
    let mut farm = Farm::new(2, |config| config);
    let rigs = farm.swarm.join_all(RIGS);
    assert_eq!(farm.pool.connections(), 1);
    let agent = &farm.pool.open()[0];
    assert!(agent.starts_with("zartrux/") && agent.contains("xmr-node-proxy"));
    let view = farm.proxy.node().view();
    let pages = view.pools();
    let real = pages.iter().filter(|page| !page.report.shares_connection);
    assert_eq!(real.count(), 1, "one connection is shown");
    assert!(pages.len() >= RIGS.div_ceil(256), "{} pages", pages.len());
    let slots: HashSet<u8> = rigs
        .iter()
        .map(|rig| support::sim_miner::slot_of(&farm.swarm.job(*rig)))
        .collect();
    assert_eq!(slots, HashSet::from([0]), "each has all nonces");

    let (faulty, honest) = rigs.split_at(FAULTY);
    let first_jobs: Vec<Job> = faulty.iter().map(|rig| farm.swarm.job(*rig)).collect();
    let mut turned_away = 0_u64;
    // A third of them has a share: a hash takes long where many tests run at once.
    for (place, rig) in honest.iter().step_by(3).enumerate() {
        let (job, found) = farm.mine(*rig);
        if place % 30 != 5 {
            continue;
        }
        let round = place / 30;
        let own: Vec<Job> = faulty.iter().map(|rig| farm.swarm.job(*rig)).collect();
        let missed: Vec<Found> = own.iter().map(|job| farm.miss(job)).collect();
        let nonce = |which: usize| missed[which].nonce.as_str();
        let zero = [0; 32];
        // Another rig's result under its own job, and another's share under the other's.
        let mut tried = vec![
            farm.refused(faulty[1], &own[1], nonce(1), &found.result),
            farm.refused(faulty[2], &job, &found.nonce, &found.result),
            // No hash at all.
            farm.refused(faulty[3], &own[3], nonce(3), &zero),
            // Malformed.
            farm.refused(faulty[4], &own[4], "12", &zero),
            farm.refused(faulty[4], &own[4], "zzzzzzzz", &zero),
            // Misses its target.
            farm.refused(faulty[5], &own[5], nonce(5), &missed[5].result),
        ];
        // A job that never was.
        let unknown = Job {
            job_id: format!("0000ff{round:02x}00"),
            ..own[6].clone()
        };
        tried.push(farm.refused(faulty[6], &unknown, nonce(6), &zero));
        // Somebody else's session.
        let strange = Submit {
            id: "ffffffffffffffff".to_owned(),
            job_id: own[8].job_id.clone(),
            nonce: nonce(8).to_owned(),
            result: const_hex::encode(zero),
            algo: None,
        };
        let request = farm.swarm.request(faulty[8], "submit", &strange);
        tried.push(farm.swarm.reply(faulty[8], request).unwrap_err());
        // The hash of another nonce.
        let other = farm.find(&own[9]);
        tried.push(farm.refused(faulty[9], &own[9], nonce(9), &other.result));
        turned_away += tried.len() as u64;
    }
    // One that repeats a good share of its own.
    let (job, found) = farm.mine(faulty[0]);
    farm.settle();
    for _ in 0..20 {
        farm.refused(faulty[0], &job, &found.nonce, &found.result);
        turned_away += 1;
    }
    // One that works on what is over: two blocks later.
    farm.next_job(2);
    farm.next_job(2);
    for _ in 0..20 {
        let stale = farm.find(&first_jobs[7]);
        farm.refused(faulty[7], &first_jobs[7], &stale.nonce, &stale.result);
        turned_away += 1;
    }
    for rig in honest.iter().take(60) {
        farm.mine(*rig);
    }
    farm.settle();
    farm.check();
    let seen = farm.pool.seen();
    let bad: u64 = seen.refused.values().sum();
    let workers: HashSet<u32> = seen.taken.iter().map(|one| one.worker_nonce).collect();
    println!(
        "{RIGS} rigs on {} connection, {} pages: {} shares taken under {} worker nonces; {turned_away} \
         faulty ones turned away, {bad} of them by the pool, {} bans",
        farm.pool.connections(),
        pages.len(),
        seen.taken.len(),
        workers.len(),
        seen.bans.len(),
    );
    assert!(workers.len() > 320, "leases have numbers of their own");
    assert_eq!(bad, 0, "{:?}", seen.refused);
    let shares = farm.proxy.shares();
    assert_eq!(shares.accepted + turned_away, shares.received);
}

#[test]
fn a_pool_that_drops_us_gets_one_connection_again_under_another_number() {
    let mut farm = Farm::new(1, |config| config);
    let rigs = farm.swarm.join_all(300);
    for rig in &rigs[..20] {
        farm.mine(*rig);
    }
    farm.settle();
    let before: HashMap<MinerId, u64> = farm.swarm.with(|state| {
        let jobs = state.all().map(|(rig, member)| (rig, member.jobs));
        jobs.collect()
    });
    farm.pool.drop_all();
    farm.swarm.wait("jobs of the next connection", |state| {
        let mut all = state.all();
        all.all(|(rig, member)| member.jobs > before[&rig])
            .then_some(())
    });
    for rig in &rigs[..20] {
        farm.mine(*rig);
    }
    farm.settle();
    farm.check();
    assert_eq!((farm.pool.connections(), farm.pool.open().len()), (2, 1));
    let numbers: HashSet<u32> = farm
        .pool
        .seen()
        .taken
        .iter()
        .map(|one| one.pool_nonce)
        .collect();
    assert_eq!(numbers.len(), 2, "one for each connection");
}

#[test]
fn another_difficulty_holds_for_every_rig_from_the_next_job_on() {
    let mut farm = Farm::new(1, |config| config);
    let rigs = farm.swarm.join_all(280);
    farm.mine(rigs[0]);
    farm.next_job(4);
    let target = farm.swarm.job(rigs[0]).target;
    for rig in &rigs {
        assert_eq!(farm.swarm.job(*rig).target, target);
    }
    for rig in &rigs[..10] {
        farm.mine(*rig);
    }
    farm.next_job(2);
    assert_ne!(farm.swarm.job(rigs[0]).target, target);
    for rig in &rigs[270..] {
        farm.mine(*rig);
    }
    farm.settle();
    farm.check();
}

#[test]
fn each_lane_has_one_connection_of_its_own_and_their_work_never_overlaps() {
    let mut farm = Farm::new(1, |config| config.set("node.lanes", 2));
    clock::eventually("both lanes' connections", || {
        (farm.pool.open().len() == 2).then_some(())
    });
    let rigs = farm.swarm.join_all(600);
    for rig in rigs.iter().step_by(20) {
        farm.mine(*rig);
    }
    farm.next_job(1);
    for rig in rigs.iter().step_by(20) {
        farm.mine(*rig);
    }
    farm.settle();
    farm.check();
    assert_eq!(farm.pool.connections(), 2);
    let numbers: HashSet<u32> = farm
        .pool
        .seen()
        .taken
        .iter()
        .map(|one| one.pool_nonce)
        .collect();
    assert_eq!(numbers.len(), 2);
}

#[test]
fn a_pool_of_the_other_dialect_is_refused_with_the_remedy() {
    let pool = support::FakePool::start();
    let config = Config::default().pool_with(&pool.url(), "dialect = \"template\"");
    let proxy = Proxy::launch(&config);
    clock::eventually("the remedy", || {
        let health = proxy.page("/health");
        health
            .contains("does not speak the template dialect: set dialect = \\\"stratum\\\"")
            .then_some(())
    });
}
