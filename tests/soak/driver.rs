//! Plays one event after another to a daemon, and looks at it all along.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::runtime::Handle;

use crate::args::Args;
use crate::books::Books;
use crate::checks::{self, Generations};
use crate::deck::{Event, Sequence};
use crate::flat::Look;
use crate::miner::{self, Role};
use crate::process::Process;
use crate::settings::SettingsFile;
use crate::support::clock;
use crate::world::{Mode, POOLS, World};
use crate::{hostile, pool};

/// What all of a farm can hash.
const BOTH: &[&str] = &["rx/0", "rx/2"];
/// Actors that are always there.
const ACTORS: [&str; 14] = [
    "lane0/entropy",
    "lane0/divergence",
    "lane0/pattern",
    "lane0/pace",
    "lane0/cluster",
    "lane0/classifier",
    "lane0/judge",
    "lane0/miner_sessions",
    "lane0/planner",
    "root/auditor",
    "root/alerts",
    "store",
    "registry",
    "trainer",
];
/// From one look at the daemon's pages to the next.
const LOOK_EVERY: Duration = Duration::from_millis(700);

/// The driver of one daemon's life.
pub(crate) struct Driver<'a> {
    pub(crate) args: &'a Args,
    pub(crate) world: &'a Arc<World>,
    pub(crate) folder: &'a Path,
    pub(crate) settings: &'a SettingsFile,
    pub(crate) runtime: &'a Handle,
    pub(crate) books: &'a mut Books,
    pub(crate) daemon: Process,
    pub(crate) generations: Generations,
    pub(crate) looks: Vec<Look>,
    pub(crate) random: StdRng,
    /// Whether it is to end without a warning.
    pub(crate) ends_by_kill: bool,
    next_look: Instant,
}

impl<'a> Driver<'a> {
    pub(crate) fn new(
        args: &'a Args,
        world: &'a Arc<World>,
        folder: &'a Path,
        settings: &'a SettingsFile,
        runtime: &'a Handle,
        books: &'a mut Books,
    ) -> Self {
        settings.write_usual();
        let daemon = Process::start(&args.program, folder);
        world.excuse(Duration::from_secs(10));
        world.proxy.send_replace(Some(daemon.miners));
        Self {
            args,
            world,
            folder,
            settings,
            runtime,
            books,
            daemon,
            generations: Generations::default(),
            looks: Vec::new(),
            random: StdRng::seed_from_u64(args.seed),
            ends_by_kill: false,
            next_look: clock::now(),
        }
    }

    /// Plays events for so long, or until something is found.
    pub(crate) fn play_for(&mut self, span: Duration, sequence: &mut Sequence) {
        let end = clock::now() + span;
        while clock::now() < end && !self.world.is_broken() {
            let Some((gap, event)) = sequence.next() else {
                return;
            };
            self.pass(gap.min(end.saturating_duration_since(clock::now())));
            self.world.with(|state| state.count(event.kind()));
            self.play(event);
        }
    }

    /// Time passes, and the daemon is looked at.
    fn pass(&mut self, gap: Duration) {
        let end = clock::now() + gap;
        loop {
            let now = clock::now();
            if self.next_look <= now {
                self.look();
                self.next_look = clock::now() + LOOK_EVERY;
            }
            let left = end.saturating_duration_since(clock::now());
            if left.is_zero() {
                return;
            }
            std::thread::park_timeout(left.min(Duration::from_millis(20)));
        }
    }

    /// Whether the daemon runs; its end is noted.
    pub(crate) fn runs(&mut self) -> bool {
        let ended = self.daemon.has_ended();
        if let Some(status) = ended {
            let text = format!("the daemon has ended by itself: {status}");
            self.world.violated("run", text);
        }
        ended.is_none()
    }

    /// Looks at what the daemon says of itself.
    pub(crate) fn look(&mut self) {
        if !self.runs() {
            return;
        }
        checks::look(self.world, &self.daemon, &self.generations);
    }

    /// Whatever was to last longer is over.
    pub(crate) fn calm(&mut self) {
        for pool in 0..POOLS {
            self.world.set_mode(pool, Mode::Serve);
        }
        self.world.with(|state| state.no_jobs_until = None);
        unfork(self.world);
    }

    /// A pool fails for a while, however long the driver is kept by something else.
    fn fail(&self, pool: usize, mode: Mode, ms: u64) {
        let since = self.world.set_mode(pool, mode);
        let world = Arc::clone(self.world);
        self.runtime.spawn(async move {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            world.end_mode(pool, since);
        });
    }

