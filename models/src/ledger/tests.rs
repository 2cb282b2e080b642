//! Shares read back as they were written, whatever they hold.

use super::*;
use crate::filter::{Cause, ModelId, Stage};
use crate::judge::Rule;
use crate::share::{ProofOutcome, RefusalReason, RigKey, ShareId, TargetClass};
use crate::stratum::ErrorClass;
use crate::work::{Difficulty, Nonce};
use proptest::prelude::*;

fn pick<T: Copy + std::fmt::Debug>(from: &'static [T]) -> impl Strategy<Value = T> {
    prop::sample::select(from)
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        Just(Outcome::Accepted),
        (pick(&ErrorClass::ALL), ".{0,60}").prop_map(|(class, text)| Outcome::Rejected {
            class,
            text: cut(&text).into()
        }),
        Just(Outcome::Unanswered),
        Just(Outcome::Credited),
        pick(&RefusalReason::ALL).prop_map(Outcome::Refused),
        Just(Outcome::Held),
        Just(Outcome::Undeliverable),
    ]
}

fn said() -> impl Strategy<Value = StageSaid> {
    prop_oneof![
        Just(StageSaid::Unavailable),
        Just(StageSaid::NoOpinion),
        (-1e6f32..1e6, pick(&Cause::ALL))
            .prop_map(|(log_e, cause)| StageSaid::Weighed { log_e, cause }),
    ]
}

