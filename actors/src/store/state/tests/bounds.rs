//! However many rigs come and however long it runs, what is kept stays within bounds.

use std::time::Instant;

use super::*;
use crate::rigs::RigNames;

fn told(book: &mut StateBook, rigs: std::ops::Range<u64>) {
    for rig in rigs {
        let seq = rig + 1;
        let at = T0 + rig * 10;
        book.apply(&entry(seq, rig * 0x9e37_79b9, at, Outcome::Accepted))
            .unwrap();
        if book.wants_checkpoint() {
            book.checkpoint(seq).unwrap();
        }
    }
}

#[test]
fn of_twenty_thousand_rigs_a_thousand_are_kept_and_the_rest_is_counted() {
    const RIGS: u64 = 20_000;
    let folder = tempfile::tempdir().unwrap();
    let mut book = open(folder.path());
    told(&mut book, 0..RIGS);
    book.checkpoint(RIGS).unwrap();
    assert_eq!(book.len(), 1_000);
    assert_eq!(book.rolled_up(), RIGS - 1_000);
    let rigs = book.rigs_from(None, usize::MAX).unwrap();
    assert_eq!(rigs.len(), 1_000);
    let others = book.others().unwrap();
    let kept = rigs.iter().chain(&others);
    let all = sum(kept.map(|rig| rig.lifetime.clone()));
    assert_eq!(all.shares(), RIGS);
    let whole = sum(book
        .history(None, Level::Day, 0, u64::MAX)
        .unwrap()
        .into_iter()
        .map(|(_, cell)| cell));
    assert_eq!(all, whole);
    let verified = book.verify(|damage| panic!("{damage:?}")).unwrap();
    assert_eq!(verified.rigs, 1_001);
    // Three for each rig, those of the forgotten, those of all.
    assert!(verified.pages < 3_050, "{verified:?}");
}

#[test]
fn who_is_in_quarantine_is_not_forgotten_for_the_sake_of_new_names() {
    let folder = tempfile::tempdir().unwrap();
    let bounds = StateBounds {
        max_rigs: 16,
        ..BOUNDS
    };
    let mut book = StateBook::open(folder.path(), bounds).unwrap();
    for rig in 0..4 {
        let seq = rig + 1;
        book.apply(&entry(seq, rig, T0 + rig, Outcome::Accepted))
            .unwrap();
    }
    assert!(book.note_standing(RigKey(0), Some(vec![7]), true).unwrap());
    assert!(!book.note_standing(RigKey(99), Some(vec![7]), true).unwrap());
    let too_long = vec![0; RigEntry::STANDING_MAX + 1];
    assert!(!book.note_standing(RigKey(0), Some(too_long), true).unwrap());
    // Names alone push out names alone; shares push out the oldest that is free.
    let names = RigNames::of_login("anyone", "", "XMRig/6.26.0");
    for rig in 1_000..1_100 {
        book.note_names(RigKey(rig), &names, &["rx/0"], T0 + rig)
            .unwrap();
    }
    assert!((0..4).all(|rig| book.rig(RigKey(rig)).unwrap().is_some()));
    for seq in 5..=104 {
        book.apply(&entry(
            seq,
            2_000 + seq,
            T0 + 5_000 + seq,
            Outcome::Accepted,
        ))
        .unwrap();
    }
    assert!(book.rig(RigKey(1)).unwrap().is_none());
    book.checkpoint(104).unwrap();
    drop(book);
    let book = StateBook::open(folder.path(), bounds).unwrap();
    assert_eq!(book.len(), 16);
    let mut standings = Vec::new();
    book.restore_standings(|rig, quarantined, bytes| {
        standings.push((rig, quarantined, bytes.to_vec()));
    })
    .unwrap();
    assert_eq!(standings, [(RigKey(0), true, vec![7])]);
}