    fn play(&mut self, event: Event) {
        match event {
            Event::Visitors { count } => self.visitors(count, 200..3_000),
            Event::Crowd { count } => self.visitors(count, 400..1_500),
            Event::PoolDrops { pool } => pool::drop_all(self.world, pool),
            Event::PoolDown { pool, ms } => self.fail(pool, Mode::Down, ms),
            Event::PoolBans { pool, ms } => self.fail(pool, Mode::Ban, ms),
            Event::PoolSilent { pool, ms } => self.fail(pool, Mode::Silent, ms),
            Event::PoolGarbage { pool, ms } => self.fail(pool, Mode::Garbage, ms),
            Event::PoolRefuses { pool, ms } => self.fail(pool, Mode::Refuse, ms),
            Event::NoJobs { ms } => {
                let until = clock::now() + Duration::from_millis(ms);
                self.world.with(|state| state.no_jobs_until = Some(until));
            }
            Event::NoPool { ms } => {
                self.world.excuse(Duration::from_millis(ms + 10_000));
                for pool in 0..POOLS {
                    self.fail(pool, Mode::Down, ms);
                }
            }
            Event::Fork { ms } => {
                self.world.with(|state| state.forked = true);
                pool::push_jobs(self.world);
                let world = Arc::clone(self.world);
                self.runtime.spawn(async move {
                    tokio::time::sleep(Duration::from_millis(ms)).await;
                    unfork(&world);
                });
            }
            Event::Seed => {
                let seed = self.random.r#gen();
                self.world.with(|state| state.seed = seed);
                pool::push_jobs(self.world);
            }
            Event::Reload { pick } => {
                self.settings.write_other(pick);
                self.expect("/api/v1/reload", &[200]);
            }
            Event::FaultyReload { pick } => {
                self.settings.write_faulty(pick);
                self.expect("/api/v1/reload", &[422]);
            }
            // It may be busy with a training.
            Event::ModelsReload => self.expect("/api/v1/models/reload", &[200, 503]),
            Event::Train => self.expect("/api/v1/models/train", &[202, 409]),
            Event::Panic { pick } => self.panics(pick),
            Event::Stall { pick, ms } => {
                let actor = self.actor(pick);
                self.expect(&format!("/drill/{actor}/stall?ms={ms}"), &[200, 404]);
            }
            Event::Hostile { pick } => {
                self.runtime
                    .spawn(hostile::visit(Arc::clone(self.world), pick));
            }
            Event::Scrape => {
                checks::read_pages(self.world, &self.daemon, &self.generations);
            }
        }
    }

    /// The settings that it was started with.
    pub(crate) fn reload_usual(&mut self) {
        self.settings.write_usual();
        self.expect("/api/v1/reload", &[200]);
    }

    fn expect(&mut self, path: &str, statuses: &[u16]) {
        let (status, body) = self.daemon.post(path);
        if !statuses.contains(&status) {
            self.world
                .violated("run", format!("{path} was answered {status}: {body}"));
        }
    }

    /// One of the actors: a session with a pool each fourth time.
    fn actor(&mut self, pick: usize) -> String {
        let others = pick / 4;
        if !pick.is_multiple_of(4) {
            return ACTORS[others % ACTORS.len()].to_owned();
        }
        let actors = self.daemon.json("/health/actors");
        let names = actors.as_array().expect("a list of actors").iter();
        let names = names.filter_map(|actor| actor["name"].as_str());
        let pools: Vec<&str> = names
            .filter(|name| name.starts_with("lane0/pool/"))
            .collect();
        pools
            .get(others % pools.len().max(1))
            .map_or_else(|| ACTORS[0].to_owned(), |&name| name.to_owned())
    }

    fn panics(&mut self, pick: usize) {
        let actor = self.actor(pick);
        // Whoever waits when the store fails is told OK before it is written, which a kill would show.
        if actor == "store" && self.ends_by_kill {
            return;
        }
        let (status, body) = self.daemon.post(&format!("/drill/{actor}/panic?count=1"));
        match status {
            200 => self.generations.forced(&actor),
            // It has gone in the meantime.
            404 => {}
            _ => self
                .world
                .violated("run", format!("{actor} can't be drilled: {status} {body}")),
        }
    }

    /// Miners that come now, mine and leave.
    fn visitors(&mut self, count: usize, stay_ms: std::ops::Range<u64>) {
        for _ in 0..count {
            let narrow = self.random.gen_bool(0.1);
            let stay = Duration::from_millis(self.random.gen_range(stay_ms.clone()));
            let role = Role {
                name: format!("visitor-{}", self.random.r#gen::<u32>()),
                algos: if narrow { &["rx/0"] } else { BOTH },
                rate: self.random.gen_range(50.0..600.0),
                stride: 1.0,
                until: Some(clock::now() + stay),
            };
            let random = StdRng::seed_from_u64(self.random.r#gen());
            self.runtime
                .spawn(miner::live(Arc::clone(self.world), role, random));
        }
    }
}

/// Back to `rx/0`.
fn unfork(world: &World) {
    if world.with(|state| std::mem::take(&mut state.forked)) {
        pool::push_jobs(world);
    }
}

impl Drop for Driver<'_> {
    fn drop(&mut self) {
        if self.world.is_broken() || std::thread::panicking() {
            let lines = self.daemon.last_lines();
            self.world.with(|state| {
                if state.log.is_empty() {
                    state.log = lines;
                }
            });
        }
    }
}

/// A miner that stays; the nonces of a few run far ahead of their hashes.
pub(crate) fn resident(number: usize, seed: u64) -> (Role, StdRng) {
    let mut random =
        StdRng::seed_from_u64(seed.wrapping_mul(1_000_003).wrapping_add(number as u64));
    let role = Role {
        name: format!("rig-{number}"),
        algos: BOTH,
        rate: random.gen_range(100.0..600.0),
        stride: if number < 3 { 20_000.0 } else { 1.0 },
        until: None,
    };
    (role, random)
}
