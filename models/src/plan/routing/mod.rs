//! Which rig mines for which route: rules first, then worth, then weights by measured work.
//!
//! A *route* is a list of upstreams that fail over to each other. Several routes serve at once, and
//! the [`Router`] says which of them a seat belongs to. It decides; moving a seat is others' work.
//!
//! # Rules
//!
//! A seat may be on a route that is open and whose algorithm it can hash: on those whose rules name
//! it, and only if there is none of these on one without rules. It never sits anywhere else after a
//! [`Router::round`].
//!
//! # Worth
//!
//! Among these a rig goes where its hashes a second times the worth of a hash is most. The rate is
//! what the rig said (`algo-perf`), unless it said none or what was measured is off by more than
//! four standard errors, for a rig with a share in half a minute. Before four minutes with an
//! algorithm nothing that was measured counts. A word that is too low is found out only once the
//! rig hashes that algorithm, or was wrong on another.
//!
//! For each other route what the rig would have done better there is summed up, and never falls
//! below zero. When it comes to what the move costs (30 s of work, or 1 s for the same algorithm)
//! the rig goes. After a move that did not win its cost back before the next, twice as much has to
//! be lost, up to 64 times; a move that did, or six hours of staying, halves it again. So against
//! *any* fixed choice, whatever the worths do, a rig loses by each stay at most what has to be lost
//! before it ends, the move, and one round. Of a market that does not look at the rig that is less
//! than 2 % in what was simulated: still, drifting, and jumping ones, from each 30 s to each two
//! hours. Against one that always makes worse what the rig chose, no rule that can be foreseen is
//! near the best fixed choice. There the loss against the best of each moment is at most the gap
//! between worths, 1/64 of that, and three and a half minutes.
//!
//! # Trials
//!
//! A rate that is not known is tried: the rig goes there for 330 to 900 seconds, then stays or goes
//! back. What was measured is kept for a day, of up to four algorithms a seat. A rig spends at most
//! 1 % of its time on trials and a day's part (864 s) at once, with which it comes; at most one seat
//! in four is on trial at a time (but one may always be). What was measured in so short a time is
//! off by a third, so what looked bad is tried again, the sooner the more of the allowance is left.
//! A seat that comes again comes as a new rig. In simulated days with three algorithms, on farms that
//! no constant here was chosen by and over all rigs: 99 % of the best fixed choices where one rate of
//! each rig was unknown, or three times too high, or all were wrong by up to a fifth; with nothing
//! known at all 97 % in the first day and 98 % in two; with half of the rates wrong by up to five
//! times 94 %. A single rig may do worse.
//!
//! # Weights
//!
//! Among routes of equal worth cumulated accepted work follows the weights of the routes that are
//! open. Work is counted in hashes, whatever the algorithm. [`Split`] says how sure the parts are.
//!
//! # Bounds
//!
//! At most 32 routes. What a seat does costs the same however many there are. A change of a route
//! is one look at all seats, and a round is up to three. Seats that may not stay where they are move
//! at once; a round of ten seconds moves at most 64 others for weights, 64 to trials and 64 back,
//! and 64 and a sixteenth of all seats for worth.

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
