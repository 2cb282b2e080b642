//! Why a node did not do what it was asked.

use crate::node_rpc::{NodeErrorClass, NodeFault, NodeInfo};
use crate::stratum::{ErrorClass, bounded_text};

/// Why a node did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NodeTrouble {
    /// There was no answer.
    #[error("the node can't be reached: {0}")]
    Unreachable(Box<str>),
    /// It does not know our name and password, or wants some.
    #[error("the node refuses `rpc_user` and `rpc_pass`: {0}")]
    Login(Box<str>),
    /// It answered something else than was asked for.
    #[error("{0}")]
    Fault(#[from] NodeFault),
    /// It has not caught up with the network: what it gives to mine is worthless.
    #[error("the node is still syncing: it has {height} of {target} blocks")]
    Behind {
        /// Blocks that it has.
        height: u64,
        /// Blocks that its peers have; 0 when it does not know.
        target: u64,
    },
    /// It passes requests on to a stranger.
    #[error("the node is still syncing, and answers with the words of another node")]
    Untrusted,
}

impl NodeTrouble {
    /// No answer, in words that are bounded.
    #[must_use]
    pub fn unreachable(words: &str) -> Self {
        Self::Unreachable(bounded_text(words))
    }

    /// Why templates of a node that says this of itself are not mined; none if they are.
    #[must_use]
    pub const fn of(info: &NodeInfo) -> Option<Self> {
        if info.is_ready() {
            None
        } else if info.untrusted {
            Some(Self::Untrusted)
        } else {
            Some(Self::Behind {
                height: info.height,
                target: info.target_height,
            })
        }
    }

    /// Whether it may be over in a moment, so that the last template is worth mining on: nothing is
    /// known of the node.
    #[must_use]
    pub const fn is_silence(&self) -> bool {
        matches!(self, Self::Unreachable(_))
    }

    /// Whether the same request may be served later.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable(_)
            | Self::Login(_)
            | Self::Behind { .. }
            | Self::Untrusted
            | Self::Fault(NodeFault::Bad(_) | NodeFault::Status(_)) => true,
            Self::Fault(NodeFault::Refused(refusal)) => match refusal.class() {
                NodeErrorClass::Busy | NodeErrorClass::Internal | NodeErrorClass::Forbidden => true,
                NodeErrorClass::Wallet
                | NodeErrorClass::Malformed
                | NodeErrorClass::NotAccepted
                | NodeErrorClass::Request
                | NodeErrorClass::Unknown => false,
            },
        }
    }

    /// What sort of failure it is.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Unreachable(_)
            | Self::Behind { .. }
            | Self::Untrusted
            | Self::Fault(NodeFault::Bad(_) | NodeFault::Status(_)) => ErrorClass::Pool,
            Self::Login(_) => ErrorClass::Ours,
            Self::Fault(NodeFault::Refused(refusal)) => match refusal.class() {
                NodeErrorClass::Wallet | NodeErrorClass::Malformed | NodeErrorClass::Request => {
                    ErrorClass::Ours
                }
                NodeErrorClass::Busy | NodeErrorClass::Internal | NodeErrorClass::Forbidden => {
                    ErrorClass::Pool
                }
                NodeErrorClass::NotAccepted | NodeErrorClass::Unknown => ErrorClass::Unknown,
            },
        }
    }
}
