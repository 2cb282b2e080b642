//! What models know: outcomes, drift, and the order of nonces.

use zartrux_models::learn::evaluation::{CurvePoint, OutcomeReport};
use zartrux_models::learn::lift::{ArmReport, OutsideLift};
use zartrux_models::ledger::rows::written_time;

use super::figures::{NONE, count, estimate, number, probability, size};
use super::{Section, Table};
use crate::report::plots::{Curves, Forest, Line, Plot, Whisker};
use crate::report::{Drift, Lift, Measured, OutcomeJudged};

pub(super) fn outcome(measured: &Measured<OutcomeJudged>) -> Section {
    let mut section = Section::new("Model of outcomes");
    let judged = match measured {
        Ok(judged) => judged,
        Err(why) => {
            section.words(format!("There is nothing to judge: {why}."));
            return section;
        }
    };
    let report = &judged.report;
    section.words(format!(
        "Model {} was trained on {}. It is judged by {} shares that came later ({} to {}), of which \
         {} were refused.",
        judged.model,
        judged.trained_on,
        size(report.rows),
        written_time(report.first_ms),
        written_time(report.last_ms),
        size(report.refused),
    ));
    section.words(if report.beats_baselines() {
        "It is better than both baselines beyond chance."
    } else {
        "It is not better than both baselines beyond chance."
    });
    section.table(outcome_figures(report));
    section.words(format!(
        "Intervals: 95 %, by a bootstrap over blocks of consecutive shares. The baselines learn \
         from {} shares up to the end of the training: the base rate foretells their part of \
         refusals for every share; the table of rigs foretells how often each rig was refused so \
         far, and goes on learning. A gain above 0 is in favour of the model.",
        size(judged.earlier)
    ));
    if judged.gone != (0, 0) {
        section.words(format!(
            "{} earlier and {} later shares are beyond the window (`learn.window`) and were left \
             out.",
            count(judged.gone.0),
            count(judged.gone.1)
        ));
    }
    curves(&mut section, report);
    let mut table = Table::new(
        "Calibration: bins of equal counts",
        &["#foretold", "#refused", "#shares"],
    );
    for bin in &report.calibration {
        table.row([number(bin.predicted), number(bin.observed), size(bin.count)]);
    }
    section.table(table);
    section
}

fn outcome_figures(report: &OutcomeReport) -> Table {
    let mut table = Table::new(
        "The model on later shares",
        &["measure", "#value", "#95 % interval"],
    );
    let mut row = |name: &str, [value, interval]: [String; 2]| {
        table.row([name.to_owned(), value, interval]);
    };
    let alone = |value: f64| [number(value), NONE.to_owned()];
    row("log loss, nats", estimate(&report.log_loss));
    for (name, against) in [
        ("base rate", &report.base_rate),
        ("table of rigs", &report.rig_table),
    ] {
        row(&format!("log loss of the {name}"), alone(against.log_loss));
        row(
            &format!("gain over the {name}"),
            estimate(&against.gain.log_loss_gain),
        );
        if let Some(gain) = &against.gain.auc_gain {
            row(&format!("AUC gain over the {name}"), estimate(gain));
        }
    }
    row("Brier score", estimate(&report.brier));
    match &report.auc {
        Some(auc) => row("AUC", estimate(auc)),
        None => row("AUC", [NONE.to_owned(), NONE.to_owned()]),
    }
    row(
        "average precision",
        report
            .average_precision
            .map_or_else(|| [NONE.to_owned(), NONE.to_owned()], alone),
    );
    row("calibration error", alone(report.calibration_error));
    table
}

fn curves(section: &mut Section, report: &OutcomeReport) {
    let line = |name: &'static str, points: &[CurvePoint]| Line {
        name,
        points: points.iter().map(|point| (point.x, point.y)).collect(),
    };
    let bins = report.calibration.iter();
    let points: Vec<(f64, f64)> = bins.map(|bin| (bin.predicted, bin.observed)).collect();
    let most = points
        .iter()
        .flat_map(|(x, y)| [*x, *y])
        .fold(0.01, f64::max);
    section.plot(Plot::Curves(Curves {
        title: "Calibration",
        x: "foretold part of refusals",
        y: "refused",
        most: (most * 1.05).min(1.0),
        diagonal: true,
        dots: true,
        lines: vec![Line {
            name: "bins of equal counts",
            points,
        }],
    }));
    if report.roc.is_empty() {
        section.words("All later shares ended alike: there is no order to judge.");
        return;
    }
    for (title, x, y, diagonal, points) in [
        (
            "Receiver operating characteristic",
            "part of the good taken",
            "part of the refused found",
            true,
            &report.roc,
        ),
        (
            "Precision and recall",
            "recall",
            "precision",
            false,
            &report.precision_recall,
        ),
        (
            "Lift curve (cumulative gain)",
            "part of all shares taken",
            "part of the refused found",
            true,
            &report.gain,
        ),
    ] {
        section.plot(Plot::Curves(Curves {
            title,
            x,
            y,
            most: 1.0,
            diagonal,
            dots: false,
            lines: vec![line("model", points)],
        }));
    }
}

