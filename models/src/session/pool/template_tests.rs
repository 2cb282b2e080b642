//! A session in the template dialect.

use serde_json::{Value, json};

use super::tests::{close_of, origin, settings, share};
use super::*;
use crate::stratum::NumberOrder;
use crate::work::Difficulty;

const NUMBER: u32 = 0x8000_00fe;

fn job(id: &str, difficulty: u64) -> Value {
    let reply: Value = serde_json::from_str(include_str!(
        "../../../../tests/fixtures/get_block_template-1tx.json"
    ))
    .unwrap();
    let result = reply.get("result").unwrap_or(&reply);
    let reserved = result["reserved_offset"].as_u64().unwrap();
    json!({
        "blocktemplate_blob": result["blocktemplate_blob"],
        "job_id": id,
        "height": result["height"],
        "seed_hash": result["seed_hash"],
        "reserved_offset": reserved,
        "client_pool_offset": reserved + 8,
        "client_nonce_offset": reserved + 12,
        "target_diff": difficulty,
    })
}

fn logged_in(order: NumberOrder) -> PoolProtocol {
    let settings = PoolSettings {
        dialect: Dialect::Template(order),
        ..settings()
    };
    let mut protocol = PoolProtocol::new(Arc::new(settings)).numbered(NUMBER);
    protocol.on_connected(origin(), &mut Vec::new());
    protocol
}

fn answer(job: &Value) -> Vec<u8> {
    json!({"id": 1, "error": null, "result": {"id": "s1", "job": job, "status": "OK"}})
        .to_string()
        .into_bytes()
}

fn notice(job: &Value) -> Vec<u8> {
    json!({"jsonrpc": "2.0", "method": "job", "params": job})
        .to_string()
        .into_bytes()
}

#[test]
fn a_share_says_the_numbers_under_which_it_was_found() {
    for (order, pool, worker) in [
        (NumberOrder::BigEndian, 0x8000_00fe_i64, 0x05b2_i64),
        (NumberOrder::LittleEndian, -0x01ff_ff80, -0x4dfb_0000),
    ] {
        let mut protocol = logged_in(order);
        protocol.on_line(&answer(&job("j1", 1_000)));
        let mut share = share(&protocol);
        let mut issued = (*share.job).clone();
        let Work::Template(page) = &issued.job.work else {
            panic!("no template");
        };
        issued.job.work = Work::Template(page.turned_to(5));
        share.job = Arc::new(issued);
        let mut out = Vec::new();
        protocol.submit(&share, origin(), &mut out).unwrap();
        let line: Value = serde_json::from_slice(&out).unwrap();
        let params = &line["params"];
        assert_eq!(params["poolNonce"].as_i64(), Some(pool), "{order:?}");
        assert_eq!(params["workerNonce"].as_i64(), Some(worker), "{order:?}");
        assert_eq!(params["nonce"], "050000b2");
    }
}

#[test]
fn another_difficulty_is_another_job_and_the_same_again_is_none() {
    let mut protocol = logged_in(NumberOrder::BigEndian);
    let effect = protocol.on_line(&answer(&job("j1", 1_000)));
    assert!(matches!(effect, PoolEffect::LoggedIn { job: Some(_), .. }));
    let effect = protocol.on_line(&notice(&job("j1", 1_000)));
    assert_eq!(effect, PoolEffect::Ignored(Ignored::SameJob));
    let PoolEffect::Job(next) = protocol.on_line(&notice(&job("j2", 2_000))) else {
        panic!("no job");
    };
    assert_eq!(next.target.difficulty(), Difficulty::new(2_000));
    assert_eq!(next.work, protocol.job().unwrap().work);
}

#[test]
fn a_pool_that_speaks_otherwise_is_left_with_the_remedy() {
    let mut protocol = logged_in(NumberOrder::BigEndian);
    let ordinary = json!({"blob": "00", "job_id": "j1", "target": "44444404"});
    let close = close_of(protocol.on_line(&answer(&ordinary)));
    assert_eq!(close.class, ErrorClass::Ours);
    assert!(close.reason.contains("dialect = \"stratum\""), "{close}");

    let mut protocol = PoolProtocol::new(Arc::new(settings()));
    protocol.on_connected(origin(), &mut Vec::new());
    let close = close_of(protocol.on_line(&answer(&job("j1", 1_000))));
    assert_eq!(close.class, ErrorClass::Ours);
    assert!(close.reason.contains("dialect = \"template\""), "{close}");
}

#[test]
fn a_template_that_can_not_be_used_ends_the_session() {
    let mut protocol = logged_in(NumberOrder::BigEndian);
    protocol.on_line(&answer(&job("j1", 1_000)));
    let mut bad = job("j2", 1_000);
    bad["client_nonce_offset"] = json!(4_000_000);
    let close = close_of(protocol.on_line(&notice(&bad)));
    assert_eq!(close.class, ErrorClass::Pool);
    assert!(!protocol.is_logged_in());
}
