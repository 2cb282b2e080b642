//! From settings to the prover.

use std::num::NonZero;

use anyhow::{Context as _, Result};
use zartrux_actors::clock::Clock;
use zartrux_actors::prover::{Mode, Prover, ProverOptions, auto_threads};
use zartrux_actors::share_ticket::ShareTicket;
use zartrux_actors::supervision::HealthRegistry;
use zartrux_config::{ProveMode, Settings};

/// Starts the prover's threads; `None` with proving off.
pub(super) fn start(
    settings: &Settings,
    health: &HealthRegistry,
    clock: Clock,
) -> Result<Option<Prover<ShareTicket>>> {
    let prove = &settings.prove;
    let mode = match prove.mode {
        ProveMode::Off => return Ok(None),
        ProveMode::Light => Mode::Light,
        ProveMode::Fast => Mode::Fast,
    };
    let threads = NonZero::new(prove.threads).unwrap_or_else(auto_threads);
    let queue = NonZero::new(prove.queue).unwrap_or(NonZero::<usize>::MIN);
    let mut options = ProverOptions::new(mode, threads, queue);
    options.health = health.clone();
    Prover::start(options, clock)
        .map(Some)
        .context("can't start the prover")
}
