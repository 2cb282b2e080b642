//! The demo's pool and miners, with nothing between them: real RandomX, real shares, real faults.

use std::future;
use std::io::{self, Write};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::oneshot;
use zartrux::demo::miner::{DemoMiner, MinerCounts, MinerSettings};
use zartrux::demo::pool::{DemoPool, PoolReport, PoolSettings, Refusal, SeedChange};
use zartrux::demo::randomx::Caches;
use zartrux::demo::target::TargetWidth;
use zartrux::demo::view::Screen;
use zartrux::demo::{self, DemoArgs, RunningProxy};

use crate::support::clock::eventually;
use crate::support::{FakePool, Judgement, OnLogin, Oracle, Script, SimMiner};

const GRACE: Duration = Duration::from_secs(20);

/// One cache for all tests: 256 MiB.
fn caches() -> Arc<Caches> {
    static SHARED: OnceLock<Arc<Caches>> = OnceLock::new();
    Arc::clone(SHARED.get_or_init(|| Arc::new(Caches::default())))
}

fn easy_pool() -> PoolSettings {
    PoolSettings {
        difficulty: 3,
        job_every: Duration::from_secs(3600),
        ..PoolSettings::default()
    }
}

fn start(settings: PoolSettings) -> DemoPool {
    DemoPool::start(settings, caches()).unwrap()
}

fn mine(pool: &DemoPool, rig: &str, broken: Option<f64>) -> DemoMiner {
    let settings = MinerSettings {
        broken,
        ..MinerSettings::new(rig, pool.address())
    };
    DemoMiner::start(settings, caches()).unwrap()
}

fn until(miner: &DemoMiner, what: &str, ready: impl Fn(&MinerCounts) -> bool) {
    eventually(what, || ready(&miner.counts()).then_some(()));
}

/// Nothing is counted twice or forgotten, on either side.
fn assert_books_agree(pool: &PoolReport, miners: &[&MinerCounts]) {
    assert_eq!(pool.total.pending(), 0);
    let sides = || {
        miners
            .iter()
            .flat_map(|counts| [&counts.sound, &counts.corrupt])
    };
    assert!(sides().all(|outcomes| outcomes.in_flight() == 0));
    assert_eq!(sides().map(|outcomes| outcomes.lost).sum::<u64>(), 0);
    assert_eq!(
        sides().map(|outcomes| outcomes.found).sum::<u64>(),
        pool.total.received
    );
    assert_eq!(
        sides().map(|outcomes| outcomes.accepted).sum::<u64>(),
        pool.total.accepted
    );
    let by_login: u64 = pool.by_login.values().map(|tally| tally.received).sum();
    assert_eq!(by_login, pool.total.received);
}

#[test]
fn a_sound_miner_finds_shares_that_the_pool_accepts() {
    for width in [TargetWidth::Four, TargetWidth::Eight] {
        let pool = start(PoolSettings {
            width,
            ..easy_pool()
        });
        let miner = mine(&pool, "sound", None);
        until(&miner, "three accepted shares", |counts| {
            counts.sound.accepted >= 3
        });
        let counts = miner.stop(GRACE);
        let report = pool.stop();
        assert_books_agree(&report, &[&counts]);
        assert_eq!(report.total.refused_in_all(), 0, "{report:?}");
        assert_eq!(counts.corrupt.found, 0);
        assert!(counts.hashes >= counts.sound.found);
    }
}

#[test]
fn wrong_hashes_of_failing_memory_are_refused_and_the_sound_ones_are_not() {
    let pool = start(easy_pool());
    let miner = mine(&pool, "failing", Some(0.3));
    until(&miner, "shares of both kinds", |counts| {
        counts.sound.accepted >= 2 && counts.corrupt.refused_in_all() >= 2
    });
    let counts = miner.stop(GRACE);
    let report = pool.stop();
    assert_books_agree(&report, &[&counts]);
    assert_eq!(counts.corrupt.accepted, 0);
    assert_eq!(counts.sound.refused_in_all(), 0);
    assert_eq!(
        report.total.refused_for(Refusal::WrongHash),
        counts.corrupt.found
    );
    assert_eq!(report.total.bad(), counts.corrupt.found);
    let kept = &report.bad[0];
    assert_ne!(
        kept.randomx.map(const_hex::encode).as_ref(),
        Some(&kept.result)
    );
}

#[test]
fn a_miner_goes_over_to_a_new_job_and_a_new_seed_at_once() {
    let seed_change = Some(SeedChange {
        at_job: 3,
        announced: 1,
    });
    let pool = start(PoolSettings {
        seed_change,
        ..easy_pool()
    });
    let miner = mine(&pool, "follower", None);
    for job in 1..=3 {
        let before = miner.counts().sound.accepted;
        until(&miner, "a share of the job under way", |counts| {
            counts.jobs == job && counts.sound.accepted > before
        });
        if job < 3 {
            pool.next_job();
        }
    }
    let counts = miner.stop(GRACE);
    let report = pool.stop();
    assert_eq!(report.total.bad(), 0, "{report:?}");
    assert_eq!((report.jobs, counts.jobs, counts.logins), (3, 3, 1));
}

