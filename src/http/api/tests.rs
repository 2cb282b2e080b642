use std::sync::Arc;
use std::time::Duration;

use actix_web::{App, test, web};
use serde_json::Value;
use zartrux_actors::clock::Clock;
use zartrux_actors::headers::HeaderSource;
use zartrux_actors::lane::LaneView;
use zartrux_actors::rigs::SettledShare;
use zartrux_actors::share_ticket::{Settlement, StepTimes};
use zartrux_actors::supervision::{ActorHealth, Guard};
use zartrux_config::Settings;
use zartrux_models::filter::{CascadeEvidence, Cause, Evidence, Stage};
use zartrux_models::judge::{AtProver, BanRisk, Case, JudgePolicy, ProofNoted};
use zartrux_models::session::Rejection;
use zartrux_models::share::{RigKey, ShareId, TargetClass};
use zartrux_models::stratum::{Answer, ErrorClass, PoolLine, parse_pool_line};
use zartrux_models::work::{
    Algorithm, Blob, Difficulty, IssuedJob, JobKey, JobOrigin, Nonce, PoolKey, ResultHash,
    UpstreamJob,
};

use super::routes;
use crate::node::{NodeOptions, NodeView};

pub(super) const HOSTILE: &str = "<script>alert(1)</script>\n\"";
pub(super) const GOOD: RigKey = RigKey(0xaaaa);
pub(super) const BAD: RigKey = RigKey(0xbbbb);
const TWINS: [RigKey; 2] = [RigKey(1), RigKey(2)];

/// Two lanes: a hostile name, a wallet, two rigs of the same name, a rig in quarantine that mines
/// in both lanes, and two shares of it.
pub(super) fn view() -> NodeView {
    view_of(&Settings::default())
}

pub(super) fn view_of(settings: &Settings) -> NodeView {
    let view = NodeView::new(settings, NodeOptions::default(), Clock);
    let now = Clock.now();
    let lanes = [0, 1].map(|_| Arc::new(LaneView::new(now, 100, 100)));
    let wallet = format!("4{}Z", "a".repeat(93));
    let rigs = lanes[0].rigs();
    rigs.note_names(GOOD, &wallet, HOSTILE, "XMRig/6.26.0");
    rigs.note_names(BAD, "farm", "north/shelf 3", "XMRig/6.26.0");
    for twin in TWINS {
        rigs.note_names(twin, "farm", "twin", "");
    }
    judge(&lanes[0], GOOD, true);
    judge(&lanes[0], BAD, false);
    judge(&lanes[1], BAD, true);
    for count in [1, 2] {
        lanes[1].records().keep(share(ShareId::new(1, count), BAD));
    }
    view.set_lanes(lanes.to_vec());
    view
}

/// The judge of a lane sees a share of a rig, and then what its proof shows.
fn judge(lane: &LaneView, rig: RigKey, good: bool) {
    let guard = Guard::new(Arc::new(ActorHealth::new("test", "test")), Clock);
    let (policy, now) = (JudgePolicy::default(), Clock.now());
    let asked = Difficulty::new(1_000);
    let case = Case {
        rig,
        class: TargetClass::Local,
        asked,
        late: false,
        evidence: CascadeEvidence::default(),
        provable: true,
        expected_wait: Some(Duration::ZERO),
        capacity: 100.0,
        at_prover: AtProver::default(),
        ban_risk: BanRisk::Bearable,
        draw: 0.0,
        waited: None,
        now,
    };
    lane.rigs().decide(&guard, &policy, &case).unwrap();
    let proof = ProofNoted {
        rig,
        share: ShareId::new(0, 7),
        asked,
        good,
        now,
    };
    lane.rigs().note_proof(&guard, &policy, &proof);
}

fn share(id: ShareId, rig: RigKey) -> SettledShare {
    let job = UpstreamJob {
        id: "pool-job-1".into(),
        work: Blob::from_hex(&"00".repeat(76)).unwrap().into(),
        target: Difficulty::new(5_000).target(),
        algorithm: Algorithm::Rx0,
        height: Some(3_000_000),
        seed: None,
        next_seed: None,
        network_difficulty: None,
    };
    let origin = JobOrigin {
        pool: PoolKey(0),
        connection: 1,
    };
    let key = JobKey(1);
    let mut evidence = CascadeEvidence::default();
    evidence.set(Stage::Entropy, Evidence::NoOpinion);
    evidence.set(
        Stage::Pace,
        Evidence::weighed(2.5, Cause::FewerSharesThanHashes),
    );
    SettledShare {
        id,
        unix_ms: 1_700_000_000_000,
        rig,
        upstream: None,
        job: Arc::new(IssuedJob {
            key,
            origin,
            job,
            plan: zartrux_models::plan::SlotPlan::identity(),
        }),
        class: TargetClass::Upstream,
        asked: Difficulty::new(1_000),
        result: ResultHash::new([1; 32]),
        nonce: Nonce::new([1, 2, 3, 4]),
        late: false,
        evidence,
        ruling: None,
        proof: None,
        settlement: Settlement::Rejected {
            class: ErrorClass::Rig,
            text: "Low difficulty <b>share</b>".into(),
        },
        times: StepTimes::default(),
        total: Duration::from_micros(1_500),
    }
}

