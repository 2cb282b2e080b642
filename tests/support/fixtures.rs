//! Recorded shares and dialogues.

use std::fs;
use std::path::PathBuf;

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A share that xmrig found and a pool accepted; its result was recomputed with librandomx.
#[derive(Debug, Clone, Deserialize)]
pub struct Share {
    /// `direct`, `proxy` or `transactions`.
    pub run: String,
    /// Seconds since the start of the run.
    pub t: f64,
    /// Seconds since the pool sent the job.
    pub t_since_job: f64,
    /// Always `rx/0`.
    pub algo: String,
    /// Of the block being mined.
    pub height: u64,
    /// RandomX key, hex.
    pub seed_hash: String,
    /// As sent.
    pub job_id: String,
    /// As sent, 4 or 8 bytes.
    pub target: String,
    /// Of the target.
    pub difficulty: u64,
    /// With a zero nonce, hex.
    pub blob: String,
    /// 4 bytes hex.
    pub nonce: String,
    /// 32 bytes hex.
    pub result: String,
    /// Of the result.
    pub result_difficulty: u64,
}

/// A share that one change has made bad.
#[derive(Debug, Clone, Deserialize)]
pub struct InvalidShare {
    /// Names the change.
    pub kind: String,
    /// `bad_hash`, `low_difficulty` or `malformed`.
    pub expect: String,
    /// As sent.
    pub algo: String,
    /// RandomX key, hex.
    pub seed_hash: String,
    /// As sent.
    pub job_id: String,
    /// As sent.
    pub target: String,
    /// With a zero nonce, hex.
    pub blob: String,
    /// As sent.
    pub nonce: String,
    /// As sent.
    pub result: String,
    /// The true hash of the blob with that nonce; `None` when malformed.
    pub randomx: Option<String>,
}

/// One moment of a recorded connection.
#[derive(Debug, Clone, Deserialize)]
pub struct Moment {
    /// Seconds since the start of the recording.
    pub t: f64,
    /// Number of the connection on its hop.
    #[serde(default)]
    pub conn: u64,
    /// `miner-proxy` or `proxy-pool` where there are two hops.
    #[serde(default)]
    pub hop: Option<String>,
    /// `miner`, `proxy`, `pool`, `client`.
    pub from: String,
    /// What went over the wire, without the newline.
    #[serde(default)]
    pub line: Option<String>,
    /// `open` or `close`.
    #[serde(default)]
    pub event: Option<String>,
}

/// What xmrig-proxy answered to hand-made lines.
#[derive(Debug, Clone, Deserialize)]
pub struct ReplyCase {
    /// What was tried.
    pub case: String,
    /// `pool` or `monerod`.
    pub upstream: String,
    /// Whether it hung up.
    pub closed_by_proxy: bool,
    /// Both sides.
    pub dialogue: Vec<Moment>,
}

/// 323 good shares.
pub fn shares() -> Vec<Share> {
    load("shares-rx0.jsonl")
}

/// 72 bad ones.
pub fn invalid_shares() -> Vec<InvalidShare> {
    load("shares-rx0-invalid.jsonl")
}

/// xmrig on a pool.
pub fn dialogue_with_pool() -> Vec<Moment> {
    load("dialogue-xmrig-pool.jsonl")
}

/// Two xmrigs, xmrig-proxy, a pool.
pub fn dialogue_through_proxy() -> Vec<Moment> {
    load("dialogue-xmrig-proxy.jsonl")
}

/// Hand-made lines and what xmrig-proxy answers.
pub fn replies() -> Vec<ReplyCase> {
    load("replies-xmrig-proxy.jsonl")
}

fn load<T: DeserializeOwned>(name: &str) -> Vec<T> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|fault| panic!("{path:?}: {fault}"));
    text.lines()
        .zip(1..)
        .map(|(line, number)| {
            serde_json::from_str(line).unwrap_or_else(|fault| panic!("{name}:{number}: {fault}"))
        })
        .collect()
}
