//! Sees when somebody changes models: a command, an operator's copy.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use super::{ModelsFolder, ReloadModels};
use crate::messaging::Post;

/// Tells of changes until it is dropped.
#[derive(Debug)]
pub(super) struct Watch {
    _watcher: RecommendedWatcher,
    /// Told, and not taken up yet: however many changes there are, one message waits.
    told: Arc<AtomicBool>,
}

impl Watch {
    /// Watches a folder that is there.
    pub(super) fn over(folder: &ModelsFolder, changed: Post<ReloadModels>) -> notify::Result<Self> {
        let told = Arc::new(AtomicBool::new(false));
        let telling = Arc::clone(&told);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let matters = event.is_ok_and(|event| is_of_models(&event));
            if matters && !telling.swap(true, Ordering::AcqRel) {
                changed.send(ReloadModels { reply: None });
            }
        })?;
        watcher.watch(folder.root(), RecursiveMode::NonRecursive)?;
        Ok(Self {
            _watcher: watcher,
            told,
        })
    }

    /// What is read from now on is new.
    pub(super) fn seen(&self) {
        self.told.store(false, Ordering::Release);
    }
}

/// Whether a whole file is there, another or gone: one that is being written is none of these until
/// it is closed.
fn is_of_models(event: &Event) -> bool {
    use notify::event::{AccessKind, AccessMode};
    let is_whole = match event.kind {
        EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
        EventKind::Modify(notify::event::ModifyKind::Name(_)) | EventKind::Remove(_) => true,
        EventKind::Any | EventKind::Create(_) | EventKind::Modify(_) | EventKind::Other => false,
    };
    is_whole
        && event.paths.iter().any(|path| {
            let ending = path.extension().and_then(|ending| ending.to_str());
            ending == Some("model") || path.file_name().is_some_and(|name| name == "roster.json")
        })
}
