//! The ledger on a real disk.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tempfile::TempDir;
use zartrux_models::ledger::{BLOCK_SHARES, Frame, JournalEvent, Outcome, shares_in};

use super::shelf::bytes_of;
use super::volume_files::VolumeFiles;
use super::*;
use crate::store::fixtures::{journal_entry, share_entry};

const KEEP_ALL: Retention = Retention {
    days: None,
    bytes: u64::MAX,
};

fn shares(from: u64, count: u64) -> Vec<ShareEntry> {
    (from..from + count).map(share_entry).collect()
}

/// Everything that can be read of a ledger, and what can't.
fn read(reader: &LedgerReader) -> (Vec<ShareEntry>, Vec<Damage>) {
    let (mut all, mut damage) = (Vec::new(), Vec::new());
    for volume in reader.volumes() {
        let mut reading = Reading {
            share: |share| {
                all.push(share);
                ControlFlow::Continue(())
            },
            damage: |found| damage.push(found),
        };
        reader
            .shares(volume, 0, &mut reading)
            .expect("it can be opened")
            .is_continue()
            .then_some(())
            .expect("nobody broke off");
    }
    (all, damage)
}

fn open(root: &Path, now_ms: u64) -> Ledger {
    Ledger::open(root, now_ms, KEEP_ALL).expect("opens").0
}

#[test]
fn what_was_committed_is_there_in_order_and_once_however_it_was_packed() {
    let folder = TempDir::new().unwrap();
    let mut all = Vec::new();
    for round in 0..4 {
        let mut ledger = open(folder.path(), 0);
        let mut random = StdRng::seed_from_u64(round);
        for _ in 0..40 {
            let some = shares(ledger.last_seq() + 1, random.gen_range(1..40));
            ledger.commit(0, &some, &[]).unwrap();
            all.extend(some);
            if random.gen_bool(0.3) {
                ledger.pack().unwrap();
            }
        }
        let (found, damage) = read(ledger.reader());
        assert_eq!((found.len(), damage.len()), (all.len(), 0));
        assert_eq!(found, all);
        if round % 2 == 0 {
            ledger.close().unwrap();
        }
    }
    let ledger = open(folder.path(), 0);
    assert_eq!(ledger.last_seq(), all.len() as u64);
    assert_eq!(read(ledger.reader()).0, all);
}

#[test]
fn reading_goes_on_from_any_number() {
    let folder = TempDir::new().unwrap();
    let mut ledger = open(folder.path(), 0);
    for from in (1..=600).step_by(30) {
        ledger.commit(0, &shares(from, 30), &[]).unwrap();
        ledger.pack().unwrap();
    }
    for after in [0, 1, 29, 63, 64, 65, 500, 575, 576, 577, 599, 600, 9_999] {
        let mut numbers = Vec::new();
        let mut reading = Reading {
            share: |share: ShareEntry| {
                numbers.push(share.seq);
                ControlFlow::Continue(())
            },
            damage: |damage| panic!("{damage}"),
        };
        let volume = ledger.volume();
        let whole = ledger.reader().shares(volume, after, &mut reading).unwrap();
        assert!(whole.is_continue());
        assert_eq!(
            numbers,
            (after + 1..=600).collect::<Vec<_>>(),
            "after {after}"
        );
    }
}

#[test]
fn the_journal_is_read_back_in_order() {
    let folder = TempDir::new().unwrap();
    let mut ledger = open(folder.path(), 0);
    let entries: Vec<JournalEntry> = (1..=50).map(journal_entry).collect();
    for some in entries.chunks(7) {
        ledger.commit(0, &[], some).unwrap();
    }
    ledger.close().unwrap();
    let ledger = open(folder.path(), 0);
    assert_eq!(ledger.last_journal_seq(), 50);
    let mut found = Vec::new();
    let whole = ledger.reader().journal(
        ledger.volume(),
        &mut |entry| {
            found.push(entry);
            ControlFlow::Continue(())
        },
        &mut |damage| panic!("{damage}"),
    );
    assert!(whole.unwrap().is_continue());
    assert_eq!(found, entries);
    assert_eq!(found[0].event, JournalEvent::RunEnded);
}

