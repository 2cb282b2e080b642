//! Ctrl-C and termination.

use std::future;

/// Ready once the process is asked to end. Until it is first polled, the process simply ends.
pub(super) async fn interrupted() {
    tokio::select! {
        heard = tokio::signal::ctrl_c() => if heard.is_err() {
            // No handler can be had: then the system ends the process, as it always does.
            future::pending::<()>().await;
        },
        () = terminated() => {}
    }
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};

    match signal(SignalKind::terminate()) {
        Ok(mut signals) => {
            signals.recv().await;
        }
        Err(_) => future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    future::pending().await
}
