//! A daemon that may give its place to others: their log is one, and all of them end with the test.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Config, SimMiner, clock, http};

/// The path of the program that is tested.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_zartrux");

/// The first process, and what it and its successors have logged.
pub(crate) struct Farm {
    first: Child,
    lines: Arc<Mutex<Vec<String>>>,
    folder: TempDir,
    /// Where miners connect.
    pub(crate) miners: SocketAddr,
    /// Where the monitor answers.
    pub(crate) monitor: SocketAddr,
}

impl Farm {
    pub(crate) fn start(config: &Config) -> Self {
        Self::start_with(config, &[])
    }

    /// With these variables in its environment.
    pub(crate) fn start_with(config: &Config, env: &[(&str, String)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(
            folder.path().join("settings.toml"),
            config.toml(folder.path()),
        )
        .unwrap();
        let mut first = Command::new(PROGRAM)
            .args(["run", "--config", "settings.toml"])
            .envs(env.iter().map(|(name, value)| (name, value)))
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = BufReader::new(first.stderr.take().unwrap());
        let lines = Arc::new(Mutex::new(Vec::new()));
        let filled = Arc::clone(&lines);
        // Ends with the last of the processes.
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                filled.lock().unwrap().push(line);
            }
        });
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut farm = Self {
            first,
            lines,
            folder,
            miners: nowhere,
            monitor: nowhere,
        };
        farm.miners = farm.wait("the miners' address", |line| {
            let is_it = line.contains("miners connect here");
            address(&line[line.find("127.0.0.1:").filter(|_| is_it)?..])
        });
        farm.monitor = farm.wait("the monitor's address", |line| {
            address(line.split_once("monitor at http://")?.1)
        });
        farm.wait_ready();
        farm
    }

    /// Its folder, which is the data folder too.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Other settings for whoever reads them next.
    pub(crate) fn write_settings(&self, text: &str) {
        fs::write(self.folder().join("settings.toml"), text).unwrap();
    }

    pub(crate) fn log(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    /// Waits for a line, and takes something out of it.
    pub(crate) fn wait<T>(&self, what: &str, find: impl Fn(&str) -> Option<T>) -> T {
        clock::eventually(what, || self.log().iter().find_map(|line| find(line)))
    }

    pub(crate) fn wait_line(&self, text: &str) {
        self.wait(text, |line| line.contains(text).then_some(()));
    }

    pub(crate) fn json(&self, path: &str) -> Value {
        let answer = http::get(self.monitor, path);
        serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{path}: {answer:?}"))
    }

    pub(crate) fn wait_ready(&self) {
        clock::eventually("an upstream that serves", || {
            let answer = http::get(self.monitor, "/health/ready");
            (answer.status == 200).then_some(())
        });
    }

    /// The processes that were started, the first one first.
    pub(crate) fn processes(&self) -> Vec<u32> {
        let mut all = vec![self.first.id()];
        all.extend(self.log().iter().filter_map(|line| {
            let (_, rest) = line.split_once(" as process ")?;
            let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
            digits.parse::<u32>().ok()
        }));
        all.dedup();
        all
    }

    /// Waits until another process is ready to take over.
    pub(crate) fn wait_successor(&self) -> u32 {
        self.wait("a successor", |line| {
            let (_, rest) = line.split_once("is ready as process ")?;
            rest.split(':').next()?.parse().ok()
        })
    }

    /// Asks for an upgrade by command.
    pub(crate) fn upgrade(&self, more: &[&str]) -> Output {
        Command::new(PROGRAM)
            .args(["upgrade", "--data"])
            .arg(self.folder())
            .args(more)
            .current_dir(self.folder())
            .output()
            .unwrap()
    }

    /// The same, and it is done.
    pub(crate) fn upgraded(&self) -> String {
        let output = self.upgrade(&[]);
        let text = String::from_utf8(output.stdout).unwrap();
        let words = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{text}{words}\n{:#?}",
            self.log()
        );
        text
    }

    pub(crate) fn signal(&self, process: u32, name: &str) {
        let sent = Command::new("kill")
            .args([format!("-{name}"), process.to_string()])
            .status();
        assert!(sent.unwrap().success());
    }

    /// The first process.
    pub(crate) fn first(&self) -> u32 {
        self.first.id()
    }

    /// Waits until the first process has left.
    pub(crate) fn wait_first_end(&mut self) -> ExitStatus {
        clock::eventually("the end of the first process", || {
            self.first.try_wait().unwrap()
        })
    }

    pub(crate) fn first_has_ended(&mut self) -> bool {
        self.first.try_wait().unwrap().is_some()
    }

    /// A program that is a script of bash.
    pub(crate) fn script(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder().join(name);
        fs::write(&path, format!("#!/bin/bash\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }
}

impl Drop for Farm {
    fn drop(&mut self) {
        for process in self.processes() {
            // Fails for one that has ended.
            let _ = Command::new("kill")
                .args(["-KILL", &process.to_string()])
                .stderr(Stdio::null())
                .status();
        }
        let _ = self.first.wait();
    }
}

fn address(text: &str) -> Option<SocketAddr> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ':');
    text[..end.unwrap_or(text.len())].parse().ok()
}

/// Miners that submit one share after the other, each as soon as the last was answered.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    miners: Vec<JoinHandle<(SimMiner, u32)>>,
}

impl Load {
    /// So many miners. A share that is refused, or a connection that is lost, fails the test.
    pub(crate) fn begin(at: SocketAddr, miners: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let miner = |number: usize| {
            let stop = Arc::clone(&stop);
            let mut miner = SimMiner::joined(at, &format!("rig{number}"));
            thread::spawn(move || {
                let mut shares = 0;
                while !stop.load(Ordering::Relaxed) {
                    shares += 1;
                    let id = miner.submit_good(shares);
                    let verdict = miner.reply_to(id);
                    assert!(verdict.is_ok(), "rig{number}, share {shares}: {verdict:?}");
                }
                (miner, shares)
            })
        };
        Self {
            miners: (0..miners).map(miner).collect(),
            stop,
        }
    }

    /// The miners, still connected, and how many shares of theirs were taken.
    pub(crate) fn end(self) -> (Vec<SimMiner>, usize) {
        self.stop.store(true, Ordering::Relaxed);
        let mut total = 0;
        let miners = self.miners.into_iter().map(|thread| {
            let (miner, shares) = thread.join().unwrap();
            total += shares as usize;
            miner
        });
        let miners = miners.collect();
        (miners, total)
    }
}
