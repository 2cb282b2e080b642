use serde_json::{Value, json};

use super::*;
use crate::stratum::{Answer, NumberOrder, PoolLine, parse_pool_line};
use crate::work::{Algorithm, BadTemplate, Nonce, Slot};

const OURS: u32 = 0xdead_beef;

/// A node's template with room for 60 bytes, as a pool would send it on.
fn job() -> Value {
    let reply: Value = serde_json::from_str(include_str!(
        "../../../../../tests/fixtures/get_block_template-5tx.json"
    ))
    .unwrap();
    let result = reply.get("result").unwrap_or(&reply);
    let reserved = result["reserved_offset"].as_u64().unwrap();
    json!({
        "blocktemplate_blob": result["blocktemplate_blob"],
        "blob_type": "cryptonote",
        "job_id": "j1",
        "id": "s1",
        "difficulty": 350_000_000_000_u64,
        "height": result["height"],
        "seed_hash": result["seed_hash"],
        "reserved_offset": reserved,
        "client_pool_offset": reserved + 8,
        "client_nonce_offset": reserved + 12,
        "target_diff": 120_000,
        "target_diff_hex": "whatever",
    })
}

fn check(job: &Value) -> Result<UpstreamJob, BadJob> {
    let text = job.to_string();
    let fields: JobFields<'_> = serde_json::from_str(&text).unwrap();
    fields.check_template(OURS)
}

fn with(key: &str, value: Value) -> Value {
    let mut job = job();
    job[key] = value;
    job
}

#[test]
fn a_good_job_is_a_page_of_leases_with_our_number_in_its_template() {
    let told = job();
    let job = check(&told).unwrap();
    assert_eq!((&*job.id, job.algorithm), ("j1", Algorithm::Rx0));
    assert_eq!(job.height, told["height"].as_u64());
    assert_eq!(job.target.difficulty(), Difficulty::new(120_000));
    assert_eq!(
        job.network_difficulty,
        Some(Difficulty::new(350_000_000_000))
    );
    let Work::Template(page) = &job.work else {
        panic!("no template");
    };
    // The pool rebuilds the block of a submit from the template that it sent.
    let page = page.turned_to(3);
    let nonce = Nonce::new([1, 2, 3, 4]);
    let mut rebuilt = const_hex::decode(told["blocktemplate_blob"].as_str().unwrap()).unwrap();
    let mut write = |at: u64, number: u32| {
        let at = usize::try_from(at).unwrap();
        rebuilt[at..at + 4].copy_from_slice(&number.to_be_bytes());
    };
    write(told["client_pool_offset"].as_u64().unwrap(), OURS);
    let worker = NumberOrder::BigEndian.as_sent(page.extra_nonce(Slot(9)));
    assert_eq!(worker, 3 * 256 + 9);
    write(told["client_nonce_offset"].as_u64().unwrap(), 3 * 256 + 9);
    rebuilt[39..43].copy_from_slice(nonce.as_bytes());
    assert_eq!(*page.block(Slot(9), nonce), *rebuilt);
}

