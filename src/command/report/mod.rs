//! `zartrux report`: what the ledger holds, as a page with plots or as text.

mod beside;
mod fork;
mod output;

use std::fs::File;
use std::io::BufReader;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use clap::{Args, Subcommand, ValueEnum};
use zartrux_actors::store::ledger::LedgerReader;
use zartrux_config::Settings;
use zartrux_models::learn::difficulty::HeaderChain;
use zartrux_models::ledger::ModelSlot;

use super::data::{LedgerArgs, Span, Told, beginning, each_share, end};
use crate::console::complain;
use crate::node::{ExitCode, StoreFolders, models_folder, state_bounds};
use crate::report::{
    Beside, Bounds, Champions, Collector, Document, OutcomeChampion, Report, Seen, difficulty,
    page, read_headers, text,
};
use beside::{Models, names_of, quarantines};

/// Flags of `report`.
#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct ReportArgs {
    /// Another report than that of the ledger.
    #[command(subcommand)]
    pub other: Option<OtherReport>,
    /// Where the ledger and the models are.
    #[command(flatten)]
    pub place: LedgerArgs,
    /// First day (2026-11-24, UTC) or time (2026-11-24T15:30:00Z)
    #[arg(long, value_name = "DAY|TIME", value_parser = beginning)]
    pub from: Option<u64>,
    /// Last day, or the time before which shares ended
    #[arg(long, value_name = "DAY|TIME", value_parser = end)]
    pub to: Option<u64>,
    /// Block headers to forecast the network's difficulty from: CSV of height,timestamp,difficulty
    #[arg(long, value_name = "FILE")]
    pub headers: Option<PathBuf>,
    /// html, one page that needs no network, or text
    #[arg(long, value_enum, default_value = "html")]
    pub format: ReportFormat,
    /// Where to write; "-" is the standard output
    #[arg(long, value_name = "FILE", default_value = output::STANDARD)]
    pub output: PathBuf,
}

/// Reports of something else than the ledger.
#[derive(Debug, Clone, Subcommand)]
pub enum OtherReport {
    /// Say which rigs are ready for the fork to rx/2; also while the daemon runs
    Fork(fork::ForkArgs),
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// A page
    Html,
    /// For terminals
    Text,
}

/// Rigs that are listed one by one.
const LISTED: usize = 200;

pub(super) fn report(args: &ReportArgs) -> Result<ExitCode> {
    if let Some(OtherReport::Fork(args)) = &args.other {
        return fork::report(args);
    }
    let settings = match args.place.settings() {
        Ok(settings) => settings,
        Err(faults) => {
            complain(&faults);
            return Ok(ExitCode::Configuration);
        }
    };
    let folders = StoreFolders::below(&settings.node.data);
    if !folders.shares.is_dir() {
        complain(&format_args!(
            "there is no ledger at {}: nothing was stored there yet, or --data should name another \
             folder",
            folders.shares.display()
        ));
        return Ok(ExitCode::Failed);
    }
    // First of all, so that a fault in them is told at once.
    let chain = match args.headers.as_deref().map(headers).transpose() {
        Ok(chain) => chain,
        Err(fault) => {
            complain(&format_args!("{fault:#}"));
            return Ok(ExitCode::Failed);
        }
    };
    let (report, damage) = collected(args, chain, &settings, &folders)?;
    let document = Document::of(&report);
    let written = match args.format {
        ReportFormat::Html => page(&document)?,
        ReportFormat::Text => text(&document),
    };
    output::write(&args.output, written.as_bytes())?;
    Ok(if damage == 0 {
        ExitCode::Done
    } else {
        ExitCode::Failed
    })
}

fn headers(file: &Path) -> Result<HeaderChain> {
    let input = File::open(file).with_context(|| file.display().to_string())?;
    read_headers(BufReader::new(input)).map_err(|why| anyhow!("{}: {why}", file.display()))
}

fn collected(
    args: &ReportArgs,
    chain: Option<HeaderChain>,
    settings: &Settings,
    folders: &StoreFolders,
) -> Result<(Report, u64)> {
    let difficulty = chain.map(|chain| difficulty(&chain, settings.learn.seed));
    let models = Models::read(&models_folder(settings))?;
    let champions = Champions {
        outcome: models
            .serving(ModelSlot::Outcome, models.in_force.outcome.as_ref())
            .map(|serving| OutcomeChampion {
                id: serving.id,
                data: serving.header.data,
                model: &serving.model.model,
            }),
        behaviour: models
            .serving(ModelSlot::Behaviour, models.in_force.behaviour.as_ref())
            .map(|serving| (serving.id, serving.model.model())),
    };
    let bounds = Bounds {
        window: settings.learn.window,
        rigs: settings.filters.max_rigs.min(100_000),
        listed: LISTED,
        seed: settings.learn.seed,
    };
    let span = Span::new(args.from, args.to);
    let reader = LedgerReader::new(&folders.shares);
    let mut volumes = reader.volumes();
    // One day more, for what is known of the rigs when the span begins.
    let first_day = span.first_day().0.saturating_sub(1);
    volumes.retain(|volume| volume.day.0 >= first_day);
    let mut collector = Collector::new(args.from, args.to, bounds, champions);
    let mut damage = Told::default();
    each_share(&reader, &volumes, &mut damage, |_, share| {
        if span.has(share.unix_ms) {
            collector.take(&share, Seen::InSpan);
        } else if share.unix_ms < span.from {
            collector.take(&share, Seen::Before);
        }
        ControlFlow::Continue(())
    })?;
    let journal = quarantines(&reader, &volumes, span, bounds.rigs, &mut damage)?;
    damage.finish("places that can't be read");
    let names = names_of(&folders.state, state_bounds(settings), &collector.listed());
    let report = collector.finish(Beside {
        names: names.as_ref().map_err(Clone::clone),
        journal: Some(&journal),
        damage: damage.count(),
        difficulty,
    });
    Ok((report, damage.count()))
}
