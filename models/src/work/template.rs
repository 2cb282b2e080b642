//! Block templates: whole blocks without a nonce, of which each lease hashes its own.
//!
//! Layout: monero `cryptonote_basic.h` (`block_header`, `block`), `cryptonote_format_utils.cpp`
//! (`get_block_hashing_blob`, `calculate_transaction_hash`) and `tree-hash.c`.

use std::fmt;
use std::ops::Range;

use sha3::{Digest, Keccak256};

use super::{Blob, Nonce};

/// Why bytes are no block template that can be mined.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTemplate {
    /// Not an even number of hex digits.
    #[error("the template is not hexadecimal")]
    Form,
    /// Longer than is taken.
    #[error("the template has {0} bytes, {max} at most are taken", max = BlockTemplate::MAX_LEN)]
    Long(usize),
    /// It ends early, or a number in it has no end.
    #[error("the template ends within its {0}")]
    Short(&'static str),
    /// A part is not as this version knows it.
    #[error("the template's {0} is of a layout that this version does not know")]
    Unsupported(&'static str),
    /// More follows than belongs to it.
    #[error("{0} bytes follow the template's last transaction")]
    Trailing(usize),
    /// Bytes that are to differ between leases would change more than the extra field.
    #[error("bytes {at} to {end} are not within the miner transaction's extra field ({extra:?})")]
    OutsideExtra {
        /// First of them.
        at: usize,
        /// After the last of them.
        end: usize,
        /// The field.
        extra: Range<usize>,
    },
}

/// A block template, and where a lease's number goes.
#[derive(Clone, PartialEq, Eq)]
pub struct BlockTemplate {
    bytes: Box<[u8]>,
    header: usize,
    /// The miner transaction without its `RingCT` part.
    prefix: Range<usize>,
    /// The miner transaction has such a part, empty.
    ringct: bool,
    extra: Range<usize>,
    extra_at: usize,
    height: u64,
    /// Hashes beside the way from the miner transaction to the root, from the leaf on.
    branch: Vec<[u8; 32]>,
    /// With the miner's.
    transactions: u64,
}

/// Reads numbers and bytes off the front.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize, part: &'static str) -> Result<&'a [u8], BadTemplate> {
        let end = self.at.checked_add(count).ok_or(BadTemplate::Short(part))?;
        let taken = self
            .bytes
            .get(self.at..end)
            .ok_or(BadTemplate::Short(part))?;
        self.at = end;
        Ok(taken)
    }

    fn byte(&mut self, part: &'static str) -> Result<u8, BadTemplate> {
        self.take(1, part).map(|one| one[0])
    }

    fn varint(&mut self, part: &'static str) -> Result<u64, BadTemplate> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte(part)?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits || (byte == 0 && shift > 0) {
                return Err(BadTemplate::Unsupported(part));
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(BadTemplate::Unsupported(part))
    }
}

impl BlockTemplate {
    /// Longest template taken, bytes.
    pub const MAX_LEN: usize = 4 << 20;
    /// Bytes of a lease's number.
    pub const EXTRA_LEN: usize = 4;

