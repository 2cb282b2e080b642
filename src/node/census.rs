//! Rigs counted by presence, and the figures of some of them. That takes a look at every rig of
//! the registry, so it is done now and then, a few rigs at a time, and what came of it is kept.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actix_web::rt::time::timeout;
use tokio::sync::Notify;
use zartrux_actors::store::registry::{RegistryLink, State};
use zartrux_actors::store::state::StateError;
use zartrux_models::ledger::{Cell, HashRate, Level, Presence, RigEntry};
use zartrux_models::share::RigKey;

/// What came of a count.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Counted {
    /// Rigs in the order of [`Presence::ALL`].
    pub(crate) presence: [u64; Presence::ALL.len()],
    /// Figures of the rigs with the lowest keys; none unless the settings ask for them.
    pub(crate) rigs: Vec<CountedRig>,
    /// Rigs whose figures would have been too many.
    pub(crate) left_out: u64,
}

/// Figures of a rig.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CountedRig {
    pub(crate) rig: RigKey,
    /// As it logged in, a wallet masked; hostile bytes.
    pub(crate) user: Box<str>,
    /// Likewise.
    pub(crate) rig_id: Box<str>,
    pub(crate) presence: Presence,
    pub(crate) accepted: u64,
    pub(crate) credited: u64,
    pub(crate) rejected: u64,
    /// Those at the door included.
    pub(crate) refused: u64,
    /// Hashes per second over ten minutes; none without a share in them.
    pub(crate) rate: Option<f64>,
    /// None before the first.
    pub(crate) last_share_ms: Option<u64>,
    /// That it was asked for last, hashes.
    pub(crate) difficulty: Option<u64>,
}

/// Counts now and then.
#[derive(Debug)]
pub(crate) struct Census {
    /// Rigs whose figures are kept.
    most: usize,
    kept: Mutex<Kept>,
    ended: Notify,
}

#[derive(Debug, Default)]
struct Kept {
    /// A count is under way since then.
    running: Option<Instant>,
    /// When the last one ended, and how long it took.
    last: Option<(Instant, Duration)>,
    counted: Option<Arc<Counted>>,
}

impl Census {
    /// Time between two counts, at least.
    const EVERY: Duration = Duration::from_secs(15);
    /// Of the registry's time, no more than one part in so many goes into counting.
    const SHARE: u32 = 20;
    /// How long what was counted is told although no newer count ends.
    const STALE: Duration = Duration::from_secs(60);
    /// Rigs that are looked at in one step of the registry.
    const AT_A_TIME: usize = 256;
    /// How long one such step is waited for.
    const PATIENCE: Duration = Duration::from_secs(3);
    /// How sure an interval is that nobody is shown.
    const CONFIDENCE: f64 = 0.95;
    const MINUTE_MS: u64 = 60_000;
    /// Minutes that hash rates are of.
    const MINUTES: u64 = 10;

    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            kept: Mutex::default(),
            ended: Notify::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether whoever asks is to count now; if so, it must call [`Self::count`].
    pub(crate) fn begin(&self, now: Instant) -> bool {
        let mut kept = self.lock();
        let due = kept.last.is_none_or(|(ended, took)| {
            now.saturating_duration_since(ended) >= Self::EVERY.max(took * Self::SHARE)
        });
        let begins = due && kept.running.is_none();
        if begins {
            kept.running = Some(now);
        }
        begins
    }

    /// What was counted last; none before the first count, or where it is too old.
    pub(crate) fn counted(&self, now: Instant) -> Option<Arc<Counted>> {
        let kept = self.lock();
        let (ended, took) = kept.last?;
        let lasts = Self::EVERY.max(took * Self::SHARE) + Self::STALE;
        let fresh = now.saturating_duration_since(ended) <= lasts;
        kept.counted.clone().filter(|_| fresh)
    }

    /// Waits until a count that is under way has ended, for as long as `patience`.
    pub(crate) async fn wait(&self, patience: Duration) {
        let ended = self.ended.notified();
        if self.lock().running.is_some() {
            // Whoever asked goes on with what there is.
            let _ = timeout(patience, ended).await;
        }
    }

    /// Counts. Nobody else does until this has ended.
    pub(crate) async fn count(
        &self,
        registry: &RegistryLink,
        unix_ms: u64,
        now: impl Fn() -> Instant,
    ) {
        let mut counted = Counted::default();
        let mut after = None;
        let whole = loop {
            let room = self.most - counted.rigs.len();
            let part = registry.ask(move |state| part(state, after, room, unix_ms));
            match timeout(Self::PATIENCE, part).await {
                Ok(Ok(Ok(Some(part)))) => {
                    after = Some(part.last);
                    for (all, some) in counted.presence.iter_mut().zip(part.presence) {
                        *all += some;
                    }
                    counted.rigs.extend(part.rigs);
                }
                Ok(Ok(Ok(None))) => break true,
                Ok(Ok(Err(_)) | Err(_)) | Err(_) => break false,
            }
        };
        counted.left_out = if self.most == 0 {
            0
        } else {
            counted.presence.iter().sum::<u64>() - counted.rigs.len() as u64
        };
        let now = now();
        let mut kept = self.lock();
        let began = kept.running.take().unwrap_or(now);
        kept.last = Some((now, now.saturating_duration_since(began)));
        kept.counted = whole.then(|| Arc::new(counted));
        drop(kept);
        self.ended.notify_waiters();
    }
}

