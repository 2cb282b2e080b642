//! What is whole is said to be, and what is not is found and mended.

use std::fs;

use crate::command::data::tests::{Folder, NOON, open, open_at};
use crate::node::ExitCode;

/// Flips some bytes of a volume's database.
fn damage(folder: &Folder) {
    let path = folder.root().join("2026-11-24/db");
    let mut bytes = fs::read(&path).unwrap();
    let step = (bytes.len() / 97).max(1);
    for at in (0..bytes.len()).step_by(step) {
        bytes[at] ^= 1;
    }
    fs::write(path, bytes).unwrap();
}

/// Seals the day of the shares by opening the ledger on the next.
fn sealed(count: u64) -> Folder {
    let folder = Folder::with_shares(count);
    let tomorrow = NOON + 86_400_000;
    let mut ledger = open_at(&folder.root(), tomorrow);
    let mut share = folder.shares()[0].clone();
    share.seq = count + 1;
    ledger.commit(tomorrow, &[share], &[]).unwrap();
    ledger.close().unwrap();
    assert!(folder.root().join("2026-11-24/sealed").exists());
    folder
}

#[test]
fn what_is_whole_is_said_to_be_with_and_without_a_state() {
    let folder = sealed(500);
    assert_eq!(folder.data("verify"), ExitCode::Done);
    assert_eq!(folder.data("verify --mend"), ExitCode::Done);
}

#[test]
fn a_ledger_that_is_written_to_is_looked_through() {
    let folder = Folder::with_shares(20);
    let _ledger = open(&folder.root());
    assert_eq!(folder.data("verify"), ExitCode::Done);
}

#[test]
fn a_sealed_volume_that_lost_records_is_a_fault_until_it_is_mended() {
    let folder = sealed(2_000);
    damage(&folder);
    assert_eq!(folder.data("verify"), ExitCode::Failed);
    let left = folder.shares();
    assert!(left.len() < 2_001);
    assert_eq!(folder.data("verify --mend"), ExitCode::Done);
    assert_eq!(folder.shares(), left);
    assert!(folder.root().join("2026-11-24.damaged-1").exists());
    // What is lost is known: nothing is made anew once more.
    assert_eq!(folder.data("verify --mend"), ExitCode::Done);
    drop(open(&folder.root()));
    assert!(!folder.root().join("2026-11-24.damaged-2").exists());
    assert_eq!(folder.shares(), left);
}

#[test]
fn a_volume_that_is_gone_leaves_a_gap_that_is_told() {
    let folder = sealed(10);
    let day_after = NOON + 2 * 86_400_000;
    let mut ledger = open_at(&folder.root(), day_after);
    let mut share = folder.shares()[0].clone();
    share.seq = 12;
    ledger.commit(day_after, &[share], &[]).unwrap();
    ledger.close().unwrap();
    fs::remove_dir_all(folder.root().join("2026-11-25")).unwrap();
    assert_eq!(folder.data("verify"), ExitCode::Failed);
}

#[test]
fn a_state_ahead_of_the_ledger_is_a_fault_and_one_in_use_is_none() {
    let folder = sealed(10);
    assert_eq!(folder.data("compact"), ExitCode::Done);
    let mut book = folder.state();
    assert_eq!(folder.data("verify"), ExitCode::Done);
    book.checkpoint(12).unwrap();
    drop(book);
    assert_eq!(folder.data("verify"), ExitCode::Failed);
}

#[test]
fn sums_that_differ_from_the_ledger_are_made_anew() {
    let folder = sealed(10);
    let mut book = folder.state();
    for mut share in folder.shares() {
        share.unix_ms += u64::from(share.seq == 3) * 3_600_000 * 5;
        book.apply(&share).unwrap();
    }
    book.checkpoint(0).unwrap();
    drop(book);
    assert_eq!(folder.data("verify"), ExitCode::Failed);
    assert_eq!(folder.data("verify --mend"), ExitCode::Done);
    assert!(folder.path("store/state.damaged-1").exists());
}

#[test]
fn sums_that_say_what_the_ledger_says_are_whole() {
    let folder = sealed(10);
    let mut book = folder.state();
    for share in folder.shares() {
        book.apply(&share).unwrap();
    }
    book.checkpoint(0).unwrap();
    drop(book);
    assert_eq!(folder.data("verify"), ExitCode::Done);
}
