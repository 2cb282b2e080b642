//! Shares: admission by exact checks, refusals that only a proof can build.

mod admission;
mod nonce_set;
mod record;
mod refusal;

pub use admission::{NotAdmitted, admit};
pub use nonce_set::{NonceSet, Novelty};
pub use record::{Share, TargetClass};
pub use refusal::{Refusal, RefusalReason};
