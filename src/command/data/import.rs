//! `zartrux data import`: shares from a file into the ledger.

mod batch;
mod key;

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use zartrux_actors::clock::Clock;
use zartrux_actors::store::ledger::{Ledger, LedgerReader, Retention};
use zartrux_models::ledger::ShareEntry;
use zartrux_models::ledger::rows::{Row, RowReader, SetAside, SetAsideWriter};

use super::names::{NamesThen, RegisteredNames};
use super::reading::Told;
use super::{FormatArg, LedgerArgs, Place, STANDARD, format_of};
use crate::console::{complain, say};
use crate::node::ExitCode;
use batch::Batch;

/// Flags of `data import`.
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// The file to read; "-" is the standard input
    pub file: PathBuf,
    /// Where the ledger is.
    #[command(flatten)]
    pub ledger: LedgerArgs,
    /// csv or jsonl; without it as the file's name ends
    #[arg(long, value_enum)]
    pub format: Option<FormatArg>,
    /// Where to write the rows that can't be taken, with line, column and reason
    #[arg(long, value_name = "FILE")]
    pub set_aside: Option<PathBuf>,
    /// Only say what would be done; also while the daemon runs
    #[arg(long)]
    pub dry_run: bool,
}

/// Shares that are looked at together: some tens of megabytes.
const BATCH: usize = 50_000;

/// Shares of one commit.
const COMMIT: usize = 4_096;

/// An import keeps what there is; the daemon drops what is too much.
const KEEP_ALL: Retention = Retention {
    days: None,
    bytes: u64::MAX,
};

pub(super) fn import(args: &ImportArgs, place: &Place) -> Result<ExitCode> {
    let format = format_of(args.format, Some(&args.file));
    let input: Box<dyn BufRead> = if args.file.as_os_str() == STANDARD {
        Box::new(io::stdin().lock())
    } else {
        let file = File::open(&args.file);
        let file = file.with_context(|| format!("can't read {}", args.file.display()))?;
        Box::new(BufReader::new(file))
    };
    let mut rows = match RowReader::new(format, input) {
        Ok(rows) => rows,
        Err(fault) => {
            complain(&format_args!("{}: {fault}", args.file.display()));
            return Ok(ExitCode::Failed);
        }
    };
    let mut aside = Aside::open(args.set_aside.as_deref())?;
    let mut target = Target::open(place, args.dry_run)?;
    let mut totals = Totals::default();
    loop {
        let batch = next_batch(&mut rows, &mut target, &mut aside)?;
        if batch.is_empty() {
            break;
        }
        let (fresh, known) = batch.without_known(target.reader(), &mut totals.damage)?;
        totals.known += known;
        totals.fresh += fresh.len() as u64;
        target.take(fresh)?;
    }
    target.close()?;
    aside.finish()?;
    for name in rows.unknown_columns() {
        complain(&format_args!(
            "column {name:?} is not known, and was ignored"
        ));
    }
    let set_aside = rows.counts().set_aside;
    say(&format_args!(
        "{} rows: {} {}, {} known already, {set_aside} set aside",
        rows.counts().rows,
        totals.fresh,
        if args.dry_run {
            "would be imported"
        } else {
            "imported"
        },
        totals.known,
    ));
    totals.damage.finish("places that can't be read");
    Ok(if set_aside == 0 && totals.damage.count() == 0 {
        ExitCode::Done
    } else {
        ExitCode::Failed
    })
}

#[derive(Default)]
struct Totals {
    fresh: u64,
    known: u64,
    damage: Told,
}

fn next_batch(
    rows: &mut RowReader<Box<dyn BufRead>>,
    target: &mut Target,
    aside: &mut Aside,
) -> Result<Batch> {
    let mut batch = Batch::default();
    while batch.rows() < BATCH {
        let row = match target {
            Target::Ledger { names, .. } => {
                let row = rows.next_row(&mut **names)?;
                names.check()?;
                row
            }
            Target::Nowhere { names, .. } => rows.next_row(names)?,
        };
        match row {
            None => break,
            Some(Row::SetAside(row)) => aside.put(&row)?,
            Some(Row::Share { mut entry, .. }) => {
                entry.flags.imported = true;
                batch.add(*entry);
            }
        }
    }
    Ok(batch)
}

/// Where shares go.
enum Target {
    Ledger {
        ledger: Box<Ledger>,
        names: Box<RegisteredNames>,
    },
    Nowhere {
        reader: LedgerReader,
        names: NamesThen,
    },
}

impl Target {
    fn open(place: &Place, dry_run: bool) -> Result<Self> {
        let (shares, state) = (&place.folders.shares, &place.folders.state);
        if dry_run {
            return Ok(Self::Nowhere {
                reader: LedgerReader::new(shares),
                names: NamesThen::read(state, place.bounds),
            });
        }
        let (ledger, mended) = Ledger::open(shares, Clock.unix_millis(), KEEP_ALL)
            .context("the ledger can't be written to")?;
        if let Some(mended) = mended {
            complain(&format_args!(
                "volume {} was damaged ({}) and is made anew from what was found; its files are in {}",
                mended.volume,
                mended.why,
                mended.moved_to.display()
            ));
        }
        Ok(Self::Ledger {
            ledger: Box::new(ledger),
            names: Box::new(RegisteredNames::open(state, place.bounds)?),
        })
    }

    fn reader(&self) -> &LedgerReader {
        match self {
            Self::Ledger { ledger, .. } => ledger.reader(),
            Self::Nowhere { reader, .. } => reader,
        }
    }

    /// Commits shares, which get the next numbers.
    fn take(&mut self, mut shares: Vec<ShareEntry>) -> Result<()> {
        let Self::Ledger { ledger, names } = self else {
            return Ok(());
        };
        for part in shares.chunks_mut(COMMIT) {
            let mut seq = ledger.last_seq().max(names.through_seq());
            for share in &mut *part {
                seq += 1;
                share.seq = seq;
            }
            ledger.commit(Clock.unix_millis(), part, &[])?;
            ledger.pack()?;
        }
        Ok(())
    }

    fn close(self) -> Result<()> {
        match self {
            Self::Ledger { ledger, .. } => Ok(ledger.close()?),
            Self::Nowhere { .. } => Ok(()),
        }
    }
}

/// What becomes of rows that can't be taken.
struct Aside {
    file: Option<SetAsideWriter<BufWriter<File>>>,
    told: Told,
}

impl Aside {
    fn open(file: Option<&Path>) -> Result<Self> {
        let open = |path: &Path| -> Result<_> {
            let file = File::create(path);
            let file = file.with_context(|| format!("can't write {}", path.display()))?;
            Ok(SetAsideWriter::new(BufWriter::new(file))?)
        };
        Ok(Self {
            file: file.map(open).transpose()?,
            told: Told::default(),
        })
    }

    fn put(&mut self, row: &SetAside) -> Result<()> {
        match &row.column {
            Some(column) => self
                .told
                .tell(&format_args!("line {}, {column}: {}", row.line, row.reason)),
            None => self
                .told
                .tell(&format_args!("line {}: {}", row.line, row.reason)),
        }
        if let Some(file) = &mut self.file {
            file.write(row)?;
        }
        Ok(())
    }

    fn finish(self) -> Result<()> {
        self.told.finish("rows set aside");
        if let Some(file) = self.file {
            let file = file.finish()?.into_inner();
            file.map_err(io::IntoInnerError::into_error)?.sync_all()?;
        }
        Ok(())
    }
}
