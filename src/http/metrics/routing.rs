//! Routes: nothing where there are none.

use std::fmt;

use super::writer::Writer;
use crate::node::{NodeView, RouteReport};

pub(super) fn write(writer: &mut Writer<'_, '_>, view: &NodeView) -> fmt::Result {
    let routes = view.routes();
    let each = |of: fn(&RouteReport) -> f64| {
        routes
            .iter()
            .map(move |route| ([route.name.as_str()], of(route)))
    };
    writer.counters(
        (
            "zartrux_route_work",
            "Difficulties of good shares by route, in hashes",
        ),
        ["route"],
        each(|route| route.work),
    )?;
    let counts = |of: fn(&RouteReport) -> u64| {
        routes
            .iter()
            .map(move |route| ([route.name.as_str()], of(route)))
    };
    writer.counters(
        (
            "zartrux_route_moves",
            "Miners that came to a route from another",
        ),
        ["route"],
        counts(|route| route.moves),
    )?;
    let part = "Part of the work that a route has had, 0 to 1";
    writer.gauges(
        ("zartrux_route_part", part),
        ["route"],
        each(|route| route.part),
    )?;
    let wanted = "Part of the work that a route should have by its weight, 0 to 1";
    writer.gauges(
        ("zartrux_route_wanted", wanted),
        ["route"],
        each(|route| route.wanted),
    )?;
    let miners = "Miners that are assigned to a route";
    writer.gauges(
        ("zartrux_route_miners", miners),
        ["route"],
        counts(|route| route.miners as u64),
    )
}
