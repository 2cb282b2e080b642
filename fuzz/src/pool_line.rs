//! A pool that sends anything.

use std::sync::Arc;
use std::time::{Duration, Instant};

use zartrux_models::session::{Ignored, PoolClose, PoolEffect, PoolProtocol, PoolSettings};
use zartrux_models::share::{Share, TargetClass};
use zartrux_models::stratum::{
    Dialect, JobLine, NumberOrder, POOL_LINE_LIMIT, TEMPLATE_LINE_LIMIT,
};
use zartrux_models::work::{
    Algorithm, Difficulty, IssuedJob, JobKey, Lateness, Nonce, NonceSetId, ResultHash, Slot,
    UpstreamJob,
};

use crate::Reached;
use crate::json_line::{assert_harmless, assert_one_json_line};
use crate::recorded::origin;

/// Lines of one input that are looked at.
const LINES: usize = 64;

/// A pool's session fed with the lines of `data`, after our login.
///
/// A line that begins with byte 1 or 2 is none of the pool's: time passes, a miner's share goes
/// out. Where the first line is byte 3 alone, the pool was asked for templates.
///
/// # Panics
/// A promise is broken: work for a pool that was left, a verdict on what was never asked, words
/// that are not bounded, a request or job that is not one line of JSON.
pub fn pool_line(data: &[u8]) -> Reached {
    let (dialect, limit, data) = match data {
        [3, b'\n', rest @ ..] => (
            Dialect::Template(NumberOrder::BigEndian),
            TEMPLATE_LINE_LIMIT,
            rest,
        ),
        _ => (Dialect::Stratum, POOL_LINE_LIMIT, data),
    };
    let mut upstream = Upstream::connect(dialect);
    for line in data.split(|byte| *byte == b'\n').take(LINES) {
        match line {
            [] => {}
            [1, ..] => upstream.pass_time(),
            [2, ..] => upstream.submit(),
            _ if line.len() > limit => break,
            _ => upstream.hear(line),
        }
    }
    upstream.reached
}

struct Upstream {
    protocol: PoolProtocol,
    now: Instant,
    /// Requests written so far.
    sent: u64,
    left: bool,
    reached: Reached,
}

impl Upstream {
    fn connect(dialect: Dialect) -> Self {
        let settings = PoolSettings {
            user: "wallet".into(),
            pass: "x".into(),
            agent: "zartrux/fuzz".into(),
            rig_id: Some("farm".into()),
            algorithms: vec![Algorithm::Rx0, Algorithm::Rx2],
            keepalive: Some(Duration::from_secs(60)),
            response_timeout: Duration::from_secs(20),
            reconnect_hosts: vec!["other.example".into()],
            dialect,
        };
        let mut upstream = Self {
            protocol: PoolProtocol::new(Arc::new(settings)),
            now: start(),
            sent: 0,
            left: false,
            reached: Reached::new(),
        };
        let mut out = Vec::new();
        upstream.protocol.on_connected(upstream.now, &mut out);
        upstream.note_sent(&out);
        upstream
    }

    fn note_sent(&mut self, line: &[u8]) {
        let id = assert_one_json_line(line)["id"].as_u64();
        self.sent += 1;
        assert_eq!(id, Some(self.sent), "requests are numbered from 1");
    }

    fn pass_time(&mut self) {
        let mut out = Vec::new();
        let early = self.protocol.on_tick(self.now, &mut out);
        assert!(early.is_none() && out.is_empty(), "nothing is due yet");
        let Some(due) = self.protocol.deadline() else {
            return;
        };
        assert!(due > self.now);
        self.now = due;
        match self.protocol.on_tick(due, &mut out) {
            Some(close) => self.leave(&close),
            None => {
                self.reached.insert("keepalive");
                self.note_sent(&out);
            }
        }
    }

