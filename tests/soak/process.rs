//! The daemon as a child of the soak.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::support::http::HttpAnswer;
use crate::support::{clock, http};

/// Lines of its log that are kept.
const KEPT: usize = 200;

#[derive(Debug, Default)]
struct Log {
    lines: VecDeque<String>,
    miners: Option<SocketAddr>,
    monitor: Option<SocketAddr>,
    panics: u64,
}

impl Log {
    fn take(&mut self, line: String) {
        if self.miners.is_none() || self.monitor.is_none() {
            self.look_for_addresses(&line);
        }
        self.panics += u64::from(line.contains("panicked at"));
        if self.lines.len() == KEPT {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    fn look_for_addresses(&mut self, line: &str) {
        let Ok(event) = serde_json::from_str::<Value>(line) else {
            return;
        };
        let message = event["fields"]["message"].as_str().unwrap_or_default();
        if message == "miners connect here" {
            let address = event["fields"]["address"].as_str();
            self.miners = address.and_then(|address| address.parse().ok());
        }
        if let Some(url) = message.strip_prefix("monitor at http://") {
            self.monitor = url.trim_end_matches('/').parse().ok();
        }
    }
}

/// A running daemon; killed when dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    log: Arc<Mutex<Log>>,
    pub(crate) miners: SocketAddr,
    pub(crate) monitor: SocketAddr,
    /// The answer that took longest, and how long.
    slowest: RefCell<(Duration, String)>,
}

impl Process {
    /// Starts `zartrux run --drill` with the settings file of a folder.
    pub(crate) fn start(program: &Path, folder: &Path) -> Self {
        let mut child = Command::new(program)
            .args(["run", "--drill", "--config"])
            .arg(folder.join("settings.toml"))
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let stderr = child.stderr.take().expect("a pipe");
        let log = Arc::new(Mutex::new(Log::default()));
        let filling = Arc::clone(&log);
        // Ends with the child.
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                filling
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .take(line);
            }
        });
        let addresses = || {
            let log = log.lock().unwrap_or_else(PoisonError::into_inner);
            Some((log.miners?, log.monitor?))
        };
        let (miners, monitor) = clock::eventually("the daemon's addresses", addresses);
        Self {
            child,
            log,
            miners,
            monitor,
            slowest: RefCell::default(),
        }
    }

    fn timed(&self, path: &str, ask: impl FnOnce() -> HttpAnswer) -> HttpAnswer {
        let begin = clock::now();
        let answer = ask();
        let took = begin.elapsed();
        if took > self.slowest.borrow().0 {
            self.slowest.replace((took, path.to_owned()));
        }
        answer
    }

    /// The monitor's answer that took longest, and how long.
    pub(crate) fn slowest(&self) -> (Duration, String) {
        self.slowest.borrow().clone()
    }

    /// A page of its monitor.
    pub(crate) fn page(&self, path: &str) -> String {
        let answer = self.timed(path, || http::get(self.monitor, path));
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }

    /// How a page is answered.
    pub(crate) fn status(&self, path: &str) -> u16 {
        self.timed(path, || http::get(self.monitor, path)).status
    }

    /// A page as JSON.
    pub(crate) fn json(&self, path: &str) -> Value {
        let body = self.page(path);
        serde_json::from_str(&body).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Posts nothing to a path: the status, and what is answered.
    pub(crate) fn post(&self, path: &str) -> (u16, String) {
        let answer = self.timed(path, || http::post(self.monitor, path));
        (answer.status, answer.body)
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child")
    }

    /// Ends it as no program can notice.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("a child");
        self.child.wait().expect("a child");
    }

    /// Tells it to leave, and waits for its end.
    pub(crate) fn leave(&mut self) -> ExitStatus {
        let sent = Command::new("kill")
            .arg("-TERM")
            .arg(self.child.id().to_string())
            .status();
        assert!(sent.expect("the command `kill`").success());
        clock::eventually("the daemon to leave", || self.has_ended())
    }

    /// Its open descriptors.
    pub(crate) fn descriptors(&self) -> u64 {
        let folder = format!("/proc/{}/fd", self.child.id());
        fs::read_dir(folder).expect("a running process").count() as u64
    }

    /// What its descriptors lead to, each with how many do.
    pub(crate) fn open_files(&self) -> String {
        let folder = format!("/proc/{}/fd", self.child.id());
        let mut kinds = BTreeMap::<String, u64>::new();
        for entry in fs::read_dir(folder).expect("a running process").flatten() {
            let target = fs::read_link(entry.path()).unwrap_or_default();
            let target = target.to_string_lossy().into_owned();
            let kind = target.split(":[").next().unwrap_or_default().to_owned();
            *kinds.entry(kind).or_default() += 1;
        }
        format!("{kinds:?}")
    }

    /// Its memory that no file stands behind, bytes.
    pub(crate) fn resident(&self) -> u64 {
        resident_of(&self.child.id().to_string())
    }

    /// The last lines of its log.
    pub(crate) fn last_lines(&self) -> Vec<String> {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.lines.iter().cloned().collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails when it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Memory of a process that no file stands behind, bytes; of this one as `self`.
pub(crate) fn resident_of(process: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status"));
    let status = status.expect("a running process");
    let line = status.lines().find(|line| line.starts_with("RssAnon:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kib.expect("RssAnon in kB") * 1024
}
