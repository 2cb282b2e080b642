//! The report: figures of all runs, as a document and as a table.

mod command;
mod line;
pub(crate) mod number;
pub(crate) mod table;

use std::{fs, path::Path};

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

use super::{
    figure::{Figures, Kind, Label, PERCENT_OF_CORE},
    machine::Machine,
    stats::{Spread, count},
};
use crate::build_facts::{UNKNOWN, build_facts};

pub(crate) use command::told;
pub(crate) use line::{Growth, WHOLE_PROCESS};

/// The layout of the document; a reader refuses any other.
const SCHEMA: u32 = 1;

/// Percent of a core from which on the generator itself may be what limits a rate.
const NEARLY_A_CORE: f64 = 85.0;

/// One figure of one proxy over all runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row {
    /// Which proxy.
    pub(crate) subject: String,
    /// Which figure.
    #[serde(flatten)]
    pub(crate) label: Label,
    /// Its spread.
    #[serde(flatten)]
    pub(crate) spread: Spread,
    /// Its value in each run.
    pub(crate) values: Vec<f64>,
}

/// All that one command measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Document {
    schema: u32,
    /// The generator's version.
    pub(crate) version: String,
    /// The commit it was built from, 40 hex digits; none in old reports and where it is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) commit: Option<String>,
    /// Whether the source had changes that are in no commit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) dirty: bool,
    /// The command's arguments.
    pub(crate) command: String,
    /// The day, if the caller gave one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) date: Option<String>,
    pub(crate) machine: Machine,
    /// Runs asked for.
    pub(crate) runs: u32,
    /// Lanes of the proxy; none in old reports, and where no proxy was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lanes: Option<u16>,
    /// How memory grows with the miners.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    growth: Vec<Growth>,
    pub(crate) figures: Vec<Row>,
}

impl Document {
    /// A document without figures.
    pub(crate) fn new(command: String, date: Option<String>, machine: Machine, runs: u32) -> Self {
        let facts = build_facts();
        Self {
            schema: SCHEMA,
            version: facts.version.to_owned(),
            commit: (facts.commit != UNKNOWN).then(|| facts.commit.to_owned()),
            dirty: facts.dirty.unwrap_or(false),
            command,
            date,
            machine,
            runs,
            lanes: None,
            growth: Vec::new(),
            figures: Vec::new(),
        }
    }

    /// The same of a proxy with so many lanes.
    pub(crate) fn with_lanes(mut self, lanes: u16) -> Self {
        self.lanes = Some(lanes);
        self
    }

    /// How memory grows with the miners, by what was measured so far.
    pub(crate) fn growth(&self) -> Vec<Growth> {
        Growth::of(&self.figures)
    }

    /// The spread of a figure of a proxy.
    pub(crate) fn spread(
        &self,
        subject: &str,
        (workload, miners, figure): (&str, usize, &str),
    ) -> Option<Spread> {
        let is_it = |row: &&Row| {
            row.subject == subject
                && row.label.kind == Kind::Proxy
                && row.label.workload == workload
                && row.label.miners == miners
                && row.label.figure == figure
        };
        self.figures.iter().find(is_it).map(|row| row.spread)
    }