/// Some rigs, in the order of their keys.
struct Part {
    last: RigKey,
    presence: [u64; Presence::ALL.len()],
    rigs: Vec<CountedRig>,
}

/// On the registry's thread: the rigs after one, the figures of up to `room` of them; none at the
/// end.
fn part(
    state: &State,
    after: Option<RigKey>,
    room: usize,
    unix_ms: u64,
) -> Result<Option<Part>, StateError> {
    let rigs = state.book.rigs_from(after, Census::AT_A_TIME)?;
    let Some(last) = rigs.last() else {
        return Ok(None);
    };
    let mut part = Part {
        last: last.key,
        presence: [0; Presence::ALL.len()],
        rigs: Vec::with_capacity(room.min(rigs.len())),
    };
    for rig in &rigs {
        let is = state.expectation.presence(rig, unix_ms);
        for (count, presence) in part.presence.iter_mut().zip(Presence::ALL) {
            *count += u64::from(presence == is);
        }
        if part.rigs.len() < room {
            let rate = rate(state, rig, unix_ms)?;
            part.rigs.push(CountedRig::of(rig, is, rate));
        }
    }
    Ok(Some(part))
}

/// Hashes per second of the last minutes, from shares.
fn rate(state: &State, rig: &RigEntry, unix_ms: u64) -> Result<Option<f64>, StateError> {
    let from = unix_ms.saturating_sub((Census::MINUTES - 1) * Census::MINUTE_MS);
    if rig.last_share_ms < from.saturating_sub(Census::MINUTE_MS) {
        return Ok(None);
    }
    let until = unix_ms + Census::MINUTE_MS;
    let cells = state
        .book
        .history(Some(rig.key), Level::Minute, from, until)?;
    let mut sum = Cell::default();
    for (_, cell) in cells {
        sum.merge(&cell);
    }
    // A rig that is known for less has worked for less.
    let known = unix_ms.saturating_sub(rig.first_seen_ms);
    let span = (Census::MINUTES * Census::MINUTE_MS).min(known);
    let rate = HashRate::from_shares(&sum, span, Census::CONFIDENCE);
    Ok(rate.map(|rate| rate.per_second))
}

impl CountedRig {
    fn of(rig: &RigEntry, presence: Presence, rate: Option<f64>) -> Self {
        let shares = &rig.lifetime;
        let sum = |counts: &[u64]| counts.iter().sum::<u64>();
        Self {
            rig: rig.key,
            user: rig.names.user.clone(),
            rig_id: rig.names.rig_id.clone(),
            presence,
            accepted: shares.accepted,
            credited: shares.credited,
            rejected: sum(&shares.rejected),
            refused: sum(&shares.refused) + sum(&shares.refusals_unlisted),
            rate,
            last_share_ms: (rig.last_share_ms > 0).then_some(rig.last_share_ms),
            difficulty: rig.last_asked().map(|difficulty| difficulty.get()),
        }
    }
}

#[cfg(test)]
mod tests {
    use zartrux_actors::clock::Clock;

    use super::*;

    fn ended(census: &Census, at: Instant, took: Duration) {
        let mut kept = census.lock();
        kept.running = None;
        kept.last = Some((at, took));
        kept.counted = Some(Arc::default());
    }

    #[test]
    fn only_one_counts_and_not_too_often() {
        let census = Census::new(0);
        let start = Clock.now();
        assert!(census.begin(start));
        assert!(!census.begin(start), "one is under way");
        ended(&census, start, Duration::from_millis(10));
        let after = |seconds| start + Duration::from_secs(seconds);
        assert!(!census.begin(after(14)));
        assert!(census.begin(after(15)));
    }

    #[test]
    fn a_count_that_takes_long_is_made_seldom() {
        let census = Census::new(0);
        let start = Clock.now();
        ended(&census, start, Duration::from_secs(3));
        assert!(!census.begin(start + Duration::from_secs(59)));
        assert!(census.begin(start + Duration::from_secs(60)));
    }

    #[test]
    fn what_is_too_old_is_not_told() {
        let census = Census::new(0);
        let start = Clock.now();
        assert_eq!(census.counted(start), None);
        ended(&census, start, Duration::ZERO);
        assert!(census.counted(start + Duration::from_secs(75)).is_some());
        assert_eq!(census.counted(start + Duration::from_secs(76)), None);
    }
}
