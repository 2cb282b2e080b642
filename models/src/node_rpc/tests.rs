//! Replies and notices that a monerod gave, and what becomes of them when one thing is changed.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::work::{BlockId, Difficulty, SeedHash};

const TEMPLATES: [&str; 4] = [
    include_str!("../../../tests/fixtures/get_block_template.json"),
    include_str!("../../../tests/fixtures/get_block_template-1tx.json"),
    include_str!("../../../tests/fixtures/get_block_template-5tx.json"),
    include_str!("../../../tests/fixtures/get_block_template-134tx.json"),
];
const INFO: &str = include_str!("../../../tests/fixtures/get_info.json");
const SUBMITS: &str = include_str!("../../../tests/fixtures/submit_block-replies.json");
const CHAIN: &str = include_str!("../../../tests/fixtures/zmq-minimal-chain_main.json");
const MINER: &str = include_str!("../../../tests/fixtures/zmq-miner-data.json");
const FULL_CHAIN: &str = include_str!("../../../tests/fixtures/zmq-full-chain_main.json");
const WIRE: &str = include_str!("../../../tests/fixtures/zmq-wire.json");

const GENESIS: &str = "418015bb9ae982a1975da7d79277c2705727a56894ba0fb246adaabb1f4632e3";
const TOP: &str = "f844abc1745b30d19a2cc0f9907bc8a98e07643ff507d4b6cfed2fdf3697a10d";

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The first recorded template with one field of its result changed; removed if `None`.
fn changed(field: &str, value: Option<Value>) -> Vec<u8> {
    change(TEMPLATES[0], field, value)
}

