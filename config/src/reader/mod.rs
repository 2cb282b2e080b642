//! Reads a TOML document key by key and keeps account of every fault.
//!
//! A section is read by asking for each of its keys with a rule from [`accept`]. Whatever
//! a rule refuses becomes a fault with the key's path and line, and reading goes on
//! with the default. What nobody asked for is unknown and becomes a fault at the end.

pub(crate) mod accept;
mod item;
mod section;
mod suggest;
mod syntax;

use std::collections::BTreeMap;

use toml::de::DeTable;

use crate::fault::{Fault, Faults, Place};

pub(crate) use item::{Item, Value};
pub(crate) use section::Section;
pub(crate) use suggest::{key_name, nearest};
pub(crate) use syntax::Document;

use suggest::{Known, Unknown};

/// What became of a key that was asked for.
#[derive(Clone, Copy)]
struct Reading {
    place: Place,
    sound: bool,
}

/// A document being read, with all that was found wrong so far.
pub(crate) struct Reader<'a> {
    document: &'a Document<'a>,
    flags: Vec<(&'static str, Item<'a>)>,
    faults: Vec<Fault>,
    readings: BTreeMap<String, Reading>,
    known: Vec<Known>,
    unknown: Vec<Unknown>,
    sections: Vec<&'static str>,
}

impl<'a> Reader<'a> {
    /// Starts to read; a flag hides the key whose path it is given under.
    pub(crate) fn new(document: &'a Document<'a>, flags: Vec<(&'static str, Item<'a>)>) -> Self {
        Self {
            document,
            flags,
            faults: document.faults(),
            readings: BTreeMap::new(),
            known: Vec::new(),
            unknown: Vec::new(),
            sections: Vec::new(),
        }
    }

    /// Reads `[name]`; a section that is not in the file is read as an empty one.
    pub(crate) fn section<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Section<'_, 'a>) -> T,
    ) -> T {
        self.sections.push(name);
        let (place, table) = match self.document.get(name) {
            None => (Place::Whole, None),
            Some(item) => {
                if !matches!(item.value, Value::Table(_)) {
                    let message = format!("must be a section, written [{name}]");
                    self.fault(item.place, Some(name.to_owned()), message);
                }
                (item.place, item.value.as_table())
            }
        };
        self.open(name, name.to_owned(), place, table, read)
    }

    /// Reads each `[[name]]`, at most `most` of them.
    pub(crate) fn sections<T>(
        &mut self,
        name: &'static str,
        most: usize,
        mut read: impl FnMut(&mut Section<'_, 'a>) -> T,
    ) -> Vec<T> {
        self.sections.push(name);
        let items = match self.document.get(name) {
            None => Vec::new(),
            Some(Item {
                value: Value::List(items),
                ..
            }) => items,
            Some(item) => {
                let message =
                    format!("must be written in two brackets, as [[{name}]]: there may be several");
                self.fault(item.place, Some(name.to_owned()), message);
                // A single one is read all the same: its own faults are told at once.
                item.value.as_table().map(|_| item).into_iter().collect()
            }
        };
        if let Some(item) = items.get(most) {
            let message = format!("must be at most {most} in number, but are {}", items.len());
            self.fault(item.place, Some(format!("{name}[{most}]")), message);
        }
        let mut values = Vec::new();
        for (index, item) in items.into_iter().take(most).enumerate() {
            let path = format!("{name}[{index}]");
            let table = item.value.as_table();
            if table.is_none() {
                let message = format!("must be a section, written [[{name}]]");
                self.fault(item.place, Some(path), message);
            } else {
                values.push(self.open(name, path, item.place, table, &mut read));
            }
        }
        values
    }

    /// Reads a section that stands on the command line alone.
    pub(crate) fn section_of_flags<T>(
        &mut self,
        name: &'static str,
        flag: &'static str,
        read: impl FnOnce(&mut Section<'_, 'a>) -> T,
    ) -> T {
        self.sections.push(name);
        self.open(name, format!("{name}[0]"), Place::Flag(flag), None, read)
    }

    fn open<T>(
        &mut self,
        name: &'static str,
        path: String,
        place: Place,
        table: Option<&'a DeTable<'a>>,
        read: impl FnOnce(&mut Section<'_, 'a>) -> T,
    ) -> T {
        let mut section = Section::new(self, name, path, place, table);
        let value = read(&mut section);
        section.close();
        value
    }

    /// Keeps a fault, unless its line has a syntax error, of which it would be a consequence.
    pub(crate) fn fault(&mut self, place: Place, key: Option<String>, message: impl Into<String>) {
        if !self.document.is_broken_at(place) {
            self.faults.push(Fault::new(place, key, message));
        }
    }

    /// Where the key was given; `Whole` when it has its default.
    pub(crate) fn place(&self, path: &str) -> Place {
        self.readings
            .get(path)
            .map_or(Place::Whole, |reading| reading.place)
    }

    /// Whether the key was left out or accepted: only then may its value be compared with others.
    pub(crate) fn is_sound(&self, path: &str) -> bool {
        self.readings.get(path).is_none_or(|reading| reading.sound)
    }

    /// Whether the text was TOML at all: otherwise something absent may just not have been read.
    pub(crate) fn is_whole(&self) -> bool {
        self.document.is_whole()
    }

    /// Ends the reading with what nobody asked for.
    ///
    /// # Errors
    ///
    /// All faults, when there is any.
    pub(crate) fn finish(mut self) -> Result<(), Faults> {
        for item in self.document.entries() {
            let is_known = self.sections.contains(&item.name);
            if !is_known && !self.document.is_doubtful(item.place) {
                self.unknown.push(Unknown {
                    section: None,
                    path: key_name(item.name),
                    name: item.name.to_owned(),
                    place: item.place,
                });
            }
        }
        for unknown in std::mem::take(&mut self.unknown) {
            let message = unknown.message(&self.sections, &self.known);
            self.fault(unknown.place, Some(unknown.path), message);
        }
        if self.faults.is_empty() {
            Ok(())
        } else {
            Err(Faults::new(self.faults))
        }
    }
}
