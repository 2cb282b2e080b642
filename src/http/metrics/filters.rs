//! The six filters, over all lanes.

use std::fmt;

use zartrux_actors::supervision::HealthReport;
use zartrux_models::filter::Stage;

use super::actors::STATES;
use super::writer::Writer;

pub(super) fn write(writer: &mut Writer<'_, '_>, reports: &[HealthReport]) -> fmt::Result {
    let stages: Vec<(&str, Vec<&HealthReport>)> = Stage::ALL
        .iter()
        .map(|stage| {
            let of = reports.iter().filter(|report| report.kind == stage.name());
            (stage.name(), of.collect::<Vec<_>>())
        })
        .filter(|(_, lanes)| !lanes.is_empty())
        .collect();
    let states = stages.iter().flat_map(|(stage, lanes)| {
        STATES.map(|(state, label)| {
            let count = lanes.iter().filter(|lane| lane.state == state).count();
            ([*stage, label], count)
        })
    });
    writer.gauges(
        (
            "zartrux_filter_lanes",
            "Lanes in which a filter is in this state; bypassed: shares pass it unread",
        ),
        ["stage", "state"],
        states,
    )?;
    let sums = |of: fn(&HealthReport) -> u64| {
        let sum = move |lanes: &[&HealthReport]| lanes.iter().map(|lane| of(lane)).sum::<u64>();
        stages
            .iter()
            .map(move |(stage, lanes)| ([*stage], sum(lanes)))
    };
    writer.counters(
        ("zartrux_filter_faults", "Faults of a filter's core"),
        ["stage"],
        sums(|lane| lane.faults),
    )?;
    writer.counters(
        (
            "zartrux_filter_steps",
            "Shares that a filter has looked at, and what else it was told",
        ),
        ["stage"],
        sums(|lane| lane.steps),
    )
}
