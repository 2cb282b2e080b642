//! The ledger on a real disk.

mod compaction;
mod damage;

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
    // What is still being sealed grows meanwhile.
    ledger.sealer.wait();
    let before = bytes_of(folder.path());
    let dropped = ledger.retain(9 * DAY_MS).unwrap();
    assert_eq!(dropped.len(), 6);
    let after = bytes_of(folder.path());
    assert!(
        after * 10 < before * 6,
        "{before} bytes before, {after} after"
    );
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
