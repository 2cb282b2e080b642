//! Blocks in the journal read back as they were written.

use proptest::prelude::*;

use super::fixtures::entry;
use super::{BlockFate, JournalEntry, JournalEvent, read_journal, write_journal};
use crate::ledger::{Frame, Kind, UpstreamId};
use crate::work::BlockId;

pub(super) fn block_event() -> impl Strategy<Value = JournalEvent> {
    let place = any::<(u16, Option<u16>, u64, [u8; 32])>();
    (place, prop::sample::select(&BlockFate::ALL[..])).prop_map(
        |((lane, upstream, height, id), fate)| JournalEvent::Block {
            lane,
            upstream: upstream.map(UpstreamId),
            height,
            id: BlockId::new(id),
            fate,
        },
    )
}

/// A block as it was written when blocks came into the journal, never to be made anew.
const BLOCK_WRITTEN_IN_SCHEMA_1: &str = include_str!("block_written_in_schema_1.hex");

pub(super) fn a_block() -> JournalEntry {
    let event = JournalEvent::Block {
        lane: 1,
        upstream: Some(UpstreamId(3)),
        height: 3_512_345,
        id: BlockId::new([0xab; 32]),
        fate: BlockFate::Refused,
    };
    entry(1, event)
}

#[test]
fn a_block_that_was_written_in_schema_1_is_read_today() {
    let bytes = const_hex::decode(BLOCK_WRITTEN_IN_SCHEMA_1.trim()).unwrap();
    let written = write_journal(&[a_block()]);
    assert_eq!(const_hex::encode(written), const_hex::encode(&bytes));
    assert_eq!(read_journal(&bytes).unwrap(), [a_block()]);
}

#[test]
fn a_block_whose_fate_no_version_knows_is_refused() {
    let bytes = Frame::wrap(Kind::Journal, 1, |out| {
        out.extend_from_slice(&[1, 0, 1, 9, 19, 1, 0, 7]);
        out.extend_from_slice(&[0; 32]);
        out.push(5);
    });
    let said = read_journal(&bytes).unwrap_err().to_string();
    assert!(said.contains("5 for its fate of a block"), "{said}");
}
