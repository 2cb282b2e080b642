//! How the registry stores a rig: with what was counted of it and stands in no page yet.

use super::frame::{Frame, Kind};
use super::value::{self, BadValue};
use super::{OpenCells, RigEntry};

/// The layout that is written. The first had no open cells: all were in pages.
const SCHEMA: u8 = 2;

/// A rig as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct RigRecord {
    /// The rig.
    pub rig: RigEntry,
    /// What was counted of it and stands in no page yet.
    pub open: OpenCells,
}

impl RigRecord {
    /// As it is kept.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        Self::bytes_of(&self.rig, &self.open)
    }

    /// As a rig with these open cells is kept.
    #[must_use]
    pub fn bytes_of(rig: &RigEntry, open: &OpenCells) -> Vec<u8> {
        Frame::wrap(Kind::Rig, SCHEMA, |out| {
            rig.append(out);
            open.append(out);
        })
    }

    /// Reads it.
    ///
    /// # Errors
    /// The bytes are damaged, hold something else or are of a later version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadValue> {
        let (schema, body) = value::body_up_to(bytes, Kind::Rig, SCHEMA)?;
        let (rig, rest) = RigEntry::take(body)?;
        let open = if schema == 1 {
            value::ended(rest)?;
            OpenCells::default()
        } else {
            OpenCells::take_all(rest)?
        };
        Ok(Self { rig, open })
    }
}
