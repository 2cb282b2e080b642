//! Entries read back as they were written, whatever they say, and are replayed.

use std::sync::Arc;

use proptest::prelude::*;

use super::block_tests::{a_block, block_event};
use super::fixtures::{entry, taken};
use super::outside_tests::{outside_event, plans_from_outside};
use super::returned_tests::a_lease_returned;
use super::*;
use crate::filter::{Cause, ModelId, Stage};
use crate::ledger::{Arm, BadRecord, Frame, Kind, ShareEntry, UpstreamId, cut};
use crate::plan::{Lease, NonceOrder, SeatKey};
use crate::share::{RigKey, ShareId};
use crate::work::{PoolKey, Slot};

fn pick<T: Copy + std::fmt::Debug>(from: &'static [T]) -> impl Strategy<Value = T> {
    prop::sample::select(from)
}

fn seat() -> impl Strategy<Value = SeatKey> {
    any::<(u32, u32)>().prop_map(|(index, generation)| SeatKey { index, generation })
}

fn text() -> impl Strategy<Value = Box<str>> {
    ".{0,120}".prop_map(|text| cut(&text).into())
}

fn lease_event() -> impl Strategy<Value = JournalEvent> {
    let place = || any::<(u16, u32, u8)>();
    let taken = (
        place(),
        any::<u32>(),
        any::<u64>(),
        seat(),
        pick(&Arm::ALL),
        any::<u32>(),
    );
    let given_up = (place(), seat(), pick(&LeaseEnd::ALL), any::<u32>());
    let returned = (place(), seat(), pick(&LeaseEnd::ALL), any::<(u32, u16)>());
    prop_oneof![
        taken.prop_map(
            |((lane, pool, slot), connection, rig, seat, arm, job_key)| {
                JournalEvent::LeaseTaken {
                    lane,
                    pool: PoolKey(pool),
                    connection,
                    slot: Slot(slot),
                    rig: RigKey(rig),
                    seat,
                    arm,
                    job_key,
                }
            }
        ),
        given_up.prop_map(
            |((lane, pool, slot), seat, why, job_key)| JournalEvent::LeaseGivenUp {
                lane,
                pool: PoolKey(pool),
                slot: Slot(slot),
                seat,
                why,
                job_key,
            }
        ),
        returned.prop_map(|((lane, pool, slot), seat, why, (job_key, tried))| {
            JournalEvent::LeaseReturned {
                lane,
                pool: PoolKey(pool),
                slot: Slot(slot),
                seat,
                why,
                job_key,
                tried,
            }
        }),
        any::<(u16, u32, u32)>().prop_map(|(lane, pool, connection)| {
            JournalEvent::PoolConnectionLost {
                lane,
                pool: PoolKey(pool),
                connection,
            }
        }),
    ]
}

fn plan_event() -> impl Strategy<Value = JournalEvent> {
    let job = || any::<(u16, u32, u32, u32)>();
    let bytes = Just((0..=u8::MAX).collect::<Vec<u8>>()).prop_shuffle();
    prop_oneof![
        (job(), any::<(u64, u64)>()).prop_map(
            |((lane, pool, connection, job_key), (seed, ranking))| JournalEvent::SlotsOrdered {
                lane,
                pool: PoolKey(pool),
                connection,
                job_key,
                seed,
                ranking: ModelId(ranking),
            }
        ),
        job().prop_map(
            |(lane, pool, connection, job_key)| JournalEvent::SlotsUnordered {
                lane,
                pool: PoolKey(pool),
                connection,
                job_key,
            }
        ),
        (any::<(u16, u64)>(), bytes).prop_map(|((lane, id), bytes)| {
            let order = NonceOrder::new(ModelId(id), &bytes).unwrap();
            JournalEvent::RankingInForce {
                lane,
                order: Arc::new(order),
            }
        }),
    ]
}

