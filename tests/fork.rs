//! The fork from `rx/0` to `rx/2` with a mixed fleet before a pool that computes no hash: who can
//! follow loses nothing, who can't is told, and no share of the wrong algorithm goes upstream.
#![cfg(test)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

mod support;

use serde_json::{Value, json};
use support::daemon::run_to_end;
use support::{Config, FakePool, Proxy, SimMiner, clock, http, result_meeting};
use zartrux::demo::blob;
use zartrux::demo::target::Target64;
use zartrux::demo::wire::{Fault, Job, LoggedIn, Login};
use zartrux_models::proof::{check_link, link};
use zartrux_models::stratum::makes_miners_hang_up;
use zartrux_models::work::ResultHash;

const DIFFICULTY: u64 = 16;
const OLD: &str = "XMRig/6.21.0 (Linux x86_64) libuv/1.44.2 gcc/12.2.0";
const NEW: &str = "XMRig/6.26.0 (Linux x86_64) libuv/1.51.0 gcc/13.2.1";

fn try_joining(proxy: &Proxy, name: &str, agent: &str, algo: &[&str]) -> Result<SimMiner, Fault> {
    let mut miner = SimMiner::connect(proxy.miners());
    let login = Login {
        login: name.to_owned(),
        pass: "x".to_owned(),
        agent: agent.to_owned(),
        rigid: Some(name.to_owned()),
        algo: algo.iter().map(|name| (*name).to_owned()).collect(),
    };
    let _: LoggedIn = miner.log_in_as(&login)?;
    Ok(miner)
}

fn join(proxy: &Proxy, name: &str, agent: &str, algo: &[&str]) -> SimMiner {
    try_joining(proxy, name, agent, algo)
        .unwrap_or_else(|fault| panic!("{name}: {}", fault.message))
}

/// The pool's next jobs are of version 2, on each of its connections; their blobs differ.
fn fork(pool: &FakePool, round: u8) {
    for conn in pool.live() {
        let mut job = pool.job_of(conn);
        let mut bytes = const_hex::decode(&job.blob).unwrap();
        bytes[0] += 1;
        bytes[50] = round;
        job.blob = const_hex::encode(bytes);
        job.job_id = format!("f0{round:02x}{conn:04x}");
        job.algo = Some("rx/2".to_owned());
        pool.push_job_to(conn, &job);
    }
}

/// The blob of a job with a nonce.
fn hashed(job: &Job, nonce: &str) -> Vec<u8> {
    let mut four = [0; 4];
    const_hex::decode_to_slice(nonce, &mut four).unwrap();
    blob::with_nonce(&const_hex::decode(&job.blob).unwrap(), four).unwrap()
}

/// A share of version 2 whose result follows from its raw hash and meets the target.
fn linked(miner: &SimMiner, low: u32) -> (String, String, String) {
    let nonce = miner.nonce(low);
    let input = hashed(miner.job(), &nonce);
    for _ in 0..100_000 {
        let raw = result_meeting(Target64::from_wire("ffffffff").unwrap());
        let result = *link(&input, &raw).as_bytes();
        if miner.target().is_met_by(&result) {
            return (nonce, const_hex::encode(result), const_hex::encode(raw));
        }
    }
    panic!("a target of one in {DIFFICULTY} is met sooner");
}

fn submit_linked(miner: &mut SimMiner, low: u32) -> (i64, String) {
    let (nonce, result, raw) = linked(miner, low);
    let params = json!({
        "id": miner.session(), "job_id": miner.job().job_id, "nonce": nonce, "result": result,
        "algo": "rx/2", "commitment": raw,
    });
    (miner.request("submit", &params), result)
}

/// Sends a share of version 1, which must be accepted; its result.
fn accepted_rx0(miner: &mut SimMiner, low: u32) -> String {
    let result = result_meeting(miner.target());
    let nonce = miner.nonce(low);
    let id = miner.submit(&nonce, &result);
    assert!(miner.reply_to(id).is_ok());
    const_hex::encode(result)
}

