//! Replies and notices that a monerod gave, and what becomes of them when one thing is changed.

mod notice;
mod reply;
mod template;

use serde_json::Value;

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

/// A recorded reply with one field of its result changed; removed if `None`.
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
