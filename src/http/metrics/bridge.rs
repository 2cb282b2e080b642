//! The bridge: what it told, was asked and was sent.

use std::fmt;

use zartrux_actors::bridge::BridgeReport;
use zartrux_models::bridge::EventKind;

use super::writer::Writer;

pub(super) fn write(writer: &mut Writer<'_, '_>, report: &BridgeReport) -> fmt::Result {
    let by_kind = |counts: [u64; EventKind::ALL.len()]| {
        EventKind::ALL
            .into_iter()
            .zip(counts)
            .map(|(kind, count)| ([kind.label()], count))
    };
    writer.counters(
        (
            "zartrux_bridge_events",
            "Events handed to the bridge's publisher; what a subscriber has no room for is not sent to it",
        ),
        ["kind"],
        by_kind(report.published),
    )?;
    writer.counters(
        (
            "zartrux_bridge_events_dropped",
            "Events that found no room in the queue before the bridge's thread",
        ),
        ["kind"],
        by_kind(report.dropped),
    )?;
    let refused = report.refused.saturating_sub(report.busy);
    writer.counters(
        (
            "zartrux_bridge_requests",
            "Questions to the bridge by what came of them",
        ),
        ["outcome"],
        [
            (["answered"], report.answered),
            (["refused"], refused),
            (["busy"], report.busy),
        ],
    )?;
    writer.counters(
        (
            "zartrux_bridge_plans",
            "Plans from outside by what came of them",
        ),
        ["outcome"],
        [
            (["taken"], report.plans_taken),
            (["refused"], report.plans_refused),
        ],
    )?;
    writer.counter(
        (
            "zartrux_bridge_clients_refused",
            "Times that a client was not let in for its key",
        ),
        report.clients_refused,
    )
}
