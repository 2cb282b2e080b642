//! What was counted of a rig and stands in no page yet: it is kept beside the rig, so that a share
//! changes one stored value and not four.

use super::Cell;
use super::rollup::Level;
use super::wire::{self, BadRecord};

/// Counters by when their cell began, the last of them open, all others packed. A beginning may be
/// there twice, where time went back: both count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpenCells {
    /// All but the last, as they are stored.
    packed: Vec<u8>,
    packed_cells: usize,
    /// When the oldest began, ms since 1970.
    oldest_ms: u64,
    last: Option<(u64, Cell)>,
}

impl OpenCells {
    /// Cells from which on they belong into pages: with a share each ten seconds the twelfth minute
    /// is there after 72 shares.
    const RIPE: usize = 12;

    /// Adds counters of a cell that began at `start_ms`, a whole minute. Returns whether that is
    /// one more cell.
    pub fn add(&mut self, start_ms: u64, counted: &Cell) -> bool {
        if let Some((start, cell)) = &mut self.last {
            if *start == start_ms {
                cell.merge(counted);
                return false;
            }
            write(&mut self.packed, *start, cell);
            self.packed_cells += 1;
            self.oldest_ms = self.oldest_ms.min(start_ms);
        } else {
            self.oldest_ms = start_ms;
        }
        self.last = Some((start_ms, counted.clone()));
        true
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.packed_cells + usize::from(self.last.is_some())
    }

    /// Whether nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.last.is_none()
    }

    /// Whether they belong into pages at `now_ms`: there are a dozen of them, or the oldest is of
    /// the hour before.
    #[must_use]
    pub fn are_ripe(&self, now_ms: u64) -> bool {
        let age = now_ms.saturating_sub(self.oldest_ms);
        self.len() >= Self::RIPE || (!self.is_empty() && age >= Level::Hour.span_ms())
    }

    /// When each began, ms since 1970, and what it counts, in the order in which they came.
    pub fn cells(&self) -> impl Iterator<Item = (u64, Cell)> + use<'_> {
        let mut rest = &self.packed[..];
        let packed = std::iter::from_fn(move || {
            // What is packed was written here, or read through once.
            let (start, cell, after) = read(rest).ok()?;
            rest = after;
            Some((start, cell))
        });
        packed.chain(self.last.clone())
    }

    /// Appends them, as they are stored.
    pub(super) fn append(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.packed);
        if let Some((start, cell)) = &self.last {
            write(out, *start, cell);
        }
    }

    /// Reads them from bytes that hold nothing else.
    pub(super) fn take_all(bytes: &[u8]) -> Result<Self, BadRecord> {
        let (mut oldest_ms, mut cells, mut packed) = (u64::MAX, 0_usize, 0);
        let mut last = None;
        let mut rest = bytes;
        while !rest.is_empty() {
            packed = bytes.len() - rest.len();
            let (start, cell, after) = read(rest)?;
            oldest_ms = oldest_ms.min(start);
            cells += 1;
            last = Some((start, cell));
            rest = after;
        }
        Ok(Self {
            packed: bytes[..packed].to_vec(),
            packed_cells: cells.saturating_sub(1),
            oldest_ms: if cells == 0 { 0 } else { oldest_ms },
            last,
        })
    }
}

fn write(out: &mut Vec<u8>, start_ms: u64, cell: &Cell) {
    wire::append(out, &(start_ms / Level::Minute.span_ms()));
    cell.append(out);
}

fn read(bytes: &[u8]) -> Result<(u64, Cell, &[u8]), BadRecord> {
    let (minute, length) = wire::take::<u64>(bytes)?;
    let start_ms = minute
        .checked_mul(Level::Minute.span_ms())
        .ok_or_else(|| BadRecord::Malformed("a cell begins at no time".to_owned()))?;
    let (cell, rest) = Cell::take(bytes.get(length..).unwrap_or_default())?;
    Ok((start_ms, cell, rest))
}
