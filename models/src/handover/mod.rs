//! The live state of a lane as bytes, for a successor process of perhaps another version.
//!
//! ```text
//! version, u16 little-endian │ part │ part │ …
//! part: tag, u8 │ length, u64 │ CRC-32 of the bytes, u32 │ bytes (bincode)
//! ```
//!
//! Each part is there once. What is read is bounded by what came: a length beyond the bytes that are
//! there is a fault, and no list is longer than its bytes. Clocks are written as ages, since those of
//! two processes have different beginnings.

mod format;
mod wire;

#[cfg(test)]
mod tests;

pub use format::{BadParcel, ParcelFacts};
pub use wire::{
    AssignmentWire, CountersWire, IdentityWire, JobWire, JobsWire, LinkWire,
    MinerWire, NamesWire, PlanWire, PoolProtocolWire, PoolWire, RigsWire, RouteWire, SeatWire,
    SlotPlanWire, SpaceWire, StageWire,
};

/// All that a lane gives to its successor.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LaneState {
    /// Numbers that go on.
    pub counters: CountersWire,
    /// Live jobs and the nonces submitted in them.
    pub jobs: JobsWire,
    /// Pool sessions.
    pub pools: Vec<PoolWire>,
    /// What the planner knows beside them.
    pub plan: PlanWire,
    /// Miners that stay connected.
    pub seats: Vec<SeatWire>,
    /// What is remembered of rigs.
    pub rigs: RigsWire,
}

/// A value of a part is none that a lane writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadPart(pub &'static str);
