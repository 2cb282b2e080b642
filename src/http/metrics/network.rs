//! The network's difficulty.

use std::fmt;

use zartrux_actors::headers::HeadersReport;

use super::writer::Writer;

pub(super) fn write(
    writer: &mut Writer<'_, '_>,
    report: &HeadersReport,
    now_ms: u64,
) -> fmt::Result {
    let tip = report.chain.as_ref().map(|chain| chain.tip());
    writer.measured(
        ("zartrux_network_height", "Height of the newest block"),
        tip.map(|tip| tip.height),
    )?;
    writer.measured(
        (
            "zartrux_network_difficulty_hashes",
            "Difficulty of the newest block",
        ),
        tip.map(|tip| tip.difficulty as f64),
    )?;
    writer.measured(
        (
            "zartrux_network_next_difficulty_hashes",
            "Difficulty of the next block, exact",
        ),
        report.next.map(|next| next as f64),
    )?;
    let bounds = report.forecast.iter().flat_map(|point| {
        [
            ("low", point.low),
            ("middle", point.middle),
            ("high", point.high),
        ]
        .map(|(bound, hashes)| ([point.blocks.to_string(), bound.to_owned()], hashes))
    });
    writer.gauges(
        (
            "zartrux_network_difficulty_forecast_hashes",
            "Difficulty so many blocks ahead: between low and high in 90 of 100 cases",
        ),
        ["blocks", "bound"],
        bounds,
    )?;
    writer.measured(
        (
            "zartrux_network_headers_age_seconds",
            "Since the node last answered",
        ),
        report
            .answered_unix_ms
            .map(|answered| now_ms.saturating_sub(answered) as f64 / 1e3),
    )?;
    writer.gauge(
        (
            "zartrux_network_headers_failing",
            "1 while the node's last answer can't be used",
        ),
        report.error.is_some(),
    )
}
