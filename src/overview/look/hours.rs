//! The last hour of each rig: how fast it was, and how many of its shares were refused. Reading it
//! takes the registry some 30 µs a rig, so that not all are read at each look.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use zartrux_actors::clock::Clock;
use zartrux_actors::store::registry::RegistryLink;
use zartrux_actors::store::state::StateError;
use zartrux_models::ledger::{Cell, HashRate, Level};
use zartrux_models::share::RigKey;

use super::registry::{CONFIDENCE, Kept, ask};
use crate::overview::fleet::RigRate;

/// The last hour of a rig.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Hour {
    /// When it was read, ms since 1970.
    read_ms: u64,
    /// How fast it was; none without a good share.
    pub(super) rate: Option<RigRate>,
    /// Refused by the pool or here.
    refused: u64,
    /// All its shares.
    shares: u64,
}

impl Hour {
    const MS: u64 = 3_600_000;
    /// So many shares must have been refused before a rig is said to fail,
    const REFUSED: u64 = 5;
    /// and one in so many.
    const ONE_IN: u64 = 5;

    /// From the minutes of the last hour of a rig that is known since a time.
    pub(super) fn of(
        minutes: &[(u64, Cell)],
        (from_ms, now_ms): (u64, u64),
        since_ms: u64,
    ) -> Self {
        let mut sum = Cell::default();
        for (_, cell) in minutes {
            sum.merge(cell);
        }
        let span = now_ms.saturating_sub(from_ms.max(since_ms));
        let rate = HashRate::from_shares(&sum, span, CONFIDENCE);
        let refusals = sum.refused.iter().chain(&sum.refusals_unlisted);
        let refused = refusals.chain(&sum.rejected).sum();
        Self {
            read_ms: now_ms,
            rate: rate.map(|rate| RigRate {
                per_second: rate.per_second,
                low: rate.low,
                high: rate.high,
            }),
            refused,
            shares: sum.shares() + sum.refusals_unlisted.iter().sum::<u64>(),
        }
    }

    /// Whether many of its shares are refused.
    pub(super) const fn is_failing(&self) -> bool {
        self.refused >= Self::REFUSED && self.refused >= self.shares.div_ceil(Self::ONE_IN)
    }

    pub(super) fn failing_words(&self) -> String {
        format!(
            "{} of its {} shares of the last hour were refused",
            self.refused, self.shares
        )
    }
}

/// The last hours of all rigs, kept from look to look.
#[derive(Debug, Default)]
pub(in crate::overview) struct Hours(Mutex<HashMap<RigKey, Hour>>);

impl Hours {
    /// Rigs that are read anew at a look, the longest unread first,
    const AGAIN: usize = 256;
    /// and those that were not read yet.
    const NEW: usize = 1_024;
    /// What was read since is not read again, ms.
    const FRESH_MS: u64 = 30_000;
    /// Rigs of one question.
    const AT_A_TIME: usize = 64;

    fn lock(&self) -> MutexGuard<'_, HashMap<RigKey, Hour>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A copy.
    pub(super) fn all(&self) -> HashMap<RigKey, Hour> {
        self.lock().clone()
    }

    /// Reads the hours of some rigs; says how long the registry was busy with it. Those of rigs
    /// without a share in the last hour are dropped.
    pub(super) async fn refresh(
        &self,
        registry: &RegistryLink,
        clock: Clock,
        rigs: &[Kept],
    ) -> Duration {
        let due = self.due(rigs, clock.unix_millis());
        let mut busy = Duration::ZERO;
        for some in due.chunks(Self::AT_A_TIME) {
            let some = some.to_vec();
            let read = ask(registry, move |state| {
                let (began, now_ms) = (clock.now(), clock.unix_millis());
                let from_ms = Level::Minute.cell_start(now_ms.saturating_sub(Hour::MS - 60_000));
                let read = |(rig, since_ms): &(RigKey, u64)| -> Result<_, StateError> {
                    let minutes =
                        state
                            .book
                            .history(Some(*rig), Level::Minute, from_ms, now_ms + 1)?;
                    Ok((*rig, Hour::of(&minutes, (from_ms, now_ms), *since_ms)))
                };
                let hours = some.iter().map(read).collect::<Result<Vec<_>, _>>()?;
                Ok((hours, clock.now().saturating_duration_since(began)))
            });
            // The rest is read at the next look.
            let Ok((hours, took)) = read.await else {
                break;
            };
            busy += took;
            self.lock().extend(hours);
        }
        busy
    }

    /// The rigs that are read now, with when they were first seen.
    fn due(&self, rigs: &[Kept], now_ms: u64) -> Vec<(RigKey, u64)> {
        let mut hours = self.lock();
        let at_work: HashMap<RigKey, u64> = rigs
            .iter()
            .filter(|rig| now_ms.saturating_sub(rig.last_share_ms) < Hour::MS)
            .map(|rig| (rig.key, rig.first_seen_ms))
            .collect();
        hours.retain(|rig, _| at_work.contains_key(rig));
        let mut again: Vec<(u64, RigKey)> = hours
            .iter()
            .filter(|(_, hour)| now_ms.saturating_sub(hour.read_ms) >= Self::FRESH_MS)
            .map(|(rig, hour)| (hour.read_ms, *rig))
            .collect();
        again.sort_unstable();
        let new = at_work.keys().filter(|rig| !hours.contains_key(rig));
        let again = again.iter().take(Self::AGAIN).map(|(_, rig)| rig);
        new.take(Self::NEW)
            .chain(again)
            .filter_map(|rig| Some((*rig, *at_work.get(rig)?)))
            .collect()
    }
}
