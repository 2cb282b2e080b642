//! What these tests share: pools whose work can be told apart, a proxy before them, and what it
//! says of them to its operator.

use std::time::Duration;

use serde_json::Value;

use crate::support::{Config, FakePool, PATIENCE, Proxy, SimMiner, clock, http, result_meeting};

/// Texts on which xmrig hangs up, from its source; in lower case.
const HANG_UP: [&str; 4] = [
    "unauthenticated",
    "your ip is banned",
    "ip address currently banned",
    "invalid job id",
];

/// A good pool whose jobs differ from those of a pool of another height.
pub(crate) fn pool_at(height: u64) -> FakePool {
    let pool = FakePool::start();
    pool.push_job(1_000, height);
    pool
}

/// The preferred pool and the next.
pub(crate) fn two_pools() -> (FakePool, FakePool) {
    (pool_at(1), pool_at(1_000_000))
}

/// Settings with these upstreams, the preferred one first; nobody is sent away by default.
pub(crate) fn before(pools: &[&FakePool]) -> Config {
    let patient = Config::default()
        .set("miners.login_hold", "\"60s\"")
        .set("failover.grace", "\"60s\"");
    pools
        .iter()
        .fold(patient, |config, pool| config.pool(&pool.url()))
}

/// Launches a proxy of which this upstream, counted from 0, serves when it is returned.
pub(crate) fn launch(config: &Config, upstream: usize) -> Proxy {
    let proxy = Proxy::launch(config);
    wait_serving(&proxy, Some(upstream));
    proxy
}

/// The upstream that serves, counted from 0.
pub(crate) fn serving(proxy: &Proxy) -> Option<usize> {
    proxy.node().view().lanes()[0]
        .serving()
        .first()
        .copied()
        .flatten()
}

/// Waits until this upstream serves.
pub(crate) fn wait_serving(proxy: &Proxy, upstream: Option<usize>) {
    clock::eventually(&format!("upstream {upstream:?} to serve"), || {
        (serving(proxy) == upstream).then_some(())
    });
}

/// A share that was sent.
pub(crate) struct Sent {
    /// Of the request.
    pub(crate) id: i64,
    /// Its result, which nobody else has.
    pub(crate) result: String,
}

/// Sends a share for the job under way that every target takes.
pub(crate) fn send(miner: &mut SimMiner, low: u32) -> Sent {
    let result = const_hex::encode(result_meeting(miner.target()));
    let (job, nonce) = (miner.job().job_id.clone(), miner.nonce(low));
    let id = miner.submit_for(&job, &nonce, &result);
    Sent { id, result }
}

/// Sends a share, which must be accepted; its result.
pub(crate) fn send_good(miner: &mut SimMiner, low: u32) -> String {
    let sent = send(miner, low);
    let verdict = miner.reply_to(sent.id);
    assert!(verdict.is_ok(), "{verdict:?}");
    sent.result
}

/// Results that a pool was sent, in the order in which they came.
pub(crate) fn results(pool: &FakePool) -> Vec<String> {
    let submits = pool.submits();
    submits
        .iter()
        .map(|submit| submit.parts().result.clone())
        .collect()
}

/// Whether this pool made the job, whoever's slot it is for.
pub(crate) fn made(pool: &FakePool, blob: &str) -> bool {
    pool.connections()
        .iter()
        .flat_map(|connection| &connection.jobs)
        .any(|job| without_slot(&job.blob) == without_slot(blob))
}

fn without_slot(blob: &str) -> String {
    format!("{}00{}", &blob[..84], &blob[86..])
}

/// The next job of a miner, which must be of this pool.
pub(crate) fn expect_job_of(miner: &mut SimMiner, pool: &FakePool) {
    let job = miner.expect_job();
    assert!(made(pool, &job.blob), "of another pool: {job:?}");
}

/// The text of a refusal, which must not make a miner hang up.
pub(crate) fn refusal(miner: &mut SimMiner, id: i64) -> String {
    let text = miner.reply_to(id).unwrap_err().message;
    assert_harmless(&text);
    text
}

