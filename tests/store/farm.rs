//! Miners that submit as fast as they are answered, and remember what they were told.

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use zartrux::demo::target::{Target64, TargetWidth};
use zartrux::demo::wire::Job;

use crate::support::sim_miner::nonce_in_slot;
use crate::support::swarm::MinerId;
use crate::support::{
    Answer, Config, FakePool, OnSubmit, Script, Swarm, clock, result_meeting, result_missing,
};

/// A share wherever it was found: the upstream's job (its blob without a slot) and the nonce.
pub(crate) type Work = (String, String);

/// Far above what miners are asked for, so that most of what they find is credited here.
const POOL_DIFFICULTY: u64 = 1 << 30;

/// Submits that a miner has on their way.
const WINDOW: usize = 8;

/// A pool that refuses every seventh share, in words that are nobody's fault.
pub(crate) fn pool() -> FakePool {
    let refuses = |place: usize| place % 7 == 3;
    let judge = OnSubmit::decide(move |submit| {
        if refuses(submit.place) {
            Answer::refuse("Block expired")
        } else {
            Answer::Accept
        }
    });
    let pool = FakePool::with(Script {
        width: TargetWidth::Eight,
        ..Script::answering(judge)
    });
    pool.set_difficulty(POOL_DIFFICULTY);
    pool
}

/// Settings under which miners are asked for less than the pool wants, and no OK is given before
/// its share is written, however slow the disk is.
pub(crate) fn config(pool: &FakePool) -> Config {
    Config::on(pool)
        .set("miners.share_goal", "\"1h\"")
        .set("miners.min_difficulty", 50)
        .set("store.ack_wait", "\"10s\"")
}

/// The work of all jobs that a pool has sent, by the jobs' names.
pub(crate) fn jobs_of(pool: &FakePool) -> HashMap<String, String> {
    let connections = pool.connections();
    let jobs = connections.iter().flat_map(|conn| &conn.jobs);
    jobs.map(|job| (job.job_id.clone(), without_slot(&job.blob)))
        .collect()
}

fn without_slot(blob: &str) -> String {
    format!("{}00{}", &blob[..84], &blob[86..])
}

/// What miners know of their shares.
#[derive(Default)]
pub(crate) struct Told {
    /// Those that were acknowledged.
    pub(crate) good: Vec<Work>,
    /// Those that were refused.
    pub(crate) bad: usize,
}

/// The miners of one daemon.
pub(crate) struct Farm<'a> {
    swarm: Swarm,
    pool: &'a FakePool,
    random: StdRng,
    miners: Vec<MinerId>,
    asked: BTreeMap<MinerId, Vec<(i64, Work)>>,
    /// Rises from share to share, through all farms of a test.
    counter: &'a mut u32,
    /// Where it is when something changes.
    next_change: u32,
    told: Told,
}

impl<'a> Farm<'a> {
    /// Miners that connect to the proxy at `to` by and by.
    pub(crate) fn new(
        to: std::net::SocketAddr,
        pool: &'a FakePool,
        counter: &'a mut u32,
        miners: usize,
        seed: u64,
    ) -> Self {
        let mut swarm = Swarm::new(to);
        let miners = (0..miners).map(|_| swarm.join()).collect();
        Self {
            swarm,
            pool,
            random: StdRng::seed_from_u64(seed),
            miners,
            asked: BTreeMap::new(),
            next_change: *counter,
            counter,
            told: Told::default(),
        }
    }

    /// They mine until a moment; now and then one leaves and another comes, or there is a new job.
    pub(crate) fn mine_until(&mut self, end: Instant) {
        while clock::now() < end {
            self.mine();
        }
    }

    /// They mine until as many shares were answered.
    pub(crate) fn mine_answered(&mut self, shares: usize) {
        clock::eventually(&format!("{shares} answers"), || {
            for _ in 0..20 {
                self.mine();
            }
            (self.answered() >= shares).then_some(())
        });
    }

    /// Whoever has not enough submits on their way sends more.
    pub(crate) fn mine(&mut self) {
        // By shares, not by time: a pool remembers its last 64 jobs of each connection.
        if *self.counter >= self.next_change {
            self.change();
        }
        for miner in self.miners.clone() {
            self.hear(miner);
            let waiting = self.asked.get(&miner).map_or(0, Vec::len);
            let state = |job: &Swarm| {
                job.with(|state| {
                    let member = state.of(miner);
                    member.job.clone().filter(|_| !member.closed)
                })
            };
            if waiting < WINDOW
                && let Some(job) = state(&self.swarm)
            {
                for _ in waiting..WINDOW {
                    self.submit(miner, &job);
                }
            }
        }
        std::thread::yield_now();
    }

    /// A miner leaves and another comes, or there is a new job.
    fn change(&mut self) {
        self.next_change = *self.counter + self.random.gen_range(20..200);
        if self.random.gen_bool(0.3) {
            let height = u64::from(*self.counter);
            return self.pool.push_job(POOL_DIFFICULTY, height);
        }
        let place = self.random.gen_range(0..self.miners.len());
        let miner = self.miners[place];
        self.hear(miner);
        self.asked.remove(&miner);
        self.swarm.leave(miner);
        self.miners[place] = self.swarm.join();
    }

    fn submit(&mut self, miner: MinerId, job: &Job) {
        let target = Target64::from_wire(&job.target).unwrap();
        let result = match self.random.gen_range(0..10) {
            0 => result_missing(target),
            1..4 => result_meeting(Target64::of_difficulty(POOL_DIFFICULTY)),
            _ => result_meeting(target),
        };
        *self.counter += 1;
        let nonce = nonce_in_slot(job, *self.counter);
        if self.random.gen_bool(0.03) {
            // The second is refused.
            self.send(miner, job, &nonce, &result);
        }
        self.send(miner, job, &nonce, &result);
    }

    fn send(&mut self, miner: MinerId, job: &Job, nonce: &str, result: &[u8; 32]) {
        let id = self.swarm.submit(miner, job, nonce, result);
        let work = (without_slot(&job.blob), nonce.to_owned());
        self.asked.entry(miner).or_default().push((id, work));
    }

    /// Takes the replies that a miner has read.
    fn hear(&mut self, miner: MinerId) {
        let Some(asked) = self.asked.get_mut(&miner) else {
            return;
        };
        let told = &mut self.told;
        self.swarm.with(|state| {
            let replies = &state.of(miner).replies;
            asked.retain(|(id, work)| {
                let Some(reply) = replies.get(id) else {
                    return true;
                };
                assert_eq!(reply.len(), 1, "one reply each");
                match &reply[0] {
                    Ok(_) => told.good.push(work.clone()),
                    Err(_) => told.bad += 1,
                }
                false
            });
        });
    }

    /// Nobody sends any more, and all that was sent is answered.
    pub(crate) fn settle(&mut self) {
        clock::eventually("all answers", || {
            for miner in self.miners.clone() {
                self.hear(miner);
            }
            self.asked.values().all(Vec::is_empty).then_some(())
        });
    }

    /// What they were told, once all their connections are closed.
    pub(crate) fn when_closed(mut self) -> Told {
        self.swarm.wait("the end of all connections", |state| {
            let mut all = state.all();
            all.all(|(_, member)| member.closed).then_some(())
        });
        for miner in self.miners.clone() {
            self.hear(miner);
        }
        self.told
    }

    /// What they were told so far.
    pub(crate) const fn told(&self) -> &Told {
        &self.told
    }

    /// Shares that were answered so far.
    pub(crate) const fn answered(&self) -> usize {
        self.told.good.len() + self.told.bad
    }
}
