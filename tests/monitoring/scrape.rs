//! What a scrape says, and what promtool says of it.

use crate::farm::Farm;
use crate::support::{Config, FakePool, Proxy};
use crate::tools::promtool;

/// The value of a series, by its name with all labels.
fn value(page: &str, series: &str) -> Option<f64> {
    let mut lines = page.lines();
    let line = lines.find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.map(|value| value.parse().unwrap())
}

fn names(page: &str) -> Vec<&str> {
    let series = page.lines().filter(|line| !line.starts_with('#'));
    series
        .map(|line| line.split(['{', ' ']).next().unwrap())
        .collect()
}

#[test]
fn promtool_finds_nothing_amiss_with_the_metrics() {
    let farm = Farm::start();
    for proxy in [&farm.mining, &farm.proving] {
        promtool(&["check", "metrics"], &proxy.page("/metrics"));
    }
}

#[test]
fn a_scrape_tells_what_miners_did() {
    let farm = Farm::start();
    let page = farm.mining.page("/metrics");
    let is = |series: &str, expected: f64| {
        let told = value(&page, series);
        let equal = told.is_some_and(|told| (told - expected).abs() < f64::EPSILON);
        assert!(equal, "{series}: {told:?}");
    };
    is("zartrux_ready", 1.0);
    is("zartrux_miners_logged_in", 2.0);
    is("zartrux_shares_received_total", 6.0);
    is("zartrux_shares_forwarded_total{outcome=\"accepted\"}", 6.0);
    is("zartrux_shares_forwarded_total{outcome=\"ban\"}", 0.0);
    is("zartrux_share_reply_seconds_count", 6.0);
    is("zartrux_share_reply_seconds_bucket{le=\"+Inf\"}", 6.0);
    is(
        "zartrux_upstream_switches_total{direction=\"failover\"}",
        0.0,
    );
    is("zartrux_rigs_registered{presence=\"online\"}", 2.0);
    is("zartrux_rigs_left_out", 1.0);
    is(
        "zartrux_filter_lanes{stage=\"pace\",state=\"running\"}",
        1.0,
    );
    let accepted = "zartrux_upstream_submits_total{upstream=\"127.0.0.1:";
    assert!(
        page.lines()
            .any(|line| line.starts_with(accepted) && line.ends_with("outcome=\"accepted\"} 6"))
    );
    for (name, least) in [
        ("process_resident_memory_bytes", 1e6),
        ("process_max_fds", 16.0),
        ("zartrux_store_disk_free_bytes", 1.0),
        ("zartrux_share_reply_seconds_sum", 1e-6),
    ] {
        assert!(value(&page, name) >= Some(least), "{name}");
    }
}

#[test]
fn what_was_not_measured_has_no_series() {
    let pool = FakePool::start();
    let config = Config::on(&pool).set("store.enabled", false);
    let proxy = Proxy::launch(&config);
    let page = proxy.page("/metrics");
    for start in [
        "zartrux_prover",
        "zartrux_store",
        "zartrux_rigs_registered",
        "zartrux_rig_",
        "zartrux_lift",
        "zartrux_model_age",
        "zartrux_network",
        "zartrux_upstream_submit_seconds",
    ] {
        let told = names(&page)
            .into_iter()
            .find(|name| name.starts_with(start));
        assert_eq!(told, None, "{start}");
    }
}

#[test]
fn the_names_of_a_rig_are_on_one_series_and_end_no_line() {
    let farm = Farm::start();
    let page = farm.mining.page("/metrics");
    assert!(!names(&page).contains(&"bad"));
    let infos: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("zartrux_rig_info{"))
        .collect();
    let [info] = infos[..] else {
        panic!("one rig has series of its own: {infos:?}")
    };
    let key = &info["zartrux_rig_info{rig=\"".len()..][..16];
    let shares = format!("zartrux_rig_shares_total{{rig=\"{key}\",outcome=\"accepted\"}}");
    assert!(page.contains(&format!("\n{shares} 3\n")), "{shares}");
    for line in page.lines().filter(|line| line.starts_with("zartrux_rig_")) {
        let named = line.contains("north") || line.contains("<b>");
        assert_eq!(named, line.starts_with("zartrux_rig_info{"), "{line}");
    }
}
