//! The answer to `get_info`.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::NodeFault;
use super::wire::{hash, optional, required, served};
use crate::stratum::{Text, bounded_text};
use crate::work::BlockId;

/// How far a node is, and which one it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeInfo {
    /// Blocks in the chain: the height of the block being mined.
    pub height: u64,
    /// What the node's peers have, or 0 when it is no higher.
    pub target_height: u64,
    /// The node says that it has caught up.
    pub synchronized: bool,
    /// The node is taking in many blocks at once.
    pub busy_syncing: bool,
    /// The last block.
    pub top: BlockId,
    /// Whose coins these are.
    pub network: NodeNetwork,
    /// Another node answered, to which this one passes requests on while it syncs.
    pub untrusted: bool,
    /// The node's own, bounded; empty when it does not tell strangers.
    pub version: Box<str>,
}

impl NodeInfo {
    /// Whether templates of this node are worth mining: it follows the chain, by its own word and
    /// from its own data.
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        self.synchronized
            && !self.busy_syncing
            && !self.untrusted
            && self.height >= self.target_height
    }
}

/// The networks of Monero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NodeNetwork {
    /// The one whose coins are worth something.
    Mainnet,
    /// For tests of the protocol.
    Testnet,
    /// For tests of wallets.
    Stagenet,
    /// A private chain (`--regtest`).
    Fakechain,
    /// Not told, or of another name.
    Other,
}

impl NodeNetwork {
    /// As the node names it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Mainnet => "mainnet",
            Self::Testnet => "testnet",
            Self::Stagenet => "stagenet",
            Self::Fakechain => "fakechain",
            Self::Other => "other",
        }
    }

    fn named(name: &str) -> Self {
        [
            Self::Mainnet,
            Self::Testnet,
            Self::Stagenet,
            Self::Fakechain,
        ]
        .into_iter()
        .find(|network| network.label() == name)
        .unwrap_or(Self::Other)
    }
}

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    height: Option<&'a RawValue>,
    #[serde(borrow)]
    target_height: Option<&'a RawValue>,
    #[serde(borrow)]
    synchronized: Option<&'a RawValue>,
    #[serde(borrow)]
    busy_syncing: Option<&'a RawValue>,
    #[serde(borrow)]
    top_block_hash: Option<&'a RawValue>,
    #[serde(borrow)]
    nettype: Option<&'a RawValue>,
    #[serde(borrow)]
    untrusted: Option<&'a RawValue>,
    #[serde(borrow)]
    version: Option<&'a RawValue>,
}

/// Reads the reply to `get_info`.
///
/// # Errors
/// See [`NodeFault`].
pub fn parse_get_info(body: &[u8]) -> Result<NodeInfo, NodeFault> {
    let fields: Fields<'_> = served(body)?;
    let network: Option<Text<'_>> = optional("nettype", fields.nettype)?;
    let version: Option<Text<'_>> = optional("version", fields.version)?;
    Ok(NodeInfo {
        height: required("height", fields.height)?,
        target_height: required("target_height", fields.target_height)?,
        synchronized: required("synchronized", fields.synchronized)?,
        busy_syncing: optional("busy_syncing", fields.busy_syncing)?.unwrap_or(false),
        top: hash("top_block_hash", fields.top_block_hash, BlockId::from_hex)?,
        network: network.map_or(NodeNetwork::Other, |name| NodeNetwork::named(&name)),
        untrusted: optional("untrusted", fields.untrusted)?.unwrap_or(false),
        version: version.map_or_else(Box::default, |version| bounded_text(&version)),
    })
}
