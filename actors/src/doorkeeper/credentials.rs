//! The file of names and hashed passwords.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params};
use rand::RngCore as _;

use super::secrets::{Digest, ProcessKey};

/// Most lines with a name.
pub const MOST_CREDENTIALS: usize = 100_000;
/// Largest file, bytes.
const MOST_BYTES: u64 = 64 << 20;
/// Longest name, bytes: a user and a rig id as they are kept of a login, and the stroke between.
const LONGEST_NAME: usize = 2 * 192 + 1;
/// Longest hash, bytes.
const LONGEST_HASH: usize = 512;
/// Most memory that one check may take, KiB: twice as much is taken by two at once.
const MOST_MEMORY: u32 = 256 << 10;
/// Most passes over it.
const MOST_PASSES: u32 = 16;
/// Faults that are told of one file.
const MOST_FAULTS: usize = 20;

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialsFault {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong; never the hash itself.
    pub what: String,
}

/// Why a file of credentials can't be used.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// It can't be read.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Lines are not as they should be: the first of them.
    #[error("{}", Listed(path, faults))]
    Lines {
        /// Of which file.
        path: PathBuf,
        /// What is wrong.
        faults: Vec<CredentialsFault>,
    },
}

struct Listed<'a>(&'a Path, &'a [CredentialsFault]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.1.iter().enumerate() {
            let end = if index == 0 { "" } else { "\n" };
            write!(
                f,
                "{end}{}, line {}: {}",
                self.0.display(),
                fault.line,
                fault.what
            )?;
        }
        Ok(())
    }
}

/// Names with their hashed passwords, and which passwords were found right.
pub struct Credentials {
    hashes: HashMap<Box<str>, Box<str>>,
    /// In the order of the file: one of them is computed for a name that is not there.
    decoys: Vec<Box<str>>,
    /// Passwords that were right, as digests that mean something in this process only. There is one
    /// to each line at most.
    right: Mutex<HashSet<Digest>>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({} names)", self.hashes.len())
    }
}

impl Credentials {
    /// Reads a file.
    ///
    /// # Errors
    /// It can't be read, is larger than 64 MiB, or has lines that are not right.
    pub fn from_file(path: &Path) -> Result<Self, CredentialsError> {
        let fault = |source| CredentialsError::File {
            path: path.to_owned(),
            source,
        };
        let mut bytes = Vec::new();
        File::open(path)
            .and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes))
            .map_err(fault)?;
        if bytes.len() as u64 > MOST_BYTES {
            return Err(fault(io::Error::other("is larger than 64 MiB")));
        }
        let text =
            String::from_utf8(bytes).map_err(|_| fault(io::Error::other("is not UTF-8 text")))?;
        Self::parse(&text).map_err(|faults| CredentialsError::Lines {
            path: path.to_owned(),
            faults,
        })
    }

    /// Reads lines `name:hash`; empty ones and those that begin with `#` are passed over. A name
    /// may have colons, a hash has none.
    ///
    /// # Errors
    /// The first lines that are not right.
    pub fn parse(text: &str) -> Result<Self, Vec<CredentialsFault>> {
        let mut hashes: HashMap<Box<str>, Box<str>> = HashMap::new();
        let mut first_of: HashMap<&str, usize> = HashMap::new();
        let mut decoys = Vec::new();
        let mut faults = Vec::new();
        for (line, entry) in (1..).zip(text.lines()) {
            let entry = entry.trim();
            if entry.is_empty() || entry.starts_with('#') {
                continue;
            }
            let read =
                read_line(entry).and_then(|(name, hash)| match first_of.insert(name, line) {
                    Some(first) => Err(format!("the same name as in line {first}")),
                    None if hashes.len() >= MOST_CREDENTIALS => {
                        Err(format!("more than {MOST_CREDENTIALS} names"))
                    }
                    None => Ok((name, hash)),
                });
            match read {
                Ok((name, hash)) => {
                    decoys.push(hash.into());
                    hashes.insert(name.into(), hash.into());
                }
                Err(what) => {
                    faults.push(CredentialsFault { line, what });
                    if faults.len() == MOST_FAULTS {
                        break;
                    }
                }
            }
        }
        if faults.is_empty() && hashes.is_empty() {
            let what = "no name in the whole file: nobody could log in".to_owned();
            faults.push(CredentialsFault { line: 1, what });
        }
        if faults.is_empty() {
            Ok(Self {
                hashes,
                decoys,
                right: Mutex::default(),
            })
        } else {
            Err(faults)
        }
    }

    /// How many names there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Never: a file without a name is refused.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    pub(super) fn same_as(&self, other: &Self) -> bool {
        self.hashes == other.hashes
    }

    /// The hash of a login: that of `user/rig-id`, or else of `user`. Of a login that is not
    /// listed some other's, so that it takes as long; and whether it is listed.
    fn hash_of(&self, user: &str, rig: &str, key: &ProcessKey) -> (&str, bool) {
        let both = format!("{user}/{rig}");
        let listed = if rig.is_empty() {
            None
        } else {
            self.hashes.get(both.as_str())
        };
        if let Some(hash) = listed.or_else(|| self.hashes.get(user)) {
            return (hash, true);
        }
        // The same one for the same name: always as fast, or as slow, as one that is listed.
        let number = key.number(both.as_bytes());
        let index = usize::try_from(number % self.decoys.len().max(1) as u64).unwrap_or(0);
        (self.decoys.get(index).map_or("", |hash| hash), false)
    }

    /// Whether this password was found right before. Some microseconds.
    pub(super) fn is_known(&self, claim: &Claim, key: &ProcessKey) -> bool {
        let (hash, listed) = self.hash_of(&claim.user, &claim.rig, key);
        let digest = key.digest(&[hash.as_bytes(), claim.pass.as_bytes()]);
        let right = self.right.lock().unwrap_or_else(PoisonError::into_inner);
        listed && right.contains(&digest)
    }

    /// Computes the hash, and keeps that it was right. Some 20 ms and 19 MiB, or what the line says.
    pub(super) fn verify(&self, claim: &Claim, key: &ProcessKey) -> bool {
        let (hash, listed) = self.hash_of(&claim.user, &claim.rig, key);
        let Ok(parsed) = PasswordHash::new(hash) else {
            return false;
        };
        let verified = Argon2::default()
            .verify_password(claim.pass.as_bytes(), &parsed)
            .is_ok();
        let right = verified && listed;
        if right {
            let digest = key.digest(&[hash.as_bytes(), claim.pass.as_bytes()]);
            let mut known = self.right.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(digest);
        }
        right
    }
}

