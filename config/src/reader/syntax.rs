//! The text as TOML: its tables, its lines and its syntax errors.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::item::{Entry, Item, Value};
use crate::fault::{Fault, Place};

/// More syntax errors than this are not listed one by one: the file is no TOML.
const MOST_LISTED: usize = 100;

/// A parsed text. Where it is not TOML, what could be understood of it.
pub(crate) struct Document<'a> {
    table: Spanned<DeTable<'a>>,
    errors: Vec<toml::de::Error>,
    text: &'a str,
    /// Byte offsets of the errors, sorted.
    damage: Vec<usize>,
    /// Byte offsets at which lines start.
    lines: Vec<usize>,
}

impl<'a> Document<'a> {
    /// Parses a text; errors are kept for [`Self::faults`].
    pub(crate) fn parse(text: &'a str) -> Self {
        let (table, errors) = DeTable::parse_recoverable(text);
        let spans = errors.iter().filter_map(toml::de::Error::span);
        let mut damage: Vec<_> = spans.map(|span| span.start).collect();
        damage.sort_unstable();
        let after_breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            table,
            errors,
            text,
            damage,
            lines: std::iter::once(0).chain(after_breaks).collect(),
        }
    }

    /// Whether the whole text is TOML.
    pub(crate) fn is_whole(&self) -> bool {
        self.errors.is_empty()
    }

    /// Whether a syntax error stands before the place, so that what is there may have been
    /// meant for another section.
    pub(super) fn is_doubtful(&self, place: Place) -> bool {
        let first = self.damage.first().map(|offset| self.line(*offset));
        match place {
            Place::Line(line) => first.is_some_and(|first| first < line),
            Place::Flag(_) | Place::Whole => false,
        }
    }

    /// Whether the line has a syntax error.
    pub(super) fn is_broken_at(&self, place: Place) -> bool {
        match place {
            Place::Line(line) => {
                let start = self.lines.get(line - 1).copied().unwrap_or(usize::MAX);
                let next = self.damage.partition_point(|offset| *offset < start);
                let next = self.damage.get(next);
                next.is_some_and(|offset| self.line(*offset) == line)
            }
            Place::Flag(_) | Place::Whole => false,
        }
    }

    /// The syntax errors: the first of each line, because others mostly follow from it.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        let mut by_place = BTreeMap::new();
        for error in &self.errors {
            let place = error
                .span()
                .map_or(Place::Whole, |span| Place::Line(self.line(span.start)));
            by_place.entry(place).or_insert(error);
        }
        let more = by_place.len().saturating_sub(MOST_LISTED);
        let mut faults: Vec<_> = by_place
            .into_iter()
            .take(MOST_LISTED)
            .map(|(place, error)| Fault::new(place, None, self.explain(error)))
            .collect();
        if more > 0 {
            let message = format!("is not TOML on {more} more lines");
            faults.push(Fault::new(Place::Whole, None, message));
        }
        faults
    }

    /// The error in plain words. Values are never repeated: they may be secret.
    fn explain(&self, error: &toml::de::Error) -> String {
        let message = error.message();
        let at = error.span().and_then(|span| self.text.get(span));
        if message.starts_with("string values must be quoted") {
            if at.is_some_and(str::is_empty) {
                "a value is missing after \"=\"".to_owned()
            } else {
                "the value must be in quotes, unless it is a number, true or false".to_owned()
            }
        } else if let ("duplicate key", Some(key)) = (message, at) {
            format!("{} is written twice", super::key_name(key))
        } else {
            format!("is not TOML: {message}")
        }
    }

    /// The value of a key at the top.
    pub(super) fn get(&'a self, name: &str) -> Option<Item<'a>> {
        self.entry(self.table.get_ref(), name)
    }

    /// All keys at the top.
    pub(super) fn entries(&'a self) -> impl Iterator<Item = Entry<'a>> {
        self.entries_of(self.table.get_ref())
    }

    /// The value of a key in a table.
    pub(super) fn entry(&'a self, table: &'a DeTable<'a>, name: &str) -> Option<Item<'a>> {
        let (_, value) = table.iter().find(|(key, _)| key.get_ref() == name)?;
        Some(self.item(value))
    }

    /// All keys in a table.
    pub(super) fn entries_of(&'a self, table: &'a DeTable<'a>) -> impl Iterator<Item = Entry<'a>> {
        table.iter().map(|(key, _)| Entry {
            name: key.get_ref(),
            place: Place::Line(self.line(key.span().start)),
        })
    }

    fn item(&'a self, value: &'a Spanned<DeValue<'a>>) -> Item<'a> {
        let span = value.span();
        let place = Place::Line(self.line(span.start));
        let value = match value.get_ref() {
            // These are judged part by part; besides, their span is that of a header.
            DeValue::Table(table) => Value::Table(table),
            DeValue::Array(items) if items.iter().any(|item| item.get_ref().is_table()) => {
                self.items(items)
            }
            _ if self.is_damaged(&span) => Value::Damaged,
            DeValue::Array(items) => self.items(items),
            DeValue::String(text) => Value::Text(text),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or(Value::HugeInteger, Value::Integer),
            DeValue::Float(number) => number.as_str().parse().map_or(Value::Damaged, Value::Float),
            DeValue::Boolean(value) => Value::Boolean(*value),
            DeValue::Datetime(_) => Value::Date,
        };
        Item { value, place }
    }

    fn items(&'a self, items: &'a DeArray<'a>) -> Value<'a> {
        Value::List(items.iter().map(|item| self.item(item)).collect())
    }

    /// Whether a syntax error lies in the value, which then is a guess and not to be judged.
    fn is_damaged(&self, span: &Range<usize>) -> bool {
        let next = self.damage.partition_point(|error| *error < span.start);
        self.damage
            .get(next)
            .is_some_and(|error| *error <= span.end)
    }

    /// The line of a byte, counted from 1.
    fn line(&self, offset: usize) -> usize {
        self.lines.partition_point(|start| *start <= offset)
    }
}
