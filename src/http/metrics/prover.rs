//! The prover.

use std::fmt;

use zartrux_actors::prover::ProverStatus;

use super::writer::Writer;

pub(super) fn write(writer: &mut Writer<'_, '_>, prover: &ProverStatus) -> fmt::Result {
    writer.counter(
        ("zartrux_prover_hashes", "Hashes recomputed"),
        prover.hashes,
    )?;
    writer.gauge(
        (
            "zartrux_prover_queue_depth",
            "Shares that wait for their proof",
        ),
        prover.queue_depth,
    )?;
    writer.gauge(
        ("zartrux_prover_queue_capacity", "Shares that may wait"),
        prover.queue_capacity,
    )?;
    writer.gauge(
        ("zartrux_prover_threads", "Threads that recompute hashes"),
        prover.threads.len(),
    )?;
    let busy = prover
        .threads
        .iter()
        .filter(|thread| thread.busy_ms.is_some());
    writer.gauge(
        ("zartrux_prover_busy_threads", "Of these, at a hash now"),
        busy.count(),
    )?;
    let modes = [
        ("light", prover.light_hash_micros),
        ("fast", prover.fast_hash_micros),
    ];
    writer.gauges(
        (
            "zartrux_prover_hash_seconds",
            "Time of a hash, smoothed, by mode; none before the first",
        ),
        ["mode"],
        modes
            .into_iter()
            .filter_map(|(mode, micros)| Some(([mode], micros? / 1e6))),
    )?;
    writer.gauges(
        (
            "zartrux_prover_knows",
            "1 for each version of RandomX whose hashes can be recomputed, else 0",
        ),
        ["algorithm"],
        // A prover that runs has tried version 1.
        [("rx/0", true), ("rx/2", prover.knows_v2)]
            .into_iter()
            .map(|(algorithm, known)| ([algorithm], known)),
    )?;
    let failed = prover.cache_failure.is_some() || prover.dataset_failure.is_some();
    writer.gauge(
        (
            "zartrux_prover_failing",
            "1 while a cache or dataset can't be made",
        ),
        failed,
    )
}