    fn submit(&mut self) {
        let Some(job) = self.protocol.job().cloned() else {
            return;
        };
        let share = share(&job);
        let mut out = Vec::new();
        let request = self.protocol.submit(&share, self.now, &mut out);
        assert_eq!(request.is_some(), self.protocol.is_logged_in());
        match request {
            Some(request) => {
                self.note_sent(&out);
                assert_eq!(request.0, self.sent);
                self.reached.insert("submitted");
            }
            None => assert!(out.is_empty()),
        }
    }

    fn hear(&mut self, line: &[u8]) {
        let was_logged_in = self.protocol.is_logged_in();
        let effect = self.protocol.on_line(line);
        if self.left {
            assert_eq!(effect, PoolEffect::Ignored(Ignored::Left));
        }
        match effect {
            PoolEffect::LoggedIn { job, .. } => {
                assert!(!was_logged_in && self.protocol.is_logged_in());
                self.reached.insert("logged in");
                if let Some(job) = job {
                    self.on_job(&job);
                }
            }
            PoolEffect::Job(job) => {
                assert!(was_logged_in);
                self.on_job(&job);
            }
            PoolEffect::Replied {
                request,
                verdict,
                close,
            } => {
                assert!(was_logged_in);
                assert!((2..=self.sent).contains(&request.0), "never asked");
                match verdict {
                    Ok(()) => self.reached.insert("accepted"),
                    Err(rejection) => {
                        assert_harmless(&rejection.text);
                        self.reached.insert(rejection.class.label())
                    }
                };
                if let Some(close) = close {
                    self.leave(&close);
                }
            }
            PoolEffect::Redirected { host, .. } => {
                assert!(host.is_none_or(|host| host.eq_ignore_ascii_case("other.example")));
                assert!(!self.protocol.is_logged_in());
                self.left = true;
                self.reached.insert("redirected");
            }
            PoolEffect::Ignored(ignored) => {
                self.reached.insert(match ignored {
                    Ignored::KeptAlive => "kept alive",
                    Ignored::KeepaliveRefused(_) => "keepalive refused",
                    Ignored::SameJob => "same job",
                    Ignored::Method(_) => "unknown method",
                    Ignored::Reconnect(_) => "reconnect refused",
                    Ignored::Error(_) => "stray error",
                    Ignored::Odd(_) => "odd line",
                    Ignored::Left => "left already",
                });
            }
            PoolEffect::Close(close) => self.leave(&close),
        }
    }

    /// The job becomes a line for miners, whatever its fields hold.
    fn on_job(&mut self, job: &Arc<UpstreamJob>) {
        assert_eq!(self.protocol.job(), Some(job));
        self.reached.insert(if job.work.is_template() {
            "template"
        } else {
            "job"
        });
        let line = assert_one_json_line(JobLine::render(&issued(job)).patch(Slot(9), ASKED));
        assert_eq!(line["params"]["algo"], job.algorithm.name());
        assert_eq!(line["params"]["job_id"], "0000000109");
    }

    fn leave(&mut self, close: &PoolClose) {
        assert_harmless(&close.reason);
        assert!(!self.protocol.is_logged_in());
        assert_eq!(self.protocol.deadline(), None);
        self.left = true;
        self.reached.insert("closed");
    }
}

const ASKED: Difficulty = Difficulty::new(1_000);

fn issued(job: &Arc<UpstreamJob>) -> IssuedJob {
    IssuedJob {
        key: JobKey(1),
        plan: zartrux_models::plan::SlotPlan::identity(),
        origin: origin(1),
        job: (**job).clone(),
    }
}

fn share(job: &Arc<UpstreamJob>) -> Share {
    Share {
        job: Arc::new(issued(job)),
        slot: Slot(9),
        nonce: Nonce::in_slot(Slot(9), 77),
        nonce_set: NonceSetId(1),
        result: ResultHash::new([0; 32]),
        raw_hash: job.algorithm.has_commitment().then_some([1; 32]),
        class: TargetClass::Upstream,
        lateness: Lateness::Current,
        asked: ASKED,
        contested: false,
        retargeted: false,
    }
}

/// Some moment: only differences count.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that needs a moment to begin with"
)]
fn start() -> Instant {
    Instant::now()
}
