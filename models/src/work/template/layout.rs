//! Where the parts of a block template stand.

use std::ops::Range;

use super::BadTemplate;
use super::reader::Reader;
use crate::work::{Blob, BlockId};

/// The newest block version whose layout is known (2022, view tags).
const KNOWN_MAJOR: u64 = 16;

/// How a miner transaction is hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TxVersion {
    /// Its bytes alone.
    One,
    /// Prefix, empty `RingCT` part and nothing to prune, each by itself.
    Two,
}

/// The parts of a template that matter, by byte offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) major: u64,
    pub(super) timestamp: u64,
    pub(super) previous: BlockId,
    pub(super) height: u64,
    pub(super) version: TxVersion,
    /// The miner transaction without what follows its extra field.
    pub(super) prefix: Range<usize>,
    pub(super) extra: Range<usize>,
    /// Hashes of the other transactions, 32 bytes each.
    pub(super) hashes: Range<usize>,
}

impl Layout {
    /// Length of a hashing blob's header: all up to the nonce, and the nonce.
    pub(super) const HEADER: usize = Blob::NONCE_OFFSET + 4;

    pub(super) fn read(bytes: &[u8]) -> Result<Self, BadTemplate> {
        let mut reader = Reader::new(bytes);
        let major = reader.varint("major version")?;
        Self::after_major(reader, major).map_err(|fault| match major {
            0..=KNOWN_MAJOR => fault,
            _ => BadTemplate::Unsupported {
                major,
                fault: Box::new(fault),
            },
        })
    }

    fn after_major(mut reader: Reader<'_>, major: u64) -> Result<Self, BadTemplate> {
        reader.varint("minor version")?;
        let timestamp = reader.varint("timestamp")?;
        let previous = BlockId::new(reader.hash("previous id")?);
        if reader.at() != Blob::NONCE_OFFSET {
            return Err(BadTemplate::NonceOffset(reader.at()));
        }
        reader.take(4, "nonce")?;

        let start = reader.at();
        let version = version(&mut reader)?;
        reader.varint("unlock time")?;
        let height = only_input(&mut reader)?;
        outputs(&mut reader)?;
        let extra = sized(&mut reader, "extra field")?;
        let prefix = start..extra.end;
        if version == TxVersion::Two {
            expect(
                u64::from(reader.byte("RingCT type")?),
                0,
                "RingCT type",
                "0, none",
            )?;
        }
        Ok(Self {
            major,
            timestamp,
            previous,
            height,
            version,
            prefix,
            extra,
            hashes: hashes(&mut reader)?,
        })
    }
}

fn expect(
    found: u64,
    wanted: u64,
    field: &'static str,
    expected: &'static str,
) -> Result<(), BadTemplate> {
    if found == wanted {
        return Ok(());
    }
    Err(BadTemplate::Field {
        field,
        found,
        expected,
    })
}

fn version(reader: &mut Reader<'_>) -> Result<TxVersion, BadTemplate> {
    match reader.varint("miner transaction's version")? {
        1 => Ok(TxVersion::One),
        2 => Ok(TxVersion::Two),
        found => Err(BadTemplate::Field {
            field: "miner transaction's version",
            found,
            expected: "1 or 2",
        }),
    }
}

/// The height that the one input of a miner transaction names.
fn only_input(reader: &mut Reader<'_>) -> Result<u64, BadTemplate> {
    let inputs = reader.varint("number of inputs")?;
    expect(inputs, 1, "number of inputs", "1")?;
    let kind = u64::from(reader.byte("input type")?);
    expect(kind, 0xff, "input type", "255, newly mined")?;
    reader.varint("height")
}

fn outputs(reader: &mut Reader<'_>) -> Result<(), BadTemplate> {
    // Each is at least 34 bytes long: the count can't outrun what is there.
    for _ in 0..reader.varint("number of outputs")? {
        reader.varint("output's amount")?;
        let (key, tag) = match reader.byte("output type")? {
            2 => (32, 0),
            3 => (32, 1),
            other => {
                return Err(BadTemplate::Field {
                    field: "output type",
                    found: u64::from(other),
                    expected: "2, a key, or 3, a key with a view tag",
                });
            }
        };
        reader.take(key + tag, "output's key")?;
    }
    Ok(())
}

/// Bytes that follow their own length.
fn sized(reader: &mut Reader<'_>, field: &'static str) -> Result<Range<usize>, BadTemplate> {
    let len = reader.count(field)?;
    let start = reader.at();
    reader.take(len, field)?;
    Ok(start..reader.at())
}

fn hashes(reader: &mut Reader<'_>) -> Result<Range<usize>, BadTemplate> {
    const FIELD: &str = "list of transactions";
    let count = reader.count(FIELD)?;
    let len = count.checked_mul(32).ok_or(BadTemplate::Cut(FIELD))?;
    let start = reader.at();
    reader.take(len, FIELD)?;
    match reader.left() {
        0 => Ok(start..reader.at()),
        left => Err(BadTemplate::Trailing(left)),
    }
}
