//! How a node can fail to serve.

use std::fmt;

use crate::work::BadTemplate;

/// Why a node's reply or notice can't be used: it is not what a node of a known version says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadReply {
    /// Longer than any.
    #[error("reply of {len} bytes is longer than {limit}")]
    Long {
        /// Bytes.
        len: usize,
        /// Bytes that are taken.
        limit: usize,
    },
    /// Not JSON, or deeper than any reply.
    #[error("not JSON: {0}")]
    NotJson(Box<str>),
    /// JSON, but no reply or notice.
    #[error("not a reply: {0}")]
    Shape(Box<str>),
    /// A field that is always there.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A field that can't be used.
    #[error("{field}: {what}")]
    Field {
        /// Its name.
        field: &'static str,
        /// What is wrong with it.
        what: Box<str>,
    },
    /// See [`BadTemplate`].
    #[error("blocktemplate_blob: {0}")]
    Template(#[from] BadTemplate),
    /// The hashing blob made from the template is not the node's own: mining it would be for
    /// nothing.
    #[error(
        "the node's template is of a layout that this version does not know: the hashing blob made \
         from it is not the node's blockhashing_blob (block version {major})"
    )]
    Layout {
        /// The template's major version.
        major: u64,
    },
}

/// Why a request to a node came to nothing, though it was answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NodeFault {
    /// The reply can't be used.
    #[error("{0}")]
    Bad(#[from] BadReply),
    /// The node answered with an error.
    #[error("{0}")]
    Refused(NodeRefusal),
    /// The node answered with another status than `OK`, as `BUSY` while it is syncing.
    #[error("the node can't serve now: status {0}")]
    Status(Box<str>),
}

/// An error of a node's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeRefusal {
    /// As in monerod's `core_rpc_server_error_codes.h`, or JSON-RPC's own.
    pub code: i64,
    /// The node's words, bounded, without control characters and wallets.
    pub message: Box<str>,
}

impl NodeRefusal {
    /// What sort of error it is.
    #[must_use]
    pub const fn class(&self) -> NodeErrorClass {
        match self.code {
            -4 | -12 => NodeErrorClass::Wallet,
            -6 | -10 => NodeErrorClass::Malformed,
            -7 => NodeErrorClass::NotAccepted,
            -9 => NodeErrorClass::Busy,
            -5 | -32_603 => NodeErrorClass::Internal,
            -1 | -2 | -3 | -32_700 | -32_600 | -32_601 | -32_602 => NodeErrorClass::Request,
            -11 | -21..=-13 => NodeErrorClass::Forbidden,
            _ => NodeErrorClass::Unknown,
        }
    }

    /// What an operator can do about it, where that is plain.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        match self.code {
            -4 => Some("the wallet is mistyped, or of another network than the node's"),
            -12 => Some("give the wallet's primary address, not a subaddress"),
            -9 => Some("the node is still syncing"),
            _ => None,
        }
    }
}

impl fmt::Display for NodeRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (code {})", self.message, self.code)?;
        self.hint().map_or(Ok(()), |hint| write!(f, ": {hint}"))
    }
}

/// What sort of error a node's is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NodeErrorClass {
    /// The node can't pay to this wallet: only another setting helps.
    Wallet,
    /// A block that does not parse: a fault of this program's.
    Malformed,
    /// A block that the node does not take: too late, already there, or of too low a difficulty.
    NotAccepted,
    /// Not synced yet: ask again later.
    Busy,
    /// The node's own trouble.
    Internal,
    /// The request itself is wrong, or of a method that the node does not have.
    Request,
    /// The node serves this method to others only, or for payment.
    Forbidden,
    /// A code that nobody has classified yet.
    Unknown,
}

impl NodeErrorClass {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Wallet,
        Self::Malformed,
        Self::NotAccepted,
        Self::Busy,
        Self::Internal,
        Self::Request,
        Self::Forbidden,
        Self::Unknown,
    ];

    /// A name for metrics and records.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Wallet => "wallet",
            Self::Malformed => "malformed",
            Self::NotAccepted => "not_accepted",
            Self::Busy => "busy",
            Self::Internal => "internal",
            Self::Request => "request",
            Self::Forbidden => "forbidden",
            Self::Unknown => "unknown",
        }
    }
}
