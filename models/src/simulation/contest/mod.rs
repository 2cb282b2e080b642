//! Contests: one simulated farm, several policies, who lets how many bad shares through.
//!
//! Every policy sees the same shares, the same draws and the same prover; each has its own pool,
//! whose ban window it may know. Nothing here depends on a clock or on anything but its seed.

mod budget;
mod contestant;
mod interval;
mod lineup;
pub mod nodejs_pool;
mod ours;
mod outcome;
mod play;
mod policy;
mod pool;
mod scenario;
mod six_filters;
mod terms;

pub use budget::{Prover, ProvingRate};
pub use contestant::Contestant;
pub use interval::Interval;
pub use lineup::{Entrant, Entry};
pub use ours::{Hearing, Ours};
pub use outcome::{Contest, GroupOutcome, GroupStream, Outcome};
pub use play::{Arena, Arrival};
pub use policy::{BAN, Bans, NodejsPool, PATIENCE, Policy, ProveAll, ProveNothing, Question, Wish};
pub use pool::{Pool, RIGS_PER_SESSION};
pub use scenario::{FarmKind, Fault, Group, SLEEPER_WAKES_AFTER, honest, mixed, places};
pub use six_filters::SixFilters;
pub use terms::{BURST_SECONDS, GOAL_SECONDS, HASH_RATES, Terms};

#[cfg(test)]
mod tests;
