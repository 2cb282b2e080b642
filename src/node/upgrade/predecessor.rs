//! The process that runs now, as its successor sees it.

use std::fs::File;
use std::io;
use std::net::TcpListener;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use rustix::net::AddressFamily;
use rustix::net::sockopt::socket_domain;
use zartrux_actors::handover::{LaneParcel, ParcelFacts, readable};
use zartrux_actors::miner_sessions::bind;
use zartrux_config::Settings;

use super::channel::Channel;
use super::message::{FromSuccessor, ToSuccessor, VERSION};
use super::{ListenerFacts, Listeners, Offer, Role};
use crate::http;
use crate::node::ExitCode;

/// How long it may take to say what there is to take over.
const OFFER: Duration = Duration::from_secs(10);
/// How long it may take to tell the service manager of this process.
const FAREWELL: Duration = Duration::from_secs(10);

/// What a node begins with that it did not make itself.
#[derive(Debug, Default)]
pub struct Inheritance {
    /// Open listeners; those that are not there are opened.
    pub listeners: Listeners,
    /// What each lane takes up, by its number.
    pub parcels: Vec<Option<LaneParcel>>,
}

/// The process at the other end of the socket.
#[derive(Debug)]
pub struct Predecessor {
    channel: Channel,
    offer: Offer,
}

impl Predecessor {
    /// Meets the process that has started this one, on the standard input.
    ///
    /// # Errors
    /// Nobody is there, or it speaks another form.
    pub fn meet() -> Result<Self> {
        let socket = io::stdin().as_fd().try_clone_to_owned()?;
        let is_socket = socket_domain(&socket).is_ok_and(|family| family == AddressFamily::UNIX);
        ensure!(
            is_socket,
            "--successor is for `zartrux upgrade`, which starts a program so"
        );
        // The socket must end with this process, and not with those that it starts.
        rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
        Self::on(UnixStream::from(socket))
    }

    pub(super) fn on(socket: UnixStream) -> Result<Self> {
        let channel = Channel::new(socket, Arc::new(AtomicBool::new(false)))?;
        channel.send(&FromSuccessor::Hello {
            messages: VERSION,
            parcels: ParcelFacts::VERSION,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        })?;
        let ToSuccessor::Offer(offer) = channel.receive(Some(OFFER))? else {
            bail!("the predecessor says what does not belong here");
        };
        ensure!(
            offer.listeners.len() <= Offer::LISTENERS_MAX && offer.lanes <= Offer::LANES_MAX,
            "the predecessor offers too much"
        );
        Ok(Self { channel, offer })
    }

    /// What there is to take over.
    #[must_use]
    pub const fn offer(&self) -> &Offer {
        &self.offer
    }

    /// Checks whether these settings can go on where the predecessor leaves, and opens the listeners
    /// that it does not have.
    ///
    /// # Errors
    /// Why they can't, in words that name the key.
    pub fn agree(&self, settings: &Settings) -> Result<Listeners> {
        let (lanes, before) = (settings.node.lanes, self.offer.lanes);
        ensure!(
            lanes == before,
            "node.lanes: it is {before} while Zartrux runs, and {lanes} in the settings: that needs a \
             restart"
        );
        let data = canonical(&settings.node.data);
        ensure!(
            data == self.offer.data,
            "node.data: it is {} while Zartrux runs, and {} in the settings: that needs a restart",
            self.offer.data.display(),
            data.display()
        );
        let mut wanted = Listeners::wanted(settings);
        wanted.retain(|facts| !self.offer.listeners.contains(facts));
        open(&wanted, lanes > 1)
    }

    /// Says that this process could take over, and waits for what there is; that may take as long as
    /// the predecessor settles what is pending.
    ///
    /// # Errors
    /// The predecessor has changed its mind or ended, or gives what this program can't take up.
    pub fn receive(&self) -> Result<Inheritance> {
        let channel = &self.channel;
        channel.send(&FromSuccessor::Ready)?;
        let mut all = Inheritance::default();
        all.parcels.resize_with(self.offer.lanes, || None);
        loop {
            match channel.receive(None)? {
                ToSuccessor::Listeners => {
                    let facts = &self.offer.listeners;
                    let descriptors = channel.receive_descriptors(facts.len())?;
                    all.listeners
                        .extend(Listeners::received(facts, descriptors));
                }
                ToSuccessor::Parcel {
                    lane,
                    state,
                    descriptors,
                } => {
                    let parcel = LaneParcel {
                        state: channel.receive_bytes(state)?,
                        descriptors: channel.receive_descriptors(descriptors)?,
                    };
                    let place = all.parcels.get_mut(lane).context("a lane too many")?;
                    if !parcel.state.is_empty() {
                        let facts = readable(&parcel.state)
                            .with_context(|| format!("what lane {lane} gives"))?;
                        tracing::info!(
                            lane,
                            miners = facts.miners,
                            pools = facts.pools,
                            "taking over"
                        );
                        *place = Some(parcel);
                    }
                }
                ToSuccessor::Go => return Ok(all),
                ToSuccessor::Offer(_) | ToSuccessor::Farewell => {
                    bail!("the predecessor says what does not belong here")
                }
            }
        }
    }

    /// Says why this process can't take over.
    pub fn fault(&self, why: &str, code: ExitCode) {
        let told = self.channel.send(&FromSuccessor::Fault {
            why: why.to_owned(),
            code: code as u8,
        });
        if let Err(fault) = told {
            let fault = format!("{fault:#}");
            tracing::warn!(fault, "the predecessor does not hear why");
        }
    }

    /// Says that this process serves, and waits until the service manager knows it.
    ///
    /// # Errors
    /// The predecessor does not hear it: it may have started another one.
    pub fn serving(&self) -> Result<()> {
        self.channel.send(&FromSuccessor::Serving)?;
        match self.channel.receive(Some(FAREWELL)) {
            Ok(ToSuccessor::Farewell) => {}
            Ok(_) => bail!("the predecessor says what does not belong here"),
            // It has left without a word, but with everything given.
            Err(fault) => {
                let fault = format!("{fault:#}");
                tracing::warn!(fault, "the predecessor did not say farewell");
            }
        }
        Ok(())
    }
}

/// The folder itself, whatever links lead there.
pub(super) fn canonical(folder: &Path) -> std::path::PathBuf {
    folder
        .canonicalize()
        .unwrap_or_else(|_| std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned()))
}

/// Opens listeners, all of them or none. All lanes of an address come one after another.
fn open(wanted: &[ListenerFacts], shared: bool) -> Result<Listeners> {
    let mut opened = Listeners::default();
    let mut last: Option<(ListenerFacts, std::net::SocketAddr)> = None;
    for facts in wanted {
        // With port 0 the system chooses once, and the other lanes follow.
        let of_last = last.filter(|(last, _)| (last.role, last.asked) == (facts.role, facts.asked));
        let address = of_last.map_or(facts.asked, |(_, address)| address);
        let listener = match facts.role {
            Role::Monitor => monitor(address)?,
            Role::Plain | Role::Tls => bind(address, None, shared)?.try_clone_listener()?,
        };
        last = Some((*facts, listener.local_addr()?));
        opened.keep(*facts, listener);
    }
    Ok(opened)
}

fn monitor(address: std::net::SocketAddr) -> Result<TcpListener> {
    http::listen(address).with_context(|| format!("monitor on {address}"))
}
