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
use std::time::Duration;

use support::monerod::{Monerod, WALLET};
use support::{Config, Proxy, SimMiner, clock};
use zartrux::demo::randomx::{Caches, Hasher};
use zartrux::demo::target::Target64;
use zartrux::demo::wire::Job;

static CACHES: LazyLock<Arc<Caches>> = LazyLock::new(|| Arc::new(Caches::default()));

fn node() -> Monerod {
    Monerod::start(10).expect("Debian's package `monero` is needed for these tests")
}

fn proxy(node: &Monerod, keys: &str) -> Proxy {
    // What merely claims to be a block is never handed to the node.
    let config = Config::default().set("prove.mode", "\"light\"");
    Proxy::launch(&config.pool_as(&node.url(), WALLET, keys))
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
    let page = proxy.page("/metrics");
    for (outcome, count) in [("found", 3), ("accepted", 3), ("stale", 0), ("lost", 0)] {
        let told = format!("outcome=\"{outcome}\"}} {count}\n");
        let is_told = |line: &str| {
            line.starts_with("zartrux_blocks_total{") && line.ends_with(told.trim_end())
        };
        assert!(page.lines().any(is_told), "{told}");
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
fn a_node_that_asks_for_a_login_gives_work_to_who_knows_it_and_takes_the_block() {
    let node = Monerod::start_with(10, Some("me:secret"));
    let node = node.expect("Debian's package `monero` is needed for these tests");
    let keys = "poll = \"100ms\"\nrpc_user = \"me\"\nrpc_pass = \"secret\"";
    let proxy = proxy(&node, keys);
    let mut miner = miner(&proxy);
    let before = miner.job().height;
    let (nonce, hash) = solve(miner.job(), 0);
    let id = miner.submit(&nonce, &hash);
    miner.reply_to(id).expect("an accepted block");
    while miner.job().height == before {
        miner.expect_job();
    }
}

/// A subscriber of our own, to know when the node told of a block.
fn subscriber(node: &Monerod) -> zmq::Socket {
    let socket = zmq::Context::new().socket(zmq::SUB).unwrap();
    socket.set_linger(0).unwrap();
    socket.set_rcvtimeo(30_000).unwrap();
    socket.connect(&node.zmq()).unwrap();
    socket.set_subscribe(b"json-minimal-chain_main").unwrap();
    socket
}

/// Each template is taken anew after 20 s in any case: what comes well before that is the notice's.
const BEFORE_ANY_REFRESH: Duration = Duration::from_secs(15);

#[test]
fn a_notice_of_the_node_brings_a_job_to_the_miner_without_a_poll() {
    let node = node();
    let keys = format!("poll = \"60s\"\nzmq = \"{}\"", node.zmq());
    let proxy = proxy(&node, &keys);
    let mut miner = miner(&proxy);
    let notices = subscriber(&node);
    let by_notice = (0..5).any(|_| {
        let height = node.height();
        while miner.job().height < Some(height) {
            miner.expect_job();
        }
        let asked = clock::now();
        node.mine_one();
        notices.recv_bytes(0).expect("a notice of the node");
        let told = clock::now();
        while miner.job().height <= Some(height) {
            miner.expect_job();
        }
        println!("from the node's notice to the job: {:?}", told.elapsed());
        // On a slow machine the node may take that long to hash its block.
        asked.elapsed() < BEFORE_ANY_REFRESH
    });
    assert!(by_notice, "each job may have come of a refresh");
}
