//! The files beside the program: rules, their tests, the example, the dashboard, the runbook.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::expressions::{dashboard, of_panels};
use crate::tools::{packaging, promtool};

fn alerts() -> Vec<String> {
    let rules = fs::read_to_string(packaging().join("prometheus/alerts.yml")).unwrap();
    let names = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "));
    names.map(str::to_owned).collect()
}

#[test]
fn promtool_takes_the_rules_and_the_example() {
    promtool(&["check", "rules", "alerts.yml"], "");
    promtool(&["check", "config", "prometheus.yml"], "");
}

#[test]
fn each_alert_fires_when_it_must_and_stays_quiet_otherwise() {
    promtool(&["test", "rules", "alerts.test.yml"], "");
    let tests = fs::read_to_string(packaging().join("prometheus/alerts.test.yml")).unwrap();
    let alerts = alerts();
    assert!(alerts.len() > 25, "the rules were read");
    for alert in alerts {
        for what in ["fires", "stays quiet"] {
            assert!(
                tests.contains(&format!("- name: {alert} {what}\n")),
                "{alert} {what}"
            );
        }
    }
}

#[test]
fn the_runbook_has_each_alert_and_no_other() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/src/monitoring.md");
    let page = fs::read_to_string(page).unwrap();
    let told: BTreeSet<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("### Zartrux"))
        .map(|rest| format!("Zartrux{rest}"))
        .collect();
    assert_eq!(told, alerts().into_iter().collect());
    let rules = fs::read_to_string(packaging().join("prometheus/alerts.yml")).unwrap();
    for alert in told {
        let anchor = format!("docs/src/monitoring.md#{}'", alert.to_lowercase());
        assert!(rules.contains(&anchor), "{anchor}");
    }
}

#[test]
fn the_dashboard_has_its_rows_and_each_panel_has_a_unit_and_words() {
    let dashboard = dashboard();
    let panels = dashboard["panels"].as_array().unwrap();
    let titles = panels.iter().filter(|panel| panel["type"] == "row");
    let rows: Vec<&str> = titles.map(|row| row["title"].as_str().unwrap()).collect();
    let expected = [
        "Earning",
        "Upstreams",
        "Rigs",
        "Filters and prover",
        "Learning",
        "Store",
        "Process",
    ];
    assert_eq!(rows, expected);
    let mut ids = BTreeSet::new();
    for panel in panels {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{panel}");
        if panel["type"] != "row" {
            assert!(
                panel["fieldConfig"]["defaults"]["unit"].is_string(),
                "{panel}"
            );
            assert!(
                !panel["description"].as_str().unwrap().is_empty(),
                "{panel}"
            );
            assert_eq!(panel["datasource"]["uid"], "${datasource}");
        }
    }
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    let names: Vec<_> = variables.iter().map(|variable| &variable["name"]).collect();
    assert_eq!(names, ["datasource", "job", "instance"]);
    assert!(of_panels().len() > 60, "the panels were read");
}
