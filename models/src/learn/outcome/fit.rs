//! From rows to a model.

use super::calibrate::calibrate;
use super::ceiling::Ceiling;
use super::head::Head;
use super::model::{KINDS, kinds};
use super::newton::finish;
use super::sample::Sample;
use super::scaler::Scaler;
use super::solve::{Effort, Examples, Line, near};
use super::{CannotLearn, LogisticOutcome, OutcomeSettings, count};
use crate::learn::evaluation::temporal_split;
use crate::learn::{OutcomeClass, OutcomeRow};

/// Shares for a first line, from which the best one is not far.
const FIRST: usize = 10_000;

/// A model, and what its training found.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// The model.
    pub model: LogisticOutcome,
    /// Rows that its weights come from.
    pub earlier_rows: usize,
    /// Rows that its calibration and its ceiling come from.
    pub later_rows: usize,
    /// Classes that have a line of their own.
    pub lines: Vec<OutcomeClass>,
    /// Its ceiling, and what that was measured on.
    pub ceiling: Ceiling,
}

/// Learns from rows in order of time; goes on from an older model where there is one.
///
/// # Errors
/// Why nothing can be learnt.
pub fn fit(
    rows: &[OutcomeRow],
    settings: &OutcomeSettings,
    warm: Option<&LogisticOutcome>,
) -> Result<Fitted, CannotLearn> {
    if rows.len() < settings.rows_min.max(1) {
        return Err(CannotLearn::TooFewRows {
            rows: rows.len(),
            needed: settings.rows_min.max(1),
        });
    }
    let back = rows.windows(2).position(|pair| match pair {
        [before, after] => after.at_ms < before.at_ms,
        _ => false,
    });
    if let Some(place) = back {
        return Err(CannotLearn::NotInOrder { place: place + 1 });
    }
    let (earlier, later) = temporal_split(rows, settings.earlier);
    let counts = enough(earlier, settings)?;
    let scaler = Scaler::measure(earlier);
    let training = Training {
        earlier,
        later,
        scaler: &scaler,
        settings,
        warm,
    };
    let refused = training.line(
        "refusals",
        // The seeds of the classes' choices begin at this one.
        settings.seed.wrapping_sub(1),
        |row| row.class.is_refusal(),
        warm.map(|warm| &warm.refused),
    )?;
    let mut heads = [refused; KINDS];
    let mut lines = Vec::new();
    for ((place, head), class) in heads.iter_mut().enumerate().zip(kinds()) {
        let shares = counts[class.index()];
        *head = if shares < settings.class_min || shares == earlier.len() {
            Head::Rate {
                probability: (count(shares) + 0.5) / (count(earlier.len()) + 1.0),
            }
        } else {
            lines.push(class);
            let inside = |row: &OutcomeRow| row.class == class;
            // Each class draws its own others.
            let seed = settings.seed.wrapping_add(place as u64);
            let before = warm.and_then(|warm| warm.kinds.get(place));
            training.line(class.label(), seed, inside, before)?
        };
    }
    let scores: Vec<f64> = later
        .iter()
        .map(|row| refused.probability(&scaler.scale(&row.features())))
        .collect();
    let ceiling = Ceiling::measure(later, &scores);
    Ok(Fitted {
        model: LogisticOutcome {
            scaler,
            refused,
            kinds: heads,
            ceiling: ceiling.value,
        },
        earlier_rows: earlier.len(),
        later_rows: later.len(),
        lines,
        ceiling,
    })
}

/// Shares by class, if there are enough to tell refused from accepted ones.
fn enough(
    earlier: &[OutcomeRow],
    settings: &OutcomeSettings,
) -> Result<[usize; OutcomeClass::ALL.len()], CannotLearn> {
    let mut counts = [0; OutcomeClass::ALL.len()];
    for row in earlier {
        counts[row.class.index()] += 1;
    }
    let accepted = counts[OutcomeClass::Accepted.index()];
    let refused = earlier.len() - accepted;
    let needed = settings.class_min.max(1);
    if refused < needed {
        return Err(CannotLearn::TooFewRefused {
            refused,
            rows: earlier.len(),
            needed,
        });
    }
    if accepted < needed {
        return Err(CannotLearn::TooFewAccepted {
            accepted,
            rows: earlier.len(),
            needed,
        });
    }
    Ok(counts)
}

struct Training<'a> {
    earlier: &'a [OutcomeRow],
    later: &'a [OutcomeRow],
    scaler: &'a Scaler,
    settings: &'a OutcomeSettings,
    warm: Option<&'a LogisticOutcome>,
}

impl Training<'_> {
    /// A line, calibrated on the later rows.
    fn line(
        &self,
        name: &'static str,
        seed: u64,
        inside: impl Fn(&OutcomeRow) -> bool,
        before: Option<&Head>,
    ) -> Result<Head, CannotLearn> {
        let Sample {
            examples,
            intercept_excess,
        } = Sample::choose(self.earlier, self.scaler, self.settings, seed, &inside);
        let start = self.warm.zip(before).and_then(|(warm, head)| {
            let mut line = head.start(&warm.scaler, self.scaler)?;
            line.intercept += intercept_excess;
            Some(line)
        });
        let rows = examples.inside.len();
        let mut line = self
            .solution(&examples, start)
            .map_err(|why| CannotLearn::NoSolution {
                head: name,
                rows,
                why,
            })?;
        line.intercept -= intercept_excess;
        for (feature, weight) in line.weights.iter_mut().enumerate() {
            if self.scaler.is_constant(feature) {
                *weight = 0.0;
            }
        }
        let mut head = Head::of_line(&line);
        let later: Vec<(f64, bool)> = self
            .later
            .iter()
            .map(|row| {
                let scaled = self.scaler.scale(&row.features());
                (head.raw_log_odds(&scaled), inside(row))
            })
            .collect();
        if let Head::Line { calibration, .. } = &mut head {
            *calibration = calibrate(&later);
        }
        Ok(head)
    }
    /// The best line, from one that is near it: an older one, or one for a few of the shares.
    fn solution(&self, examples: &Examples, older: Option<Line>) -> Result<Line, String> {
        let OutcomeSettings {
            penalty,
            gain,
            steps,
            first_steps,
            ..
        } = *self.settings;
        let start = match older {
            Some(line) => line,
            None => {
                let part = examples.inside.len().div_ceil(FIRST);
                near(examples.every(part), penalty, first_steps)
                    // What was left out may be all of one kind.
                    .or_else(|_| near(examples.every(1), penalty, first_steps))?
            }
        };
        let effort = Effort {
            penalty,
            gain,
            steps,
        };
        let line = finish(examples, effort, &start);
        if line.intercept.is_finite() && line.weights.iter().all(|weight| weight.is_finite()) {
            Ok(line)
        } else {
            Err("its weights are no numbers".to_owned())
        }
    }
}
