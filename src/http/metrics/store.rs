//! The store and its disk.

use std::fmt;

use super::writer::Writer;
use crate::node::StoreWays;

pub(super) fn write(writer: &mut Writer<'_, '_>, store: &StoreWays) -> fmt::Result {
    let report = store.link.status().report();
    writer.gauge(
        (
            "zartrux_store_failing",
            "1 while the store can't write: shares go on, acknowledged unrecorded",
        ),
        report.failing.is_some(),
    )?;
    for (name, help, count) in [
        (
            "zartrux_store_shares_recorded",
            "Shares written to the ledger",
            report.shares_recorded,
        ),
        (
            "zartrux_store_shares_lost",
            "Shares that were never written, because too many waited",
            report.shares_lost,
        ),
        (
            "zartrux_store_acknowledged_unrecorded",
            "Shares acknowledged before they were written",
            report.acknowledged_unrecorded,
        ),
        (
            "zartrux_store_journal_recorded",
            "Events written to the journal",
            report.journal_recorded,
        ),
        (
            "zartrux_store_journal_lost",
            "Events that were not noted in the journal, because too many waited",
            store.journal.lost(),
        ),
        (
            "zartrux_store_commits",
            "Commits of the ledger",
            report.commits,
        ),
        (
            "zartrux_store_failures",
            "Times that the ledger could not be written",
            report.failures,
        ),
    ] {
        writer.counter((name, help), count)?;
    }
    let committed = report.commits > 0;
    let seconds = |micros: u64| committed.then_some(micros as f64 / 1e6);
    writer.measured(
        (
            "zartrux_store_commit_seconds",
            "Smoothed time of a commit; none before the first",
        ),
        seconds(report.commit_micros),
    )?;
    writer.measured(
        (
            "zartrux_store_commit_max_seconds",
            "Longest time of a commit since launch",
        ),
        seconds(report.commit_micros_max),
    )?;
    writer.gauge(
        ("zartrux_store_ledger_bytes", "Disk space of the ledger"),
        report.ledger_bytes,
    )?;
    writer.gauge(
        (
            "zartrux_store_damaged",
            "Parts of what is stored that could not be read, of the last 16",
        ),
        report.damage.len(),
    )?;
    let Ok(disk) = rustix::fs::statvfs(store.reader.root()) else {
        return Ok(());
    };
    writer.gauge(
        (
            "zartrux_store_disk_free_bytes",
            "Free space of the ledger's disk, for this user",
        ),
        disk.f_bavail.saturating_mul(disk.f_frsize),
    )?;
    writer.gauge(
        ("zartrux_store_disk_size_bytes", "Size of the ledger's disk"),
        disk.f_blocks.saturating_mul(disk.f_frsize),
    )
}