    /// Reads a template; a lease's number goes to the four bytes from `extra_at` on.
    ///
    /// # Errors
    /// It can't be read wholly, or those bytes are not in the miner transaction's extra field.
    pub fn parse(bytes: &[u8], extra_at: usize) -> Result<Self, BadTemplate> {
        if bytes.len() > Self::MAX_LEN {
            return Err(BadTemplate::Long(bytes.len()));
        }
        let mut cursor = Cursor { bytes, at: 0 };
        cursor.varint("major version")?;
        cursor.varint("minor version")?;
        cursor.varint("timestamp")?;
        cursor.take(32, "previous block")?;
        if cursor.at != Blob::NONCE_OFFSET {
            return Err(BadTemplate::Unsupported("header"));
        }
        cursor.take(4, "nonce")?;
        let header = cursor.at;
        let version = cursor.varint("miner transaction's version")?;
        if !matches!(version, 1 | 2) {
            return Err(BadTemplate::Unsupported("miner transaction's version"));
        }
        cursor.varint("unlock time")?;
        if cursor.varint("inputs")? != 1 || cursor.byte("inputs")? != 0xff {
            return Err(BadTemplate::Unsupported("inputs"));
        }
        let height = cursor.varint("height")?;
        for _ in 0..cursor.varint("outputs")? {
            cursor.varint("amount")?;
            let rest = match cursor.byte("output's type")? {
                2 => 32,
                3 => 33,
                _ => return Err(BadTemplate::Unsupported("output's type")),
            };
            cursor.take(rest, "output's key")?;
        }
        let length = cursor.varint("extra field's length")?;
        let length = usize::try_from(length).map_err(|_| BadTemplate::Short("extra field"))?;
        let extra = cursor.at..cursor.at.saturating_add(length);
        cursor.take(length, "extra field")?;
        let prefix = header..cursor.at;
        let ringct = version == 2;
        if ringct && cursor.byte("RingCT type")? != 0 {
            return Err(BadTemplate::Unsupported("RingCT type"));
        }
        let others = cursor.varint("transactions")?;
        let left = bytes.len() - cursor.at;
        let hashes = usize::try_from(others)
            .ok()
            .filter(|count| *count <= left / 32)
            .ok_or(BadTemplate::Short("transactions"))?;
        if left > hashes * 32 {
            return Err(BadTemplate::Trailing(left - hashes * 32));
        }
        let (leaves, _) = bytes[cursor.at..].as_chunks::<32>();
        let template = Self {
            bytes: bytes.into(),
            header,
            prefix,
            ringct,
            extra,
            extra_at,
            height,
            branch: branch_of_first(leaves),
            transactions: others + 1,
        };
        template.within_extra(extra_at, Self::EXTRA_LEN)?;
        Ok(template)
    }

    /// Writes other reserved bytes, the same for all leases.
    ///
    /// # Errors
    /// They are not in the miner transaction's extra field, or where leases differ.
    pub fn with_bytes(mut self, at: usize, bytes: &[u8]) -> Result<Self, BadTemplate> {
        self.within_extra(at, bytes.len())?;
        let end = at + bytes.len();
        if at < self.extra_at + Self::EXTRA_LEN && self.extra_at < end {
            let extra = self.extra;
            return Err(BadTemplate::OutsideExtra { at, end, extra });
        }
        self.bytes[at..end].copy_from_slice(bytes);
        Ok(self)
    }

    fn within_extra(&self, at: usize, length: usize) -> Result<(), BadTemplate> {
        let end = at.saturating_add(length);
        let extra = self.extra.clone();
        if at < extra.start || end > extra.end {
            return Err(BadTemplate::OutsideExtra { at, end, extra });
        }
        Ok(())
    }

    /// What a lease hashes, its nonce still zero.
    #[must_use]
    pub fn blob(&self, extra: u32) -> Blob {
        let mut prefix = self.bytes[self.prefix.clone()].to_vec();
        let at = self.extra_at - self.prefix.start;
        prefix[at..at + Self::EXTRA_LEN].copy_from_slice(&extra.to_be_bytes());
        let mut root = if self.ringct {
            // The RingCT part is one byte, its prunable part is none: its hash counts as zero.
            keccak(&[&keccak(&[&prefix]), &keccak(&[&[0]]), &[0; 32]])
        } else {
            keccak(&[&prefix])
        };
        for beside in &self.branch {
            root = keccak(&[&root, beside]);
        }
        let mut blob = self.bytes[..self.header].to_vec();
        blob[Blob::NONCE_OFFSET..].fill(0);
        blob.extend_from_slice(&root);
        push_varint(&mut blob, self.transactions);
        Blob::of_template(blob)
    }

