//! What became of shares.

use std::fmt;

use zartrux_actors::counters::{LaneCounts, LatencyCounts};
use zartrux_models::share::RefusalReason;
use zartrux_models::stratum::ErrorClass;

use super::writer::{Writer, each_of};

pub(super) fn write(writer: &mut Writer<'_, '_>, counts: &LaneCounts) -> fmt::Result {
    let shares = &counts.shares;
    writer.counter(
        (
            "zartrux_shares_received",
            "Submits from miners; equals forwarded + credited + refused + pending",
        ),
        shares.received,
    )?;
    writer.gauge(
        ("zartrux_shares_pending", "Admitted and not settled yet"),
        shares.pending,
    )?;
    let rejected = each_of(ErrorClass::ALL.map(ErrorClass::label), &shares.rejected);
    let refused = each_of(
        RefusalReason::ALL.map(RefusalReason::label),
        &shares.refused,
    );
    writer.counters(
        (
            "zartrux_shares_forwarded",
            "Shares written to an upstream, by what it said: accepted, unanswered, or the class of its refusal",
        ),
        ["outcome"],
        [
            (["accepted"], shares.accepted),
            (["unanswered"], shares.unanswered),
        ]
        .into_iter()
        .chain(rejected.map(|(class, count)| ([class], count))),
    )?;
    writer.counter(
        (
            "zartrux_shares_credited",
            "Shares that met only the miner's own target",
        ),
        shares.credited,
    )?;
    writer.counters(
        (
            "zartrux_shares_refused",
            "Shares that went no further, by reason",
        ),
        ["reason"],
        [
            (["upstream_gone"], shares.undeliverable),
            (["held"], shares.held),
            (["overload"], shares.overload),
        ]
        .into_iter()
        .chain(refused.map(|(reason, count)| ([reason], count))),
    )?;
    writer.counter(
        (
            "zartrux_shares_stale",
            "Forwarded or credited shares for the job before the current one",
        ),
        shares.stale,
    )?;
    writer.counter(
        (
            "zartrux_shares_corrected",
            "Forwarded shares whose wrong result was replaced by the true hash",
        ),
        shares.corrected,
    )?;
    writer.counter(
        (
            "zartrux_accepted_work_hashes",
            "Difficulty of all accepted shares",
        ),
        shares.accepted_work,
    )?;
    writer.counter(
        (
            "zartrux_miner_work_hashes",
            "Difficulty of all shares at the miners' own targets",
        ),
        shares.miner_work,
    )?;
    let latency = &counts.reply_latency;
    writer.histogram(
        (
            "zartrux_share_reply_seconds",
            "From a share's line to its reply, for admitted shares",
        ),
        latency.sum_micros as f64 / 1e6,
        &buckets(latency),
    )
}

/// Exponent of the first bound: 64 µs; below it nothing is to be told apart.
const FIRST: usize = 6;

/// Upper bounds in seconds, and what lies between each and the one before.
fn buckets(latency: &LatencyCounts) -> Vec<(f64, u64)> {
    let counts = &latency.buckets;
    let below: u64 = counts[..FIRST].iter().sum();
    let mut micros = 1_u64 << FIRST;
    let mut buckets = Vec::with_capacity(LatencyCounts::BUCKETS - FIRST);
    for (place, count) in counts.iter().enumerate().skip(FIRST) {
        let count = count + if place == FIRST { below } else { 0 };
        let last = place + 1 == LatencyCounts::BUCKETS;
        let bound = if last {
            f64::INFINITY
        } else {
            micros as f64 / 1e6
        };
        buckets.push((bound, count));
        micros *= 2;
    }
    buckets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_double_and_nothing_is_lost() {
        let mut latency = LatencyCounts::default();
        for (place, count) in latency.buckets.iter_mut().enumerate() {
            *count = place as u64 + 1;
        }
        let buckets = buckets(&latency);
        let first: u64 = (1..=7).sum();
        assert_eq!(buckets[0], (64e-6, first));
        assert_eq!(buckets[4], (1_024e-6, 11));
        assert_eq!(buckets.last(), Some(&(f64::INFINITY, 26)));
        let all: u64 = buckets.iter().map(|(_, count)| count).sum();
        assert_eq!(all, latency.buckets.iter().sum::<u64>());
    }
}
