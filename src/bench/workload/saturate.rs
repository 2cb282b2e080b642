//! Saturate: a closed loop. As many shares as the proxy can carry with so many outstanding.

use std::time::Duration;

use anyhow::Result;

use super::{drain, explain, micros_each, percent_of_core, send_next, turn_into};
use crate::bench::{
    figure::{Figures, PERCENT_OF_CORE},
    ledger::Ledger,
    stage::Stage,
    stats::count,
};

/// The pause before a level's new job, and after it.
const PAUSE: Duration = Duration::from_millis(300);

/// What one level showed.
struct Level {
    outstanding: usize,
    per_second: f64,
    proxy: f64,
    generator: f64,
    generator_busy: f64,
    clean: bool,
    ledger: Ledger,
}

/// Runs each of the `levels` (shares outstanding) for `span` and gives the best one.
///
/// # Errors
/// When a miner goes off or the proxy ends.
pub(crate) fn run(
    stage: &mut Stage,
    miners: usize,
    levels: &[usize],
    span: Duration,
) -> Result<Figures> {
    let mut figures = Figures::of("saturate", miners);
    let mut best: Option<Level> = None;
    let mut worst: Option<Ledger> = None;
    let mut next = 0;
    for &outstanding in levels {
        // Each level on a job of its own, as a farm would have: what a proxy remembers of the
        // last one is not held against it.
        stage.engine.new_job();
        stage.rest(PAUSE)?;
        let level = level(stage, miners, outstanding, next, span)?;
        next = level.ledger.next();
        figures.proxy(
            &format!("with {outstanding} outstanding"),
            "shares/s",
            level.per_second,
        );
        if !level.clean {
            explain(stage, &level.ledger);
            worst.get_or_insert(level.ledger);
            continue;
        }
        if best
            .as_ref()
            .is_none_or(|b| level.per_second > b.per_second)
        {
            best = Some(level);
        }
    }
    if let Some(best) = &best {
        figures.proxy("highest, nothing lost", "shares/s", best.per_second);
        figures.proxy("outstanding at the highest", "", count(best.outstanding));
        figures.proxy("CPU per share at the highest", "µs", best.proxy);
        figures.generator("CPU per share at the highest", "µs", best.generator);
        figures.generator("busy at the highest", PERCENT_OF_CORE, best.generator_busy);
    }
    // All levels are clean, or the counts are those of the first that was not.
    if let Some(ledger) = worst.or_else(|| best.map(|level| level.ledger)) {
        ledger.promises(&mut figures);
    }
    Ok(figures)
}

fn level(
    stage: &mut Stage,
    miners: usize,
    outstanding: usize,
    first: u64,
    span: Duration,
) -> Result<Level> {
    let mut ledger = Ledger::from(first);
    let mut seen = Vec::new();
    let cpu = stage.cpu()?;
    let began = stage.engine.now();
    let end = began.after(span);
    while stage.engine.now() < end {
        while ledger.outstanding() < outstanding {
            send_next(stage, &mut ledger, miners)?;
        }
        turn_into(stage, &mut ledger, &mut seen, end)?;
    }
    let per_second = count(ledger.answered()) / stage.engine.now().seconds_since(began);
    drain(stage, &mut ledger, &mut seen)?;
    let used = stage.cpu_since(&cpu)?;
    let sent = ledger.sent();
    Ok(Level {
        outstanding,
        per_second,
        proxy: micros_each(used.proxy, sent),
        generator: micros_each(used.generator, sent),
        generator_busy: percent_of_core(used.busiest, used.wall),
        clean: ledger.is_clean(),
        ledger,
    })
}
