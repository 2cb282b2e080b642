//! What a node publishes over `ZeroMQ`: single frames, `topic:json`.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::wire::{bad, hash, read_object, required};
use super::{BadReply, NodeDifficulty};
use crate::stratum::Text;
use crate::work::{BlockId, SeedHash};

/// Longest frame taken, bytes. `json-full-miner_data` lists every transaction that waits, in some
/// 110 bytes each.
pub const NOTICE_LIMIT: usize = 8 * 1024 * 1024;

/// Topic of blocks that were added to the chain.
pub const CHAIN_TOPIC: &str = "json-minimal-chain_main";

/// Topic of what a miner needs to know of the next block.
pub const MINER_TOPIC: &str = "json-full-miner_data";

/// One frame of a node's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeNotice {
    /// [`CHAIN_TOPIC`]
    Chain(ChainNotice),
    /// [`MINER_TOPIC`]
    Miner(MinerNotice),
    /// Any other topic: not looked at.
    Other,
}

/// Blocks were added to the chain, after a reorganisation several at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainNotice {
    /// Height of the last one.
    pub height: u64,
    /// The last one: what the next block follows.
    pub top: BlockId,
    /// How many there are; at least one.
    pub blocks: usize,
    /// The block before the first of them.
    pub first_previous: BlockId,
}

/// What a miner needs to know of the next block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MinerNotice {
    /// Version of the rules that the next block follows.
    pub major_version: u64,
    /// Of the next block.
    pub height: u64,
    /// What the next block follows.
    pub previous: BlockId,
    /// The `RandomX` key of the next block's hash.
    pub seed: SeedHash,
    /// What the next block's hash must meet.
    pub difficulty: NodeDifficulty,
    /// Transactions that wait to be mined.
    pub waiting: usize,
}

#[derive(Deserialize)]
struct ChainFields<'a> {
    #[serde(borrow)]
    first_height: Option<&'a RawValue>,
    #[serde(borrow)]
    first_prev_id: Option<&'a RawValue>,
    #[serde(borrow)]
    ids: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct MinerFields<'a> {
    #[serde(borrow)]
    major_version: Option<&'a RawValue>,
    #[serde(borrow)]
    height: Option<&'a RawValue>,
    #[serde(borrow)]
    prev_id: Option<&'a RawValue>,
    #[serde(borrow)]
    seed_hash: Option<&'a RawValue>,
    #[serde(borrow)]
    difficulty: Option<&'a RawValue>,
    #[serde(borrow)]
    tx_backlog: Option<&'a RawValue>,
}

/// Reads one frame.
///
/// # Errors
/// Too long, without a topic, or its fields can't be used.
pub fn parse_notice(frame: &[u8]) -> Result<NodeNotice, BadReply> {
    if frame.len() > NOTICE_LIMIT {
        return Err(BadReply::Long {
            len: frame.len(),
            limit: NOTICE_LIMIT,
        });
    }
    let colon = memchr::memchr(b':', frame)
        .ok_or_else(|| BadReply::Shape("no topic before a colon".into()))?;
    let (topic, payload) = (&frame[..colon], &frame[colon + 1..]);
    if topic == CHAIN_TOPIC.as_bytes() {
        chain(payload).map(NodeNotice::Chain)
    } else if topic == MINER_TOPIC.as_bytes() {
        miner(payload).map(NodeNotice::Miner)
    } else {
        Ok(NodeNotice::Other)
    }
}

fn chain(payload: &[u8]) -> Result<ChainNotice, BadReply> {
    let fields: ChainFields<'_> = read_object(payload, NOTICE_LIMIT)?;
    let first: u64 = required("first_height", fields.first_height)?;
    let ids: Vec<Text<'_>> = required("ids", fields.ids)?;
    let top = ids.last().ok_or_else(|| bad("ids", "empty"))?;
    let after_first = u64::try_from(ids.len() - 1).unwrap_or(u64::MAX);
    let height = first
        .checked_add(after_first)
        .ok_or_else(|| bad("first_height", "too large"))?;
    Ok(ChainNotice {
        height,
        top: BlockId::from_hex(top).map_err(|fault| bad("ids", &fault.to_string()))?,
        blocks: ids.len(),
        first_previous: hash("first_prev_id", fields.first_prev_id, BlockId::from_hex)?,
    })
}

fn miner(payload: &[u8]) -> Result<MinerNotice, BadReply> {
    let fields: MinerFields<'_> = read_object(payload, NOTICE_LIMIT)?;
    let difficulty: Text<'_> = required("difficulty", fields.difficulty)?;
    // Values that are not looked at take no room.
    let waiting: Vec<IgnoredAny> = required("tx_backlog", fields.tx_backlog)?;
    Ok(MinerNotice {
        major_version: required("major_version", fields.major_version)?,
        height: required("height", fields.height)?,
        previous: hash("prev_id", fields.prev_id, BlockId::from_hex)?,
        seed: hash("seed_hash", fields.seed_hash, SeedHash::from_hex)?,
        difficulty: NodeDifficulty::wide("difficulty", &difficulty)?,
        waiting: waiting.len(),
    })
}
