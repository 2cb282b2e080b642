//! `zartrux data`: the ledger of shares as files of other programs.

mod compact;
mod export;
mod import;
mod journal;
mod leases;
mod names;
mod reading;
mod span;
mod stats;
#[cfg(test)]
mod tests;
mod verify;

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use zartrux_actors::store::ledger::Retention;
use zartrux_actors::store::state::StateBounds;
use zartrux_config::{Overrides, Settings};
use zartrux_models::ledger::rows::Format;

pub(super) use reading::{Told, each_entry, each_share};
pub(super) use span::{Span, beginning, end};

use super::check::settings_of;
use crate::console::complain;
use crate::node::{ExitCode, StoreFolders, retention, state_bounds};

/// What to do with the ledger.
#[derive(Debug, Clone, Subcommand)]
pub enum DataCommand {
    /// Write shares to a file; also while the daemon runs
    Export(export::ExportArgs),
    /// Read shares from a file into the ledger; the daemon must be stopped
    Import(import::ImportArgs),
    /// Count the shares of each day, and the bytes that they take
    Stats(LedgerArgs),
    /// Show what happened beside the shares; also while the daemon runs
    Journal(journal::JournalArgs),
    /// Show who held which nonces at a time; also while the daemon runs
    Leases(leases::LeasesArgs),
    /// Look through everything that is stored
    Verify(verify::VerifyArgs),
    /// Give back space, and drop what is too old; the daemon must be stopped
    Compact(LedgerArgs),
}

/// Where the ledger is.
#[derive(Debug, Clone, Default, Args)]
pub struct LedgerArgs {
    /// Settings file; without it ./zartrux.toml is read if it is there
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder for everything that outlives the process
    #[arg(long, value_name = "DIR")]
    pub data: Option<String>,
}

/// How shares are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatArg {
    /// Comma-separated values with a header
    Csv,
    /// A JSON object a line
    Jsonl,
}

/// What stands for the standard input or output.
const STANDARD: &str = "-";

pub(super) fn carry_out(command: &DataCommand) -> Result<ExitCode> {
    let ledger = match command {
        DataCommand::Export(args) => &args.ledger,
        DataCommand::Import(args) => &args.ledger,
        DataCommand::Stats(args) | DataCommand::Compact(args) => args,
        DataCommand::Journal(args) => &args.ledger,
        DataCommand::Leases(args) => &args.ledger,
        DataCommand::Verify(args) => &args.ledger,
    };
    let settings = match ledger.settings() {
        Ok(settings) => settings,
        Err(faults) => {
            complain(&faults);
            return Ok(ExitCode::Configuration);
        }
    };
    let place = Place {
        folders: StoreFolders::below(&settings.node.data),
        bounds: state_bounds(&settings),
        retention: retention(&settings),
    };
    match command {
        DataCommand::Export(args) => export::export(args, &place),
        DataCommand::Import(args) => import::import(args, &place),
        DataCommand::Stats(_) => stats::stats(&place),
        DataCommand::Journal(args) => journal::journal(args, &place),
        DataCommand::Leases(args) => leases::leases(args, &place),
        DataCommand::Verify(args) => verify::verify(args, &place),
        DataCommand::Compact(_) => compact::compact(&place),
    }
}

/// Where the ledger is, with what belongs to it.
struct Place {
    folders: StoreFolders,
    /// Of the registry.
    bounds: StateBounds,
    /// How much of the ledger is kept.
    retention: Retention,
}

impl LedgerArgs {
    pub(super) fn settings(&self) -> Result<Settings, zartrux_config::Faults> {
        let overrides = Overrides {
            data: self.data.clone(),
            ..Overrides::default()
        };
        settings_of(self.config.as_deref(), &overrides)
    }
}

/// As it was asked for; else as the file's name tells, and CSV if it does not.
pub(super) fn format_of(asked: Option<FormatArg>, file: Option<&Path>) -> Format {
    let ending = file
        .and_then(Path::extension)
        .and_then(|ending| ending.to_str());
    let by_name = match ending {
        Some("jsonl" | "ndjson" | "json") => FormatArg::Jsonl,
        Some(_) | None => FormatArg::Csv,
    };
    match asked.unwrap_or(by_name) {
        FormatArg::Csv => Format::Csv,
        FormatArg::Jsonl => Format::JsonLines,
    }
}

impl Place {
    /// Whether there is a ledger to read; tells if there is none.
    fn is_there(&self) -> bool {
        let is_there = self.folders.shares.is_dir();
        if !is_there {
            complain(&format_args!(
                "there is no ledger at {}: nothing was stored there yet, or --data should name \
                 another folder",
                self.folders.shares.display()
            ));
        }
        is_there
    }
}
