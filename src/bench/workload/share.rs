//! Share: an open loop. Shares at a fixed rate, spread evenly over the miners, however long the
//! answers take.

use std::time::Duration;

use anyhow::{Result, bail};

use super::{drain, explain, micros_each, percent_of_core, send_next, turn_into};
use crate::bench::{
    clock::Nanos,
    figure::{Figures, PERCENT_OF_CORE},
    ledger::Ledger,
    stage::Stage,
    stats::Samples,
};

/// The most shares of one run: each is on the books until its end.
const MOST: u128 = 10_000_000;

/// Submits `rate` shares a second for `span` over the `miners` miners that are there.
///
/// # Errors
/// When a miner goes off or the proxy ends; when the run is too large for the books, or the
/// generator falls so far behind that it is no open loop any more.
pub(crate) fn run(stage: &mut Stage, miners: usize, rate: u32, span: Duration) -> Result<Figures> {
    let mut ledger = Ledger::from(0);
    let mut late = Samples::default();
    let mut seen = Vec::new();
    let interval = Duration::from_secs(1) / rate.max(1);
    let total = span.as_nanos() / interval.as_nanos().max(1);
    if total > MOST {
        bail!("{rate} shares a second for {span:?} are more than the {MOST} of one run");
    }
    let total = usize::try_from(total)?;

    let cpu = stage.cpu()?;
    stage.engine.pace(Some(interval))?;
    let began = stage.engine.now();
    let mut due = began;
    while ledger.sent() < total {
        let now = stage.engine.now();
        if now > began.after(span * 2) {
            bail!("the generator cannot send {rate} shares a second on this machine");
        }
        while due <= now && ledger.sent() < total {
            send_next(stage, &mut ledger, miners)?;
            late.push(now.since(due));
            due = due.after(interval);
        }
        // The beat wakes the loop in time; this is for the case that it does not.
        let wake = Nanos(due.0.max(now.0)).after(Duration::from_millis(1));
        turn_into(stage, &mut ledger, &mut seen, wake)?;
    }
    stage.engine.pace(None)?;
    drain(stage, &mut ledger, &mut seen)?;
    let used = stage.cpu_since(&cpu)?;
    // A share that is doubled would come now.
    let end = stage.engine.now().after(Duration::from_millis(300));
    while stage.engine.now() < end {
        turn_into(stage, &mut ledger, &mut seen, end)?;
    }
    explain(stage, &ledger);

    let mut figures = Figures::of(format!("share, {rate}/s"), miners);
    figures.proxy("miner → pool, 50 %", "µs", ledger.to_pool.micros(500));
    figures.proxy("miner → pool, 99 %", "µs", ledger.to_pool.micros(990));
    figures.proxy("miner → reply, 50 %", "µs", ledger.to_reply.micros(500));
    figures.proxy("miner → reply, 99 %", "µs", ledger.to_reply.micros(990));
    figures.proxy(
        "CPU per share",
        "µs",
        micros_each(used.proxy, ledger.sent()),
    );
    figures.generator(
        "CPU per share",
        "µs",
        micros_each(used.generator, ledger.sent()),
    );
    figures.generator(
        "busy",
        PERCENT_OF_CORE,
        percent_of_core(used.busiest, used.wall),
    );
    figures.generator("sent behind time, 99 %", "µs", late.micros(990));
    ledger.promises(&mut figures);
    Ok(figures)
}
