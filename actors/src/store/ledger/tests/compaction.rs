//! Volumes made smaller, and what reads meanwhile.

use super::*;

/// Two days of shares, of which the first is sealed.
fn two_days() -> TempDir {
    let folder = TempDir::new().unwrap();
    let mut ledger = open(folder.path(), 0);
    for from in (1..=20_000).step_by(500) {
        ledger
            .commit(0, &shares(from, 500), &[journal_entry(from.div_ceil(500))])
            .unwrap();
        ledger.pack().unwrap();
    }
    ledger.commit(DAY_MS, &shares(20_001, 1), &[]).unwrap();
    ledger.close().unwrap();
    folder
}

#[test]
fn a_compacted_volume_holds_the_same_in_fewer_bytes() {
    let folder = two_days();
    let ledger = open(folder.path(), DAY_MS);
    let before = read(ledger.reader());
    let volume = Volume::first_of(Day(0));
    match ledger.compact(volume).unwrap() {
        Compacted::Anew { before, after } => assert!(after < before),
        other @ (Compacted::Compact | Compacted::Unsealed | Compacted::NotWhole) => {
            panic!("{other:?}, {} bytes", bytes_of(folder.path()))
        }
    }
    assert_eq!(read(ledger.reader()), before);
    assert_eq!(
        ledger.compact(ledger.volume()).unwrap(),
        Compacted::Unsealed
    );
    assert!(ledger.reader().leftovers().is_empty());
}

#[test]
fn a_compaction_that_was_interrupted_is_ended_or_undone_at_the_next_start() {
    let folder = two_days();
    let reader = LedgerReader::new(folder.path());
    let before = read(&reader);
    let day = folder.path().join("1970-01-01");
    let replaced = folder.path().join("1970-01-01.replaced");
    let half = folder.path().join("compacting/1970-01-01");

    // While the new one was written.
    fs::create_dir_all(&half).unwrap();
    fs::write(half.join("db"), b"half").unwrap();
    assert_eq!(read(&reader), before);
    drop(open(folder.path(), DAY_MS));
    assert_eq!(read(&reader), before);
    assert!(reader.leftovers().is_empty());

    // Between the two names.
    fs::create_dir_all(&half).unwrap();
    fs::rename(&day, &replaced).unwrap();
    drop(open(folder.path(), DAY_MS));
    assert_eq!(read(&reader), before);
    assert!(reader.leftovers().is_empty());

    // Before the old one went.
    fs::create_dir_all(&replaced).unwrap();
    drop(open(folder.path(), DAY_MS));
    assert_eq!(read(&reader), before);
    assert!(reader.leftovers().is_empty());
}

#[test]
fn a_commit_log_that_goes_while_its_volume_is_read_costs_nothing() {
    let folder = TempDir::new().unwrap();
    let mut ledger = open(folder.path(), 0);
    ledger.commit(0, &shares(1, 100), &[]).unwrap();
    ledger.close().unwrap();
    let day = folder.path().join("1970-01-01");
    let files = VolumeFiles::in_folder(&day).unwrap();
    fs::remove_file(day.join("commits")).unwrap();
    assert_eq!(files.shares_above(0).count(), 100);
}
