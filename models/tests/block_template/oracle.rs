//! The crate `monero`: an implementation of blocks by other people.

use monero::Block;
use monero::consensus::encode::{Error, deserialize};

/// Reads a whole block.
pub(crate) fn parse(bytes: &[u8]) -> Result<Block, Error> {
    deserialize(bytes)
}

/// What the proof of work of a block is computed of; `None` when it is no block.
pub(crate) fn hashing_blob(block: &[u8]) -> Option<Vec<u8>> {
    parse(block).ok().map(|block| block.serialize_hashable())
}
