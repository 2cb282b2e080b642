//! Faults that stay where they happen: guarded steps, generations, back-off, health.

mod backoff;
mod drill;
mod guard;
mod health;
mod registry;

pub use backoff::Backoff;
pub use drill::Drill;
pub(crate) use guard::cause_of;
pub use guard::{Faulted, Guard};
pub use health::{ActorHealth, ActorState, Fault, HealthReport};
pub use registry::{Gone, HealthRegistry, family_of};
