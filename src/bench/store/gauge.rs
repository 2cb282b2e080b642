//! What every part measures: time, memory, files.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::bench::clock::{Clock, Nanos};
use crate::bench::procfs;
use crate::bench::stats::{Samples, nanos_to_f64};

/// Bytes of a mebibyte.
const MIB: f64 = 1_048_576.0;

/// Time and memory of this process.
pub(super) struct Gauge {
    clock: Clock,
    before: u64,
    peak: u64,
}

impl Gauge {
    /// Begins now: memory is counted beyond what there is.
    ///
    /// # Errors
    /// When the system does not tell.
    pub(super) fn start() -> Result<Self> {
        let before = procfs::allocated()?;
        Ok(Self {
            clock: Clock::start(),
            before,
            peak: before,
        })
    }

    /// Its clock.
    pub(super) const fn clock(&self) -> Clock {
        self.clock
    }

    /// The time now.
    pub(super) fn now(&self) -> Nanos {
        self.clock.now()
    }

    /// Does something; how long it took goes to `samples`.
    pub(super) fn time<T>(&self, samples: &mut Samples, work: impl FnOnce() -> T) -> T {
        let began = self.now();
        let done = work();
        samples.push(self.now().since(began));
        done
    }

    /// Memory allocated since the beginning, MiB; counts for the peak.
    ///
    /// # Errors
    /// When the system does not tell.
    pub(super) fn memory(&mut self) -> Result<f64> {
        let now = procfs::allocated()?;
        self.peak = self.peak.max(now);
        Ok(mib(now.saturating_sub(self.before)))
    }

    /// The most that was seen, MiB.
    pub(super) fn peak(&self) -> f64 {
        mib(self.peak.saturating_sub(self.before))
    }
}

/// Bytes as MiB.
pub(super) fn mib(bytes: u64) -> f64 {
    nanos_to_f64(bytes) / MIB
}

/// `of` for each of so many.
pub(super) fn per(of: u64, count: u64) -> f64 {
    nanos_to_f64(of) / nanos_to_f64(count.max(1))
}

/// Has the system forget the contents of all files below a folder, so that they are read from the
/// disk again.
///
/// # Errors
/// When a file cannot be opened or written down.
pub(super) fn forget(folder: &Path) -> Result<()> {
    let say = || format!("cannot look into {}", folder.display());
    for entry in fs::read_dir(folder).with_context(say)? {
        let path = entry.with_context(say)?.path();
        if path.is_dir() {
            forget(&path)?;
            continue;
        }
        let file = fs::File::open(&path).with_context(|| path.display().to_string())?;
        file.sync_all()
            .with_context(|| path.display().to_string())?;
        rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed)
            .with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// Bytes that the files below a folder take up on the disk.
pub(super) fn bytes_below(folder: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let kept = entry.metadata().ok()?;
            Some(if kept.is_dir() {
                bytes_below(&entry.path())
            } else {
                kept.blocks() * 512
            })
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_was_given_back_still_counts_for_the_peak() {
        let mut gauge = Gauge::start().unwrap();
        let block = std::hint::black_box(vec![7u8; 64 << 20]);
        let held = gauge.memory().unwrap();
        drop(block);
        assert!(held > 60.0, "{held}");
        assert!(gauge.memory().unwrap() < held);
        assert!(gauge.peak() >= held);
    }

    #[test]
    fn files_are_still_there_when_the_system_has_forgotten_them() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("in")).unwrap();
        fs::write(folder.path().join("in/file"), vec![1; 100_000]).unwrap();
        forget(folder.path()).unwrap();
        assert_eq!(
            fs::read(folder.path().join("in/file")).unwrap().len(),
            100_000
        );
        assert!(bytes_below(folder.path()) >= 100_000);
    }
}