/// What a login says of itself. Never shown.
pub(super) struct Claim {
    pub(super) user: Box<str>,
    pub(super) rig: Box<str>,
    pub(super) pass: Box<str>,
}

fn read_line(line: &str) -> Result<(&str, &str), String> {
    let Some((name, hash)) = line.rsplit_once(':') else {
        return Err("must be NAME:HASH, as `zartrux password` writes it".to_owned());
    };
    if name.is_empty() || name.len() > LONGEST_NAME || name.contains(char::is_control) {
        return Err(format!(
            "the name must have 1 to {LONGEST_NAME} bytes, without control characters"
        ));
    }
    if hash.len() > LONGEST_HASH {
        return Err(format!("the hash is longer than {LONGEST_HASH} bytes"));
    }
    let parsed = PasswordHash::new(hash)
        .map_err(|why| format!("what follows the last colon is no hash in PHC form: {why}"))?;
    let params = Params::try_from(&parsed).map_err(|why| format!("the hash: {why}"))?;
    if Algorithm::try_from(parsed.algorithm) != Ok(Algorithm::Argon2id) {
        return Err("the hash must be of argon2id".to_owned());
    }
    if parsed.salt.is_none() || parsed.hash.is_none() {
        return Err("the hash has no salt, or is only the beginning of one".to_owned());
    }
    if params.m_cost() > MOST_MEMORY || params.t_cost() > MOST_PASSES {
        return Err(format!(
            "the hash takes too long: at most m={MOST_MEMORY} and t={MOST_PASSES} are possible"
        ));
    }
    Ok((name, hash))
}

/// The hash of a password as a line of the file has it: argon2id with 19 MiB and two passes.
///
/// # Errors
/// Never for a password that fits into a line; what the library says otherwise.
pub fn hash_password(password: &str) -> Result<String, argon2::password_hash::Error> {
    let mut salt = [0; 16];
    rand::rngs::OsRng.fill_bytes(&mut salt);
    let salt = SaltString::encode_b64(&salt)?;
    let hash = Argon2::default().hash_password(password.as_bytes(), &salt)?;
    Ok(hash.to_string())
}

#[cfg(test)]
#[path = "credentials/tests.rs"]
pub(super) mod tests;
