//! What a node is asked, and what its answers lead to.

use crate::stratum::ErrorClass;

/// What is asked of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeQuestion {
    /// How far it is: `get_info`.
    Info,
    /// For a block to mine: `get_block_template`.
    Template,
}

/// What an answer, or the time, led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeEffect {
    /// The node serves: a connection in the sense of pools begins.
    Serves,
    /// It serves again, and its jobs never ended.
    ServesAgain,
    /// There is a new job.
    Job,
    /// It can't be asked; its last template is mined on for a while.
    Away {
        /// Why.
        reason: Box<str>,
    },
    /// It does not serve; its jobs are dead.
    Lost {
        /// What sort of failure.
        class: ErrorClass,
        /// Why.
        reason: Box<str>,
    },
}
