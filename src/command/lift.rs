//! `zartrux lift`: what the orders of nonces have brought, over all that the ledger has.

use std::ops::ControlFlow;

use anyhow::Result;
use zartrux_actors::store::ledger::LedgerReader;
use zartrux_models::learn::lift::{ArmReport, LiftReport, Lifts, OutsideLift, Trials};
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
    let (mut trials, mut lifts) = (Trials::new(OPEN), Lifts::default());
    let mut damage = Told::default();
    each_share(&reader, &reader.volumes(), &mut damage, |_, entry| {
        trials.next(&entry, |trial| {
            lifts.take(&trial);
        });
        ControlFlow::Continue(())
    })?;
    damage.finish("parts of the ledger that can't be read");
    trials.finish(|trial| {
        lifts.take(&trial);
    });
    let outside = lifts.outside();
    let outside = outside.iter().flat_map(told_of_outside);
    for line in told(&lifts.model()).into_iter().chain(outside) {
        say(&line);
    }
    Ok(ExitCode::Done)
}

/// The lift of the model's order in words.
pub(super) fn told(report: &LiftReport) -> Vec<String> {
    let mut lines = arms("model", report.model, report.control);
    lines.push(bounds(report.estimate, report.low, report.high));
    lines.extend(span(report.since_ms, report.until_ms));
    if report.estimate.is_some() {
        lines.push(verdict(report.is_compatible_with_none()).to_owned());
    }
    lines
}

/// The lift of the orders from outside in words.
fn told_of_outside(report: &OutsideLift) -> Vec<String> {
    let mut lines = vec![String::new(), format!("plans    {}", OutsideLift::COUNTS)];
    lines.extend(arms("outside", report.outside, report.control));
    lines.push(bounds(report.estimate, report.low, report.high));
    lines.extend(span(report.since_ms, report.until_ms));
    if report.estimate.is_some() {
        lines.push(verdict(report.is_compatible_with_none()).to_owned());
    }
    lines
}

fn arms(name: &str, ordered: ArmReport, control: ArmReport) -> Vec<String> {
    let line = |(name, arm): (&str, ArmReport)| {
        format!(
            "{name:<8} {:>9} scans {:>9} shares, {:>11.1} expected without lift",
            arm.scans, arm.shares, arm.expected
        )
    };
    [(name, ordered), ("control", control)].map(line).to_vec()
}

fn bounds(estimate: Option<f64>, low: f64, high: Option<f64>) -> String {
    let high = high.map_or_else(|| "any".to_owned(), |high| format!("{high:.3}"));
    match estimate {
        None => "lift     not measured yet: no scans of both arms were compared".to_owned(),
        Some(estimate) => format!(
            "lift     {estimate:.3}, between {low:.3} and {high} (95 %, at all looks together)"
        ),
    }
}

fn span(since_ms: Option<u64>, until_ms: Option<u64>) -> Option<String> {
    let (since, until) = (written_time(since_ms?), written_time(until_ms?));
    Some(format!("from     {since} to {until}"))
}

const fn verdict(chance_explains_it: bool) -> &'static str {
    if chance_explains_it {
        "         chance alone explains it, as it should: nobody can foretell a hash"
    } else {
        "         chance alone does not explain it: look for a fault before you believe it"
    }
}

#[cfg(test)]
mod tests {
    use zartrux_models::learn::lift::Trial;
    use zartrux_models::ledger::Arm;
    use zartrux_models::share::RigKey;

    use super::*;

    /// Scans of an order's arm and of control of ten rigs, with so many shares each.
    fn lifts(ordered: Arm, of_order: u32, of_control: u32) -> Lifts {
        let mut lifts = Lifts::default();
        for scan in 0..4_000u64 {
            let is_control = scan / 10 % 2 == 1;
            let (arm, shares) = if is_control {
                (Arm::Control, of_control)
            } else {
                (ordered, of_order)
            };
            lifts.take(&Trial {
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
        lifts
    }

    fn report(of_model: u32, of_control: u32) -> LiftReport {
        lifts(Arm::Model, of_model, of_control).model()
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
        let none = told(&Lifts::default().model()).join("\n");
        assert!(none.contains("not measured yet"), "{none}");
        assert!(!none.contains("between"), "{none}");
    }

    #[test]
    fn the_lift_of_plans_from_outside_is_told_with_what_it_counts() {
        assert_eq!(lifts(Arm::Model, 6, 6).outside(), None);
        let outside = |shares| lifts(Arm::Outside, shares, 6).outside().unwrap();
        let same = told_of_outside(&outside(6)).join("\n");
        assert!(same.contains("any plan from outside"), "{same}");
        assert!(same.contains("outside       "), "{same}");
        assert!(same.contains("chance alone explains it"), "{same}");
        let more = told_of_outside(&outside(9)).join("\n");
        assert!(more.contains("look for a fault"), "{more}");
    }
}
