//! One section while it is read.

use std::error::Error;

use toml::de::DeTable;

use super::{Item, Known, Reader, Reading, Unknown, Value, key_name};
use crate::fault::Place;
use crate::value::shown;

/// A table of the document. Each key is asked for once; [`Self::close`] reports the others.
pub(crate) struct Section<'r, 'a> {
    reader: &'r mut Reader<'a>,
    name: &'static str,
    path: String,
    place: Place,
    table: Option<&'a DeTable<'a>>,
    asked: Vec<&'static str>,
}

impl<'r, 'a> Section<'r, 'a> {
    pub(super) fn new(
        reader: &'r mut Reader<'a>,
        name: &'static str,
        path: String,
        place: Place,
        table: Option<&'a DeTable<'a>>,
    ) -> Self {
        Self {
            reader,
            name,
            path,
            place,
            table,
            asked: Vec::new(),
        }
    }

    /// The value of `key` if it was given and the rule accepts it.
    pub(crate) fn optional<T, E: Error>(
        &mut self,
        key: &'static str,
        rule: impl FnOnce(&Value<'a>) -> Result<T, E>,
    ) -> Option<T> {
        let item = self.take(key)?;
        let path = self.path_of(key);
        if matches!(item.value, Value::Damaged) {
            self.record(path, item.place, false);
            return None;
        }
        let outcome = rule(&item.value);
        self.record(path.clone(), item.place, outcome.is_ok());
        outcome
            .map_err(|why| self.reader.fault(item.place, Some(path), why.to_string()))
            .ok()
    }

    /// The value of `key`, or `default` if it was not given.
    pub(crate) fn value<T, E: Error>(
        &mut self,
        key: &'static str,
        default: T,
        rule: impl FnOnce(&Value<'a>) -> Result<T, E>,
    ) -> T {
        self.optional(key, rule).unwrap_or(default)
    }

    /// The value of `key`, which must be given: `why` ends the sentence "is missing: …".
    pub(crate) fn required<T, E: Error>(
        &mut self,
        key: &'static str,
        why: &str,
        rule: impl FnOnce(&Value<'a>) -> Result<T, E>,
    ) -> Option<T> {
        let value = self.optional(key, rule);
        if !self.is_given(key) && self.reader.is_whole() {
            let path = self.path_of(key);
            self.reader
                .fault(self.place, Some(path), format!("is missing: {why}"));
        }
        value
    }

    /// The list under `key`, each element by the rule, or `default` if it was not given.
    pub(crate) fn list<T, E: Error>(
        &mut self,
        key: &'static str,
        default: Vec<T>,
        most: usize,
        rule: impl Fn(&Value<'a>) -> Result<T, E>,
    ) -> Vec<T> {
        let Some(item) = self.take(key) else {
            return default;
        };
        let path = self.path_of(key);
        let items = match elements(item.value, most) {
            Ok(items) => items,
            Err(why) => {
                self.record(path.clone(), item.place, false);
                if let Some(message) = why {
                    self.reader.fault(item.place, Some(path), message);
                }
                return default;
            }
        };
        let place = item.place;
        let mut values = Vec::with_capacity(items.len());
        let count = items.len();
        for (index, item) in items.into_iter().enumerate() {
            let path = format!("{path}[{index}]");
            match rule(&item.value) {
                Ok(value) => values.push(value),
                Err(why) => self
                    .reader
                    .fault(item.place, Some(path.clone()), why.to_string()),
            }
            self.record(path, item.place, true);
        }
        self.record(path, place, values.len() == count);
        values
    }

    /// Whether `key`, asked for already, was given at all.
    pub(crate) fn is_given(&self, key: &'static str) -> bool {
        self.reader.readings.contains_key(&self.path_of(key))
    }

    /// Keeps a fault of `key` that only shows in company of other keys.
    pub(crate) fn fault(&mut self, key: &'static str, message: impl Into<String>) {
        let path = self.path_of(key);
        let place = self.reader.place(&path).or(self.place);
        self.reader.fault(place, Some(path), message);
    }

    /// The value of a flag, or else of the file.
    fn take(&mut self, key: &'static str) -> Option<Item<'a>> {
        self.asked.push(key);
        let path = self.path_of(key);
        let flag = self.reader.flags.iter().find(|(of, _)| *of == path);
        flag.map(|(_, item)| item.clone())
            .or_else(|| self.reader.document.entry(self.table?, key))
    }

    fn path_of(&self, key: &str) -> String {
        format!("{}.{key}", self.path)
    }

    fn record(&mut self, path: String, place: Place, sound: bool) {
        self.reader.readings.insert(path, Reading { place, sound });
    }

    /// Notes which keys there are, and which were written that do not exist.
    pub(super) fn close(self) {
        let document = self.reader.document;
        for entry in self
            .table
            .iter()
            .flat_map(|table| document.entries_of(table))
        {
            if !self.asked.contains(&entry.name) {
                self.reader.unknown.push(Unknown {
                    section: Some(self.name),
                    path: format!("{}.{}", self.path, key_name(entry.name)),
                    name: entry.name.to_owned(),
                    place: entry.place,
                });
            }
        }
        let section = self.name;
        let known = self.asked.into_iter().map(|key| Known { section, key });
        self.reader.known.extend(known);
    }
}

/// The elements of a list, or why there are none; no reason if that is reported already.
fn elements<'a>(value: Value<'a>, most: usize) -> Result<Vec<Item<'a>>, Option<String>> {
    let count = match value {
        Value::Damaged => return Err(None),
        Value::List(items) if items.len() <= most => return Ok(items),
        Value::List(items) => items.len(),
        Value::Text(text) => {
            return Err(Some(format!("must be a list, such as [{}]", shown(text))));
        }
        Value::Integer(_)
        | Value::HugeInteger
        | Value::Float(_)
        | Value::Boolean(_)
        | Value::Date
        | Value::Table(_) => {
            return Err(Some(format!("must be a list, but is {}", value.found())));
        }
    };
    Err(Some(format!(
        "must be a list of at most {most}, but has {count}"
    )))
}
