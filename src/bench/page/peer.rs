//! The peer's figures: as they were published, or as they were measured in turn with ours.

use std::{fs, path::Path};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::bench::stats::Spread;

/// The subject that a report has if the peer was measured in turn with this program.
pub(super) const MEASURED: &str = "xmrig-proxy";

const SCHEMA: u32 = 1;

/// Figures that somebody published.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Published {
    schema: u32,
    /// The program and its version.
    pub(super) name: String,
    /// Where the figures come from.
    pub(super) provenance: String,
    /// How it was built and set.
    pub(super) setup: String,
    /// On what machine.
    pub(super) machine: String,
    /// Runs that the spreads are over.
    pub(super) runs: u32,
    figures: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    workload: String,
    miners: usize,
    figure: String,
    #[expect(dead_code, reason = "for whoever reads the file; ours has it too")]
    unit: String,
    median: f64,
    min: f64,
    max: f64,
}

impl Published {
    /// Reads the file.
    ///
    /// # Errors
    /// When it cannot be read or holds something else.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let name = path.display();
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
        let published: Self = serde_json::from_str(&text)
            .with_context(|| format!("{name} does not hold a peer's figures"))?;
        if published.schema != SCHEMA {
            bail!("{name} has schema {}, expected {SCHEMA}", published.schema);
        }
        for entry in &published.figures {
            let Entry {
                median, min, max, ..
            } = entry;
            if !(min <= median && median <= max) {
                bail!(
                    "{name}: {}, {} miners, {}: the median is not between the extremes",
                    entry.workload,
                    entry.miners,
                    entry.figure
                );
            }
        }
        Ok(published)
    }

    /// The spread of a figure. A workload of several forms was published as one: what stands before
    /// the comma is its name.
    pub(super) fn spread(&self, (workload, miners, figure): (&str, usize, &str)) -> Option<Spread> {
        let whole = workload.split(',').next().unwrap_or(workload);
        let of = |workload: &str| {
            let is_it = |entry: &&Entry| {
                entry.workload == workload && entry.miners == miners && entry.figure == figure
            };
            self.figures.iter().find(is_it)
        };
        of(workload).or_else(|| of(whole)).map(|entry| Spread {
            median: entry.median,
            min: entry.min,
            max: entry.max,
        })
    }
}