    /// Reads the document of an earlier run.
    ///
    /// # Errors
    /// When the file cannot be read or is no such document.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let name = path.display();
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
        let document: Self = serde_json::from_str(&text)
            .with_context(|| format!("{name} is not a report of this command"))?;
        if document.schema != SCHEMA {
            bail!("{name} has schema {}, expected {SCHEMA}", document.schema);
        }
        Ok(document)
    }

    /// Writes the document.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let whole = Self {
            growth: self.growth(),
            ..self.clone()
        };
        let text = serde_json::to_string_pretty(&whole).context("the report")?;
        fs::write(path, text + "\n").with_context(|| format!("cannot write {}", path.display()))
    }

    /// Adds one run's figures of a proxy. A figure that run has no value for is left out.
    pub(crate) fn add(&mut self, subject: &str, figures: Figures) {
        for (label, value) in figures.into_list() {
            if !value.is_finite() {
                continue;
            }
            let row = self
                .figures
                .iter_mut()
                .find(|row| row.subject == subject && row.label == label);
            let (row, mut values) = match row {
                Some(row) => {
                    let values = std::mem::take(&mut row.values);
                    (Some(row), values)
                }
                None => (None, Vec::new()),
            };
            values.push(value);
            let Some(spread) = Spread::of(&values) else {
                continue;
            };
            if let Some(row) = row {
                (row.spread, row.values) = (spread, values);
            } else {
                self.figures.push(Row {
                    subject: subject.to_owned(),
                    label,
                    spread,
                    values,
                });
            }
        }
    }

    /// Promises that were broken, in words.
    pub(crate) fn broken_promises(&self) -> Vec<String> {
        self.figures
            .iter()
            .filter(|row| row.label.kind == Kind::MustBeZero && row.spread.max > 0.0)
            .map(|row| {
                let Label {
                    workload,
                    miners,
                    figure,
                    ..
                } = &row.label;
                let most = number::show(row.spread.max);
                format!(
                    "{}, {workload}, {miners} miners: {figure}: up to {most}",
                    row.subject
                )
            })
            .collect()
    }

    /// Whether the generator had little time left in any run.
    pub(crate) fn generator_was_the_limit(&self) -> bool {
        self.figures.iter().any(|row| {
            row.label.kind == Kind::Generator
                && row.label.unit == PERCENT_OF_CORE
                && row.spread.max > NEARLY_A_CORE
        })
    }

    /// The report as text; `earlier` stands beside it.
    pub(crate) fn render(&self, earlier: Option<&Self>) -> String {
        let Machine {
            cpu,
            cores,
            kernel,
            load_before,
            build,
            descriptors: _,
        } = &self.machine;
        let mut text = format!(
            "{}\nzartrux {}, {build} build; {cpu}, {cores} cores, Linux {kernel}, load before {load_before}{}\n\
             median of {} runs (min – max)\n\n",
            self.command,
            self.version,
            self.date
                .as_ref()
                .map(|d| format!("; {d}"))
                .unwrap_or_default(),
            self.runs,
        );
        if build == "debug" {
            text.push_str("A debug build: these figures say nothing about speed.\n\n");
        }
        text.push_str(&table::render(
            &self.figures,
            earlier.map(|e| e.figures.as_slice()),
        ));
        for growth in self.growth() {
            let of = |value: f64| number::show(value);
            text.push_str(&format!(
                "\n{}: memory from {} to {} miners, least squares: {} MiB and {} KiB a miner (the farthest \
                 point is {} MiB off).\n",
                growth.subject,
                of(count(growth.from)),
                of(count(growth.to)),
                of(growth.mib_without_miners),
                of(growth.kib_per_miner),
                of(growth.farthest_mib),
            ));
        }
        if self.generator_was_the_limit() {
            text.push_str(
                "\nThe generator was close to a full core: such rates are its limit, not the proxy's.\n",
            );
        }
        if let Some(earlier) = earlier {
            let Machine { cpu, kernel, .. } = &earlier.machine;
            let day = earlier.date.as_deref().unwrap_or("no date given");
            text.push_str(&format!(
                "\nearlier: {} ({day}; {cpu}, Linux {kernel}). Not measured side by side.\n",
                earlier.command
            ));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Document {
        let machine = Machine {
            cpu: "Some CPU".into(),
            cores: 2,
            kernel: "6.1".into(),
            load_before: "0.10".into(),
            build: "release".into(),
            descriptors: Some(20_000),
        };
        let mut document = Document::new("bench share".into(), None, machine, 3);
        for value in [3.5, 1.25, 2.5] {
            for (subject, factor) in [("zartrux", 1.0), ("xmrig-proxy", 10.0)] {
                let mut figures = Figures::of("share, 1000/s", 1_000);
                figures.proxy("CPU per share", "µs", value * factor);
                figures.proxy("never measured", "µs", f64::NAN);
                figures.must_be_zero("shares refused", usize::from(value > 3.0 && factor > 1.0));
                document.add(subject, figures);
            }
        }
        document
    }

    #[test]
    fn runs_of_the_same_figure_become_one_row_with_its_spread() {
        let document = document();
        assert_eq!(document.figures.len(), 4);
        let row = &document.figures[0];
        assert_eq!(row.values, [3.5, 1.25, 2.5]);
        assert_eq!(
            row.spread,
            Spread {
                median: 2.5,
                min: 1.25,
                max: 3.5
            }
        );
    }

    #[test]
    fn a_document_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("figures.json");
        document().write(&path).unwrap();
        assert_eq!(Document::read(&path).unwrap(), document());
    }

    #[test]
    fn a_file_that_is_no_report_is_refused_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other.json");
        fs::write(&path, "{}").unwrap();
        assert!(
            Document::read(&path)
                .unwrap_err()
                .to_string()
                .contains("other.json")
        );
        let mut future = document();
        future.schema = 99;
        future.write(&path).unwrap();
        assert!(
            Document::read(&path)
                .unwrap_err()
                .to_string()
                .contains("schema 99")
        );
    }

    #[test]
    fn a_promise_broken_in_one_run_is_told_with_whose_it_was() {
        let broken = document().broken_promises();
        assert_eq!(broken.len(), 1);
        assert!(
            broken[0].starts_with("xmrig-proxy, share, 1000/s"),
            "{}",
            broken[0]
        );
    }

    #[test]
    fn a_generator_at_its_limit_is_owned_up_to() {
        let mut document = document();
        assert!(!document.render(None).contains("generator was close"));
        let mut figures = Figures::of("saturate", 1_000);
        figures.generator("busy", PERCENT_OF_CORE, 93.0);
        document.add("zartrux", figures);
        assert!(document.render(None).contains("generator was close"));
    }

    #[test]
    fn the_text_shows_both_proxies_and_an_earlier_report_beside_them() {
        let text = document().render(Some(&document()));
        let line = text.lines().find(|l| l.contains("CPU per share")).unwrap();
        assert!(line.contains("2.50 (1.25 – 3.50)"), "{line}");
        assert_eq!(line.matches("25 (12.5 – 35)").count(), 2, "{line}");
        assert!(text.contains("zartrux, earlier"));
        assert!(text.contains("Not measured side by side"));
    }
}
