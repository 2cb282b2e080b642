//! The command line of `bench learn`.

use std::path::PathBuf;

use clap::Args;

/// Options of `bench learn`.
#[derive(Debug, Clone, Args)]
pub struct Learn {
    /// Shares to be learnt from; a tenth as many follow for the daily update
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(5_000..=10_000_000))]
    pub rows: u32,
    /// Seed of all that is random
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Runs, each in a process of its own
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
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
    /// Learn once in this process, and print the figures as JSON
    #[arg(long, hide = true)]
    pub once: bool,
}
