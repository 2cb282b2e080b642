//! Addresses of names, asked for again after a time and kept where nobody answers.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex as StdMutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::timeout;

/// What a resolver answers in due time.
pub type Lookup = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Who knows the addresses of names: the system, or a test.
pub type Resolve = Arc<dyn Fn(String) -> Lookup + Send + Sync>;

/// Names that are kept; there are at most as many pools, and few places that they send us to.
const KEPT: usize = 128;

/// Addresses of one name that are kept.
const ADDRESSES: usize = 16;

/// Addresses of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// In the resolver's order, at least one.
    pub all: Vec<IpAddr>,
    /// Nobody answered: these are from before.
    pub are_old: bool,
}

/// What whoever was asked said. An [`io::Error`] can't be told to several who wait.
type Answer = Result<Vec<IpAddr>, (io::ErrorKind, String)>;

#[derive(Debug, Default)]
struct Known {
    addresses: Vec<IpAddr>,
    until: Option<Instant>,
    /// The lookup under way, if there is one: who waits hears its answer.
    asked: Option<watch::Receiver<Option<Answer>>>,
    /// The addresses are used although nobody answered, which is logged.
    are_old: bool,
}

/// The addresses of names, for all pool sessions of a process: one lookup at a time for each name,
/// and one for as long as its addresses are kept.
#[derive(Clone)]
pub struct Names {
    resolve: Resolve,
    ttl: Arc<StdMutex<Duration>>,
    known: Arc<StdMutex<HashMap<String, Known>>>,
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Names").finish_non_exhaustive()
    }
}

impl Names {
    /// The system's resolver; what it says is kept for so long.
    #[must_use]
    pub fn of_system(ttl: Duration) -> Self {
        Self::new(Arc::new(|host| Box::pin(ask_system(host))), ttl)
    }

    /// Another resolver.
    #[must_use]
    pub fn new(resolve: Resolve, ttl: Duration) -> Self {
        Self {
            resolve,
            ttl: Arc::new(StdMutex::new(ttl)),
            known: Arc::default(),
        }
    }

    /// The same resolver, with a list of its own.
    pub(crate) fn apart(&self) -> Self {
        Self {
            resolve: Arc::clone(&self.resolve),
            ttl: Arc::clone(&self.ttl),
            known: Arc::default(),
        }
    }

    /// Keeps what is found from now on for so long.
    pub fn keep_for(&self, ttl: Duration) {
        *self.ttl.lock().unwrap_or_else(PoisonError::into_inner) = ttl;
    }

    /// The addresses of a name. Those found before are good enough for as long as they are kept, and
    /// where nobody answers; a resolver that is silent is waited for no longer than `patience` then.
    ///
    /// A lookup that nobody waits for any more goes on: whoever asks next waits for the same one.
    ///
    /// # Errors
    /// Nobody answers, and never did. Where there are no addresses from before, silence is no error:
    /// the caller says how long it waits.
    pub async fn addresses(
        &self,
        host: &str,
        now: Instant,
        patience: Duration,
    ) -> io::Result<Addresses> {
        let (mut answer, has_others) = {
            let mut all = self.lock();
            if all.len() >= KEPT && !all.contains_key(host) {
                // Only a pool that sends us to ever other places comes so far.
                all.clear();
            }
            let known = all.entry(host.to_owned()).or_default();
            if known.until.is_some_and(|until| now < until) {
                return Ok(Addresses {
                    all: known.addresses.clone(),
                    are_old: false,
                });
            }
            // Whoever asked may have ended with its thread.
            let under_way = known.asked.clone().filter(|one| one.has_changed().is_ok());
            let answer = under_way.unwrap_or_else(|| self.ask(host, now));
            known.asked = Some(answer.clone());
            (answer, !known.addresses.is_empty())
        };
        let heard = answer.wait_for(Option::is_some);
        let heard = if has_others {
            timeout(patience, heard).await
        } else {
            Ok(heard.await)
        };
        let fault = match heard {
            Ok(Ok(answer)) => match &*answer {
                Some(Ok(all)) => {
                    return Ok(Addresses {
                        all: all.clone(),
                        are_old: false,
                    });
                }
                Some(Err((kind, why))) => io::Error::new(*kind, why.clone()),
                None => io::Error::other("the resolver said nothing"),
            },
            Ok(Err(_)) => io::Error::other("the lookup was given up"),
            Err(_) => io::Error::new(
                io::ErrorKind::TimedOut,
                format!("no answer within {patience:?}"),
            ),
        };
        self.known_before(host, fault)
    }

    /// Whether addresses of this name are used that are from before, because nobody answers.
    #[must_use]
    pub fn is_old(&self, host: &str) -> bool {
        self.lock().get(host).is_some_and(|known| known.are_old)
    }

    /// Has a name looked up, whoever waits for it.
    fn ask(&self, host: &str, now: Instant) -> watch::Receiver<Option<Answer>> {
        let (told, heard) = watch::channel(None);
        let lookup = (self.resolve)(host.to_owned());
        let (names, host) = (self.clone(), host.to_owned());
        tokio::spawn(async move {
            let answer = match lookup.await {
                Ok(all) if all.is_empty() => Err((
                    io::ErrorKind::NotFound,
                    "the name has no address".to_owned(),
                )),
                Ok(mut all) => {
                    all.truncate(ADDRESSES);
                    Ok(all)
                }
                Err(fault) => Err((fault.kind(), fault.to_string())),
            };
            names.learn(&host, &answer, now);
            told.send_replace(Some(answer));
        });
        heard
    }

    fn learn(&self, host: &str, answer: &Answer, now: Instant) {
        let ttl = *self.ttl.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = self.lock();
        // It may have been forgotten meanwhile.
        let Some(known) = all.get_mut(host) else {
            return;
        };
        known.asked = None;
        if let Ok(addresses) = answer {
            if std::mem::take(&mut known.are_old) {
                tracing::info!(%host, "the resolver answers again");
            }
            known.addresses.clone_from(addresses);
            known.until = Some(now + ttl);
        }
    }

    /// What was found before, if anything was. It is logged once, until somebody answers again.
    fn known_before(&self, host: &str, fault: io::Error) -> io::Result<Addresses> {
        let mut all = self.lock();
        let known = all.get_mut(host).filter(|one| !one.addresses.is_empty());
        let Some(known) = known else {
            return Err(fault);
        };
        if !std::mem::replace(&mut known.are_old, true) {
            tracing::warn!(%host, %fault, "can't resolve: its last addresses are used");
        }
        Ok(Addresses {
            all: known.addresses.clone(),
            are_old: true,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn ask_system(host: String) -> io::Result<Vec<IpAddr>> {
    let found = tokio::net::lookup_host((host.as_str(), 0)).await?;
    Ok(found.map(|address| address.ip()).collect())
}

#[cfg(test)]
mod tests;