fn accepted_rx2(miner: &mut SimMiner, low: u32) -> String {
    let (id, result) = submit_linked(miner, low);
    let verdict = miner.reply_to(id);
    assert!(verdict.is_ok(), "{verdict:?}");
    result
}

fn assert_told(fault: &Fault, agent: &str, advice: &str) {
    let text = &fault.message;
    assert!(
        text.starts_with("Algorithm rx/2 is not supported by this miner")
            && text.contains(agent)
            && text.contains(advice),
        "{text}"
    );
    assert!(!makes_miners_hang_up(text), "{text}");
}

/// Each share that a miner was told is good came to the pool once, for a job of its algorithm.
fn assert_delivered(pool: &FakePool, mut good: Vec<String>) {
    let submits = pool.submits();
    let mut came: Vec<String> = Vec::new();
    for submit in &submits {
        let (parts, job) = (
            submit.parts(),
            submit.job.as_ref().expect("a job of its own"),
        );
        assert_eq!(parts.algo, job.algo, "{}", submit.raw);
        let raw: Value = serde_json::from_str(&submit.raw).unwrap();
        let commitment = raw["params"]["commitment"].as_str();
        if job.algo.as_deref() == Some("rx/2") {
            let commitment = ResultHash::from_hex(commitment.unwrap()).unwrap();
            let result = ResultHash::from_hex(&parts.result).unwrap();
            let input = hashed(job, &parts.nonce);
            check_link(&input, commitment.as_bytes(), &result).unwrap();
        } else {
            assert_eq!(commitment, None, "{}", submit.raw);
        }
        came.push(parts.result.clone());
    }
    came.sort();
    good.sort();
    assert_eq!(came, good);
    assert_eq!(pool.duplicates().len(), 0);
}

#[test]
fn at_the_fork_who_can_follow_loses_nothing_and_who_can_not_is_told() {
    let pool = FakePool::start();
    pool.push_job(DIFFICULTY, 7);
    let proxy = Proxy::launch(&Config::on(&pool));
    proxy.wait_ready();
    let mut new = join(&proxy, "new", NEW, &["rx/0", "rx/2"]);
    let mut unlisted = join(&proxy, "unlisted", NEW, &[]);
    let mut liar = join(&proxy, "liar", NEW, &["rx/0", "rx/2"]);
    let mut old = join(&proxy, "old", OLD, &["cn/r", "rx/0"]);
    let mut ancient = join(&proxy, "ancient", "xmr-stak/2.10.8", &[]);
    let mut good = Vec::new();
    for miner in [&mut new, &mut unlisted, &mut liar, &mut old, &mut ancient] {
        good.push(accepted_rx0(miner, 1));
    }

    fork(&pool, 1);
    for miner in [&mut new, &mut unlisted, &mut liar] {
        assert_eq!(miner.expect_job().algo.as_deref(), Some("rx/2"));
    }
    // On their way when the fork came: the last jobs of version 1 still count.
    for miner in [&mut old, &mut ancient] {
        good.push(accepted_rx0(miner, 2));
    }
    for miner in [&mut new, &mut unlisted] {
        good.push(accepted_rx2(miner, 1));
    }
    good.push(accepted_rx2(&mut new, 2));

    // One that goes on as before: its hashes are no commitments, and no result follows from them.
    let id = liar.submit_good(3);
    assert!(liar.reply_to(id).is_err());
    let params = json!({
        "id": liar.session(), "job_id": liar.job().job_id, "nonce": liar.nonce(4),
        "result": const_hex::encode(result_meeting(liar.target())), "algo": "rx/2",
        "commitment": "11".repeat(32),
    });
    let id = liar.request("submit", &params);
    assert!(liar.reply_to(id).is_err());

    // Another job of version 2 does not come to them either; then they are closed.
    fork(&pool, 2);
    assert_eq!(new.expect_job().algo.as_deref(), Some("rx/2"));
    good.push(accepted_rx2(&mut new, 1));
    for miner in [&mut old, &mut ancient] {
        let lines = miner.expect_closed();
        assert!(!lines.iter().any(|line| line.contains("rx/2")), "{lines:?}");
    }
    for (name, agent, algo, told) in [
        ("old", OLD, &["cn/r", "rx/0"][..], "(XMRig/6.21.0)"),
        ("ancient", "xmr-stak/2.10.8", &[], "(xmr-stak/2.10.8)"),
    ] {
        let fault = try_joining(&proxy, name, agent, algo).err().unwrap();
        assert_told(&fault, told, "update to XMRig 6.26 or later");
    }
    let fault = try_joining(&proxy, "narrow", NEW, &["rx/0"]).err().unwrap();
    assert_told(&fault, "(XMRig/6.26.0)", "it does not list it");

    assert_delivered(&pool, good.clone());
    let shares = proxy.shares_when("all shares to be settled", |shares| shares.balances());
    assert_eq!(
        shares.refused.values().sum::<u64>(),
        2,
        "the liar's: {shares:?}"
    );
    assert_eq!(proxy.node().view().violations(), 0);
    assert_outdated(&proxy, &["ancient", "narrow", "old"]);

    // Updated, a rig mines again and is listed no more.
    let mut back = join(&proxy, "old", NEW, &["rx/0", "rx/2"]);
    good.push(accepted_rx2(&mut back, 7));
    assert_delivered(&pool, good);
    assert_outdated(&proxy, &["ancient", "narrow"]);
}

