//! How an upstream's work is divided among leases.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::{Blob, BlockTemplate, Nonce, Slot};

/// What an upstream's job hashes, and what a lease of it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// One blob for all: a lease is a top nonce byte, and 2²⁴ nonces.
    Sliced(Blob),
    /// A template: a lease is an extra nonce, and so a blob of its own with all 2³² nonces.
    Template(TemplatePage),
}

/// 256 leases of a block template: those of one pool session. One connection has many of them.
#[derive(Clone, PartialEq, Eq)]
pub struct TemplatePage {
    template: Arc<BlockTemplate>,
    page: u32,
}

impl TemplatePage {
    /// Pages of a template: 2²⁴, with 256 leases each.
    pub const COUNT: u32 = 1 << 24;

    /// Page number `page` of a template, modulo [`Self::COUNT`].
    #[must_use]
    pub const fn new(template: Arc<BlockTemplate>, page: u32) -> Self {
        Self {
            template,
            page: page % Self::COUNT,
        }
    }

    /// The template.
    #[must_use]
    pub const fn template(&self) -> &Arc<BlockTemplate> {
        &self.template
    }

    /// Another page of the same template.
    #[must_use]
    pub fn turned_to(&self, page: u32) -> Self {
        Self::new(Arc::clone(&self.template), page)
    }

    /// The number that a lease writes into the template.
    #[must_use]
    pub const fn extra_nonce(&self, slot: Slot) -> u32 {
        self.page << 8 | slot.0 as u32
    }

    /// What a lease hashes, its nonce still zero.
    #[must_use]
    pub fn blob(&self, slot: Slot) -> Blob {
        self.template.blob(self.extra_nonce(slot))
    }

    /// The whole block that a share has found.
    #[must_use]
    pub fn block(&self, slot: Slot, nonce: Nonce) -> Box<[u8]> {
        self.template.block(self.extra_nonce(slot), nonce)
    }
}

impl fmt::Debug for TemplatePage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "page {} of {:?}", self.page, self.template)
    }
}

impl Work {
    /// Whether each lease has a blob of its own, and all nonces of it.
    #[must_use]
    pub const fn is_template(&self) -> bool {
        matches!(self, Self::Template(_))
    }

    /// The blob as the miner with a lease gets it.
    #[must_use]
    pub fn blob_for(&self, slot: Slot) -> Blob {
        match self {
            Self::Sliced(blob) => blob.in_slot(slot),
            Self::Template(page) => page.blob(slot),
        }
    }

    /// The bytes that a miner hashed under a lease.
    #[must_use]
    pub fn hashed_bytes(&self, slot: Slot, nonce: Nonce) -> Box<[u8]> {
        match self {
            Self::Sliced(blob) => blob.with_nonce(nonce),
            Self::Template(page) => page.blob(slot).with_nonce(nonce),
        }
    }

    /// Whether a nonce belongs to a lease.
    #[must_use]
    pub fn holds(&self, slot: Slot, nonce: Nonce) -> bool {
        match self {
            Self::Sliced(_) => nonce.slot() == slot,
            Self::Template(_) => true,
        }
    }

    /// How far a miner that counts upward from 0 under a lease has come with a nonce.
    #[must_use]
    pub const fn odometer(&self, nonce: Nonce) -> u32 {
        match self {
            Self::Sliced(_) => nonce.counter(),
            Self::Template(_) => nonce.whole_counter(),
        }
    }

    /// Nonces of a lease.
    #[must_use]
    pub const fn nonces_per_lease(&self) -> u64 {
        match self {
            Self::Sliced(_) => Slot::NONCES as u64,
            Self::Template(_) => 1 << 32,
        }
    }
}

impl From<Blob> for Work {
    fn from(blob: Blob) -> Self {
        Self::Sliced(blob)
    }
}

/// A nonce tried under a lease: where a blob is sliced the lease follows from the nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeasedNonce {
    /// The lease.
    pub slot: Slot,
    /// The nonce.
    pub nonce: Nonce,
}

/// As one number: a nonce is looked up several times for each share.
impl Hash for LeasedNonce {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let nonce = u64::from(u32::from_le_bytes(*self.nonce.as_bytes()));
        state.write_u64(u64::from(self.slot.0) << 32 | nonce);
    }
}

/// Of a blob that is sliced.
impl From<Nonce> for LeasedNonce {
    fn from(nonce: Nonce) -> Self {
        Self {
            slot: nonce.slot(),
            nonce,
        }
    }
}
