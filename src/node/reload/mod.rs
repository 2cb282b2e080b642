//! Other settings while the node runs: checked, compared, and taken whole or not at all.
//!
//! Whoever can take something while it runs is a [`Taker`]. All takers prepare first, and that is
//! where anything may fail; then all take over, and that can't. To have another part take its
//! settings, write a taker and add it with [`Reloads::add_taker`]; the built-in ones are added in
//! [`Node::launch`].

mod lanes;
mod others;
mod places;
mod report;
mod store;
mod watch;

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use zartrux_actors::events::Severity;
use zartrux_config::{Change, Faults, Settings, Takes};

use super::{Node, NodeView};

pub(super) use lanes::LanesTaker;
pub(super) use others::{AlertsTaker, DoorTaker};
pub use places::Places;
pub(super) use places::UpstreamList;
pub use report::{LastReload, ReloadRefused, ReloadReport};
pub use store::StorePosts;
pub(super) use store::StoreTaker;
pub use watch::{SettingsWatch, watch};

/// Takes over what was prepared. Cannot fail, and does not wait.
pub type TakeOver = Box<dyn FnOnce() + Send>;

/// What a taker has prepared.
pub struct Prepared {
    /// What changes beside the keys, in words: a certificate whose file is another one.
    pub note: Option<String>,
    /// To be called when all others have prepared as well.
    pub take_over: TakeOver,
}

/// A part that takes other settings while it runs.
pub trait Taker: Send + Sync {
    /// Does all that may fail, and changes nothing that anybody could notice.
    ///
    /// # Errors
    /// Why these settings can't be taken, in plain words that name the key.
    fn prepare(&self, old: &Settings, new: &Settings) -> Result<Prepared, String>;
}

/// Reads the settings anew from where they come from, with all flags.
pub type Source = Box<dyn Fn() -> Result<Settings, Faults> + Send + Sync>;

/// The settings in force, and how others come into force.
pub struct Reloads {
    running: RwLock<Arc<Settings>>,
    /// Held for as long as a reload takes: there is one at a time.
    takers: Mutex<Vec<Box<dyn Taker>>>,
    source: OnceLock<Source>,
    last: Mutex<Option<LastReload>>,
}

impl std::fmt::Debug for Reloads {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reloads")
            .field("last", &self.last())
            .finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Reloads {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            running: RwLock::new(Arc::new(settings.clone())),
            takers: Mutex::default(),
            source: OnceLock::new(),
            last: Mutex::default(),
        }
    }

    /// One more part that takes settings while it runs.
    pub fn add_taker(&self, taker: impl Taker + 'static) {
        lock(&self.takers).push(Box::new(taker));
    }

    /// Where settings are read anew; the first one counts.
    pub fn set_source(&self, source: Source) {
        let _ = self.source.set(source);
    }

    /// The settings in force.
    #[must_use]
    pub fn running(&self) -> Arc<Settings> {
        Arc::clone(&self.running.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What came of the last reload; none before the first.
    #[must_use]
    pub fn last(&self) -> Option<LastReload> {
        lock(&self.last).clone()
    }

    /// All of it, or nothing.
    fn take(&self, new: &Settings) -> Result<ReloadReport, ReloadRefused> {
        let takers = lock(&self.takers);
        let old = self.running();
        let changes = old.changes(new);
        if changes.iter().any(|change| change.takes == Takes::Restart) {
            return Err(ReloadRefused::NeedsRestart(changes));
        }
        let prepared: Result<Vec<Prepared>, String> = takers
            .iter()
            .map(|taker| taker.prepare(&old, new))
            .collect();
        let prepared = prepared.map_err(ReloadRefused::CannotTake)?;
        let mut notes = Vec::new();
        for part in prepared {
            (part.take_over)();
            notes.extend(part.note);
        }
        *self.running.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new.clone());
        Ok(ReloadReport { changes, notes })
    }
}

impl Node {
    /// Has the node go on with these settings, without dropping a miner; see [`NodeView::reload`].
    ///
    /// # Errors
    /// Why they were refused; nothing was changed then.
    pub fn reload(&self, new: &Settings) -> Result<ReloadReport, ReloadRefused> {
        self.view.reload(new, "the program")
    }
}

impl NodeView {
    /// Has the node go on with these settings: all of them, or none if one can't be taken. May wait
    /// some seconds for the disk. `asked_by` is who wanted it, in words.
    ///
    /// # Errors
    /// Why they were refused; nothing was changed then.
    pub fn reload(&self, new: &Settings, asked_by: &str) -> Result<ReloadReport, ReloadRefused> {
        let outcome = if self.is_draining() {
            Err(ReloadRefused::Leaving)
        } else {
            self.reloads().take(new)
        };
        self.tell_reload(asked_by, &outcome);
        outcome
    }

    /// The same with the settings as they are written now.
    ///
    /// # Errors
    /// Why they were refused, with all faults; nothing was changed then.
    pub fn reload_from_source(&self, asked_by: &str) -> Result<ReloadReport, ReloadRefused> {
        let read = self.reloads().source.get().map(|source| source());
        let refused = match read {
            Some(Ok(settings)) => return self.reload(&settings, asked_by),
            Some(Err(faults)) => ReloadRefused::Faults(faults),
            None => ReloadRefused::NoSource,
        };
        let outcome = Err(refused);
        self.tell_reload(asked_by, &outcome);
        outcome
    }

    fn tell_reload(&self, asked_by: &str, outcome: &Result<ReloadReport, ReloadRefused>) {
        let unix_ms = self.clock().unix_millis();
        match outcome {
            Ok(report) => {
                for change in &report.changes {
                    tracing::info!("settings: {change}");
                }
                for note in &report.notes {
                    tracing::info!("settings: {note}");
                }
                let text = report.in_words();
                tracing::info!(asked_by, "settings are read: {text}");
                if !report.is_empty() {
                    let (severity, kind) = (Severity::Info, "settings_reloaded");
                    self.events().tell(unix_ms, severity, kind, None, &text);
                }
            }
            Err(refused) => {
                for line in refused.to_string().lines() {
                    tracing::error!("settings: {line}");
                }
                tracing::error!(asked_by, "settings are refused: nothing was changed");
                let (severity, kind) = (Severity::Warning, "settings_refused");
                let text = refused.to_string();
                self.events().tell(unix_ms, severity, kind, None, &text);
            }
        }
        let last = LastReload::of(unix_ms, asked_by, outcome);
        *lock(&self.reloads().last) = Some(last);
    }
}

/// The keys among changes that need a restart.
fn restart_keys(changes: &[Change]) -> Vec<&str> {
    let restart = changes
        .iter()
        .filter(|change| change.takes == Takes::Restart);
    restart.map(|change| change.key.as_str()).collect()
}
