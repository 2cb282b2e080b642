//! The program with an environment and limits of a test's choice, and its log as it came.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use tempfile::TempDir;

use crate::support::{Config, clock, http};

/// How it is started beside its settings.
#[derive(Debug, Default)]
pub(crate) struct How<'a> {
    /// Variables of its environment.
    pub(crate) env: Vec<(&'a str, String)>,
    /// Flags after `run --config FILE`.
    pub(crate) flags: Vec<&'a str>,
    /// What a shell does before it becomes the program, such as `ulimit -n 1000`.
    pub(crate) before: &'a str,
}

/// A running program; killed when dropped.
pub(crate) struct Launched {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
    _folder: TempDir,
}

impl Launched {
    pub(crate) fn run(config: &Config, how: &How<'_>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.toml");
        fs::write(&file, config.toml(folder.path())).unwrap();
        let script = format!("{}\nexec \"$0\" \"$@\"", how.before);
        let mut child = Command::new("bash")
            .args(["-c", &script, env!("CARGO_BIN_EXE_zartrux")])
            .args(["run", "--config"])
            .arg(&file)
            .args(&how.flags)
            .envs(how.env.iter().map(|(name, value)| (name, value)))
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let lines = Arc::new(Mutex::new(Vec::new()));
        let filled = Arc::clone(&lines);
        let reader = thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                filled.lock().unwrap().push(line);
            }
        });
        Self {
            child,
            lines,
            reader: Some(reader),
            _folder: folder,
        }
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    /// Waits for a line, and takes something out of it.
    pub(crate) fn wait<T>(&self, what: &str, find: impl Fn(&str) -> Option<T>) -> T {
        clock::eventually(what, || self.log().iter().find_map(|line| find(line)))
    }

    /// Where its monitor answers.
    pub(crate) fn monitor(&self) -> SocketAddr {
        self.wait("the monitor's address", |line| {
            let (_, rest) = line.split_once("monitor at http://")?;
            rest.split('/').next()?.parse().ok()
        })
    }

    /// Where miners connect.
    pub(crate) fn miners(&self) -> SocketAddr {
        self.wait("the miners' address", |line| {
            let is_it = line.contains("miners connect here");
            let address = &line[line.find("127.0.0.1:").filter(|_| is_it)?..];
            let end = address.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ':');
            address[..end.unwrap_or(address.len())].parse().ok()
        })
    }

    /// Waits until an upstream serves.
    pub(crate) fn wait_ready(&self) {
        let monitor = self.monitor();
        clock::eventually("an upstream that serves", || {
            (http::get(monitor, "/health/ready").status == 200).then_some(())
        });
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.process().to_string();
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &pid])
            .status();
        assert!(sent.unwrap().success());
    }

    /// Waits for its end, and for the last line of its log.
    pub(crate) fn wait_end(&mut self) -> ExitStatus {
        let status = clock::eventually("the end of the program", || self.child.try_wait().unwrap());
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        status
    }
}

impl Drop for Launched {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
