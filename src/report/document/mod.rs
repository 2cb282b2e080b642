//! A report in words, tables and pictures: what a page and a text both show.

mod difficulty;
mod figures;
mod learnt;
mod rig_map;
mod shares;

use super::Report;
use super::plots::Plot;

/// A report, ready to be written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Document {
    pub(super) title: &'static str,
    pub(super) sections: Vec<Section>,
}

/// A part with a heading.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) blocks: Vec<Block>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Block {
    Words(String),
    Table(Table),
    /// What a text has no room for; its figures stand in a table or in words besides.
    Plot(Plot),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Table {
    pub(super) caption: String,
    pub(super) head: Vec<Column>,
    pub(super) rows: Vec<Vec<String>>,
    /// A page shows it when asked to.
    pub(super) folded: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    /// Aligned to the right.
    pub(super) is_number: bool,
}

impl Table {
    /// Columns whose names begin with "#" hold numbers.
    fn new(caption: impl Into<String>, head: &[&str]) -> Self {
        let column = |name: &&str| match name.strip_prefix('#') {
            Some(name) => Column {
                name: name.to_owned(),
                is_number: true,
            },
            None => Column {
                name: (*name).to_owned(),
                is_number: false,
            },
        };
        Self {
            caption: caption.into(),
            head: head.iter().map(column).collect(),
            rows: Vec::new(),
            folded: false,
        }
    }

    fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    const fn folded(mut self) -> Self {
        self.folded = true;
        self
    }
}

impl Section {
    const fn new(title: &'static str) -> Self {
        Self {
            title,
            blocks: Vec::new(),
        }
    }

    fn words(&mut self, words: impl Into<String>) {
        self.blocks.push(Block::Words(words.into()));
    }

    fn table(&mut self, table: Table) {
        self.blocks.push(Block::Table(table));
    }

    fn plot(&mut self, plot: Plot) {
        self.blocks.push(Block::Plot(plot));
    }
}

impl Document {
    pub(crate) fn of(report: &Report) -> Self {
        Self {
            title: "Zartrux report",
            sections: vec![
                shares::coverage(&report.coverage),
                shares::funnel(&report.funnel),
                shares::rigs(&report.rigs),
                shares::bytes(&report.bytes, &report.rigs),
                rig_map::rig_map(&report.map),
                learnt::outcome(&report.outcome),
                learnt::drift(&report.drift),
                learnt::lift(&report.lift),
                difficulty::difficulty(report.difficulty.as_ref()),
            ],
        }
    }
}
