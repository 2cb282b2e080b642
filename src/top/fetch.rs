//! The thread that asks the daemon once a second.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::Value;
use zartrux_actors::clock::Clock;

use super::seen::{EVENTS_MAX, Field, Seen};
use crate::client::{Answer, Daemon};
use crate::plain::plain;

/// From one question to the next.
const PAUSE: Duration = Duration::from_secs(1);

/// What was fetched last.
#[derive(Debug, Default)]
struct Latest {
    seen: Seen,
    /// When the daemon last answered.
    at: Option<Instant>,
}

/// Asks on and on, until the process ends.
#[derive(Debug)]
pub(super) struct Fetcher {
    latest: Arc<Mutex<Latest>>,
    clock: Clock,
}

impl Fetcher {
    /// Starts asking.
    ///
    /// # Errors
    /// No thread can be started.
    pub(super) fn start(daemon: Daemon, clock: Clock) -> Result<Self> {
        let mut latest = Latest::default();
        latest.seen.url = plain(daemon.url());
        let latest = Arc::new(Mutex::new(latest));
        let filled = Arc::clone(&latest);
        thread::Builder::new()
            .name("fetch".to_owned())
            .spawn(move || {
                loop {
                    fetch(&daemon, &filled, clock);
                    thread::park_timeout(PAUSE);
                }
            })
            .context("can't start the thread that asks the daemon")?;
        Ok(Self { latest, clock })
    }

    /// What is known now.
    pub(super) fn seen(&self) -> Seen {
        let latest = lock(&self.latest);
        let mut seen = latest.seen.clone();
        let age = latest
            .at
            .map(|at| self.clock.now().saturating_duration_since(at));
        seen.age_s = age.unwrap_or_default().as_secs();
        seen
    }
}

fn lock(latest: &Mutex<Latest>) -> MutexGuard<'_, Latest> {
    latest.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asks without holding the lock: drawing never waits for the network.
fn fetch(daemon: &Daemon, latest: &Mutex<Latest>, clock: Clock) {
    let overview = match overview(daemon) {
        Ok(overview) => overview,
        Err(fault) => {
            lock(latest).seen.fault = Some(plain(&format!("{fault:#}")));
            return;
        }
    };
    let newest = Field::of(Some(&overview)).at("events_seq").whole();
    let known = lock(latest).seen.events.back().and_then(seq).unwrap_or(0);
    // One that has fewer events than before is another process.
    let restarted = newest.is_some_and(|newest| newest < known);
    let known = if restarted { 0 } else { known };
    let fresh = match newest {
        Some(newest) if newest > known => events(daemon, known),
        Some(_) | None => Vec::new(),
    };
    let mut latest = lock(latest);
    if restarted {
        latest.seen.events.clear();
    }
    latest.seen.events.extend(fresh);
    let surplus = latest.seen.events.len().saturating_sub(EVENTS_MAX);
    latest.seen.events.drain(..surplus);
    latest.seen.overview = Some(overview);
    latest.seen.fault = None;
    latest.at = Some(clock.now());
}

fn overview(daemon: &Daemon) -> Result<Value> {
    let answer = daemon.get("/api/v1/overview")?;
    match answer.status {
        200 if answer.body.is_object() => Ok(answer.body),
        200 => bail!("what answers there is not Zartrux"),
        401 => bail!("the monitor asks for a token: --token-file"),
        403 => bail!("the monitor does not allow it with this token"),
        404 => bail!("what answers there is not Zartrux, or a version without an overview"),
        status => bail!("the answer has status {status}"),
    }
}

/// The events after that number, the oldest first; none where they can't be had.
fn events(daemon: &Daemon, after: u64) -> Vec<Value> {
    let path = format!("/api/v1/events?after={after}");
    let answer = daemon.get(&path).and_then(|answer| {
        let is_good = answer.status == 200;
        is_good
            .then_some(answer)
            .ok_or_else(|| anyhow!("no events"))
    });
    let mut events = answer.map(listed).unwrap_or_default();
    events.retain(|event| seq(event).is_some_and(|seq| seq > after));
    events.sort_by_key(seq);
    events
}

fn listed(answer: Answer) -> Vec<Value> {
    let mut body = answer.body;
    let list = match body.get_mut("events") {
        Some(events) => events.take(),
        None => body,
    };
    if let Value::Array(events) = list {
        events
    } else {
        Vec::new()
    }
}

fn seq(event: &Value) -> Option<u64> {
    event.get("seq")?.as_u64()
}
