//! A miner that sends anything.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use serde_json::json;
use zartrux_models::filter::Scanner;
use zartrux_models::plan::{Capability, Readiness};
use zartrux_models::session::{Assignment, Heard, MinerProtocol, NO_OTHER_JOB};
use zartrux_models::share::{NonceSet, NotAdmitted, RefusalReason, Share, TargetClass};
use zartrux_models::stratum::{
    AlgoPerf, JobLine, RequestId, Text, push_error, push_kept_alive, push_login,
};
use zartrux_models::work::{
    Algorithm, Difficulty, IssuedJob, JobKey, JobTable, Lateness, Nonce, ResultHash, Slot, Work,
};

use crate::Reached;
use crate::json_line::assert_one_json_line;
use crate::recorded::{MINER_SESSION, POOL, job, origin};

/// Lines of one input that are looked at.
const LINES: usize = 64;

/// Below the pool's 250, so that shares for the miner's own target exist.
const ASKED: Difficulty = Difficulty::new(100);

/// A miner's session fed with the lines of `data`.
///
/// A line that begins with byte 1, 2 or 3 is none of the miner's: the pool sends its next job, the
/// miner's lease is renewed, the pool's connection is lost.
///
/// # Panics
/// A promise is broken: a share before login or outside the lease, a nonce twice, a target missed,
/// a reply that is not one line of JSON.
pub fn miner_line(data: &[u8]) -> Reached {
    let mut farm = Farm::new();
    for line in data.split(|byte| *byte == b'\n').take(LINES) {
        match line {
            [] => {}
            [1, ..] => farm.next_job(),
            [2, ..] => farm.renew_lease(),
            [3, ..] => farm.lose_pool(),
            _ if line.len() > farm.protocol.line_limit() => break,
            _ => {
                if farm.hear(line).is_break() {
                    break;
                }
            }
        }
    }
    farm.reached
}

/// What became of a nonce, kept beside the proxy's own books.
#[derive(Default)]
struct Fate {
    taken: bool,
    claims: Vec<ResultHash>,
}

struct Farm {
    protocol: MinerProtocol,
    jobs: JobTable,
    connection: u32,
    issued: u32,
    slot: Slot,
    given: HashSet<(JobKey, Slot)>,
    /// Jobs in a row with one blob have one space of nonces, whatever connections bring them: the
    /// same nonce is the same share.
    space: u32,
    last_work: Option<Work>,
    spaces: HashMap<JobKey, u32>,
    fates: HashMap<(u32, Nonce), Fate>,
    reached: Reached,
}

impl Farm {
    fn new() -> Self {
        let jobs = JobTable::default();
        let mut farm = Self {
            protocol: MinerProtocol::new(MINER_SESSION, jobs.last_key()),
            jobs,
            connection: 1,
            issued: 0,
            slot: Slot(0),
            given: HashSet::new(),
            space: 0,
            last_work: None,
            spaces: HashMap::new(),
            fates: HashMap::new(),
            reached: Reached::new(),
        };
        farm.next_job();
        farm
    }

    /// Some jobs have the blob of the one before, under another id; some ask for a commitment.
    fn next_job(&mut self) {
        self.issued += 1;
        let algorithm = if self.issued % 4 == 2 { "rx/2" } else { "rx/0" };
        let variant = u8::try_from(self.issued / 4).expect("so few lines");
        let job = job(&format!("job-{}", self.issued), algorithm, variant);
        let same_blob = self.last_work.as_ref() == Some(&job.work);
        self.last_work = Some(job.work.clone());
        let issued = self.jobs.replace(origin(self.connection), job);
        let issued = issued.expect("another id is another job");
        if !same_blob {
            self.space += 1;
        }
        self.spaces.insert(issued.key, self.space);
        assert_one_json_line(JobLine::render(&issued).patch(self.slot, ASKED));
        if self.protocol.is_logged_in() || self.protocol.awaiting_lease().is_some() {
            self.give();
        }
    }

    fn renew_lease(&mut self) {
        self.slot = Slot(self.slot.0.wrapping_add(1));
        if self.protocol.is_logged_in() {
            self.give();
        }
    }

    fn lose_pool(&mut self) {
        self.jobs.forget(POOL);
        self.connection += 1;
    }

    /// Gives the miner the current job, if there is one.
    fn give(&mut self) {
        let Some(issued) = self.jobs.current(POOL) else {
            return;
        };
        let key = issued.key;
        let mut line = JobLine::render(issued);
        self.given.insert((key, self.slot));
        let answered = self.protocol.give(Assignment {
            job: key,
            slot: self.slot,
            difficulty: ASKED,
        });
        assert!(self.protocol.is_logged_in());
        if let Some(id) = answered {
            let mut out = Vec::new();
            let object = line.patch_object(self.slot, ASKED);
            push_login(&mut out, id, &MINER_SESSION.to_hex(), object, false);
            assert_eq!(assert_one_json_line(&out)["id"], json!(id.0));
        }
    }

