//! Addresses of names, asked for again after a time and kept where nobody answers.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

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

#[derive(Debug, Default)]
struct Known {
    addresses: Vec<IpAddr>,
    until: Option<Instant>,
}

/// The addresses of names, for all pool sessions of a process: one lookup at a time for each name,
/// and one for as long as its addresses are kept.
#[derive(Clone)]
pub struct Names {
    resolve: Resolve,
    ttl: Arc<StdMutex<Duration>>,
    known: Arc<StdMutex<HashMap<String, Arc<Mutex<Known>>>>>,
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

    /// Keeps what is found from now on for so long.
    pub fn keep_for(&self, ttl: Duration) {
        *self.ttl.lock().unwrap_or_else(PoisonError::into_inner) = ttl;
    }

    /// The addresses of a name. Those found before are good enough for as long as they are kept, and
    /// where nobody answers.
    ///
    /// # Errors
    /// Nobody answers, and never did.
    pub async fn addresses(&self, host: &str, now: Instant) -> io::Result<Addresses> {
        let known = self.known(host);
        // Whoever comes while the name is being looked up waits here, and finds what was found.
        let mut known = known.lock().await;
        if known.until.is_some_and(|until| now < until) {
            return Ok(Addresses {
                all: known.addresses.clone(),
                are_old: false,
            });
        }
        let found = (self.resolve)(host.to_owned()).await;
        match found {
            Ok(mut found) if !found.is_empty() => {
                found.truncate(ADDRESSES);
                known.addresses.clone_from(&found);
                let ttl = *self.ttl.lock().unwrap_or_else(PoisonError::into_inner);
                known.until = Some(now + ttl);
                Ok(Addresses {
                    all: found,
                    are_old: false,
                })
            }
            Err(_) | Ok(_) if !known.addresses.is_empty() => Ok(Addresses {
                all: known.addresses.clone(),
                are_old: true,
            }),
            Ok(_) => Err(io::Error::new(
                io::ErrorKind::NotFound,
                "the name has no address",
            )),
            Err(fault) => Err(fault),
        }
    }

    fn known(&self, host: &str) -> Arc<Mutex<Known>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KEPT && !known.contains_key(host) {
            // Only a pool that sends us to ever other places comes so far.
            known.clear();
        }
        Arc::clone(known.entry(host.to_owned()).or_default())
    }
}

async fn ask_system(host: String) -> io::Result<Vec<IpAddr>> {
    let found = tokio::net::lookup_host((host.as_str(), 0)).await?;
    Ok(found.map(|address| address.ip()).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::net::Ipv4Addr;

    use super::*;
    use crate::clock::Clock;

    const TTL: Duration = Duration::from_secs(30);

    /// Answers in this order; afterwards it fails. `None`: fails.
    fn scripted(answers: &[Option<u8>]) -> (Names, Arc<StdMutex<VecDeque<Option<u8>>>>) {
        let left = Arc::new(StdMutex::new(VecDeque::from(answers.to_vec())));
        let script = Arc::clone(&left);
        let resolve: Resolve = Arc::new(move |_| {
            let next = script.lock().unwrap().pop_front().flatten();
            Box::pin(async move {
                // Others get a turn while the name is being looked up.
                tokio::task::yield_now().await;
                let last = next.ok_or(io::ErrorKind::TimedOut)?;
                Ok(vec![address(last)])
            })
        });
        (Names::new(resolve, TTL), left)
    }

    fn address(last: u8) -> IpAddr {
        Ipv4Addr::new(192, 0, 2, last).into()
    }

    #[tokio::test]
    async fn a_name_is_asked_for_once_in_its_time_and_then_again() {
        let (names, left) = scripted(&[Some(1), Some(2)]);
        let now = Clock.now();
        let (a, b) = tokio::join!(names.addresses("a", now), names.addresses("a", now));
        assert_eq!(a.unwrap(), b.unwrap());
        let later = names.addresses("a", now + TTL / 2).await.unwrap();
        assert_eq!(later.all, [address(1)]);
        assert_eq!(left.lock().unwrap().len(), 1);
        let moved = names.addresses("a", now + TTL).await.unwrap();
        assert_eq!((moved.all, moved.are_old), (vec![address(2)], false));
    }

    #[tokio::test]
    async fn where_nobody_answers_the_last_addresses_are_used_and_asked_for_each_time() {
        let (names, left) = scripted(&[Some(1), None, None, Some(3)]);
        let now = Clock.now();
        names.addresses("a", now).await.unwrap();
        for _ in 0..2 {
            let old = names.addresses("a", now + TTL).await.unwrap();
            assert_eq!((old.all, old.are_old), (vec![address(1)], true));
        }
        let new = names.addresses("a", now + TTL).await.unwrap();
        assert_eq!((new.all, new.are_old), (vec![address(3)], false));
        assert!(left.lock().unwrap().is_empty());
        assert!(names.addresses("b", now).await.is_err());
    }

    #[tokio::test]
    async fn a_time_of_zero_asks_each_time_and_names_without_an_end_are_forgotten() {
        let (names, _) = scripted(&[Some(1), Some(2)]);
        names.keep_for(Duration::ZERO);
        let now = Clock.now();
        for last in [1, 2] {
            let found = names.addresses("a", now).await.unwrap();
            assert_eq!(found.all, [address(last)]);
        }
        for number in 0..1_000 {
            let _ = names.addresses(&number.to_string(), now).await;
        }
        assert!(names.known.lock().unwrap().len() <= KEPT);
    }
}
