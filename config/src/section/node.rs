//! `[node]`: the process as a whole.

use std::path::PathBuf;
use std::time::Duration;

use super::any_time;
use crate::reader::{Section, accept};
use crate::value::{ByteSize, LogFilter};

/// `[node]`: the process as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Lanes, 1 to 64: threads that each serve miners from listener to pool.
    pub lanes: usize,
    /// Folder of everything that outlives the process; relative to the working directory.
    pub data: PathBuf,
    /// What goes to the log.
    pub log: LogFilter,
    /// How a line of the log is written.
    pub log_format: LogFormat,
    /// How long to wait for pending shares when the process is asked to stop.
    pub drain: Duration,
    /// Resident memory beyond which no further miners are let in, 16 MiB to 16 TiB. None: whatever
    /// the process has.
    pub memory_ceiling: Option<ByteSize>,
    /// Whether settings are read anew when their file changes; at a signal they are in any case.
    pub watch: bool,
}

/// How a line of the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs: one JSON object a line.
    Json,
}

pub(crate) const LOG_FORMATS: [(&str, LogFormat); 2] =
    [("text", LogFormat::Text), ("json", LogFormat::Json)];

impl Default for Node {
    fn default() -> Self {
        Self {
            lanes: 1,
            data: PathBuf::from("data"),
            log: LogFilter::default(),
            log_format: LogFormat::Text,
            drain: Duration::from_secs(10),
            memory_ceiling: None,
            watch: true,
        }
    }
}

impl Node {
    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        let ceilings = ByteSize::new(16 << 20)..=ByteSize::new(16 << 40);
        Self {
            lanes: section.value("lanes", default.lanes, accept::whole(1..=64)),
            data: section.value("data", default.data, accept::path),
            log: section.value("log", default.log, accept::parsed),
            log_format: section.value(
                "log_format",
                default.log_format,
                accept::choice(&LOG_FORMATS),
            ),
            drain: section.value("drain", default.drain, accept::duration(any_time())),
            memory_ceiling: section.value(
                "memory_ceiling",
                default.memory_ceiling,
                accept::or_off(accept::size(ceilings)),
            ),
            watch: section.value("watch", default.watch, accept::boolean),
        }
    }
}
