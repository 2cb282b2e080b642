//! Share: an open loop. Shares at a fixed rate, spread evenly over the miners, however long the
//! answers take.

use std::time::Duration;

use anyhow::{Result, bail};

use super::{explain, micros_each, open_loop::OpenLoop, percent_of_core};
use crate::bench::{
    figure::{Figures, PERCENT_OF_CORE},
    stage::Stage,
};

/// Submits `rate` shares a second for `span` over the `miners` miners that are there.
///
/// # Errors
/// When a miner goes off or the proxy ends; when the run is too large for the books, or the
/// generator falls so far behind that it is no open loop any more.
pub(crate) fn run(stage: &mut Stage, miners: usize, rate: u32, span: Duration) -> Result<Figures> {
    let cpu = stage.cpu()?;
    let mut shares = OpenLoop::begin(stage, rate, span)?;
    while !shares.has_sent_all() {
        if stage.engine.now() > shares.began.after(span * 2) {
            bail!("the generator cannot send {rate} shares a second on this machine");
        }
        shares.turn(stage, miners)?;
    }
    shares.drain(stage)?;
    let used = stage.cpu_since(&cpu)?;
    shares.await_doubles(stage)?;
    let OpenLoop {
        mut ledger,
        mut late,
        ..
    } = shares;
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
