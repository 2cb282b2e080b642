//! Shares go out of a ledger and into another.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser as _;
use tempfile::TempDir;
use zartrux_actors::store::ledger::{Ledger, LedgerReader, Retention};
use zartrux_actors::store::state::{StateBook, StateBounds};
use zartrux_models::ledger::rows::{Format, Row, RowReader, UpstreamList};
use zartrux_models::ledger::{JournalEntry, JournalEvent, ShareEntry};

use super::reading::{Told, each_share};
use crate::command::{Cli, carry_out};
use crate::node::ExitCode;

/// Some time on 24 November 2026.
pub(super) const NOON: u64 = 1_795_521_600_000;

pub(super) struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs `data` with the folder as its data folder; `@name` is a file in it.
    pub(super) fn data(&self, line: &str) -> ExitCode {
        let words = line.split_whitespace().map(|word| {
            let file = word.strip_prefix('@').map(|name| self.path(name));
            file.map_or_else(|| word.to_owned(), |file| file.display().to_string())
        });
        let folder = self.0.path().display().to_string();
        let mut all = vec!["zartrux".to_owned(), "data".to_owned()];
        all.extend(words);
        all.extend(["--data".to_owned(), folder]);
        carry_out(Cli::try_parse_from(all).unwrap()).unwrap()
    }

    pub(super) fn root(&self) -> PathBuf {
        self.path("store/shares")
    }

    /// Registry and sums, which belong to nothing yet.
    pub(super) fn state(&self) -> StateBook {
        let bounds = StateBounds {
            max_rigs: 1_000,
            keep_minutes: 1_000_000,
            keep_hours: 100_000,
            keep_days: 10_000,
            cache_bytes: 1 << 20,
        };
        let folder = self.path("store/state");
        fs::create_dir_all(&folder).unwrap();
        StateBook::open(&folder, bounds).unwrap()
    }

    pub(super) fn shares(&self) -> Vec<ShareEntry> {
        shares_of(&self.root())
    }

    /// A ledger with some shares of several rigs, a minute apart.
    pub(super) fn with_shares(count: u64) -> Self {
        let folder = Self::new();
        let mut lines = String::new();
        for number in 1..=count {
            let at = NOON + number * 60_000;
            lines += &format!(
                r#"{{"timestamp":{at},"rig":"{:016x}","verdict":"accepted","difficulty":1000,"run":1,"id":"{number:x}","nonce":"{number:08x}","job":"=j","job_key":1,"imported":false}}"#,
                number % 3
            );
            lines.push('\n');
        }
        let mut reader = RowReader::new(Format::JsonLines, lines.as_bytes()).unwrap();
        let mut shares = Vec::new();
        while let Some(row) = reader.next_row(&mut UpstreamList::default()).unwrap() {
            let Row::Share { entry, .. } = row else {
                panic!("{row:?}");
            };
            shares.push(ShareEntry {
                seq: shares.len() as u64 + 1,
                ..*entry
            });
        }
        let mut ledger = open(&folder.root());
        ledger.commit(NOON, &shares, &[]).unwrap();
        ledger.close().unwrap();
        folder
    }
}

pub(super) fn open(root: &Path) -> Ledger {
    open_at(root, NOON)
}

pub(super) fn open_at(root: &Path, now_ms: u64) -> Ledger {
    let all = Retention {
        days: None,
        bytes: u64::MAX,
    };
    Ledger::open(root, now_ms, all).unwrap().0
}

fn shares_of(root: &Path) -> Vec<ShareEntry> {
    let reader = LedgerReader::new(root);
    let mut shares = Vec::new();
    each_share(
        &reader,
        &reader.volumes(),
        &mut Told::default(),
        |_, share| {
            shares.push(share);
            std::ops::ControlFlow::Continue(())
        },
    )
    .unwrap();
    shares
}

#[test]
fn what_is_exported_is_imported_elsewhere_as_it_was() {
    for name in ["shares.csv", "shares.jsonl"] {
        let here = Folder::with_shares(200);
        assert_eq!(
            here.data(&format!("export --output @{name}")),
            ExitCode::Done
        );
        let there = Folder::new();
        fs::copy(here.path(name), there.path(name)).unwrap();
        assert_eq!(there.data(&format!("import @{name}")), ExitCode::Done);
        let mut expected = here.shares();
        for share in &mut expected {
            share.flags.imported = true;
        }
        assert_eq!(there.shares(), expected);
    }
}

#[test]
fn importing_twice_changes_nothing() {
    let folder = Folder::with_shares(100);
    folder.data("export --output @shares.csv");
    let before = folder.shares();
    assert_eq!(folder.data("import @shares.csv"), ExitCode::Done);
    assert_eq!(folder.shares(), before);

    // Shares without a name are known by what they say.
    let file = "timestamp,rig,verdict,difficulty\n1795521600000,00000000000000ff,held,1\n";
    fs::write(folder.path("plain.csv"), file).unwrap();
    for _ in 0..2 {
        assert_eq!(folder.data("import @plain.csv"), ExitCode::Done);
        assert_eq!(folder.shares().len(), 101);
    }
}

