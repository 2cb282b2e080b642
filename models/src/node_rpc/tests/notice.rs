//! Frames of `ZeroMQ`.

use serde_json::{Value, json};

use super::{CHAIN, FULL_CHAIN, GENESIS, MINER, TOP, WIRE, json};
use crate::node_rpc::*;
use crate::work::{BlockId, Difficulty, SeedHash};

/// A recorded message as the frame that it was.
fn frame(topic: &str, payload: &Value) -> Vec<u8> {
    format!("{topic}:{payload}").into_bytes()
}

pub(super) fn frames(recorded: &str) -> Vec<Vec<u8>> {
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
            NodeNotice::Miner(_) | NodeNotice::Other => panic!("another topic"),
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
    let recorded = json(include_str!(
        "../../../../tests/fixtures/get_miner_data.json"
    ));
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