fn change(reply: &str, field: &str, value: Option<Value>) -> Vec<u8> {
    let mut reply = json(reply);
    let fields = reply["result"].as_object_mut().unwrap();
    assert!(fields.contains_key(field), "{field}");
    match value {
        Some(value) => fields.insert(field.to_owned(), value),
        None => fields.remove(field),
    };
    reply.to_string().into_bytes()
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

#[test]
fn a_busy_node_is_told_from_a_broken_one() {
    let busy = br#"{"id":"0","jsonrpc":"2.0","result":{"status":"BUSY"}}"#;
    for fault in [
        parse_block_template(busy, 0).unwrap_err(),
        parse_get_info(busy).unwrap_err(),
        parse_submit_block(busy).unwrap_err(),
    ] {
        assert_eq!(fault, NodeFault::Status("BUSY".into()));
    }
    for (body, told) in [
        (&b""[..], "not JSON"),
        (b"<html>502 Bad Gateway</html>", "not JSON"),
        (b"{}", "neither result nor error"),
        (br#"{"result":null}"#, "neither result nor error"),
        (br#"{"result":[]}"#, "status is missing"),
        (br#"{"result":7}"#, "not a reply"),
        (br#"{"error":"no"}"#, "not a reply"),
        (br#"{"result":{},"result":{}}"#, "duplicate field `result`"),
        (
            br#"{"result":{"status":"OK","status":"OK"}}"#,
            "duplicate field `status`",
        ),
        (b"[[[[[[[[[[]]]]]]]]]]", "nested deeper than 8"),
    ] {
        let fault = parse_submit_block(body).unwrap_err();
        assert!(matches!(fault, NodeFault::Bad(_)), "{fault}");
        assert!(fault.to_string().contains(told), "{fault}");
    }
    let long = vec![b' '; REPLY_LIMIT + 1];
    let fault = parse_get_info(&long).unwrap_err().to_string();
    assert!(fault.contains("longer than"), "{fault}");
}

#[test]
fn each_recorded_answer_to_a_submit_has_its_class() {
    let replies = json(SUBMITS);
    let replies = replies.as_object().unwrap();
    let classes = [
        ("submit_block: accepted", None),
        (
            "submit_block: the same block again",
            Some(NodeErrorClass::NotAccepted),
        ),
        (
            "submit_block: hash above the target",
            Some(NodeErrorClass::NotAccepted),
        ),
        ("submit_block: not hex", Some(NodeErrorClass::Malformed)),
        ("submit_block: no block", Some(NodeErrorClass::Malformed)),
        ("submit_block: empty params", Some(NodeErrorClass::Request)),
        (
            "get_block_template: bad address",
            Some(NodeErrorClass::Wallet),
        ),
        (
            "get_block_template: reserve_size 256",
            Some(NodeErrorClass::Request),
        ),
        (
            "get_block_template: reserve_size and extra_nonce",
            Some(NodeErrorClass::Request),
        ),
        ("unknown method", Some(NodeErrorClass::Request)),
    ];
    assert_eq!(replies.len(), classes.len());
    for (case, class) in classes {
        let answer = parse_submit_block(replies[case].to_string().as_bytes());
        match (answer, class) {
            (Ok(()), None) => {}
            (Err(NodeFault::Refused(refusal)), Some(class)) => {
                assert_eq!(refusal.class(), class, "{case}");
                assert_eq!(
                    *refusal.message,
                    *replies[case]["error"]["message"].as_str().unwrap()
                );
            }
            (other, _) => panic!("{case}: {other:?}"),
        }
    }
}

#[test]
fn a_refusal_tells_the_operator_what_to_do_and_never_a_wallet() {
    let wallet = "4".repeat(95);
    let error = |code: i64, message: &str| {
        let body = json!({"error": {"code": code, "message": message}});
        parse_get_info(body.to_string().as_bytes())
            .unwrap_err()
            .to_string()
    };
    let told = error(-4, &format!("Failed to parse {wallet}\n"));
    assert!(
        told.contains("another network") && !told.contains(&wallet),
        "{told}"
    );
    assert!(error(-12, "Mining to subaddress is not supported yet").contains("primary address"));
    assert!(error(-9, "Core is busy").contains("syncing"));
    assert!(error(-7, &"x y ".repeat(500)).len() < 300);
}

#[test]
fn every_code_of_a_node_has_a_class() {
    let of = |code| {
        NodeRefusal {
            code,
            message: "".into(),
        }
        .class()
    };
    // core_rpc_server_error_codes.h has 1 to 21 but for 8.
    for code in (-21..=-1).filter(|code| *code != -8) {
        assert_ne!(of(code), NodeErrorClass::Unknown, "{code}");
    }
    assert_eq!(of(-19), NodeErrorClass::Forbidden);
    for code in [-8, 0, 1, i64::MIN, i64::MAX] {
        assert_eq!(of(code), NodeErrorClass::Unknown, "{code}");
    }
    let labels: std::collections::BTreeSet<_> = NodeErrorClass::ALL
        .iter()
        .map(|class| class.label())
        .collect();
    assert_eq!(labels.len(), NodeErrorClass::ALL.len());
}

#[test]
fn a_recorded_state_of_a_node_keeps_every_field() {
    let info = parse_get_info(INFO.as_bytes()).unwrap();
    let expected = NodeInfo {
        height: 3,
        target_height: 0,
        synchronized: true,
        busy_syncing: false,
        top: BlockId::from_hex(TOP).unwrap(),
        network: NodeNetwork::Fakechain,
        untrusted: false,
        version: "0.18.0.0-unknown".into(),
    };
    assert_eq!(info, expected);
    assert!(info.is_ready());
}

#[test]
fn a_node_that_follows_behind_or_another_is_not_ready() {
    for (field, value) in [
        ("synchronized", json!(false)),
        ("busy_syncing", json!(true)),
        ("untrusted", json!(true)),
        ("target_height", json!(4)),
    ] {
        let info = parse_get_info(&change(INFO, field, Some(value))).unwrap();
        assert!(!info.is_ready(), "{field}");
    }
    for (field, told) in [
        ("height", "height is missing"),
        ("target_height", "target_height is missing"),
        ("synchronized", "synchronized is missing"),
        ("top_block_hash", "top_block_hash is missing"),
    ] {
        let fault = parse_get_info(&change(INFO, field, None)).unwrap_err();
        assert_eq!(fault.to_string(), told);
    }
    let hidden = parse_get_info(&change(INFO, "version", Some(json!("")))).unwrap();
    assert_eq!(&*hidden.version, "");
    for (name, network) in [
        ("mainnet", NodeNetwork::Mainnet),
        ("stagenet", NodeNetwork::Stagenet),
        ("elsewhere", NodeNetwork::Other),
    ] {
        let info = parse_get_info(&change(INFO, "nettype", Some(json!(name)))).unwrap();
        assert_eq!(info.network, network);
    }
}

/// A recorded message as the frame that it was.
fn frame(topic: &str, payload: &Value) -> Vec<u8> {
    format!("{topic}:{payload}").into_bytes()
}

fn frames(recorded: &str) -> Vec<Vec<u8>> {
    json(recorded)
        .as_array()
        .unwrap()
        .iter()
        .map(|message| frame(message["topic"].as_str().unwrap(), &message["payload"]))
        .collect()
}

#[test]
fn a_recorded_notice_of_a_block_tells_the_new_top() {
    let frames = frames(CHAIN);
    let heights: Vec<_> = frames
        .iter()
        .map(|frame| match parse_notice(frame).unwrap() {
            NodeNotice::Chain(chain) => (chain.height, chain.blocks),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(heights, [(1, 1), (2, 1)]);
    let wire = json(WIRE);
    let first = wire["first_message"][0].as_str().unwrap();
    assert_eq!(parse_notice(first.as_bytes()), parse_notice(&frames[0]));
}

#[test]
fn several_blocks_at_once_end_in_the_new_top() {
    let notice = frame(
        CHAIN_TOPIC,
        &json!({"first_height": 10, "first_prev_id": GENESIS, "ids": [GENESIS, GENESIS, TOP]}),
    );
    let expected = ChainNotice {
        height: 12,
        top: BlockId::from_hex(TOP).unwrap(),
        blocks: 3,
        first_previous: BlockId::from_hex(GENESIS).unwrap(),
    };
    assert_eq!(parse_notice(&notice), Ok(NodeNotice::Chain(expected)));
}

#[test]
fn a_recorded_notice_for_miners_keeps_every_field() {
    let frames = frames(MINER);
    let NodeNotice::Miner(notice) = parse_notice(&frames[1]).unwrap() else {
        panic!("another topic");
    };
    let difficulty = NodeDifficulty {
        value: Difficulty::new(20_000),
        saturated: false,
    };
    let expected = MinerNotice {
        major_version: 16,
        height: 3,
        previous: BlockId::from_hex(TOP).unwrap(),
        seed: SeedHash::from_hex(GENESIS).unwrap(),
        difficulty,
        waiting: 0,
    };
    assert_eq!(notice, expected);
    let recorded = json(include_str!("../../../tests/fixtures/get_miner_data.json"));
    let NodeNotice::Miner(notice) = parse_notice(&frame(MINER_TOPIC, &recorded["result"])).unwrap()
    else {
        panic!("another topic");
    };
    assert_eq!((notice.height, notice.waiting), (101, 5));
}

#[test]
fn other_topics_are_not_looked_at_and_bad_notices_are_named() {
    assert_eq!(parse_notice(&frames(FULL_CHAIN)[0]), Ok(NodeNotice::Other));
    assert_eq!(
        parse_notice(b"anything:[[[[[[[[[[[["),
        Ok(NodeNotice::Other)
    );
    let chain = |payload: Value| {
        parse_notice(&frame(CHAIN_TOPIC, &payload))
            .unwrap_err()
            .to_string()
    };
    let good = json!({"first_height": 10, "first_prev_id": GENESIS, "ids": [TOP]});
    for (field, value, told) in [
        ("first_height", json!("10"), "first_height: invalid type"),
        ("first_height", json!(null), "first_height is missing"),
        ("first_prev_id", json!("00"), "first_prev_id: not 64"),
        ("ids", json!([]), "ids: empty"),
        ("ids", json!(["00"]), "ids: not 64"),
        ("ids", json!([1]), "ids: invalid type"),
    ] {
        let mut payload = good.clone();
        payload[field] = value;
        assert!(
            chain(payload.clone()).contains(told),
            "{told}: {}",
            chain(payload)
        );
    }
    let mut payload = good;
    payload["first_height"] = json!(u64::MAX);
    payload["ids"] = json!([TOP, TOP]);
    assert_eq!(chain(payload), "first_height: too large");
    for (frame, told) in [
        (&b"json-minimal-chain_main"[..], "no topic"),
        (b"json-minimal-chain_main:", "not JSON"),
        (b"json-full-miner_data:{}", "difficulty is missing"),
    ] {
        let fault = parse_notice(frame).unwrap_err().to_string();
        assert!(fault.contains(told), "{fault}");
    }
    let long = vec![b' '; NOTICE_LIMIT + 1];
    assert!(matches!(parse_notice(&long), Err(BadReply::Long { .. })));
}

#[test]
fn requests_are_those_that_the_node_answered() {
    let wallet = r#"4"},{"wallet"#;
    let body = json(&render_get_block_template(wallet, 60));
    assert_eq!(
        body,
        json!({"jsonrpc": "2.0", "id": "0", "method": "get_block_template",
            "params": {"wallet_address": wallet, "reserve_size": 60}})
    );
    assert_eq!(json(render_get_info())["method"], "get_info");
    let body = json(&render_submit_block(&[0x10, 0x0a]));
    assert_eq!(body["params"], json!(["100a"]));
    assert_eq!(body["method"], "submit_block");
}

proptest! {
    #[test]
    fn any_change_of_a_reply_is_read_or_refused(
        which in 0usize..6,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut: Option<prop::sample::Index>,
    ) {
        let chain = String::from_utf8(frames(CHAIN).remove(0)).unwrap();
        let mut body = [TEMPLATES[0], TEMPLATES[2], INFO, SUBMITS, MINER, &chain][which]
            .as_bytes()
            .to_vec();
        for (at, byte) in changes {
            let at = at.index(body.len());
            body[at] = byte;
        }
        if let Some(cut) = cut {
            body.truncate(cut.index(body.len()));
        }
        if let Ok(reply) = parse_block_template(&body, 0) {
            let given = reply.template.extra_as_given();
            let json: Value = serde_json::from_slice(&body).unwrap();
            let hashing = const_hex::decode(json["result"]["blockhashing_blob"].as_str().unwrap()).unwrap();
            let blob = reply.template.blob(given);
            prop_assert_eq!(&blob.as_bytes()[43..], &hashing[43..]);
        }
        let _ = parse_get_info(&body);
        let _ = parse_submit_block(&body);
        let _ = parse_notice(&body);
    }
}
