//! The acts of a soak: one long life with everything but kills, real proofs, and many short lives that
//! end by `kill -9`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::args::Args;
use crate::books::{self, Books};
use crate::deck::Sequence;
use crate::driver::{Driver, resident};
use crate::eventloop::EventLoop;
use crate::flat;
use crate::miner;
use crate::pool;
use crate::report::Report;
use crate::settings::SettingsFile;
use crate::support::clock;
use crate::world::{POOLS, Phase, World};

/// Part of the time that the long life has.
const LONG_LIFE: f64 = 0.7;
/// A soak shorter than this has no demo; that has a test of its own.
const LEAST_WITH_PROOFS: u64 = 120;

/// Plays a whole soak.
pub(crate) fn play(args: &Args) -> Report {
    let world = Arc::new(World::new());
    let begin = clock::now();
    let data = tempfile::tempdir().expect("a temporary folder");
    // Miners hash: on a thread of their own they keep no pool from answering.
    let (pools, runtime) = (EventLoop::start(), EventLoop::start());
    let mut report = Report::new(args.clone());
    let acts = AssertUnwindSafe(|| {
        let settings = open_farm(args, &world, &pools, &runtime, data.path());
        let mut books = Books::default();
        long_life(
            args,
            &world,
            &runtime,
            data.path(),
            &settings,
            &mut books,
            &mut report,
        );
        if args.seconds >= LEAST_WITH_PROOFS && !world.is_broken() {
            real_proofs(args, &world, &mut report);
        }
        let end = begin + Duration::from_secs(args.seconds);
        let mut stage = Stage {
            args,
            world: &world,
            runtime: &runtime,
            folder: data.path(),
            settings: &settings,
        };
        short_lives(&mut stage, end, &mut books, &mut report);
        world.phase.send_replace(Phase::End);
        if !world.is_broken() {
            world.checked("I3");
            match books::replay_journal(data.path()) {
                Ok(entries) => report.journal_entries = entries,
                Err(wrong) => world.violated("I3", wrong),
            }
        }
    });
    if let Err(panic) = catch_unwind(acts) {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        world.violated(
            "run",
            format!("a check could not be made: {}", text.unwrap_or_default()),
        );
    }
    drop((pools, runtime));
    report.finish(&world, begin.elapsed());
    report
}

/// Pools that serve, and miners that wait for a daemon.
fn open_farm(
    args: &Args,
    world: &Arc<World>,
    pools: &EventLoop,
    runtime: &EventLoop,
    folder: &std::path::Path,
) -> SettingsFile {
    let mut addresses = Vec::new();
    let entered = pools.handle().enter();
    for pool in 0..POOLS {
        let reserved = pool::reserve((pool::HOST, 0).into());
        addresses.push(reserved.local_addr().expect("a bound socket"));
        let serve = pool::serve(pool, reserved, Arc::clone(world));
        pools.spawn_part(world, "a pool", serve);
    }
    let blocks = pool::find_blocks(args.seed, Arc::clone(world));
    pools.spawn_part(world, "blocks", blocks);
    drop(entered);
    for number in 0..args.miners {
        let (role, random) = resident(number, args.seed);
        let live = miner::live(Arc::clone(world), role, random);
        runtime.spawn_part(world, "a miner", live);
    }
    SettingsFile::new(folder, addresses)
}

/// What the acts share.
struct Stage<'a> {
    args: &'a Args,
    world: &'a Arc<World>,
    runtime: &'a EventLoop,
    folder: &'a std::path::Path,
    settings: &'a SettingsFile,
}

