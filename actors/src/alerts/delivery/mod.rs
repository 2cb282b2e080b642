//! The ways by which notifications leave: each a bounded queue and a thread of its own.

mod courier;
mod heartbeat;
mod http;
mod mail;
mod status;
mod try_out;
mod ways;
mod webhook;

#[cfg(test)]
mod tests;

pub use courier::{Carrier, Courier, NotDelivered, Patience};
pub use heartbeat::Heartbeat;
pub use mail::Mail;
pub use status::{DeliveryReport, DeliveryStatus, LastError};
pub use try_out::{TriedOut, try_out};
pub(super) use ways::Ways;
pub use webhook::Webhook;
