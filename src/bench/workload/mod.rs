//! The workloads, one a file. Each takes a stage and gives figures.

pub(crate) mod churn;
pub(crate) mod fanout;
pub(crate) mod idle;
mod open_loop;
pub(crate) mod saturate;
mod scans;
pub(crate) mod share;
pub(crate) mod upgrade;

use anyhow::Result;

use crate::console;

use super::{clock::Nanos, ledger::Ledger, seen::Seen, stage::Stage, stats};

/// Nanoseconds each, in microseconds.
fn micros_each(nanos: u64, n: usize) -> f64 {
    stats::nanos_to_f64(nanos) / 1e3 / stats::count(n.max(1))
}

/// Share of a core, in percent.
fn percent_of_core(cpu: u64, wall: u64) -> f64 {
    100.0 * stats::nanos_to_f64(cpu) / stats::nanos_to_f64(wall.max(1))
}

/// Sends the next share, of the miner whose turn it is among `miners`.
fn send_next(stage: &mut Stage, ledger: &mut Ledger, miners: usize) -> Result<()> {
    let number = ledger.next();
    let turn = number % u64::try_from(miners.max(1)).unwrap_or(u64::MAX);
    let miner = usize::try_from(turn).unwrap_or(0);
    let (nonce, at) = stage.engine.submit(miner, number)?;
    ledger.enter(miner, nonce, at);
    Ok(())
}

/// Waits until all shares of `ledger` are settled, as long as patience lasts.
fn drain(stage: &mut Stage, ledger: &mut Ledger, seen: &mut Vec<Seen>) -> Result<()> {
    let limit = stage.engine.now().after(stage.patience);
    while !ledger.is_settled() && stage.engine.now() < limit {
        turn_into(stage, ledger, seen, limit)?;
    }
    Ok(())
}

/// One turn of the event loop, booked in `ledger`.
fn turn_into(
    stage: &mut Stage,
    ledger: &mut Ledger,
    seen: &mut Vec<Seen>,
    wake: Nanos,
) -> Result<()> {
    stage.turn(wake, seen)?;
    for event in seen.drain(..) {
        ledger.take(event);
    }
    Ok(())
}

/// Says what went wrong first; the counts stand in the report.
fn explain(stage: &Stage, ledger: &Ledger) {
    for complaint in ledger.complaints() {
        let error = stage.proxy.blame(&anyhow::Error::msg(complaint));
        console::complain(&format!("{error:#}"));
    }
}
