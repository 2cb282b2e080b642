//! The proxy under test as a child process: started, watched, ended.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, Error, Result, anyhow};

use super::procfs::{self, CpuReading};

/// Lines of the proxy's output that an error shows.
const TAIL: usize = 20;

/// A running proxy; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Proxy {
    child: Child,
    log: PathBuf,
}

impl Proxy {
    /// Starts `command` by the shell, which it must replace by `exec`; its output going to a file in `folder`.
    ///
    /// # Errors
    /// When the file cannot be made or the shell not be started.
    pub(crate) fn start(command: &str, folder: &Path) -> Result<Self> {
        let log = folder.join("output.log");
        let file = File::create(&log).with_context(|| format!("cannot make {}", log.display()))?;
        let child = Command::new("sh")
            .args(["-c", command])
            .stdin(Stdio::null())
            .stdout(file.try_clone().context("cannot share the log file")?)
            .stderr(file)
            .spawn()
            .context("cannot start sh")?;
        Ok(Self { child, log })
    }

    /// Checks that the proxy still runs.
    ///
    /// # Errors
    /// When it has ended: how, and the end of what it wrote.
    pub(crate) fn check(&mut self) -> Result<()> {
        match self.child.try_wait().context("cannot ask for the proxy")? {
            None => Ok(()),
            Some(status) => Err(self.blame(&anyhow!("the proxy has ended: {status}"))),
        }
    }

    /// The error with the end of the proxy's output.
    pub(crate) fn blame(&self, error: &Error) -> Error {
        let output = fs::read(&self.log).unwrap_or_default();
        let output = String::from_utf8_lossy(&output);
        let lines: Vec<&str> = output.lines().collect();
        let tail = lines
            .get(lines.len().saturating_sub(TAIL)..)
            .unwrap_or_default();
        if tail.is_empty() {
            anyhow!("{error:#}\nthe proxy wrote nothing")
        } else {
            anyhow!(
                "{error:#}\nthe proxy's last lines:\n  {}",
                tail.join("\n  ")
            )
        }
    }

    /// Its processor time so far.
    ///
    /// # Errors
    /// When it is gone.
    pub(crate) fn cpu(&self) -> Result<CpuReading> {
        procfs::cpu(self.child.id())
    }

    /// Its resident memory, bytes.
    ///
    /// # Errors
    /// When it is gone.
    pub(crate) fn resident(&self) -> Result<u64> {
        procfs::resident(self.child.id())
    }

    /// Its open descriptors.
    ///
    /// # Errors
    /// When it is gone.
    pub(crate) fn descriptors(&self) -> Result<usize> {
        procfs::descriptors(self.child.id())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Its state is in a folder that goes away too: nothing is lost by a hard end. An error
        // says that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_that_ends_is_reported_with_its_status_and_its_last_words() {
        let folder = tempfile::tempdir().unwrap();
        let mut proxy = Proxy::start("echo no such key >&2; exit 78", folder.path()).unwrap();
        proxy.child.wait().unwrap();
        let text = proxy.check().unwrap_err().to_string();
        assert!(text.contains("exit status: 78"), "{text}");
        assert!(text.contains("no such key"), "{text}");
    }

    #[test]
    fn the_process_measured_is_the_command_itself_and_dropping_ends_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut proxy = Proxy::start("exec sleep 600", folder.path()).unwrap();
        let pid = proxy.child.id();
        let name = || fs::read_to_string(format!("/proc/{pid}/comm"));
        // Until then it has the name of the shell, or of the thread that started it.
        while name().unwrap().trim() != "sleep" {
            proxy.check().unwrap();
            std::thread::yield_now();
        }
        assert!(proxy.resident().unwrap() > 0);
        assert!(proxy.descriptors().unwrap() >= 3);
        drop(proxy);
        assert!(name().is_err(), "the child is still there");
    }
}
