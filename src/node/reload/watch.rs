//! Sees when somebody changes the settings file.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Weak};
use std::time::Duration;

use anyhow::{Context as _, Result};
use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use zartrux_config::MAX_FILE_BYTES;

use crate::node::NodeView;

/// Nobody has written for so long: whoever wrote is done.
const QUIET: Duration = Duration::from_millis(300);
/// Where somebody writes all the time, it is looked at after so many of these.
const AT_MOST: u32 = 10;

/// Watches until it is dropped.
#[derive(Debug)]
pub struct SettingsWatch {
    _watcher: RecommendedWatcher,
}

/// Has the settings read anew when the text of `file` is another one, however it was written: in
/// place, or as another file that took its name. That is why its folder is watched. Does nothing
/// while the settings in force say so.
///
/// # Errors
/// The folder can't be watched.
pub fn watch(view: &Arc<NodeView>, file: &Path) -> Result<SettingsWatch> {
    let file = std::path::absolute(file).context("the settings file")?;
    let folder = file.parent().context("the settings file has no folder")?;
    let (tell, hear) = sync_channel(1);
    let of_file = Watched::new(&file);
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if event.is_ok_and(|event| of_file.is_concerned(&event)) {
            // One that waits already is enough.
            let _ = tell.try_send(());
        }
    })?;
    watcher.watch(folder, RecursiveMode::NonRecursive)?;
    let known = text_of(&file);
    let view = Arc::downgrade(view);
    std::thread::Builder::new()
        .name("settings".to_owned())
        .spawn(move || follow(&view, &file, known, &hear))
        .context("can't start the thread that watches the settings file")?;
    Ok(SettingsWatch { _watcher: watcher })
}

/// Which events may be about the file.
struct Watched {
    name: Option<std::ffi::OsString>,
    /// Reached by a link, as where files are mounted into a container: what it leads to may change
    /// by another name of the folder.
    by_link: bool,
}

impl Watched {
    fn new(file: &Path) -> Self {
        Self {
            name: file.file_name().map(ToOwned::to_owned),
            by_link: fs::symlink_metadata(file).is_ok_and(|facts| facts.is_symlink()),
        }
    }

    fn is_concerned(&self, event: &Event) -> bool {
        let changes = match event.kind {
            // Reading it, as we do ourselves, is no change.
            EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
            EventKind::Any
            | EventKind::Create(_)
            | EventKind::Modify(_)
            | EventKind::Remove(_)
            | EventKind::Other => true,
        };
        let named = |path: &PathBuf| path.file_name() == self.name.as_deref();
        changes && (self.by_link || event.paths.iter().any(named))
    }
}

/// What stands for the text; none while there is no file.
fn text_of(file: &Path) -> Option<u64> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(MAX_FILE_BYTES).unwrap_or(u64::MAX);
    let mut read = fs::File::open(file).ok()?.take(limit + 1);
    read.read_to_end(&mut bytes).ok()?;
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    Some(hasher.finish())
}

fn follow(view: &Weak<NodeView>, file: &Path, mut known: Option<u64>, hear: &Receiver<()>) {
    while hear.recv().is_ok() {
        let mut waited = 0;
        while waited < AT_MOST && hear.recv_timeout(QUIET).is_ok() {
            waited += 1;
        }
        let Some(view) = view.upgrade().filter(|view| !view.is_draining()) else {
            return;
        };
        let text = text_of(file);
        // Gone for a moment, while an editor puts another in its place, or written anew with the
        // same text.
        if text.is_none() || text == known {
            continue;
        }
        known = text;
        if view.reloads().running().node.watch {
            // What came of it is told in the log.
            let _ = view.reload_from_source("a change of the settings file");
        } else {
            tracing::info!("the settings file has changed; node.watch is off, SIGHUP has it read");
        }
    }
}