/// These rigs are listed as outdated, and each that ever was has been told of once.
fn assert_outdated(proxy: &Proxy, rigs: &[&str]) {
    let mut listed: Vec<String> = clock::eventually("the list of outdated rigs", || {
        let unfit = proxy.node().view().lanes()[0].unfit().all();
        (unfit.len() == rigs.len())
            .then(|| unfit.iter().map(|rig| rig.rig_id.to_string()).collect())
    });
    listed.sort();
    assert_eq!(listed, rigs);
    let events = proxy.node().view().events().after(0, 500);
    let told = events.iter().filter(|event| event.kind == "rig_outdated");
    assert_eq!(told.count(), 3);
}

/// What `zartrux report fork` prints with these flags.
fn printed(folder: &std::path::Path, flags: &[&str]) -> String {
    let output = run_to_end(folder, &[&["report", "fork"], flags].concat());
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{complaint}");
    String::from_utf8(output.stdout).unwrap()
}

/// Rig ids by whether they are ready, of a report.
fn by_readiness(report: &Value) -> Vec<(String, String)> {
    let rigs = report["rigs"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut rigs: Vec<_> = rigs
        .map(|rig| (text(&rig["rig_id"]), text(&rig["readiness"])))
        .collect();
    rigs.sort();
    rigs
}

fn expected(rigs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, is): &(&str, &str)| ((*name).to_owned(), (*is).to_owned());
    rigs.iter().map(owned).collect()
}

