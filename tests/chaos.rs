//! Faults forced into every kind of actor while miners work: no share is lost or doubled by them,
//! no reply either, the counts add up at every look, and no other actor is touched.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

mod support;

#[path = "chaos/proofs.rs"]
mod proofs;
#[path = "chaos/repeated.rs"]
mod repeated;
#[path = "chaos/stages.rs"]
mod stages;
#[path = "chaos/storm.rs"]
mod storm;
#[path = "chaos/watch.rs"]
mod watch;

/// Keeps forced panics out of the test's output: they are meant, and there are hundreds.
fn hush_forced_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let text = panic.payload().downcast_ref::<&str>();
            if text != Some(&"drill: forced panic") {
                usual(panic);
            }
        }));
    });
}
