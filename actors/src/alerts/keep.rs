//! The file that outlives the process: alerts that are open, and whom upstreams paid.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zartrux_models::alert::Kept;

use super::WalletBook;

/// What is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptState {
    /// Alerts that are open and were told.
    #[serde(default)]
    pub open: Vec<Kept>,
    /// Whom upstreams paid.
    #[serde(default)]
    pub wallets: WalletBook,
}

/// Why the file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum KeepFault {
    /// The system refuses.
    #[error("{path}: {why}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        why: io::Error,
    },
    /// It is not what was written.
    #[error("{path}: {why}")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong.
        why: String,
    },
}

/// The file: a line with the SHA-256 of what follows, then JSON.
#[derive(Debug, Clone)]
pub struct AlertFile {
    path: PathBuf,
}

impl AlertFile {
    /// Its name in the data folder.
    pub const NAME: &'static str = "alerts.json";
    /// Longest file that is read, bytes: far above what the engine's bounds allow.
    const MOST: u64 = 64 << 20;
    const HEAD: &'static str = "zartrux-alerts 1 ";

    /// The file of a data folder.
    #[must_use]
    pub fn below(data: &Path) -> Self {
        Self {
            path: data.join(Self::NAME),
        }
    }

    fn io(&self, why: io::Error) -> KeepFault {
        KeepFault::Io {
            path: self.path.display().to_string(),
            why,
        }
    }

    fn damaged(&self, why: impl Into<String>) -> KeepFault {
        KeepFault::Damaged {
            path: self.path.display().to_string(),
            why: why.into(),
        }
    }

    /// Reads it; nothing kept where there is none.
    ///
    /// # Errors
    /// The system refuses, or it is damaged.
    pub fn read(&self) -> Result<KeptState, KeepFault> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(KeptState::default()),
            Err(why) => return Err(self.io(why)),
        };
        let mut bytes = Vec::new();
        file.take(Self::MOST + 1)
            .read_to_end(&mut bytes)
            .map_err(|why| self.io(why))?;
        if bytes.len() as u64 > Self::MOST {
            return Err(self.damaged("it is too long"));
        }
        let head = Self::HEAD.len() + 64 + 1;
        let (head, body) = bytes
            .split_at_checked(head)
            .ok_or_else(|| self.damaged("it is too short"))?;
        let digest = const_hex::encode(Sha256::digest(body));
        if head != format!("{}{digest}\n", Self::HEAD).as_bytes() {
            return Err(self.damaged("its sum does not fit"));
        }
        serde_json::from_slice(body).map_err(|why| self.damaged(why.to_string()))
    }

    /// Reads it; one that is damaged is put aside, and nothing is kept then.
    #[must_use]
    pub fn read_or_begin(&self) -> KeptState {
        match self.read() {
            Ok(kept) => kept,
            Err(fault) => {
                tracing::error!(%fault, "alerts of the last run are lost, and may be told again");
                if let KeepFault::Damaged { .. } = fault {
                    // What can't be put aside is written over.
                    let _ = fs::rename(&self.path, self.path.with_extension("json.damaged"));
                }
                KeptState::default()
            }
        }
    }

    /// Writes it, whole or not at all.
    ///
    /// # Errors
    /// The system refuses.
    pub fn write(&self, kept: &KeptState) -> Result<(), KeepFault> {
        let body = serde_json::to_vec(kept).map_err(|why| self.damaged(why.to_string()))?;
        let digest = const_hex::encode(Sha256::digest(&body));
        let beside = self.path.with_extension("json.new");
        let written = || -> io::Result<()> {
            let mut file = File::create(&beside)?;
            file.write_all(format!("{}{digest}\n", Self::HEAD).as_bytes())?;
            file.write_all(&body)?;
            file.sync_all()?;
            fs::rename(&beside, &self.path)
        };
        written().map_err(|why| self.io(why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> KeptState {
        KeptState {
            open: vec![Kept {
                kind: "no_upstream".to_owned(),
                subject: "all lanes".to_owned(),
                text: "words".to_owned(),
                since_unix_ms: 7,
                flapping: false,
            }],
            wallets: WalletBook::default(),
        }
    }

    #[test]
    fn what_was_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = AlertFile::below(folder.path());
        assert_eq!(file.read().unwrap(), KeptState::default(), "none is there");
        file.write(&kept()).unwrap();
        file.write(&kept()).unwrap();
        assert_eq!(file.read().unwrap(), kept());
    }

    #[test]
    fn any_damage_is_noticed_and_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        let file = AlertFile::below(folder.path());
        file.write(&kept()).unwrap();
        let good = fs::read(&file.path).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&file.path, &bad).unwrap();
            assert!(file.read().is_err(), "byte {at}");
            fs::write(&file.path, &good[..at]).unwrap();
            assert!(file.read().is_err(), "{at} bytes");
        }
        assert_eq!(file.read_or_begin(), KeptState::default());
        assert!(folder.path().join("alerts.json.damaged").exists());
        assert_eq!(file.read().unwrap(), KeptState::default());
    }
}