    fn hear(&mut self, line: &[u8]) -> ControlFlow<()> {
        let was_logged_in = self.protocol.is_logged_in();
        let mut out = Vec::new();
        match self.protocol.on_line(line, &self.jobs) {
            Heard::LoginAsked(id, login) => {
                assert!(!was_logged_in);
                assert_able(&login.algorithms, &login.perf, login.agent.as_deref());
                assert_eq!(self.protocol.awaiting_lease(), Some(id));
                self.reached.insert("login");
                self.give();
            }
            Heard::Admitted(_, share) => {
                assert!(was_logged_in);
                self.take(&share);
            }
            Heard::NotAdmitted(id, NotAdmitted::Refused(refusal)) => {
                let reason = refusal.reason();
                assert!(was_logged_in || reason == RefusalReason::Unauthenticated);
                self.reached.insert(reason.label());
                push_error(&mut out, id, reason.wire_text());
                assert_reply(&out, id);
            }
            Heard::NotAdmitted(_, NotAdmitted::TooMany) => {
                let full = |fate: &Fate| fate.claims.len() >= NonceSet::MAX_CLAIMS;
                assert!(self.fates.values().any(full), "there was room");
                self.reached.insert("too many");
            }
            Heard::KeepAlive(id) => {
                assert!(was_logged_in);
                self.reached.insert("keepalive");
                push_kept_alive(&mut out, id);
                assert_reply(&out, id);
            }
            Heard::Abilities(id, able) => {
                assert!(was_logged_in);
                assert_able(&able.algorithms, &able.perf, None);
                self.reached.insert("getjob");
                push_error(&mut out, id, NO_OTHER_JOB);
                assert_reply(&out, id);
            }
            Heard::Error(id, text) => {
                self.reached.insert("error");
                push_error(&mut out, id, &text);
                assert_reply(&out, id);
            }
            Heard::Fatal(id, text) => {
                self.reached.insert("fatal");
                push_error(&mut out, id, &text);
                assert_reply(&out, id);
                return ControlFlow::Break(());
            }
            Heard::Garbage(_) => {
                self.reached.insert("garbage");
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }

    /// A share was admitted: it must be one that admission may let through.
    fn take(&mut self, share: &Share) {
        let key = share.job.key;
        assert!(
            self.given.contains(&(key, share.nonce.slot())),
            "outside the lease: {share:?}"
        );
        assert_class(share, &share.job);
        let found = self.jobs.find(key).expect("a job that is alive");
        assert_eq!((found.issued, found.lateness), (&share.job, share.lateness));
        assert_eq!(share.hashed_bytes()[39..43], share.nonce.as_bytes()[..]);

        let fate = self
            .fates
            .entry((self.spaces[&key], share.nonce))
            .or_default();
        assert!(!fate.taken, "a nonce twice: {share:?}");
        assert!(!fate.claims.contains(&share.result), "a copy: {share:?}");
        assert_eq!(share.contested, !fate.claims.is_empty());
        assert!(fate.claims.len() < NonceSet::MAX_CLAIMS, "{share:?}");
        fate.claims.push(share.result);
        let nonces = self.jobs.nonces_of(share.nonce_set);
        let nonces = nonces.expect("the set of a job that is alive");
        nonces.claim(share.nonce, share.result);
        // Some shares stay under way, so that another result for their nonce is contested.
        if share.result.as_bytes()[0].is_multiple_of(2) {
            fate.taken = true;
            nonces.take(share.nonce);
        }
        self.reached.insert("admitted");
        self.reached.insert(share.class.label());
        if share.contested {
            self.reached.insert("contested");
        }
        if share.lateness == Lateness::Stale {
            self.reached.insert("stale");
        }
    }
}

/// What a miner says that it can hash is bounded, and its rates are numbers.
fn assert_able(algorithms: &[Text<'_>], perf: &AlgoPerf, agent: Option<&str>) {
    let agent = agent.unwrap_or_default();
    let named: Vec<Algorithm> = algorithms.iter().map(|it| Algorithm::named(it)).collect();
    for algorithm in &named {
        assert!(algorithm.name().len() <= Algorithm::MAX_NAME);
    }
    let capability = Capability::of(&named, agent);
    assert!(capability.listed().len() <= Capability::MOST);
    assert!(!Readiness::of(&named, agent).why().is_empty());
    let _ = Scanner::of_agent(agent);
    assert!(perf.rates().len() <= AlgoPerf::MOST);
    for (algorithm, rate) in perf.rates() {
        assert!(*rate > 0.0 && *rate <= AlgoPerf::FASTEST, "{rate}");
        assert_eq!(perf.rate(algorithm), Some(*rate));
    }
}

fn assert_class(share: &Share, issued: &IssuedJob) {
    let meets_pools = issued.job.target.is_met_by(&share.result);
    let meets_own = share.asked.target().is_met_by(&share.result);
    match share.class {
        TargetClass::Local => assert!(meets_own && !meets_pools),
        TargetClass::Upstream => assert!(meets_pools),
        TargetClass::BlockCandidate => panic!("this pool does not tell what a block is"),
    }
    assert_eq!(
        share.raw_hash.is_some(),
        issued.job.algorithm.has_commitment()
    );
}

fn assert_reply(bytes: &[u8], id: RequestId) {
    assert_eq!(assert_one_json_line(bytes)["id"], json!(id.0));
}
