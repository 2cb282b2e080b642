//! Miners that come, log in and go: one upstream connection does for all that are there at once,
//! and no share is lost or doubled for that.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

mod support;

use std::time::Duration;

use support::swarm::MinerId;
use support::{FakePool, Proxy, Swarm, clock};

/// Miners that stay, and mine.
const STAY: usize = 60;
/// Miners that come and go, at once.
const VISIT: usize = 4;
const VISITS: usize = 3_000;
/// Who is there for longer than this may have used its slot up: the machine may be busy.
const MOMENT: Duration = Duration::from_millis(100);
/// With so many slots used up there is another job: 256 are there, and 64 are held.
const USED_UP: usize = 100;

struct Farm {
    pool: FakePool,
    proxy: Proxy,
    swarm: Swarm,
    height: u64,
    used_up: usize,
    shares: usize,
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
            height: 1,
            used_up: 0,
            shares: 0,
        }
    }

    /// Whatever nonce it is, no two may have it in the same slot of the same job.
    fn mine(&mut self, miner: MinerId, low: u32) {
        let job = self.swarm.job(miner);
        let request = self.swarm.submit_good(miner, &job, low);
        let reply = self.swarm.reply(miner, request);
        assert!(reply.is_ok(), "miner {miner}: {reply:?}");
        self.shares += 1;
    }

    fn visit(&mut self, with_a_share: bool) {
        let began = clock::now();
        let visitors = self.swarm.join_all(VISIT);
        if with_a_share {
            self.mine(visitors[0], 0);
            self.used_up += 1;
        }
        for visitor in visitors {
            self.swarm.leave(visitor);
        }
        if clock::now() - began > MOMENT {
            self.used_up += VISIT;
        }
    }

    fn next_job(&mut self, staying: &[MinerId]) {
        self.used_up = 0;
        self.height += 1;
        self.pool.push_job(1_000, self.height);
        let height = self.height;
        self.swarm
            .wait("the newest job for all that stay", |state| {
                let has_it = |miner: &MinerId| {
                    let job = state.of(*miner).job.as_ref();
                    job.is_some_and(|job| job.height == Some(height))
                };
                staying.iter().all(has_it).then_some(())
            });
    }
}

#[test]
fn three_thousand_visits_of_a_moment_need_one_upstream_connection_and_every_share_is_taken_once() {
    let mut farm = Farm::new();
    let staying = farm.swarm.join_all(STAY);
    for visit in 0..VISITS / VISIT {
        farm.visit(visit % 10 == 0);
        if visit % 7 == 0 {
            let low = u32::try_from(visit).unwrap();
            farm.mine(staying[visit % STAY], low);
        }
        if farm.used_up >= USED_UP {
            farm.next_job(&staying);
        }
    }
    assert_eq!(farm.pool.connections().len(), 1, "upstream connections");
    let counts = farm.proxy.connections();
    // The slots of a job are there for a first time, and there were few jobs.
    let fresh = 256 * usize::try_from(farm.height).unwrap();
    let again = usize::try_from(counts.slots_leased_again).unwrap();
    assert!(
        again + fresh >= VISITS,
        "{again} again, {} jobs",
        farm.height
    );
    assert!(again > 0, "{} jobs", farm.height);
    assert!(counts.hashes_tried_again >= counts.slots_leased_again);
    assert!(counts.hashes_tried_again <= 16_777 * counts.slots_leased_again);
    farm.swarm.with(|state| {
        assert_eq!(state.overlaps, Vec::<String>::new());
        assert_eq!(state.oddities, Vec::<String>::new());
    });
    assert_eq!(farm.pool.submits().len(), farm.shares);
    let duplicates = farm.pool.duplicates();
    assert!(duplicates.is_empty(), "{duplicates:?}");
}