/// Any share that could be stored.
pub(crate) fn any_entry() -> impl Strategy<Value = ShareEntry> {
    let names = (
        any::<u64>(),
        any::<u16>(),
        any::<u32>(),
        any::<Option<u64>>(),
        any::<u64>(),
    );
    let place = (
        any::<u64>(),
        any::<Option<u16>>(),
        any::<Option<u32>>(),
        ".{0,40}",
        any::<Option<u64>>(),
        any::<Option<[u8; 4]>>(),
    );
    let numbers = (any::<u32>(), 1u64.., any::<u64>(), 0f32..1e9);
    let marks = (
        pick(&[
            TargetClass::Local,
            TargetClass::Upstream,
            TargetClass::BlockCandidate,
        ]),
        any::<[bool; 5]>(),
        pick(&Arm::ALL),
        proptest::array::uniform6(said()),
    );
    let judged = (
        proptest::option::of((pick(&Rule::ALL), pick(&Told::ALL), 0f32..1.0)),
        proptest::option::of((pick(&ProofOutcome::ALL), any::<u32>(), any::<u32>())),
        outcome(),
    );
    let end = (
        any::<[u32; Stage::ALL.len()]>(),
        any::<u32>(),
        any::<u32>(),
        any::<[Option<u64>; 2]>(),
    );
    (names, place, numbers, marks, judged, end).prop_map(
        |(names, place, numbers, marks, judged, end)| ShareEntry {
            seq: names.0,
            node: names.1,
            run: names.2,
            id: names.3.map(ShareId::from_bits),
            unix_ms: names.4,
            rig: RigKey(place.0),
            upstream: place.1.map(UpstreamId),
            job_key: place.2,
            job: cut(&place.3).into(),
            height: place.4,
            nonce: place.5.map(Nonce::new),
            age_s: numbers.0,
            asked: Difficulty::new(numbers.1),
            found: numbers.2,
            rate: numbers.3,
            class: marks.0,
            flags: Flags {
                late: marks.1[0],
                corrected: marks.1[1],
                retargeted: marks.1[2],
                imported: marks.1[3],
                scan_known: marks.1[4],
                own_blob: marks.1[4] != marks.1[3],
            },
            arm: marks.2,
            evidence: marks.3,
            ruled: judged
                .0
                .map(|(rule, told, chance)| Ruled { rule, told, chance }),
            proof: judged.1.map(|(outcome, waited_us, took_us)| Proof {
                outcome,
                waited_us,
                took_us,
            }),
            outcome: judged.2,
            latencies: Latencies {
                stages_ns: end.0,
                judge_ns: end.1,
                total_us: end.2,
            },
            models: end.3.map(|model| model.map(ModelId)),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_was_written_reads_back(entries in proptest::collection::vec(any_entry(), 0..20)) {
        prop_assert_eq!(&read_shares(&write_tail(&entries)).unwrap(), &entries);
        prop_assert_eq!(&read_shares(&write_block(&entries)).unwrap(), &entries);
    }

    #[test]
    fn a_frame_with_any_body_is_read_or_refused(
        body in proptest::collection::vec(any::<u8>(), 0..300), schema in 0u8..4, packed: bool,
    ) {
        let kind = if packed { Kind::Block } else { Kind::Tail };
        let bytes = Frame::wrap(kind, schema, |out| out.extend_from_slice(&body));
        let _ = read_shares(&bytes);
    }
}

/// A usual share: what the figures of the ledger are about.
pub(crate) fn usual() -> ShareEntry {
    ShareEntry {
        seq: 1_234_567,
        node: 0,
        run: 12,
        id: Some(ShareId::new(0, 1_234_567)),
        unix_ms: 1_796_000_000_000,
        rig: RigKey(0x1234_5678_9abc_def0),
        upstream: Some(UpstreamId(0)),
        job_key: Some(4_321),
        job: "JhhUuRSTsWh0ZsBAhmEnD1Td".into(),
        height: Some(3_300_000),
        nonce: Some(Nonce::new([1, 2, 3, 4])),
        age_s: 17,
        asked: Difficulty::new(120_001),
        found: 250_123,
        rate: 4_000.0,
        class: TargetClass::Local,
        flags: Flags::default(),
        arm: Arm::None,
        evidence: [
            StageSaid::Weighed {
                log_e: -0.4,
                cause: Cause::BiasedBytes,
            },
            StageSaid::Weighed {
                log_e: -0.3,
                cause: Cause::SkewedResults,
            },
            StageSaid::Weighed {
                log_e: -0.2,
                cause: Cause::BackwardNonces,
            },
            StageSaid::Weighed {
                log_e: -0.1,
                cause: Cause::FewerSharesThanHashes,
            },
            StageSaid::NoOpinion,
            StageSaid::NoOpinion,
        ],
        ruled: Some(Ruled {
            rule: Rule::NotSampled,
            told: Told::PassOn,
            chance: 0.05,
        }),
        proof: None,
        outcome: Outcome::Credited,
        latencies: Latencies {
            stages_ns: [900, 800, 700, 600, 500, 400],
            judge_ns: 1_200,
            total_us: 46,
        },
        models: [None, None],
    }
}

#[test]
fn a_usual_share_takes_few_bytes() {
    let one = write_tail(&[usual()]).len();
    assert!((80..200).contains(&one), "{one} bytes");
}

/// The bytes of schema 1 as they were written, never to be made anew.
const WRITTEN_IN_SCHEMA_1: &str = include_str!("wire/written_in_schema_1.hex");

#[test]
fn what_was_written_in_schema_1_is_read_today() {
    let bytes = const_hex::decode(WRITTEN_IN_SCHEMA_1.trim()).unwrap();
    let read = read_shares(&bytes).unwrap();
    let today = usual();
    let then = ShareEntry {
        job_key: None,
        age_s: 0,
        rate: 0.0,
        latencies: Latencies {
            total_us: 46,
            ..Latencies::default()
        },
        ..today
    };
    assert_eq!(read, [then]);
    // And written again it is of the present schema.
    assert_eq!(read_shares(&write_tail(&read)).unwrap(), read);
}

#[test]
fn a_later_schema_is_refused_by_its_number() {
    let bytes = Frame::wrap(Kind::Tail, 9, |out| out.push(0));
    assert_eq!(
        read_shares(&bytes),
        Err(BadBatch::Record(BadRecord::UnknownSchema(9)))
    );
}
