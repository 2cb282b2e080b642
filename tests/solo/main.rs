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

use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use support::daemon::run_to_end;
use support::monerod::{Monerod, Rpc, WALLET};
use support::{Config, Daemon, Manner, Proxy, SimMiner, Socks, clock};
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

/// Blocks that are kept in a data folder.
fn kept_in(data: &Path) -> usize {
    let files = std::fs::read_dir(data.join("blocks")).into_iter().flatten();
    let is_block = |path: &Path| path.extension().is_some_and(|end| end == "block");
    files
        .filter(|file| is_block(&file.as_ref().unwrap().path()))
        .count()
}

/// What the journal says of blocks, in the order of time.
fn fates_in(data: &Path) -> Vec<String> {
    let journal = run_to_end(
        data,
        &[
            "data", "journal", "--data", ".", "--kind", "blocks", "--format", "jsonl",
        ],
    );
    let lines = String::from_utf8(journal.stdout).unwrap();
    let fate = |line: &str| {
        let entry: serde_json::Value = serde_json::from_str(line).unwrap();
        entry["fate"].as_str().unwrap().to_owned()
    };
    lines.lines().map(fate).collect()
}

#[test]
fn a_block_found_while_the_node_is_stopped_outlives_a_kill_of_the_proxy() {
    let mut node = node();
    let data = tempfile::tempdir().unwrap();
    let config = Config::default().set("prove.mode", "\"light\"").pool_as(
        &node.url(),
        WALLET,
        "poll = \"100ms\"",
    );
    let daemon = Daemon::start_in(data.path(), &config, Manner::default());
    daemon.wait_ready();
    let mut miner = SimMiner::joined(daemon.miners, "rig");
    let before = node.height();
    let (nonce, hash) = solve(miner.job(), 0);
    node.stop();
    miner.submit(&nonce, &hash);
    clock::eventually("the block on the disk", || {
        (kept_in(data.path()) == 1).then_some(())
    });
    clock::eventually("the block in the journal", || {
        (fates_in(data.path()) == ["found"]).then_some(())
    });
    daemon.kill();
    node.start_again();
    assert_eq!(node.height(), before);
    // Nobody mines: the block is all that it has to do with the node.
    let daemon = Daemon::start_in(data.path(), &config, Manner::default());
    clock::eventually("the block in the chain", || {
        (node.height() == before + 1).then_some(())
    });
    clock::eventually("the block settled", || {
        (kept_in(data.path()) == 0).then_some(())
    });
    daemon.leave();
    assert_eq!(fates_in(data.path()), ["found", "accepted"]);
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
    let node = Monerod::start_with(
        10,
        Rpc {
            login: Some("me:secret"),
            tls: false,
        },
    );
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

#[test]
fn a_node_with_a_certificate_of_its_own_is_mined_when_it_is_pinned_and_not_otherwise() {
    let rpc = Rpc {
        login: None,
        tls: true,
    };
    let node = Monerod::start_with(10, rpc);
    let node = node.expect("Debian's package `monero` is needed for these tests");
    let config = |pin: Option<String>| {
        let pin = pin.map_or_else(String::new, |pin| format!("\ntls_fingerprint = \"{pin}\""));
        let keys = format!("poll = \"100ms\"{pin}");
        Config::default()
            .set("prove.mode", "\"light\"")
            .pool_as(&node.tls_url(), WALLET, &keys)
    };
    for (pin, words) in [
        (None, "signed by itself"),
        (Some("ab".repeat(32)), "not the pinned one"),
    ] {
        let proxy = Proxy::launch(&config(pin));
        clock::eventually(words, || {
            let reports = proxy.node().view().health().reports();
            reports
                .iter()
                .find(|one| one.note.contains(words))
                .map(|_| ())
        });
    }
    let proxy = Proxy::launch(&config(Some(node.fingerprint())));
    let mut miner = miner(&proxy);
    let before = node.height();
    let (nonce, hash) = solve(miner.job(), 0);
    let id = miner.submit(&nonce, &hash);
    miner.reply_to(id).expect("an accepted block");
    assert_eq!(node.height(), before + 1);
}

#[test]
fn a_node_behind_a_proxy_is_asked_by_its_name_through_it_alone() {
    let (node, socks) = (node(), Socks::start());
    let url = node.url().replace("127.0.0.1", "node.onion");
    let keys = format!("poll = \"100ms\"\nproxy = \"socks5://{}\"", socks.address);
    let config = Config::default().set("prove.mode", "\"light\"");
    let proxy = Proxy::launch(&config.pool_as(&url, WALLET, &keys));
    let mut miner = miner(&proxy);
    let (nonce, hash) = solve(miner.job(), 0);
    let id = miner.submit(&nonce, &hash);
    miner.reply_to(id).expect("an accepted block");
    let asked = socks.asked();
    // Connections last: one of each of the two threads that ask, or few more.
    assert!(asked.len() < 10, "{asked:?}");
    assert!(asked.iter().all(|name| name == "3/node.onion"), "{asked:?}");
}

/// A subscriber of our own, to know when the node told of a block.
fn subscriber(node: &Monerod) -> zmq::Socket {
    let socket = zmq::Context::new().socket(zmq::SUB).unwrap();
    socket.set_linger(0).unwrap();
    socket.set_rcvtimeo(5_000).unwrap();
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
        // The subscription may reach the node only after its first block, of which it then tells nobody.
        let heard = notices.recv_bytes(0).is_ok();
        let told = clock::now();
        while miner.job().height <= Some(height) {
            miner.expect_job();
        }
        println!("from the node's notice to the job: {:?}", told.elapsed());
        // On a slow machine the node may take that long to hash its block.
        heard && asked.elapsed() < BEFORE_ANY_REFRESH
    });
    assert!(by_notice, "each job may have come of a refresh");
}
