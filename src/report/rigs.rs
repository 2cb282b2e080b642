//! Rig by rig.

use std::collections::BTreeMap;

use serde::Serialize;
use zartrux_models::ledger::{Cell, HashRate, Names, ShareEntry};
use zartrux_models::share::{RefusalReason, RigKey};
use zartrux_models::stratum::ErrorClass;

use super::Measured;

/// Rigs, those with the most work first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Rigs {
    /// Those with the most work.
    pub(crate) listed: Vec<RigLine>,
    /// All others together.
    pub(crate) others: Option<RigSum>,
    /// Why rigs have no names, where they have none.
    pub(crate) names: Measured<()>,
    /// Whether the journal was read for quarantines.
    pub(crate) journal_read: bool,
}

/// A rig.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct RigLine {
    /// Its 16 hex digits.
    pub(crate) key: String,
    /// How it calls itself, as it is stored: anything at all.
    pub(crate) name: Option<String>,
    /// Its counts.
    pub(crate) sum: RigSum,
    /// Hashes per second by its good shares over the whole span, pauses included.
    pub(crate) hash_rate: Option<Interval>,
    /// How often it was put in quarantine in the span.
    pub(crate) quarantines: u64,
}

/// Counts of a rig or of several.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct RigSum {
    /// How many rigs; a lower bound of those that there was no room to tell apart.
    pub(crate) rigs: u64,
    /// Shares that ended.
    pub(crate) shares: u64,
    /// Accepted or credited.
    pub(crate) good: u64,
    /// Accepted, credited, rejected or refused: of the others nobody said whether they were good.
    pub(crate) judged: u64,
    /// Good over judged, with its Wilson interval of 95 %.
    pub(crate) good_part: Option<Interval>,
    /// Rejected as stale.
    pub(crate) stale: u64,
    /// Refused for a wrong result.
    pub(crate) invalid: u64,
    /// Hashes that the good shares stand for.
    pub(crate) work: u64,
}

/// A number and between which it lies with 95 %.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Interval {
    /// As measured.
    pub(crate) value: f64,
    /// Not less.
    pub(crate) low: f64,
    /// Not more.
    pub(crate) high: f64,
}

/// What the journal says of rigs: how often each was put in quarantine.
pub(crate) type JournalSaid = BTreeMap<RigKey, u64>;

/// Counts rigs as their shares come.
#[derive(Debug)]
pub(super) struct RigCounts {
    rigs: BTreeMap<RigKey, Cell>,
    most: usize,
    /// Of rigs that there was no room for.
    beyond: Cell,
}

impl RigCounts {
    pub(super) fn new(most: usize) -> Self {
        Self {
            rigs: BTreeMap::new(),
            most: most.max(1),
            beyond: Cell::default(),
        }
    }

    pub(super) fn take(&mut self, entry: &ShareEntry) {
        if self.rigs.len() >= self.most && !self.rigs.contains_key(&entry.rig) {
            self.beyond.add(entry);
            return;
        }
        self.rigs.entry(entry.rig).or_default().add(entry);
    }

    pub(super) fn rigs(&self) -> u64 {
        self.rigs.len() as u64
    }

    pub(super) fn uncounted(&self) -> u64 {
        self.beyond.shares()
    }

    /// The keys of those to list, those with the most work first.
    pub(super) fn greatest(&self, listed: usize) -> Vec<RigKey> {
        let mut order: Vec<(u64, u64, RigKey)> = self
            .rigs
            .iter()
            .map(|(key, cell)| (cell.work_asked, cell.shares(), *key))
            .collect();
        order.sort_by(|a, b| (b.0, b.1, a.2).cmp(&(a.0, a.1, b.2)));
        order.truncate(listed);
        order.into_iter().map(|(_, _, key)| key).collect()
    }

    pub(super) fn finish(
        self,
        listed: &[RigKey],
        span_ms: u64,
        names: Measured<&BTreeMap<RigKey, Names>>,
        journal: Option<&JournalSaid>,
    ) -> Rigs {
        let mut rest = self.rigs;
        let mut lines = Vec::new();
        for key in listed {
            let Some(cell) = rest.remove(key) else {
                continue;
            };
            let quarantines = journal.and_then(|said| said.get(key).copied());
            let rate = HashRate::from_shares(&cell, span_ms, 0.95);
            lines.push(RigLine {
                key: format!("{key}"),
                name: names
                    .as_ref()
                    .ok()
                    .and_then(|names| names.get(key))
                    .and_then(called),
                sum: RigSum::of(&cell, 1),
                hash_rate: rate.map(|rate| Interval {
                    value: rate.per_second,
                    low: rate.low,
                    high: rate.high,
                }),
                quarantines: quarantines.unwrap_or(0),
            });
        }
        let mut sum = self.beyond;
        let count = rest.len() as u64 + u64::from(sum.shares() > 0);
        for cell in rest.values() {
            sum.merge(cell);
        }
        Rigs {
            listed: lines,
            others: (count > 0).then(|| RigSum::of(&sum, count)),
            names: names.map(|_| ()),
            journal_read: journal.is_some(),
        }
    }
}

/// Its own name, or what it logs in as.
fn called(names: &Names) -> Option<String> {
    [&names.rig_id, &names.user]
        .into_iter()
        .find(|name| !name.is_empty())
        .map(|name| name.to_string())
}

impl RigSum {
    fn of(cell: &Cell, rigs: u64) -> Self {
        let good = cell.good();
        let judged = good + cell.rejected.iter().sum::<u64>() + cell.refused.iter().sum::<u64>();
        let invalid = RefusalReason::ALL
            .iter()
            .zip(cell.refused)
            .filter(|(reason, _)| **reason == RefusalReason::InvalidResult)
            .map(|(_, count)| count)
            .sum();
        Self {
            rigs,
            shares: cell.shares(),
            good,
            judged,
            good_part: wilson(good, judged),
            stale: cell.rejected[ErrorClass::Stale.index()],
            invalid,
            work: cell.work_asked,
        }
    }
}

/// A part of so many with its interval of 95 % (E. B. Wilson, JASA 22, 1927); none of nothing.
pub(super) fn wilson(part: u64, all: u64) -> Option<Interval> {
    const Z: f64 = 1.959_963_984_540_054;
    if all == 0 {
        return None;
    }
    let (part, all) = (real(part), real(all));
    let value = part / all;
    let scale = 1.0 + Z * Z / all;
    let middle = (value + Z * Z / (2.0 * all)) / scale;
    let reach = Z * (value * (1.0 - value) / all + Z * Z / (4.0 * all * all)).sqrt() / scale;
    Some(Interval {
        value,
        low: (middle - reach).max(0.0).min(value),
        high: (middle + reach).min(1.0).max(value),
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of shares are far below 2^53"
)]
pub(super) const fn real(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilsons_interval_is_that_of_the_textbook() {
        assert_eq!(wilson(0, 0), None);
        let half = wilson(5, 10).unwrap();
        // R: prop.test(5, 10, correct = FALSE)
        assert!((half.low - 0.236_593).abs() < 1e-5 && (half.high - 0.763_407).abs() < 1e-5);
        let all = wilson(20, 20).unwrap();
        assert!((all.high - 1.0).abs() < 1e-12 && all.low > 0.83 && all.low < 0.84);
    }
}
