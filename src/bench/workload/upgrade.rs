//! Upgrade: shares at a fixed rate, and in the middle another process takes the place of the proxy. No
//! connection may be lost, and each share must reach the pool once.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::{drain, explain, send_next, turn_into};
use crate::bench::{
    clock::Nanos,
    figure::Figures,
    ledger::Ledger,
    stage::Stage,
    stats::{Samples, nanos_to_f64},
};

/// The most shares of one run: each is on the books until its end.
const MOST: u128 = 10_000_000;
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
    let mut ledger = Ledger::from(0);
    let mut late = Samples::default();
    let mut seen = Vec::new();
    let interval = Duration::from_secs(1) / rate.max(1);
    let total = span.as_nanos() / interval.as_nanos().max(1);
    if total > MOST {
        bail!("{rate} shares a second for {span:?} are more than the {MOST} of one run");
    }
    let total = usize::try_from(total)?;

    stage.engine.pace(Some(interval))?;
    let began = stage.engine.now();
    let begin_upgrade = began.after(span / 3);
    let mut took: Option<u64> = None;
    let mut look = begin_upgrade;
    let mut due = began;
    while ledger.sent() < total || took.is_none() {
        let now = stage.engine.now();
        if now > began.after(span * 2 + UPGRADE) {
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
    // A share that is doubled would come now.
    let end = stage.engine.now().after(Duration::from_millis(300));
    while stage.engine.now() < end {
        turn_into(stage, &mut ledger, &mut seen, end)?;
    }
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
