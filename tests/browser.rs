//! The monitor page in a real browser, beside the daemon that it shows.
//!
//! Needs Debian's packages `chromium` and `chromium-driver`. With `ZARTRUX_SCREENSHOTS=FOLDER` the
//! pictures that the book and the README show are written there.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

#[path = "browser/demo.rs"]
mod demo;
#[path = "browser/driver.rs"]
mod driver;
#[path = "browser/fields.rs"]
mod fields;
#[path = "browser/hostile.rs"]
mod hostile;
#[path = "browser/live.rs"]
mod live;
#[path = "browser/looks.rs"]
mod looks;
#[path = "browser/outage.rs"]
mod outage;
#[path = "browser/scene.rs"]
mod scene;
mod support;
#[path = "browser/token.rs"]
mod token;