pub(super) fn drift(measured: &Measured<Drift>) -> Section {
    let mut section = Section::new("Drift of features");
    let drift = match measured {
        Ok(drift) => drift,
        Err(why) => {
            section.words(format!("There is nothing to compare: {why}."));
            return section;
        }
    };
    let sides = |(came, compared): (u64, usize)| {
        format!("{} shares ({} compared)", count(came), size(compared))
    };
    section.words(format!(
        "What the model of outcomes was shown up to the end of its training, {}, against what came \
         later, {}; of {} rigs.",
        sides(drift.before),
        sides(drift.after),
        size(drift.report.rigs)
    ));
    section.words(if drift.report.drifted() {
        "Some features have drifted: the model sees what it was not trained on."
    } else {
        "No feature has drifted."
    });
    let mut table = Table::new(
        "Features before and after",
        &[
            "feature",
            "#PSI",
            "#KL, nats",
            "#p",
            "#p, all together",
            "drifted",
        ],
    );
    for feature in &drift.report.features {
        let drifted = if feature.drifted { "yes" } else { "no" };
        table.row([
            feature.feature.to_owned(),
            number(feature.psi),
            number(feature.kl),
            probability(feature.p),
            probability(feature.p_adjusted),
            drifted.to_owned(),
        ]);
    }
    section.table(table);
    section.words(format!(
        "p: how often {} shuffles of whole rigs make an index as great; all together after Holm. \
         Drifted: that is at most {}, and the population stability index at least {}.",
        count(u64::from(drift.report.shuffles)),
        drift.level,
        drift.psi_least
    ));
    section
}

fn arm_rows(arms: &mut Table, name: &str, ordered: ArmReport, control: ArmReport) {
    for (name, arm) in [(name, ordered), ("control", control)] {
        arms.row([
            name.to_owned(),
            count(arm.scans),
            count(arm.shares),
            format!("{:.1}", arm.expected),
        ]);
    }
}

fn lift_words(
    what: &str,
    estimate: Option<f64>,
    (low, high): (f64, Option<f64>),
    chance_explains_it: bool,
) -> String {
    let Some(estimate) = estimate else {
        return format!("{what}: not measured, for no scans of both arms were compared.");
    };
    let high = high.map_or_else(|| "any".to_owned(), number);
    let verdict = if chance_explains_it {
        "chance alone explains it, as it should"
    } else {
        "chance alone does not explain it: look for a fault before you believe it"
    };
    format!(
        "{what}: {}, between {} and {high} (95 %, at all looks together): {verdict}.",
        number(estimate),
        number(low)
    )
}

pub(super) fn lift(lift: &Lift) -> Section {
    let mut section = Section::new("Order of nonces: lift");
    section.words(
        "Nobody can foretell a hash, so no order of nonces can find more shares than another: a \
         lift of 1 is what is to be expected. Jobs are put into arms at random, and what each arm \
         finds is compared with the search that it took.",
    );
    let report = &lift.report;
    let mut arms = Table::new(
        "Arms, of the scans that were compared",
        &["arm", "#scans", "#shares", "#expected without lift"],
    );
    arm_rows(&mut arms, "model", report.model, report.control);
    section.table(arms);
    let (none, bounds) = (report.is_compatible_with_none(), (report.low, report.high));
    section.words(lift_words("Lift", report.estimate, bounds, none));
    if let Some(outside) = &lift.outside {
        let mut arms = Table::new(
            "Plans from outside, of the scans that were compared",
            &["arm", "#scans", "#shares", "#expected without lift"],
        );
        arm_rows(&mut arms, "outside", outside.outside, outside.control);
        section.table(arms);
        let (none, bounds) = (
            outside.is_compatible_with_none(),
            (outside.low, outside.high),
        );
        let words = lift_words("Lift of plans from outside", outside.estimate, bounds, none);
        section.words(format!("{words} It counts {}.", OutsideLift::COUNTS));
    }
    let told: Vec<Whisker> = lift
        .bits
        .iter()
        .filter_map(|bit| {
            let (value, low, high) = bit.ratio?;
            Some(Whisker {
                name: name_of(bit.bit, bit.is_of_counter()),
                value,
                low,
                high,
            })
        })
        .collect();
    if told.is_empty() {
        section.words(
            "Bits of nonces: no bit has the shares that an interval takes, so none is shown.",
        );
        return section;
    }
    let outside = told.iter().filter(|bit| bit.low > 1.0 || bit.high < 1.0);
    let outside = outside.count();
    section.plot(Plot::Forest(Forest {
        title: "Shares with a bit set, over expected",
        x: "observed ÷ expected",
        rows: told,
    }));
    section.words(format!(
        "Bits of nonces over the last {} scans: {outside} of {} intervals do not hold 1 (95 % for \
         all of them together). The upper nine bits of the counter are exact for rigs with one \
         thread only: several threads leave gaps in their search, which show there and are no \
         luck.",
        size(lift.scans),
        lift.bits.iter().filter(|bit| bit.ratio.is_some()).count()
    ));
    let mut table = Table::new(
        "Bits of nonces",
        &["bit", "#observed", "#expected", "#ratio", "#95 % of all"],
    )
    .folded();
    for bit in &lift.bits {
        let [ratio, interval] = bit.ratio.map_or_else(
            || [NONE.to_owned(), NONE.to_owned()],
            |(ratio, low, high)| {
                [
                    number(ratio),
                    format!("{} to {}", number(low), number(high)),
                ]
            },
        );
        table.row([
            name_of(bit.bit, bit.is_of_counter()),
            count(bit.observed),
            format!("{:.1}", bit.expected),
            ratio,
            interval,
        ]);
    }
    section.table(table);
    section
}

fn name_of(bit: usize, is_of_counter: bool) -> String {
    let part = if is_of_counter { "counter" } else { "slot" };
    format!("{part} {bit}")
}
