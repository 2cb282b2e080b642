//! The command line of `bench page`.

use std::path::PathBuf;

use clap::Args;

/// Options of `bench page`.
#[derive(Debug, Clone, Args)]
pub struct Page {
    /// The folder with the reports and the peer's figures
    #[arg(
        long,
        value_name = "DIR",
        default_value = "docs/src/results/reports/performance"
    )]
    pub reports: PathBuf,
    /// The page to write; its pictures go to the folder images beside it
    #[arg(
        long,
        value_name = "FILE",
        default_value = "docs/src/results/performance.md"
    )]
    pub out: PathBuf,
}
