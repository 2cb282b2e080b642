//! `zartrux data export`: shares to a file.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use zartrux_actors::store::ledger::LedgerReader;
use zartrux_models::ledger::rows::{Format, Replay, RowWriter};
use zartrux_models::share::RigKey;

use super::names::NamesThen;
use super::reading::{Told, each_share};
use super::span::{Span, beginning, end};
use super::{FormatArg, LedgerArgs, Place, STANDARD, format_of};
use crate::console::complain;
use crate::node::ExitCode;

/// Flags of `data export`.
#[derive(Debug, Clone, Args)]
pub struct ExportArgs {
    /// Where the ledger is.
    #[command(flatten)]
    pub ledger: LedgerArgs,
    /// First day (2026-11-24, UTC) or time (2026-11-24T15:30:00Z)
    #[arg(long, value_name = "DAY|TIME", value_parser = beginning)]
    pub from: Option<u64>,
    /// Last day, or the time before which shares ended
    #[arg(long, value_name = "DAY|TIME", value_parser = end)]
    pub to: Option<u64>,
    /// Shares of one rig only: its 16 hex digits
    #[arg(long, value_name = "KEY", value_parser = rig_key)]
    pub rig: Option<RigKey>,
    /// csv or jsonl; without it as the file's name ends
    #[arg(long, value_enum)]
    pub format: Option<FormatArg>,
    /// Where to write; "-" is the standard output
    #[arg(long, value_name = "FILE", default_value = STANDARD)]
    pub output: PathBuf,
}

pub(super) fn rig_key(text: &str) -> Result<RigKey, &'static str> {
    RigKey::from_hex(text).ok_or("expected 16 hex digits")
}

pub(super) fn export(args: &ExportArgs, place: &Place) -> Result<ExitCode> {
    if !place.is_there() {
        return Ok(ExitCode::Failed);
    }
    let format = format_of(args.format, Some(&args.output));
    if args.output.as_os_str() == STANDARD {
        let out = BufWriter::new(io::stdout().lock());
        return match write(args, place, format, out) {
            Err(fault) if is_closed(&fault) => Ok(ExitCode::Done),
            other => other.map(|(code, _)| code),
        };
    }
    // Under its name there is never half a file.
    let mut partial = args.output.clone().into_os_string();
    partial.push(".part");
    let partial = PathBuf::from(partial);
    let can_not = || format!("can't write {}", partial.display());
    let out = BufWriter::new(File::create(&partial).with_context(can_not)?);
    let written = write(args, place, format, out).and_then(|(code, out)| {
        let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        fs::rename(&partial, &args.output)?;
        Ok(code)
    });
    written.with_context(can_not)
}

/// Whoever read the output has seen enough.
pub(super) fn is_closed(fault: &anyhow::Error) -> bool {
    let why = fault.downcast_ref::<io::Error>();
    why.is_some_and(|why| why.kind() == io::ErrorKind::BrokenPipe)
}

fn write<W: Write>(
    args: &ExportArgs,
    place: &Place,
    format: Format,
    out: W,
) -> Result<(ExitCode, W)> {
    let span = Span::new(args.from, args.to);
    let reader = LedgerReader::new(&place.folders.shares);
    let mut volumes = reader.volumes();
    // One day more, for what is known of the rigs when the span begins. A share never stands in a
    // volume of a day before its own, but what was imported stands in one of any day after it.
    let first_day = span.first_day().0.saturating_sub(1);
    volumes.retain(|volume| volume.day.0 >= first_day);
    let names = NamesThen::read(&place.folders.state, place.bounds);
    let mut rows = RowWriter::new(format, out, Replay::default())?;
    let (mut count, mut damage, mut fault) = (0u64, Told::default(), None);
    each_share(&reader, &volumes, &mut damage, |_, share| {
        if args.rig.is_some_and(|rig| rig != share.rig) {
            return ControlFlow::Continue(());
        }
        if !span.has(share.unix_ms) {
            rows.pass_over(&share);
            return ControlFlow::Continue(());
        }
        count += 1;
        match rows.write(&share, &names) {
            Ok(()) => ControlFlow::Continue(()),
            Err(why) => {
                fault = Some(why);
                ControlFlow::Break(())
            }
        }
    })?;
    if let Some(why) = fault {
        return Err(why.into());
    }
    let mut out = rows.finish()?;
    out.flush()?;
    damage.finish("places that can't be read");
    complain(&format_args!("{count} shares exported"));
    let code = if damage.count() == 0 {
        ExitCode::Done
    } else {
        ExitCode::Failed
    };
    Ok((code, out))
}
