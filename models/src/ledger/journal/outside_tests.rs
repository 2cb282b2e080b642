//! Plans from outside in the journal read back as they were written.

use std::sync::Arc;

use proptest::prelude::*;

use super::fixtures::entry;
use super::{JournalEntry, JournalEvent, read_journal, write_journal};
use crate::filter::ModelId;
use crate::ledger::{Frame, Kind};
use crate::plan::{OutsideId, OutsideOrder};
use crate::work::PoolKey;

pub(super) fn outside_event() -> impl Strategy<Value = JournalEvent> {
    let job = any::<(u16, u32, u32, u32)>();
    let drawn = any::<(u64, Option<u64>, u64)>();
    let bytes = Just((1..=u8::MAX).collect::<Vec<u8>>()).prop_shuffle();
    prop_oneof![
        (job, drawn).prop_map(
            |((lane, pool, connection, job_key), (seed, ranking, outside))| {
                JournalEvent::SlotsOrderedOutside {
                    lane,
                    pool: PoolKey(pool),
                    connection,
                    job_key,
                    seed,
                    ranking: ranking.map(ModelId),
                    outside: OutsideId(outside),
                }
            }
        ),
        (any::<u16>(), "[ -~]{1,64}", bytes, 1..256_usize).prop_map(
            |(lane, name, bytes, named)| JournalEvent::OutsideOrderInForce {
                lane,
                order: Arc::new(OutsideOrder::new(&name, &bytes[..named]).unwrap()),
            }
        ),
    ]
}

/// Plans from outside as they were written when these came into the journal, never to be made anew.
const OUTSIDE_WRITTEN_IN_SCHEMA_1: &str = include_str!("outside_written_in_schema_1.hex");

pub(super) fn plans_from_outside() -> Vec<JournalEntry> {
    let (lane, pool, connection, job_key) = (1, PoolKey(300), 5, 4_321);
    let order = OutsideOrder::new("my plan", &[9, 1, 255]).unwrap();
    let outside = order.id();
    let (seed, ranking) = (0x0123_4567_89ab_cdef, ModelId(0xfedc_ba98_7654_3210));
    let ordered = |job_key, ranking| JournalEvent::SlotsOrderedOutside {
        lane,
        pool,
        connection,
        job_key,
        seed,
        ranking,
        outside,
    };
    let order = Arc::new(order);
    let events = [
        JournalEvent::OutsideOrderInForce { lane, order },
        ordered(job_key, Some(ranking)),
        ordered(job_key + 1, None),
    ];
    (1..)
        .zip(events)
        .map(|(seq, event)| entry(seq, event))
        .collect()
}

#[test]
fn plans_from_outside_that_were_written_in_schema_1_are_read_today() {
    let bytes = const_hex::decode(OUTSIDE_WRITTEN_IN_SCHEMA_1.trim()).unwrap();
    let written = write_journal(&plans_from_outside());
    assert_eq!(const_hex::encode(written), const_hex::encode(&bytes));
    assert_eq!(read_journal(&bytes).unwrap(), plans_from_outside());
}

#[test]
fn an_order_from_outside_that_would_overlap_is_refused() {
    let bytes = Frame::wrap(Kind::Journal, 1, |out| {
        out.extend_from_slice(&[1, 0, 1, 9, 20, 1, 1, b'a', 2, 7, 7]);
    });
    let said = read_journal(&bytes).unwrap_err().to_string();
    assert!(said.contains("names byte 7 twice"), "{said}");
}
