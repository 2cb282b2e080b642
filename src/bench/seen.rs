//! What the event loop tells a workload.

use super::clock::Nanos;

/// Something that has come over the wire. `miner` is the key that
/// [`Engine::connect`](super::engine::Engine::connect) gave.
#[derive(Debug)]
pub(crate) enum Seen {
    /// A miner's login was answered with a first job.
    LoggedIn {
        /// Who.
        miner: usize,
        /// When the reply had been read.
        at: Nanos,
    },
    /// A miner has a new job.
    Job {
        /// Who.
        miner: usize,
        /// The pool's round that the job is from.
        round: u32,
        /// The very job the miner had already: xmrig would hang up.
        again: bool,
        /// When it had been read.
        at: Nanos,
    },
    /// A miner's submit was answered.
    Answered {
        /// Who.
        miner: usize,
        /// The request's id.
        id: u64,
        /// The error's text, if it was refused.
        refused: Option<Box<str>>,
        /// When the reply had been read.
        at: Nanos,
    },
    /// The pool has a share.
    AtPool {
        /// The share's number.
        number: u64,
        /// The nonce it came with.
        nonce: u32,
        /// When it had been read.
        at: Nanos,
    },
    /// The pool has a submit that no miner can have sent like this.
    Astray {
        /// What is wrong with it.
        why: Box<str>,
    },
    /// A miner is off: refused, disconnected, or sent something it cannot read.
    Lost {
        /// Who.
        miner: usize,
        /// Why.
        why: Box<str>,
    },
}
