//! Shares: admission by exact checks, refusals that only a proof can build.

mod admission;
mod id;
mod nonce_set;
mod proof_outcome;
mod record;
mod refusal;
mod rig;

pub use admission::{NotAdmitted, admit};
pub use id::ShareId;
pub use nonce_set::{NonceSet, Novelty};
pub use proof_outcome::ProofOutcome;
pub use record::{Share, TargetClass};
pub use refusal::{Refusal, RefusalReason};
pub use rig::RigKey;
