//! The model of outcomes: from nothing, for the next day, and asked about single shares.

use std::hint::black_box;

use anyhow::{Context as _, Result, anyhow};
use zartrux_models::filter::OutcomeFeatures;
use zartrux_models::learn::artifact::{self, Artifact};
use zartrux_models::learn::evaluation::OutcomeReport;
use zartrux_models::learn::outcome::{LogisticOutcome, OutcomeSettings};
use zartrux_models::learn::training::train_outcome;
use zartrux_models::simulation::outcome_rows;

use super::Learn;
use crate::bench::clock::{Clock, Nanos};
use crate::bench::figure::Figures;
use crate::bench::procfs;
use crate::bench::stats::{count, nanos_to_f64};

/// Bytes of a MiB.
const MIB: f64 = 1024.0 * 1024.0;

/// Shares of which it is asked, one by one.
const ASKED: usize = 10_000;

/// Trains, trains again with a tenth of new shares, asks; all in this process.
///
/// # Errors
/// When nothing can be learnt or read back.
pub(super) fn measure(args: &Learn) -> Result<Figures> {
    let window = usize::try_from(args.rows).context("rows")?;
    let day = window / 10;
    let rows = outcome_rows(window + day, args.seed);
    let (first, second) = (rows.get(..window), rows.get(day..));
    let (first, second) = first.zip(second).context("the farm sent too few shares")?;
    let settings = OutcomeSettings::new(args.seed);
    let mut figures = Figures::of(format!("outcomes, {window} shares"), 0);
    let clock = Clock::start();
    let seconds = |since: Nanos| clock.now().seconds_since(since);

    let before = clock.now();
    let (trained, report) = train_outcome(first, &settings, None).map_err(|why| anyhow!(why))?;
    figures.proxy("trained from nothing", "s", seconds(before));
    note_worth(&mut figures, &report);
    let read: Artifact<LogisticOutcome> = artifact::read(&trained.file)?;

    let before = clock.now();
    let warm = Some((read.id, &read.model));
    let (_, report) = train_outcome(second, &settings, warm).map_err(|why| anyhow!(why))?;
    figures.proxy("trained for the next day", "s", seconds(before));
    figures.proxy(
        "next day, gain over the rig table, at least",
        "nats a share",
        report.rig_table.gain.log_loss_gain.low,
    );
    let peak = procfs::peak_resident(std::process::id())?;
    figures.proxy("peak memory", "MiB", nanos_to_f64(peak) / MIB);

    let last = rows.len().saturating_sub(ASKED);
    let asked: Vec<OutcomeFeatures> = rows.iter().skip(last).map(|row| row.features()).collect();
    let each = |ask: &dyn Fn(&OutcomeFeatures)| {
        let before = clock.now();
        asked.iter().for_each(ask);
        nanos_to_f64(clock.now().since(before)) / count(asked.len())
    };
    let one = each(&|features| {
        black_box(read.model.rejection_probability(black_box(features)));
    });
    figures.proxy("one prediction", "ns", one);
    let one = each(&|features| {
        black_box(read.model.explain(black_box(features)));
    });
    figures.proxy("one explanation", "ns", one);
    Ok(figures)
}

/// That it was not fast at the cost of being worth nothing.
fn note_worth(figures: &mut Figures, report: &OutcomeReport) {
    figures.proxy("log loss", "nats a share", report.log_loss.value);
    figures.proxy(
        "gain over the base rate, at least",
        "nats a share",
        report.base_rate.gain.log_loss_gain.low,
    );
    figures.proxy(
        "gain over the rig table, at least",
        "nats a share",
        report.rig_table.gain.log_loss_gain.low,
    );
    figures.proxy("calibration error", "", report.calibration_error);
}
