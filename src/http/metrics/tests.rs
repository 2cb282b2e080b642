use std::sync::Arc;

use actix_web::http::header::{ACCEPT, CONTENT_TYPE};
use actix_web::test as web_test;
use actix_web::{App, web};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::registry::Registry;
use zartrux_actors::clock::Clock;
use zartrux_config::Settings;
use zartrux_models::ledger::Presence;
use zartrux_models::share::RigKey;

use super::writer::Writer;
use crate::node::{Counted, CountedRig, NodeOptions, NodeView};

/// What writes metrics of rigs.
#[derive(Debug)]
struct OfRigs(Counted);

impl Collector for OfRigs {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> std::fmt::Result {
        super::rigs::write(&mut Writer(&mut encoder), &self.0)
    }
}

fn text_of(rigs: Vec<CountedRig>, left_out: u64) -> String {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(OfRigs(Counted {
        presence: [3, 0, 1, 0, 2],
        rigs,
        left_out,
    })));
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    text
}

fn rig(key: u64, name: &str) -> CountedRig {
    CountedRig {
        rig: RigKey(key),
        user: name.into(),
        rig_id: name.into(),
        presence: Presence::Online,
        accepted: 7,
        credited: 6,
        rejected: 5,
        refused: 4,
        rate: Some(1_234.5),
        last_share_ms: Some(1_700_000_000_500),
        difficulty: Some(120_000),
    }
}

#[test]
fn rigs_without_series_of_their_own_are_counted_all_the_same() {
    let text = text_of(Vec::new(), 0);
    assert!(text.contains("zartrux_rigs_registered{presence=\"silent\"} 1\n"));
    assert!(!text.contains("zartrux_rig_") && !text.contains("left_out"));
}

#[test]
fn a_rig_is_called_by_its_key_and_what_was_not_measured_has_no_series() {
    let idle = CountedRig {
        rate: None,
        last_share_ms: None,
        difficulty: None,
        ..rig(2, "idle")
    };
    let text = text_of(vec![rig(1, "north"), idle], 9);
    for line in [
        "zartrux_rigs_left_out 9",
        "zartrux_rig_info{rig=\"0000000000000001\",rig_id=\"north\",user=\"north\"} 1",
        "zartrux_rig_presence{rig=\"0000000000000001\",presence=\"online\"} 1",
        "zartrux_rig_shares_total{rig=\"0000000000000001\",outcome=\"rejected\"} 5",
        "zartrux_rig_hashes_per_second{rig=\"0000000000000001\"} 1234.5",
        "zartrux_rig_last_share_timestamp_seconds{rig=\"0000000000000001\"} 1700000000.5",
        "zartrux_rig_difficulty_hashes{rig=\"0000000000000001\"} 120000",
        "zartrux_rig_shares_total{rig=\"0000000000000002\",outcome=\"accepted\"} 7",
    ] {
        assert!(text.contains(&format!("{line}\n")), "{line} in {text}");
    }
    for family in ["hashes_per_second", "difficulty_hashes"] {
        let series = format!("zartrux_rig_{family}{{rig=\"0000000000000002\"");
        assert!(!text.contains(&series), "{series}");
    }
}

#[test]
fn a_hostile_name_ends_no_line_and_no_label() {
    let name = format!(
        "\"}} 1\nzartrux_ready 0\r\\\u{1b}[31m\u{202e}{}",
        "é".repeat(90)
    );
    let text = text_of(vec![rig(1, &name)], 0);
    let line = text
        .lines()
        .find(|line| line.starts_with("zartrux_rig_info{"))
        .unwrap();
    assert!(
        line.contains("rig_id=\"\\\"} 1\u{fffd}zartrux_ready 0\u{fffd}\\\\\u{fffd}[31m\u{fffd}é")
    );
    assert!(
        line.ends_with("é\"} 1") && line.chars().count() < 250,
        "{line}"
    );
    assert!(!text.contains("\nzartrux_ready"));
}

/// What a scrape of as many rigs as can have series of their own weighs.
#[test]
fn ten_thousand_rigs_with_the_longest_names_are_a_scrape_of_some_megabytes() {
    let name = "🦀".repeat(192);
    let most = zartrux_config::Monitor::RIG_METRICS_MAX as u64;
    let text = text_of((0..most).map(|key| rig(key, &name)).collect(), 0);
    assert_eq!(text.matches("zartrux_rig_info{").count() as u64, most);
    let megabytes = text.len() / 1_000_000;
    assert!((5..=14).contains(&megabytes), "{} bytes", text.len());
}

#[actix_web::test]
async fn a_scrape_has_the_format_that_is_asked_for() {
    let view = NodeView::new(&Settings::default(), NodeOptions::default(), Clock);
    let data = web::Data::from(Arc::new(view));
    let app = App::new().app_data(data).service(super::metrics);
    let app = web_test::init_service(app).await;
    for (accept, kind, family, end) in [
        (
            "application/openmetrics-text;version=1.0.0,*/*;q=0.5",
            "application/openmetrics-text",
            "# TYPE zartrux_shares_received counter\n",
            "# EOF\n",
        ),
        (
            "*/*",
            "text/plain; version=0.0.4",
            "# TYPE zartrux_shares_received_total counter\n",
            "\n",
        ),
    ] {
        let request = web_test::TestRequest::get().uri("/metrics");
        let request = request.insert_header((ACCEPT, accept)).to_request();
        let response = web_test::call_service(&app, request).await;
        let given = response
            .headers()
            .get(CONTENT_TYPE)
            .unwrap()
            .to_str()
            .unwrap();
        assert!(given.starts_with(kind), "{given}");
        let body = web_test::read_body(response).await;
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(text.contains(family) && text.ends_with(end), "{text}");
        assert_eq!(text.contains("# EOF"), end == "# EOF\n");
    }
}
