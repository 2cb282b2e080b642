//! Block templates: whole blocks that lack only a nonce.
//!
//! Read: the layout of block versions up to 16, and of later ones as long as it is the same.
//! The tree of a version 17 block is going to have other leaves (drafts of FCMP++), and its blob
//! more bytes at its end: such a template is refused as [`BadTemplate::Unsupported`] rather than
//! mined wrongly. A node tells its own hashing blob besides: [`BlockTemplate::agrees_with`] is the
//! proof that both mean the same.

mod bad;
mod extra;
mod layout;
mod reader;
mod tree;

use std::fmt;
use std::ops::Range;

use super::{Blob, BlockId, Nonce};
use layout::{Layout, TxVersion};
use tree::{Hash, branch_of_first, keccak, root};

pub use bad::BadTemplate;

/// Keccak-256 of a single zero byte: the hash of a miner transaction's empty `RingCT` part.
const NO_RING_CT: Hash = [
    0xbc, 0x36, 0x78, 0x9e, 0x7a, 0x1e, 0x28, 0x14, 0x36, 0x46, 0x42, 0x29, 0x82, 0x8f, 0x81, 0x7d,
    0x66, 0x12, 0xf7, 0xb4, 0x77, 0xd6, 0x65, 0x91, 0xff, 0x96, 0xa9, 0xe0, 0x64, 0xbc, 0xc9, 0x8a,
];

/// A block that lacks only its nonce, with 4 bytes of its miner transaction to be filled in by
/// whoever mines it: each value, an extra nonce, gives a hashing blob of its own.
#[derive(Clone, PartialEq, Eq)]
pub struct BlockTemplate {
    bytes: Box<[u8]>,
    layout: Layout,
    /// Of the miner transaction, in the tree of transactions.
    branch: Box<[Hash]>,
    extra_at: usize,
}

impl BlockTemplate {
    /// Longest template taken, bytes. A block blob holds the others' hashes only, 32 bytes each.
    pub const MAX_LEN: usize = 4 * 1024 * 1024;

    /// Length of an extra nonce, bytes.
    pub const EXTRA_LEN: usize = 4;

    /// Reads a block blob whose extra nonce is going to stand at byte `extra_at`.
    ///
    /// # Errors
    /// The bytes are not a block of a known layout, or the extra nonce would not lie within the
    /// reserved bytes of its miner transaction's extra field: it would change what is paid to
    /// whom.
    pub fn parse(bytes: &[u8], extra_at: usize) -> Result<Self, BadTemplate> {
        if bytes.len() > Self::MAX_LEN {
            return Err(BadTemplate::Long(bytes.len()));
        }
        let layout = Layout::read(bytes)?;
        let (others, _) = bytes[layout.hashes.clone()].as_chunks();
        let template = Self {
            branch: branch_of_first(others),
            bytes: bytes.into(),
            layout,
            extra_at,
        };
        template.reserved(extra_at, Self::EXTRA_LEN)?;
        Ok(template)
    }

    /// The bytes `at` … `at + len`, if they are free to be written to.
    fn reserved(&self, at: usize, len: usize) -> Result<Range<usize>, BadTemplate> {
        let extra = &self.layout.extra;
        let end = at.saturating_add(len);
        if at < extra.start || end > extra.end {
            let extra = extra.clone();
            return Err(BadTemplate::OutsideExtra { at, end, extra });
        }
        let within = at - extra.start..end - extra.start;
        if !extra::is_open(&self.bytes[extra.clone()], &within) {
            return Err(BadTemplate::NotReserved { at, end });
        }
        Ok(at..end)
    }

    /// Writes other reserved bytes: a pool's number, a prefix that sets two proxies apart.
    ///
    /// # Errors
    /// They are not within the reserved bytes, or overlap the extra nonce.
    pub fn with_bytes(mut self, at: usize, bytes: &[u8]) -> Result<Self, BadTemplate> {
        let range = self.reserved(at, bytes.len())?;
        let extra = self.extra_nonce();
        if range.start < extra.end && extra.start < range.end {
            return Err(BadTemplate::Overlap {
                at,
                end: range.end,
                extra_at: extra.start,
            });
        }
        self.bytes[range].copy_from_slice(bytes);
        Ok(self)
    }

