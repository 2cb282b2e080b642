//! What is derived from shares: the same however it is added up, and read back as it was written.

use std::collections::BTreeMap;

use super::tests::any_entry;
use super::*;
use crate::share::{RefusalReason, RigKey};
use crate::work::{Difficulty, Nonce};
use proptest::prelude::*;

fn cell_of(entries: &[ShareEntry]) -> Cell {
    let mut cell = Cell::default();
    for entry in entries {
        cell.add(entry);
        cell.add_stretch(Stretch {
            hashes: entry.found,
            ms: u64::from(entry.age_s),
            error: 1,
        });
    }
    cell
}

fn any_cell() -> impl Strategy<Value = Cell> {
    (
        proptest::collection::vec(any_entry(), 0..6),
        any::<Option<u64>>(),
    )
        .prop_map(|(entries, unlisted)| {
            let mut cell = cell_of(&entries);
            cell.add_unlisted(RefusalReason::Duplicate, unlisted.unwrap_or(0));
            cell
        })
}

fn merged(mut one: Cell, other: &Cell) -> Cell {
    one.merge(other);
    one
}

/// Moments of some hours, and what is counted in them.
fn any_moments() -> impl Strategy<Value = Vec<(u64, Cell)>> {
    let around = 1_796_000_000_000u64..1_796_000_000_000 + 3 * 86_400_000;
    proptest::collection::vec((around, any_cell()), 0..12)
}

/// Pages of a level, each written and read back.
fn pages(level: Level, moments: &[(u64, Cell)]) -> Vec<Page> {
    let mut pages = BTreeMap::new();
    for (at, cell) in moments {
        let key = PageKey::at(Owner::Rig(RigKey(7)), level, *at);
        pages
            .entry(key)
            .or_insert_with(|| Page::new(key))
            .add(*at, cell);
    }
    let read = |page: &Page| Page::from_bytes(&page.to_bytes()).unwrap();
    for page in pages.values() {
        assert_eq!(&read(page), page);
    }
    pages.into_values().collect()
}

