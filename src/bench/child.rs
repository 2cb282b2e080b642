//! The proxy under test as a child process: started, watched, ended.

use std::{
    fs::{self, File},
    io::Read as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, Error, Result, anyhow};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use super::procfs::{self, CpuReading};

/// Lines of the proxy's output that an error shows.
const TAIL: usize = 20;

/// A running proxy; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Proxy {
    child: Child,
    /// Who has taken over from it.
    successor: Option<Pid>,
    upgrade: Option<Child>,
    data: PathBuf,
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
        Ok(Self {
            child,
            successor: None,
            upgrade: None,
            data: folder.join("data"),
            log,
        })
    }

    /// Checks that the proxy still runs.
    ///
    /// # Errors
    /// When it has ended: how, and the end of what it wrote.
    pub(crate) fn check(&mut self) -> Result<()> {
        if let Some(successor) = self.successor {
            return match test_kill_process(successor) {
                Ok(()) => Ok(()),
                Err(_) => Err(self.blame(&anyhow!("the proxy's successor has ended"))),
            };
        }
        match self.child.try_wait().context("cannot ask for the proxy")? {
            None => Ok(()),
            // Its successor is not known yet.
            Some(status) if status.success() && self.upgrade.is_some() => Ok(()),
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
        procfs::cpu(self.process())
    }

    /// Its resident memory, bytes.
    ///
    /// # Errors
    /// When it is gone.
    pub(crate) fn resident(&self) -> Result<u64> {
        procfs::resident(self.process())
    }

    /// Its open descriptors.
    ///
    /// # Errors
    /// When it is gone.
    pub(crate) fn descriptors(&self) -> Result<usize> {
        procfs::descriptors(self.process())
    }

    fn process(&self) -> u32 {
        let successor = self.successor.map(|pid| pid.as_raw_nonzero().get());
        successor
            .and_then(|pid| u32::try_from(pid).ok())
            .unwrap_or_else(|| self.child.id())
    }

    /// Has this very program take the proxy's place, which must be one too.
    ///
    /// # Errors
    /// When the command cannot be started.
    pub(crate) fn begin_upgrade(&mut self) -> Result<()> {
        let program = std::env::current_exe().context("the path of this program is unknown")?;
        let command = Command::new(program)
            .args(["upgrade", "--data"])
            .arg(&self.data)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn();
        self.upgrade = Some(command.context("the upgrade cannot be started")?);
        Ok(())
    }

    /// Whether the upgrade that was begun is over; the successor is watched from then on.
    ///
    /// # Errors
    /// When it failed.
    pub(crate) fn has_upgraded(&mut self) -> Result<bool> {
        let upgrade = self.upgrade.as_mut().context("no upgrade was begun")?;
        let Some(status) = upgrade.try_wait()? else {
            return Ok(false);
        };
        let mut said = String::new();
        if let Some(mut output) = upgrade.stdout.take() {
            output.read_to_string(&mut said)?;
        }
        if !status.success() {
            return Err(self.blame(&anyhow!("it ended with {status}: {said}")));
        }
        let (_, pid) = said
            .trim()
            .rsplit_once(' ')
            .context("no process is named")?;
        self.successor = Some(Pid::from_raw(pid.parse()?).context("no process is named")?);
        self.upgrade = None;
        Ok(true)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(successor) = self.successor {
            // Fails when it has ended.
            let _ = kill_process(successor, Signal::KILL);
        }
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
