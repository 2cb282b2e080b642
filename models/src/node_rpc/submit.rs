//! The answer to `submit_block`.

use serde::de::IgnoredAny;

use super::NodeFault;
use super::wire::served;

/// Reads the reply to `submit_block`: `Ok` when the node took the block into its chain.
///
/// # Errors
/// The node refused the block ([`NodeErrorClass::NotAccepted`](super::NodeErrorClass) also for one
/// that it already has), is busy, or its words can't be read: then nothing is known of the block.
pub fn parse_submit_block(body: &[u8]) -> Result<(), NodeFault> {
    served::<IgnoredAny>(body).map(drop)
}
