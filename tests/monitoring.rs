//! Metrics, alert rules and the dashboard before the real programs: promtool reads all of them,
//! and a Prometheus scrapes a running node.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

#[path = "monitoring/expressions.rs"]
mod expressions;
#[path = "monitoring/farm.rs"]
mod farm;
#[path = "monitoring/files.rs"]
mod files;
#[path = "monitoring/prometheus.rs"]
mod prometheus;
#[path = "monitoring/scrape.rs"]
mod scrape;
mod support;
#[path = "monitoring/tools.rs"]
mod tools;
