//! The real program in a process of its own.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use serde_json::Value;
use tempfile::TempDir;

use super::{Config, PATIENCE, clock, http};

/// Runs the program with these arguments until it ends by itself.
///
/// It starts in `folder`, so that no settings file lies about by chance.
pub fn run_to_end(folder: &Path, args: &[&str]) -> Output {
    program()
        .args(args)
        .current_dir(folder)
        .output()
        .expect("the program runs")
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_zartrux"))
}

/// What the program has logged so far, line by line.
#[derive(Default)]
struct Log {
    lines: Mutex<Vec<String>>,
    changed: Condvar,
}

/// How the program is started, beside its settings.
#[derive(Debug, Clone, Copy, Default)]
pub struct Manner {
    /// Faults may be forced over HTTP.
    pub drill: bool,
    /// No file may grow beyond so many KiB: what would make one do so fails, as on a full disk.
    pub file_limit: Option<u32>,
}

impl Manner {
    fn command(self) -> Command {
        let Some(kib) = self.file_limit else {
            return program();
        };
        let mut shell = Command::new("bash");
        // The signal would end the program instead of letting the write fail.
        let script = format!("trap '' XFSZ; ulimit -f {kib}; exec \"$0\" \"$@\"");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_zartrux")]);
        shell
    }
}

/// A running daemon; killed when dropped.
pub struct Daemon {
    child: Child,
    log: Arc<Log>,
    _folder: Option<TempDir>,
    /// Where miners connect.
    pub miners: SocketAddr,
    monitor: SocketAddr,
}

impl Daemon {
    /// Starts `zartrux run` with these settings.
    pub fn start(config: &Config) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut daemon = Self::start_in(folder.path(), config, Manner::default());
        daemon._folder = Some(folder);
        daemon
    }

    /// Starts it with a data folder that outlives it.
    pub fn start_in(folder: &Path, config: &Config, manner: Manner) -> Self {
        let file = folder.join("settings.toml");
        let config = config.clone().set("node.log_format", "\"json\"");
        fs::write(&file, config.toml(folder)).expect("a settings file");
        let mut command = manner.command();
        command.args(["run", "--config"]).arg(&file);
        if manner.drill {
            command.arg("--drill");
        }
        let mut child = command
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let stderr = child.stderr.take().expect("a pipe");
        let log = Arc::new(Log::default());
        let filling = Arc::clone(&log);
        // Ends with the child.
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                filling
                    .lines
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(line);
                filling.changed.notify_all();
            }
        });
        let miners = wait_in(&log, "the miners' address", |event| {
            let fields = &event["fields"];
            let address = fields["address"].as_str()?;
            (fields["message"] == "miners connect here").then(|| address.parse().ok())?
        });
        let monitor = wait_in(&log, "the monitor's address", |event| {
            let text = event["fields"]["message"].as_str()?;
            let url = text.strip_prefix("monitor at http://")?;
            url.strip_suffix('/')?.parse().ok()
        });
        Self {
            child,
            log,
            _folder: None,
            miners,
            monitor,
        }
    }

    /// The number of its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Where its monitor answers.
    pub const fn monitor(&self) -> SocketAddr {
        self.monitor
    }

    /// Sends it a signal, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .arg(format!("-{name}"))
            .arg(self.process().to_string())
            .status();
        assert!(sent.expect("the command `kill`").success());
    }

    /// Waits until it has logged a message that starts so.
    pub fn wait_message(&self, start: &str) {
        wait_in(&self.log, start, |event| {
            let text = event["fields"]["message"].as_str()?;
            text.starts_with(start).then_some(())
        });
    }

    /// Whether it has logged a line with this text in it so far.
    pub fn has_logged(&self, text: &str) -> bool {
        let lines = self.log.lines.lock();
        let lines = lines.unwrap_or_else(PoisonError::into_inner);
        lines.iter().any(|line| line.contains(text))
    }

    /// How many lines with this text in them it has logged so far.
    pub fn times_logged(&self, text: &str) -> usize {
        let lines = self.log.lines.lock();
        let lines = lines.unwrap_or_else(PoisonError::into_inner);
        lines.iter().filter(|line| line.contains(text)).count()
    }

    /// Ends it as no program can notice.
    pub fn kill(mut self) {
        self.child.kill().expect("a child");
        self.child.wait().expect("a child");
    }

    /// Tells it to leave, and waits until it has left in order.
    pub fn leave(mut self) {
        self.signal("TERM");
        assert_eq!(self.wait_end().code(), Some(0));
    }

    /// Has the next steps of an actor panic; it must run with [`Manner::drill`].
    pub fn drill_panics(&self, actor: &str, count: u32) {
        let path = format!("/drill/{actor}/panic?count={count}");
        let answer = http::post(self.monitor, &path);
        assert_eq!(answer.status, 200, "{actor}: {}", answer.body);
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a child").is_some()
    }

    /// Waits until it has ended.
    pub fn wait_end(&mut self) -> ExitStatus {
        clock::eventually("the end of the program", || {
            self.child.try_wait().expect("a child")
        })
    }

    /// A page of its monitor as JSON.
    pub fn json(&self, path: &str) -> Value {
        let answer = http::get(self.monitor, path);
        serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{path}: {answer:?}"))
    }

    /// What it answers to a text that is posted, as JSON, with the status.
    pub fn post(&self, path: &str, text: &str) -> (u16, Value) {
        self.post_with(path, "", text)
    }

    /// The same with these further lines in the head.
    pub fn post_with(&self, path: &str, head: &str, text: &str) -> (u16, Value) {
        let answer = http::post_text(self.monitor, path, head, text);
        let value = serde_json::from_str(&answer.body);
        (
            answer.status,
            value.unwrap_or_else(|_| panic!("{path}: {answer:?}")),
        )
    }

    /// Makes the next step of an actor take this much longer; it must run with [`Manner::drill`].
    pub fn drill_stall(&self, actor: &str, millis: u64) {
        let answer = http::post(self.monitor, &format!("/drill/{actor}/stall?ms={millis}"));
        assert_eq!(answer.status, 200, "{actor}: {}", answer.body);
    }

    /// Waits until an upstream serves.
    pub fn wait_ready(&self) {
        clock::eventually("an upstream that serves", || {
            (self.json("/health/ready")["ready"] == true).then_some(())
        });
    }

    /// One of the counts of its connections, such as `open`.
    pub fn connections(&self, which: &str) -> u64 {
        let health = self.json("/health");
        health["counts"]["connections"][which]
            .as_u64()
            .unwrap_or_else(|| panic!("no count {which:?}"))
    }

    /// Its open descriptors.
    pub fn descriptors(&self) -> usize {
        let folder = format!("/proc/{}/fd", self.process());
        fs::read_dir(folder).expect("a running process").count()
    }

    /// Its memory that no file stands behind, bytes.
    pub fn resident(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process()));
        let status = status.expect("a running process");
        let line = status.lines().find(|line| line.starts_with("RssAnon:"));
        let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
        kib.expect("RssAnon in kB") * 1024
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Fails when it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn wait_in<T>(log: &Log, what: &str, mut wanted: impl FnMut(&Value) -> Option<T>) -> T {
    let lines = log.lines.lock().unwrap_or_else(PoisonError::into_inner);
    let mut seen = 0;
    clock::wait_for(&log.changed, lines, PATIENCE, |lines| {
        let fresh = &lines[seen..];
        seen = lines.len();
        fresh
            .iter()
            .filter_map(|line| serde_json::from_str(line).ok())
            .find_map(|event| wanted(&event))
    })
    .unwrap_or_else(|| panic!("waited in vain for {what} in the log"))
}
