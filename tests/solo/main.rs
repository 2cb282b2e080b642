//! Mining straight to a real monerod with real RandomX. They need Debian's package `monero`, and
//! fail without it.
#![cfg(test)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test ends where something is not as it must be, and shows what it measured"
)]

#[path = "../support/mod.rs"]
mod support;

use std::sync::{Arc, LazyLock};
use std::time::Instant;

use support::monerod::{Monerod, WALLET};
use support::{Config, PATIENCE, Proxy, SimMiner};
use zartrux::demo::randomx::{Caches, Hasher};
use zartrux::demo::target::Target64;
use zartrux::demo::wire::Job;

static CACHES: LazyLock<Arc<Caches>> = LazyLock::new(|| Arc::new(Caches::default()));

fn node() -> Monerod {
    Monerod::start(10).expect("Debian's package `monero` is needed for these tests")
}

fn proxy(node: &Monerod, keys: &str) -> Proxy {
    Proxy::launch(&Config::default().pool_as(&node.url(), WALLET, keys))
}

fn miner(proxy: &Proxy) -> SimMiner {
    SimMiner::joined(proxy.miners(), "rig")
}

/// A nonce and its hash that meet the job's target, counted on from `from`.
fn solve(job: &Job, from: u32) -> (String, [u8; 32]) {
    let target = Target64::from_wire(&job.target).expect("a target");
    let seed = const_hex::decode_to_array(job.seed_hash.as_deref().expect("a seed")).unwrap();
    let mut blob = const_hex::decode(&job.blob).unwrap();
    let mut hasher = Hasher::new(Arc::clone(&CACHES));
    for nonce in from.. {
        blob[39..43].copy_from_slice(&nonce.to_le_bytes());
        let hash = hasher.hash(&seed, &blob).unwrap();
        if target.is_met_by(&hash) {
            return (const_hex::encode(nonce.to_le_bytes()), hash);
        }
    }
    panic!("no nonce")
}

fn wait_for_height(node: &Monerod, height: u64) {
    let begun = Instant::now();
    while node.height() < height {
        assert!(begun.elapsed() < PATIENCE, "height {height}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn blocks_mined_through_the_proxy_are_in_the_chain() {
    let node = node();
    let proxy = proxy(&node, "poll = \"100ms\"");
    let mut miner = miner(&proxy);
    for _ in 0..3 {
        let before = node.height();
        let (nonce, hash) = solve(miner.job(), 0);
        let id = miner.submit(&nonce, &hash);
        miner.reply_to(id).expect("an accepted block");
        assert_eq!(node.height(), before + 1);
        while miner.job().height != Some(before + 1) {
            miner.expect_job();
        }
    }
}

#[test]
fn a_block_found_while_the_node_is_stopped_is_in_the_chain_once_it_is_back() {
    let mut node = node();
    let proxy = proxy(&node, "poll = \"100ms\"");
    let mut miner = miner(&proxy);
    let before = node.height();
    let (nonce, hash) = solve(miner.job(), 0);
    node.stop();
    let id = miner.submit(&nonce, &hash);
    node.start_again();
    miner.reply_to(id).expect("an accepted block");
    assert_eq!(node.height(), before + 1);
}

#[test]
fn a_block_whose_height_another_took_is_told_stale() {
    let node = node();
    let proxy = proxy(&node, "poll = \"60s\"");
    let mut miner = miner(&proxy);
    let (nonce, hash) = solve(miner.job(), 0);
    node.mine_one();
    let id = miner.submit(&nonce, &hash);
    let fault = miner.reply_to(id).expect_err("too late");
    assert!(fault.message.contains("Another block"), "{fault:?}");
}

#[test]
fn a_notice_of_the_node_brings_a_job_to_the_miner_without_a_poll() {
    let node = node();
    let keys = format!("poll = \"60s\"\nzmq = \"{}\"", node.zmq());
    let proxy = proxy(&node, &keys);
    let mut miner = miner(&proxy);
    let before = miner.job().height.expect("a height");
    let begun = Instant::now();
    node.mine_one();
    wait_for_height(&node, before + 1);
    while miner.job().height <= Some(before) {
        miner.expect_job();
    }
    println!(
        "from asking the node for a block, its own hashing included, to the job: {:?}",
        begun.elapsed()
    );
}
