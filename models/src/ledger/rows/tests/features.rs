//! Features of stored shares are those that the filters saw.

use proptest::prelude::*;

use super::super::object::{Object, plain};
use super::*;
use crate::filter::{
    Observation, OutcomeFeatures, OutcomePast, ScanKey, Scanner, Verdict, VerdictsHeard,
};
use crate::ledger::tests::any_entry;
use crate::ledger::{Flags, Outcome};
use crate::share::{RefusalReason, RigKey, ShareId};
use crate::work::{Difficulty, JobKey, Nonce, ResultHash, Slot};

/// A share as it came.
#[derive(Debug, Clone)]
struct Came {
    rig: u64,
    after_ms: u64,
    job: u32,
    slot: u8,
    counter: u32,
    asked: u64,
    /// Over the target: above 1 it is missed.
    height: f64,
    late: bool,
    retargeted: bool,
    scan_known: bool,
    took_us: u32,
    outcome: Outcome,
}

fn came() -> impl Strategy<Value = Came> {
    let place = (0u64..3, 0u64..40_000, 0u32..3, 0u8..2, 0u32..1 << 24);
    let found = (1_000u64..1 << 40, 0.0001f64..1.2, any::<[bool; 3]>());
    let end = (
        0u32..4_000_000,
        prop_oneof![
            Just(Outcome::Accepted),
            Just(Outcome::Credited),
            Just(Outcome::Held),
            Just(Outcome::Refused(RefusalReason::InvalidResult)),
        ],
    );
    (place, found, end).prop_map(|(place, found, end)| Came {
        rig: place.0,
        after_ms: place.1,
        job: place.2,
        slot: place.3,
        counter: place.4,
        asked: found.0,
        height: found.1,
        late: found.2[0],
        retargeted: found.2[1],
        scan_known: found.2[2],
        took_us: end.0,
        outcome: end.1,
    })
}

impl Came {
    fn observation(&self, at_ms: u64, heard: VerdictsHeard) -> Observation {
        let asked = Difficulty::new(self.asked);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "a result made up"
        )]
        let value = (self.height * asked.target().threshold() as f64) as u64;
        let mut result = [0; 32];
        result[24..].copy_from_slice(&value.to_le_bytes());
        Observation {
            rig: RigKey(self.rig),
            scan: ScanKey {
                job: JobKey(self.job),
                slot: Slot(self.slot),
            },
            counter: self.counter,
            result: ResultHash::new(result),
            target: (!self.retargeted).then(|| asked.target()),
            asked,
            late: self.late,
            scanner: if self.scan_known {
                Scanner::XmrigBlocks
            } else {
                Scanner::Unknown
            },
            heard,
            at_ms,
        }
    }

    /// As it is stored: `blank` with what the share tells.
    fn entry(&self, blank: &ShareEntry, seen: &Observation) -> ShareEntry {
        let mut entry = blank.clone();
        (entry.node, entry.run, entry.id) = (0, 1, Some(ShareId::new(0, 1)));
        entry.unix_ms = 1_796_000_000_000 + seen.at_ms + u64::from(self.took_us) / 1000;
        entry.latencies.total_us = self.took_us;
        entry.rig = seen.rig;
        entry.job_key = Some(self.job);
        entry.nonce = Some(Nonce::in_slot(Slot(self.slot), self.counter));
        entry.asked = seen.asked;
        entry.found = seen.result.difficulty().get();
        entry.flags = Flags {
            late: self.late,
            retargeted: self.retargeted,
            scan_known: self.scan_known,
            ..Flags::default()
        };
        entry.outcome = self.outcome.clone();
        entry
    }
}

proptest! {
    #[test]
    fn a_replay_gives_what_the_filters_saw(shares in proptest::collection::vec(came(), 1..80), blank in any_entry()) {
        let mut live = [OutcomePast::default(), OutcomePast::default(), OutcomePast::default()];
        let mut ends: [Vec<(u64, Verdict)>; 3] = Default::default();
        let mut replay = Replay::default();
        let mut at_ms = 0;
        for share in shares {
            at_ms += share.after_ms;
            let rig = usize::try_from(share.rig).unwrap();
            let mut heard = VerdictsHeard::default();
            ends[rig].sort_unstable_by_key(|(end, _)| *end);
            while ends[rig].first().is_some_and(|(end, _)| *end < at_ms) {
                heard.hear(ends[rig].remove(0).1);
            }
            let seen = share.observation(at_ms, heard);
            if let Some(verdict) = verdict_of(&share.outcome) {
                ends[rig].push((at_ms + u64::from(share.took_us) / 1000, verdict));
            }
            let saw = live[rig].next(&seen).values();
            let known = replay.next(&share.entry(&blank, &seen));
            for ((saw, known), feature) in saw.iter().zip(known).zip(OutcomeFeatures::FEATURES) {
                match (feature.name, known) {
                    // From the difficulty of the result, of which there are at least a thousand.
                    ("height", Some(known)) => prop_assert!((saw - known).abs() < 1e-3, "{saw} {known}"),
                    (name, known) => prop_assert_eq!(known, Some(*saw), "{}", name),
                }
            }
        }
    }

    #[test]
    fn features_never_depend_on_later_rows_nor_on_their_own_verdict(
        entries in proptest::collection::vec(any_entry(), 1..20), at: prop::sample::Index,
    ) {
        let at = at.index(entries.len());
        let features = |entries: &[ShareEntry]| {
            let mut replay = Replay::default();
            entries.iter().map(|entry| replay.next(entry)).collect::<Vec<_>>()
        };
        let all = features(&entries);
        prop_assert_eq!(&features(&entries[..=at]), &all[..=at]);
        let mut judged_otherwise = entries;
        // An admitted share has a number, whatever becomes of it.
        judged_otherwise[at].id = Some(ShareId::new(0, 1));
        let before = features(&judged_otherwise);
        let judged = &mut judged_otherwise[at];
        judged.outcome = Outcome::Refused(RefusalReason::InvalidResult);
        (judged.proof, judged.ruled, judged.flags.corrected) = (None, None, true);
        prop_assert_eq!(&features(&judged_otherwise)[..=at], &before[..=at]);
    }

    #[test]
    fn the_same_features_stand_in_both_formats(entry in any_entry()) {
        let known = Replay::default().next(&entry);
        let csv = String::from_utf8(written(Format::Csv, std::slice::from_ref(&entry))).unwrap();
        let json = written(Format::JsonLines, &[entry]);
        let json = Object::of(str::from_utf8(&json).unwrap()).unwrap();
        let (header, row) = csv.split_once('\n').unwrap();
        let mut cells = csv::ReaderBuilder::new().has_headers(false).from_reader(row.as_bytes());
        let row = cells.records().next().unwrap().unwrap();
        for (known, feature) in known.into_iter().zip(OutcomeFeatures::FEATURES) {
            if feature.name == "late" {
                continue;
            }
            let place = header.split(',').position(|name| name == feature.name).unwrap();
            prop_assert_eq!(row[place].parse::<f64>().ok(), known, "{}", feature.name);
            let (_, value) = json.0.iter().find(|(name, _)| name == feature.name).unwrap();
            prop_assert_eq!(plain(value).unwrap().parse::<f64>().ok(), known, "{}", feature.name);
        }
    }
}

