//! What the daemon last said, read leniently: a field that is not there, or is of another kind, is one
//! without a value.

use std::collections::VecDeque;

use serde_json::Value;

use crate::plain::plain;

/// Events that are kept to be shown.
pub(super) const EVENTS_MAX: usize = 500;
/// Entries of any list that are shown.
pub(super) const LIST_MAX: usize = 500;
/// Longest text that is shown, characters.
const TEXT_MAX: usize = 400;

/// What is known of the daemon.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    /// Where it answers.
    pub(super) url: String,
    /// What it last said; none before its first answer.
    pub(super) overview: Option<Value>,
    /// What happened, the newest last.
    pub(super) events: VecDeque<Value>,
    /// Why there is no newer answer, if so.
    pub(super) fault: Option<String>,
    /// How old the last answer is, seconds.
    pub(super) age_s: u64,
}

/// A value somewhere in what the daemon said, which may not be there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field<'a>(Option<&'a Value>);

impl<'a> Field<'a> {
    pub(super) const fn of(value: Option<&'a Value>) -> Self {
        Self(value)
    }

    /// A field of it, by its path with dots.
    pub(super) fn at(self, path: &str) -> Self {
        let step = |value: &'a Value, name: &str| value.get(name);
        Self(
            path.split('.')
                .try_fold(self.0, |at, name| Some(step(at?, name)))
                .flatten(),
        )
    }

    /// Whether there is a value.
    pub(super) fn is_there(self) -> bool {
        self.0.is_some_and(|value| !value.is_null())
    }

    /// A text, made harmless to the terminal and cut.
    pub(super) fn text(self) -> Option<String> {
        let text = self.0?.as_str()?;
        let mut chars = text.chars();
        let mut shown = plain(&chars.by_ref().take(TEXT_MAX).collect::<String>());
        if chars.next().is_some() {
            shown.push('…');
        }
        Some(shown)
    }

    pub(super) fn whole(self) -> Option<u64> {
        self.0?.as_u64()
    }

    /// A number; one that no terminal could show is none.
    pub(super) fn real(self) -> Option<f64> {
        self.0?.as_f64().filter(|number| number.is_finite())
    }

    pub(super) fn yes(self) -> Option<bool> {
        self.0?.as_bool()
    }

    /// The entries of a list, the first [`LIST_MAX`].
    pub(super) fn list(self) -> impl Iterator<Item = Field<'a>> {
        let entries = self.0.and_then(Value::as_array);
        entries
            .into_iter()
            .flatten()
            .take(LIST_MAX)
            .map(|entry| Self(Some(entry)))
    }

    /// The names and values of an object, the first [`LIST_MAX`]; names are made harmless.
    pub(super) fn pairs(self) -> impl Iterator<Item = (String, Field<'a>)> {
        let pairs = self.0.and_then(Value::as_object);
        pairs
            .into_iter()
            .flatten()
            .take(LIST_MAX)
            .map(|(name, value)| (plain(name), Self(Some(value))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_there_or_of_another_kind_has_no_value() {
        let said = json!({"a": {"b": 3, "c": null, "d": "x"}, "l": [1, 2]});
        let said = Field::of(Some(&said));
        assert_eq!(said.at("a.b").whole(), Some(3));
        assert_eq!(said.at("a.d").whole(), None);
        assert_eq!(said.at("a.x.y").whole(), None);
        assert!(!said.at("a.c").is_there());
        assert!(!said.at("a.b.e").is_there());
        assert_eq!(said.at("l").list().count(), 2);
        assert_eq!(said.at("a").list().count(), 0);
        assert_eq!(Field::of(None).at("a").pairs().count(), 0);
    }

    #[test]
    fn a_text_is_harmless_and_bounded() {
        let said = json!({"name": "a\u{1b}[2J\u{202e}b", "long": "ü".repeat(5_000)});
        let said = Field::of(Some(&said));
        let name = said.at("name").text().unwrap();
        assert_eq!(name, "a\\u{1b}[2J\\u{202e}b");
        assert_eq!(
            said.at("long").text().unwrap().chars().count(),
            TEXT_MAX + 1
        );
    }
}
