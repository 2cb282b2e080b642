//! The watchdog: a lane that stops answering ends the process, and the service manager starts it
//! anew. A stuck thread can't be ended from outside, and miners on it would wait for ever.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use zartrux_actors::clock::Clock;
use zartrux_actors::supervision::HealthReport;

use super::{ExitCode, NodeView};
use crate::logging::last_words;

/// How long a lane may be silent.
const SILENCE: Duration = Duration::from_secs(5);
/// How often it is looked.
const LOOK: Duration = Duration::from_millis(500);

pub(super) fn start(view: Arc<NodeView>, clock: Clock) -> Result<()> {
    std::thread::Builder::new()
        .name("watchdog".to_owned())
        .spawn(move || watch(&view, clock))
        .context("can't start the watchdog")?;
    Ok(())
}

fn watch(view: &NodeView, clock: Clock) {
    let mut looked = clock.now();
    loop {
        std::thread::park_timeout(LOOK);
        let now = clock.now();
        // A machine that slept, or was paused, is no stuck lane: look again first.
        let paused = now.duration_since(looked) > SILENCE;
        looked = now;
        if view.is_draining() {
            return;
        }
        if !paused && let Some(lane) = view.silent_lane(SILENCE) {
            report(view, lane);
            std::process::exit(ExitCode::Internal as i32);
        }
    }
}

/// Says what is known, without anything that a stuck thread might hold.
fn report(view: &NodeView, lane: usize) {
    let message = format!("watchdog: lane {lane} has not answered for 5 s; leaving");
    let line = |actor: HealthReport| {
        format!(
            "{:28} {:?}, generation {}, {} waiting, last fault {:?}",
            actor.name,
            actor.state,
            actor.generation,
            actor.queue_depth,
            actor.last_fault.map(|fault| fault.cause),
        )
    };
    let details: Vec<_> = view.health().reports().into_iter().map(line).collect();
    last_words(module_path!(), &message, &details);
}
