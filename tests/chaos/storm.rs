//! Twenty miners at work and a fault every few shares.

use std::collections::{BTreeSet, HashMap};

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use zartrux::demo::target::Target64;
use zartrux::demo::wire::Job;

use crate::support::sim_miner::nonce_in_slot;
use crate::support::swarm::MinerId;
use crate::support::{FakePool, Proxy, Swarm, clock, result_meeting, result_missing};
use crate::watch::{Watch, check_health, check_metrics};

const MINERS: usize = 20;

/// Whichever pool session some miner is on.
const SOME_POOL: &str = "lane0/pool";

/// How often each is hit. The planner waits twice as long after each fault: 8 make 2.5 s.
const HITS: [(&str, usize); 4] = [
    ("lane0/miner_sessions", 60),
    (SOME_POOL, 60),
    ("lane0/planner", 8),
    ("root/auditor", 4),
];

/// A share as the pool must see it: the upstream's job (its blob without a slot) and the nonce.
type Place = (String, String);

pub(crate) struct Storm {
    pub(crate) random: StdRng,
    pool: FakePool,
    pub(crate) proxy: Proxy,
    swarm: Swarm,
    miners: Vec<MinerId>,
    /// The job before the one that a miner has now.
    former: HashMap<MinerId, Job>,
    /// The last counter used, by miner and job.
    counters: HashMap<(MinerId, String), u32>,
    /// Shares that are good by the test's own arithmetic.
    good: Vec<Place>,
    /// Requests, and whether each is to be accepted.
    asked: Vec<(MinerId, i64, bool)>,
    height: u64,
}

impl Storm {
    pub(crate) fn new(seed: u64) -> Self {
        let pool = FakePool::start();
        let proxy = Proxy::before(&pool);
        let mut swarm = Swarm::watching(proxy.miners());
        let miners = swarm.join_all(MINERS);
        Self {
            random: StdRng::seed_from_u64(seed),
            pool,
            proxy,
            swarm,
            miners,
            former: HashMap::new(),
            counters: HashMap::new(),
            good: Vec::new(),
            asked: Vec::new(),
            height: 1,
        }
    }

    fn any_miner(&mut self) -> MinerId {
        *self.miners.choose(&mut self.random).unwrap()
    }

    /// A nonce that this miner has not used for this job.
    fn fresh(&mut self, miner: MinerId, job: &Job) -> u32 {
        let counter = self
            .counters
            .entry((miner, job.job_id.clone()))
            .or_default();
        *counter += 1;
        *counter
    }

    pub(crate) fn mine(&mut self, shares: usize) {
        for _ in 0..shares {
            let miner = self.any_miner();
            let now = self.swarm.job(miner);
            let late = self.random.gen_bool(0.2);
            let job = match self.former.get(&miner) {
                Some(former) if late => former.clone(),
                _ => now,
            };
            let low = self.fresh(miner, &job);
            match self.random.gen_range(0..10) {
                0 => self.submit_too_easy(miner, &job, low),
                1 => self.submit_outside_its_slot(miner, &job, low),
                2 => {
                    self.submit_good(miner, &job, low);
                    self.submit_again(miner, &job, low);
                }
                _ => self.submit_good(miner, &job, low),
            }
        }
    }

    /// Good shares so far.
    pub(crate) fn sent(&self) -> usize {
        self.good.len()
    }

    fn submit_good(&mut self, miner: MinerId, job: &Job, low: u32) {
        let id = self.swarm.submit_good(miner, job, low);
        self.asked.push((miner, id, true));
        self.good
            .push((without_slot(&job.blob), nonce_in_slot(job, low)));
    }

    fn submit_again(&mut self, miner: MinerId, job: &Job, low: u32) {
        let id = self.swarm.submit_good(miner, job, low);
        self.asked.push((miner, id, false));
    }

    fn submit_too_easy(&mut self, miner: MinerId, job: &Job, low: u32) {
        let target = Target64::from_wire(&job.target).unwrap();
        let nonce = nonce_in_slot(job, low);
        let id = self
            .swarm
            .submit(miner, job, &nonce, &result_missing(target));
        self.asked.push((miner, id, false));
    }

    fn submit_outside_its_slot(&mut self, miner: MinerId, job: &Job, low: u32) {
        let target = Target64::from_wire(&job.target).unwrap();
        let mut nonce = nonce_in_slot(job, low);
        nonce.replace_range(6.., "f0");
        let id = self
            .swarm
            .submit(miner, job, &nonce, &result_meeting(target));
        self.asked.push((miner, id, false));
    }

    /// Every request has exactly one reply, and the right one.
    fn settle(&mut self) {
        for (miner, id, good) in self.asked.drain(..) {
            let reply = self.swarm.reply(miner, id);
            assert_eq!(reply.is_ok(), good, "{reply:?}");
            let replies = self.swarm.with(|state| state.of(miner).replies[&id].len());
            assert_eq!(replies, 1);
        }
    }

