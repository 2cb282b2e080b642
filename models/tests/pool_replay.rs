//! Recorded traffic between xmrig, xmrig-proxy and a pool, played to the pool side: what we send is
//! what they sent, byte for byte, and every line of the pool comes to what it meant.
//!
//! Only the numbers of requests are shifted: xmrig counts on when it connects again, and we begin
//! anew. The protocol leaves that open.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use zartrux_models::session::{Ignored, PoolEffect, PoolProtocol, PoolSettings};
use zartrux_models::share::{Share, TargetClass};
use zartrux_models::stratum::ErrorClass;
use zartrux_models::work::{
    Algorithm, Difficulty, IssuedJob, JobKey, JobOrigin, Lateness, Nonce, NonceSetId, PoolKey,
    ResultHash, UpstreamJob,
};

#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    logins: usize,
    jobs: usize,
    submits: usize,
    accepted: usize,
    refused_for_the_rig: usize,
    keepalives: usize,
    keepalives_answered: usize,
}

/// One connection of the recording.
struct Replay {
    protocol: PoolProtocol,
    now: Instant,
    jobs: Vec<Arc<UpstreamJob>>,
    /// Recorded number of a request after the login, less ours.
    shift: Option<u64>,
}

impl Replay {
    fn open(login: &Value, now: Instant) -> Self {
        let text = |name: &str| login["params"][name].as_str();
        let names = login["params"]["algo"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let settings = PoolSettings {
            user: text("login").unwrap().into(),
            pass: text("pass").unwrap().into(),
            agent: text("agent").unwrap().into(),
            rig_id: text("rigid").map(Into::into),
            algorithms: names
                .iter()
                .map(|name| Algorithm::named(name.as_str().unwrap()))
                .collect(),
            keepalive: Some(Duration::from_secs(8)),
            response_timeout: Duration::from_secs(20),
            reconnect_hosts: vec![],
            dialect: zartrux_models::stratum::Dialect::Stratum,
        };
        Self {
            protocol: PoolProtocol::new(Arc::new(settings)),
            now,
            jobs: vec![],
            shift: None,
        }
    }

    /// The bytes we send where the recording has `line`.
    fn send(&mut self, line: &Value, seen: &mut Seen) -> Vec<u8> {
        let mut out = Vec::new();
        match line["method"].as_str().unwrap() {
            "login" => self.protocol.on_connected(self.now, &mut out),
            "submit" => {
                seen.submits += 1;
                self.protocol
                    .submit(&self.share(&line["params"]), self.now, &mut out)
                    .unwrap();
            }
            "keepalived" => {
                seen.keepalives += 1;
                let due = self.protocol.deadline().unwrap();
                assert_eq!(self.protocol.on_tick(due, &mut out), None);
            }
            other => panic!("a method of ours: {other}"),
        }
        out
    }

    /// The recorded line with our number of the request in it, which starts at 2 after the login.
    fn renumbered(&mut self, line: &str, message: &Value) -> String {
        match message["id"].as_u64() {
            Some(recorded) if recorded > 1 => {
                let shift = *self.shift.get_or_insert(recorded - 2);
                let (head, ours) = (format!("{{\"id\":{recorded},"), recorded - shift);
                assert!(line.starts_with(&head), "{line}");
                line.replacen(&head, &format!("{{\"id\":{ours},"), 1)
            }
            _ => line.to_owned(),
        }
    }

    fn share(&self, params: &Value) -> Share {
        let id = params["job_id"].as_str().unwrap();
        let job = self.jobs.iter().find(|job| &*job.id == id).unwrap();
        let nonce = Nonce::from_hex(params["nonce"].as_str().unwrap()).unwrap();
        Share {
            job: Arc::new(IssuedJob {
                key: JobKey(1),
                plan: zartrux_models::plan::SlotPlan::identity(),
                origin: JobOrigin {
                    pool: PoolKey(0),
                    connection: 1,
                },
                job: (**job).clone(),
            }),
            slot: nonce.slot(),
            nonce,
            nonce_set: NonceSetId(1),
            result: ResultHash::from_hex(params["result"].as_str().unwrap()).unwrap(),
            raw_hash: None,
            class: TargetClass::Upstream,
            lateness: Lateness::Current,
            asked: Difficulty::ONE,
            retargeted: false,
            contested: false,
        }
    }

    fn hear(&mut self, line: &str, seen: &mut Seen) {
        match self.protocol.on_line(line.as_bytes()) {
            PoolEffect::LoggedIn { job: Some(job), .. } => {
                seen.logins += 1;
                self.jobs.push(job);
            }
            PoolEffect::Job(job) => {
                seen.jobs += 1;
                self.jobs.push(job);
            }
            PoolEffect::Replied {
                verdict: Ok(()),
                close: None,
                ..
            } => seen.accepted += 1,
            PoolEffect::Replied {
                verdict: Err(no),
                close: None,
                ..
            } => {
                assert_eq!(
                    (no.class, &*no.text),
                    (ErrorClass::Rig, "Low difficulty share")
                );
                seen.refused_for_the_rig += 1;
            }
            PoolEffect::Ignored(Ignored::KeptAlive) => seen.keepalives_answered += 1,
            other @ (PoolEffect::LoggedIn { .. }
            | PoolEffect::Replied { .. }
            | PoolEffect::Redirected { .. }
            | PoolEffect::Ignored(_)
            | PoolEffect::Close(_)) => panic!("{line} came to {other:?}"),
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "any instant will do as the origin"
)]
fn replay(file: &str, us: &str, on_this_hop: impl Fn(&Value) -> bool) -> Seen {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/fixtures")
        .join(file);
    let text = std::fs::read_to_string(path).unwrap();
    let origin = Instant::now();
    let mut seen = Seen::default();
    let mut open: BTreeMap<u64, Replay> = BTreeMap::new();
    for record in text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
    {
        let Some(line) = record["line"].as_str().filter(|_| on_this_hop(&record)) else {
            continue;
        };
        let now = origin + Duration::from_secs_f64(record["t"].as_f64().unwrap());
        let message: Value = serde_json::from_str(line).unwrap();
        let replay = open
            .entry(record["conn"].as_u64().unwrap())
            .or_insert_with(|| Replay::open(&message, now));
        replay.now = now;
        let line = replay.renumbered(line, &message);
        if record["from"] == us {
            let sent = replay.send(&message, &mut seen);
            assert_eq!(std::str::from_utf8(&sent).unwrap(), format!("{line}\n"));
        } else {
            replay.hear(&line, &mut seen);
        }
    }
    seen
}

#[test]
fn we_say_what_xmrig_proxy_said_and_understand_what_it_was_told() {
    let seen = replay("dialogue-xmrig-proxy.jsonl", "proxy", |record| {
        record["hop"] == "proxy-pool"
    });
    assert_eq!(
        seen,
        Seen {
            logins: 2,
            jobs: 5,
            submits: 117,
            accepted: 104,
            refused_for_the_rig: 13,
            keepalives: 4,
            keepalives_answered: 4,
        }
    );
}

#[test]
fn we_say_what_xmrig_said_and_understand_what_it_was_told() {
    let seen = replay("dialogue-xmrig-pool.jsonl", "miner", |_| true);
    assert_eq!(
        seen,
        Seen {
            logins: 2,
            jobs: 4,
            submits: 116,
            accepted: 104,
            refused_for_the_rig: 12,
            keepalives: 4,
            keepalives_answered: 4,
        }
    );
}
