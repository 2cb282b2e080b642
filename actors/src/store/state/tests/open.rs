//! What is counted beside a rig goes into pages in time, and counts the same wherever it is.

use super::*;

const MINUTE: u64 = 60_000;
const HOUR: u64 = 3_600_000;

fn pages(book: &StateBook) -> u64 {
    book.verify(|damage| panic!("{damage:?}")).unwrap().pages
}

/// Shares of rig 1, a minute apart, each written down at once.
fn minutes(book: &mut StateBook, numbers: std::ops::RangeInclusive<u64>) {
    for seq in numbers {
        let share = entry(seq, 1, T0 + seq * MINUTE, Outcome::Accepted);
        book.apply(&share).unwrap();
        book.checkpoint(seq).unwrap();
    }
}

fn minutes_known(book: &StateBook) -> usize {
    let known = book.history(Some(RigKey(1)), Level::Minute, 0, u64::MAX);
    known.unwrap().len()
}

#[test]
fn the_twelfth_minute_of_a_rig_brings_all_into_its_pages() {
    let folder = tempfile::tempdir().unwrap();
    let mut book = open(folder.path());
    minutes(&mut book, 1..=11);
    // Those of all rigs together: a page of minutes, of hours, of days.
    assert_eq!((pages(&book), minutes_known(&book)), (3, 11));
    minutes(&mut book, 12..=12);
    assert_eq!((pages(&book), minutes_known(&book)), (6, 12));
    minutes(&mut book, 13..=13);
    drop(book);
    let book = open(folder.path());
    assert_eq!((pages(&book), minutes_known(&book)), (6, 13));
}

#[test]
fn what_a_rig_that_went_quiet_sent_last_goes_into_pages_and_grows_old_there() {
    let folder = tempfile::tempdir().unwrap();
    let mut book = open(folder.path());
    minutes(&mut book, 1..=3);
    let last = T0 + 3 * MINUTE;
    book.settle_quiet(last + HOUR - 1).unwrap();
    book.checkpoint(0).unwrap();
    assert_eq!(pages(&book), 3, "not an hour yet");
    // As after a start, which knows nothing of what was looked at.
    drop(book);
    let mut book = open(folder.path());
    for _ in 0..2 {
        book.settle_quiet(last + HOUR).unwrap();
        book.checkpoint(0).unwrap();
        assert_eq!((pages(&book), minutes_known(&book)), (6, 3));
    }
    let days_later = last + 100 * HOUR;
    while !book.prune(days_later, 1_000).unwrap().is_done {}
    assert_eq!(minutes_known(&book), 0);
    let days = book.history(Some(RigKey(1)), Level::Day, 0, u64::MAX);
    assert_eq!(days.unwrap()[0].1.shares(), 3);
}

#[test]
fn a_rig_that_comes_again_after_it_went_quiet_goes_quiet_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut book = open(folder.path());
    minutes(&mut book, 1..=1);
    book.settle_quiet(T0 + HOUR + MINUTE).unwrap();
    book.checkpoint(0).unwrap();
    assert_eq!(pages(&book), 6);
    let again = T0 + HOUR + 30 * MINUTE;
    book.apply(&entry(2, 1, again, Outcome::Accepted)).unwrap();
    book.checkpoint(2).unwrap();
    let of_all = pages(&book);
    book.settle_quiet(again + HOUR).unwrap();
    book.checkpoint(2).unwrap();
    // Of minutes another page, of hours and days the same.
    assert_eq!(pages(&book), of_all + 1);
    assert_eq!(minutes_known(&book), 2);
}

#[test]
fn what_is_counted_beside_a_rig_is_not_lost_when_it_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let bounds = StateBounds {
        max_rigs: 1,
        ..BOUNDS
    };
    let mut book = StateBook::open(folder.path(), bounds).unwrap();
    minutes(&mut book, 1..=3);
    book.apply(&entry(4, 2, T0 + HOUR, Outcome::Accepted))
        .unwrap();
    book.checkpoint(4).unwrap();
    assert_eq!(minutes_known(&book), 0);
    let others = book.history(Some(RigEntry::OTHERS), Level::Day, 0, u64::MAX);
    assert_eq!(others.unwrap()[0].1.shares(), 3);
    assert_eq!(book.others().unwrap().unwrap().lifetime.shares(), 3);
}
