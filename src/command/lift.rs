//! `zartrux lift`: what the order of nonces has brought, over all that the ledger has.

use std::ops::ControlFlow;

use anyhow::Result;
use zartrux_actors::store::ledger::LedgerReader;
use zartrux_models::learn::lift::{LiftInterval, LiftReport, Trials};
use zartrux_models::ledger::rows::written_time;

use super::data::{LedgerArgs, Told, each_share};
use crate::console::{complain, say};
use crate::node::{ExitCode, StoreFolders};

/// Scans that may be open at once.
const OPEN: usize = 65_536;

pub(super) fn lift(args: &LedgerArgs) -> Result<ExitCode> {
    let settings = match args.settings() {
        Ok(settings) => settings,
        Err(faults) => {
            complain(&faults);
            return Ok(ExitCode::Configuration);
        }
    };
    let folders = StoreFolders::below(&settings.node.data);
    let reader = LedgerReader::new(&folders.shares);
    let (mut trials, mut interval) = (Trials::new(OPEN), LiftInterval::default());
    let mut damage = Told::default();
    each_share(&reader, &reader.volumes(), &mut damage, |_, entry| {
        trials.next(&entry, |trial| {
            interval.take(&trial);
        });
        ControlFlow::Continue(())
    })?;
    damage.finish("parts of the ledger that can't be read");
    trials.finish(|trial| {
        interval.take(&trial);
    });
    for line in told(&interval.report()) {
        say(&line);
    }
    Ok(ExitCode::Done)
}

/// The lift in words.
pub(super) fn told(report: &LiftReport) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, arm) in [("model", report.model), ("control", report.control)] {
        lines.push(format!(
            "{name:<8} {:>9} scans {:>9} shares, {:>11.1} expected without lift",
            arm.scans, arm.shares, arm.expected
        ));
    }
    let high = report
        .high
        .map_or_else(|| "any".to_owned(), |high| format!("{high:.3}"));
    lines.push(match report.estimate {
        None => "lift     not measured yet: no scans of both arms were compared".to_owned(),
        Some(estimate) => format!(
            "lift     {estimate:.3}, between {:.3} and {high} (95 %, at all looks together)",
            report.low
        ),
    });
    if let (Some(since), Some(until)) = (report.since_ms, report.until_ms) {
        let (since, until) = (written_time(since), written_time(until));
        lines.push(format!("from     {since} to {until}"));
    }
    if report.estimate.is_some() {
        lines.push(if report.is_compatible_with_none() {
            "         chance alone explains it, as it should: nobody can foretell a hash".to_owned()
        } else {
            "         chance alone does not explain it: look for a fault before you believe it"
                .to_owned()
        });
    }
    lines
}
