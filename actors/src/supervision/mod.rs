//! Faults that stay where they happen: guarded steps, generations, back-off, health.

mod backoff;
mod drill;
mod guard;
mod health;

pub use backoff::Backoff;
pub use drill::Drill;
pub(crate) use guard::cause_of;
pub use guard::{Faulted, Guard};
pub use health::{ActorHealth, ActorState, Fault, Gone, HealthRegistry, HealthReport, family_of};
