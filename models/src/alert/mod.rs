//! What an operator is told: one message for each change that lasts.
//!
//! Whoever looks at the daemon says at a steady pace what holds ([`Observation`]); the [`Engine`]
//! says what is to be told ([`Transition`]); the [`Grouper`] makes one [`Notification`] of many that
//! come at once. Nothing here knows a clock, a file or a socket.

mod engine;
mod fact;
mod gauge;
mod group;
mod kept;
mod policy;
mod transition;

#[cfg(test)]
mod day_tests;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use engine::Engine;
pub use fact::{Fact, Looked, Observation, SUBJECT_MAX, TEXT_MAX};
pub use gauge::{RefusalLooked, below_with_slack, refusals_are_too_many};
pub use group::{Grouper, Notification, NotificationState};
pub use kept::{Kept, OpenAlert};
pub use policy::{Policy, Severity, is_news};
pub use transition::{Change, Now, Transition};
