//! The folder of models: a file for each, and the registry beside them.
//!
//! ```text
//! models/roster.json                     which there are, and which are in force
//! models/outcome-0123456789abcdef.model  a model, named for what it is for and its id
//! ```
//!
//! The registry is a file and not a part of the store's database, because commands change it while
//! the daemon runs, and only one process may have that open. Whoever changes it holds a lock, and a
//! new version takes the place of the old one at once or not at all.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use zartrux_models::filter::ModelId;
use zartrux_models::learn::artifact;
use zartrux_models::learn::roster::Roster;
use zartrux_models::ledger::ModelSlot;

/// Most bytes of a registry that is believed.
const ROSTER_MAX: u64 = 1 << 20;

/// Why something was not read or written.
#[derive(Debug, thiserror::Error)]
pub enum FolderFault {
    /// The system refuses.
    #[error("{path}: {why}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        why: io::Error,
    },
    /// The registry is no registry.
    #[error("{path} can't be read: {why}; put it aside, and models are listed anew as they come")]
    Roster {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

/// The folder.
#[derive(Debug, Clone)]
pub struct ModelsFolder {
    root: PathBuf,
}

impl ModelsFolder {
    /// It is made when something is written.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Where it is.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The file of a model.
    #[must_use]
    pub fn file_of(&self, slot: ModelSlot, id: ModelId) -> PathBuf {
        self.root.join(format!("{}-{id}.model", slot.label()))
    }

    fn roster_file(&self) -> PathBuf {
        self.root.join("roster.json")
    }

    /// Makes the folder if it is not there.
    ///
    /// # Errors
    /// The system refuses.
    pub fn make(&self) -> Result<(), FolderFault> {
        fs::create_dir_all(&self.root).map_err(|why| FolderFault::Io {
            path: self.root.clone(),
            why,
        })
    }

    /// Reads the file of a model, however long it says it is no more than a model can be.
    ///
    /// # Errors
    /// The system refuses.
    pub fn read(&self, slot: ModelSlot, id: ModelId) -> Result<Vec<u8>, FolderFault> {
        read_up_to(&self.file_of(slot, id), artifact::FILE_MAX as u64 + 1)
    }

    /// Writes the file of a model.
    ///
    /// # Errors
    /// The system refuses: nothing is there under its name.
    pub fn write(&self, slot: ModelSlot, id: ModelId, bytes: &[u8]) -> Result<(), FolderFault> {
        self.make()?;
        replace(&self.file_of(slot, id), bytes)
    }

    /// The registry; an empty one where there is none.
    ///
    /// # Errors
    /// It can't be read.
    pub fn roster(&self) -> Result<Roster, FolderFault> {
        let path = self.roster_file();
        let bytes = match read_up_to(&path, ROSTER_MAX + 1) {
            Ok(bytes) => bytes,
            Err(FolderFault::Io { why, .. }) if why.kind() == io::ErrorKind::NotFound => {
                return Ok(Roster::default());
            }
            Err(fault) => return Err(fault),
        };
        let refused = |why: String| FolderFault::Roster {
            path: path.clone(),
            why,
        };
        if bytes.len() as u64 > ROSTER_MAX {
            return Err(refused(format!("is longer than {ROSTER_MAX} bytes")));
        }
        let roster: Roster =
            serde_json::from_slice(&bytes).map_err(|fault| refused(fault.to_string()))?;
        roster.check().map_err(refused)?;
        Ok(roster)
    }

    /// Changes the registry, while nobody else does. Files of models that it has forgotten go.
    ///
    /// # Errors
    /// It can't be read or written: it is as it was.
    pub fn change<R>(&self, change: impl FnOnce(&mut Roster) -> R) -> Result<R, FolderFault> {
        self.make()?;
        let lock = self.root.join("roster.lock");
        let io = |why: io::Error| FolderFault::Io {
            path: lock.clone(),
            why,
        };
        // Held until it is dropped.
        let held = File::create(&lock).map_err(io)?;
        flock(&held, FlockOperation::LockExclusive).map_err(|why| io(why.into()))?;
        let mut roster = self.roster()?;
        let before = roster.clone();
        let done = change(&mut roster);
        if roster != before {
            let path = self.roster_file();
            let text = serde_json::to_vec_pretty(&roster).map_err(|why| FolderFault::Io {
                path: path.clone(),
                why: io::Error::other(why),
            })?;
            replace(&path, &text)?;
            for (id, entry) in before.entries() {
                if roster.get(id).is_none() {
                    // One that stays takes some space, and nobody goes by it.
                    let _ = fs::remove_file(self.file_of(entry.slot, id));
                }
            }
        }
        Ok(done)
    }
}

fn read_up_to(path: &Path, most: u64) -> Result<Vec<u8>, FolderFault> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(most).read_to_end(&mut bytes))
        .map_err(|why| FolderFault::Io {
            path: path.to_owned(),
            why,
        })?;
    Ok(bytes)
}

