//! Mining straight to a node, as plain state machines: what is asked next, and what an answer
//! means.
//!
//! Two run beside each other, because a block that was found must not wait for anything:
//! [`NodeProtocol`] keeps the template, [`FoundBlocks`] the blocks that the node does not have yet.

mod blocks;
mod effect;
mod protocol;
#[cfg(test)]
mod tests;
mod trouble;

pub use blocks::{BlockQuestion, BlockVerdict, BlocksFull, FoundBlock, FoundBlocks, block_id};
pub use effect::{NodeEffect, NodeQuestion};
pub use protocol::{NodeProtocol, NodeTiming};
pub use trouble::NodeTrouble;
