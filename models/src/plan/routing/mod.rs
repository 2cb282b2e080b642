//! Which rig mines for which route: rules first, then worth, then weights by measured work.
//!
//! A *route* is a list of upstreams that fail over to each other. Several routes serve at once, and
//! the [`Router`] says which of them a seat belongs to. It decides; moving a seat is others' work.

mod bits;
mod rates;
mod router;
mod routes;
mod schedule;
mod sitting;
mod split;
mod sums;
#[cfg(test)]
mod tests;
mod traits;
mod trials;
mod weights;
mod worth;

pub use router::{MOST_ROUTES, Move, Router};
pub use schedule::{BadWindow, Window, is_open};
pub use split::{RouteWork, Split};
pub use traits::{RigTraits, RouteSpec, RouteState};
