//! Blocks that were found and are not known to be in the chain, or out of it.
//!
//! The node's word on a submission does not settle a block: an answer may be lost, a block that
//! came too late is taken into an alternative chain with the same "OK", and one that is there
//! already is refused. What settles it is which block the chain has at its height.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sha3::{Digest, Keccak256};

use super::NodeTrouble;
use crate::node_rpc::{NodeErrorClass, NodeFault};
use crate::stratum::ErrorClass;
use crate::work::BlockId;

/// A block that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundBlock {
    /// What it is called in the chain.
    pub id: BlockId,
    /// Where it belongs.
    pub height: u64,
    /// All of it.
    pub bytes: Arc<[u8]>,
}

/// What is asked of a node about a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlockQuestion {
    /// To take it.
    Submit(Arc<[u8]>),
    /// Which block it has at this height.
    LookUp(u64),
}

/// What became of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlockVerdict {
    /// It is in the chain.
    Accepted,
    /// Another block is in its place.
    Stale,
    /// The node does not take it.
    Refused {
        /// What sort of refusal.
        class: ErrorClass,
        /// The node's words.
        text: Box<str>,
    },
}

#[derive(Debug, Clone)]
struct Waiting {
    key: u64,
    block: FoundBlock,
    /// Look it up rather than submit it.
    look_up: bool,
    /// What the node said of it; none: nothing, as far as is known.
    said: Option<Result<(), Box<str>>>,
    due: Instant,
}

/// Blocks by the order in which they were found; one question at a time.
#[derive(Debug, Clone, Default)]
pub struct FoundBlocks {
    waiting: VecDeque<Waiting>,
    asked: Option<u64>,
    last_key: u64,
}

/// Too many blocks wait already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{max} blocks wait for the node already", max = FoundBlocks::MOST)]
pub struct BlocksFull;

impl FoundBlocks {
    /// Most blocks that wait.
    pub const MOST: usize = 64;
    /// Before a node that did not serve is asked again.
    pub const RETRY: Duration = Duration::from_secs(1);

    /// Takes a block in; the number that its verdict is going to bear.
    ///
    /// # Errors
    /// [`Self::MOST`] wait already: this one is lost.
    pub fn push(&mut self, block: FoundBlock, now: Instant) -> Result<u64, BlocksFull> {
        if self.waiting.len() >= Self::MOST {
            return Err(BlocksFull);
        }
        self.last_key += 1;
        self.waiting.push_back(Waiting {
            key: self.last_key,
            block,
            look_up: false,
            said: None,
            due: now,
        });
        Ok(self.last_key)
    }

    /// Blocks without a verdict.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether each block has its verdict.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// What is asked now; none while an answer is waited for or nothing is due.
    pub fn next_question(&mut self, now: Instant) -> Option<BlockQuestion> {
        if self.asked.is_some() {
            return None;
        }
        let due = self.waiting.iter().find(|waiting| waiting.due <= now)?;
        self.asked = Some(due.key);
        Some(if due.look_up {
            BlockQuestion::LookUp(due.block.height)
        } else {
            BlockQuestion::Submit(Arc::clone(&due.block.bytes))
        })
    }

    /// When something is due if no answer comes before.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let due = self.waiting.iter().map(|waiting| waiting.due);
        due.filter(|_| self.asked.is_none()).min()
    }

    /// The answer to a submission; a verdict if it needs no looking up.
    pub fn on_submitted(
        &mut self,
        answer: Result<(), NodeTrouble>,
        now: Instant,
    ) -> Option<(u64, BlockVerdict)> {
        let waiting = self.asked_for()?;
        waiting.look_up = true;
        waiting.due = now;
        match answer {
            Ok(()) => waiting.said = Some(Ok(())),
            // Perhaps it arrived all the same.
            Err(trouble) if trouble.may_pass() => waiting.due = now + Self::RETRY,
            Err(NodeTrouble::Fault(NodeFault::Refused(refusal)))
                if refusal.class() == NodeErrorClass::NotAccepted =>
            {
                waiting.said = Some(Err(refusal.message));
            }
            Err(trouble) => {
                let class = trouble.class();
                let text = trouble.to_string().into();
                return Some(self.settle(BlockVerdict::Refused { class, text }));
            }
        }
        self.asked = None;
        None
    }

    /// The answer to a look-up: the block at that height, none if the chain does not reach it.
    pub fn on_looked_up(
        &mut self,
        answer: &Result<Option<BlockId>, NodeTrouble>,
        now: Instant,
    ) -> Option<(u64, BlockVerdict)> {
        let waiting = self.asked_for()?;
        let verdict = match answer {
            Err(_) => {
                waiting.due = now + Self::RETRY;
                None
            }
            Ok(Some(id)) if *id == waiting.block.id => Some(BlockVerdict::Accepted),
            Ok(Some(_)) => Some(BlockVerdict::Stale),
            Ok(None) => match waiting.said.take() {
                Some(Err(text)) => Some(BlockVerdict::Refused {
                    class: ErrorClass::Unknown,
                    text,
                }),
                // It took the block and then went back behind it, or never heard of it.
                Some(Ok(())) | None => {
                    waiting.look_up = false;
                    waiting.due = now + Self::RETRY;
                    None
                }
            },
        };
        match verdict {
            Some(verdict) => Some(self.settle(verdict)),
            None => {
                self.asked = None;
                None
            }
        }
    }

    fn asked_for(&mut self) -> Option<&mut Waiting> {
        let asked = self.asked?;
        self.waiting.iter_mut().find(|waiting| waiting.key == asked)
    }

    fn settle(&mut self, verdict: BlockVerdict) -> (u64, BlockVerdict) {
        let key = self.asked.take().unwrap_or_default();
        self.waiting.retain(|waiting| waiting.key != key);
        (key, verdict)
    }
}

/// What the block with this hashing blob, its nonce set, is called in the chain.
#[must_use]
pub fn block_id(hashed: &[u8]) -> BlockId {
    let mut hasher = Keccak256::new();
    let mut length = hashed.len();
    while length >= 0x80 {
        let [low, ..] = length.to_le_bytes();
        hasher.update([low | 0x80]);
        length >>= 7;
    }
    let [low, ..] = length.to_le_bytes();
    hasher.update([low]);
    hasher.update(hashed);
    BlockId::new(hasher.finalize().into())
}
