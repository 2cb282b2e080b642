//! Block templates.

use serde_json::{Value, json};

use super::{GENESIS, TEMPLATES, TOP, change, json};
use crate::node_rpc::*;
use crate::work::{BlockId, Difficulty, SeedHash};

/// The first recorded template with one field of its result changed; removed if `None`.
fn changed(field: &str, value: Option<Value>) -> Vec<u8> {
    change(TEMPLATES[0], field, value)
}

fn fault_of(body: &[u8]) -> String {
    parse_block_template(body, 0).unwrap_err().to_string()
}

#[test]
fn a_recorded_template_keeps_every_field() {
    let reply = parse_block_template(TEMPLATES[0].as_bytes(), 8).unwrap();
    assert_eq!(reply.height(), 3);
    assert_eq!(reply.previous_id(), BlockId::from_hex(TOP).unwrap());
    assert_eq!(reply.seed, SeedHash::from_hex(GENESIS).unwrap());
    assert_eq!(reply.next_seed, None);
    assert_eq!(reply.difficulty.value, Difficulty::new(20_000));
    assert!(!reply.difficulty.saturated && !reply.untrusted);
    assert_eq!(reply.expected_reward, 35_184_204_316_927);
    assert_eq!(
        (reply.reserved_offset, reply.template.extra_at()),
        (126, 134)
    );
    for text in TEMPLATES {
        parse_block_template(text.as_bytes(), 0).unwrap();
    }
}

#[test]
fn each_bad_field_of_a_template_is_named() {
    let cases = [
        ("status", None, "status is missing"),
        ("blocktemplate_blob", None, "blocktemplate_blob is missing"),
        ("blockhashing_blob", None, "blockhashing_blob is missing"),
        ("difficulty", None, "difficulty is missing"),
        ("height", None, "height is missing"),
        ("prev_hash", None, "prev_hash is missing"),
        ("reserved_offset", None, "reserved_offset is missing"),
        ("seed_hash", None, "seed_hash is missing"),
        ("status", Some(json!(1)), "status: invalid type"),
        ("height", Some(json!("3")), "height: invalid type"),
        (
            "height",
            Some(json!(4)),
            "height: 4, but the template's is 3",
        ),
        ("height", Some(json!(-1)), "height: invalid value"),
        (
            "prev_hash",
            Some(json!(GENESIS)),
            "prev_hash: the template follows another",
        ),
        ("prev_hash", Some(json!("f8")), "prev_hash: not 64"),
        ("seed_hash", Some(json!("")), "seed_hash: not 64"),
        (
            "next_seed_hash",
            Some(json!("00")),
            "next_seed_hash: not 64",
        ),
        (
            "blocktemplate_blob",
            Some(json!("0")),
            "blocktemplate_blob: odd",
        ),
        (
            "blocktemplate_blob",
            Some(json!("zz")),
            "blocktemplate_blob: invalid",
        ),
        (
            "blocktemplate_blob",
            Some(json!("0x10")),
            "blocktemplate_blob: not hex",
        ),
        (
            "blocktemplate_blob",
            Some(json!("1010")),
            "block template ends within its timestamp",
        ),
        ("blockhashing_blob", Some(json!("")), "does not know"),
        (
            "reserved_offset",
            Some(json!(56)),
            "not within the extra field",
        ),
        ("reserved_offset", Some(json!(100)), "are not reserved"),
        (
            "reserved_offset",
            Some(json!(u64::MAX)),
            "not within the extra field",
        ),
        (
            "difficulty",
            Some(json!(20_001)),
            "wide_difficulty: is not what difficulty says",
        ),
        (
            "difficulty_top64",
            Some(json!(1)),
            "wide_difficulty: is not what difficulty says",
        ),
        (
            "wide_difficulty",
            Some(json!("4e20")),
            "wide_difficulty: not 0x",
        ),
        (
            "wide_difficulty",
            Some(json!("0x+4e20")),
            "wide_difficulty: not 0x",
        ),
        (
            "wide_difficulty",
            Some(json!("0x")),
            "wide_difficulty: not 0x",
        ),
        (
            "wide_difficulty",
            Some(json!(20_000)),
            "wide_difficulty: invalid type",
        ),
        (
            "expected_reward",
            Some(json!([])),
            "expected_reward: invalid type",
        ),
        ("untrusted", Some(json!("no")), "untrusted: invalid type"),
    ];
    for (field, value, told) in cases {
        let fault = fault_of(&changed(field, value.clone()));
        assert!(fault.contains(told), "{field} {value:?}: {fault:?}");
    }
}

#[test]
fn a_node_that_hashes_another_layout_is_not_mined_for() {
    // As if the next version's tree had another leaf: the same fields, another root.
    let mut blob = const_hex::decode(
        json(TEMPLATES[0])["result"]["blockhashing_blob"]
            .as_str()
            .unwrap(),
    )
    .unwrap();
    blob[43] ^= 1;
    let fault = parse_block_template(
        &changed("blockhashing_blob", Some(json!(const_hex::encode(blob)))),
        0,
    );
    assert_eq!(fault, Err(NodeFault::Bad(BadReply::Layout { major: 16 })));
    assert!(
        fault
            .unwrap_err()
            .to_string()
            .contains("layout that this version does not know")
    );
}

#[test]
fn the_seed_of_the_next_epoch_is_kept_once_it_is_told() {
    let body = changed("next_seed_hash", Some(json!(TOP)));
    let reply = parse_block_template(&body, 0).unwrap();
    assert_eq!(reply.next_seed, Some(SeedHash::from_hex(TOP).unwrap()));
    let body = changed("next_seed_hash", None);
    assert_eq!(parse_block_template(&body, 0).unwrap().next_seed, None);
}

/// The first recorded template's difficulty as a node would tell it.
fn difficulty_of(low: u64, top: Option<u64>, wide: Option<&str>) -> Result<NodeDifficulty, String> {
    let mut reply = json(TEMPLATES[0]);
    let fields = reply["result"].as_object_mut().unwrap();
    fields.insert("difficulty".to_owned(), json!(low));
    fields.insert("difficulty_top64".to_owned(), json!(top));
    fields.insert("wide_difficulty".to_owned(), json!(wide));
    parse_block_template(reply.to_string().as_bytes(), 0)
        .map(|reply| reply.difficulty)
        .map_err(|fault| fault.to_string())
}

#[test]
fn a_difficulty_beyond_64_bits_is_the_largest_there_is_and_says_so() {
    let known = |hashes| {
        let value = Difficulty::new(hashes);
        Ok(NodeDifficulty {
            value,
            saturated: false,
        })
    };
    let beyond = Ok(NodeDifficulty {
        value: Difficulty::new(u64::MAX),
        saturated: true,
    });
    assert_eq!(
        difficulty_of(u64::MAX, Some(0), Some("0xffffffffffffffff")),
        known(u64::MAX)
    );
    assert_eq!(
        difficulty_of(7, Some(1), Some("0x10000000000000007")),
        beyond
    );
    assert_eq!(difficulty_of(7, None, Some("0x10000000000000007")), beyond);
    // Nodes of before 2019 tell 64 bits only.
    assert_eq!(difficulty_of(7, None, None), known(7));
    assert_eq!(difficulty_of(7, Some(1), None), beyond);
    assert_eq!(
        difficulty_of(0, None, None).unwrap_err(),
        "difficulty: zero"
    );
    assert!(
        difficulty_of(0, Some(0), Some("0x0"))
            .unwrap_err()
            .contains("above zero")
    );
}
