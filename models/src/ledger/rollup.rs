//! Roll-ups: counters by the minute, the hour and the day, in pages, so that a database holds few
//! and large values.

use std::collections::BTreeMap;

use crate::share::RigKey;

use super::frame::{Frame, Kind};
use super::value::{self, BadValue};
use super::wire;
use super::{Cell, RigEntry};

/// The layout that is written.
const SCHEMA: u8 = 1;

/// How long a cell is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// A minute; a page of them is an hour.
    Minute,
    /// An hour; a page is a day.
    Hour,
    /// A day of UTC; a page is 32 of them.
    Day,
}

impl Level {
    /// All of them, each at the place that is its number.
    pub const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    /// Its number, which is stored.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// What a number stands for.
    #[must_use]
    pub fn of_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// A name for reports.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// How long a cell is, ms.
    #[must_use]
    pub const fn span_ms(self) -> u64 {
        match self {
            Self::Minute => 60_000,
            Self::Hour => 3_600_000,
            Self::Day => 86_400_000,
        }
    }

    /// Cells of a page.
    #[must_use]
    pub const fn cells(self) -> u8 {
        match self {
            Self::Minute => 60,
            Self::Hour => 24,
            Self::Day => 32,
        }
    }

    /// How long a page is, ms.
    #[must_use]
    pub const fn page_ms(self) -> u64 {
        // Widening.
        self.span_ms() * self.cells() as u64
    }

    /// When the cell began in which a moment lies, ms since 1970.
    #[must_use]
    pub const fn cell_start(self, at_ms: u64) -> u64 {
        at_ms - at_ms % self.span_ms()
    }

    /// When the page began in which a moment lies, ms since 1970.
    #[must_use]
    pub const fn page_start(self, at_ms: u64) -> u64 {
        at_ms - at_ms % self.page_ms()
    }
}

/// Whose shares are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// All rigs.
    Total,
    /// One rig; [`RigEntry::OTHERS`] for all that were forgotten.
    Rig(RigKey),
}

/// Where a page belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageKey {
    /// Whose shares.
    pub owner: Owner,
    /// How long its cells are.
    pub level: Level,
    /// When it begins, ms since 1970: a multiple of [`Level::page_ms`].
    pub start_ms: u64,
}

impl PageKey {
    /// The page in which a moment lies.
    #[must_use]
    pub const fn at(owner: Owner, level: Level, at_ms: u64) -> Self {
        let start_ms = level.page_start(at_ms);
        Self {
            owner,
            level,
            start_ms,
        }
    }

    /// When it ends, ms since 1970.
    #[must_use]
    pub const fn end_ms(self) -> u64 {
        self.start_ms.saturating_add(self.level.page_ms())
    }
}

/// Cells that are kept together. It carries its key, so that it can be found without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Where it belongs.
    pub key: PageKey,
    cells: BTreeMap<u8, Cell>,
}

impl Page {
    /// One without cells.
    #[must_use]
    pub const fn new(key: PageKey) -> Self {
        let cells = BTreeMap::new();
        Self { key, cells }
    }

    /// Adds counters of a moment within the page; of another moment, nothing.
    pub fn add(&mut self, at_ms: u64, cell: &Cell) {
        let level = self.key.level;
        if level.page_start(at_ms) != self.key.start_ms {
            return;
        }
        let place = (at_ms - self.key.start_ms) / level.span_ms();
        // Below 60.
        let place = u8::try_from(place).unwrap_or(u8::MAX);
        self.cells.entry(place).or_default().merge(cell);
    }

    /// Its cells that are there, in order: when each begins, ms since 1970, and what it counts.
    pub fn cells(&self) -> impl Iterator<Item = (u64, &Cell)> {
        self.cells.iter().map(|(place, cell)| {
            let after = u64::from(*place) * self.key.level.span_ms();
            (self.key.start_ms.saturating_add(after), cell)
        })
    }

    /// As it is kept.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let PageKey {
            owner,
            level,
            start_ms,
        } = self.key;
        let rig = match owner {
            Owner::Total => None,
            Owner::Rig(rig) => Some(rig.0),
        };
        Frame::wrap(Kind::Rollup, SCHEMA, |out| {
            wire::append(out, &(level.code(), rig, start_ms / level.page_ms()));
            for (place, cell) in &self.cells {
                out.push(*place);
                cell.append(out);
            }
        })
    }

    /// Reads it.
    ///
    /// # Errors
    /// The bytes are damaged, hold something else or are of a later version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadValue> {
        let body = value::body(bytes, Kind::Rollup, SCHEMA)?;
        let ((level, rig, number), length) = wire::take::<(u8, Option<u64>, u64)>(body)?;
        let level = Level::of_code(level).ok_or_else(|| BadValue::malformed("no such level"))?;
        let start_ms = number
            .checked_mul(level.page_ms())
            .ok_or_else(|| BadValue::malformed("begins at no time"))?;
        let mut page = Self::new(PageKey {
            owner: rig.map_or(Owner::Total, |rig| Owner::Rig(RigKey(rig))),
            level,
            start_ms,
        });
        let mut rest = body.get(length..).unwrap_or_default();
        while let Some((place, cell)) = rest.split_first() {
            if *place >= level.cells() {
                return Err(BadValue::malformed("more cells than a page has"));
            }
            let (cell, after) = Cell::take(cell)?;
            page.cells.insert(*place, cell);
            rest = after;
        }
        Ok(page)
    }
}

impl RigEntry {
    /// Stands for all rigs that were forgotten: their shares are counted here.
    pub const OTHERS: RigKey = RigKey(u64::MAX);
}
