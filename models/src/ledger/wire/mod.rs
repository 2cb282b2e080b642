//! How a share is written down: one layout for each schema, of which only the last is written.
//! Layouts are frozen: what has to be added makes a new one.

mod v1;
mod v2;

use bincode::config::{Configuration, Limit, LittleEndian, Varint};

use super::ShareEntry;

/// The schema that is written.
pub(super) const SCHEMA: u8 = 2;

/// Longest record that is believed, bytes.
const RECORD_MAX: usize = 64 << 10;

/// Small numbers in few bytes, and nothing read beyond the limit.
const CONFIG: Configuration<LittleEndian, Varint, Limit<RECORD_MAX>> =
    bincode::config::standard().with_limit::<RECORD_MAX>();

/// Why a record could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRecord {
    /// Of a later version of the program.
    #[error("has schema {0}, which this version does not know: it was written by a later one")]
    UnknownSchema(u8),
    /// Its bytes are not what the schema says.
    #[error("can't be read: {0}")]
    Malformed(String),
    /// A number stands for nothing.
    #[error("has {code} for its {what}, which stands for nothing")]
    UnknownCode {
        /// What it would be.
        what: &'static str,
        /// The number.
        code: u8,
    },
}

/// Appends a share in the present schema.
pub(super) fn write(out: &mut Vec<u8>, entry: &ShareEntry) {
    append(out, &v2::Layout::of(entry));
}

/// Reads a share of any schema from the beginning of some bytes; also how long it is.
pub(super) fn read(schema: u8, bytes: &[u8]) -> Result<(ShareEntry, usize), BadRecord> {
    match schema {
        1 => {
            let (layout, length) = take::<v1::Layout<'_>>(bytes)?;
            Ok((layout.entry()?, length))
        }
        SCHEMA => {
            let (layout, length) = take::<v2::Layout<'_>>(bytes)?;
            Ok((layout.entry()?, length))
        }
        other => Err(BadRecord::UnknownSchema(other)),
    }
}

/// Appends what serde can write.
pub(crate) fn append(out: &mut Vec<u8>, value: &impl serde::Serialize) {
    // Memory is the only thing that a vector can lack, and numbers and texts have no other fault.
    let _ = bincode::serde::encode_into_std_write(value, out, CONFIG);
}

/// Reads what serde can read from the beginning of some bytes; also how long it is.
pub(crate) fn take<'a, T: serde::Deserialize<'a>>(
    bytes: &'a [u8],
) -> Result<(T, usize), BadRecord> {
    bincode::serde::borrow_decode_from_slice(bytes, CONFIG)
        .map_err(|why| BadRecord::Malformed(why.to_string()))
}

/// Reads what serde can read, which must be all there is.
pub(crate) fn take_all<'a, T: serde::Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, BadRecord> {
    let (value, length) = take(bytes)?;
    match bytes.len() - length {
        0 => Ok(value),
        rest => Err(BadRecord::Malformed(format!("{rest} bytes are left over"))),
    }
}

/// The schema that some bytes begin with, and the rest.
pub(crate) fn schema_of(bytes: &[u8]) -> Result<(u8, &[u8]), BadRecord> {
    let empty = || BadRecord::Malformed("it is empty".to_owned());
    let (schema, rest) = bytes.split_first().ok_or_else(empty)?;
    Ok((*schema, rest))
}