/// Under its name there is never half a file, whatever ends the process or the machine.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), FolderFault> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(".part");
    let partial = PathBuf::from(partial);
    let written = File::create(&partial).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&partial, path)?;
        path.parent()
            .map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    });
    written.map_err(|why| FolderFault::Io {
        path: path.to_owned(),
        why,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use zartrux_models::learn::artifact::DataFacts;
    use zartrux_models::learn::roster::State;

    fn admit(roster: &mut Roster, id: u64) {
        let better = Ok("better".to_owned());
        let facts = DataFacts::default();
        roster.admit(ModelId(id), ModelSlot::Outcome, facts, better, id);
    }

    #[test]
    fn what_is_written_is_there_for_the_next_one_who_reads() {
        let place = tempfile::tempdir().unwrap();
        let folder = ModelsFolder::new(place.path().join("models"));
        assert_eq!(folder.roster().unwrap(), Roster::default());
        folder.change(|roster| admit(roster, 1)).unwrap();
        let roster = folder.roster().unwrap();
        assert_eq!(roster.get(ModelId(1)).unwrap().state, State::Champion);
        folder
            .write(ModelSlot::Outcome, ModelId(1), b"one")
            .unwrap();
        assert_eq!(folder.read(ModelSlot::Outcome, ModelId(1)).unwrap(), b"one");
    }

    #[test]
    fn a_registry_that_is_none_is_told_and_left_alone() {
        let place = tempfile::tempdir().unwrap();
        let folder = ModelsFolder::new(place.path());
        for text in [&b"nonsense"[..], br#"{"entries":{"x":{}}}"#] {
            fs::write(place.path().join("roster.json"), text).unwrap();
            let fault = folder.change(|roster| admit(roster, 1)).unwrap_err();
            assert!(fault.to_string().contains("roster.json"), "{fault}");
            assert_eq!(fs::read(place.path().join("roster.json")).unwrap(), text);
        }
    }

    #[test]
    fn files_of_models_that_the_registry_forgets_go() {
        let place = tempfile::tempdir().unwrap();
        let folder = ModelsFolder::new(place.path());
        for id in 1..100 {
            folder.write(ModelSlot::Outcome, ModelId(id), b"x").unwrap();
            folder.change(|roster| admit(roster, id)).unwrap();
        }
        let files = fs::read_dir(place.path()).unwrap().count();
        assert!(files <= Roster::MOST + 2, "{files}");
    }

    #[test]
    fn several_who_change_it_at_once_lose_nothing() {
        let place = tempfile::tempdir().unwrap();
        let folder = ModelsFolder::new(place.path());
        std::thread::scope(|scope| {
            for thread in 0..4u64 {
                let folder = folder.clone();
                scope.spawn(move || {
                    for id in 0..8 {
                        folder
                            .change(|roster| admit(roster, thread * 8 + id))
                            .unwrap();
                    }
                });
            }
        });
        assert_eq!(folder.roster().unwrap().entries().len(), 32);
    }
}
