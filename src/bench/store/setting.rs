//! What all parts have in common: the folder, the farm, the daemon's settings.

use std::path::Path;

use zartrux_actors::clock::Clock;
use zartrux_actors::store::ledger::Retention;
use zartrux_config::Settings;

use super::args::Store;
use super::farm::Farm;
use crate::bench::figure::Figures;
use crate::node::{StoreFolders, retention};

/// Where and with what a part is played.
pub(super) struct Setting<'a> {
    pub(super) args: &'a Store,
    pub(super) folders: StoreFolders,
    /// The daemon's, with their defaults.
    pub(super) settings: Settings,
    pub(super) clock: Clock,
}

impl<'a> Setting<'a> {
    /// In a folder.
    pub(super) fn new(args: &'a Store, folder: &Path) -> Self {
        let mut settings = Settings::default();
        settings.node.data = folder.to_owned();
        // Whatever is asked for is to stay until it is dropped on purpose.
        settings.store.keep = None;
        Self {
            args,
            folders: StoreFolders::below(folder),
            settings,
            clock: Clock,
        }
    }

    /// The farm that sends.
    pub(super) fn farm(&self) -> Farm {
        Farm::new(self.args.rigs, self.args.seed)
    }

    /// How much is kept.
    pub(super) fn retention(&self) -> Retention {
        retention(&self.settings)
    }

    /// No figure yet.
    pub(super) fn figures(&self, workload: impl Into<String>) -> Figures {
        Figures::of(
            workload,
            usize::try_from(self.args.rigs).unwrap_or(usize::MAX),
        )
    }
}