#[test]
fn each_day_has_a_volume_and_numbers_go_on_through_all_of_them() {
    let folder = TempDir::new().unwrap();
    let mut ledger = open(folder.path(), 0);
    for day in 0..5 {
        let some = shares(ledger.last_seq() + 1, 100);
        ledger.commit(day * DAY_MS, &some, &[]).unwrap();
    }
    assert_eq!(ledger.reader().volumes().len(), 5);
    // The clock goes back: the ledger does not.
    let some = shares(ledger.last_seq() + 1, 10);
    ledger.commit(0, &some, &[]).unwrap();
    drop(ledger);
    let ledger = open(folder.path(), 0);
    assert_eq!(ledger.last_seq(), 510);
    let (found, damage) = read(ledger.reader());
    assert_eq!(damage, []);
    assert_eq!(
        found.iter().map(|share| share.seq).collect::<Vec<_>>(),
        (1..=510).collect::<Vec<_>>()
    );
}

#[test]
fn volumes_that_end_before_a_number_are_not_looked_at() {
    let folder = TempDir::new().unwrap();
    let mut ledger = open(folder.path(), 0);
    for day in 0..4 {
        let some = shares(ledger.last_seq() + 1, 1_000);
        ledger.commit(day * DAY_MS, &some, &[]).unwrap();
        ledger.pack().unwrap();
    }
    ledger.close().unwrap();
    // Files that are opened would be missed.
    for day in 0..2 {
        let old = folder.path().join(Volume::first_of(Day(day)).to_string());
        fs::remove_file(old.join("db")).unwrap();
    }
    let ledger = open(folder.path(), 0);
    assert_eq!(ledger.last_seq(), 4_000);
    let days = |after| -> Vec<u32> {
        let volumes = ledger.reader().volumes_above(after);
        volumes.iter().map(|volume| volume.day.0).collect()
    };
    assert_eq!(days(0), [0, 1, 2, 3]);
    assert_eq!(days(1_999), [1, 2, 3]);
    assert_eq!(days(2_000), [2, 3]);
    assert_eq!(days(3_000), [3]);
    // Where the last volume begins by then, one that is not sealed yet is left out too.
    let third = folder.path().join(Volume::first_of(Day(2)).to_string());
    fs::remove_file(third.join("sealed")).unwrap();
    assert_eq!(days(2_999), [2, 3]);
    assert_eq!(days(3_000), [3]);
    let mut reading = Reading {
        share: |share: ShareEntry| panic!("share {}", share.seq),
        damage: |damage| panic!("{damage}"),
    };
    let first = Volume::first_of(Day(0));
    let whole = ledger.reader().shares(first, 1_000, &mut reading).unwrap();
    assert!(whole.is_continue());
}

#[test]
fn a_day_without_a_share_costs_no_number() {
    let folder = TempDir::new().unwrap();
    let mut ledger = open(folder.path(), 0);
    ledger
        .commit(0, &shares(1, 10), &[journal_entry(1)])
        .unwrap();
    // A start on another day that commits nothing, and one on a third.
    drop(ledger);
    drop(open(folder.path(), DAY_MS));
    let ledger = open(folder.path(), 2 * DAY_MS);
    assert_eq!((ledger.last_seq(), ledger.last_journal_seq()), (10, 1));
}

#[test]
fn what_is_too_old_or_too_much_goes_and_its_space_with_it() {
    let folder = TempDir::new().unwrap();
    let retention = Retention {
        days: Some(3),
        bytes: u64::MAX,
    };
    let (mut ledger, _) = Ledger::open(folder.path(), 0, retention).unwrap();
    for day in 0..10 {
        let some = shares(ledger.last_seq() + 1, 2_000);
        ledger.commit(day * DAY_MS, &some, &[]).unwrap();
    }
    let before = bytes_of(folder.path());
    let dropped = ledger.retain(9 * DAY_MS).unwrap();
    assert_eq!(dropped.len(), 6);
    let after = bytes_of(folder.path());
    assert!(after * 2 < before, "{before} bytes before, {after} after");
    let (found, _) = read(ledger.reader());
    assert_eq!(found.first().map(|share| share.seq), Some(12_001));
    // By bytes: all but the one that is written to may go.
    ledger.retention = Retention {
        days: None,
        bytes: 1,
    };
    assert_eq!(ledger.retain(9 * DAY_MS).unwrap().len(), 3);
    assert_eq!(ledger.reader().volumes(), [ledger.volume()]);
}

