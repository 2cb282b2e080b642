//! The daemon as a whole.

use std::fmt;

use super::writer::Writer;
use crate::build_facts::build_facts;
use crate::node::NodeView;

pub(super) fn write(writer: &mut Writer<'_, '_>, view: &NodeView) -> fmt::Result {
    let facts = build_facts();
    writer.gauges(
        (
            "zartrux_build_info",
            "Always 1; how the program was built is in the labels",
        ),
        ["version", "commit", "rustc", "target"],
        [(
            [facts.version, facts.commit, facts.rustc, facts.target],
            1_u64,
        )],
    )?;
    writer.gauge(
        ("zartrux_uptime_seconds", "Time since launch"),
        view.uptime().as_secs_f64(),
    )?;
    writer.gauge(
        ("zartrux_ready", "1 when miners can be served"),
        view.readiness().ready,
    )?;
    writer.gauge(
        ("zartrux_draining", "1 while the process is leaving"),
        view.is_draining(),
    )?;
    writer.gauge(
        (
            "zartrux_memory_full",
            "1 while no further miners are let in, since memory is at its ceiling",
        ),
        view.memory().is_full(),
    )?;
    writer.gauge(
        ("zartrux_lanes", "Lanes that share the miners"),
        view.lanes().len(),
    )?;
    writer.counter(
        (
            "zartrux_invariant_violations",
            "Times that a live invariant did not hold; anything but 0 is a defect",
        ),
        view.violations(),
    )
}
