//! What is derived from shares, as it is kept: one value in one frame.

use super::frame::{BadFrame, Frame, Kind};
use super::wire::BadRecord;

/// Why a stored value could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadValue {
    /// The frame itself.
    #[error(transparent)]
    Frame(#[from] BadFrame),
    /// What it holds.
    #[error(transparent)]
    Record(#[from] BadRecord),
    /// It holds something else.
    #[error("holds no {wanted} but a {found}")]
    OtherKind {
        /// What was looked for.
        wanted: &'static str,
        /// What is there.
        found: &'static str,
    },
}

impl BadValue {
    /// For bytes that say something impossible.
    #[must_use]
    pub fn malformed(why: &str) -> Self {
        BadRecord::Malformed(why.to_owned()).into()
    }
}

/// The body of a frame of this kind and schema.
pub(super) fn body(bytes: &[u8], kind: Kind, schema: u8) -> Result<&[u8], BadValue> {
    let (found, body) = body_up_to(bytes, kind, schema)?;
    if found != schema {
        return Err(BadRecord::UnknownSchema(found).into());
    }
    Ok(body)
}

/// The body of a frame of this kind, and its schema, from 1 to the newest that is known.
pub(super) fn body_up_to(bytes: &[u8], kind: Kind, newest: u8) -> Result<(u8, &[u8]), BadValue> {
    let frame = Frame::read(bytes)?;
    if frame.kind != kind {
        return Err(BadValue::OtherKind {
            wanted: kind.label(),
            found: frame.kind.label(),
        });
    }
    if !(1..=newest).contains(&frame.schema) {
        return Err(BadRecord::UnknownSchema(frame.schema).into());
    }
    Ok((frame.schema, frame.body))
}

/// The reader came to the end of the body.
pub(super) fn ended(rest: &[u8]) -> Result<(), BadValue> {
    if rest.is_empty() {
        Ok(())
    } else {
        Err(BadValue::malformed("more bytes than its layout has"))
    }
}
