//! The settings as a whole, and how they are read.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::check;
use crate::fault::{Faults, Place};
use crate::overrides::Overrides;
use crate::reader::{Document, Reader};
use crate::section::route;
use crate::section::{
    Alerts, Bridge, Failover, Filters, Group, Learn, Miners, Monitor, Node, Pool, Prove, Rigs,
    Route, Store,
};

/// Largest file that is read, in bytes.
pub const MAX_FILE_BYTES: usize = 1 << 20;

/// The annotated file that says every key with its default, as it comes with Zartrux.
pub const ANNOTATED_DEFAULT: &str = include_str!("../zartrux.toml");

/// All settings, checked on their own and against each other.
///
/// The default is what an empty file gives: it has no pool.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    /// `[node]`: the process as a whole.
    pub node: Node,
    /// `[miners]`: the side where miners connect.
    pub miners: Miners,
    /// `[[pool]]`: the upstreams, the preferred one first.
    pub pools: Vec<Pool>,
    /// `[[route]]`: which rigs mine for which upstreams.
    pub routes: Vec<Route>,
    /// `[[group]]`: rigs under one name.
    pub groups: Vec<Group>,
    /// `[failover]`: when to leave an upstream, and when to come back.
    pub failover: Failover,
    /// `[filters]`: the statistical filters, and what is remembered of rigs.
    pub filters: Filters,
    /// `[prove]`: recomputing hashes before shares leave the farm.
    pub prove: Prove,
    /// `[store]`: what outlives the process, and how much of it.
    pub store: Store,
    /// `[rigs]`: which rigs should be there, and when they are missed.
    pub rigs: Rigs,
    /// `[learn]`: models that are trained from what is stored, and how they come into force.
    pub learn: Learn,
    /// `[monitor]`: pages, health, metrics and API.
    pub monitor: Monitor,
    /// `[alerts]`: what the operator is told, when and by which ways.
    pub alerts: Alerts,
    /// `[bridge]`: events, predictions and plans for programs outside.
    pub bridge: Bridge,
}

impl Settings {
    /// The routes that there are: those that are written, then those that only upstreams name, with
    /// the default of every key. None where nothing says anything of routes: then one upstream serves
    /// all rigs.
    #[must_use]
    pub fn effective_routes(&self) -> Vec<Route> {
        route::effective(&self.routes, &self.pools)
    }

    /// Reads the settings from the text of a file. Flags take the place of keys.
    ///
    /// # Errors
    ///
    /// [`Faults`] with everything that is wrong in text and flags. A file without a pool
    /// is wrong only when the overrides say that one is required.
    pub fn from_toml(text: &str, overrides: &Overrides) -> Result<Self, Faults> {
        if text.len() > MAX_FILE_BYTES {
            return Err(Faults::one(Place::Whole, "is larger than 1 MiB"));
        }
        let document = Document::parse(text);
        let mut reader = Reader::new(&document, overrides.items());
        let settings = Self {
            node: reader.section("node", Node::read),
            miners: reader.section("miners", Miners::read),
            pools: Pool::read_all(&mut reader, overrides),
            routes: Route::read_all(&mut reader),
            groups: Group::read_all(&mut reader),
            failover: reader.section("failover", Failover::read),
            filters: reader.section("filters", Filters::read),
            prove: reader.section("prove", Prove::read),
            store: reader.section("store", Store::read),
            rigs: reader.section("rigs", Rigs::read),
            learn: reader.section("learn", Learn::read),
            monitor: reader.section("monitor", Monitor::read),
            alerts: reader.section("alerts", Alerts::read),
            bridge: reader.section("bridge", Bridge::read),
        };
        check::together(&settings, &mut reader);
        reader.finish()?;
        Ok(settings)
    }

    /// Reads the settings from a file of at most 1 MiB. Flags take the place of keys.
    ///
    /// # Errors
    ///
    /// [`Faults`] as for [`Self::from_toml`], displayed with the file's name; or one
    /// fault that says why the file could not be read.
    pub fn from_file(path: impl AsRef<Path>, overrides: &Overrides) -> Result<Self, Faults> {
        let path = path.as_ref();
        read_text(path)
            .and_then(|text| Self::from_toml(&text, overrides))
            .map_err(|faults| faults.in_file(path.display().to_string()))
    }
}

/// The file's text; one byte more than allowed is read, so that too much is noticed.
fn read_text(path: &Path) -> Result<String, Faults> {
    let fault = |message: String| Faults::one(Place::Whole, message);
    let limit = u64::try_from(MAX_FILE_BYTES).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(limit + 1).read_to_end(&mut bytes))
        .map_err(|why| fault(format!("cannot be read: {why}")))?;
    String::from_utf8(bytes).map_err(|why| {
        let before = &why.as_bytes()[..why.utf8_error().valid_up_to()];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        Faults::one(Place::Line(line), "is not UTF-8 text")
    })
}
