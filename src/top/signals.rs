//! Signals that end `zartrux top`: the terminal must be given back first.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::signal::unix::{SignalKind, signal};

use crate::node::ExitCode;

/// How long ending may take. Where the terminal itself is gone, reading from it never ends.
const PATIENCE: Duration = Duration::from_secs(1);

/// From now on SIGINT, SIGTERM and SIGHUP do not end the process by themselves: what is returned
/// says whether one came. Whoever has not ended a second later is ended.
///
/// # Errors
/// The system allows no handler, or no thread.
pub(super) fn listen() -> Result<impl Fn() -> bool> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("can't wait for signals")?;
    let kinds = [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ];
    let [mut interrupt, mut terminate, mut hangup] = {
        let _entered = runtime.enter();
        let [a, b, c] = kinds.map(signal);
        [a?, b?, c?]
    };
    let came = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&came);
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                    _ = hangup.recv() => {}
                }
                came.store(true, Ordering::Relaxed);
                tokio::time::sleep(PATIENCE).await;
            });
            ratatui::restore();
            std::process::exit(ExitCode::Done as i32);
        })
        .context("can't wait for signals")?;
    Ok(move || told.load(Ordering::Relaxed))
}
