//! Seats: connections of miners within a lane.

/// A connection of a miner: a place in the lane's table and which of its tenants.
///
/// A verdict for an earlier tenant of the same place carries another generation and is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeatKey {
    /// Place in the table.
    pub index: u32,
    /// Which tenant of that place; never used twice in a lane.
    pub generation: u32,
}