#[test]
fn a_day_that_is_too_large_goes_on_in_another_part() {
    let folder = TempDir::new().unwrap();
    let retention = Retention {
        days: None,
        bytes: 16 << 20,
    };
    let (mut ledger, _) = Ledger::open(folder.path(), 0, retention).unwrap();
    for _ in 0..600 {
        let some = shares(ledger.last_seq() + 1, 100);
        ledger.commit(0, &some, &[]).unwrap();
        ledger.pack().unwrap();
    }
    let parts = ledger.reader().volumes();
    assert!(parts.len() > 2, "{parts:?}");
    assert!(parts.is_sorted() && parts.iter().all(|volume| volume.day == Day(0)));
    assert_eq!(read(ledger.reader()).0.len(), 60_000);
}

/// A closed ledger of one volume with so many shares, and the names of its files.
fn written(count: u64) -> TempDir {
    let folder = TempDir::new().unwrap();
    let mut ledger = open(folder.path(), 0);
    while ledger.last_seq() < count {
        let some = shares(ledger.last_seq() + 1, 10);
        ledger
            .commit(0, &some, &[journal_entry(ledger.last_journal_seq() + 1)])
            .unwrap();
        ledger.pack().unwrap();
    }
    // The next day seals the volume.
    ledger.commit(DAY_MS, &[], &[]).unwrap();
    ledger.close().unwrap();
    folder
}

fn database_file(ledger: &Path) -> PathBuf {
    ledger.join(Volume::first_of(Day(0)).to_string()).join("db")
}

const WRITTEN: u64 = 3_000;

/// What is read of a damaged ledger is true and in order.
fn assert_true(found: &[ShareEntry]) {
    assert!(found.windows(2).all(|pair| pair[0].seq < pair[1].seq));
    assert!(found.iter().all(|share| *share == share_entry(share.seq)));
}

#[test]
fn no_flipped_byte_costs_more_than_its_record_and_no_loss_goes_untold() {
    let whole = written(WRITTEN);
    let file = database_file(whole.path());
    let bytes = fs::read(&file).unwrap();
    let reader = LedgerReader::new(whole.path());
    let mut random = StdRng::seed_from_u64(1);
    for _ in 0..100 {
        let at = random.gen_range(0..bytes.len());
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << random.gen_range(0..8);
        fs::write(&file, damaged).unwrap();
        let (found, damage) = read(&reader);
        assert_true(&found);
        let missing = usize::try_from(WRITTEN).unwrap() - found.len();
        assert!(missing <= BLOCK_SHARES, "byte {at}: {missing} are missing");
        assert_eq!(damage.is_empty(), missing == 0, "byte {at}: {damage:?}");
    }
}

#[test]
fn a_record_that_is_damaged_wherever_it_stands_is_missed_by_its_numbers() {
    let whole = written(WRITTEN);
    let file = database_file(whole.path());
    let bytes = fs::read(&file).unwrap();
    let mut damaged = bytes.clone();
    // Block 641 to 704, in every place to which the database has written it.
    let mut copies = 0;
    for (at, frame) in Frame::scan(&bytes) {
        let shares = shares_in(&frame).unwrap_or_default();
        if shares.first().is_some_and(|share| share.seq == 641) {
            damaged[at + 40] ^= 4;
            copies += 1;
        }
    }
    assert!(copies > 0);
    fs::write(&file, damaged).unwrap();
    let (found, damage) = read(&LedgerReader::new(whole.path()));
    assert_true(&found);
    assert_eq!(
        found.len(),
        usize::try_from(WRITTEN).unwrap() - BLOCK_SHARES
    );
    let [damage] = &damage[..] else {
        panic!("{damage:?}");
    };
    assert!(
        damage
            .place
            .contains("1970-01-01, shares, numbers 641 to 704"),
        "{damage}"
    );
}

#[test]
fn a_flipped_byte_in_the_commit_log_costs_that_commit_and_is_told() {
    let folder = TempDir::new().unwrap();
    let mut ledger = open(folder.path(), 0);
    for from in (1..100).step_by(10) {
        ledger.commit(0, &shares(from, 10), &[]).unwrap();
    }
    let log = ledger.book.folder().join("commits");
    drop(ledger);
    let mut bytes = fs::read(&log).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&log, bytes).unwrap();
    let ledger = open(folder.path(), 0);
    let (found, _) = read(ledger.reader());
    assert_true(&found);
    assert_eq!((found.len(), ledger.last_seq()), (90, 100));
    let [damage] = ledger.damage() else {
        panic!("{:?}", ledger.damage());
    };
    assert!(damage.place.contains("commits, byte"), "{damage}");
}

