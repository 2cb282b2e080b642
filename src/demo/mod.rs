//! The demo's embedded pool and miners: nothing to configure, real RandomX, the real proxy
//! between.
//!
//! Pool and miners are peers of the proxy, not parts of it. They share none of its parsing,
//! admission or arithmetic, so that what they say about it is evidence.

mod args;
pub mod blob;
mod clock;
mod farm;
mod hex;
mod interrupt;
mod launch;
pub mod lines;
pub mod miner;
pub mod pool;
pub mod randomx;
pub mod target;
pub mod view;
pub mod wire;

use std::process::ExitCode;

pub use args::DemoArgs;
pub use farm::run_until;
pub use launch::{LaunchProxy, RunningProxy};

use view::Screen;

/// `zartrux demo`: runs until Ctrl-C, a termination signal, or the time asked for is over.
///
/// The exit code is 0 if the pool accepted shares, the failing miner's wrong shares were found
/// out, none of them reached the pool and no good share was called bad; else 1, and the last
/// lines say why.
///
/// # Errors
/// Something could not be started, the proxy could not be stopped, or the output is closed.
pub fn run(args: &DemoArgs, launch: impl LaunchProxy) -> anyhow::Result<ExitCode> {
    let passed = run_until(
        args,
        launch,
        &mut Screen::stdout(),
        interrupt::interrupted(),
    )?;
    Ok(if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
