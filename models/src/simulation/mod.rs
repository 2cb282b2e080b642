//! Simulated rigs, honest and hostile, to measure filters and judge with. Hashes are drawn from
//! their exact distribution and not computed, so that millions of shares take seconds.
//!
//! What is drawn: hashes between two shares (exponential), the thread that finds one (by speed),
//! results (uniform below the target), jobs, pauses, restarts. What follows: nonces, by xmrig's own
//! way of reserving blocks; difficulties, by [`crate::plan::Vardiff`]; renewals of leases, by the
//! rule of the miner sessions; lateness, by the way between rig and proxy.

mod chance;
mod conduct;
pub mod contest;
mod farm;
mod jobs;
mod oracle;
mod outcomes;
mod renewal;
mod rig;
mod scan;
mod sending;
mod surroundings;
mod traits;

pub use conduct::Conduct;
pub use farm::{Farm, FarmShare, RigPlan};
pub use jobs::{JobSpan, JobWalk, Jobs};
pub use oracle::ToyOracle;
pub use outcomes::{PlantedCause, PlantedOutcomes, PlantedRow, outcome_rows};
pub use rig::{NobodyToCopy, SimulatedRig, SimulatedShare};
pub use scan::ScanOrder;
pub use surroundings::{Place, Surroundings};
pub use traits::RigTraits;
