//! What an unknown key may have been meant to be.

use strsim::damerau_levenshtein;

use crate::fault::Place;
use crate::value::shown;

/// Longer keys are nobody's typing error, and comparing them would take long.
const LONGEST: usize = 40;

/// A key that exists.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) section: &'static str,
    pub(super) key: &'static str,
}

/// A key that was written and does not exist.
pub(super) struct Unknown {
    /// None at the top of the file.
    pub(super) section: Option<&'static str>,
    pub(super) path: String,
    pub(super) name: String,
    pub(super) place: Place,
}

impl Unknown {
    /// The sentence for the operator.
    pub(super) fn message(&self, sections: &[&'static str], known: &[Known]) -> String {
        let Some(section) = self.section else {
            return self.message_at_top(sections, known);
        };
        let siblings: Vec<_> = known
            .iter()
            .filter(|known| known.section == section)
            .map(|known| known.key)
            .collect();
        let what = "is not a setting of Zartrux";
        if let Some(key) = nearest(&self.name, &siblings) {
            return format!("{what}; did you mean `{key}`?");
        }
        self.elsewhere(known)
            .map_or_else(|| what.to_owned(), |there| format!("{what} here; {there}"))
    }

    fn message_at_top(&self, sections: &[&'static str], known: &[Known]) -> String {
        let what = "is not a section of Zartrux's settings";
        if let Some(section) = nearest(&self.name, sections) {
            return format!("{what}; did you mean `{section}`?");
        }
        self.elsewhere(known)
            .map_or_else(|| what.to_owned(), |there| format!("{what}; {there}"))
    }

    /// The sections that do have such a key.
    fn elsewhere(&self, known: &[Known]) -> Option<String> {
        let mut sections: Vec<_> = known
            .iter()
            .filter(|known| known.key == normal(&self.name))
            .map(|known| known.section)
            .collect();
        sections.dedup();
        let mut listed = sections.iter().map(|section| format!("[{section}]"));
        let first = listed.next()?;
        let all = listed.fold(first, |all, section| format!("{all} and {section}"));
        Some(format!("`{}` belongs in {all}", normal(&self.name)))
    }
}

/// The candidate that `word` may have been meant to be, if one is near enough.
pub(crate) fn nearest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    if word.len() > LONGEST {
        return None;
    }
    let word = normal(word);
    candidates
        .iter()
        .map(|candidate| (damerau_levenshtein(&word, candidate), *candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.len() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The word as our keys are written: small letters, and `_` where others write `-`.
fn normal(word: &str) -> String {
    word.replace('-', "_").to_lowercase()
}

/// A key as TOML writes it: bare if it can be.
pub(crate) fn key_name(key: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !key.is_empty() && key.len() <= LONGEST && key.chars().all(is_bare) {
        key.to_owned()
    } else {
        shown(key)
    }
}
