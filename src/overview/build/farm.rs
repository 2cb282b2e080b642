//! Shares, and whether the farm earns.

use std::collections::BTreeMap;

use zartrux_actors::counters::{LaneCounts, LatencyCounts, ShareCounts};

use super::upstream::Session;
use crate::overview::{Earning, Fleet, Shares};

/// When a pool last took a share, ms since 1970, as far as sessions and registry know.
pub(super) fn last_accepted(pools: &[Session], fleet: Option<&Fleet>) -> Option<u64> {
    let of_pools = pools
        .iter()
        .filter_map(|pool| pool.report.last_accepted_unix_ms)
        .max();
    // By the minute only.
    let of_registry = || fleet?.sums.as_ref()?.last_accepted_minute_ms;
    of_pools.or_else(of_registry)
}

pub(super) fn earning(
    counts: &LaneCounts,
    fleet: Option<&Fleet>,
    (last_accepted, now_ms): (Option<u64>, u64),
) -> Earning {
    let sums = fleet.and_then(|fleet| fleet.sums.as_ref());
    let answered = sums.map_or(0, |sums| sums.answered_1h);
    Earning {
        accepted_ratio_1h: sums
            .filter(|_| answered > 0)
            .map(|sums| ratio(sums.accepted_1h, answered)),
        answered_1h: answered,
        hash_rates: sums.map_or_else(Vec::new, |sums| sums.hash_rates.clone()),
        since_accepted_ms: last_accepted.map(|at| now_ms.saturating_sub(at)),
        miners: counts.connections.open,
        miners_at_work: counts.connections.logged_in,
        reply_micros: reply_micros(&counts.reply_latency),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a ratio of counts")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

/// Median and 99th percentile, as upper bounds of their buckets, µs.
fn reply_micros(latency: &LatencyCounts) -> Option<[u64; 2]> {
    Some([quantile(latency, 50)?, quantile(latency, 99)?])
}

fn quantile(latency: &LatencyCounts, percent: u64) -> Option<u64> {
    let total: u64 = latency.buckets.iter().sum();
    let wanted = total.saturating_mul(percent).div_ceil(100);
    if wanted == 0 {
        return None;
    }
    let mut seen = 0;
    let place = latency.buckets.iter().position(|count| {
        seen += count;
        seen >= wanted
    })?;
    Some(1 << place)
}

pub(super) fn shares(counts: ShareCounts) -> Shares {
    let named = |counts: BTreeMap<&'static str, u64>| {
        let owned = counts
            .into_iter()
            .map(|(name, count)| (name.to_owned(), count));
        owned.collect()
    };
    Shares {
        received: counts.received,
        pending: counts.pending,
        accepted: counts.accepted,
        rejected: named(counts.rejected),
        unanswered: counts.unanswered,
        credited: counts.credited,
        refused: named(counts.refused),
        held: counts.held,
        undeliverable: counts.undeliverable,
        overload: counts.overload,
        late: counts.stale,
        mended: counts.corrected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_the_upper_bounds_of_their_buckets() {
        let mut latency = LatencyCounts::default();
        assert_eq!(reply_micros(&latency), None);
        latency.buckets[5] = 98;
        latency.buckets[9] = 1;
        latency.buckets[20] = 1;
        assert_eq!(reply_micros(&latency), Some([32, 512]));
        latency.buckets[5] = 0;
        assert_eq!(reply_micros(&latency), Some([512, 1 << 20]));
    }
}