#[test]
fn a_torn_file_costs_what_was_torn_off_and_that_is_told() {
    let whole = written(WRITTEN);
    let file = database_file(whole.path());
    let bytes = fs::read(&file).unwrap();
    for eighths in 1..8 {
        let kept = &bytes[..bytes.len() * eighths / 8 + 7];
        let there: BTreeSet<u64> = Frame::scan(kept)
            .flat_map(|(_, frame)| shares_in(&frame).unwrap_or_default())
            .map(|share| share.seq)
            .collect();
        fs::write(&file, kept).unwrap();
        let (found, damage) = read(&LedgerReader::new(whole.path()));
        assert_true(&found);
        assert_eq!(found.len(), there.len());
        assert_eq!(damage.is_empty(), there.len() as u64 == WRITTEN);
    }
}

#[test]
fn a_daemon_starts_on_a_damaged_volume_with_all_that_can_be_found() {
    let folder = TempDir::new().unwrap();
    let mut ledger = open(folder.path(), 0);
    for from in (1..=WRITTEN).step_by(10) {
        ledger
            .commit(0, &shares(from, 10), &[journal_entry(from)])
            .unwrap();
        ledger.pack().unwrap();
    }
    ledger.close().unwrap();
    // Opened once more, the database has a snapshot, without which it takes what it can't read for
    // the end of what was written.
    drop(open(folder.path(), 0));
    let file = database_file(folder.path());
    let mut bytes = fs::read(&file).unwrap();
    for segment in (0..bytes.len()).step_by(512 << 10) {
        bytes[segment] ^= 0xff;
    }
    fs::write(&file, bytes).unwrap();

    let (mut ledger, mended) = Ledger::open(folder.path(), 0, KEEP_ALL).unwrap();
    if let Some(mended) = mended {
        assert_eq!(mended.shares, WRITTEN);
        assert!(mended.moved_to.exists());
    }
    let (found, damage) = read(ledger.reader());
    assert_eq!((found.len() as u64, damage.len()), (WRITTEN, 0));
    ledger.commit(0, &shares(WRITTEN + 1, 10), &[]).unwrap();
    assert_eq!(read(ledger.reader()).0.len() as u64, WRITTEN + 10);
}

#[test]
fn a_volume_that_lost_records_is_made_anew_from_the_rest() {
    let whole = written(WRITTEN);
    let file = database_file(whole.path());
    let mut bytes = fs::read(&file).unwrap();
    for at in (0..bytes.len()).step_by(5_000) {
        bytes[at] ^= 1;
    }
    fs::write(&file, bytes).unwrap();
    let (before, _) = read(&LedgerReader::new(whole.path()));
    assert!(before.len() > 100 && (before.len() as u64) < WRITTEN);
    let mended = mend(whole.path(), Volume::first_of(Day(0)), "test").unwrap();
    assert_eq!(mended.shares, before.len() as u64);
    let (after, _) = read(&LedgerReader::new(whole.path()));
    assert_eq!(after, before);
}

#[test]
fn a_ledger_that_another_process_writes_to_is_said_to_be_in_use() {
    let folder = TempDir::new().unwrap();
    let _ledger = open(folder.path(), 0);
    let second = Ledger::open(folder.path(), 0, KEEP_ALL).unwrap_err();
    assert!(second.is_in_use(), "{second}");
    assert!(second.to_string().contains("stop the daemon"), "{second}");
}

#[test]
fn outcomes_survive_with_the_pools_words() {
    let folder = TempDir::new().unwrap();
    let mut ledger = open(folder.path(), 0);
    let refused = ShareEntry {
        outcome: Outcome::Rejected {
            class: zartrux_models::stratum::ErrorClass::Stale,
            text: "Block expired".into(),
        },
        ..share_entry(1)
    };
    ledger
        .commit(0, std::slice::from_ref(&refused), &[])
        .unwrap();
    assert_eq!(read(ledger.reader()).0, [refused]);
}

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
        Compacted::Compact => {}
        other => panic!("{other:?}"),
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
