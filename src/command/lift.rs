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

#[cfg(test)]
mod tests {
    use zartrux_models::learn::lift::Trial;
    use zartrux_models::ledger::Arm;
    use zartrux_models::share::RigKey;

    use super::*;

    /// Scans of both arms of ten rigs, with so many shares each.
    fn report(of_model: u32, of_control: u32) -> LiftReport {
        let mut interval = LiftInterval::default();
        for scan in 0..4_000u64 {
            let arm = [Arm::Model, Arm::Control][usize::from(scan / 10 % 2 == 1)];
            let shares = match arm {
                Arm::Model => of_model,
                Arm::Control | Arm::None | Arm::Outside => of_control,
            };
            interval.take(&Trial {
                arm,
                at_ms: scan * 60_000,
                slot: 7,
                rig: RigKey(scan % 10),
                // Not the same each time: a spread of nothing would be no chance.
                shares: shares + u32::from(scan % 3 == 0),
                seconds: 60.0,
                asked: 10_000,
                tried: 60_000,
                with_bit: [0; 24],
            });
        }
        interval.report()
    }

    #[test]
    fn a_lift_is_told_with_its_interval_and_with_what_to_make_of_it() {
        let same = told(&report(6, 6)).join("\n");
        assert!(same.contains("(95 %, at all looks together)"), "{same}");
        assert!(same.contains("chance alone explains it"), "{same}");
        let more = told(&report(9, 6)).join("\n");
        assert!(more.contains("look for a fault"), "{more}");
    }

    #[test]
    fn before_anything_was_compared_no_number_is_told() {
        let none = told(&LiftInterval::default().report()).join("\n");
        assert!(none.contains("not measured yet"), "{none}");
        assert!(!none.contains("between"), "{none}");
    }
}
