//! The whole daemon under churn: thousands of real connections that come, mine and go.

use std::collections::HashMap;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::support::swarm::MinerId;
use crate::support::{FakePool, Proxy, Swarm};

/// Connections in all.
const CONNECTIONS: usize = 2_000;
/// Of those at once, at most: three pool sessions' worth.
const CROWD: usize = 700;

struct Farm {
    pool: FakePool,
    proxy: Proxy,
    swarm: Swarm,
    present: Vec<MinerId>,
    /// What each has submitted for the job it has, so that it never repeats itself: each counts
    /// from 0, so that two in one slot would soon bring the same nonce.
    counters: HashMap<MinerId, (String, u32)>,
    asked: Vec<(MinerId, i64)>,
    height: u64,
    joined: usize,
}

impl Farm {
    fn new() -> Self {
        let pool = FakePool::start();
        let proxy = Proxy::before(&pool);
        let swarm = Swarm::watching(proxy.miners());
        Self {
            pool,
            proxy,
            swarm,
            present: Vec::new(),
            counters: HashMap::new(),
            asked: Vec::new(),
            height: 1,
            joined: 0,
        }
    }

    fn join(&mut self, count: usize) {
        let newcomers = (0..count).map(|_| self.swarm.join());
        self.present.extend(newcomers);
        self.joined += count;
    }

    fn leave(&mut self, random: &mut StdRng, count: usize) {
        for _ in 0..count.min(self.present.len()) {
            let which = random.gen_range(0..self.present.len());
            let miner = self.present.swap_remove(which);
            self.swarm.leave(miner);
            self.counters.remove(&miner);
            self.asked.retain(|(of, _)| *of != miner);
        }
    }

    fn mine(&mut self, random: &mut StdRng, shares: usize) {
        for _ in 0..shares.min(self.present.len()) {
            let miner = self.present[random.gen_range(0..self.present.len())];
            let Some(job) = self.swarm.with(|state| state.of(miner).job.clone()) else {
                continue;
            };
            let (id, counter) = self.counters.entry(miner).or_default();
            if *id != job.job_id {
                *id = job.job_id.clone();
                *counter = 0;
            }
            let low = *counter;
            *counter += 1;
            let request = self.swarm.submit_good(miner, &job, low);
            self.asked.push((miner, request));
        }
    }

    /// All have a job, the newest one, and their answers.
    fn settle(&mut self) {
        let (present, height) = (&self.present, self.height);
        self.swarm.wait("the newest job for everyone", |state| {
            let has_it = |miner: &MinerId| {
                let job = state.of(*miner).job.as_ref();
                job.is_some_and(|job| job.height == Some(height))
            };
            present.iter().all(has_it).then_some(())
        });
        for (miner, request) in self.asked.drain(..) {
            let reply = self.swarm.reply(miner, request);
            assert!(reply.is_ok(), "miner {miner}: {reply:?}");
        }
    }

    fn next_job(&mut self) {
        self.settle();
        self.height += 1;
        self.pool.push_job(1_000, self.height);
    }
}

#[test]
fn two_thousand_connections_never_overlap_and_no_nonce_reaches_the_pool_twice() {
    let mut random = StdRng::seed_from_u64(7);
    let mut farm = Farm::new();
    while farm.joined < CONNECTIONS {
        match random.gen_range(0..10) {
            0..4 if farm.present.len() < CROWD => {
                let count = random.gen_range(1..80).min(CONNECTIONS - farm.joined);
                farm.join(count);
            }
            0..6 => {
                let count = random.gen_range(1..60);
                farm.leave(&mut random, count);
            }
            6..9 => {
                let count = random.gen_range(1..80);
                farm.mine(&mut random, count);
            }
            _ => farm.next_job(),
        }
    }
    farm.settle();
    // Everybody tries the same nonces of whatever slot it has.
    farm.mine(&mut random, 2_000);
    farm.settle();
    farm.swarm.with(|state| {
        assert_eq!(state.overlaps, Vec::<String>::new());
        assert_eq!(state.oddities, Vec::<String>::new());
        let repeated = |(miner, member): (MinerId, &crate::support::swarm::Member)| {
            let mut replies = member.replies.values();
            assert!(replies.all(|all| all.len() == 1), "miner {miner}");
        };
        state.all().for_each(repeated);
    });
    let submits = farm.pool.submits();
    assert!(submits.len() > 2_000, "{}", submits.len());
    let duplicates = farm.pool.duplicates();
    assert!(duplicates.is_empty(), "{duplicates:?}");
    assert!(farm.pool.connections().len() >= 3, "several pool sessions");
    let shares = farm.proxy.shares();
    assert!(shares.balances());
    assert_eq!(shares.accepted, submits.len() as u64);
    let gone = farm.present.len();
    farm.leave(&mut random, gone);
    let counts = farm
        .proxy
        .connections_when("nobody", |counts| counts.open == 0);
    assert_eq!((counts.logged_in, counts.dropped), (0, 0));
}
