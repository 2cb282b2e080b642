//! Hash rates in xmrig-proxy's spans and units.

use zartrux_actors::store::registry::State;
use zartrux_actors::store::state::StateError;
use zartrux_models::ledger::Level;
use zartrux_models::share::RigKey;

const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const MINUTES: [u64; 3] = [1, 10, 60];
const HOURS: [u64; 2] = [12, 24];

/// Hashes per second over 1 minute, 10 minutes, 1 hour, 12 hours and 24 hours, from good shares, of
/// one rig or of all.
///
/// Minutes are complete ones, so that the one that has just begun does not weigh it down; the two
/// long spans begin with a full hour and last until now. A rig that came later counts as idle
/// before, as xmrig-proxy has it.
pub(super) fn rates_of(
    state: &State,
    rig: Option<RigKey>,
    now_ms: u64,
) -> Result<[f64; 5], StateError> {
    let this_minute = Level::Minute.cell_start(now_ms);
    let longest = this_minute.saturating_sub(60 * MINUTE_MS);
    let minutes = state
        .book
        .history(rig, Level::Minute, longest, this_minute)?;
    let day = now_ms.saturating_sub(24 * HOUR_MS);
    let hours = state.book.history(rig, Level::Hour, day, now_ms + 1)?;
    let work_since = |cells: &[(u64, zartrux_models::ledger::Cell)], since: u64| -> u64 {
        let later = cells.iter().filter(|(at, _)| *at >= since);
        later.map(|(_, cell)| cell.work_asked).sum()
    };
    let [one, ten, hour] = MINUTES.map(|count| {
        let since = this_minute.saturating_sub(count * MINUTE_MS);
        per_second(work_since(&minutes, since), count * MINUTE_MS)
    });
    let [half_day, day] = HOURS.map(|count| {
        let since = Level::Hour.cell_start(now_ms.saturating_sub(count * HOUR_MS));
        per_second(work_since(&hours, since), now_ms.saturating_sub(since))
    });
    Ok([one, ten, hour, half_day, day])
}

/// Hashes per second; 0 over no time.
pub(super) fn per_second(hashes: u64, span_ms: u64) -> f64 {
    if span_ms == 0 {
        return 0.0;
    }
    hashes as f64 * 1_000.0 / span_ms as f64
}

/// Thousands of hashes per second with two digits, cut, as xmrig-proxy writes them.
pub(super) fn kilo(per_second: f64) -> f64 {
    (per_second / 1_000.0 * 100.0).floor() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_told_in_thousands_with_two_digits_cut() {
        for (per_second, told) in [(0.0, 0.0), (9.99, 0.0), (12_345.6, 12.34), (1e6, 1_000.0)] {
            assert!((kilo(per_second) - told).abs() < 1e-9, "{per_second}");
        }
        assert!((per_second(120_000, 60_000) - 2_000.0).abs() < 1e-9);
        assert!(per_second(5, 0).abs() < 1e-9);
    }
}