fn decision() -> impl Strategy<Value = JournalEvent> {
    let rig = || any::<u64>().prop_map(RigKey);
    let suspected = (rig(), pick(&Stage::ALL), pick(&Cause::ALL), -1e6f32..1e6);
    let upstream = any::<(u16, Option<u16>)>();
    prop_oneof![
        (rig(), any::<u64>()).prop_map(|(rig, share)| JournalEvent::Quarantined {
            rig,
            share: ShareId::from_bits(share)
        }),
        rig().prop_map(|rig| JournalEvent::Released { rig }),
        suspected.prop_map(|(rig, stage, cause, log_e)| JournalEvent::Suspected {
            rig,
            stage,
            cause,
            log_e
        }),
        rig().prop_map(|rig| JournalEvent::Cleared { rig }),
        (any::<u16>(), pick(&Stage::ALL))
            .prop_map(|(lane, stage)| JournalEvent::StageBypassed { lane, stage }),
        (any::<u16>(), pick(&Stage::ALL))
            .prop_map(|(lane, stage)| JournalEvent::StageBack { lane, stage }),
        upstream.prop_map(|(lane, upstream)| JournalEvent::UpstreamServes {
            lane,
            upstream: upstream.map(UpstreamId)
        }),
    ]
}

fn told() -> impl Strategy<Value = JournalEvent> {
    let model = (
        pick(&ModelChange::ALL),
        pick(&ModelSlot::ALL),
        any::<Option<u64>>(),
        text(),
    );
    prop_oneof![
        (text(), any::<u64>()).prop_map(|(version, started_ms)| JournalEvent::RunBegan {
            version,
            started_ms
        }),
        Just(JournalEvent::RunEnded),
        any::<u64>().prop_map(|count| JournalEvent::EventsMissed { count }),
        (pick(&AlertKind::ALL), text())
            .prop_map(|(kind, subject)| JournalEvent::AlertRaised { kind, subject }),
        (pick(&AlertKind::ALL), text())
            .prop_map(|(kind, subject)| JournalEvent::AlertCleared { kind, subject }),
        model.prop_map(|(change, slot, id, why)| JournalEvent::ModelEvent {
            change,
            slot,
            id: id.map(ModelId),
            why
        }),
    ]
}

fn any_entry() -> impl Strategy<Value = JournalEntry> {
    let event = prop_oneof![
        lease_event(),
        plan_event(),
        outside_event(),
        block_event(),
        decision(),
        told()
    ];
    (any::<(u64, u16, u32, u64)>(), event).prop_map(|((seq, node, run, unix_ms), event)| {
        JournalEntry {
            seq,
            node,
            run,
            unix_ms,
            event,
        }
    })
}

proptest! {
    #[test]
    fn what_was_written_reads_back(entries in proptest::collection::vec(any_entry(), 0..20)) {
        prop_assert_eq!(read_journal(&write_journal(&entries)).unwrap(), entries);
    }

    #[test]
    fn a_frame_with_any_body_is_read_or_refused(
        body in proptest::collection::vec(any::<u8>(), 0..300), schema in 0u8..3,
    ) {
        let bytes = Frame::wrap(Kind::Journal, schema, |out| out.extend_from_slice(&body));
        let _ = read_journal(&bytes);
    }

    #[test]
    fn an_event_with_any_words_is_read_or_refused(
        number in 0u8..24, body in proptest::collection::vec(any::<u8>(), 0..60),
    ) {
        let bytes = Frame::wrap(Kind::Journal, 1, |out| {
            out.extend_from_slice(&[1, 0, 1, 9, number]);
            out.extend_from_slice(&body);
        });
        let _ = read_journal(&bytes);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_journal(&bytes);
    }

    #[test]
    fn any_journal_is_replayed_or_its_clash_told(
        entries in proptest::collection::vec(any_entry(), 0..60),
    ) {
        let mut tenancy = Tenancy::default();
        for entry in &entries {
            let before = tenancy.len();
            let applied = tenancy.apply(entry);
            prop_assert!(tenancy.len() <= before + 1);
            prop_assert!(entry.event.is_lease() || applied.is_ok());
        }
    }
}

