//! Expressions of rules and of the dashboard, and the metrics that they name.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::tools::packaging;

/// Metrics that the nodes of the tests need not have, and why.
pub(crate) const UNMEASURED: &[(&str, &str)] = &[
    (
        "zartrux_model_age_seconds",
        "no model is in force before the first training",
    ),
    ("zartrux_lift_ratio", "nothing was compared yet"),
    ("zartrux_lift_low_ratio", "nothing was compared yet"),
    ("zartrux_lift_high_ratio", "nothing was compared yet"),
    (
        "zartrux_learn_drifted",
        "there is nothing to compare before the first training",
    ),
    (
        "zartrux_trainer_last_training_timestamp_seconds",
        "there may have been no training yet",
    ),
    ("zartrux_network_difficulty_hashes", "no monerod is asked"),
    (
        "zartrux_network_next_difficulty_hashes",
        "no monerod is asked",
    ),
    (
        "zartrux_network_difficulty_forecast_hashes",
        "no monerod is asked",
    ),
];

/// The dashboard.
pub(crate) fn dashboard() -> Value {
    let file = packaging().join("grafana/zartrux.json");
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// Titles and expressions of all panels, as Prometheus is asked for them.
pub(crate) fn of_panels() -> Vec<(String, String)> {
    let dashboard = dashboard();
    let mut found = Vec::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        let title = panel["title"].as_str().unwrap();
        let targets = panel["targets"].as_array();
        for target in targets.into_iter().flatten() {
            let expression = target["expr"].as_str().unwrap();
            let asked = [
                ("$__rate_interval", "1m"),
                ("$job", ".*"),
                ("$instance", ".*"),
            ]
            .iter()
            .fold(expression.to_owned(), |asked, (of, by)| {
                asked.replace(of, by)
            });
            assert!(!asked.contains('$'), "{title}: {asked}");
            found.push((title.to_owned(), asked));
        }
    }
    found
}

/// Names of metrics in an expression: ours, and those of every process.
pub(crate) fn metrics_in(expression: &str) -> BTreeSet<String> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    expression
        .split(|c| !word(c))
        .filter(|name| name.starts_with("zartrux_") || name.starts_with("process_"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn names_are_found_in_expressions() {
    let expression = "sum by (le) (rate(zartrux_a_bucket{x=\"y\"}[5m])) > 2 * process_b";
    let found: Vec<_> = metrics_in(expression).into_iter().collect();
    assert_eq!(found, ["process_b", "zartrux_a_bucket"]);
}
