//! The stratum lines of the demo's peers, in and out.
//!
//! Written against the protocol, not against the proxy's parser: a fault there must not be
//! mirrored here. Speed does not matter, so every line goes through plain serde.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Longest line that a demo peer takes, bytes.
pub const MAX_LINE: usize = 16 * 1024;

/// Whatever a miner sends: a request with an integer id.
#[derive(Debug, Deserialize)]
pub struct Request {
    /// Repeated in the reply.
    pub id: i64,
    /// `login`, `submit`, `keepalived`.
    pub method: String,
    /// What the method needs.
    #[serde(default)]
    pub params: Value,
}

/// Parameters of `login`.
#[derive(Clone, Serialize, Deserialize)]
pub struct Login {
    /// Wallet or worker name.
    pub login: String,
    /// Password.
    #[serde(default)]
    pub pass: String,
    /// Program and version.
    #[serde(default)]
    pub agent: String,
    /// Name of the rig.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rigid: Option<String>,
    /// Algorithms that the miner can do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub algo: Vec<String>,
}

/// Parameters of `submit`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Submit {
    /// Session id from the login.
    pub id: String,
    /// Job that the nonce was found for.
    pub job_id: String,
    /// 4 bytes hex, in the order of the blob.
    pub nonce: String,
    /// 32 bytes hex.
    pub result: String,
    /// Sent only to peers that announce `algo`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub algo: Option<String>,
}

/// A job, in the login's reply or in a notice of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Hashing blob, hex.
    pub blob: String,
    /// Opaque.
    pub job_id: String,
    /// 4 or 8 bytes, little-endian hex.
    pub target: String,
    /// Algorithm, `rx/0` here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub algo: Option<String>,
    /// Height of the block that is mined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u64>,
    /// RandomX key, 32 bytes hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed_hash: Option<String>,
    /// The key after this one, once known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_seed_hash: Option<String>,
}

/// What a login is answered with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LoggedIn {
    /// Session id.
    pub id: String,
    /// The first job.
    pub job: Job,
    /// What else the peer understands.
    #[serde(default)]
    pub extensions: Vec<String>,
    /// `OK`.
    #[serde(default)]
    pub status: String,
}

/// An error as a reply carries it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Usually −1; some pools leave it out.
    #[serde(default)]
    pub code: i64,
    /// Text for people; miners react to some of them.
    pub message: String,
}

/// Whatever a pool sends: a reply or a notice.
#[derive(Debug, Deserialize)]
pub struct FromPool {
    /// Of the request; absent in notices.
    #[serde(default)]
    pub id: Option<i64>,
    /// Present in notices only.
    #[serde(default)]
    pub method: Option<String>,
    /// Of a notice.
    #[serde(default)]
    pub params: Value,
    /// Of a reply.
    #[serde(default)]
    pub result: Value,
    /// Of a refusal.
    #[serde(default)]
    pub error: Option<Fault>,
}

/// A request, in the order of fields that xmrig writes.
#[must_use]
pub fn request(id: i64, method: &str, params: &impl Serialize) -> String {
    #[derive(Serialize)]
    struct Line<'a, P> {
        id: i64,
        jsonrpc: &'static str,
        method: &'a str,
        params: &'a P,
    }
    to_line(&Line {
        id,
        jsonrpc: "2.0",
        method,
        params,
    })
}

/// A reply that carries a result.
#[must_use]
pub fn reply(id: i64, result: &impl Serialize) -> String {
    #[derive(Serialize)]
    struct Line<'a, R> {
        id: i64,
        jsonrpc: &'static str,
        error: Option<()>,
        result: &'a R,
    }
    to_line(&Line {
        id,
        jsonrpc: "2.0",
        error: None,
        result,
    })
}

/// A reply that says `OK`, `KEEPALIVED` or the like.
#[must_use]
pub fn status(id: i64, status: &str) -> String {
    reply(id, &json!({ "status": status }))
}

/// A reply that refuses.
#[must_use]
pub fn refusal(id: i64, message: &str) -> String {
    #[derive(Serialize)]
    struct Line {
        id: i64,
        jsonrpc: &'static str,
        error: Fault,
    }
    let error = Fault {
        code: -1,
        message: message.to_owned(),
    };
    to_line(&Line {
        id,
        jsonrpc: "2.0",
        error,
    })
}

/// A notice: no id, no answer expected.
#[must_use]
pub fn notice(method: &str, params: &impl Serialize) -> String {
    #[derive(Serialize)]
    struct Line<'a, P> {
        jsonrpc: &'static str,
        method: &'a str,
        params: &'a P,
    }
    to_line(&Line {
        jsonrpc: "2.0",
        method,
        params,
    })
}

fn to_line(value: &impl Serialize) -> String {
    // These structs hold nothing that JSON cannot: string keys, no NaN, no failing writer.
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_spelt_as_recorded_ones() {
        let submit = Submit {
            id: "169e22af7f8a6089".into(),
            job_id: "c3e4dbd8b8047134".into(),
            nonce: "12000000".into(),
            result: "82b1".into(),
            algo: Some("rx/0".into()),
        };
        assert_eq!(
            request(2, "submit", &submit),
            r#"{"id":2,"jsonrpc":"2.0","method":"submit","params":{"id":"169e22af7f8a6089","job_id":"c3e4dbd8b8047134","nonce":"12000000","result":"82b1","algo":"rx/0"}}"#
        );
        assert_eq!(
            status(26, "KEEPALIVED"),
            r#"{"id":26,"jsonrpc":"2.0","error":null,"result":{"status":"KEEPALIVED"}}"#
        );
        assert_eq!(
            refusal(10, "Low difficulty share"),
            r#"{"id":10,"jsonrpc":"2.0","error":{"code":-1,"message":"Low difficulty share"}}"#
        );
    }

    #[test]
    fn replies_and_notices_of_real_pools_are_understood() {
        let refused: FromPool =
            serde_json::from_str(r#"{"id":4,"error":{"message":"Block expired"},"result":null}"#)
                .unwrap();
        assert_eq!(refused.error.unwrap().message, "Block expired");
        let job: FromPool = serde_json::from_str(
            r#"{"jsonrpc":"2.0","method":"job","params":{"blob":"00","job_id":"1","target":"ff"}}"#,
        )
        .unwrap();
        assert_eq!((job.id, job.method.as_deref()), (None, Some("job")));
        assert!(serde_json::from_value::<Job>(job.params).is_ok());
    }
}
