//! The miners' side of the whole daemon, over real sockets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

mod support;

#[path = "miners_side/dialogues.rs"]
mod dialogues;
#[path = "miners_side/hold.rs"]
mod hold;
#[path = "miners_side/lanes.rs"]
mod lanes;
#[path = "miners_side/limits.rs"]
mod limits;
#[path = "miners_side/names.rs"]
mod names;
#[path = "miners_side/peer.rs"]
mod peer;
#[path = "miners_side/poison.rs"]
mod poison;
#[path = "miners_side/replies.rs"]
mod replies;
#[path = "miners_side/reunion.rs"]
mod reunion;
#[path = "miners_side/shares.rs"]
mod shares;
#[path = "miners_side/tls.rs"]
mod tls;