/// Whoever wrote it: what is read is within the bounds that the registry counts on.
#[test]
fn a_stored_rig_that_holds_more_than_is_ever_written_is_read_within_bounds() {
    let mut rig = RigEntry::new(RigKey(9), 5);
    rig.algorithms = (0..40)
        .map(|number| format!("rx/{number}").into())
        .collect();
    rig.algorithms.push("x".repeat(33).into());
    rig.standing = Some(vec![1; RigEntry::STANDING_MAX + 1]);
    rig.filters[1] = Some(vec![1; RigEntry::FILTER_MAX + 1].into());
    rig.filters[2] = Some(vec![1; RigEntry::FILTER_MAX].into());
    let written = RigRecord::bytes_of(&rig, &OpenCells::default());
    let read = RigRecord::from_bytes(&written).unwrap().rig;
    assert_eq!(
        read.algorithms[..],
        rig.algorithms[..RigEntry::ALGORITHMS_MAX]
    );
    assert_eq!(read.standing, None);
    assert_eq!(read.filters[1], None);
    assert_eq!(read.filters[2], rig.filters[2]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn counters_add_up_in_any_order(a in any_cell(), b in any_cell(), c in any_cell()) {
        prop_assert_eq!(merged(a.clone(), &b), merged(b.clone(), &a));
        let left = merged(merged(a.clone(), &b), &c);
        prop_assert_eq!(left, merged(a.clone(), &merged(b, &c)));
        prop_assert_eq!(merged(Cell::default(), &a), a);
    }

    #[test]
    fn shares_in_halves_count_as_shares_at_once(entries in proptest::collection::vec(any_entry(), 0..12), at in 0usize..12) {
        let (before, after) = entries.split_at(at.min(entries.len()));
        let sum = merged(cell_of(before), &cell_of(after));
        prop_assert_eq!(sum.shares(), u64::try_from(entries.len()).unwrap());
        prop_assert_eq!(sum, cell_of(&entries));
    }

    #[test]
    fn the_sum_over_minutes_is_that_over_hours_and_days(moments in any_moments()) {
        let sum = |level| pages(level, &moments).iter().flat_map(Page::cells)
            .fold(Cell::default(), |sum, (_, cell)| merged(sum, cell));
        let all = moments.iter().fold(Cell::default(), |sum, (_, cell)| merged(sum, cell));
        for level in Level::ALL {
            prop_assert_eq!(&sum(level), &all);
        }
        // And cell by cell: an hour is its sixty minutes.
        let minutes: Vec<_> = pages(Level::Minute, &moments).iter().flat_map(Page::cells)
            .map(|(start, cell)| (start, cell.clone())).collect();
        prop_assert_eq!(pages(Level::Hour, &minutes), pages(Level::Hour, &moments));
    }

    #[test]
    fn a_page_of_any_time_reads_back_and_takes_nothing_of_another(at: u64, cell in any_cell(), level in 0u8..3) {
        let level = Level::of_code(level).unwrap();
        let mut page = Page::new(PageKey::at(Owner::Total, level, at));
        page.add(at, &cell);
        page.add(at.wrapping_add(level.page_ms()), &cell);
        prop_assert_eq!(page.cells().count(), 1);
        prop_assert_eq!(page.cells().next().unwrap(), (level.cell_start(at), &cell));
        prop_assert_eq!(Page::from_bytes(&page.to_bytes()).unwrap(), page);
    }

    #[test]
    fn a_rig_reads_back_as_it_was_written(
        entries in proptest::collection::vec(any_entry(), 0..6),
        names in proptest::array::uniform3(".{0,250}"),
        algorithms in proptest::collection::vec("[a-z/0-9]{1,40}", 0..40),
        standing in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..300)),
    ) {
        let mut rig = RigEntry::new(RigKey(9), 5);
        let algorithms: Vec<&str> = algorithms.iter().map(String::as_str).collect();
        rig.name(Names::new(&names[0], &names[1], &names[2]), &algorithms);
        rig.quarantined = standing.is_some();
        rig.filters[3] = standing.clone().map(Vec::into_boxed_slice);
        rig.standing = standing;
        let mut open = OpenCells::default();
        for entry in &entries {
            let counted = rig.apply(entry);
            open.add(Level::Minute.cell_start(entry.unix_ms), &counted);
        }
        let record = RigRecord { rig, open };
        prop_assert_eq!(RigRecord::from_bytes(&record.to_bytes()).unwrap(), record);
    }

    #[test]
    fn open_cells_count_what_was_added_whenever_they_were_stored(
        added in proptest::collection::vec((0u64..20, 1u64..5, any::<bool>()), 0..40),
    ) {
        let mut open = OpenCells::default();
        let mut all: BTreeMap<u64, Cell> = BTreeMap::new();
        let mut cells = 0;
        for (minute, accepted, stored) in added {
            let start_ms = minute * Level::Minute.span_ms();
            let counted = Cell { accepted, ..Cell::default() };
            cells += usize::from(open.add(start_ms, &counted));
            all.entry(start_ms).or_default().merge(&counted);
            if stored {
                let rig = RigEntry::new(RigKey(9), 5);
                let record = RigRecord::from_bytes(&RigRecord::bytes_of(&rig, &open)).unwrap();
                prop_assert_eq!(&record.open, &open);
                open = record.open;
            }
        }
        prop_assert_eq!(open.len(), cells);
        prop_assert_eq!(open.is_empty(), all.is_empty());
        let mut read: BTreeMap<u64, Cell> = BTreeMap::new();
        for (start_ms, cell) in open.cells() {
            read.entry(start_ms).or_default().merge(&cell);
        }
        prop_assert_eq!(&read, &all);
        if let Some((oldest, _)) = all.first_key_value() {
            prop_assert_eq!(open.are_ripe(oldest + Level::Hour.span_ms() - 1), cells >= 12);
            prop_assert!(open.are_ripe(oldest + Level::Hour.span_ms()));
        }
    }

    /// Written before there were open cells.
    #[test]
    fn a_rig_of_the_first_layout_is_read_without_open_cells(entries in proptest::collection::vec(any_entry(), 0..6)) {
        let mut rig = RigEntry::new(RigKey(9), 5);
        for entry in &entries {
            rig.apply(entry);
        }
        let first = |more: &[u8]| Frame::wrap(Kind::Rig, 1, |out| {
            rig.append(out);
            out.extend_from_slice(more);
        });
        let read = RigRecord::from_bytes(&first(&[])).unwrap();
        prop_assert_eq!((&read.rig, read.open.len()), (&rig, 0));
        prop_assert!(RigRecord::from_bytes(&first(&[0])).is_err());
    }

    #[test]
    fn a_mark_reads_back_as_it_was_written(name in ".{0,250}", bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mark = Mark { name: name.into(), bytes };
        prop_assert_eq!(Mark::from_bytes(&mark.to_bytes()).unwrap(), mark);
    }

    #[test]
    fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..300), schema in 0u8..3) {
        for kind in [Kind::Rig, Kind::Rollup, Kind::Mark] {
            let bytes = Frame::wrap(kind, schema, |out| out.extend_from_slice(&body));
            let _ = (RigRecord::from_bytes(&bytes), Page::from_bytes(&bytes), Mark::from_bytes(&bytes));
        }
    }
}

/// A share of a rig's scan, this many milliseconds in.
fn share(job: u32, counter: u32, at_ms: u64) -> ShareEntry {
    let slot = 3 << 24;
    ShareEntry {
        job_key: Some(job),
        nonce: Some(Nonce::new((slot | counter).to_le_bytes())),
        unix_ms: 1_796_000_000_000 + at_ms,
        ..tests::usual()
    }
}

#[test]
fn a_usual_minute_takes_less_than_forty_bytes() {
    let mut rig = RigEntry::new(RigKey(1), 0);
    let mut minute = Cell::default();
    for n in 0..2 {
        let at = u64::from(n) * 25_000;
        minute.merge(&rig.apply(&share(1, n * 100_000, at)));
    }
    let key = PageKey::at(Owner::Rig(RigKey(1)), Level::Minute, 1_796_000_000_000);
    let mut page = Page::new(key);
    let empty = page.to_bytes().len();
    page.add(1_796_000_000_000, &minute);
    let one = page.to_bytes().len() - empty;
    assert!((10..40).contains(&one), "{one} bytes");
}

