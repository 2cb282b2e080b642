//! The daemon as a whole.

use std::fmt;

use super::writer::Writer;
use crate::node::NodeView;

pub(super) fn write(writer: &mut Writer<'_, '_>, view: &NodeView) -> fmt::Result {
    writer.gauges(
        ("zartrux_build_info", "Always 1; the version is the label"),
        ["version"],
        [([env!("CARGO_PKG_VERSION")], 1_u64)],
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
