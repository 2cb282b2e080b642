//! What a workload measures: named figures with their units.

use serde::{Deserialize, Serialize};

/// The unit of how busy a process was.
pub(crate) const PERCENT_OF_CORE: &str = "% of a core";

/// What a figure is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// The proxy, seen from outside.
    Proxy,
    /// The generator itself: whether it was fast enough to be believed.
    Generator,
    /// A promise: anything but zero is a fault of the proxy.
    MustBeZero,
}

/// A figure's name, without a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Label {
    /// The workload.
    pub(crate) workload: String,
    /// How many miners took part.
    pub(crate) miners: usize,
    /// What was measured.
    pub(crate) figure: String,
    /// In what unit; empty for plain counts.
    pub(crate) unit: String,
    /// What it is about.
    pub(crate) kind: Kind,
}

/// The figures of one workload in one run.
#[derive(Debug)]
pub(crate) struct Figures {
    workload: String,
    miners: usize,
    list: Vec<(Label, f64)>,
}

impl Figures {
    /// No figure yet.
    pub(crate) fn of(workload: impl Into<String>, miners: usize) -> Self {
        Self {
            workload: workload.into(),
            miners,
            list: Vec::new(),
        }
    }

    /// Figures that another process has told.
    pub(crate) const fn of_list(list: Vec<(Label, f64)>) -> Self {
        Self {
            workload: String::new(),
            miners: 0,
            list,
        }
    }

    /// Adds a figure of the proxy.
    pub(crate) fn proxy(&mut self, figure: &str, unit: &str, value: f64) {
        self.push(Kind::Proxy, figure, unit, value);
    }

    /// Adds a figure of the generator.
    pub(crate) fn generator(&mut self, figure: &str, unit: &str, value: f64) {
        self.push(Kind::Generator, figure, unit, value);
    }

    /// Adds a count that must be zero.
    pub(crate) fn must_be_zero(&mut self, figure: &str, count: usize) {
        self.push(Kind::MustBeZero, figure, "", super::stats::count(count));
    }

    fn push(&mut self, kind: Kind, figure: &str, unit: &str, value: f64) {
        let label = Label {
            workload: self.workload.clone(),
            miners: self.miners,
            figure: figure.to_owned(),
            unit: unit.to_owned(),
            kind,
        };
        self.list.push((label, value));
    }

    /// Notes that miners used TLS: such figures are others than those without.
    pub(crate) fn by_tls(&mut self) {
        for (label, _) in &mut self.list {
            label.workload.push_str(", TLS");
        }
    }

    /// All of them, in the order they were added.
    pub(crate) fn into_list(self) -> Vec<(Label, f64)> {
        self.list
    }
}

#[cfg(test)]
impl Figures {
    /// The value of a figure by its name.
    pub(crate) fn value(&self, figure: &str) -> f64 {
        let found = self.list.iter().find(|(label, _)| label.figure == figure);
        found.unwrap_or_else(|| panic!("no figure {figure}")).1
    }
}