/// Asserts that no miner hangs up on a text.
pub(crate) fn assert_harmless(text: &str) {
    let lower = text.to_lowercase();
    assert!(
        !HANG_UP.iter().any(|phrase| lower.starts_with(phrase)),
        "miners hang up on {text:?}"
    );
}

/// What `/health` says of a session.
#[derive(Debug)]
pub(crate) struct Told {
    /// Its figures.
    pub(crate) figures: Value,
    /// What its actor says of itself.
    pub(crate) note: String,
}

impl Told {
    /// Connections and attempts lost, of this class.
    pub(crate) fn lost(&self, class: &str) -> u64 {
        self.figures["lost"][class].as_u64().unwrap_or(0)
    }

    /// A figure by its name.
    pub(crate) fn count(&self, figure: &str) -> u64 {
        self.figures[figure]
            .as_u64()
            .unwrap_or_else(|| panic!("no {figure} in {}", self.figures))
    }

    /// Seconds to the next attempt to connect.
    pub(crate) fn next_attempt_in(&self) -> f64 {
        let (_, seconds) = self
            .note
            .rsplit_once("next attempt in ")
            .unwrap_or_else(|| panic!("no next attempt: {}", self.note));
        seconds.trim_end_matches(" s").parse().expect("seconds")
    }
}

/// What `/health` says of the sessions with a pool, the oldest first.
pub(crate) fn told(proxy: &Proxy, pool: &FakePool) -> Vec<Told> {
    told_of(&proxy.page("/health"), pool.address().port())
}

/// The same, read from the page's text.
pub(crate) fn told_of(page: &str, port: u16) -> Vec<Told> {
    let page: Value = serde_json::from_str(page).expect("a page in JSON");
    let actors = page["actors"].as_array().expect("actors");
    let pools = page["pools"].as_array().expect("pools");
    pools
        .iter()
        .filter(|figures| {
            let upstream = figures["upstream"].as_str().expect("an upstream");
            upstream.ends_with(&format!(":{port}"))
        })
        .map(|figures| {
            let actor = actors.iter().find(|actor| actor["name"] == figures["name"]);
            let actor = actor.expect("an actor for each session");
            Told {
                figures: figures.clone(),
                note: actor["note"].as_str().expect("a note").to_owned(),
            }
        })
        .collect()
}

/// Waits until `/health` says of the first session with a pool what is wanted.
pub(crate) fn told_when(
    proxy: &Proxy,
    pool: &FakePool,
    what: &str,
    wanted: impl Fn(&Told) -> bool,
) -> Told {
    let page = || proxy.page("/health");
    told_when_on(page, pool.address().port(), what, wanted)
}

/// The same, of pages fetched this way.
pub(crate) fn told_when_on(
    page: impl Fn() -> String,
    port: u16,
    what: &str,
    wanted: impl Fn(&Told) -> bool,
) -> Told {
    let end = clock::now() + PATIENCE;
    loop {
        let mut told = told_of(&page(), port);
        match told.first() {
            Some(first) if wanted(first) => return told.swap_remove(0),
            last => assert!(clock::now() < end, "waited in vain for {what}: {last:?}"),
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

/// Waits until the first session with a pool is without a connection for this reason.
pub(crate) fn told_lost(proxy: &Proxy, pool: &FakePool, reason: &str) -> Told {
    told_when(proxy, pool, &format!("a session lost: {reason}"), |told| {
        told.note.starts_with("no connection to ") && told.note.contains(reason)
    })
}

/// Status and text of `/health/ready`.
pub(crate) fn ready(proxy: &Proxy) -> (u16, String) {
    let monitor = proxy.node().monitor_address().expect("a monitor");
    let answer = http::get(monitor, "/health/ready");
    (answer.status, answer.body)
}

/// Asserts that everything is accounted for: invariant I2, now and at every look before.
pub(crate) fn assert_in_balance(proxy: &Proxy) {
    let shares = proxy.shares();
    assert!(shares.balances(), "{shares:?}");
    assert_eq!(proxy.node().view().violations(), 0);
}
