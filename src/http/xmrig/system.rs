//! The machine, as the system's files tell of it; 0 where they do not.

use std::fs::File;
use std::io::Read as _;

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

/// The machine's resources.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Resources {
    memory: Memory,
    /// Over 1, 5 and 15 minutes.
    load_average: [f64; 3],
    /// Threads that can run at once.
    hardware_concurrency: usize,
}

/// Memory, bytes.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Memory {
    /// That can be had without swapping.
    free: u64,
    total: u64,
    /// Of this process.
    resident_set_memory: u64,
}

impl Resources {
    pub(super) fn read() -> Self {
        let machine = text("/proc/meminfo");
        let process = text("/proc/self/status");
        let mut load = [0.0; 3];
        let words = text("/proc/loadavg");
        for (value, word) in load.iter_mut().zip(words.split_ascii_whitespace()) {
            *value = word.parse().unwrap_or(0.0);
        }
        Self {
            memory: Memory {
                free: kib(&machine, "MemAvailable:"),
                total: kib(&machine, "MemTotal:"),
                resident_set_memory: kib(&process, "VmRSS:"),
            },
            load_average: load,
            hardware_concurrency: std::thread::available_parallelism().map_or(0, usize::from),
        }
    }
}

/// The machine's name.
pub(super) fn host_name() -> String {
    text("/proc/sys/kernel/hostname").trim().to_owned()
}

/// A number for the machine that does not tell its name.
pub(super) fn machine_id() -> String {
    let digest = Sha256::digest(format!("zartrux {}", host_name()));
    const_hex::encode(&digest[..8])
}

/// The beginning of a file of the system; empty if it can't be read.
fn text(path: &str) -> String {
    const LONGEST: u64 = 16 << 10;
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(LONGEST).read_to_string(&mut text));
    read.map_or_else(|_| String::new(), |_| text)
}

/// A line such as `MemTotal:  123 kB`, in bytes.
fn kib(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_ascii_whitespace().next()?.parse::<u64>().ok());
    number.unwrap_or(0).saturating_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_system_are_read_and_others_are_nothing() {
        assert_eq!(kib("A: 1\nMemTotal:   12 kB\n", "MemTotal:"), 12 * 1024);
        assert_eq!(kib("MemTotal: many kB", "MemTotal:"), 0);
        assert_eq!(kib("", "MemTotal:"), 0);
        assert_eq!(text("/there/is/none"), "");
    }
}