#[test]
fn the_odometer_adds_up_what_the_highest_nonce_rises_by() {
    let mut rig = RigEntry::new(RigKey(1), 0);
    // Up, back by two blocks, up beyond.
    for (counter, at) in [
        (1_000, 0),
        (70_000, 10_000),
        (5_000, 20_000),
        (90_000, 30_000),
    ] {
        rig.apply(&share(1, counter, at));
    }
    let seen = &rig.lifetime;
    assert_eq!((seen.odometer_hashes, seen.odometer_ms), (89_000, 30_000));
    assert_eq!(rig.odometer.below, 2);
    assert_eq!(seen.odometer_error, 2 * 3 * 32_768);
    // The next scan's first share tells nothing, its second does.
    rig.apply(&share(2, 500_000, 31_000));
    rig.apply(&share(2, 500_100, 32_000));
    assert_eq!(rig.lifetime.odometer_hashes, 89_100);
}

#[test]
fn nonces_that_no_machine_reaches_contribute_nothing() {
    let mut rig = RigEntry::new(RigKey(1), 0);
    for (counter, at) in [(0, 0), (16_000_000, 1_000), (10, 2_000)] {
        rig.apply(&share(1, counter, at));
    }
    assert_eq!(rig.lifetime.odometer_hashes, 0);
    assert_eq!(rig.lifetime.odometer_ms, 0);
}

#[test]
fn shares_that_are_no_work_of_the_scan_are_not_read() {
    let refused = Outcome::Refused(RefusalReason::Duplicate);
    let retargeted = Flags {
        retargeted: true,
        ..Flags::default()
    };
    let mut rig = RigEntry::new(RigKey(1), 0);
    let begin = share(1, 0, 0);
    let seen = share(1, 1_000, 5_000);
    let silent = [
        ShareEntry {
            outcome: refused,
            ..seen.clone()
        },
        ShareEntry {
            flags: retargeted,
            ..seen.clone()
        },
        ShareEntry {
            asked: Difficulty::new(5),
            ..seen
        },
    ];
    for entry in silent {
        rig.apply(&begin);
        rig.apply(&entry);
    }
    assert_eq!(rig.lifetime.odometer_hashes, 0);
}

#[test]
fn a_rig_was_at_work_between_shares_that_lie_close() {
    let mut rig = RigEntry::new(RigKey(1), 0);
    for at in [0, 60_000, 120_000, 10_000_000, 10_001_000] {
        rig.apply(&share(1, 0, at));
    }
    assert_eq!(rig.mined_ms, 121_000);
    assert_eq!(rig.lifetime.shares(), 5);
}

const POLICY: PresencePolicy = PresencePolicy {
    late_after_ms: 60,
    silent_after_ms: 600,
    forget_after_ms: 10_000,
};

#[test]
fn presence_follows_from_the_last_share() {
    let at = |now, expected, quarantined| Presence::of(1_000, expected, quarantined, &POLICY, now);
    assert_eq!(at(1_060, true, false), Presence::Online);
    assert_eq!(at(1_061, true, false), Presence::Late);
    assert_eq!(at(1_061, true, true), Presence::Quarantined);
    assert_eq!(at(1_601, true, true), Presence::Silent);
    assert_eq!(at(1_601, false, false), Presence::Gone);
    // A clock that was put back makes nobody silent.
    assert_eq!(at(0, true, false), Presence::Online);
    assert_eq!(
        Presence::of(0, true, false, &POLICY, 5),
        Presence::Silent,
        "never came"
    );
}

#[test]
fn who_has_been_at_work_for_an_hour_is_waited_for_until_it_is_forgotten() {
    let mut rig = RigEntry::new(RigKey(1), 0);
    rig.last_share_ms = 5_000;
    assert!(!POLICY.expects(&rig, false, 6_000));
    assert!(POLICY.expects(&rig, true, 6_000));
    rig.mined_ms = PresencePolicy::SETTLED_MS;
    assert!(POLICY.expects(&rig, false, 15_000));
    assert!(!POLICY.expects(&rig, false, 15_001));
    assert!(POLICY.expects(&rig, true, u64::MAX));
}

#[test]
fn only_a_rig_that_goes_silent_or_comes_back_is_worth_an_alert() {
    for before in Presence::ALL {
        for after in Presence::ALL {
            let was_there = !matches!(before, Presence::Silent | Presence::Gone);
            let is_there = !matches!(after, Presence::Silent | Presence::Gone);
            let told = match Presence::transition(before, after) {
                Some(Change::WentSilent) => was_there && after == Presence::Silent,
                Some(Change::CameBack) => before == Presence::Silent && is_there,
                None => {
                    !(was_there && after == Presence::Silent
                        || before == Presence::Silent && is_there)
                }
            };
            assert!(told, "{before:?} to {after:?}");
        }
    }
}
