//! The process, under the names that exporters of all languages have in common.

use std::fmt;
use std::fs;

use super::writer::Writer;

/// What the system says of this process; what it does not say is none.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Process {
    /// User and system, seconds.
    cpu_s: Option<f64>,
    resident_bytes: Option<u64>,
    virtual_bytes: Option<u64>,
    threads: Option<u64>,
    /// Seconds since 1970.
    started_s: Option<f64>,
    open_fds: Option<usize>,
    max_fds: Option<u64>,
}

/// Reads it from `/proc`; nothing where there is none.
pub(super) fn read() -> Process {
    let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let system = System {
        ticks_per_second: rustix::param::clock_ticks_per_second(),
        page_bytes: rustix::param::page_size() as u64,
    };
    let open = fs::read_dir("/proc/self/fd").ok();
    Process {
        // The folder that is being read is one of them.
        open_fds: open.map(|open| open.count().saturating_sub(1)),
        max_fds: max_fds(&text("/proc/self/limits")),
        ..system.stat(&text("/proc/self/stat"), boot_time(&text("/proc/stat")))
    }
}

struct System {
    ticks_per_second: u64,
    page_bytes: u64,
}

impl System {
    /// From `/proc/self/stat` (see proc(5)), and when the system was started.
    fn stat(&self, stat: &str, booted_s: Option<u64>) -> Process {
        // The name of the program, in brackets, may hold spaces and brackets.
        let Some((_, rest)) = stat.rsplit_once(')') else {
            return Process::default();
        };
        // The first is field 3.
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        let seconds = |ticks: u64| ticks as f64 / self.ticks_per_second.max(1) as f64;
        let cpu = field(14).zip(field(15));
        Process {
            cpu_s: cpu.map(|(user, system)| seconds(user.saturating_add(system))),
            threads: field(20),
            started_s: field(22)
                .zip(booted_s)
                .map(|(ticks, booted)| booted as f64 + seconds(ticks)),
            virtual_bytes: field(23),
            resident_bytes: field(24).map(|pages| pages.saturating_mul(self.page_bytes)),
            ..Process::default()
        }
    }
}

/// From `/proc/stat`, seconds since 1970.
fn boot_time(stat: &str) -> Option<u64> {
    let mut lines = stat.lines();
    let line = lines.find_map(|line| line.strip_prefix("btime "))?;
    line.trim().parse().ok()
}

/// From `/proc/self/limits`: the soft limit; none where there is no limit.
fn max_fds(limits: &str) -> Option<u64> {
    let mut lines = limits.lines();
    let line = lines.find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

pub(super) fn write(writer: &mut Writer<'_, '_>, process: &Process) -> fmt::Result {
    if let Some(cpu_s) = process.cpu_s {
        writer.counter(
            ("process_cpu_seconds", "Processor time, user and system"),
            cpu_s,
        )?;
    }
    writer.measured(
        ("process_resident_memory_bytes", "Memory in use"),
        process.resident_bytes,
    )?;
    writer.measured(
        ("process_virtual_memory_bytes", "Address space in use"),
        process.virtual_bytes,
    )?;
    writer.measured(("process_open_fds", "Open descriptors"), process.open_fds)?;
    writer.measured(
        ("process_max_fds", "Descriptors that may be open"),
        process.max_fds,
    )?;
    writer.measured(("process_threads", "Threads"), process.threads)?;
    writer.measured(
        (
            "process_start_time_seconds",
            "When the process was started, since 1970",
        ),
        process.started_s,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SYSTEM: System = System {
        ticks_per_second: 100,
        page_bytes: 4_096,
    };

    #[test]
    fn a_name_with_brackets_and_spaces_shifts_no_field() {
        let stat = "77 (a) b (c) S 1 77 77 0 -1 4194560 1 0 0 0 250 50 0 0 20 0 9 0 1000 \
                    8192000 25 18446744073709551615";
        let process = SYSTEM.stat(stat, Some(1_000));
        assert_eq!(
            process,
            Process {
                cpu_s: Some(3.0),
                threads: Some(9),
                started_s: Some(1_010.0),
                virtual_bytes: Some(8_192_000),
                resident_bytes: Some(25 * 4_096),
                ..Process::default()
            }
        );
    }

    #[test]
    fn what_makes_no_sense_is_not_told() {
        assert_eq!(SYSTEM.stat("", None), Process::default());
        assert_eq!(SYSTEM.stat("1 (a) S x", Some(1)), Process::default());
        assert_eq!(max_fds("Max open files  unlimited unlimited files"), None);
        assert_eq!(max_fds("Max open files   1024   4096  files"), Some(1_024));
        assert_eq!(boot_time("cpu 1 2\nbtime 17\n"), Some(17));
    }

    #[test]
    fn the_system_says_it_of_this_process() {
        let process = read();
        assert!(process.resident_bytes > Some(100_000), "{process:?}");
        assert!(process.threads >= Some(1) && process.open_fds >= Some(3));
        assert!(process.started_s > Some(1_500_000_000.0), "{process:?}");
    }
}
