//! Passwords checked on threads of their own: a check takes longer than a lane may be busy.

use std::io;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;

use super::addresses::Place;
use super::credentials::{Claim, Credentials};
use super::turned::Turned;
use super::{Doorkeeper, Rules};
use crate::supervision::cause_of;

/// Checks that may wait. What is beyond is told to come again: at 20 ms each on two threads the last
/// of these waits as long as a login may take by default.
pub(super) const WAITING: usize = 1024;
/// Threads: each takes 19 MiB while it checks.
const THREADS: usize = 2;

/// What a check came to.
pub(crate) type Outcome = Result<(), Turned>;

/// Who is told of it, on the verifier's thread.
pub(crate) type Answer = Box<dyn FnOnce(Outcome) + Send>;

/// A login to be checked.
pub(super) struct Check {
    pub(super) claim: Claim,
    /// Where the miner is, and as limits count it.
    pub(super) from: (IpAddr, Place),
    pub(super) rules: Arc<Rules>,
    pub(super) credentials: Arc<Credentials>,
    /// Gone when the miner is.
    pub(super) wanted: Weak<()>,
    pub(super) answer: Answer,
}

/// The way to the threads; they end when it is dropped.
pub(super) struct Verifier(SyncSender<Check>);

impl Verifier {
    pub(super) fn start(keeper: &Weak<Doorkeeper>) -> io::Result<Self> {
        let (send, receive) = sync_channel(WAITING);
        let receive = Arc::new(Mutex::new(receive));
        for number in 0..THREADS {
            let (receive, keeper) = (Arc::clone(&receive), Weak::clone(keeper));
            thread::Builder::new()
                .name(format!("password/{number}"))
                .spawn(move || work(&receive, &keeper))?;
        }
        Ok(Self(send))
    }

    /// Has a login checked; false when too many wait.
    pub(super) fn check(&self, check: Check) -> bool {
        self.0.try_send(check).is_ok()
    }
}

fn work(receive: &Mutex<Receiver<Check>>, keeper: &Weak<Doorkeeper>) {
    loop {
        let next = receive
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        let (Ok(check), Some(keeper)) = (next, keeper.upgrade()) else {
            return;
        };
        if check.wanted.strong_count() == 0 {
            // The miner has left: nobody waits.
            continue;
        }
        // Nothing starts these threads anew: whatever panics costs its own login alone.
        let verified = catch_unwind(AssertUnwindSafe(|| keeper.verify(&check)));
        let outcome = verified.unwrap_or_else(|panic| {
            tracing::error!(cause = cause_of(panic.as_ref()), "a password check failed");
            Err(Turned::Busy)
        });
        let answer = check.answer;
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| answer(outcome))) {
            let cause = cause_of(panic.as_ref());
            tracing::error!(cause, "the answer of a password check failed");
        }
    }
}
