//! `zartrux data stats`: what is in the ledger, day by day.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::ControlFlow;

use anyhow::Result;
use zartrux_actors::store::ledger::{Day, LedgerReader};
use zartrux_models::ledger::rows::written_time;
use zartrux_models::ledger::{Outcome, ShareEntry};

use super::Place;
use super::reading::{Told, each_share};
use crate::console::say;
use crate::node::ExitCode;

pub(super) fn stats(place: &Place) -> Result<ExitCode> {
    if !place.is_there() {
        return Ok(ExitCode::Failed);
    }
    let reader = LedgerReader::new(&place.folders.shares);
    let volumes = reader.volumes();
    let mut table = Table::default();
    for volume in &volumes {
        table.day(volume.day).bytes += reader.bytes(*volume);
    }
    let mut damage = Told::default();
    each_share(&reader, &volumes, &mut damage, |volume, share| {
        table.day(volume.day).add(&share);
        ControlFlow::Continue(())
    })?;
    say(&table);
    damage.finish("places that can't be read");
    Ok(if damage.count() == 0 {
        ExitCode::Done
    } else {
        ExitCode::Failed
    })
}

/// What was counted of a day: of the volumes that were begun on it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct DayStats {
    accepted: u64,
    rejected: u64,
    credited: u64,
    refused: u64,
    /// Unanswered, held or undeliverable.
    other: u64,
    imported: u64,
    bytes: u64,
    /// When its first and its last share ended, those that were imported aside.
    ends: Option<(u64, u64)>,
}

impl DayStats {
    fn add(&mut self, share: &ShareEntry) {
        let counter = match share.outcome {
            Outcome::Accepted => &mut self.accepted,
            Outcome::Rejected { .. } => &mut self.rejected,
            Outcome::Credited => &mut self.credited,
            Outcome::Refused(_) => &mut self.refused,
            Outcome::Unanswered | Outcome::Held | Outcome::Undeliverable => &mut self.other,
        };
        *counter += 1;
        if share.flags.imported {
            self.imported += 1;
        } else {
            self.note((share.unix_ms, share.unix_ms));
        }
    }

    fn note(&mut self, (first, last): (u64, u64)) {
        self.ends = Some(
            self.ends
                .map_or((first, last), |(from, to)| (from.min(first), to.max(last))),
        );
    }

    fn join(&mut self, other: &Self) {
        self.accepted += other.accepted;
        self.rejected += other.rejected;
        self.credited += other.credited;
        self.refused += other.refused;
        self.other += other.other;
        self.imported += other.imported;
        self.bytes += other.bytes;
        if let Some(ends) = other.ends {
            self.note(ends);
        }
    }

    const fn shares(&self) -> u64 {
        self.accepted + self.rejected + self.credited + self.refused + self.other
    }
}

/// Days one below another, and their sum.
#[derive(Debug, Default)]
struct Table(BTreeMap<Day, DayStats>);

impl Table {
    fn day(&mut self, day: Day) -> &mut DayStats {
        self.0.entry(day).or_default()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<10} {:>11} {:>11} {:>9} {:>11} {:>9} {:>9} {:>9} {:>13} {:>7}  {:<24}  last share",
            "day",
            "shares",
            "accepted",
            "rejected",
            "credited",
            "refused",
            "other",
            "imported",
            "bytes",
            "each",
            "first share"
        )?;
        let mut total = DayStats::default();
        for (day, stats) in &self.0 {
            row(f, &day.to_string(), stats)?;
            writeln!(f)?;
            total.join(stats);
        }
        row(f, "total", &total)
    }
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, day: &DayStats) -> fmt::Result {
    let each = match day.bytes.checked_div(day.shares()) {
        Some(each) => each.to_string(),
        None => "-".to_owned(),
    };
    let (first, last) = match day.ends {
        Some((first, last)) => (written_time(first), written_time(last)),
        None => ("-".to_owned(), "-".to_owned()),
    };
    write!(
        f,
        "{name:<10} {:>11} {:>11} {:>9} {:>11} {:>9} {:>9} {:>9} {:>13} {each:>7}  {first:<24}  {last}",
        day.shares(),
        day.accepted,
        day.rejected,
        day.credited,
        day.refused,
        day.other,
        day.imported,
        day.bytes,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_stand_one_below_another_with_their_sum() {
        let mut table = Table::default();
        *table.day(Day(20_000)) = DayStats {
            accepted: 10,
            credited: 90,
            bytes: 9_000,
            ends: Some((1_728_000_000_000, 1_728_000_060_000)),
            ..DayStats::default()
        };
        *table.day(Day(20_001)) = DayStats {
            refused: 100,
            imported: 100,
            bytes: 11_000,
            ..DayStats::default()
        };
        let text = table.to_string();
        let cells: Vec<Vec<&str>> = text
            .lines()
            .map(|line| line.split_whitespace().collect())
            .collect();
        let begin = "2024-10-04T00:00:00.000Z";
        let end = "2024-10-04T00:01:00.000Z";
        let expected = [
            vec![
                "2024-10-04",
                "100",
                "10",
                "0",
                "90",
                "0",
                "0",
                "0",
                "9000",
                "90",
                begin,
                end,
            ],
            vec![
                "2024-10-05",
                "100",
                "0",
                "0",
                "0",
                "100",
                "0",
                "100",
                "11000",
                "110",
                "-",
                "-",
            ],
            vec![
                "total", "200", "10", "0", "90", "100", "0", "100", "20000", "100", begin, end,
            ],
        ];
        assert_eq!(cells[1..], expected);
    }

    #[test]
    fn an_empty_ledger_has_a_sum_of_nothing() {
        assert!(Table::default().to_string().lines().count() == 2);
    }
}
