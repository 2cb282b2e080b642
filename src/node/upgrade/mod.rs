//! A new program takes the place of the running one, without dropping a miner.
//!
//! The running process starts the other program as its child, at the other end of a socket. The child
//! reads its settings and says that it could take over; until then nothing of the running process has
//! changed, and whatever goes wrong leaves it serving. Then the running one stops reading, settles what
//! is pending, packs its lanes, closes its store, and gives listeners and parcels over; the child serves,
//! and the other leaves. A child that fails after that point is replaced by another one of the program
//! that ran before, which gets the same listeners and parcels.

mod channel;
mod control;
mod handing;
mod last;
mod listeners;
mod message;
mod packed;
mod predecessor;
mod program;
mod starting;
#[cfg(test)]
mod tests;

pub use control::{Asked, ControlSocket, Outcome, Voice, ask};
pub use handing::{HandedOver, NotHandedOver};
pub use last::LastUpgrade;
pub use listeners::{Listeners, Role};
pub use message::{ListenerFacts, Offer};
pub use packed::Packed;
pub use predecessor::{Inheritance, Predecessor};
pub use program::Program;
pub use starting::{NotReady, Successor};
