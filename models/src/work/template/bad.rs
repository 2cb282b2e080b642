//! Why a block template can't be used.

use std::ops::Range;

use super::BlockTemplate;
use crate::work::Blob;

/// Why a block template can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTemplate {
    /// Longer than any block.
    #[error("block template of {0} bytes is longer than {max}", max = BlockTemplate::MAX_LEN)]
    Long(usize),
    /// The bytes end too early.
    #[error("block template ends within its {0}")]
    Cut(&'static str),
    /// A number is written with more bytes than it needs, or exceeds 64 bits.
    #[error("block template: {0} is not a number in its shortest form")]
    Varint(&'static str),
    /// Miners look for the nonce at a fixed place.
    #[error(
        "block template: the nonce stands at byte {0}, and miners look for it at byte {at} \
         (one byte for each version, five for the timestamp)",
        at = Blob::NONCE_OFFSET
    )]
    NonceOffset(usize),
    /// A field holds what no miner transaction of today has.
    #[error("block template: {field} is {found}, not {expected}")]
    Field {
        /// Which one.
        field: &'static str,
        /// What it holds.
        found: u64,
        /// What is understood.
        expected: &'static str,
    },
    /// Bytes are left over.
    #[error("block template has {0} bytes after its last transaction")]
    Trailing(usize),
    /// The block is of a newer version than this program knows, and laid out in another way.
    #[error("block version {major} is laid out in a way that this version does not know: {fault}")]
    Unsupported {
        /// The block's major version.
        major: u64,
        /// What could not be read.
        fault: Box<BadTemplate>,
    },
    /// Bytes that would change an amount, an address or another block.
    #[error(
        "bytes {at} to {end} of the block template are not within the extra field of its miner \
         transaction ({start} to {stop}): nothing else may be written to",
        start = extra.start,
        stop = extra.end
    )]
    OutsideExtra {
        /// First byte to be written.
        at: usize,
        /// After the last.
        end: usize,
        /// Where the extra field is.
        extra: Range<usize>,
    },
    /// Bytes of the extra field that hold a key: without it the wallet never finds its reward.
    #[error(
        "bytes {at} to {end} of the block template are not reserved: they hold a key or a tag of \
         the extra field"
    )]
    NotReserved {
        /// First byte to be written.
        at: usize,
        /// After the last.
        end: usize,
    },
    /// The bytes are those of the lease's own extra nonce.
    #[error("bytes {at} to {end} of the block template overlap the extra nonce at byte {extra_at}")]
    Overlap {
        /// First byte to be written.
        at: usize,
        /// After the last.
        end: usize,
        /// First byte of the extra nonce.
        extra_at: usize,
    },
}