#[test]
fn a_verdict_is_heard_by_the_shares_that_came_after_it_and_by_no_other() {
    let place = OutcomeFeatures::FEATURES
        .iter()
        .position(|feature| feature.name == "wrong_before")
        .unwrap();
    let file = "timestamp,rig,verdict,difficulty\n1,0000000000000001,refused:invalid_result,9\n";
    let mut bad = shares(Format::Csv, file.as_bytes()).remove(0);
    bad.id = Some(ShareId::new(0, 1));
    (bad.unix_ms, bad.latencies.total_us) = (10_000, 3_000_000);
    let mut replay = Replay::default();
    let mut wrong_before = |unix_ms, total_us| {
        let mut share = bad.clone();
        (share.unix_ms, share.latencies.total_us) = (unix_ms, total_us);
        replay.next(&share)[place].unwrap()
    };
    let first = wrong_before(10_000, 3_000_000);
    // Came before the verdict on the first, and ended after it.
    assert!((wrong_before(11_000, 2_000_000) - first).abs() < 1e-9);
    assert!(wrong_before(12_000, 0) > first + 3.0);
}

#[test]
fn what_admission_refused_has_no_features_and_leaves_no_trace() {
    let file = "timestamp,rig,verdict,difficulty\n1,0000000000000001,refused:duplicate,9\n";
    let refused = shares(Format::Csv, file.as_bytes()).remove(0);
    let mut replay = Replay::default();
    assert_eq!(replay.next(&refused), [None; OutcomeFeatures::LEN]);
    let mut accepted = refused;
    accepted.outcome = Outcome::Accepted;
    let first = Replay::default().next(&accepted);
    assert_eq!(replay.next(&accepted), first);
}

#[test]
fn what_a_row_does_not_tell_stays_open() {
    let file = "timestamp,rig,verdict,difficulty\n1,0000000000000001,held,9\n";
    let share = shares(Format::Csv, file.as_bytes()).remove(0);
    let known = Replay::default().next(&share);
    let open: Vec<_> = known
        .iter()
        .zip(OutcomeFeatures::FEATURES)
        .filter(|(known, _)| known.is_none())
        .map(|(_, feature)| feature.name)
        .collect();
    assert_eq!(open, ["height", "target_unclear", "progress", "backward"]);
}

#[test]
fn what_was_imported_meanwhile_does_not_mix_with_what_came_here() {
    let file = "timestamp,rig,verdict,difficulty\n9000,0000000000000001,held,9\n";
    let imported = shares(Format::Csv, file.as_bytes()).remove(0);
    let mut here = imported.clone();
    here.flags.imported = false;
    let mut replay = Replay::default();
    let first = replay.next(&here);
    assert_eq!(replay.next(&imported), first);
    assert_ne!(replay.next(&here), first);
}

#[test]
fn a_rig_that_was_not_seen_for_longest_gives_way() {
    let share = |rig| {
        let file = format!(
            "timestamp,rig,verdict,difficulty\n1,{},held,9\n",
            RigKey(rig)
        );
        shares(Format::Csv, file.as_bytes()).remove(0)
    };
    let place = OutcomeFeatures::FEATURES
        .iter()
        .position(|feature| feature.name == "ln_shares_before")
        .unwrap();
    let before = |known: KnownFeatures| known[place].unwrap();
    let mut replay = Replay::new(2);
    for rig in [1, 2, 1] {
        replay.next(&share(rig));
    }
    assert!(before(replay.next(&share(3))).abs() < 1e-12);
    assert!(before(replay.next(&share(1))) > 1.0);
    assert!(
        before(replay.next(&share(2))).abs() < 1e-12,
        "gave way to 3"
    );
}