/// One daemon through everything, with quiet points at which memory is compared.
fn long_life(
    args: &Args,
    world: &Arc<World>,
    runtime: &EventLoop,
    folder: &std::path::Path,
    settings: &SettingsFile,
    books: &mut Books,
    report: &mut Report,
) {
    let span = Duration::from_secs(args.seconds).mul_f64(LONG_LIFE);
    let every = Duration::from_secs((args.seconds / 60).clamp(4, 30));
    let end = clock::now() + span;
    let mut sequence = Sequence::of(args.seed);
    let mut driver = Driver::new(args, world, folder, settings, runtime.handle(), books);
    // The farm is there before the first event.
    driver.quiet();
    while clock::now() < end && !world.is_broken() {
        driver.play_for(every, &mut sequence);
        driver.quiet();
    }
    if !driver.runs() {
        return;
    }
    report.store = driver.daemon.json("/api/v1/store");
    report.connections = driver.daemon.json("/health")["counts"]["connections"].clone();
    if let Some(wrong) = flat::grows(&driver.looks) {
        world.violated("I7", wrong);
    }
    report.slowest = driver.daemon.slowest();
    leave(&mut driver);
    report.looks = std::mem::take(&mut driver.looks);
}

/// The daemon is told to leave, and leaves in order.
fn leave(driver: &mut Driver<'_>) {
    driver.world.excuse(Duration::from_secs(10));
    let status = driver.daemon.leave();
    if !status.success() {
        driver
            .world
            .violated("run", format!("it left with {status}"));
    }
    after_its_end(driver);
}

/// Everybody has noticed that the daemon is gone; what was acknowledged is in the ledger.
fn after_its_end(driver: &mut Driver<'_>) {
    let world = driver.world;
    world.proxy.send_replace(None);
    clock::eventually("all miners to notice the end", || {
        world.with(|state| (state.account.miners() == 0).then_some(()))
    });
    clock::eventually("all pools to notice the end", || {
        world.with(|state| state.account.open_conns().is_empty().then_some(()))
    });
    world.with(|state| state.account.settle_doubts(true));
    driver.look_at_ledger();
}

/// The demo with its real RandomX, whose pool is a judge of its own.
fn real_proofs(args: &Args, world: &World, report: &mut Report) {
    let seconds = (args.seconds / 20).clamp(40, 180);
    let output = Command::new(&args.program)
        .args([
            "demo",
            "--monitor",
            "127.0.0.1:0",
            "--difficulty",
            "10",
            "--seconds-per-job",
            "10",
        ])
        .args([
            "--for",
            &format!("{seconds}s"),
            "--seed",
            &args.seed.to_string(),
        ])
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    world.checked("I1");
    report.proofs_seconds = seconds;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stdout);
        let tail: Vec<&str> = text.lines().rev().take(12).collect();
        world.violated("run", format!("the demo did not pass: {tail:?}"));
    }
}

/// Lives that end by a kill, each fourth one in order, until the time is over; at least three.
fn short_lives(
    stage: &mut Stage<'_>,
    end: std::time::Instant,
    books: &mut Books,
    report: &mut Report,
) {
    let mut random = StdRng::seed_from_u64(stage.args.seed ^ 0x6b69_6c6c);
    let mut sequence = Sequence::of(stage.args.seed.wrapping_add(1));
    let mut lives = 0;
    while !stage.world.is_broken() && (clock::now() < end || lives < 3) {
        lives += 1;
        let handle = stage.runtime.handle();
        let mut driver = Driver::new(
            stage.args,
            stage.world,
            stage.folder,
            stage.settings,
            handle,
            books,
        );
        driver.ends_by_kill = lives % 4 != 0;
        let life = Duration::from_millis(random.gen_range(300..4_000));
        // Some end before anybody has logged in.
        if random.gen_bool(0.8) {
            let some = || (stage.world.miners_in() > 0).then_some(());
            clock::eventually("a miner with a job", some);
        }
        driver.play_for(life, &mut sequence);
        if !driver.ends_by_kill {
            leave(&mut driver);
            report.left += 1;
        } else {
            stage.world.excuse(Duration::from_secs(10));
            driver.daemon.kill();
            report.kills += 1;
            after_its_end(&mut driver);
        }
        driver.calm();
    }
}
