//! `zartrux train`: models from the ledger, or from a file of shares. A running daemon takes them in
//! as it takes its own.

use std::fs::File;
use std::io::BufReader;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use zartrux_actors::clock::Clock;
use zartrux_actors::store::ledger::LedgerReader;
use zartrux_actors::trainer::admit;
use zartrux_models::learn::behaviour::ClusterSettings;
use zartrux_models::learn::outcome::OutcomeSettings;
use zartrux_models::learn::training::{train_behaviour, train_outcome, train_ranking};
use zartrux_models::learn::{Course, CourseBounds};
use zartrux_models::ledger::ModelSlot;
use zartrux_models::ledger::rows::{Row, RowReader, UpstreamList};

use super::data::{FormatArg, LedgerArgs, Told, each_share, format_of};
use crate::console::{complain, say};
use crate::node::{ExitCode, StoreFolders, models_folder};

/// Flags of `train`.
#[derive(Debug, Clone, Args)]
pub struct TrainArgs {
    /// Where the ledger and the models are.
    #[command(flatten)]
    pub place: LedgerArgs,
    /// Shares from a file of `data export` in place of the ledger
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// csv or jsonl; without it as the file's name ends
    #[arg(long, value_enum)]
    pub format: Option<FormatArg>,
    /// Say what would come of it, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

pub(super) fn train(args: &TrainArgs) -> Result<ExitCode> {
    let settings = match args.place.settings() {
        Ok(settings) => settings,
        Err(faults) => {
            complain(&faults);
            return Ok(ExitCode::Configuration);
        }
    };
    let learn = &settings.learn;
    let mut course = Course::new(CourseBounds {
        window: learn.window,
        rigs: settings.filters.max_rigs.min(100_000),
    });
    match &args.from {
        Some(file) => {
            if let Err(fault) = from_file(file, args.format, &mut course) {
                complain(&format_args!("{fault:#}"));
                return Ok(ExitCode::Failed);
            }
        }
        None => from_ledger(&StoreFolders::below(&settings.node.data), &mut course)?,
    }
    course.finish();
    say(&format_args!(
        "{} shares, {} blocks of shares and {} scans to learn from",
        course.rows().len(),
        course.blocks().len(),
        course.trials().len()
    ));
    let outcome = OutcomeSettings {
        rows_min: learn.min_shares,
        ..OutcomeSettings::new(learn.seed)
    };
    let trained = [
        (
            ModelSlot::Outcome,
            train_outcome(course.rows(), &outcome, None).map(|(trained, _)| trained),
        ),
        (
            ModelSlot::Behaviour,
            train_behaviour(
                course.blocks(),
                &ClusterSettings::default(),
                learn.seed,
                None,
            )
            .map(|(trained, _)| trained),
        ),
        (
            ModelSlot::Ranking,
            train_ranking(course.trials(), learn.seed),
        ),
    ];
    let folder = models_folder(&settings);
    let mut whole = Vec::new();
    for (slot, trained) in trained {
        match trained {
            Ok(trained) => {
                let (Ok(what) | Err(what)) = &trained.better_than_none;
                say(&format_args!("{}: {}: {what}", slot.label(), trained.id));
                whole.push((slot, trained));
            }
            Err(why) => complain(&format_args!("{}: {why}", slot.label())),
        }
    }
    let any = !whole.is_empty();
    if any && !args.dry_run {
        for change in admit(&folder, &whole, Clock.unix_millis())? {
            say(&format_args!(
                "  {} {}: {}",
                change.slot.label(),
                change.id,
                change.change.label()
            ));
        }
    }
    Ok(if any {
        ExitCode::Done
    } else {
        ExitCode::Failed
    })
}

fn from_ledger(folders: &StoreFolders, course: &mut Course) -> Result<()> {
    let reader = LedgerReader::new(&folders.shares);
    let mut damage = Told::default();
    each_share(&reader, &reader.volumes(), &mut damage, |_, entry| {
        course.take(&entry, |_| ());
        ControlFlow::Continue(())
    })?;
    damage.finish("parts of the ledger that can't be read");
    Ok(())
}

fn from_file(file: &Path, format: Option<FormatArg>, course: &mut Course) -> Result<()> {
    let format = format_of(format, Some(file));
    let input = File::open(file).with_context(|| file.display().to_string())?;
    let mut told = Told::default();
    let mut upstreams = UpstreamList::default();
    let mut rows = RowReader::new(format, BufReader::new(input))
        .with_context(|| file.display().to_string())?;
    while let Some(row) = rows.next_row(&mut upstreams)? {
        match row {
            Row::Share { mut entry, line } => {
                // The order of the file is that of the ledger that it came from.
                entry.seq = line;
                course.take(&entry, |_| ());
            }
            Row::SetAside(row) => told.tell(&format_args!(
                "{}: line {}: {}",
                file.display(),
                row.line,
                row.reason
            )),
        }
    }
    told.finish("lines that are no shares");
    Ok(())
}
