//! What is stored is opened, read and dropped.

use std::ops::ControlFlow;

use anyhow::{Context as _, Result};
use zartrux_actors::store::ledger::{Ledger, LedgerReader, Reading, Retention};

use super::gauge::{Gauge, bytes_below, forget, mib, per};
use super::setting::Setting;
use crate::bench::figure::Figures;
use crate::bench::stats::nanos_to_f64;
use crate::node::open_store;

/// Opens the store as the daemon does, with nothing of it in the system's memory.
///
/// # Errors
/// When it can't be opened.
pub(super) fn start(setting: &Setting<'_>) -> Result<Figures> {
    let mut figures = setting.figures("start");
    forget(&setting.folders.shares)?;
    forget(&setting.folders.state)?;
    let mut gauge = Gauge::start()?;
    let began = gauge.now();
    let open = open_store(&setting.settings, setting.clock)?.context("nothing is stored")?;
    let whole = gauge.now().since(began);
    let took = open.took();
    figures.proxy("start", "ms", nanos_to_f64(whole) / 1e6);
    for (part, took) in [
        ("the registry opened", took.state),
        ("the ledger opened", took.ledger),
        ("what the registry had missed", took.catch_up),
        ("what lanes are given", took.remember),
    ] {
        figures.proxy(part, "ms", took.as_secs_f64() * 1e3);
    }
    figures.proxy("memory", "MiB", gauge.memory()?);
    open.close()?;
    Ok(figures)
}

/// Reads everything, as an export does.
///
/// # Errors
/// When a file can't be read.
pub(super) fn read(setting: &Setting<'_>) -> Result<Figures> {
    let mut figures = setting.figures("read everything");
    forget(&setting.folders.shares)?;
    let mut gauge = Gauge::start()?;
    let began = gauge.now();
    let reader = LedgerReader::new(&setting.folders.shares);
    let (mut count, mut last, mut damages) = (0u64, 0, 0);
    for volume in reader.volumes() {
        let mut reading = Reading {
            share: |share: zartrux_models::ledger::ShareEntry| {
                (count, last) = (count + 1, share.seq);
                ControlFlow::Continue(())
            },
            damage: |_| damages += 1,
        };
        let _ = reader.shares(volume, 0, &mut reading)?;
        gauge.memory()?;
    }
    let took = gauge.now().since(began);
    figures.proxy("shares read", "shares/s", 1e9 / per(took, count));
    figures.proxy("memory, most", "MiB", gauge.peak());
    let lost = usize::try_from(last - count).unwrap_or(usize::MAX);
    figures.must_be_zero("shares lost", lost);
    figures.must_be_zero("places that can't be read", damages);
    Ok(figures)
}

/// Drops nine tenths.
///
/// # Errors
/// When the ledger can't be opened or a folder not be removed.
pub(super) fn retain(setting: &Setting<'_>) -> Result<Figures> {
    let mut figures = setting.figures("drop 90 %");
    let root = &setting.folders.shares;
    let before = bytes_below(root);
    let shares = LedgerReader::new(root).volumes().len();
    let retention = Retention {
        days: None,
        bytes: before / 10,
    };
    let now_ms = setting.clock.unix_millis();
    let (ledger, _) = Ledger::open(root, now_ms, setting.retention())?;
    ledger.close()?;
    let (ledger, _) = Ledger::open(root, now_ms, retention)?;
    let gauge = Gauge::start()?;
    let began = gauge.now();
    let dropped = ledger.retain(now_ms)?.len();
    let took = gauge.now().since(began);
    figures.proxy("on disk before", "MiB", mib(before));
    figures.proxy("on disk after", "MiB", mib(bytes_below(root)));
    figures.proxy("volumes before", "", crate::bench::stats::count(shares));
    figures.proxy("volumes dropped", "", crate::bench::stats::count(dropped));
    figures.proxy("dropping took", "ms", nanos_to_f64(took) / 1e6);
    ledger.close()?;
    Ok(figures)
}
