//! How memory grows with the miners: a straight line through what was measured.

use serde::{Deserialize, Serialize};

use super::Row;
use crate::bench::{
    figure::{Kind, Label},
    stats::count,
};

/// The figure that the line goes through.
pub(crate) const WHOLE_PROCESS: &str = "resident memory of the whole process";

/// A line by least squares, `intercept + slope * x`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Line {
    /// What each unit of x adds.
    pub(crate) slope: f64,
    /// The value at x = 0.
    pub(crate) intercept: f64,
    /// How far the point that is farthest from the line is from it.
    pub(crate) farthest: f64,
}

impl Line {
    /// The line through points; `None` for fewer than three: two are always on a line, which says
    /// nothing.
    pub(crate) fn through(points: &[(f64, f64)]) -> Option<Self> {
        if points.len() < 3 {
            return None;
        }
        let number = count(points.len());
        let mean_x = points.iter().map(|(x, _)| x).sum::<f64>() / number;
        let mean_y = points.iter().map(|(_, y)| y).sum::<f64>() / number;
        let spread = points
            .iter()
            .map(|(x, _)| (x - mean_x).powi(2))
            .sum::<f64>();
        if spread <= 0.0 {
            return None;
        }
        let slope = points
            .iter()
            .map(|(x, y)| (x - mean_x) * (y - mean_y))
            .sum::<f64>()
            / spread;
        let mut line = Self {
            slope,
            intercept: slope.mul_add(-mean_x, mean_y),
            farthest: 0.0,
        };
        line.farthest = points
            .iter()
            .map(|(x, y)| (y - line.at(*x)).abs())
            .fold(0.0, f64::max);
        Some(line)
    }

    /// The line's value at `x`.
    pub(crate) fn at(&self, x: f64) -> f64 {
        self.slope.mul_add(x, self.intercept)
    }
}

/// A proxy's memory against the number of its miners.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Growth {
    /// Which proxy.
    pub(crate) subject: String,
    /// KiB that a miner adds.
    pub(crate) kib_per_miner: f64,
    /// MiB of a proxy without miners, as the line has it.
    pub(crate) mib_without_miners: f64,
    /// MiB by which the farthest measurement is off the line.
    pub(crate) farthest_mib: f64,
    /// The smallest farm measured.
    pub(crate) from: usize,
    /// The largest.
    pub(crate) to: usize,
}

impl Growth {
    /// The line of each proxy that was measured with three sizes of a farm at least: by the medians.
    pub(crate) fn of(rows: &[Row]) -> Vec<Self> {
        let mut subjects: Vec<&str> = Vec::new();
        for row in rows {
            if !subjects.contains(&row.subject.as_str()) {
                subjects.push(&row.subject);
            }
        }
        let of_subject = |subject: &&str| {
            let mut sizes: Vec<(usize, f64)> = rows
                .iter()
                .filter(|row| row.subject == *subject && is_memory(&row.label))
                .map(|row| (row.label.miners, row.spread.median))
                .collect();
            sizes.sort_by_key(|(miners, _)| *miners);
            let points: Vec<(f64, f64)> = sizes
                .iter()
                .map(|(miners, mib)| (count(*miners), *mib))
                .collect();
            let line = Line::through(&points)?;
            Some(Self {
                subject: (*subject).to_owned(),
                kib_per_miner: line.slope * 1024.0,
                mib_without_miners: line.intercept,
                farthest_mib: line.farthest,
                from: sizes.first()?.0,
                to: sizes.last()?.0,
            })
        };
        subjects.iter().filter_map(of_subject).collect()
    }

    /// MiB at so many miners, if it goes on like this.
    pub(crate) fn at(&self, miners: f64) -> f64 {
        (self.kib_per_miner / 1024.0).mul_add(miners, self.mib_without_miners)
    }
}

fn is_memory(label: &Label) -> bool {
    label.kind == Kind::Proxy && label.workload == "idle" && label.figure == WHOLE_PROCESS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{figure::Figures, machine::Machine, report::Document};

    #[test]
    fn a_line_through_points_of_a_line_is_that_line() {
        let line = Line::through(&[(1.0, 5.0), (2.0, 7.0), (4.0, 11.0)]).unwrap();
        assert!((line.slope - 2.0).abs() < 1e-9 && (line.intercept - 3.0).abs() < 1e-9);
        assert!(line.farthest < 1e-9);
        let bent = Line::through(&[(0.0, 0.0), (1.0, 3.0), (2.0, 0.0)]).unwrap();
        assert!((bent.slope).abs() < 1e-9 && (bent.farthest - 2.0).abs() < 1e-9);
    }

    #[test]
    fn too_few_points_or_one_size_make_no_line() {
        assert_eq!(Line::through(&[(1.0, 1.0), (2.0, 2.0)]), None);
        assert_eq!(Line::through(&[(1.0, 1.0), (1.0, 2.0), (1.0, 3.0)]), None);
    }

    #[test]
    fn the_memory_of_each_proxy_is_a_line_over_the_sizes_it_was_measured_with() {
        let mut document = Document::new(String::new(), None, Machine::read(), 1);
        for (miners, mib) in [(4_096, 14.0), (1_024, 11.0), (2_048, 12.0)] {
            let mut figures = Figures::of("idle", miners);
            figures.proxy(WHOLE_PROCESS, "MiB", mib);
            document.add("zartrux", figures);
            let mut figures = Figures::of("fan-out", miners);
            figures.proxy(WHOLE_PROCESS, "MiB", 900.0);
            document.add("other", figures);
        }
        let growth = document.growth();
        assert_eq!(growth.len(), 1);
        let zartrux = &growth[0];
        assert_eq!((zartrux.from, zartrux.to), (1_024, 4_096));
        assert!((zartrux.kib_per_miner - 1.0).abs() < 1e-9, "{zartrux:?}");
        assert!((zartrux.at(102_400.0) - 110.0).abs() < 1e-6, "{zartrux:?}");
    }
}
