//! What a monerod is asked over JSON-RPC.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use zartrux_models::learn::difficulty::BlockHeader;

/// For one question and its answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Longest answer that is read, bytes.
const ANSWER_MAX: u64 = 8 << 20;

/// Headers of one answer: what restricted nodes allow (`RESTRICTED_BLOCK_HEADER_RANGE` in Monero's
/// `src/rpc/core_rpc_server.cpp`).
const RANGE_MAX: u64 = 1_000;

/// Highest block that is believed: millions of years of them.
const HEIGHT_MAX: u64 = 1 << 40;

/// Of a node's own words as they are shown.
const WORDS_MAX: usize = 200;

/// Why there are no headers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum RpcFault {
    #[error("the node can't be reached: {0}")]
    Unreachable(String),
    #[error("the node's answer to {method} can't be read: {why}")]
    Unreadable { method: &'static str, why: String },
    #[error("the node refuses {method}: {why}")]
    Refused { method: &'static str, why: String },
    #[error("the node gave {found} headers for {wanted} heights")]
    Count { found: usize, wanted: u64 },
    #[error("block {0}: is not where it was asked for")]
    Height(u64),
    #[error("block {0}: {1}: is no hash")]
    Hash(u64, &'static str),
    #[error("block {0}: does not follow the one before: the chain changed meanwhile")]
    Unlinked(u64),
}

/// A header and what it follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LinkedHeader {
    pub(super) header: BlockHeader,
    pub(super) hash: [u8; 32],
    pub(super) previous: [u8; 32],
}

#[derive(Deserialize)]
struct RawHeader {
    height: u64,
    timestamp: u64,
    difficulty: u64,
    #[serde(default)]
    difficulty_top64: u64,
    cumulative_difficulty: u64,
    #[serde(default)]
    cumulative_difficulty_top64: u64,
    hash: String,
    prev_hash: String,
}

impl TryFrom<RawHeader> for LinkedHeader {
    type Error = RpcFault;

    fn try_from(raw: RawHeader) -> Result<Self, RpcFault> {
        let wide = |top: u64, low: u64| u128::from(top) << 64 | u128::from(low);
        let hash = |name, text: &str| {
            const_hex::decode_to_array(text).map_err(|_| RpcFault::Hash(raw.height, name))
        };
        if raw.height > HEIGHT_MAX {
            return Err(RpcFault::Height(raw.height));
        }
        Ok(Self {
            header: BlockHeader {
                height: raw.height,
                unix_s: raw.timestamp,
                difficulty: wide(raw.difficulty_top64, raw.difficulty),
                cumulative: wide(raw.cumulative_difficulty_top64, raw.cumulative_difficulty),
            },
            hash: hash("hash", &raw.hash)?,
            previous: hash("prev_hash", &raw.prev_hash)?,
        })
    }
}

#[derive(Deserialize)]
struct LastHeader {
    block_header: RawHeader,
}

#[derive(Deserialize)]
struct Range {
    headers: Vec<RawHeader>,
}

/// A monerod.
#[derive(Debug)]
pub(super) struct NodeRpc {
    agent: ureq::Agent,
    url: String,
}

impl NodeRpc {
    pub(super) fn new(url: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .max_redirects(0)
            .proxy(None)
            .build();
        Self {
            agent: config.new_agent(),
            url: format!("{}/json_rpc", url.trim_end_matches('/')),
        }
    }

    /// The newest.
    pub(super) fn last_header(&self) -> Result<LinkedHeader, RpcFault> {
        let last: LastHeader = self.ask("get_last_block_header", &json!({}))?;
        last.block_header.try_into()
    }

    /// Those of all heights from one to another, each following the one before.
    pub(super) fn headers(&self, first: u64, last: u64) -> Result<Vec<LinkedHeader>, RpcFault> {
        let mut headers: Vec<LinkedHeader> = Vec::new();
        let mut start = first;
        while start <= last {
            let end = last.min(start + (RANGE_MAX - 1));
            let bounds = json!({"start_height": start, "end_height": end});
            let range: Range = self.ask("get_block_headers_range", &bounds)?;
            let wanted = end - start + 1;
            if range.headers.len() as u64 != wanted {
                let found = range.headers.len();
                return Err(RpcFault::Count { found, wanted });
            }
            for (height, raw) in (start..).zip(range.headers) {
                let linked = LinkedHeader::try_from(raw)?;
                if linked.header.height != height {
                    return Err(RpcFault::Height(linked.header.height));
                }
                if headers
                    .last()
                    .is_some_and(|before| before.hash != linked.previous)
                {
                    return Err(RpcFault::Unlinked(height));
                }
                headers.push(linked);
            }
            start = end + 1;
        }
        Ok(headers)
    }

    fn ask<T: for<'de> Deserialize<'de>>(
        &self,
        method: &'static str,
        params: &Value,
    ) -> Result<T, RpcFault> {
        #[derive(Deserialize)]
        struct Answer<T> {
            result: Option<T>,
            error: Option<Value>,
        }
        let unreadable = |why: String| RpcFault::Unreadable {
            method,
            why: cut(&why),
        };
        let question = json!({"jsonrpc": "2.0", "id": "0", "method": method, "params": params});
        let mut answer = self
            .agent
            .post(&self.url)
            .header("Content-Type", "application/json")
            .send(question.to_string())
            .map_err(|fault| RpcFault::Unreachable(cut(&fault.to_string())))?;
        let body = answer.body_mut().with_config().limit(ANSWER_MAX);
        let body = body
            .read_to_vec()
            .map_err(|fault| unreadable(fault.to_string()))?;
        let answer: Answer<Value> =
            serde_json::from_slice(&body).map_err(|fault| unreadable(fault.to_string()))?;
        let refused = |why: &Value| RpcFault::Refused {
            method,
            why: cut(&why.to_string()),
        };
        if let Some(error) = answer.error {
            return Err(refused(&error));
        }
        let result = answer
            .result
            .ok_or_else(|| unreadable("it has no result".to_owned()))?;
        match result.get("status") {
            Some(status) if status != "OK" => Err(refused(status)),
            _ => serde_json::from_value(result).map_err(|fault| unreadable(fault.to_string())),
        }
    }
}

/// Words from outside, no longer than can be shown.
fn cut(words: &str) -> String {
    words.chars().take(WORDS_MAX).collect()
}