#[actix_web::test]
async fn rigs_are_counted_by_how_they_stand() {
    let data = web::Data::new(view());
    let app = App::new().app_data(data);
    let app = test::init_service(app.service(crate::http::metrics::metrics)).await;
    let request = test::TestRequest::get().uri("/metrics").to_request();
    let body = test::call_and_read_body(&app, request).await;
    let text = String::from_utf8(body.to_vec()).unwrap();
    for line in [
        "zartrux_rigs{standing=\"quarantined\"} 1",
        "zartrux_rigs{standing=\"new\"} 2",
        "zartrux_judge_rulings_total{rule=\"sampled\"} 0",
        "zartrux_proofs_total{outcome=\"corrected\"} 0",
        "zartrux_shares_refused_total{reason=\"held\"} 0",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

/// Status and body of a request.
async fn get(path: &str) -> (u16, Value) {
    let data = web::Data::new(view());
    let app = test::init_service(App::new().app_data(data).configure(routes)).await;
    let request = test::TestRequest::get().uri(path).to_request();
    let response = test::call_service(&app, request).await;
    let status = response.status().as_u16();
    let body = test::read_body(response).await;
    (status, serde_json::from_slice(&body).unwrap())
}

async fn error(path: &str) -> (u16, String) {
    let (status, body) = get(path).await;
    (status, body["error"].as_str().unwrap().to_owned())
}

#[actix_web::test]
async fn rigs_in_quarantine_come_first_and_once_though_they_mine_in_two_lanes() {
    let (status, body) = get("/api/v1/rigs").await;
    assert_eq!(status, 200);
    assert_eq!(body["matched"], 4);
    let first = &body["rigs"][0];
    assert_eq!(first["rig"], BAD.to_string());
    assert_eq!(first["rig_id"], "north/shelf 3");
    assert_eq!(first["standing"], "quarantined");
    assert_eq!(first["lanes"], serde_json::json!([0, 1]));
    let reason = first["reason"].as_str().unwrap();
    assert!(reason.starts_with("share 7 was proved bad"), "{reason}");
}

#[actix_web::test]
async fn a_hostile_name_stays_text_and_a_wallet_is_never_shown_whole() {
    let (_, body) = get("/api/v1/rigs?search=%3Cscript").await;
    assert_eq!(body["matched"], 1);
    assert_eq!(body["rigs"][0]["rig_id"], HOSTILE);
    assert_eq!(body["rigs"][0]["user"], "4aaa…aaaZ");
    let (status, body) = get("/api/v1/rigs/%3Cscript%3Ealert(1)%3C%2Fscript%3E%0A%22").await;
    assert_eq!((status, &body["rig"]), (200, &GOOD.to_string().into()));
    assert!(!body.to_string().contains("aaaaaaaa"));
}

#[actix_web::test]
async fn a_list_can_be_searched_and_cut() {
    let matched = async |query: &str| get(&format!("/api/v1/rigs?{query}")).await.1;
    assert_eq!(matched("standing=quarantined").await["matched"], 1);
    assert_eq!(matched("standing=trusted").await["matched"], 0);
    assert_eq!(matched("search=NORTH").await["matched"], 1);
    assert_eq!(matched("search=000000000000000").await["matched"], 2);
    let cut = matched("limit=1").await;
    assert_eq!(cut["matched"], 4);
    assert_eq!(cut["rigs"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn a_rig_is_told_with_each_lanes_report_and_its_last_shares() {
    let (status, body) = get("/api/v1/rigs/north%2Fshelf%203").await;
    assert_eq!(status, 200);
    let lanes = body["lanes"].as_array().unwrap();
    assert_eq!(lanes.len(), 2);
    assert_eq!(lanes[0]["standing"], "quarantined");
    assert_eq!(lanes[1]["standing"], "new");
    assert_eq!(
        body["last_shares"],
        serde_json::json!(["1000000000002", "1000000000001"])
    );
    assert_eq!(body["evidence"]["share"], "1000000000002");
    let stages = &body["evidence"]["stages"];
    assert_eq!(stages[0]["says"], "no opinion");
    assert_eq!(stages[1]["says"], "unavailable");
    assert_eq!(stages[3]["cause"], Cause::FewerSharesThanHashes.text());
}

#[actix_web::test]
async fn a_share_is_told_with_all_that_was_known_of_it() {
    let (status, body) = get("/api/v1/shares/1000000000001").await;
    assert_eq!(status, 200);
    assert_eq!(body["job"], "pool-job-1");
    assert_eq!(body["height"], 3_000_000);
    assert_eq!(body["lane"], 1);
    assert_eq!(body["nonce"], "01020304");
    assert_eq!(body["settlement"]["reason"], "rig");
    assert_eq!(
        body["settlement"]["pool_said"],
        "Low difficulty <b>share</b>"
    );
    assert_eq!(body["latency"]["total_micros"], 1_500);
    let (_, list) = get(&format!("/api/v1/shares?rig={BAD}&limit=1")).await;
    let shares = list["shares"].as_array().unwrap();
    assert_eq!(shares.len(), 1);
    assert_eq!(shares[0]["id"], "1000000000002");
    let (_, list) = get(&format!("/api/v1/shares?rig={GOOD}")).await;
    assert_eq!(list["shares"], serde_json::json!([]));
}

#[actix_web::test]
async fn what_is_wrong_with_a_request_is_told_by_the_name_of_its_parameter() {
    for (path, status, start) in [
        ("/api/v1/rigs?limit=0", 400, "limit: must be"),
        ("/api/v1/rigs?limit=1001", 400, "limit: must be"),
        ("/api/v1/rigs?standing=bad", 400, "standing: must be one of"),
        ("/api/v1/rigs?limits=1", 400, "\"limits\": is no parameter"),
        ("/api/v1/rigs/nobody", 404, "rig: no rig has"),
        ("/api/v1/rigs/ffffffffffffffff", 404, "rig: no rig has"),
        ("/api/v1/rigs/twin", 400, "rig: \"twin\" is the rig id of 2"),
        ("/api/v1/rigs/twin?limit=1", 400, "\"limit\": is no"),
        ("/api/v1/shares?rig=nobody", 404, "rig: no rig has"),
        ("/api/v1/shares?limit=x", 400, "limit: must be"),
        ("/api/v1/shares/xyz", 400, "id: must be 1 to 16 hex"),
        ("/api/v1/shares/0", 404, "id: share 0 is not kept"),
        ("/api/v1/shares/ffff000000000001", 404, "id: share"),
    ] {
        let (told, error) = error(path).await;
        assert_eq!(told, status, "{path}: {error}");
        assert!(error.starts_with(start), "{path}: {error}");
    }
}

#[actix_web::test]
async fn a_scrape_waits_for_a_step_of_the_judge_that_takes_a_while() {
    let lane = Arc::new(LaneView::new(Clock.now(), 100, 100));
    let view = NodeView::new(&Settings::default(), NodeOptions::default(), Clock);
    view.set_lanes(vec![Arc::clone(&lane)]);
    let health = Arc::new(ActorHealth::new("test", "test"));
    let guard = Guard::new(Arc::clone(&health), Clock);
    health.drill.arm_stall(Duration::from_millis(100));
    let step = std::thread::spawn(move || {
        let proof = ProofNoted {
            rig: BAD,
            share: ShareId::new(0, 7),
            asked: Difficulty::new(1_000),
            good: false,
            now: Clock.now(),
        };
        lane.rigs()
            .note_proof(&guard, &JudgePolicy::default(), &proof);
    });
    let app = App::new().app_data(web::Data::new(view));
    let app = test::init_service(app.service(crate::http::metrics::metrics)).await;
    while !step.is_finished() {
        let request = test::TestRequest::get().uri("/metrics").to_request();
        let body = test::call_and_read_body(&app, request).await;
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(text.contains("zartrux_rigs{standing=\"new\"}"), "{text}");
    }
    step.join().unwrap();
}

#[actix_web::test]
async fn a_pool_that_repeats_the_wallet_does_not_have_the_api_show_it() {
    let wallet = format!("4{}Z", "a".repeat(93));
    let answer =
        format!(r#"{{"id":1,"result":null,"error":{{"code":-1,"message":"No {wallet}"}}}}"#);
    let Ok(PoolLine::Reply {
        answer: Answer::No(error),
        ..
    }) = parse_pool_line(answer.as_bytes())
    else {
        panic!("{answer}");
    };
    let Rejection { class, text } = Rejection::from(&error);
    let mut share = share(ShareId::new(0, 1), GOOD);
    share.settlement = Settlement::Rejected { class, text };
    let shown = serde_json::to_value(share.record()).unwrap();
    assert_eq!(shown["settlement"]["pool_said"], "No 4aaa…aaaZ");
}

#[actix_web::test]
async fn without_a_node_to_read_headers_from_there_is_no_difficulty() {
    let (status, error) = error("/api/v1/difficulty").await;
    assert_eq!(status, 404);
    assert!(error.starts_with("no headers are read"), "{error}");
}

#[actix_web::test]
async fn a_node_that_does_not_answer_is_told_with_the_difficulty() {
    let view = view();
    // Closed again: nobody listens there.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", taken.local_addr().unwrap());
    drop(taken);
    let headers = HeaderSource::launch(&url, view.health(), Clock).unwrap();
    assert!(headers.look_now(Duration::from_secs(60)));
    view.set_headers(headers);
    let data = web::Data::new(view);
    let app = test::init_service(App::new().app_data(data).configure(routes)).await;
    let request = test::TestRequest::get()
        .uri("/api/v1/difficulty")
        .to_request();
    let body: Value = test::call_and_read_body_json(&app, request).await;
    assert_eq!(body["tip"], Value::Null);
    assert_eq!(body["next"], Value::Null);
    assert_eq!(body["forecast"], serde_json::json!([]));
    let told = body["source_error"].as_str().unwrap();
    assert!(told.starts_with("the node can't be reached"), "{told}");
}
