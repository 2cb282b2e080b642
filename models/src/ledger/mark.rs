//! What the store says of itself, under a name.

use super::frame::{Frame, Kind};
use super::value::{self, BadValue};
use super::wire;

/// The layout that is written.
const SCHEMA: u8 = 1;

/// Bytes under a name; it carries the name, so that it can be found without a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// What it is called.
    pub name: Box<str>,
    /// What it says; who gave it the name knows how to read it.
    pub bytes: Vec<u8>,
}

impl Mark {
    /// As it is kept.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        Frame::wrap(Kind::Mark, SCHEMA, |out| {
            wire::append(out, &&*self.name);
            out.extend_from_slice(&self.bytes);
        })
    }

    /// Reads it.
    ///
    /// # Errors
    /// The bytes are damaged, hold something else or are of a later version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadValue> {
        let body = value::body(bytes, Kind::Mark, SCHEMA)?;
        let (name, length) = wire::take::<&str>(body)?;
        Ok(Self {
            name: name.into(),
            bytes: body.get(length..).unwrap_or_default().to_vec(),
        })
    }
}
