//! Real RandomX: each share is proved before it leaves, by the old process and by the new one.

use std::sync::{Arc, LazyLock};

use zartrux::demo::randomx::Caches;
use zartrux::demo::target::Target64;
use zartrux::demo::wire::Job;

use crate::farm::Farm;
use crate::support::monerod::{Monerod, WALLET};
use crate::support::template_pool::{Hashes, seed};
use crate::support::{Config, FakePool, Oracle, SimMiner, TemplatePool, clock, http};

static CACHES: LazyLock<Arc<Caches>> = LazyLock::new(|| Arc::new(Caches::default()));

/// Proofs that are waited for, however long they take on a busy machine.
fn proving() -> Config {
    Config::default()
        .set("prove.mode", "\"light\"")
        .set("prove.threads", 1)
        .set("prove.deadline", "\"60s\"")
        .set("prove.deadline_unknown", "\"60s\"")
        .set("node.drain", "\"60s\"")
}

/// A miner that hashes.
struct Xmrig {
    miner: SimMiner,
    hasher: Oracle,
    counter: u32,
}

impl Xmrig {
    fn joined(farm: &Farm) -> Self {
        Self {
            miner: SimMiner::joined(farm.miners, "rig"),
            hasher: Oracle::sharing(Arc::clone(&CACHES)),
            counter: 0,
        }
    }

    /// The next nonce whose hash meets the job's target, or does not.
    fn hash_until(&mut self, job: &Job, meets: bool) -> (String, [u8; 32]) {
        let target = Target64::from_wire(&job.target).unwrap();
        let seed = job.seed_hash.as_deref().unwrap();
        loop {
            self.counter += 1;
            let mut nonce = self.counter.to_le_bytes();
            // Its slot's byte is in the blob already.
            nonce[3] = const_hex::decode(&job.blob[84..86]).unwrap()[0];
            let nonce = const_hex::encode(nonce);
            let hash = self.hasher.hash(seed, &job.blob, &nonce).unwrap();
            if target.is_met_by(&hash) == meets {
                return (nonce, hash);
            }
        }
    }

    /// A share that is proved and taken, and its nonce; what a pool needs to know its true hash goes to
    /// `hashes`.
    fn mine(&mut self, hashes: &Hashes) -> (String, [u8; 32]) {
        let job = self.miner.job().clone();
        let (nonce, hash) = self.hash_until(&job, true);
        hashes
            .lock()
            .unwrap()
            .insert((job.blob, nonce.clone()), hash);
        let id = self.miner.submit(&nonce, &hash);
        let verdict = self.miner.reply_to(id);
        assert!(verdict.is_ok(), "{verdict:?}");
        (nonce, hash)
    }

    /// A result that is no hash of its nonce, under a nonce that is no share.
    fn lie(&mut self) {
        let job = self.miner.job().clone();
        let (nonce, _) = self.hash_until(&job, false);
        let id = self.miner.submit(&nonce, &[0; 32]);
        let verdict = self.miner.reply_to(id);
        assert!(verdict.is_err(), "{verdict:?}");
    }
}

fn upgraded(farm: &mut Farm) {
    farm.upgraded();
    assert_eq!(farm.wait_first_end().code(), Some(0), "{:#?}", farm.log());
}

/// Proofs that the process has made which serves now.
fn proofs(farm: &Farm) -> u64 {
    let page = http::get(farm.monitor, "/metrics").body;
    let of_proofs = page
        .lines()
        .filter(|line| line.starts_with("zartrux_proofs_total"));
    let counts = of_proofs.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap());
    counts.sum()
}

#[test]
fn the_job_goes_on_and_its_shares_are_proved_by_the_new_process() {
    let pool = FakePool::start();
    pool.push_job(2, 1_000);
    let mut farm = Farm::start(&proving().pool(&pool.url()));
    let mut xmrig = Xmrig::joined(&farm);
    let hashes = Hashes::default();
    let (nonce, hash) = xmrig.mine(&hashes);
    xmrig.lie();
    let job = xmrig.miner.job().clone();
    upgraded(&mut farm);
    xmrig.mine(&hashes);
    xmrig.lie();
    let again = xmrig.miner.submit(&nonce, &hash);
    assert_eq!(
        xmrig.miner.reply_to(again).unwrap_err().message,
        "Duplicate share"
    );
    assert_eq!(xmrig.miner.job(), &job);
    assert_eq!(pool.submits().len(), 2);
    assert!(proofs(&farm) > 0);
}

#[test]
fn shares_of_templates_are_proved_and_taken_on_either_side_of_an_upgrade() {
    let hashes = Hashes::default();
    let oracle = Oracle::sharing(Arc::clone(&CACHES));
    let pool = TemplatePool::start(2, Arc::clone(&hashes), oracle);
    let config = proving().pool_with(&pool.url(), "dialect = \"template\"");
    let mut farm = Farm::start(&config);
    let mut xmrig = Xmrig::joined(&farm);
    assert_eq!(xmrig.miner.job().seed_hash, Some(seed()));
    xmrig.mine(&hashes);
    xmrig.lie();
    upgraded(&mut farm);
    // The new process has a connection of its own, and with it a job.
    xmrig.miner.expect_job();
    xmrig.mine(&hashes);
    xmrig.lie();
    pool.push_job(2);
    xmrig.miner.expect_job();
    xmrig.mine(&hashes);
    xmrig.lie();
    assert_eq!(pool.seen().taken.len(), 3, "{:?}", pool.seen());
    assert_eq!(pool.seen().bans, Vec::<String>::new());
    assert_eq!(farm.json("/health")["invariant_violations"], 0);
    assert!(proofs(&farm) > 0);
}

#[test]
fn a_block_that_is_found_after_an_upgrade_is_in_the_nodes_chain() {
    let node = Monerod::start(2).expect("Debian's package `monero` is needed for these tests");
    let config = proving().pool_as(&node.url(), WALLET, "poll = \"100ms\"");
    let mut farm = Farm::start(&config);
    let mut xmrig = Xmrig::joined(&farm);
    for round in 0..2 {
        let before = node.height();
        xmrig.mine(&Hashes::default());
        assert_eq!(node.height(), before + 1);
        while xmrig.miner.job().height != Some(before + 1) {
            xmrig.miner.expect_job();
        }
        if round == 0 {
            upgraded(&mut farm);
            xmrig.miner.expect_job();
        }
    }
    assert_eq!(farm.json("/health")["invariant_violations"], 0);
}

#[test]
fn without_a_store_too_a_rig_in_quarantine_stays_there() {
    let pool = FakePool::start();
    pool.push_job(2, 1_000);
    let config = proving().set("store.enabled", false).pool(&pool.url());
    let mut farm = Farm::start(&config);
    let mut liar = Xmrig::joined(&farm);
    let quarantined = |farm: &Farm| {
        let rigs = farm.json("/api/v1/rigs?standing=quarantined");
        rigs["rigs"].as_array().unwrap().len()
    };
    clock::eventually("quarantine", || {
        liar.lie();
        (quarantined(&farm) == 1).then_some(())
    });
    upgraded(&mut farm);
    assert_eq!(quarantined(&farm), 1);
    let hashes = Hashes::default();
    liar.mine(&hashes);
    assert_eq!(quarantined(&farm), 1);
}
