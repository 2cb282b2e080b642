//! The command line of `bench store`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Options of `bench store`.
#[derive(Debug, Clone, Args)]
pub struct Store {
    /// On the disk to be measured: a temporary folder is made in it, and removed. Without it, where
    /// the command is given
    #[arg(long, value_name = "DIR")]
    pub folder: Option<PathBuf>,
    /// Shares to be stored
    #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(10_000..=10_000_000_000))]
    pub shares: u64,
    /// Rigs that send them
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub rigs: u32,
    /// Days over which the shares are spread
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub days: u32,
    /// Seconds of 1,000 shares a second, for latencies
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub seconds: u32,
    /// Names that log in once each and never come again
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1_000..=1_000_000_000))]
    pub names: u64,
    /// Seed of all that is random
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Runs, each in a new folder
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub runs: u32,
    /// Write all figures of all runs to this file
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Show the figures of an earlier --json file beside the new ones
    #[arg(long, value_name = "FILE")]
    pub compare: Option<PathBuf>,
    /// A date or note to be kept in the report
    #[arg(long)]
    pub date: Option<String>,
    /// Play one part in this process, and print its figures as JSON
    #[arg(long, value_enum, hide = true, requires = "folder")]
    pub part: Option<Part>,
}

/// What is played in a process of its own, so that its memory is its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Shares are appended to the ledger.
    Append,
    /// The registry learns of the last of them.
    Registry,
    /// The store as the daemon runs it.
    Live,
    /// The same, until it is killed.
    Killed,
    /// The store is opened as the daemon does.
    Start,
    /// Everything is read.
    Read,
    /// Most of it is dropped.
    Retain,
    /// Names come once, into a registry of 10,000 rigs.
    ChurnSmall,
    /// Names come once, into a registry of 100,000 rigs.
    ChurnLarge,
}

impl Part {
    /// Its name on the command line.
    pub(super) fn name(self) -> String {
        self.to_possible_value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }
}
