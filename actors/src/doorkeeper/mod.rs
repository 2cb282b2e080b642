//! Who may come in: one doorkeeper for all lanes of a process.
//!
//! A connection meets it up to three times: when it is accepted (by its address), when a balancer
//! has said for whom it connects (by that address), and when it logs in (by its password). None of
//! this is asked of anybody who is in, so the way of shares has no lock more than before.

mod addresses;
mod bucket;
mod credentials;
mod limits;
mod secrets;
mod told;
mod turned;
mod verifier;

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock, PoisonError, RwLock, Weak};
use std::time::Instant;

use ipnet::IpNet;
use zartrux_config::Secret;
use zartrux_models::session::ProxyHeaderFault;

use crate::clock::Clock;
use crate::events::{EventLog, Severity};

use addresses::AddressSet;
pub(crate) use addresses::Place;
use credentials::Claim;
pub use credentials::{
    Credentials, CredentialsError, CredentialsFault, MOST_CREDENTIALS, hash_password,
};
pub use limits::AddressLimits;
pub(crate) use limits::Counted;
use limits::Limits;
use secrets::{Digest, ProcessKey};
use told::Told;
pub use turned::{Turned, TurnedCounts};
pub(crate) use verifier::{Answer, Outcome};
use verifier::{Check, Verifier};

/// What miners must know to log in.
#[derive(Debug, Clone, Default)]
pub enum Passwords {
    /// Nothing.
    #[default]
    None,
    /// One password, the same for all.
    One(Secret),
    /// Each its own.
    Each(Arc<Credentials>),
}

/// Who may come in.
#[derive(Debug, Clone, Default)]
pub struct DoorSettings {
    /// Networks whose miners may connect; none: all.
    pub allow: Vec<IpNet>,
    /// Networks whose miners may not, allowed or not.
    pub deny: Vec<IpNet>,
    /// Balancers: each of their connections begins with a PROXY header.
    pub proxies: Vec<IpNet>,
    /// What one address may do.
    pub limits: AddressLimits,
    /// What a login must know.
    pub passwords: Passwords,
}

/// The settings as they are asked.
struct Rules {
    allow: AddressSet,
    deny: AddressSet,
    proxies: AddressSet,
    limits: AddressLimits,
    passwords: Known,
}

enum Known {
    None,
    One(Digest),
    Each(Arc<Credentials>),
}

/// What becomes of a connection that was just accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Met {
    /// It may talk.
    Welcome(Counted),
    /// It must say for whom it connects.
    Balancer,
    /// It is closed.
    Turned(Turned),
}

/// What becomes of a login.
#[derive(Debug)]
pub(crate) enum Asked {
    /// It is taken.
    Welcome,
    /// It is refused.
    Turned(Turned),
    /// It is answered later, unless this is dropped before.
    Wait(Arc<()>),
}

/// The doorkeeper.
pub struct Doorkeeper {
    rules: RwLock<Arc<Rules>>,
    limits: Limits,
    key: ProcessKey,
    verifier: OnceLock<Verifier>,
    told: Told,
    /// Of addresses that were barred, as events.
    barred_told: Told,
    events: OnceLock<EventLog>,
    clock: Clock,
    started: Instant,
    me: Weak<Self>,
}

impl fmt::Debug for Doorkeeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Doorkeeper")
    }
}

impl Doorkeeper {
    /// Fewest addresses that are remembered at once.
    const ADDRESSES: usize = 65_536;

    /// A doorkeeper who goes by these settings, for at most so many connections at once.
    #[must_use]
    pub fn new(settings: DoorSettings, max_connections: usize, clock: Clock) -> Arc<Self> {
        let key = ProcessKey::draw();
        let rules = Arc::new(Rules::of(settings, &key));
        let keeper = Arc::new_cyclic(|me| Self {
            rules: RwLock::new(rules),
            // Each open connection may hold an entry: as many again for those that come and go.
            limits: Limits::new(max_connections.saturating_mul(2).max(Self::ADDRESSES)),
            key,
            verifier: OnceLock::new(),
            told: Told::default(),
            barred_told: Told::default(),
            events: OnceLock::new(),
            clock,
            started: clock.now(),
            me: Weak::clone(me),
        });
        keeper.start_verifier();
        keeper
    }

