//! What the registry keeps of rigs, asked for a few at a time on its own thread.

use std::time::Duration;

use zartrux_actors::clock::Clock;
use zartrux_actors::store::registry::{NoAnswer, RegistryLink, State};
use zartrux_actors::store::state::StateError;
use zartrux_models::ledger::{Cell, HashRate, Level, Names, Presence, RigEntry};
use zartrux_models::share::RigKey;

use crate::overview::RateShown;
use crate::overview::fleet::{FarmSums, RigShares};

/// Rigs of one question: some milliseconds at most.
const AT_A_TIME: usize = 256;
/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(3);
/// How sure an interval is.
pub(super) const CONFIDENCE: f64 = 0.95;

/// The registry does not answer, or can't read.
#[derive(Debug)]
pub(super) struct Silent;

impl From<NoAnswer> for Silent {
    fn from(_: NoAnswer) -> Self {
        Self
    }
}

impl From<StateError> for Silent {
    fn from(_: StateError) -> Self {
        Self
    }
}

/// Asks, and waits for a while.
pub(super) async fn ask<R: Send + 'static>(
    registry: &RegistryLink,
    question: impl FnOnce(&State) -> Result<R, StateError> + Send + 'static,
) -> Result<R, Silent> {
    let asked = registry.ask(question);
    match actix_web::rt::time::timeout(PATIENCE, asked).await {
        Ok(answer) => Ok(answer??),
        Err(_) => Err(Silent),
    }
}

/// A rig as the registry keeps it, as far as it is shown.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) key: RigKey,
    pub(super) names: Names,
    pub(super) presence: Presence,
    pub(super) first_seen_ms: u64,
    /// 0 before the first.
    pub(super) last_share_ms: u64,
    pub(super) difficulty: Option<u64>,
    pub(super) shares: RigShares,
}

impl Kept {
    fn of(rig: RigEntry, presence: Presence) -> Self {
        let sum = |counts: &[u64]| {
            counts
                .iter()
                .fold(0u64, |sum, more| sum.saturating_add(*more))
        };
        let all = &rig.lifetime;
        Self {
            key: rig.key,
            presence,
            first_seen_ms: rig.first_seen_ms,
            last_share_ms: rig.last_share_ms,
            difficulty: rig.last_asked().map(|difficulty| difficulty.get()),
            shares: RigShares {
                accepted: all.accepted,
                rejected: sum(&all.rejected),
                refused: sum(&all.refused).saturating_add(sum(&all.refusals_unlisted)),
            },
            names: rig.names,
        }
    }
}

/// All rigs of the registry.
#[derive(Debug, Default)]
pub(super) struct AllKept {
    /// At most as many as were asked for.
    pub(super) rigs: Vec<Kept>,
    /// How many there are.
    pub(super) known: usize,
}

/// Asks for all rigs, at most `most`; also says how long the registry was busy with it.
pub(super) async fn rigs(
    registry: &RegistryLink,
    clock: Clock,
    most: usize,
) -> Result<(AllKept, Duration), Silent> {
    let mut all = AllKept::default();
    let mut busy = Duration::ZERO;
    let mut after = None;
    while all.rigs.len() < most {
        let (some, known, took) = ask(registry, move |state| {
            let began = clock.now();
            let now_ms = clock.unix_millis();
            let some = state.book.rigs_from(after, AT_A_TIME)?;
            let kept: Vec<Kept> = some
                .into_iter()
                .map(|rig| {
                    let presence = state.expectation.presence(&rig, now_ms);
                    Kept::of(rig, presence)
                })
                .collect();
            let took = clock.now().saturating_duration_since(began);
            Ok((kept, state.book.len(), took))
        })
        .await?;
        busy += took;
        all.known = known;
        let Some(last) = some.last() else {
            break;
        };
        after = Some(last.key);
        all.rigs.extend(some);
    }
    all.rigs.truncate(most);
    Ok((all, busy))
}

/// Sums of the whole farm; `since_ms` is when its first rig was seen.
pub(super) async fn sums(
    registry: &RegistryLink,
    now_ms: u64,
    since_ms: Option<u64>,
) -> Result<FarmSums, Silent> {
    ask(registry, move |state| {
        let minutes_from = Level::Minute.cell_start(now_ms.saturating_sub(59 * 60_000));
        let hours_from = Level::Hour.cell_start(now_ms.saturating_sub(23 * 3_600_000));
        let after = now_ms + 1;
        let minutes = state
            .book
            .history(None, Level::Minute, minutes_from, after)?;
        let hours = state.book.history(None, Level::Hour, hours_from, after)?;
        Ok(sums_of(
            &minutes,
            &hours,
            now_ms,
            since_ms.unwrap_or(now_ms),
        ))
    })
    .await
}

/// From the minutes of the last hour and the hours of the last day.
pub(super) fn sums_of(
    minutes: &[(u64, Cell)],
    hours: &[(u64, Cell)],
    now_ms: u64,
    since_ms: u64,
) -> FarmSums {
    let ten_minutes = Level::Minute.cell_start(now_ms.saturating_sub(9 * 60_000));
    let hour = Level::Minute.cell_start(now_ms.saturating_sub(59 * 60_000));
    let day = Level::Hour.cell_start(now_ms.saturating_sub(23 * 3_600_000));
    let mut rates = Vec::new();
    for (over, cells, from) in [
        ("10m", minutes, ten_minutes),
        ("1h", minutes, hour),
        ("24h", hours, day),
    ] {
        let sum = merged(cells, from);
        // A farm that is known for less has worked for less.
        let span = now_ms.saturating_sub(from.max(since_ms));
        if let Some(rate) = HashRate::from_shares(&sum, span, CONFIDENCE) {
            rates.push(RateShown {
                over,
                per_second: rate.per_second,
                low: rate.low,
                high: rate.high,
                shares: rate.shares,
            });
        }
    }
    let last = merged(minutes, hour);
    let rejected = last.rejected.iter().sum::<u64>();
    FarmSums {
        hash_rates: rates,
        accepted_1h: last.accepted,
        answered_1h: last.accepted.saturating_add(rejected),
        last_accepted_minute_ms: minutes
            .iter()
            .rev()
            .find(|(_, cell)| cell.accepted > 0)
            .map(|(start, _)| *start),
    }
}

fn merged(cells: &[(u64, Cell)], from: u64) -> Cell {
    let mut sum = Cell::default();
    for (_, cell) in cells.iter().filter(|(start, _)| *start >= from) {
        sum.merge(cell);
    }
    sum
}
