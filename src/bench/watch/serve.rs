//! The process that is watched: the whole daemon without a pool, with a farm in its registry and with
//! its judge.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use zartrux_actors::clock::Clock;
use zartrux_actors::rigs::RigNames;
use zartrux_actors::store::state::StateBook;
use zartrux_actors::supervision::{ActorHealth, Guard};
use zartrux_config::{Overrides, Settings};
use zartrux_models::filter::CascadeEvidence;
use zartrux_models::judge::{AtProver, BanRisk, Case, JudgePolicy};
use zartrux_models::share::{RigKey, TargetClass};
use zartrux_models::work::Difficulty;

use super::args::Watch;
use crate::bench::store::Farm;
use crate::console;
use crate::node::{Node, NodeOptions, StoreFolders, state_bounds};

/// Shares of each rig in the registry: one a minute, for an hour.
const EACH: u64 = 60;
const MINUTE_MS: u64 = 60_000;
/// One rig in so many is late: it stopped before the others did,
const LATE_ONE_IN: usize = 50;
/// so many minutes before. The settings say after how long a rig is late, which is less than this,
/// and longer than the whole measurement: the others are online until the end.
const LATE_MINUTES: u64 = 50;
/// The difficulty that rigs are asked for.
const ASKED: u64 = 120_000;
/// Most rigs with metrics of their own.
const RIG_METRICS: u32 = 10_000;

/// Says where the monitor is, and serves until it is killed.
///
/// # Errors
/// The folder can't be used, or the daemon does not start.
pub(super) fn serve(args: &Watch, folder: &Path) -> Result<()> {
    let node = launch(args, folder)?;
    let monitor = node.monitor_address().context("no monitor")?;
    console::say(&monitor.to_string());
    loop {
        std::thread::park_timeout(Duration::from_secs(3_600));
    }
}

/// Fills a registry, launches the daemon on it, and has its judge see a share of each rig.
pub(super) fn launch(args: &Watch, folder: &Path) -> Result<Node> {
    // Nobody listens there: what a pool does is no part of this.
    let text = format!(
        "[node]\nlanes = 1\ndata = {:?}\n[miners]\nlisten = [\"127.0.0.1:0\"]\n[prove]\nmode = \
         \"off\"\n[monitor]\nlisten = \"127.0.0.1:0\"\nrig_metrics = {}\n[[pool]]\nurl = \
         \"stratum+tcp://127.0.0.1:9\"\nuser = \"bench\"\n[failover]\nretry = \"60s\"\nretry_max = \
         \"60s\"\n[filters]\nmax_rigs = {}\n[rigs]\nlate_after = \"45m\"\nsilent_after = \"2h\"\n",
        folder.display().to_string(),
        args.rigs.min(RIG_METRICS),
        args.rigs.max(1_000),
    );
    let settings = Settings::from_toml(&text, &Overrides::default())?;
    let farm = Farm::new(args.rigs, args.seed);
    let keys: Vec<RigKey> = farm.keys().collect();
    fill(&settings, farm, &keys)?;
    let node = Node::launch(&settings, NodeOptions::default())?;
    judge(&node, &keys)?;
    Ok(node)
}

/// An hour of shares of the farm, that has just ended. Rig by rig, which leaves the registry much to
/// sum up between two checkpoints; in no order it would take four times as long.
fn fill(settings: &Settings, mut farm: Farm, keys: &[RigKey]) -> Result<()> {
    let folders = StoreFolders::below(&settings.node.data);
    std::fs::create_dir_all(&folders.state).context("no folder for the registry")?;
    let mut book = StateBook::open(&folders.state, state_bounds(settings))?;
    let now_ms = Clock.unix_millis();
    let mut seq = 0;
    for (place, rig) in keys.iter().enumerate() {
        let name = format!("rig-{place:06}");
        let names = RigNames::of_login("farm", &name, "XMRig/6.24.0");
        book.note_names(*rig, &names, &["rx/0"], now_ms)?;
        let until = if place.is_multiple_of(LATE_ONE_IN) {
            LATE_MINUTES
        } else {
            0
        };
        for minutes in (until..EACH).rev() {
            seq += 1;
            let mut share = farm.share_of(place, now_ms - minutes * MINUTE_MS);
            share.seq = seq;
            book.apply(&share)?;
        }
        if book.wants_checkpoint() {
            book.checkpoint(0)?;
        }
    }
    book.checkpoint(0)?;
    Ok(())
}

/// The judge sees a share of each.
fn judge(node: &Node, keys: &[RigKey]) -> Result<()> {
    let lane = node.view().lanes().first().context("no lane")?;
    let health = Arc::new(ActorHealth::new("bench", "bench"));
    let guard = Guard::new(health, Clock);
    let policy = JudgePolicy::default();
    for rig in keys {
        let case = Case {
            rig: *rig,
            class: TargetClass::Local,
            asked: Difficulty::new(ASKED),
            late: false,
            evidence: CascadeEvidence::default(),
            provable: true,
            expected_wait: Some(Duration::ZERO),
            capacity: 100.0,
            at_prover: AtProver::default(),
            ban_risk: BanRisk::Bearable,
            draw: 0.5,
            waited: None,
            now: Clock.now(),
        };
        lane.rigs()
            .decide(&guard, &policy, &case)
            .context("the judge failed")?;
    }
    Ok(())
}
