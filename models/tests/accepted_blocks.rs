//! Blocks that a monerod took into its chain, made here once more from the templates it had given.
#![cfg(test)]

use serde::Deserialize;
use serde_json::Value;
use sha3::{Digest, Keccak256};
use zartrux_models::node_rpc::{TemplateReply, parse_block_template, parse_submit_block};
use zartrux_models::proof::{Cache, Pages, Version, Vm};
use zartrux_models::work::{BlockId, Nonce};

/// One message of the recorded dialogue between xmrig-proxy and monerod.
#[derive(Deserialize)]
struct Message {
    from: String,
    headers: Value,
    body: String,
}

/// A template, the block that was submitted of it, and the node's answer.
struct Mined {
    reply: TemplateReply,
    block: Vec<u8>,
    /// As the miner's hash had it.
    difficulty: u64,
    answer: String,
}

/// Blocks submitted, and the template that came after the last one.
fn recorded() -> (Vec<Mined>, TemplateReply) {
    let lines = include_str!("../../tests/fixtures/dialogue-proxy-monerod.jsonl");
    let messages: Vec<Message> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut template = None;
    let mut mined = Vec::new();
    for pair in messages.windows(2) {
        let [request, answer] = pair else {
            unreachable!("a window of two");
        };
        if request.from != "proxy" {
            continue;
        }
        if request.body.contains(r#""method":"getblocktemplate""#) {
            template = Some(parse_block_template(answer.body.as_bytes(), 0).unwrap());
        }
        if request.body.contains(r#""method":"submitblock""#) {
            let body: Value = serde_json::from_str(&request.body).unwrap();
            let difficulty = request.headers["X-Hash-Difficulty"].as_str().unwrap();
            mined.push(Mined {
                reply: template.take().unwrap(),
                block: const_hex::decode(body["params"][0].as_str().unwrap()).unwrap(),
                difficulty: difficulty.parse().unwrap(),
                answer: answer.body.clone(),
            });
        }
    }
    (mined, template.unwrap())
}

/// A block's id: Keccak of its hashing blob behind the blob's length.
fn id(hashing_blob: &[u8]) -> BlockId {
    let mut hasher = Keccak256::new();
    hasher.update([u8::try_from(hashing_blob.len()).unwrap()]);
    hasher.update(hashing_blob);
    BlockId::new(hasher.finalize().into())
}

#[test]
fn every_block_that_a_node_took_is_made_of_its_template_alike() {
    let (mined, last) = recorded();
    assert_eq!(mined.len(), 3);
    let followers = mined.iter().skip(1).map(|next| &next.reply).chain([&last]);
    for (mined, follower) in mined.iter().zip(followers) {
        let template = &mined.reply.template;
        let extra = template.extra_as_given();
        let nonce = Nonce::new(mined.block[39..43].try_into().unwrap());
        assert_eq!(*template.block(extra, nonce), *mined.block);
        assert_eq!(parse_submit_block(mined.answer.as_bytes()), Ok(()));

        let hashed = template.blob(extra).with_nonce(nonce);
        assert_eq!(id(&hashed), follower.previous_id(), "the node's own id");
        assert_eq!(follower.height(), mined.reply.height() + 1);
    }
}

#[test]
fn the_work_of_every_block_that_a_node_took_is_that_of_its_hashing_blob() {
    let (mined, _) = recorded();
    let cache = Cache::for_seed(&mined[0].reply.seed, Pages::PreferLarge).unwrap();
    let mut vm = Vm::light(cache, Version::V1, Pages::PreferLarge).unwrap();
    for mined in mined {
        let template = &mined.reply.template;
        let nonce = Nonce::new(mined.block[39..43].try_into().unwrap());
        let hashed = template.blob(template.extra_as_given()).with_nonce(nonce);
        let difficulty = vm.hash(&hashed).as_result().difficulty();
        assert_eq!(difficulty.get(), mined.difficulty, "what the miner said");
        assert!(difficulty >= mined.reply.difficulty.value);
    }
}
