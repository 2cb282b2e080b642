//! What a pool's line comes to.

use std::sync::Arc;

use crate::stratum::{
    BadJob, ErrorClass, Extensions, PoolError, PoolRequestId, bounded_text, classify,
};
use crate::work::{BadBlob, UpstreamJob};

/// What a line came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PoolEffect {
    /// The pool took the login.
    LoggedIn {
        /// Its first job, where it sends one at once.
        job: Option<Arc<UpstreamJob>>,
        /// What it announces.
        extensions: Extensions,
    },
    /// A new job: the one before is the previous one now.
    Job(Arc<UpstreamJob>),
    /// A verdict on a submit. A submit that has been settled already may get one too.
    Replied {
        /// Which submit.
        request: PoolRequestId,
        /// What the pool said.
        verdict: Result<(), Rejection>,
        /// The connection is to be left as well.
        close: Option<PoolClose>,
    },
    /// The pool sends us elsewhere, and that is allowed.
    Redirected {
        /// `None`: connect again where we are.
        host: Option<Box<str>>,
        /// `None`: the same port.
        port: Option<u16>,
    },
    /// Nothing to do.
    Ignored(Ignored),
    /// The connection is to be left.
    Close(PoolClose),
}

/// A pool's no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// What sort of no.
    pub class: ErrorClass,
    /// The pool's words, bounded and without control characters.
    pub text: Box<str>,
}

impl From<&PoolError<'_>> for Rejection {
    fn from(error: &PoolError<'_>) -> Self {
        Self {
            class: classify(&error.message),
            text: bounded_text(&error.message),
        }
    }
}

/// Why a connection is to be left.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct PoolClose {
    /// What sort of failure.
    pub class: ErrorClass,
    /// In words for the operator.
    pub reason: Box<str>,
}

impl PoolClose {
    pub(super) fn new(class: ErrorClass, reason: &str) -> Self {
        Self {
            class,
            reason: bounded_text(reason),
        }
    }
}

impl From<BadJob> for PoolClose {
    fn from(bad: BadJob) -> Self {
        let class = match bad {
            BadJob::Blob(BadBlob::SlotTaken)
            | BadJob::PoolsNonce
            | BadJob::NoTemplates
            | BadJob::OnlyTemplates => ErrorClass::Ours,
            BadJob::Missing(_)
            | BadJob::Id(_)
            | BadJob::Blob(_)
            | BadJob::Target(_)
            | BadJob::Algorithm
            | BadJob::NoSeed(_)
            | BadJob::Seed(_)
            | BadJob::Number(_)
            | BadJob::TemplateForm
            | BadJob::Template(_)
            | BadJob::BlobType(_) => ErrorClass::Pool,
        };
        Self::new(class, &bad.to_string())
    }
}

/// Why a line needs nothing done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Ignored {
    /// The answer to a keepalive.
    #[error("keepalive answered")]
    KeptAlive,
    /// No more keepalives are sent on this connection.
    #[error("keepalive refused: {}", .0.text)]
    KeepaliveRefused(Rejection),
    /// xmrig would answer it with a reconnect.
    #[error("the same job again")]
    SameJob,
    /// A method that means nothing here.
    #[error("unknown method {0}")]
    Method(Box<str>),
    /// A `client.reconnect` to a host that is not allowed.
    #[error("the pool wants us at {0}, which is not allowed")]
    Reconnect(Box<str>),
    /// An error that answers nothing and changes nothing.
    #[error("the pool says: {}", .0.text)]
    Error(Rejection),
    /// JSON, but no message that fits; so many in a row end the session.
    #[error("odd line: {0}")]
    Odd(Box<str>),
    /// The connection was left before this line was read.
    #[error("left already")]
    Left,
}
