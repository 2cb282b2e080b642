//! Events about blocks that were found.

use super::of_code;
use crate::ledger::code::Coded;
use crate::ledger::journal::{BlockFate, JournalEvent};
use crate::ledger::wire::{append, take};
use crate::ledger::{BadRecord, UpstreamId};
use crate::work::BlockId;

/// Lane, upstream, height, id, what became of it.
type Block = (u16, Option<u16>, u64, [u8; 32], u8);

pub(super) fn write(
    out: &mut Vec<u8>,
    (lane, upstream): (u16, Option<UpstreamId>),
    (height, id): (u64, BlockId),
    fate: BlockFate,
) {
    let upstream = upstream.map(|upstream| upstream.0);
    let block: Block = (lane, upstream, height, *id.as_bytes(), fate.code());
    append(out, &block);
}

pub(super) fn read(bytes: &[u8]) -> Result<(JournalEvent, usize), BadRecord> {
    let ((lane, upstream, height, id, fate), length) = take::<Block>(bytes)?;
    let event = JournalEvent::Block {
        lane,
        upstream: upstream.map(UpstreamId),
        height,
        id: BlockId::new(id),
        fate: of_code("fate of a block", fate)?,
    };
    Ok((event, length))
}
