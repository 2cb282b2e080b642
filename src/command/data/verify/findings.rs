//! What was found that is not as it should be.

use std::collections::BTreeMap;
use std::fmt::Display;

use zartrux_actors::store::ledger::Volume;

use crate::console::say;

/// Faults, and what is odd and costs nothing.
#[derive(Debug, Default)]
pub(super) struct Findings {
    faults: Texts,
    notes: Texts,
    /// Volumes with a fault, and the first of each.
    pub(super) damaged: BTreeMap<Volume, String>,
    /// Whether the state is to be made anew.
    pub(super) state_is_damaged: bool,
}

/// The first texts of a sort, and how many there were.
#[derive(Debug, Default)]
struct Texts {
    first: Vec<String>,
    count: u64,
}

impl Texts {
    const KEPT: usize = 100;

    fn add(&mut self, text: String) {
        self.count += 1;
        if self.first.len() < Self::KEPT {
            self.first.push(text);
        }
    }

    fn tell(&self, what: &str) {
        for text in &self.first {
            say(&format_args!("{what}: {text}"));
        }
        let more = self.count - self.first.len() as u64;
        if more > 0 {
            say(&format_args!("{what}: and {more} more"));
        }
    }
}

impl Findings {
    pub(super) fn fault(&mut self, what: &impl Display) {
        self.faults.add(what.to_string());
    }

    pub(super) fn fault_of(&mut self, volume: Volume, what: &impl Display) {
        self.damaged
            .entry(volume)
            .or_insert_with(|| what.to_string());
        self.fault(what);
    }

    pub(super) fn note(&mut self, what: &impl Display) {
        self.notes.add(what.to_string());
    }

    pub(super) const fn faults(&self) -> u64 {
        self.faults.count
    }

    /// Tells everything, and how it stands as a whole.
    pub(super) fn tell(&self) {
        self.notes.tell("note");
        self.faults.tell("fault");
        match self.faults() {
            0 => say(&"whole"),
            1 => say(&"1 fault"),
            count => say(&format_args!("{count} faults")),
        }
    }
}