/// One of each, as they were written in schema 1, never to be made anew.
const WRITTEN_IN_SCHEMA_1: &str = include_str!("written_in_schema_1.hex");

fn one_of_each() -> Vec<JournalEntry> {
    let (lane, pool, slot) = (1, PoolKey(300), Slot(9));
    let (rig, seat) = (
        RigKey(0x1234_5678_9abc_def0),
        SeatKey {
            index: 70_000,
            generation: 2,
        },
    );
    let (stage, kind) = (Stage::Pace, AlertKind::RigSilent);
    let events = [
        JournalEvent::RunBegan {
            version: "0.1.0".into(),
            started_ms: 1_796_000_000_000,
        },
        JournalEvent::LeaseTaken {
            lane,
            pool,
            connection: 5,
            slot,
            rig,
            seat,
            arm: Arm::Model,
            job_key: 4_321,
        },
        JournalEvent::LeaseGivenUp {
            lane,
            pool,
            slot,
            seat,
            why: LeaseEnd::Moved,
            job_key: 4_567,
        },
        JournalEvent::PoolConnectionLost {
            lane,
            pool,
            connection: 5,
        },
        JournalEvent::EventsMissed { count: 12 },
        JournalEvent::UpstreamServes {
            lane,
            upstream: Some(UpstreamId(3)),
        },
        JournalEvent::Quarantined {
            rig,
            share: ShareId::new(1, 77),
        },
        JournalEvent::Released { rig },
        JournalEvent::Suspected {
            rig,
            stage,
            cause: Cause::FewerSharesThanHashes,
            log_e: 14.5,
        },
        JournalEvent::Cleared { rig },
        JournalEvent::StageBypassed { lane, stage },
        JournalEvent::StageBack { lane, stage },
        JournalEvent::AlertRaised {
            kind,
            subject: "rig ⛏ seven".into(),
        },
        JournalEvent::AlertCleared {
            kind,
            subject: "rig ⛏ seven".into(),
        },
        JournalEvent::ModelEvent {
            change: ModelChange::RolledBack,
            slot: ModelSlot::Behaviour,
            id: Some(ModelId(99)),
            why: "it turned worse".into(),
        },
        JournalEvent::RunEnded,
    ];
    (1..)
        .zip(events)
        .map(|(seq, event)| entry(seq, event))
        .collect()
}

#[test]
fn what_was_written_in_schema_1_is_read_today() {
    let bytes = const_hex::decode(WRITTEN_IN_SCHEMA_1.trim()).unwrap();
    assert_eq!(read_journal(&bytes).unwrap(), one_of_each());
    assert_eq!(write_journal(&one_of_each()), bytes);
}

/// One of each that came later, as they were written then, never to be made anew.
const WRITTEN_LATER_IN_SCHEMA_1: &str = include_str!("written_later_in_schema_1.hex");

fn one_of_each_that_came_later() -> Vec<JournalEntry> {
    let (lane, pool, connection, job_key) = (1, PoolKey(300), 5, 4_321);
    let (ranking, backwards) = (ModelId(0xfedc_ba98_7654_3210), (0..=u8::MAX).rev());
    let order = NonceOrder::new(ranking, &backwards.collect::<Vec<u8>>()).unwrap();
    let events = [
        JournalEvent::RankingInForce {
            lane,
            order: Arc::new(order),
        },
        JournalEvent::SlotsOrdered {
            lane,
            pool,
            connection,
            job_key,
            seed: 0x0123_4567_89ab_cdef,
            ranking,
        },
        JournalEvent::SlotsUnordered {
            lane,
            pool,
            connection,
            job_key: job_key + 1,
        },
    ];
    (1..)
        .zip(events)
        .map(|(seq, event)| entry(seq, event))
        .collect()
}