#[test]
fn pages_go_when_all_of_them_is_too_old_and_no_page_before() {
    const HOUR: u64 = 3_600_000;
    const MINUTE: u64 = 60_000;
    let folder = tempfile::tempdir().unwrap();
    let mut book = open(folder.path());
    for seq in 1..=96u64 {
        for rig in 0..3 {
            let share = entry(seq * 3 + rig, rig, T0 + seq * HOUR, Outcome::Accepted);
            book.apply(&share).unwrap();
        }
    }
    book.checkpoint(0).unwrap();
    let now = T0 + 96 * HOUR + 30 * MINUTE;
    let before = book.verify(|damage| panic!("{damage:?}")).unwrap().pages;
    let mut removed = 0;
    let mut looks = 0;
    loop {
        let pruned = book.prune(now, 1).unwrap();
        assert!(pruned.looked_at <= 1);
        removed += pruned.removed;
        looks += 1;
        if pruned.is_done {
            break;
        }
    }
    assert!((400..500).contains(&looks), "{looks}");
    let whole = book.verify(|damage| panic!("{damage:?}")).unwrap();
    assert_eq!(whole.pages, before - u64::try_from(removed).unwrap());
    assert_eq!(whole.rigs, 3);
    for rig in [None, Some(RigKey(0)), Some(RigKey(2))] {
        let first = |level| book.history(rig, level, 0, u64::MAX).unwrap()[0].0;
        // The page that holds a moment two hours ago is the first; of hours, two days ago.
        assert_eq!(first(Level::Minute), T0 + 94 * HOUR);
        assert_eq!(first(Level::Hour), T0 + 48 * HOUR);
        assert_eq!(first(Level::Day), T0);
        let days = book.history(rig, Level::Day, 0, u64::MAX).unwrap();
        let all = sum(days.into_iter().map(|(_, cell)| cell)).shares();
        assert_eq!(all, if rig.is_none() { 288 } else { 96 });
    }
    assert_eq!(book.prune(now, 10_000).unwrap().removed, 0);
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let digits = line.unwrap().trim().trim_end_matches(" kB");
    digits.parse().unwrap()
}

#[test]
#[ignore = "measures: run alone, with --release and --nocapture"]
#[expect(clippy::disallowed_methods, reason = "measures the machine's time")]
fn what_a_hundred_thousand_rigs_cost() {
    let folder = tempfile::tempdir().unwrap();
    let bounds = StateBounds {
        max_rigs: 100_000,
        cache_bytes: 2 << 20,
        ..BOUNDS
    };
    let mut book = StateBook::open(folder.path(), bounds).unwrap();
    let before = resident_kib();
    let began = Instant::now();
    told(&mut book, 0..100_000);
    book.checkpoint(100_000).unwrap();
    println!(
        "100,000 rigs told in {:?}: {} KiB more",
        began.elapsed(),
        resident_kib() - before
    );
    let began = Instant::now();
    for rig in 0..1_000u64 {
        let share = entry(
            100_001 + rig,
            rig * 0x9e37_79b9,
            T0 + 2_000_000,
            Outcome::Accepted,
        );
        book.apply(&share).unwrap();
    }
    let applied = began.elapsed();
    book.checkpoint(101_000).unwrap();
    println!(
        "1,000 rigs: told in {applied:?}, written in {:?}",
        began.elapsed() - applied
    );
    for part in 1..=2u64 {
        told(
            &mut book,
            101_000 + (part - 1) * 100_000..101_000 + part * 100_000,
        );
        println!(
            "{part}00,000 more names: {} KiB more than before, {} MiB on disk",
            resident_kib() - before,
            book.size_on_disk().unwrap() >> 20
        );
    }
    drop(book);
    let began = Instant::now();
    let book = StateBook::open(folder.path(), bounds).unwrap();
    println!("opened {} rigs in {:?}", book.len(), began.elapsed());
}

#[test]
fn after_much_was_written_it_wants_to_be_opened_anew_and_then_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let mut book = open(folder.path());
    for rig in 0..500 {
        let seq = rig + 1;
        book.apply(&entry(seq, rig, T0, Outcome::Accepted)).unwrap();
    }
    let mut rounds = 0;
    while !book.wants_reopening() {
        for rig in 0..500 {
            let standing = Some(vec![7; RigEntry::STANDING_MAX]);
            book.note_standing(RigKey(rig), standing, false).unwrap();
        }
        book.checkpoint(500).unwrap();
        rounds += 1;
        assert!(rounds < 100, "it never does");
    }
    assert!(
        rounds > 3,
        "two megabytes at a time, it was opened after {rounds}"
    );
    drop(book);
    let book = open(folder.path());
    assert!(!book.wants_reopening());
    assert_eq!((book.len(), book.through_seq()), (500, 500));
}
