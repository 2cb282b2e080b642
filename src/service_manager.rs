//! What the service manager is told, as systemd's `sd_notify` has it. Without `NOTIFY_SOCKET` in the
//! environment nothing is told to anybody.
//!
//! Ready means that the listeners are open and the monitor answers, not that an upstream serves: a
//! pool may be down for hours, and a start that waits for it would be taken for one that failed. What
//! is not as it should be stands in the status.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use anyhow::{Context as _, Result};
use sd_notify::NotifyState;

use crate::node::NodeView;

/// How often it is looked whether the status is another.
const LOOK: Duration = Duration::from_secs(1);
/// Shortest and longest silence of a lane, or of the root thread, at which the service manager is no
/// longer told that all is well.
const SILENCE: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(5)];
/// Longest hand-over: settling what is pending, and two programs that take their time.
const HAND_OVER: Duration = Duration::from_secs(300);
/// Longest status, bytes.
const STATUS_MAX: usize = 200;

/// The start is over, or a reload is.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The daemon is leaving.
pub fn stopping() {
    tell(&[
        NotifyState::Stopping,
        NotifyState::Status("leaving: settling what is pending"),
    ]);
}

/// Another process is the daemon from now on. It must be one of the service.
pub fn main_process(process: u32) {
    tell(&[NotifyState::MainPid(process), NotifyState::Ready]);
}

/// Tells that all is well while the daemon hands over, which [`watch`] does not see: until what is
/// returned is dropped, and no longer than a hand-over may take.
#[must_use]
pub fn keep_alive() -> Option<KeptAlive> {
    let patience = sd_notify::watchdog_enabled().filter(|patience| !patience.is_zero())?;
    let (end, ended) = mpsc::sync_channel(0);
    let pause = (patience / 3).max(Duration::from_millis(10));
    let turns = HAND_OVER.as_nanos() / pause.as_nanos().max(1);
    let thread = std::thread::Builder::new()
        .name("status".to_owned())
        .spawn(move || {
            for _ in 0..turns {
                tell(&[NotifyState::Watchdog]);
                if ended.recv_timeout(pause) != Err(mpsc::RecvTimeoutError::Timeout) {
                    return;
                }
            }
        });
    // Without it the service manager may end the hand-over, and start the service anew.
    thread
        .inspect_err(|fault| tracing::warn!(%fault, "no thread for signs of life"))
        .ok()?;
    Some(KeptAlive { _end: end })
}

/// Signs of life, until it is dropped.
#[derive(Debug)]
pub struct KeptAlive {
    _end: mpsc::SyncSender<()>,
}

/// A reload begins. [`ready`] must follow, whatever came of it.
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        // Newer service managers take a reload without its time for a failure.
        Err(fault) => tracing::warn!(%fault, "the service manager is not told of the reload"),
    }
}

/// Tells the status as it changes, and that all is well for as long as it is, until the daemon leaves.
///
/// # Errors
/// No thread can be started.
pub fn watch(view: Arc<NodeView>) -> Result<()> {
    if std::env::var_os("NOTIFY_SOCKET").is_none() {
        return Ok(());
    }
    let watchdog = sd_notify::watchdog_enabled().filter(|patience| !patience.is_zero());
    std::thread::Builder::new()
        .name("status".to_owned())
        .spawn(move || tell_on(&view, watchdog))
        .context("can't start the thread that tells the service manager")?;
    Ok(())
}

fn tell_on(view: &NodeView, watchdog: Option<Duration>) {
    let pause = watchdog.map_or(LOOK, |patience| LOOK.min(patience / 2));
    let pause = pause.max(Duration::from_millis(10));
    let silence = watchdog
        .map_or(SILENCE[1], |patience| patience / 2)
        .clamp(SILENCE[0], SILENCE[1]);
    let clock = view.clock();
    let mut told = String::new();
    let mut pinged = None;
    while !view.is_draining() {
        let state = State::of(view, silence);
        let status = cut(&state.to_string());
        if status != told {
            tell(&[NotifyState::Status(&status)]);
            told = status;
        }
        let now = clock.now();
        let due = |patience: Duration| {
            pinged.is_none_or(|last| now.saturating_duration_since(last) + pause > patience / 2)
        };
        if state.is_alive() && watchdog.is_some_and(due) {
            tell(&[NotifyState::Watchdog]);
            pinged = Some(now);
        }
        std::thread::park_timeout(pause);
    }
}