    const fn extra_nonce(&self) -> Range<usize> {
        self.extra_at..self.extra_at + Self::EXTRA_LEN
    }

    /// The hashing blob of the block with `extra` as its extra nonce, and the nonce zero.
    ///
    /// Costs a hash of the miner transaction, one or two more, and one for each level of the tree.
    #[must_use]
    pub fn blob(&self, extra: u32) -> Blob {
        let mut blob = Vec::with_capacity(Layout::HEADER + 32 + 5);
        blob.extend_from_slice(&self.bytes[..Blob::NONCE_OFFSET]);
        blob.extend_from_slice(&[0; 4]);
        blob.extend_from_slice(&root(self.miner_hash(extra), &self.branch));
        reader::push_varint(&mut blob, self.transactions() + 1);
        Blob::of_template(blob)
    }

    fn miner_hash(&self, extra: u32) -> Hash {
        let Range { start, end } = self.layout.prefix;
        let nonce = self.extra_nonce();
        let prefix = keccak(&[
            &self.bytes[start..nonce.start],
            &extra.to_be_bytes(),
            &self.bytes[nonce.end..end],
        ]);
        match self.layout.version {
            TxVersion::One => prefix,
            // Nothing to prune counts as a hash of zeros.
            TxVersion::Two => keccak(&[&prefix, &NO_RING_CT, &[0; 32]]),
        }
    }

    /// The whole block, as a node takes it.
    #[must_use]
    pub fn block(&self, extra: u32, nonce: Nonce) -> Box<[u8]> {
        let mut bytes = self.bytes.clone();
        bytes[Blob::NONCE_OFFSET..Layout::HEADER].copy_from_slice(nonce.as_bytes());
        bytes[self.extra_nonce()].copy_from_slice(&extra.to_be_bytes());
        bytes
    }

    /// What stands where the extra nonce goes.
    #[must_use]
    pub fn extra_as_given(&self) -> u32 {
        self.bytes[self.extra_nonce()]
            .iter()
            .fold(0, |extra, byte| extra << 8 | u32::from(*byte))
    }

    /// Whether a node's own hashing blob of this template, as given, is the one made here but for
    /// the nonce.
    #[must_use]
    pub fn agrees_with(&self, hashing_blob: &[u8]) -> bool {
        let ours = self.blob(self.extra_as_given());
        let ours = ours.as_bytes();
        hashing_blob.len() == ours.len()
            && hashing_blob[..Blob::NONCE_OFFSET] == ours[..Blob::NONCE_OFFSET]
            && hashing_blob[Layout::HEADER..] == ours[Layout::HEADER..]
    }

    /// Version of the rules that the block follows.
    #[must_use]
    pub const fn major_version(&self) -> u64 {
        self.layout.major
    }

    /// Seconds since 1970.
    #[must_use]
    pub const fn timestamp(&self) -> u64 {
        self.layout.timestamp
    }

    /// The block that this one follows.
    #[must_use]
    pub const fn previous_id(&self) -> BlockId {
        self.layout.previous
    }

    /// Of the block being mined.
    #[must_use]
    pub const fn height(&self) -> u64 {
        self.layout.height
    }

    /// Transactions besides the miner's.
    #[must_use]
    pub fn transactions(&self) -> usize {
        self.layout.hashes.len() / 32
    }

    /// Where the miner transaction's extra field stands, bytes.
    #[must_use]
    pub const fn extra_field(&self) -> &Range<usize> {
        &self.layout.extra
    }

    /// Offset of the extra nonce, bytes.
    #[must_use]
    pub const fn extra_at(&self) -> usize {
        self.extra_at
    }
}

impl fmt::Debug for BlockTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockTemplate")
            .field("major_version", &self.layout.major)
            .field("height", &self.layout.height)
            .field("previous_id", &self.layout.previous)
            .field("transactions", &self.transactions())
            .field("bytes", &self.bytes.len())
            .field("extra_at", &self.extra_at)
            .finish_non_exhaustive()
    }
}
