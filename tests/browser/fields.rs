//! Every field of the page has the value that the API gives.

use serde_json::Value;

use crate::scene::{Scene, assert_clean};
use crate::support::clock;

/// What the page shows of each value: where it is in the overview, and the value.
fn shown(scene: &Scene) -> Vec<(String, String)> {
    let read = scene.browser.script(
        "return [...document.querySelectorAll('[data-field]')]\
         .map((node) => [node.dataset.field, node.dataset.value, node.textContent])",
        &[],
    );
    let fields = read.as_array().unwrap().iter().map(|field| {
        let of = |at: usize| field[at].as_str().unwrap().to_owned();
        let (path, value, text) = (of(0), of(1), of(2));
        assert!(!text.trim().is_empty(), "{path} shows nothing");
        if is_count(&path) {
            assert!(
                text.contains(&value),
                "{path} is {value}, and shows {text:?}"
            );
        }
        (path, value)
    });
    fields.collect()
}

/// Counts are shown as they are; so few shares need no separators.
fn is_count(path: &str) -> bool {
    ["shares.", "funnel.", "rigs."]
        .iter()
        .any(|of| path.starts_with(of))
        || path.ends_with(".accepted")
        || path == "earning.miners"
        || path == "earning.answered_1h"
}

/// The value at a path such as `upstreams.0.accepted`, as the page writes it.
fn told(overview: &Value, path: &str) -> String {
    if let Some(of) = path.strip_suffix(".interval") {
        let [low, high] = ["low", "high"].map(|end| told(overview, &format!("{of}.{end}")));
        return format!("{low},{high}");
    }
    if let Some(step) = path.strip_prefix("funnel.") {
        return funnel(overview, step).to_string();
    }
    let value = path.split('.').fold(overview, |value, step| {
        step.parse::<usize>().map_or_else(
            |_| value.get(step).unwrap_or(&Value::Null),
            |index| value.get(index).unwrap_or(&Value::Null),
        )
    });
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        Value::Object(_) => sum(value).to_string(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => value.to_string(),
    }
}

/// All of some counts by class.
fn sum(counts: &Value) -> u64 {
    let counts = counts.as_object().unwrap().values();
    counts.map(|count| count.as_u64().unwrap()).sum()
}

/// The steps of the funnel that the API does not name: what came in without what was lost before.
fn funnel(overview: &Value, step: &str) -> u64 {
    let shares = &overview["shares"];
    let of = |key: &str| shares[key].as_u64().unwrap();
    match step {
        "good" => of("received") - sum(&shares["refused"]) - of("overload") - of("pending"),
        "sent" => of("accepted") + sum(&shares["rejected"]) + of("unanswered"),
        other => panic!("no step {other} of the funnel"),
    }
}

/// Ages grow while one looks.
fn is_age(path: &str) -> bool {
    path.ends_with("age_ms")
        || path.ends_with("age_s")
        || path.ends_with("since_accepted_ms")
        || path == "uptime_s"
        || path.ends_with("at_unix_ms")
}

/// What changes while nothing happens: messages that actors tell each other, time that passes.
fn is_restless(path: &str) -> bool {
    path.starts_with("actors.") || path.contains("hash_rates") || path.contains("disk_free")
}

fn same(page: &str, api: &str) -> bool {
    let numbers = (page.parse::<f64>(), api.parse::<f64>());
    match numbers {
        // JavaScript writes numbers in its own way.
        (Ok(page), Ok(api)) => (page - api).abs() <= 1e-9 * api.abs().max(1.0),
        _ => page == api,
    }
}

#[test]
fn every_field_of_the_page_has_the_value_that_the_api_gives() {
    let scene = Scene::with(&["north-1", "north-2", "south-1"], "en");
    scene.open();
    let compared = clock::eventually("page and API to agree", || {
        let page = shown(&scene);
        let overview = scene.daemon.json("/api/v1/overview");
        let settled = |path: &str| !is_age(path) && !is_restless(path);
        let differ = page
            .iter()
            .any(|(path, value)| settled(path) && !same(value, &told(&overview, path)));
        (!differ).then_some((page, overview))
    });
    let (page, overview) = compared;
    let count = |path: &str| page.iter().filter(|(of, _)| of == path).count();
    // What an operator asks for first is there, once or more.
    for path in [
        "earning.accepted_ratio_1h",
        "earning.since_accepted_ms",
        "earning.miners",
        "shares.received",
        "shares.accepted",
    ] {
        assert!(count(path) > 0, "{path} is not on the page");
    }
    assert!(page.len() > 40, "only {} fields", page.len());
    for (path, value) in &page {
        let api = told(&overview, path);
        if is_age(path) || is_restless(path) {
            // Both or neither.
            assert_eq!(value == "none", api == "none", "{path}: {value}, {api}");
        } else {
            assert!(
                same(value, &api),
                "{path}: the page has {value}, the API {api}"
            );
        }
    }
    assert_eq!(told(&overview, "shares.received"), "36");
    assert_clean(&scene.browser, &scene.url("/"));
}

#[test]
fn charts_draw_what_the_history_holds() {
    let scene = Scene::with(&["north-1"], "en");
    scene.open();
    for chart in ["chart-rate", "chart-shares", "chart-latency"] {
        scene.browser.wait_until(
            &format!("{chart} is drawn"),
            &format!("document.querySelector('#{chart} svg[data-points]')?.dataset.points > 0"),
        );
        let marks = scene.browser.script(
            "return document.querySelectorAll(`#${arguments[0]} svg :is(polyline, polygon, rect, circle)`).length",
            &[chart.into()],
        );
        assert!(marks.as_u64().unwrap() > 0, "{chart}: {marks} marks");
    }
    // No node is asked for the network's difficulty: that is said, not drawn.
    assert!(!scene.browser.text("#chart-difficulty").is_empty());
    let drawn = "return document.querySelectorAll('#chart-difficulty svg[data-points]').length";
    assert_eq!(scene.browser.script(drawn, &[]), 0);
    for span in ["1d", "1w"] {
        scene
            .browser
            .click(&format!("[data-act=span][data-span='{span}']"));
        scene.browser.wait_until(
            &format!("the hash rate of {span} is drawn"),
            "document.querySelector('#chart-rate svg[data-points]')?.dataset.points > 0",
        );
    }
    assert_clean(&scene.browser, &scene.url("/"));
}
