//! The registry learns of the last shares, of names, and of what judge and filters remember.

use std::ops::ControlFlow;

use anyhow::Result;
use zartrux_actors::rigs::RigNames;
use zartrux_actors::store::ledger::{LedgerReader, Reading};
use zartrux_actors::store::state::{StateBook, StateError};
use zartrux_models::filter::Stage;
use zartrux_models::ledger::ShareEntry;
use zartrux_models::share::RigKey;

use super::gauge::{Gauge, bytes_below, mib, per};
use super::setting::Setting;
use crate::bench::figure::Figures;
use crate::bench::stats::{Samples, nanos_to_f64};
use crate::node::state_bounds;

/// Shares of each rig that it learns of.
const EACH: u64 = 20;
/// Bytes that judge and filter remember of a rig, about.
const STANDING: usize = 120;
const FILTER: usize = 80;

/// A book that is written down as the registry's actor does.
pub(super) struct Keeper {
    pub(super) book: StateBook,
    pub(super) gauge: Gauge,
    pub(super) checkpoints: Samples,
}

impl Keeper {
    /// Has something noted, and a checkpoint made if that is enough.
    pub(super) fn step(
        &mut self,
        step: impl FnOnce(&mut StateBook) -> Result<(), StateError>,
    ) -> Result<()> {
        step(&mut self.book)?;
        if self.book.wants_checkpoint() {
            self.checkpoint()?;
        }
        Ok(())
    }

    /// Writes everything down.
    pub(super) fn checkpoint(&mut self) -> Result<()> {
        let book = &mut self.book;
        self.gauge
            .time(&mut self.checkpoints, || book.checkpoint(0))?;
        self.gauge.memory()?;
        Ok(())
    }

    /// Figures of the checkpoints so far.
    pub(super) fn tell_checkpoints(&mut self, figures: &mut Figures) {
        for (name, per_mille) in [("p50", 500), ("p99", 990), ("max", 1000)] {
            let took = self.checkpoints.millis(per_mille);
            figures.proxy(&format!("checkpoint, {name}"), "ms", took);
        }
    }
}

/// Plays it.
///
/// # Errors
/// When the state can't be written.
pub(super) fn play(setting: &Setting<'_>) -> Result<Figures> {
    let mut figures = setting.figures("registry");
    let gauge = Gauge::start()?;
    let mut keeper = Keeper {
        book: StateBook::open(&setting.folders.state, state_bounds(&setting.settings))?,
        gauge,
        checkpoints: Samples::default(),
    };
    let learnt = (u64::from(setting.args.rigs) * EACH).min(setting.args.shares);
    let after = setting.args.shares - learnt;
    keeper.book.checkpoint(after)?;
    let began = keeper.gauge.now();
    for share in shares_above(setting, after)? {
        keeper.step(|book| book.apply(&share).map(|_| ()))?;
    }
    let took = keeper.gauge.now().since(began);
    figures.proxy("shares applied", "shares/s", 1e9 / per(took, learnt));
    keeper.tell_checkpoints(&mut figures);
    let began = keeper.gauge.now();
    let rigs: Vec<RigKey> = setting.farm().keys().collect();
    let now_ms = setting.clock.unix_millis();
    for (number, rig) in rigs.iter().enumerate() {
        let names = RigNames::of_login("farm", &format!("rig-{number:05}"), "XMRig/6.24.0");
        keeper.step(|book| book.note_names(*rig, &names, &["rx/0"], now_ms))?;
        keeper.step(|book| {
            book.note_standing(*rig, Some(vec![1; STANDING]), false)?;
            for stage in Stage::ALL {
                book.note_filter_state(*rig, stage, vec![1; FILTER].into())?;
            }
            Ok(())
        })?;
    }
    keeper.checkpoint()?;
    let took = keeper.gauge.now().since(began);
    let each = per(took, u64::from(setting.args.rigs)) / 1e3;
    figures.proxy("names, judge's and filters' memory noted", "µs/rig", each);
    let memory = keeper.gauge.memory()?;
    figures.proxy("memory of the registry", "MiB", memory);
    figures.proxy("memory of the registry, most", "MiB", keeper.gauge.peak());
    drop(keeper.book);
    let bytes = bytes_below(&setting.folders.state);
    figures.proxy("on disk", "MiB", mib(bytes));
    figures.proxy(
        "on disk, each rig",
        "bytes",
        nanos_to_f64(bytes) / f64::from(setting.args.rigs),
    );
    Ok(figures)
}

/// The last shares of the ledger: some hundred thousand.
fn shares_above(setting: &Setting<'_>, after: u64) -> Result<Vec<ShareEntry>> {
    let reader = LedgerReader::new(&setting.folders.shares);
    let mut found = Vec::new();
    for volume in reader.volumes_above(after) {
        let mut reading = Reading {
            share: |share| {
                found.push(share);
                ControlFlow::Continue(())
            },
            damage: |_| (),
        };
        // What is missing is told by the part that reads everything.
        let _ = reader.shares(volume, after, &mut reading)?;
    }
    Ok(found)
}