#[test]
fn what_was_written_later_in_schema_1_is_read_today() {
    let bytes = const_hex::decode(WRITTEN_LATER_IN_SCHEMA_1.trim()).unwrap();
    let entries = one_of_each_that_came_later();
    assert_eq!(
        const_hex::encode(write_journal(&entries)),
        const_hex::encode(&bytes)
    );
    assert_eq!(read_journal(&bytes).unwrap(), entries);
}

#[test]
fn an_order_that_is_cut_off_or_has_a_byte_twice_is_refused() {
    let head = [1, 0, 1, 9, 18, 1, 7];
    let read = |order: &[u8]| {
        read_journal(&Frame::wrap(Kind::Journal, 1, |out| {
            out.extend_from_slice(&head);
            out.extend_from_slice(order);
        }))
    };
    let mut order: Vec<u8> = (0..=u8::MAX).collect();
    assert_eq!(read(&order).unwrap().len(), 1);
    let said = read(&order[..255]).unwrap_err().to_string();
    assert!(said.contains("ends after 255 bytes"), "{said}");
    order[255] = 0;
    let said = read(&order).unwrap_err().to_string();
    assert!(said.contains("0x00 is at 0 and at 255"), "{said}");
}

#[test]
fn a_full_frame_of_the_longest_entries_is_far_from_the_longest_body() {
    let longest = JournalEntry {
        seq: u64::MAX,
        node: u16::MAX,
        run: u32::MAX,
        unix_ms: u64::MAX,
        event: JournalEvent::ModelEvent {
            change: ModelChange::Refused,
            slot: ModelSlot::Behaviour,
            id: Some(ModelId(u64::MAX)),
            why: "x".repeat(5_000).into(),
        },
    };
    let bytes = write_journal(&vec![longest; FRAME_ENTRIES]);
    assert!(bytes.len() < Frame::BODY_MAX / 2, "{}", bytes.len());
    let read = read_journal(&bytes).unwrap();
    assert_eq!(read.len(), FRAME_ENTRIES);
    let JournalEvent::ModelEvent { why, .. } = &read[0].event else {
        panic!("{:?}", read[0]);
    };
    assert_eq!(why.len(), ShareEntry::TEXT_MAX);
    let order = one_of_each_that_came_later()[0].clone();
    let bytes = write_journal(&vec![order; FRAME_ENTRIES]);
    assert!(bytes.len() < Frame::BODY_MAX / 2, "{}", bytes.len());
    assert_eq!(read_journal(&bytes).unwrap().len(), FRAME_ENTRIES);
}

#[test]
fn a_usual_entry_takes_few_bytes() {
    let lease = Lease {
        pool: PoolKey(2),
        slot: Slot(200),
    };
    let seat = SeatKey {
        index: 3_000,
        generation: 40_000,
    };
    let entries = vec![entry(1_000_000, taken(lease, seat, 50_000)); 100];
    let each = write_journal(&entries).len() / entries.len();
    assert!(each < 50, "{each} bytes");
}

#[test]
fn what_is_no_journal_is_refused_by_its_name_and_a_later_schema_by_its_number() {
    let shares = Frame::wrap(Kind::Tail, 1, |_| ());
    let said = read_journal(&shares).unwrap_err().to_string();
    assert_eq!(said, "is no part of the journal but a shares (tail)");
    let later = Frame::wrap(Kind::Journal, 2, |out| out.push(0));
    assert_eq!(
        read_journal(&later),
        Err(BadJournal::Record(BadRecord::UnknownSchema(2)))
    );
}

#[test]
fn labels_tell_events_apart() {
    let mut all = one_of_each();
    all.extend(one_of_each_that_came_later());
    all.push(a_block());
    all.extend(plans_from_outside().into_iter().take(2));
    all.push(a_lease_returned());
    let labels: std::collections::BTreeSet<_> =
        all.iter().map(|entry| entry.event.label()).collect();
    assert_eq!(labels.len(), all.len());
}