    /// The whole block, as a node takes it.
    #[must_use]
    pub fn block(&self, extra: u32, nonce: Nonce) -> Box<[u8]> {
        let mut block = self.bytes.clone();
        block[self.extra_at..][..Self::EXTRA_LEN].copy_from_slice(&extra.to_be_bytes());
        block[Blob::NONCE_OFFSET..self.header].copy_from_slice(nonce.as_bytes());
        block
    }

    /// Height of the block.
    #[must_use]
    pub const fn height(&self) -> u64 {
        self.height
    }

    /// Where the miner transaction's extra field is.
    #[must_use]
    pub const fn extra_field(&self) -> &Range<usize> {
        &self.extra
    }
}

/// The hashes beside the way from leaf 0 to the root of the tree whose further leaves these are.
///
/// The tree of `n` leaves first joins the last `2 · (n − m)` of them in pairs, where `m` is the
/// greatest power of two below `n`; then it is a whole tree of `m` leaves.
fn branch_of_first(others: &[[u8; 32]]) -> Vec<[u8; 32]> {
    let count = others.len() + 1;
    let mut branch = Vec::new();
    if count == 1 {
        return branch;
    }
    let whole = count.next_power_of_two() / 2;
    let alone = 2 * whole - count;
    // Leaf 0 is joined in the first step only if no leaf is left alone.
    let mut row: Vec<Option<[u8; 32]>> = std::iter::once(None)
        .chain(others.iter().copied().map(Some))
        .collect();
    let joined = join(&row[alone..], &mut branch);
    row.truncate(alone);
    row.extend(joined);
    while row.len() > 1 {
        row = join(&row, &mut branch);
    }
    branch
}

/// Joins pairs; what is beside the unknown one goes into the branch.
fn join(row: &[Option<[u8; 32]>], branch: &mut Vec<[u8; 32]>) -> Vec<Option<[u8; 32]>> {
    let (pairs, _) = row.as_chunks::<2>();
    pairs
        .iter()
        .map(|pair| match pair {
            [Some(left), Some(right)] => Some(keccak(&[left, right])),
            [None, Some(right)] => {
                branch.push(*right);
                None
            }
            [_, None] => None,
        })
        .collect()
}

fn keccak(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Keccak256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

fn push_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        let [low, ..] = value.to_le_bytes();
        out.push(low | 0x80);
        value >>= 7;
    }
    let [low, ..] = value.to_le_bytes();
    out.push(low);
}

impl fmt::Debug for BlockTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockTemplate")
            .field("height", &self.height)
            .field("bytes", &self.bytes.len())
            .field("transactions", &self.transactions)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `get_block_template` of a monerod in regtest: five transactions besides the miner's.
    const REPLIES: [&str; 4] = [
        include_str!("template/fixtures/0tx.json"),
        include_str!("template/fixtures/1tx.json"),
        include_str!("template/fixtures/5tx.json"),
        include_str!("template/fixtures/134tx.json"),
    ];

    #[test]
    fn the_hashing_blob_is_the_nodes_own() {
        for reply in REPLIES {
            let reply: serde_json::Value = serde_json::from_str(reply).unwrap();
            let reply = &reply["result"];
            let bytes = const_hex::decode(reply["blocktemplate_blob"].as_str().unwrap()).unwrap();
            let at = usize::try_from(reply["reserved_offset"].as_u64().unwrap()).unwrap();
            let template = BlockTemplate::parse(&bytes, at).unwrap();
            assert_eq!(template.height(), reply["height"].as_u64().unwrap());
            let blob = template.blob(0);
            let own = reply["blockhashing_blob"].as_str().unwrap();
            assert_eq!(const_hex::encode(blob.as_bytes()), own);
            assert_ne!(template.blob(1), blob);
            assert_eq!(*template.block(0, Nonce::new([0; 4])), *bytes);
        }
    }
}