#[test]
fn each_bad_field_is_named() {
    let reserved = job()["reserved_offset"].as_u64().unwrap();
    let cases = [
        (with("job_id", json!("")), "job.job_id of 0 bytes"),
        (
            with("blocktemplate_blob", Value::Null),
            "job.blocktemplate_blob is missing",
        ),
        (
            with("blocktemplate_blob", json!("0g")),
            "job.blocktemplate_blob is not hex",
        ),
        (
            with("blocktemplate_blob", json!("1010")),
            "job.blocktemplate_blob: block template ends",
        ),
        (
            with("target_diff", json!(0)),
            "job.target_diff is missing, or is no whole",
        ),
        (
            with("target_diff", json!(1.5)),
            "job.target_diff is missing, or is no whole",
        ),
        (
            with("target_diff", Value::Null),
            "job.target_diff is missing, or is no whole",
        ),
        (
            with("client_nonce_offset", json!("x")),
            "job.client_nonce_offset is missing",
        ),
        (
            with("client_pool_offset", json!(-1)),
            "job.client_pool_offset is missing",
        ),
        (
            with("client_pool_offset", json!(u64::MAX)),
            "not within the extra field",
        ),
        (
            with("client_nonce_offset", json!(50)),
            "leaves no number to hand out",
        ),
        (
            with("client_nonce_offset", json!(reserved)),
            "leaves no number to hand out",
        ),
        (
            with("client_pool_offset", json!(reserved + 3)),
            "leaves no number to hand out",
        ),
        (
            with("client_pool_offset", json!(reserved + 10)),
            "overlap the extra nonce",
        ),
        (
            with("client_nonce_offset", json!(reserved + 400)),
            "not within the extra field",
        ),
        (
            with("using_dynamic_nonce", json!(true)),
            "leaves no number to hand out",
        ),
        (
            with("blob_type", json!("cryptonote_loki")),
            "job.blob_type is cryptonote_loki",
        ),
        (with("seed_hash", Value::Null), "job.algo is missing"),
        (with("seed_hash", json!("aa")), "job.seed_hash: not 64"),
    ];
    for (job, expected) in cases {
        let refused = check(&job).unwrap_err().to_string();
        assert!(
            refused.contains(expected),
            "{refused:?} should contain {expected:?}"
        );
    }
}

#[test]
fn numbers_may_be_strings_and_a_network_below_the_pool_s_own_difficulty_says_nothing() {
    let mut lenient = with("target_diff", json!("120000"));
    lenient["difficulty"] = json!(119_999);
    lenient["blob_type"] = json!(0);
    lenient["using_dynamic_nonce"] = json!(false);
    lenient["next_seed_hash"] = json!("");
    let job = check(&lenient).unwrap();
    assert_eq!(job.target.difficulty(), Difficulty::new(120_000));
    assert_eq!(job.network_difficulty, None);
}

#[test]
fn a_template_longer_than_any_block_is_refused_before_it_is_read() {
    let long = "0".repeat(2 * BlockTemplate::MAX_LEN + 2);
    let refused = check(&with("blocktemplate_blob", json!(long))).unwrap_err();
    assert!(matches!(refused, BadJob::Template(BadTemplate::Long(_))));
}

#[test]
fn whoever_speaks_the_other_dialect_is_refused_with_the_remedy() {
    let template = job().to_string();
    let template: JobFields<'_> = serde_json::from_str(&template).unwrap();
    assert_eq!(template.check(), Err(BadJob::OnlyTemplates));
    let blob = JobFields {
        blob: Some("00".into()),
        job_id: Some("j".into()),
        ..JobFields::default()
    };
    assert_eq!(blob.check_template(OURS), Err(BadJob::NoTemplates));
    assert!(
        BadJob::NoTemplates
            .to_string()
            .contains("dialect = \"stratum\"")
    );
    assert!(
        BadJob::OnlyTemplates
            .to_string()
            .contains("dialect = \"template\"")
    );
}

#[test]
fn monero_pool_wraps_the_jobs_that_it_sends_later() {
    let line = json!({"jsonrpc": "2.0", "method": "job", "params": {"id": "s1", "job": job()}});
    let line = line.to_string();
    let PoolLine::Job(fields) = parse_pool_line(line.as_bytes()).unwrap() else {
        panic!("no job");
    };
    assert!(fields.check_template(OURS).is_ok());
    let login = json!({"id": 1, "result": {"id": "s1", "job": job(), "status": "OK"}}).to_string();
    let PoolLine::Reply {
        answer: Answer::Yes(result),
        ..
    } = parse_pool_line(login.as_bytes()).unwrap()
    else {
        panic!("no reply");
    };
    let login = result.login().unwrap();
    assert!(login.job.unwrap().check_template(OURS).is_ok());
}
