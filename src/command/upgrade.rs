//! `zartrux upgrade`: another program takes the place of a running daemon.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;

use super::data::LedgerArgs;
use crate::console::{complain, say};
use crate::node::ExitCode;
use crate::node::upgrade::{Outcome, ask};
use crate::plain::plain;

/// Flags of `upgrade`.
#[derive(Debug, Clone, Default, Args)]
pub struct UpgradeArgs {
    /// Which daemon: the one with this data folder.
    #[command(flatten)]
    pub place: LedgerArgs,
    /// The program that takes over; without it the one that is now where the running one was started from
    #[arg(long, value_name = "PATH")]
    pub binary: Option<PathBuf>,
}

pub(super) fn upgrade(args: &UpgradeArgs) -> Result<ExitCode> {
    let data = match &args.place.data {
        // A settings file that is wrong is the running daemon's to tell of.
        Some(data) => PathBuf::from(data),
        None => match args.place.settings() {
            Ok(settings) => settings.node.data,
            Err(faults) => {
                complain(&faults);
                return Ok(ExitCode::Configuration);
            }
        },
    };
    let binary = args.binary.as_ref().map(std::path::absolute).transpose();
    let binary = binary.context("--binary")?;
    let outcome = match ask(&data, binary, |line| say(&plain(line))) {
        Ok(outcome) => outcome,
        Err(fault) => {
            complain(&format_args!("{fault:#}"));
            return Ok(ExitCode::Failed);
        }
    };
    Ok(match outcome {
        Outcome::Done(text) => {
            say(&plain(&text));
            ExitCode::Done
        }
        Outcome::Failed { why, code } => {
            for line in why.lines() {
                complain(&plain(line));
            }
            [ExitCode::Usage, ExitCode::Internal, ExitCode::Configuration]
                .into_iter()
                .find(|known| *known as u8 == code)
                .unwrap_or(ExitCode::Failed)
        }
    })
}