#[test]
fn the_pool_tells_a_stranger_what_is_wrong_with_each_share() {
    let pool = start(easy_pool());
    let mut miner = SimMiner::joined(pool.address(), "stranger");
    let mut oracle = Oracle::sharing(caches());
    let job = miner.job().clone();
    let seed = job.seed_hash.clone().unwrap();

    // Looks for a share as a miner does, by the oracle's hash.
    let share = (0..).map(|low| miner.nonce(low)).find_map(|nonce| {
        let hash = oracle.hash(&seed, &job.blob, &nonce)?;
        let result = const_hex::encode(hash);
        let good = oracle.judge_for(&job, &nonce, &result) == Judgement::Good;
        good.then_some((nonce, result))
    });
    let (nonce, result) = share.unwrap();
    let mut refusal = |job_id: &str, nonce: &str, result: &str| {
        let id = miner.submit_for(job_id, nonce, result);
        miner.reply_to(id).err().map(|fault| fault.message)
    };
    let text = |text: &str| Some(text.to_owned());
    let id = &job.job_id;
    assert_eq!(refusal(id, &nonce, &result), None);
    assert_eq!(refusal(id, &nonce, &result), text("Duplicate share"));
    assert_eq!(
        refusal(id, "ffffff00", &"00".repeat(32)),
        text("Invalid share")
    );
    assert_eq!(
        refusal(id, "feffff00", &"ff".repeat(32)),
        text("Low difficulty share")
    );
    assert_eq!(refusal(id, "xyz", &result), text("Malformed share"));
    assert_eq!(
        refusal("never given", &nonce, &result),
        text("Invalid job id")
    );
    pool.next_job();
    assert_eq!(refusal(id, "fdffff00", &result), text("Block expired"));
    assert_eq!(miner.keep_alive().unwrap()["status"], "KEEPALIVED");

    let report = pool.stop();
    assert_eq!((report.total.received, report.total.accepted), (7, 1));
    assert_eq!((report.total.bad(), report.total.pending()), (5, 0));
}

#[test]
fn a_miner_comes_back_after_a_refusal_and_after_the_pool_was_away() {
    let pool = FakePool::start();
    pool.queue_scripts([Script::greeting(OnLogin::Refuse(
        "No active pool available".into(),
    ))]);
    let settings = MinerSettings::new("faithful", pool.address());
    let miner = DemoMiner::start(settings, caches()).unwrap();
    pool.wait_live(1);
    pool.wait_connections(2);
    assert!(
        miner
            .counts()
            .trouble
            .unwrap()
            .contains("No active pool available")
    );
    pool.go_down();
    until(&miner, "the miner to notice", |counts| !counts.logged_in);
    pool.come_back();
    until(&miner, "the miner to come back", |counts| {
        counts.logins == 2
    });
    let _ = miner.stop(Duration::ZERO);
    let last = pool.connections().len();
    pool.wait_closed(last);
}

#[test]
fn a_slow_miner_keeps_its_pace() {
    let pool = start(easy_pool());
    let settings = MinerSettings {
        hashes_per_second: Some(0.01),
        ..MinerSettings::new("slow", pool.address())
    };
    let miner = DemoMiner::start(settings, caches()).unwrap();
    until(&miner, "the first hash", |counts| counts.hashes == 1);
    pool.next_job();
    until(&miner, "the second job", |counts| counts.jobs == 2);
    let counts = miner.stop(Duration::ZERO);
    assert!(
        counts.hashes <= 2,
        "one hash a job, then it rests: {counts:?}"
    );
}

/// Output that tells when a word has been written.
struct Watched {
    text: Vec<u8>,
    word: &'static str,
    seen: Option<oneshot::Sender<()>>,
}

impl Write for Watched {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(bytes);
        if self.seen.is_some() && String::from_utf8_lossy(&self.text).contains(self.word) {
            let _ = self.seen.take().map(|seen| seen.send(()));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn args() -> DemoArgs {
    DemoArgs {
        bridge: None,
        run_for: None,
        listen: ([127, 0, 0, 1], 0).into(),
        monitor: ([127, 0, 0, 1], 0).into(),
        seconds_per_job: 3600,
        difficulty: 3,
        hashes_per_second: 100.0,
        seed: 1,
    }
}

#[test]
fn a_demo_whose_proxy_stops_nothing_fails_and_says_why() {
    // No proxy at all: the miners are sent straight to the pool.
    let launch = |pool| {
        Ok(RunningProxy {
            miners: pool,
            monitor: None,
            stop: Box::new(|| Ok(())),
        })
    };
    let (seen, shown) = oneshot::channel();
    let out = Watched {
        text: Vec::new(),
        word: " BAD",
        seen: Some(seen),
    };
    let mut screen = Screen::new(out, false);
    let stop = async { shown.await.unwrap() };
    let passed = demo::run_until(&args(), launch, &mut screen, stop).unwrap();
    let text = String::from_utf8(screen.into_inner().text).unwrap();
    assert!(!passed);
    assert!(text.contains("Verdict: FAILED"), "{text}");
    assert!(
        text.contains("bad shares reached the pool: Invalid share"),
        "{text}"
    );
    assert!(text.contains("RandomX cache (256 MiB) ... "), "{text}");
    assert!(text.contains("rig-3-failing"), "{text}");
}

#[test]
fn a_demo_whose_proxy_does_not_start_ends_with_the_cause() {
    let launch = |_| Err(anyhow::anyhow!("no port"));
    let mut screen = Screen::new(Vec::new(), false);
    let fault = demo::run_until(&args(), launch, &mut screen, future::pending()).unwrap_err();
    assert_eq!(format!("{fault:#}"), "the proxy did not start: no port");
}

#[test]
fn a_demo_ends_by_itself_when_its_time_is_over() {
    let args = DemoArgs {
        run_for: Some(Duration::from_millis(1)),
        ..args()
    };
    let launch = |pool| {
        Ok(RunningProxy {
            miners: pool,
            monitor: None,
            stop: Box::new(|| Ok(())),
        })
    };
    let mut screen = Screen::new(Vec::new(), false);
    assert!(!demo::run_until(&args, launch, &mut screen, future::pending()).unwrap());
    let text = String::from_utf8(screen.into_inner()).unwrap();
    assert!(text.contains("let the demo run longer"), "{text}");
}