/// How the daemon is, as far as one sentence goes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// A lane does not answer.
    LaneSilent(usize),
    /// The root thread does not answer.
    RootSilent,
    /// Miners can't be served, and why.
    NotReady(String),
    /// Miners can be served: how many there are, and by whom.
    Serving { miners: u64, upstreams: Vec<String> },
}

impl State {
    fn of(view: &NodeView, silence: Duration) -> Self {
        if let Some(lane) = view.silent_lane(silence) {
            return Self::LaneSilent(lane);
        }
        if view.root_silent_for() > silence {
            return Self::RootSilent;
        }
        let readiness = view.readiness();
        if !readiness.ready {
            return Self::NotReady(readiness.reasons.join("; "));
        }
        let pools = view.pools().into_iter().filter(|pool| pool.serving);
        let mut upstreams: Vec<String> = pools.map(|pool| pool.upstream).collect();
        upstreams.sort();
        upstreams.dedup();
        Self::Serving {
            miners: view.counts().connections.open,
            upstreams,
        }
    }

    /// Whether every thread that the farm depends on answers.
    const fn is_alive(&self) -> bool {
        match self {
            Self::LaneSilent(_) | Self::RootSilent => false,
            Self::NotReady(_) | Self::Serving { .. } => true,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LaneSilent(lane) => write!(f, "lane {lane} does not answer"),
            Self::RootSilent => f.write_str("the root thread does not answer"),
            Self::NotReady(reasons) => write!(f, "not ready: {reasons}"),
            Self::Serving { miners, upstreams } => {
                let miners_are = if *miners == 1 { "miner" } else { "miners" };
                write!(
                    f,
                    "serving {miners} {miners_are} from {}",
                    upstreams.join(", ")
                )
            }
        }
    }
}

/// One line of bounded length: a break of line would end the status and begin another message.
fn cut(status: &str) -> String {
    let mut line: String = status
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if line.len() > STATUS_MAX {
        let mut end = STATUS_MAX;
        while !line.is_char_boundary(end) {
            end -= 1;
        }
        line.truncate(end);
        line.push('…');
    }
    line
}

fn tell(states: &[NotifyState<'_>]) {
    static FAILED: AtomicBool = AtomicBool::new(false);
    if let Err(fault) = sd_notify::notify(states)
        && !FAILED.swap(true, Ordering::Relaxed)
    {
        tracing::warn!(%fault, "the service manager can't be told");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_thread_that_does_not_answer_withholds_the_sign_of_life() {
        assert!(!State::LaneSilent(3).is_alive());
        assert!(!State::RootSilent.is_alive());
        let down = State::NotReady("lane 0: no upstream has a fresh job".to_owned());
        assert!(down.is_alive(), "a restart would not bring the pool back");
    }

    #[test]
    fn a_status_is_one_line_of_bounded_length() {
        let status = State::NotReady(format!("a\nWATCHDOG=trigger\n{}", "ü".repeat(300)));
        let line = cut(&status.to_string());
        assert!(
            line.starts_with("not ready: a WATCHDOG=trigger ü"),
            "{line}"
        );
        assert!(!line.contains('\n'));
        assert!(line.len() <= STATUS_MAX + '…'.len_utf8());
    }

    #[test]
    fn a_status_says_who_is_served_by_whom() {
        let serving = |miners| State::Serving {
            miners,
            upstreams: vec!["a:1".to_owned(), "b:2".to_owned()],
        };
        assert_eq!(serving(1).to_string(), "serving 1 miner from a:1, b:2");
        assert_eq!(serving(0).to_string(), "serving 0 miners from a:1, b:2");
    }
}
