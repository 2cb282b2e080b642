//! Upgrade: shares at a fixed rate, and in the middle another process takes the place of the proxy. No
//! connection may be lost, and each share must reach the pool once.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::{explain, open_loop::OpenLoop};
use crate::bench::{figure::Figures, stage::Stage, stats::nanos_to_f64};

/// How long an upgrade may take.
const UPGRADE: Duration = Duration::from_secs(120);
/// How often it is looked whether it is over.
const LOOK: Duration = Duration::from_millis(20);

/// Submits `rate` shares a second for `span` over the `miners` miners that are there, and upgrades the
/// proxy after a third of it.
///
/// # Errors
/// When a miner goes off, the proxy ends or is not upgraded.
pub(crate) fn run(stage: &mut Stage, miners: usize, rate: u32, span: Duration) -> Result<Figures> {
    let mut shares = OpenLoop::begin(stage, rate, span)?;
    let begin_upgrade = shares.began.after(span / 3);
    let mut took: Option<u64> = None;
    let mut look = begin_upgrade;
    while !shares.has_sent_all() || took.is_none() {
        let now = stage.engine.now();
        if now > shares.began.after(span * 2 + UPGRADE) {
            bail!("the upgrade does not end, or {rate} shares a second are too many here");
        }
        if now >= look && took.is_none() {
            if look == begin_upgrade {
                stage.proxy.begin_upgrade()?;
            }
            look = now.after(LOOK);
            let over = stage.proxy.has_upgraded().context("the upgrade")?;
            took = over.then(|| now.since(begin_upgrade));
        }
        shares.turn(stage, miners)?;
    }
    shares.drain(stage)?;
    shares.await_doubles(stage)?;
    let OpenLoop {
        mut ledger,
        mut late,
        ..
    } = shares;
    explain(stage, &ledger);

    let mut figures = Figures::of(format!("upgrade, {rate}/s"), miners);
    let millis = |nanos: u64| nanos_to_f64(nanos) / 1e6;
    figures.proxy(
        "upgrade, as the command sees it",
        "ms",
        millis(took.unwrap_or(0)),
    );
    figures.proxy("miner → reply, 50 %", "µs", ledger.to_reply.micros(500));
    figures.proxy("miner → reply, 99 %", "µs", ledger.to_reply.micros(990));
    figures.proxy(
        "miner → reply, longest",
        "ms",
        ledger.to_reply.millis(1_000),
    );
    figures.generator("sent behind time, 99 %", "µs", late.micros(990));
    ledger.promises(&mut figures);
    Ok(figures)
}
