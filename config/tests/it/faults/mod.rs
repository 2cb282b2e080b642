//! Every fault names its key and line, and all of them come at once.

mod keys;
mod report;
mod values;

use zartrux_config::{Faults, Overrides, Place, Settings};

const POOL: &str = "[[pool]]\nurl = \"stratum+tcp://pool.example:3333\"\nuser = \"wallet\"\n";

fn faults(text: &str) -> Faults {
    Settings::from_toml(text, &Overrides::default()).expect_err(text)
}

fn lines(text: &str) -> Vec<String> {
    faults(text)
        .to_string()
        .lines()
        .map(str::to_owned)
        .collect()
}

/// The text has this one fault, on this line, with this key and this part of a sentence.
fn one_fault(text: &str, line: usize, key: &str, sentence: &str) {
    let faults = faults(text);
    assert_eq!(faults.len(), 1, "{text:?}: {faults}");
    for fault in &faults {
        assert_eq!(fault.place(), Place::Line(line), "{text:?}: {faults}");
        assert_eq!(fault.key(), Some(key), "{text:?}: {faults}");
        assert!(fault.message().contains(sentence), "{text:?}: {faults}");
    }
}
