//! What `/proc` says about a process: processor time, memory, descriptors.

use std::{collections::BTreeMap, fs, io};

use anyhow::{Context, Result};

/// A process's processor time at one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct CpuReading {
    /// Nanoseconds on a core by thread: exact, but an ended thread's are gone.
    threads: BTreeMap<u32, u64>,
    /// Nanoseconds of user and system time of the whole process, ended threads too, in steps of
    /// a clock tick.
    ticked: u64,
}

/// Spans below this are more exactly told by the sum over threads, whatever the tick counter says:
/// both of its halves are cut to whole ticks.
const TICKS_OF_DOUBT: u64 = 3;

impl CpuReading {
    /// Nanoseconds of processor time used between `earlier` and this reading.
    pub(crate) fn since(&self, earlier: &Self) -> u64 {
        let ticked = self.ticked.saturating_sub(earlier.ticked);
        let sum = |reading: &Self| reading.threads.values().sum::<u64>();
        let exact = sum(self).saturating_sub(sum(earlier));
        let all_alive = earlier.threads.keys().all(|t| self.threads.contains_key(t));
        // Threads that came and went in between leave their time in the tick counter only.
        let agrees = ticked <= exact.saturating_add(TICKS_OF_DOUBT * tick_nanos());
        if all_alive && agrees && !self.threads.is_empty() {
            exact
        } else {
            ticked
        }
    }
}

/// One clock tick of the kernel's accounting, ns.
fn tick_nanos() -> u64 {
    1_000_000_000 / rustix::param::clock_ticks_per_second().max(1)
}

/// The processor time of process `pid`, all its threads together.
///
/// # Errors
/// When `/proc/PID/stat` cannot be read: the process is gone, or this is not Linux.
pub(crate) fn cpu(pid: u32) -> Result<CpuReading> {
    let path = format!("/proc/{pid}/stat");
    let stat = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    let ticks = parse_stat(&stat).with_context(|| format!("cannot make sense of {path}"))?;
    Ok(CpuReading {
        threads: threads(pid).unwrap_or_default(),
        ticked: ticks.saturating_mul(tick_nanos()),
    })
}

/// Nanoseconds on a core for each live thread; an error where the kernel keeps no such account.
fn threads(pid: u32) -> io::Result<BTreeMap<u32, u64>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(format!("/proc/{pid}/task"))? {
        let entry = entry?;
        // A thread may end between the listing and the reading.
        let Ok(text) = fs::read_to_string(entry.path().join("schedstat")) else {
            continue;
        };
        let tid = entry.file_name().to_str().and_then(|s| s.parse().ok());
        let on_core = text
            .split_ascii_whitespace()
            .next()
            .and_then(|s| s.parse().ok());
        if let (Some(tid), Some(on_core)) = (tid, on_core) {
            found.insert(tid, on_core);
        }
    }
    Ok(found)
}

/// User plus system ticks of a `/proc/PID/stat` line.
fn parse_stat(stat: &str) -> Option<u64> {
    // The command's name stands in brackets and may itself hold blanks and brackets.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

/// Resident memory of process `pid`, bytes.
///
/// # Errors
/// When `/proc/PID/status` cannot be read or has no `VmRSS`.
pub(crate) fn resident(pid: u32) -> Result<u64> {
    let path = format!("/proc/{pid}/status");
    let status = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    parse_resident(&status).with_context(|| format!("{path} has no VmRSS"))
}

/// The most resident memory that process `pid` ever had, bytes.
///
/// # Errors
/// When `/proc/PID/status` cannot be read or has no `VmHWM`.
pub(crate) fn peak_resident(pid: u32) -> Result<u64> {
    let path = format!("/proc/{pid}/status");
    let status = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    parse_kib(&status, "VmHWM:").with_context(|| format!("{path} has no VmHWM"))
}

/// Memory of this process that no file backs, resident, bytes: what it has allocated.
///
/// # Errors
/// When `/proc/self/status` cannot be read or has no `RssAnon`.
pub(crate) fn allocated() -> Result<u64> {
    let path = "/proc/self/status";
    let status = fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
    parse_kib(&status, "RssAnon:").with_context(|| format!("{path} has no RssAnon"))
}

/// `VmRSS` of a `/proc/PID/status` text, bytes.
fn parse_resident(status: &str) -> Option<u64> {
    parse_kib(status, "VmRSS:")
}

/// A line of a `/proc/PID/status` text, bytes.
fn parse_kib(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|l| l.strip_prefix(name))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// Open descriptors of process `pid`.
///
/// # Errors
/// When `/proc/PID/fd` cannot be listed.
pub(crate) fn descriptors(pid: u32) -> Result<usize> {
    let path = format!("/proc/{pid}/fd");
    Ok(fs::read_dir(&path)
        .with_context(|| format!("cannot list {path}"))?
        .count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_ticks_are_found_behind_a_name_with_blanks_and_brackets() {
        let line = "42 (a) b (c)) S 1 42 42 0 -1 4194304 100 0 0 0 47 2 0 0 20 0 1 0 99 1 2";
        assert_eq!(parse_stat(line), Some(49));
        assert_eq!(parse_stat("42 (cut) S 1 42"), None);
    }

    #[test]
    fn resident_memory_is_read_in_bytes() {
        let status = "Name:\tx\nVmHWM:\t   900 kB\nVmRSS:\t     820 kB\n";
        assert_eq!(parse_resident(status), Some(820 * 1024));
        assert_eq!(parse_resident("Name:\tx\n"), None);
    }

    #[test]
    fn this_process_has_processor_time_memory_and_descriptors() {
        let pid = std::process::id();
        let before = cpu(pid).unwrap();
        // Work until the account has moved: bounded by the work, not by a time.
        let mut moved = 0;
        for round in 0..100_000_u64 {
            std::hint::black_box((0..10_000_u64).fold(round, u64::wrapping_add));
            moved = cpu(pid).unwrap().since(&before);
            if moved > 0 {
                break;
            }
        }
        assert!(moved > 0);
        assert!(resident(pid).unwrap() > 100_000);
        assert!(descriptors(pid).unwrap() >= 3);
    }

    #[test]
    fn a_process_that_is_gone_is_an_error_that_names_the_file() {
        let error = cpu(u32::MAX).unwrap_err();
        assert!(error.to_string().contains("/proc/4294967295/stat"));
    }

    #[test]
    fn ended_threads_are_told_by_the_tick_counter() {
        let earlier = CpuReading {
            threads: BTreeMap::from([(1, 500), (2, 900_000_000)]),
            ticked: 900_000_000,
        };
        let thread_gone = CpuReading {
            threads: BTreeMap::from([(1, 800)]),
            ticked: 1_500_000_000,
        };
        assert_eq!(thread_gone.since(&earlier), 600_000_000);

        let came_and_went = CpuReading {
            threads: earlier.threads.clone(),
            ticked: 2_900_000_000,
        };
        assert_eq!(came_and_went.since(&earlier), 2_000_000_000);

        let exact = CpuReading {
            threads: BTreeMap::from([(1, 700), (2, 900_000_100), (3, 50)]),
            ticked: 910_000_000,
        };
        assert_eq!(exact.since(&earlier), 350);
    }
}
