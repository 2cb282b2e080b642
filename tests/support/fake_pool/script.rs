//! How a fake pool behaves.

use std::fmt;
use std::sync::Arc;

use zartrux::demo::target::TargetWidth;

use super::record::SubmitRecord;

/// The behaviour towards one connection; by default that of a good pool.
#[derive(Debug, Clone)]
pub struct Script {
    /// What happens once the connection is open.
    pub on_connect: OnConnect,
    /// What a login gets.
    pub on_login: OnLogin,
    /// What a submit gets.
    pub on_submit: OnSubmit,
    /// What a keepalive gets.
    pub on_keepalive: OnKeepalive,
    /// Named in the login's reply.
    pub extensions: Vec<String>,
    /// How targets are written.
    pub width: TargetWidth,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            on_connect: OnConnect::Serve,
            on_login: OnLogin::Accept,
            on_submit: OnSubmit::Always(Answer::Accept),
            on_keepalive: OnKeepalive::Answer,
            extensions: vec!["algo".to_owned(), "keepalive".to_owned()],
            width: TargetWidth::Four,
        }
    }
}

impl Script {
    /// A good pool but for what submits get.
    pub fn answering(on_submit: OnSubmit) -> Self {
        Self {
            on_submit,
            ..Self::default()
        }
    }

    /// A good pool but for what logins get.
    pub fn greeting(on_login: OnLogin) -> Self {
        Self {
            on_login,
            ..Self::default()
        }
    }

    /// A good pool but for what happens at first.
    pub fn opening(on_connect: OnConnect) -> Self {
        Self {
            on_connect,
            ..Self::default()
        }
    }
}

/// What happens once a connection is open.
#[derive(Debug, Clone)]
pub enum OnConnect {
    /// What should.
    Serve,
    /// Nothing ever: what is sent is read, recorded and not answered.
    Silent,
    /// It is closed.
    Close,
    /// These bytes are sent; then what should happen happens.
    Send(Vec<u8>),
    /// These bytes are sent, and it is closed.
    SendAndClose(Vec<u8>),
}

/// What a login gets.
#[derive(Debug, Clone)]
pub enum OnLogin {
    /// A session and a job.
    Accept,
    /// A session and no job in the reply; one is sent when the test pushes it.
    AcceptWithoutJob,
    /// A session and a job, and these bytes after it.
    AcceptThenSend(Vec<u8>),
    /// Nothing.
    Silent,
    /// An error of this text; the connection stays.
    Refuse(String),
    /// An error of this text, and it is closed: how a ban looks.
    RefuseAndClose(String),
    /// These bytes; `$ID` in them becomes the request's id.
    Send(Vec<u8>),
    /// It is closed.
    Close,
}

/// What a submit gets.
#[derive(Clone)]
pub enum OnSubmit {
    /// Always the same.
    Always(Answer),
    /// The n-th of the connection, from 1, gets the first answer; all others the second.
    Nth(u64, Answer, Answer),
    /// What this says.
    Decide(Arc<dyn Fn(&SubmitRecord) -> Answer + Send + Sync>),
}

impl OnSubmit {
    /// Decided by `judge`, which must not call the pool.
    pub fn decide(judge: impl Fn(&SubmitRecord) -> Answer + Send + Sync + 'static) -> Self {
        Self::Decide(Arc::new(judge))
    }

    pub(super) fn answer(&self, submit: &SubmitRecord) -> Answer {
        match self {
            Self::Nth(nth, answer, _) if submit.number == *nth => answer.clone(),
            Self::Always(answer) | Self::Nth(_, _, answer) => answer.clone(),
            Self::Decide(judge) => judge(submit),
        }
    }
}

impl fmt::Debug for OnSubmit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always(answer) => write!(f, "Always({answer:?})"),
            Self::Nth(nth, answer, others) => write!(f, "Nth({nth}, {answer:?}, {others:?})"),
            Self::Decide(_) => f.write_str("Decide"),
        }
    }
}

/// The answer to one submit.
#[derive(Debug, Clone)]
pub enum Answer {
    /// `OK`.
    Accept,
    /// An error of this text.
    Refuse(String),
    /// Nothing; a test may answer later.
    Silent,
    /// The connection is closed without an answer.
    Close,
    /// `OK`, and the connection is closed.
    AcceptAndClose,
    /// An error of this text, and the connection is closed: how a ban looks.
    RefuseAndClose(String),
    /// These bytes; `$ID` in them becomes the request's id.
    Send(Vec<u8>),
}

impl Answer {
    /// An error of this text.
    pub fn refuse(text: &str) -> Self {
        Self::Refuse(text.to_owned())
    }
}

/// What a keepalive gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnKeepalive {
    /// `KEEPALIVED`.
    Answer,
    /// Nothing, as from p2pool.
    Silent,
}
