//! Which program a successor is, and how it is started.

use std::ffi::OsString;
use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result};

/// Says to a program that a predecessor waits for it on its standard input.
const FLAG: &str = "--successor";
/// This program itself, also after its file was replaced or removed.
const OWN: &str = "/proc/self/exe";
/// What Linux writes behind the path of a program whose file is gone.
const DELETED: &str = " (deleted)";
/// Programs that are process 1 of a container, and end it when their child ends.
const INITS: [&str; 5] = [
    "tini",
    "docker-init",
    "dumb-init",
    "catatonit",
    "podman-init",
];

/// A program that can be started as a successor.
#[derive(Debug, Clone)]
pub struct Program {
    path: PathBuf,
    name: OsString,
    arguments: Vec<OsString>,
}

impl Program {
    /// The file that this process was started from, or what has taken its place since: to be called at
    /// the start.
    ///
    /// # Errors
    /// The system does not say which file that is.
    pub fn started_from() -> Result<Self> {
        let own = fs::read_link(OWN).context(OWN)?;
        let mut given = std::env::args_os();
        let name = given.next().unwrap_or_default();
        let arguments = given.filter(|argument| argument != FLAG).collect();
        Ok(Self {
            path: chosen(&name, own)?,
            name,
            arguments,
        })
    }

    /// The same with another file.
    #[must_use]
    pub fn at(&self, path: PathBuf) -> Self {
        Self {
            name: path.clone().into_os_string(),
            path,
            arguments: self.arguments.clone(),
        }
    }

    /// The program that runs now, whatever has become of its file.
    #[must_use]
    pub fn own(&self) -> Self {
        Self {
            path: PathBuf::from(OWN),
            ..self.clone()
        }
    }

    /// Its file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Starts it with the arguments of this process, and this socket as its standard input.
    pub(super) fn start(&self, socket: OwnedFd) -> Result<Child> {
        let mut command = Command::new(&self.path);
        command
            .arg0(&self.name)
            .args(&self.arguments)
            .arg(FLAG)
            .stdin(Stdio::from(socket));
        // The watchdog of the service manager is for this process; it shall be for that one.
        let own = std::process::id().to_string();
        if std::env::var_os("WATCHDOG_PID").is_some_and(|pid| *pid == *own) {
            command.env_remove("WATCHDOG_PID");
        }
        command
            .spawn()
            .with_context(|| format!("{} can't be started", self.path.display()))
    }

    /// Why no other process can take the place of this one, if none can.
    #[must_use]
    pub fn must_stay() -> Option<String> {
        let own = std::process::id();
        let parent = std::os::unix::process::parent_id();
        let first = fs::read_to_string("/proc/1/comm").unwrap_or_default();
        if own == 1 {
            let why = "this is process 1 of a container, which ends with it: start a new container";
            return Some(why.to_owned());
        }
        let init = INITS.iter().find(|init| **init == first.trim())?;
        (parent == 1).then(|| {
            format!("{init} ends the container when this process ends: start a new container")
        })
    }
}

/// The path by which the program was called, so that a link to another version is followed anew, if it
/// led to the program; else its file.
fn chosen(name: &OsString, own: PathBuf) -> Result<PathBuf> {
    let called = Path::new(name);
    let by_path = called.components().count() > 1;
    if by_path && called.canonicalize().is_ok_and(|file| file == own) {
        // Whoever is started later may be started from elsewhere.
        return std::path::absolute(called).context("no path of the program");
    }
    Ok(undeleted(own))
}

fn undeleted(own: PathBuf) -> PathBuf {
    let text = own.to_str().and_then(|text| text.strip_suffix(DELETED));
    text.map(PathBuf::from).unwrap_or(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_followed_anew_and_a_file_that_is_gone_is_looked_for_where_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let (file, link) = (root.join("v1"), root.join("zartrux"));
        fs::write(&file, "").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let named = |path: &Path| path.as_os_str().to_owned();
        assert_eq!(chosen(&named(&link), file.clone()).unwrap(), link);
        assert_eq!(chosen(&"v1".into(), file.clone()).unwrap(), file);
        let gone = PathBuf::from(format!("{}{DELETED}", file.display()));
        assert_eq!(chosen(&named(&file), gone).unwrap(), file);
        // A name that somebody made up.
        assert_eq!(chosen(&"/bin/sh".into(), file.clone()).unwrap(), file);
    }
}
