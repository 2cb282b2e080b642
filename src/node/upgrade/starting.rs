//! A successor, as its predecessor sees it: started, asked whether it could take over, and given all.

use std::fmt;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Child, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Result, bail};
use zartrux_actors::clock::Clock;
use zartrux_actors::handover::{LaneParcel, ParcelFacts};

use super::channel::{Channel, Gone};
use super::message::{FromSuccessor, ToSuccessor, VERSION};
use super::{Listeners, Offer, Program};
use crate::node::ExitCode;

/// How long a program may take to say that it knows what a successor is.
const HELLO: Duration = Duration::from_secs(10);
/// How long it may take to read its settings and to test itself.
const READY: Duration = Duration::from_secs(60);
/// How long it may take to serve once it has everything.
const SERVING: Duration = Duration::from_secs(30);
/// How long a process that has closed its socket may take to end.
const END: Duration = Duration::from_secs(2);
/// How often it is looked whether it has ended.
const LOOK: Duration = Duration::from_millis(10);

/// Why there is no successor. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotReady {
    /// In words; of several lines where settings have several faults.
    pub why: String,
    /// The exit code that says it.
    pub code: ExitCode,
}

impl fmt::Display for NotReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for NotReady {}

impl NotReady {
    /// One that no successor was asked for.
    #[must_use]
    pub fn refused(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            code: ExitCode::Failed,
        }
    }
}

/// A process that has said that it could take over. It is killed when this is dropped.
#[derive(Debug)]
pub struct Successor {
    child: Child,
    released: bool,
    channel: Channel,
    version: String,
}

impl Successor {
    /// Starts a program, and waits until it says that it could take over. Whoever sets `given_up`
    /// wants no successor any more.
    ///
    /// # Errors
    /// It can't be started, says why it can't, ends, speaks another form, or says nothing.
    pub fn start(
        program: &Program,
        offer: &Offer,
        given_up: Arc<AtomicBool>,
    ) -> Result<Self, NotReady> {
        let failed = |fault: anyhow::Error| NotReady::refused(format!("{fault:#}"));
        let (mine, its) = UnixStream::pair().map_err(|fault| failed(fault.into()))?;
        let channel = Channel::new(mine, given_up).map_err(failed)?;
        let child = program.start(OwnedFd::from(its)).map_err(failed)?;
        let mut successor = Self {
            child,
            released: false,
            channel,
            version: String::new(),
        };
        match successor.agree(offer) {
            Ok(()) => Ok(successor),
            Err(fault) => Err(successor.explain(&fault)),
        }
    }

    /// The number of its process.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// The version of its program.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    fn agree(&mut self, offer: &Offer) -> Result<()> {
        let hello = self.channel.receive(Some(HELLO))?;
        match hello {
            FromSuccessor::Hello {
                messages,
                parcels,
                version,
            } => {
                self.version = version;
                if messages != VERSION || parcels != ParcelFacts::VERSION {
                    bail!(
                        "version {} takes over in another form ({messages}.{parcels}, this one is \
                         {VERSION}.{}): restart instead",
                        self.version,
                        ParcelFacts::VERSION
                    );
                }
            }
            other @ (FromSuccessor::Ready
            | FromSuccessor::Fault { .. }
            | FromSuccessor::Serving) => bail!(unexpected(other)),
        }
        self.channel.send(&ToSuccessor::Offer(offer.clone()))?;
        match self.channel.receive(Some(READY))? {
            FromSuccessor::Ready => Ok(()),
            other @ (FromSuccessor::Hello { .. }
            | FromSuccessor::Fault { .. }
            | FromSuccessor::Serving) => bail!(unexpected(other)),
        }
    }

    /// Gives it everything, and waits until it serves.
    ///
    /// # Errors
    /// It ends, says why it can't serve, or says nothing in time.
    pub(super) fn give(
        &mut self,
        listeners: &Listeners,
        parcels: &[Option<LaneParcel>],
    ) -> Result<(), NotReady> {
        self.try_give(listeners, parcels)
            .map_err(|fault| self.explain(&fault))
    }

    fn try_give(&self, listeners: &Listeners, parcels: &[Option<LaneParcel>]) -> Result<()> {
        self.channel.send(&ToSuccessor::Listeners)?;
        self.channel.send_descriptors(&listeners.descriptors())?;
        for (lane, parcel) in parcels.iter().enumerate() {
            let (state, descriptors) = parcel.as_ref().map_or((&[][..], &[][..]), |parcel| {
                (&parcel.state, &parcel.descriptors)
            });
            self.channel.send(&ToSuccessor::Parcel {
                lane,
                state: state.len(),
                descriptors: descriptors.len(),
            })?;
            self.channel.send_bytes(state)?;
            let borrowed: Vec<_> = descriptors.iter().map(|it| it.as_fd()).collect();
            self.channel.send_descriptors(&borrowed)?;
        }
        self.channel.send(&ToSuccessor::Go)?;
        match self.channel.receive(Some(SERVING))? {
            FromSuccessor::Serving => Ok(()),
            other @ (FromSuccessor::Hello { .. }
            | FromSuccessor::Fault { .. }
            | FromSuccessor::Ready) => bail!(unexpected(other)),
        }
    }

    /// Tells it that all others know of it; from now on it is on its own.
    pub fn release(mut self) {
        self.released = true;
        if let Err(fault) = self.channel.send(&ToSuccessor::Farewell) {
            let fault = format!("{fault:#}");
            tracing::warn!(fault, "the successor does not hear that it is on its own");
        }
    }

    /// Why it failed: what it said itself, or how it ended.
    fn explain(&mut self, fault: &anyhow::Error) -> NotReady {
        if let Some(said) = fault.downcast_ref::<NotReady>() {
            return said.clone();
        }
        let ended = fault.is::<Gone>().then(|| self.wait_end()).flatten();
        match ended {
            Some(status) => NotReady {
                why: format!("the new program ended by itself: {status}"),
                code: status.code().map_or(ExitCode::Failed, |code| {
                    code_of(u8::try_from(code).unwrap_or_default())
                }),
            },
            None => NotReady::refused(format!("the new program: {fault:#}")),
        }
    }

    fn wait_end(&mut self) -> Option<ExitStatus> {
        let deadline = Clock.now() + END;
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) if Clock.now() < deadline => std::thread::park_timeout(LOOK),
                Ok(None) | Err(_) => return None,
            }
        }
    }
}

impl Drop for Successor {
    fn drop(&mut self) {
        if self.released {
            return;
        }
        // Fails when it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn unexpected(message: FromSuccessor) -> anyhow::Error {
    match message {
        FromSuccessor::Fault { why, code } => NotReady {
            why,
            code: code_of(code),
        }
        .into(),
        FromSuccessor::Hello { .. } | FromSuccessor::Ready | FromSuccessor::Serving => {
            anyhow::anyhow!("it says what does not belong here")
        }
    }
}

/// Wrong settings are told by their code; everything else has just failed.
const fn code_of(code: u8) -> ExitCode {
    if code == ExitCode::Configuration as u8 {
        ExitCode::Configuration
    } else {
        ExitCode::Failed
    }
}
