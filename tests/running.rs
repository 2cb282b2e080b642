//! The real program as a service: what it tells the service manager, the limits that it is given, its
//! log, the commands that ask it, and the files that it is packaged with.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

#[path = "running/commands.rs"]
mod commands;
#[path = "running/container.rs"]
mod container;
#[path = "running/launched.rs"]
mod launched;
#[path = "running/limits.rs"]
mod limits;
#[path = "running/logs.rs"]
mod logs;
#[path = "running/manager.rs"]
mod manager;
mod support;
#[path = "running/terminal.rs"]
mod terminal;
#[path = "running/unit.rs"]
mod unit;
