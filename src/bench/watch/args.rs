//! The command line of `bench watch`.

use std::path::PathBuf;

use clap::Args;

/// Options of `bench watch`.
#[derive(Debug, Clone, Args)]
pub struct Watch {
    /// Rigs in the registry and with the judge
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub rigs: u32,
    /// Pages that watch: each has a stream, and asks for the table and the series
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub watchers: u32,
    /// Seconds of each measurement
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(5..=3600))]
    pub seconds: u32,
    /// Seed of all that is random
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Runs, each of a new process
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
    /// Be the process that is watched, with its data in this folder; prints where its monitor is
    #[arg(long, value_name = "DIR", hide = true)]
    pub serve: Option<PathBuf>,
}