    /// The next job; shares for the one before it may still come, for older ones none do.
    pub(crate) fn next_job(&mut self) {
        self.settle();
        for miner in &self.miners {
            self.former.insert(*miner, self.swarm.job(*miner));
        }
        self.height += 1;
        self.pool.push_job(1_000, self.height);
        let (miners, height) = (&self.miners, self.height);
        self.swarm.wait("the next job for everyone", |state| {
            let heights = miners.iter().map(|miner| state.of(*miner).job.as_ref());
            let mut heights = heights.map(|job| job.and_then(|job| job.height));
            heights
                .all(|of_miner| of_miner == Some(height))
                .then_some(())
        });
    }

    /// A miner leaves and another comes, which has to wait for its slot if the planner is down.
    pub(crate) fn exchange_one(&mut self) {
        self.settle();
        let place = self.random.gen_range(0..self.miners.len());
        self.swarm.leave(self.miners[place]);
        self.miners[place] = self.swarm.join_all(1)[0];
    }

    /// A share that passes every check and every stage.
    pub(crate) fn mine_one_good(&mut self) {
        let miner = self.any_miner();
        let job = self.swarm.job(miner);
        let low = self.fresh(miner, &job);
        self.submit_good(miner, &job, low);
    }

    /// From the last fault of an actor to the next step that succeeded.
    pub(crate) fn micros_to_come_back(&self, actor: &str) -> u64 {
        clock::eventually(&format!("{actor} to come back"), || {
            let health = self.proxy.node().view().health().get(actor)?;
            let back = !health.is_recovering();
            back.then(|| health.report().recovery_micros).flatten()
        })
    }

    fn hit(&mut self, watch: &mut Watch, actor: &str) {
        let before = self.random.gen_range(0..6);
        self.mine(before);
        let miner = self.any_miner();
        let actor = if actor == SOME_POOL {
            self.pool_session_of(miner)
        } else {
            actor.to_owned()
        };
        self.proxy.drill_panics(&actor, 1);
        self.mine(7);
        // Whatever was drawn, the sessions, this miner's pool session and the planner have a step.
        let job = self.swarm.job(miner);
        let low = self.fresh(miner, &job);
        self.submit_good(miner, &job, low);
        if actor == "lane0/planner" {
            self.exchange_one();
        }
        watch.wait_fault(&self.proxy, &actor);
        check_metrics(&self.proxy);
        check_health(&self.proxy);
        watch.check_generations(&self.proxy);
    }

    /// While the planner is down newcomers get slots of further sessions, and others are emptied:
    /// the one that this miner is on. Sessions are numbered as they are opened, and each keeps its
    /// one connection here.
    fn pool_session_of(&self, miner: MinerId) -> String {
        let work = without_slot(&self.swarm.job(miner).blob);
        let connections = self.pool.connections();
        let number = connections
            .iter()
            .position(|conn| conn.jobs.last().is_some_and(|job| job.blob == work));
        format!("lane0/pool/{}", number.expect("a connection with that job"))
    }

    /// All that was sent has ended as it must: each good share reached the pool once, and nothing
    /// else did; the counts add up. Returns how many.
    pub(crate) fn finish(mut self) -> usize {
        self.settle();

        let reached: Vec<Place> = self
            .pool
            .submits()
            .iter()
            .map(|submit| {
                let job = submit.job.as_ref().expect("a job of that connection");
                (job.blob.clone(), submit.parts().nonce.clone())
            })
            .collect();
        let (mut sent, mut came) = (self.good.clone(), reached);
        sent.sort();
        came.sort();
        assert_eq!(
            BTreeSet::from_iter(&sent).len(),
            sent.len(),
            "a test that repeats itself"
        );
        assert_eq!(came, sent, "each good share once, and nothing else");

        let shares = self
            .proxy
            .shares_when("all settled", |shares| shares.pending == 0);
        assert!(shares.balances());
        assert_eq!(shares.accepted, sent.len() as u64);
        assert_eq!(self.proxy.node().view().violations(), 0);
        assert_eq!(self.proxy.connections().dropped, 0);
        self.swarm.with(|state| {
            assert_eq!(state.overlaps, Vec::<String>::new());
            assert_eq!(state.oddities, Vec::<String>::new());
        });
        sent.len()
    }
}

fn without_slot(blob: &str) -> String {
    format!("{}00{}", &blob[..84], &blob[86..])
}

#[test]
fn faults_lose_no_share_and_touch_no_other_actor() {
    crate::hush_forced_panics();
    let mut storm = Storm::new(11);
    let mut watch = Watch::new(&storm.proxy);
    let mut hits: Vec<&str> = HITS
        .iter()
        .flat_map(|(actor, times)| std::iter::repeat_n(*actor, *times))
        .collect();
    hits.shuffle(&mut storm.random);
    for (number, actor) in hits.iter().enumerate() {
        storm.hit(&mut watch, actor);
        if number % 7 == 6 {
            storm.next_job();
        }
    }
    assert!(storm.finish() > 1_000);
}