#[test]
fn who_is_ready_is_told_by_the_api_and_by_the_command_beside_the_daemon() {
    let pool = FakePool::start();
    let proxy = Proxy::before(&pool);
    proxy.wait_ready();
    let mut miners = [
        join(&proxy, "new", NEW, &["rx/0", "rx/2"]),
        join(&proxy, "old", OLD, &["rx/0"]),
        join(&proxy, "silent", "", &[]),
    ];
    for miner in &mut miners {
        accepted_rx0(miner, 1);
    }
    let rigs = expected(&[
        ("new", "ready"),
        ("old", "not_ready"),
        ("silent", "unknown"),
    ]);
    let page = |path: &str| -> Value { serde_json::from_str(&proxy.page(path)).unwrap() };
    let live = clock::eventually("three rigs in the registry", || {
        let report = page("/api/v1/fork");
        (report["rigs"].as_array().unwrap().len() == 3).then_some(report)
    });
    assert_eq!(by_readiness(&live), rigs);
    assert_eq!(live["fleet"]["ready"]["rigs"], 1);
    assert_eq!(live["upstreams"][0]["algorithms"], json!(["rx/0"]));
    assert_eq!(live["proxy"]["randomx_v2"], "not_tested", "proving is off");

    let listed = page("/api/v1/fork?readiness=not_ready&limit=1");
    assert_eq!(by_readiness(&listed), rigs[1..2]);
    assert_eq!(listed["fleet"], live["fleet"], "sums are of all rigs");
    for (query, says) in [
        ("days=0", "days: must be"),
        ("readiness=maybe", "readiness: must be one of"),
        ("after=x", "after: must be a rig's key"),
    ] {
        let monitor = proxy.node().monitor_address().unwrap();
        let answer = http::get(monitor, &format!("/api/v1/fork?{query}"));
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.body.contains(says), "{}", answer.body);
    }

    // At the fork: one that is turned away at its login is no rig of the registry, and is told all
    // the same.
    fork(&pool, 1);
    assert_eq!(miners[0].expect_job().algo.as_deref(), Some("rx/2"));
    let fault = try_joining(&proxy, "late", OLD, &["rx/0"]).err();
    assert_told(&fault.unwrap(), "(XMRig/6.21.0)", "update to XMRig");
    let url = format!("http://{}", proxy.node().monitor_address().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let beside: Value =
        serde_json::from_str(&printed(folder.path(), &["--url", &url, "--json"])).unwrap();
    let all = [
        ("late", "not_ready"),
        ("new", "ready"),
        ("old", "not_ready"),
    ];
    let all = [&all[..], &[("silent", "unknown")]].concat();
    assert_eq!(by_readiness(&beside), expected(&all));
    assert_eq!(beside["upstreams"][0]["algorithms"], json!(["rx/2"]));
    let text = printed(folder.path(), &["--url", &url]);
    assert!(
        text.contains("(XMRig/6.21.0): it does not list rx/2"),
        "{text}"
    );

    // The daemon has the registry open, and these settings do not say where it answers.
    let data = proxy.data().to_str().unwrap().to_owned();
    let config = folder.path().join("off.toml");
    std::fs::write(&config, "[monitor]\nlisten = \"off\"\n").unwrap();
    let flags = ["report", "fork", "--data", &data, "--config", "off.toml"];
    let output = run_to_end(folder.path(), &flags);
    assert_eq!(output.status.code(), Some(1));
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(complaint.contains("has the registry open"), "{complaint}");
}

#[test]
fn a_pool_is_told_what_the_farm_hashes_and_nothing_where_that_is_wanted() {
    let told = |keys: &str| {
        let pool = FakePool::start();
        let proxy = Proxy::launch(&Config::default().pool_with(&pool.url(), keys));
        proxy.wait_ready();
        let login = pool.connections()[0].login.clone();
        login.expect("a pool that serves was logged in to").algo
    };
    assert_eq!(told(""), ["rx/0", "rx/2"]);
    assert_eq!(
        told("algorithms = [\"RandomX\", \"cryptonight/r\"]"),
        ["rx/0", "cn/r"]
    );
    assert!(told("algorithms = []").is_empty());
}

/// Most memory that this process has ever had, bytes.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib: u64 = line
        .unwrap()
        .split_whitespace()
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    kib * 1024
}

/// The first share of version 2 had the judge find out whether the library knows that version: a
/// cache of 256 MiB was filled in the lane, and on a busy machine the watchdog ended the process.
#[test]
fn without_a_prover_a_share_of_version_2_computes_no_randomx_in_the_lane() {
    let pool = FakePool::start();
    pool.push_job(DIFFICULTY, 7);
    let proxy = Proxy::launch(&Config::on(&pool));
    proxy.wait_ready();
    let mut miner = join(&proxy, "new", NEW, &["rx/0", "rx/2"]);
    fork(&pool, 1);
    assert_eq!(miner.expect_job().algo.as_deref(), Some("rx/2"));
    accepted_rx2(&mut miner, 1);
    let cache = 256 << 20;
    assert!(peak_memory() < cache, "{} bytes", peak_memory());
}