    /// Tells there of addresses that are barred; the first one counts.
    pub fn set_events(&self, events: EventLog) {
        let _ = self.events.set(events);
    }

    /// Goes by other settings from now on, in all lanes. Who is in stays in: a connection that
    /// would be turned away now is only so when it comes again. Failures that were counted stay
    /// counted, and passwords that were found right stay known if the file has not changed.
    pub fn replace(&self, settings: DoorSettings) {
        let mut rules = Rules::of(settings, &self.key);
        let former = self.rules();
        if let (Known::Each(new), Known::Each(old)) = (&mut rules.passwords, &former.passwords)
            && new.same_as(old)
        {
            *new = Arc::clone(old);
        }
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(rules);
        self.start_verifier();
    }

    fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.rules.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Threads are there only where passwords are hashed.
    fn start_verifier(&self) {
        if matches!(self.rules().passwords, Known::Each(_)) && self.verifier.get().is_none() {
            match Verifier::start(&self.me) {
                // Another caller may have been as fast; its threads serve as well.
                Ok(verifier) => drop(self.verifier.set(verifier)),
                Err(fault) => tracing::error!(%fault, "no thread to check passwords on"),
            }
        }
    }

    fn micros(&self) -> u64 {
        let since = self.clock.now().saturating_duration_since(self.started);
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX / 2)
    }

    /// A connection was accepted from this address.
    pub(crate) fn meet(&self, peer: IpAddr) -> Met {
        let rules = self.rules();
        if rules.proxies.contains(peer) {
            return Met::Balancer;
        }
        self.admit_by(&rules, peer)
            .map_or_else(Met::Turned, Met::Welcome)
    }

    /// A miner connects from this address, itself or through a balancer.
    pub(crate) fn admit(&self, address: IpAddr) -> Result<Counted, Turned> {
        self.admit_by(&self.rules(), address)
    }

    fn admit_by(&self, rules: &Rules, address: IpAddr) -> Result<Counted, Turned> {
        let allowed = rules.allow.is_empty() || rules.allow.contains(address);
        let admitted = if !allowed || rules.deny.contains(address) {
            Err(Turned::Denied)
        } else {
            self.limits
                .connect(&rules.limits, address.into(), self.micros())
        };
        if let Err(turned) = admitted {
            self.tell(address, turned);
        }
        admitted
    }

    /// A connection that the process before admitted goes on here: counted, whatever is allowed now.
    pub(crate) fn inherit(&self, address: IpAddr) -> Counted {
        let limits = self.rules().limits;
        self.limits.inherit(&limits, address.into(), self.micros())
    }

    /// An admitted connection is closed.
    pub(crate) fn left(&self, place: Place, counted: Counted) {
        self.limits.disconnect(place, counted);
    }

    /// A login came. `answer` is called later, from another thread, if it has to wait.
    pub(crate) fn ask(
        &self,
        (address, place): (IpAddr, Place),
        [user, rig, pass]: [&str; 3],
        answer: impl FnOnce() -> Answer,
    ) -> Asked {
        let (rules, now) = (self.rules(), self.micros());
        let asked = match self.limits.log_in(&rules.limits, place, now) {
            Err(turned) => Asked::Turned(turned),
            Ok(()) => self.ask_password(&rules, (address, place), [user, rig, pass], answer),
        };
        if let Asked::Turned(turned) = asked {
            self.tell(address, turned);
        }
        asked
    }

    fn ask_password(
        &self,
        rules: &Arc<Rules>,
        (address, place): (IpAddr, Place),
        [user, rig, pass]: [&str; 3],
        answer: impl FnOnce() -> Answer,
    ) -> Asked {
        let barred = || self.limits.is_barred(&rules.limits, place, self.micros());
        match &rules.passwords {
            Known::None => Asked::Welcome,
            // Right or wrong: who may not try does not learn it.
            Known::One(_) | Known::Each(_) if barred() => Asked::Turned(Turned::Barred),
            Known::One(digest) if self.key.is(digest, pass) => Asked::Welcome,
            Known::One(_) => {
                self.note_failed(&rules.limits, address, place);
                Asked::Turned(Turned::Password)
            }
            Known::Each(credentials) => {
                let claim = Claim {
                    user: user.into(),
                    rig: rig.into(),
                    pass: pass.into(),
                };
                if credentials.is_known(&claim, &self.key) {
                    return Asked::Welcome;
                }
                let wanted = Arc::new(());
                let check = Check {
                    claim,
                    from: (address, place),
                    rules: Arc::clone(rules),
                    credentials: Arc::clone(credentials),
                    wanted: Arc::downgrade(&wanted),
                    answer: answer(),
                };
                match self.verifier.get() {
                    Some(verifier) if verifier.check(check) => Asked::Wait(wanted),
                    Some(_) | None => Asked::Turned(Turned::Busy),
                }
            }
        }
    }

    /// On the verifier's thread.
    fn verify(&self, check: &Check) -> Outcome {
        let limits = &check.rules.limits;
        let (address, place) = check.from;
        // Those that failed while this one waited count: a crowd of guesses is no way around.
        if self.limits.is_barred(limits, place, self.micros()) {
            return Err(Turned::Barred);
        }
        if check.credentials.verify(&check.claim, &self.key) {
            return Ok(());
        }
        self.note_failed(limits, address, place);
        Err(Turned::Password)
    }

    /// A password was wrong. Tells of an address that is barred for it, a few a minute.
    fn note_failed(&self, limits: &AddressLimits, address: IpAddr, place: Place) {
        if !self.limits.failed(limits, place, self.micros()) {
            return;
        }
        if let Some(events) = self.events.get()
            && let Some(unsaid) = self.barred_told.may_tell(self.micros())
        {
            let before = match unsaid {
                0 => String::new(),
                count => format!("; {count} more were barred before, without a word"),
            };
            let text = format!(
                "too many wrong passwords came from {address}: nobody from there is let in for half \
                 a minute{before}"
            );
            let (severity, kind) = (Severity::Warning, "address_barred");
            let subject = address.to_string();
            let now = self.clock.unix_millis();
            events.tell(now, severity, kind, Some(&subject), &text);
        }
    }

    /// Says in the log, now and then, that somebody was turned away.
    pub(crate) fn tell(&self, address: IpAddr, turned: Turned) {
        if let Some(unsaid) = self.told.may_tell(self.micros()) {
            tracing::warn!(
                %address,
                reason = turned.label(),
                before_unsaid = unsaid,
                "a miner was turned away"
            );
        }
    }
}

impl Doorkeeper {
    /// Says likewise what was wrong with a balancer's header.
    pub(crate) fn tell_header(&self, address: IpAddr, fault: &ProxyHeaderFault) {
        if let Some(unsaid) = self.told.may_tell(self.micros()) {
            tracing::warn!(%address, %fault, before_unsaid = unsaid, "a balancer was turned away");
        }
    }
}

impl Rules {
    fn of(settings: DoorSettings, key: &ProcessKey) -> Self {
        Self {
            allow: AddressSet::of(&settings.allow),
            deny: AddressSet::of(&settings.deny),
            proxies: AddressSet::of(&settings.proxies),
            limits: settings.limits,
            passwords: match settings.passwords {
                Passwords::None => Known::None,
                Passwords::One(secret) => Known::One(key.digest(&[secret.expose().as_bytes()])),
                Passwords::Each(credentials) => Known::Each(credentials),
            },
        }
    }
}

#[cfg(test)]
mod tests;