#[test]
fn upstreams_keep_their_names_from_ledger_to_ledger() {
    let file = "timestamp,rig,verdict,difficulty,upstream\n\
                1,00000000000000ff,held,1,a.example:3333\n\
                2,00000000000000ff,held,1,=b\n";
    let here = Folder::new();
    fs::write(here.path("some.csv"), file).unwrap();
    assert_eq!(here.data("import --dry-run @some.csv"), ExitCode::Done);
    assert_eq!(here.data("import @some.csv"), ExitCode::Done);
    here.data("export --output @all.csv");
    let all = here.text("all.csv");
    assert!(
        all.contains(",a.example:3333,") && all.contains(",\\=b,"),
        "{all}"
    );
    // And they are known there by the same numbers.
    assert_eq!(here.data("import @all.csv"), ExitCode::Done);
    assert_eq!(here.shares().len(), 2);
    assert_ne!(here.shares()[0].upstream, here.shares()[1].upstream);
}

#[test]
fn only_what_was_asked_for_is_exported() {
    let folder = Folder::with_shares(60);
    let lines = |flags: &str| {
        folder.data(&format!("export {flags} --output @part.csv"));
        folder.text("part.csv").lines().count() - 1
    };
    assert_eq!(lines(""), 60);
    assert_eq!(lines("--from 2026-11-25"), 0);
    assert_eq!(lines("--to 2026-11-24"), 60);
    // Minutes 10 to 19: up to, and not including, the end.
    assert_eq!(
        lines("--from 2026-11-24T12:10:00Z --to 2026-11-24T12:20:00Z"),
        10
    );
    assert_eq!(lines("--rig 0000000000000001"), 20);
}

#[test]
fn a_rig_is_known_from_before_the_span() {
    let folder = Folder::with_shares(60);
    folder.data("export --output @all.csv");
    folder.data("export --from 2026-11-24T12:30:00Z --output @part.csv");
    let (all, part) = (folder.text("all.csv"), folder.text("part.csv"));
    assert!(part.lines().count() > 10);
    assert!(part.lines().all(|line| all.contains(line)));
}

#[test]
fn a_dry_run_reads_and_writes_nothing() {
    let folder = Folder::with_shares(5);
    folder.data("export --output @shares.csv");
    let other = Folder::new();
    fs::copy(folder.path("shares.csv"), other.path("shares.csv")).unwrap();
    assert_eq!(other.data("import --dry-run @shares.csv"), ExitCode::Done);
    assert!(!other.root().exists());
}

#[test]
fn bad_rows_are_set_aside_in_a_file_and_the_good_ones_are_imported() {
    let folder = Folder::new();
    let file = "timestamp,rig,verdict,difficulty\n1,x,held,1\n1,00000000000000ff,held,1\n";
    fs::write(folder.path("some.csv"), file).unwrap();
    let code = folder.data("import @some.csv --set-aside @aside.csv");
    assert_eq!(code, ExitCode::Failed);
    assert_eq!(folder.shares().len(), 1);
    assert!(
        folder
            .text("aside.csv")
            .starts_with("line,column,reason,raw\n2,rig,")
    );
}

#[test]
fn a_file_without_a_header_is_refused_before_the_ledger_is_touched() {
    let folder = Folder::new();
    fs::write(folder.path("some.csv"), "1,2,3\n").unwrap();
    assert_eq!(folder.data("import @some.csv"), ExitCode::Failed);
    assert!(!folder.root().exists());
}

#[test]
fn a_ledger_that_is_written_to_is_exported_and_counted_and_not_imported_into() {
    let folder = Folder::with_shares(10);
    let ledger = open(&folder.root());
    assert_eq!(folder.data("export --output @shares.csv"), ExitCode::Done);
    assert_eq!(folder.data("stats"), ExitCode::Done);
    let words = ["zartrux", "data", "import"].map(str::to_owned);
    let more = [
        folder.path("shares.csv").display().to_string(),
        "--data".to_owned(),
    ];
    let data = folder.0.path().display().to_string();
    let cli = Cli::try_parse_from(words.into_iter().chain(more).chain([data])).unwrap();
    let told = format!("{:#}", carry_out(cli).unwrap_err());
    assert!(
        told.contains("is in use by another process: stop the daemon"),
        "{told}"
    );
    assert!(
        told.contains(&folder.root().display().to_string()),
        "{told}"
    );
    drop(ledger);
}

#[test]
fn there_is_nothing_to_read_where_nothing_was_stored() {
    let folder = Folder::new();
    assert_eq!(folder.data("stats"), ExitCode::Failed);
    assert_eq!(folder.data("export"), ExitCode::Failed);
}

#[test]
fn the_journal_and_its_leases_are_shown() {
    let folder = Folder::with_shares(1);
    let entry = JournalEntry {
        seq: 1,
        node: 0,
        run: 1,
        unix_ms: NOON,
        event: JournalEvent::RunEnded,
    };
    let mut ledger = open(&folder.root());
    ledger.commit(NOON, &[], &[entry]).unwrap();
    for line in [
        "journal",
        "journal --kind runs --format jsonl --from 2026-11-24",
        "journal --rig 0000000000000001 --kind leases",
        "leases --at 2026-11-24T23:00:00Z",
    ] {
        assert_eq!(folder.data(line), ExitCode::Done, "{line}");
    }
}
