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

/// Shares of each rig in the registry, over the last hour.
const EACH: u64 = 60;
/// The difficulty that rigs are asked for.
const ASKED: u64 = 120_000;
const HOUR_MS: u64 = 3_600_000;

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
         \"off\"\n[monitor]\nlisten = \"127.0.0.1:0\"\n[[pool]]\nurl = \
         \"stratum+tcp://127.0.0.1:9\"\nuser = \"bench\"\n[failover]\nretry = \"60s\"\nretry_max = \
         \"60s\"\n[filters]\nmax_rigs = {}\n",
        folder.display().to_string(),
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

/// An hour of shares of the farm, that has just ended.
fn fill(settings: &Settings, mut farm: Farm, keys: &[RigKey]) -> Result<()> {
    let folders = StoreFolders::below(&settings.node.data);
    std::fs::create_dir_all(&folders.state).context("no folder for the registry")?;
    let mut book = StateBook::open(&folders.state, state_bounds(settings))?;
    let now_ms = Clock.unix_millis();
    for (number, rig) in keys.iter().enumerate() {
        let name = format!("rig-{number:06}");
        let names = RigNames::of_login("farm", &name, "XMRig/6.24.0");
        book.note_names(*rig, &names, &["rx/0"], now_ms)?;
        if book.wants_checkpoint() {
            book.checkpoint(0)?;
        }
    }
    let shares = EACH * keys.len() as u64;
    for seq in 1..=shares {
        let mut share = farm.share(now_ms - HOUR_MS + HOUR_MS * seq / shares);
        share.seq = seq;
        book.apply(&share)?;
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
