//! Names of upstreams, which the registry keeps beside the ledger.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use zartrux_actors::store::state::{StateBook, StateBounds, StateError};
use zartrux_models::ledger::UpstreamId;
use zartrux_models::ledger::rows::UpstreamNames;

use crate::console::complain;

/// Names for shares that are read from files: the registry, open, which numbers those that it does
/// not know.
pub(super) struct RegisteredNames {
    book: StateBook,
    /// Why the last name has no number, unless there are too many.
    fault: Option<StateError>,
}

impl RegisteredNames {
    /// Opens the registry, and makes it if it is not there.
    ///
    /// # Errors
    /// It is in use or damaged, or the system refuses.
    pub(super) fn open(folder: &Path, bounds: StateBounds) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        let book = StateBook::open(folder, bounds).context("names of upstreams can't be kept")?;
        Ok(Self { book, fault: None })
    }

    /// Numbers of shares are above this one.
    pub(super) const fn through_seq(&self) -> u64 {
        self.book.through_seq()
    }

    /// What the registry could not do since it was last asked.
    ///
    /// # Errors
    /// That.
    pub(super) fn check(&mut self) -> Result<(), StateError> {
        self.fault.take().map_or(Ok(()), Err)
    }
}

impl UpstreamNames for RegisteredNames {
    fn name_of(&self, id: UpstreamId) -> Option<&str> {
        let mut names = self.book.upstreams();
        names.find(|(of, _)| *of == id).map(|(_, name)| name)
    }

    fn id_of(&mut self, name: &str) -> Option<UpstreamId> {
        match self.book.upstream_id(name) {
            Ok(id) => Some(id),
            Err(StateError::TooManyUpstreams) => None,
            Err(fault) => {
                self.fault = Some(fault);
                None
            }
        }
    }
}

/// The names as they were at a moment. What it does not know it numbers for itself: nothing of that
/// is kept.
#[derive(Debug, Default)]
pub(super) struct NamesThen {
    names: HashMap<UpstreamId, Box<str>>,
    ids: HashMap<Box<str>, UpstreamId>,
}

impl NamesThen {
    /// Reads them, if nobody has the registry open; without them numbers must do.
    pub(super) fn read(folder: &Path, bounds: StateBounds) -> Self {
        let mut then = Self::default();
        if !folder.is_dir() {
            return then;
        }
        match StateBook::open(folder, bounds) {
            Ok(book) => {
                for (id, name) in book.upstreams() {
                    then.note(id, name);
                }
            }
            Err(fault) => complain(&format_args!(
                "upstreams have numbers instead of names (#0): {fault}"
            )),
        }
        then
    }

    fn note(&mut self, id: UpstreamId, name: &str) {
        self.names.insert(id, name.into());
        self.ids.insert(name.into(), id);
    }
}

impl UpstreamNames for NamesThen {
    fn name_of(&self, id: UpstreamId) -> Option<&str> {
        self.names.get(&id).map(|name| &**name)
    }

    fn id_of(&mut self, name: &str) -> Option<UpstreamId> {
        if let Some(id) = self.ids.get(name) {
            return Some(*id);
        }
        let free = (0..u16::MAX)
            .rev()
            .map(UpstreamId)
            .find(|id| !self.names.contains_key(id))?;
        self.note(free, name);
        Some(free)
    }
}
