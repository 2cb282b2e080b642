//! What a miner says and how it takes what it hears, as xmrig 6.26 does. Knows no socket.

use std::collections::HashMap;

use super::desk::Found;
use super::settings::MinerSettings;
use super::work::Work;
use crate::demo::wire::{self, Fault, FromPool, Job, LoggedIn, Login, Submit};

/// Submits without an answer at most; xmrig has no limit, but we promise one.
const MAX_UNANSWERED: usize = 256;

/// Longest text kept of a refusal, characters.
const MAX_TEXT: usize = 120;

/// Error texts that make xmrig hang up, by their beginnings, in lower case.
const CRITICAL: [&str; 4] = [
    "unauthenticated",
    "your ip is banned",
    "ip address currently banned",
    "invalid job id",
];

/// One connection's talk.
#[derive(Debug, Default)]
pub(super) struct Dialogue {
    last_id: i64,
    session: Option<Session>,
    last_job: Option<Job>,
    /// By id of the request: whether the share is a corrupt one.
    unanswered: HashMap<i64, bool>,
}

#[derive(Debug)]
struct Session {
    id: String,
    algo: bool,
    nicehash: bool,
    keepalive: bool,
}

/// What a line came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// Nothing to do.
    Nothing,
    /// Work on this from now on.
    Work(Work),
    /// A share was judged.
    Verdict {
        corrupt: bool,
        verdict: Result<(), String>,
        hang_up: bool,
    },
    /// Close the connection, for this reason.
    HangUp(String),
}

impl Dialogue {
    /// The first line.
    pub(super) fn login(&mut self, settings: &MinerSettings) -> String {
        let login = Login {
            login: settings.login.clone(),
            pass: settings.pass.clone(),
            agent: concat!("zartrux-demo-miner/", env!("CARGO_PKG_VERSION")).to_owned(),
            rigid: Some(settings.rig.clone()),
            algo: vec!["rx/0".to_owned()],
        };
        wire::request(self.next_id(), "login", &login)
    }

    /// Whether the login was answered with a job.
    pub(super) fn is_logged_in(&self) -> bool {
        self.session.is_some()
    }

    /// Whether the peer wants keepalives.
    pub(super) fn wants_keepalive(&self) -> bool {
        self.session
            .as_ref()
            .is_some_and(|session| session.keepalive)
    }

    /// The line of a share; `None` when it cannot be sent.
    pub(super) fn submit(&mut self, share: &Found) -> Option<String> {
        if self.unanswered.len() >= MAX_UNANSWERED {
            return None;
        }
        let session = self.session.as_ref()?;
        let submit = Submit {
            id: session.id.clone(),
            job_id: share.job_id.clone(),
            nonce: const_hex::encode(share.nonce),
            result: const_hex::encode(share.result),
            algo: session.algo.then(|| "rx/0".to_owned()),
        };
        let id = self.next_id();
        self.unanswered.insert(id, share.corrupt);
        Some(wire::request(id, "submit", &submit))
    }

    /// The line that keeps an idle connection alive.
    pub(super) fn keepalive(&mut self) -> Option<String> {
        let id = self.session.as_ref()?.id.clone();
        let params = serde_json::json!({ "id": id });
        Some(wire::request(self.next_id(), "keepalived", &params))
    }

    /// Shares not answered yet: sound ones and corrupt ones.
    pub(super) fn unanswered(&self) -> (u64, u64) {
        let corrupt = self.unanswered.values().filter(|corrupt| **corrupt).count();
        ((self.unanswered.len() - corrupt) as u64, corrupt as u64)
    }

    /// Takes a line.
    pub(super) fn on_line(&mut self, line: &str) -> Heard {
        let Ok(heard) = serde_json::from_str::<FromPool>(line) else {
            return Heard::HangUp("a line that is no stratum".to_owned());
        };
        match (heard.id, heard.method.as_deref()) {
            (_, Some("job")) => match serde_json::from_value(heard.params) {
                Ok(job) => self.on_job(job),
                Err(_) => Heard::HangUp("a job that cannot be read".to_owned()),
            },
            // An order to reconnect elsewhere is none that a demo obeys.
            (_, Some(_)) | (None, None) => Heard::Nothing,
            (Some(1), None) => self.on_login_reply(heard.result, heard.error),
            (Some(id), None) => self.on_verdict(id, heard.error),
        }
    }

    fn on_login_reply(&mut self, result: serde_json::Value, error: Option<Fault>) -> Heard {
        if let Some(fault) = error {
            return Heard::HangUp(format!("login refused: {}", cut(&fault.message)));
        }
        let Ok(welcome) = serde_json::from_value::<LoggedIn>(result) else {
            return Heard::HangUp("a login reply without id or job".to_owned());
        };
        let announces = |name| welcome.extensions.iter().any(|extension| extension == name);
        self.session = Some(Session {
            algo: announces("algo"),
            nicehash: announces("nicehash"),
            keepalive: announces("keepalive"),
            id: welcome.id,
        });
        self.on_job(welcome.job)
    }

    fn on_job(&mut self, job: Job) -> Heard {
        let Some(session) = &self.session else {
            return Heard::Nothing;
        };
        if self.last_job.as_ref() == Some(&job) {
            return Heard::HangUp("the same job twice".to_owned());
        }
        let work = Work::read(&job, session.nicehash);
        self.last_job = Some(job);
        work.map_or_else(|fault| Heard::HangUp(fault.to_owned()), Heard::Work)
    }

    fn on_verdict(&mut self, id: i64, error: Option<Fault>) -> Heard {
        let text = error.map(|fault| cut(&fault.message));
        let hang_up = text.as_deref().is_some_and(is_critical);
        match self.unanswered.remove(&id) {
            Some(corrupt) => Heard::Verdict {
                corrupt,
                verdict: text.map_or(Ok(()), Err),
                hang_up,
            },
            // The answer to a keepalive, or to something never asked.
            None => match text {
                Some(text) if hang_up => Heard::HangUp(text),
                Some(_) | None => Heard::Nothing,
            },
        }
    }

    fn next_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }
}

fn is_critical(text: &str) -> bool {
    let text = text.to_lowercase();
    CRITICAL.iter().any(|beginning| text.starts_with(beginning))
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}
