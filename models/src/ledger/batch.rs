//! Several shares in one frame: as they are committed, and packed.

use super::ShareEntry;
use super::frame::{BadFrame, Frame, Kind};
use super::wire::{self, BadRecord, SCHEMA};

/// Why a frame of shares could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadBatch {
    /// The frame itself.
    #[error(transparent)]
    Frame(#[from] BadFrame),
    /// A share in it.
    #[error(transparent)]
    Record(#[from] BadRecord),
    /// It holds something else.
    #[error("holds no shares but a {0}")]
    NoShares(&'static str),
    /// What was packed does not unpack.
    #[error("does not unpack: {0}")]
    Unpack(String),
}

/// Shares that a packed block holds: some kilobytes, so that a page of the database holds several.
pub const BLOCK_SHARES: usize = 64;

/// A frame of a few shares, to be written at once.
#[must_use]
pub fn write_tail(entries: &[ShareEntry]) -> Vec<u8> {
    Frame::wrap(Kind::Tail, SCHEMA, |out| {
        for entry in entries {
            wire::write(out, entry);
        }
    })
}

/// A frame of many shares, packed.
#[must_use]
pub fn write_block(entries: &[ShareEntry]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(entries.len() * 160);
    for entry in entries {
        wire::write(&mut plain, entry);
    }
    Frame::wrap(Kind::Block, SCHEMA, |out| {
        let length = u32::try_from(plain.len()).unwrap_or(u32::MAX);
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&lz4_flex::block::compress(&plain));
    })
}

/// The shares of a frame, of any schema that was ever written.
///
/// # Errors
/// It is damaged, holds something else, or is of a later version.
pub fn read_shares(bytes: &[u8]) -> Result<Vec<ShareEntry>, BadBatch> {
    shares_in(&Frame::read(bytes)?)
}

/// As [`read_shares`], of a frame that was read already.
///
/// # Errors
/// It holds something else, or is of a later version.
pub fn shares_in(frame: &Frame<'_>) -> Result<Vec<ShareEntry>, BadBatch> {
    match frame.kind {
        Kind::Tail => records(frame.schema, frame.body),
        Kind::Block => records(frame.schema, &unpack(frame.body)?),
        other @ (Kind::Journal | Kind::Rig | Kind::Rollup | Kind::Mark | Kind::FilterStates) => {
            Err(BadBatch::NoShares(other.label()))
        }
    }
}

fn unpack(body: &[u8]) -> Result<Vec<u8>, BadBatch> {
    let bad = |why: &str| BadBatch::Unpack(why.to_owned());
    let (length, packed) = body.split_first_chunk().ok_or_else(|| bad("too short"))?;
    let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
    if length > Frame::BODY_MAX {
        return Err(bad("says that it is too long"));
    }
    lz4_flex::block::decompress(packed, length).map_err(|why| bad(&why.to_string()))
}

fn records(schema: u8, mut bytes: &[u8]) -> Result<Vec<ShareEntry>, BadBatch> {
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        let (entry, length) = wire::read(schema, bytes)?;
        entries.push(entry);
        bytes = bytes.get(length.max(1)..).unwrap_or_default();
    }
    Ok(entries)
}
