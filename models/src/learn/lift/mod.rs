//! Whether an order of nonces finds more shares than chance does.
//!
//! A hash can't be predicted, so an order can't win anything, and whoever says that it does has to
//! show it. Here it is measured: leases are put into arms at random, [`Trials`] makes of
//! each scan a count of shares and the search that they took, [`LiftInterval`] compares an arm with
//! control, and [`Lifts`] each order's.
//! Nothing is ever compared with nonces drawn at random: what was sent in differs from those by
//! the order of scans alone, see the test of the trap.

mod arms;
mod facts;
mod grid;
mod interval;
mod pairing;
mod report;
#[cfg(test)]
pub(crate) mod simulated;
mod trials;

pub use arms::Lifts;
pub use facts::facts_of;
pub use interval::{BadLift, LiftInterval};
pub use report::{ArmReport, LiftReport, OutsideLift};
pub(crate) use trials::as_f64;
pub use trials::{COUNTER_BITS, Trial, Trials, TrialsSkipped};

#[cfg(test)]
mod arms_tests;
#[cfg(test)]
mod calibration_tests;
#[cfg(test)]
mod farm_tests;
#[cfg(test)]
mod interval_tests;
#[cfg(test)]
mod trial_tests;
