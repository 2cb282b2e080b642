//! The report: all figures as a document, and as Markdown.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::{Context as _, Result};
use serde::Serialize;

use super::figures::{BAD_AT_POOL, Figure, GroupFigures, PolicyFigures};
use super::table::{number, show, table};
use crate::bench::machine::Machine;

/// The layout of the document.
const SCHEMA: u32 = 1;

/// All that one command found.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Document {
    pub(super) schema: u32,
    /// This program's version.
    pub(super) version: &'static str,
    /// The command's arguments.
    pub(super) command: String,
    /// The day, if the caller gave one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) date: Option<String>,
    pub(super) machine: Machine,
    /// How long the simulation took, in seconds.
    pub(super) seconds: f64,
    pub(super) seeds: u64,
    pub(super) rigs: u32,
    pub(super) shares_per_rig: u32,
    /// Part of the shares that can be proved.
    pub(super) budget: f64,
    /// Seconds of proving that may be saved up.
    pub(super) burst_seconds: f64,
    pub(super) farms: Vec<FarmReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) honest: Option<HonestReport>,
}

/// What happened on one kind of farm.
#[derive(Clone, Debug, Serialize)]
pub(super) struct FarmReport {
    pub(super) farm: &'static str,
    pub(super) policies: Vec<PolicyFigures>,
    pub(super) groups: Vec<GroupFigures>,
    /// How many times as many bad shares each of nodejs-pool's schemes let through as ours, all at
    /// the budget.
    pub(super) times_fewer: Vec<Figure>,
}

/// What happened to honest rigs where there are no others.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct HonestReport {
    pub(super) shares: u64,
    pub(super) rigs: u64,
    pub(super) suspected: u64,
    pub(super) quarantined: u64,
}

impl Document {
    /// A document without farms.
    pub(super) fn new(args: &super::Filters, command: String, burst_seconds: f64) -> Self {
        Self {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            command,
            date: args.date.clone(),
            machine: Machine::read(),
            seconds: 0.0,
            seeds: args.seeds,
            rigs: args.rigs,
            shares_per_rig: args.shares,
            budget: args.budget,
            burst_seconds,
            farms: Vec::new(),
            honest: None,
        }
    }

    /// Writes the document.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self).context("the report")?;
        fs::write(path, text + "\n").with_context(|| format!("cannot write {}", path.display()))
    }

    /// The report as Markdown.
    pub(super) fn render(&self) -> String {
        let Machine {
            cpu,
            cores,
            kernel,
            build,
            ..
        } = &self.machine;
        let date = self
            .date
            .as_ref()
            .map(|d| format!("; {d}"))
            .unwrap_or_default();
        let mut text = format!(
            "`zartrux {}`\n\nzartrux {}, {build} build; {cpu}, {cores} cores, Linux {kernel}{date}. \
             {} seeds, {} rigs, {} shares each; {} s. Means over seeds with 95 % intervals. \
             The budget is {} % of the shares.\n",
            self.command,
            self.version,
            self.seeds,
            number(f64::from(self.rigs)),
            number(f64::from(self.shares_per_rig)),
            number(self.seconds),
            number(self.budget * 100.0),
        );
        for farm in &self.farms {
            farm.render(&mut text);
        }
        if let Some(honest) = &self.honest {
            honest.render(&mut text);
        }
        text
    }
}

impl PolicyFigures {
    /// Its name, with what it could prove.
    pub(super) fn title(&self) -> String {
        let limit = if self.limited { "budget" } else { "no limit" };
        format!("{}, {limit}", self.policy)
    }
}

impl FarmReport {
    fn render(&self, text: &mut String) {
        let (limited, free): (Vec<_>, Vec<_>) =
            self.policies.iter().partition(|policy| policy.limited);
        let _ = write!(text, "\n### Farm: {}\n\nAt the budget:\n\n", self.farm);
        text.push_str(&across(&limited, |policy| &policy.figures));
        text.push_str("\nTimes as many bad shares at the pool as ours:");
        for (place, times) in self.times_fewer.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            let _ = write!(text, "{comma} {} {}", times.name, show(times));
        }
        text.push_str(".\n\nWithout a limit:\n\n");
        text.push_str(&across(&free, |policy| &policy.figures));
        let _ = write!(text, "\n{BAD_AT_POOL}, at the budget, by group:\n\n");
        text.push_str(&across(&limited, |policy| &policy.bad_at_pool_by_group));
        text.push_str(
            "\nshares of a failing rig until a proof found it, at the budget, by group:\n\n",
        );
        text.push_str(&across(&limited, |policy| {
            &policy.shares_until_found_by_group
        }));
        text.push_str("\nwhat the rigs sent and what the filters said, whatever the policy:\n\n");
        let mut head = vec!["group", "rigs"];
        if let Some(group) = self.groups.first() {
            head.extend(group.figures.iter().map(|figure| figure.name));
        }
        let rows: Vec<Vec<String>> = self
            .groups
            .iter()
            .map(|group| {
                let mut row = vec![group.group.to_owned(), group.rigs.to_string()];
                row.extend(group.figures.iter().map(show));
                row
            })
            .collect();
        text.push_str(&table(&head, &rows));
    }
}

/// Figures as rows, policies as columns; a row without any value is left out.
fn across(policies: &[&PolicyFigures], figures: impl Fn(&PolicyFigures) -> &Vec<Figure>) -> String {
    let head: Vec<&str> = std::iter::once("")
        .chain(policies.iter().map(|policy| policy.policy))
        .collect();
    let rows: Vec<&Figure> = policies
        .first()
        .map(|policy| figures(policy).iter().collect())
        .unwrap_or_default();
    let lines: Vec<Vec<String>> = rows
        .iter()
        .enumerate()
        .map(|(place, row)| {
            let cells = policies
                .iter()
                .map(|policy| figures(policy).get(place).map_or_else(String::new, show));
            std::iter::once(row.name.to_owned()).chain(cells).collect()
        })
        .filter(|line: &Vec<String>| line.iter().skip(1).any(|cell| cell != "–"))
        .collect();
    table(&head, &lines)
}

impl HonestReport {
    fn render(&self, text: &mut String) {
        text.push_str("\n### Honest rigs only\n\n");
        let count = |n: u64| number(super::figures::float(n));
        text.push_str(&table(
            &["shares", "rigs", "ever suspect", "ever in quarantine"],
            &[vec![
                count(self.shares),
                count(self.rigs),
                count(self.suspected),
                count(self.quarantined),
            ]],
        ));
    }
}
