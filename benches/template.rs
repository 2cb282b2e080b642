//! What a block template costs: to read one, and to make the hashing blob of a lease.
//!
//! Run with `cargo bench --bench template`.

#![expect(
    clippy::expect_used,
    reason = "a bench whose scene is broken should stop at once"
)]

use std::hint::black_box;

use divan::Bencher;
use zartrux_models::node_rpc::parse_block_template;
use zartrux_models::work::{BlockTemplate, Nonce};

fn main() {
    divan::main();
}

/// Transactions besides the miner's.
const COUNTS: [usize; 3] = [0, 50, 1_000];

/// A monerod's reply, without transactions.
const REPLY: &str = include_str!("../tests/fixtures/get_block_template.json");

/// The template of that reply with made-up transactions, and where its extra nonce goes.
fn block(transactions: usize) -> (Vec<u8>, usize) {
    let reply = parse_block_template(REPLY.as_bytes(), 0).expect("a recorded reply");
    let mut bytes = reply.template.block(0, Nonce::new([0; 4])).into_vec();
    // The last byte is the number of transactions.
    bytes.pop();
    let [low, high, ..] = transactions.to_le_bytes();
    if transactions < 0x80 {
        bytes.push(low);
    } else {
        bytes.extend([low | 0x80, high << 1 | low >> 7]);
    }
    for number in 0..transactions {
        let mut hash = [0x5a; 32];
        hash[..8].copy_from_slice(&number.to_le_bytes());
        bytes.extend(hash);
    }
    (bytes, reply.reserved_offset)
}

#[divan::bench(args = COUNTS)]
fn parse_a_template(bencher: Bencher<'_, '_>, transactions: usize) {
    let (bytes, at) = block(transactions);
    bencher.bench(|| BlockTemplate::parse(black_box(&bytes), at).expect("a template"));
}

#[divan::bench(args = COUNTS)]
fn make_the_blob_of_a_lease(bencher: Bencher<'_, '_>, transactions: usize) {
    let (bytes, at) = block(transactions);
    let template = BlockTemplate::parse(&bytes, at).expect("a template");
    assert_eq!(template.transactions(), transactions);
    let mut extra = 0_u32;
    bencher.bench_local(|| {
        extra = extra.wrapping_add(1);
        template.blob(black_box(extra))
    });
}

#[divan::bench]
fn read_a_nodes_reply(bencher: Bencher<'_, '_>) {
    bencher.bench(|| parse_block_template(black_box(REPLY.as_bytes()), 0).is_ok());
}
