//! Which upstream has which place.

use std::fmt;
use std::sync::{OnceLock, PoisonError, RwLock};

use zartrux_actors::upstream_numbers::UpstreamNumbers;
use zartrux_config::{DaemonKeys, Pool};

use crate::node::UpstreamFacts;

/// The upstreams of a process as others see them. Facts are read without a lock, added to by reloads,
/// and never changed.
pub(in crate::node) struct UpstreamList {
    facts: Box<[OnceLock<UpstreamFacts>]>,
    order: RwLock<Vec<usize>>,
}

impl UpstreamList {
    pub(in crate::node) fn of(pools: &[Pool]) -> Self {
        let slots = (0..UpstreamNumbers::PLACES).map(|_| OnceLock::new());
        let list = Self {
            facts: slots.collect(),
            order: RwLock::new((0..pools.len()).collect()),
        };
        list.tell(0, pools.iter().map(UpstreamFacts::of));
        list
    }

    /// `host:port` of the upstream at a place.
    pub(in crate::node) fn name(&self, place: usize) -> Option<&str> {
        self.facts(place).map(|facts| &*facts.name)
    }

    /// What is shown of the upstream at a place.
    pub(in crate::node) fn facts(&self, place: usize) -> Option<&UpstreamFacts> {
        self.facts.get(place)?.get()
    }

    /// Places in the order of preference.
    pub(in crate::node) fn order(&self) -> Vec<usize> {
        let order = self.order.read().unwrap_or_else(PoisonError::into_inner);
        order.clone()
    }

    /// What is shown of the places from `first` on.
    pub(super) fn tell(&self, first: usize, facts: impl Iterator<Item = UpstreamFacts>) {
        for (slot, facts) in self.facts.iter().skip(first).zip(facts) {
            let _ = slot.set(facts);
        }
    }

    pub(super) fn set_order(&self, order: &[usize]) {
        let mut now = self.order.write().unwrap_or_else(PoisonError::into_inner);
        order.clone_into(&mut now);
    }
}

impl fmt::Debug for UpstreamList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.facts.iter().filter_map(OnceLock::get);
        f.debug_list().entries(known).finish()
    }
}

/// The upstreams that were in the settings at any time since the start, by place, and which are
/// now.
///
/// A place stays what it is: shares under way, sessions, counts and the journal know an upstream by
/// it. An upstream that is told otherwise how to connect or log in gets a place of its own, as if
/// one went and another came, so that what is on its way to the one still reaches it. One that comes
/// back as it was has its old place again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    known: Vec<Pool>,
    order: Vec<usize>,
}

impl Places {
    /// Most places of a process.
    pub const MOST: usize = UpstreamNumbers::PLACES;

    /// Those at the start: in the order of the settings.
    #[must_use]
    pub fn at_start(pools: &[Pool]) -> Self {
        Self {
            known: pools.to_vec(),
            order: (0..pools.len()).collect(),
        }
    }

    /// With these upstreams in place of the present ones; none where that would be too many places.
    #[must_use]
    pub fn with(&self, pools: &[Pool]) -> Option<Self> {
        let mut known = self.known.clone();
        let mut order = Vec::with_capacity(pools.len());
        for pool in pools {
            let there =
                (0..known.len()).find(|place| same(&known[*place], pool) && !order.contains(place));
            let place = there.unwrap_or(known.len());
            match known.get_mut(place) {
                // What counts for no connection may have changed.
                Some(entry) => *entry = pool.clone(),
                None => known.push(pool.clone()),
            }
            order.push(place);
        }
        (known.len() <= Self::MOST).then_some(Self { known, order })
    }

    /// All upstreams, by place.
    #[must_use]
    pub fn known(&self) -> &[Pool] {
        &self.known
    }

    /// Places in the order of preference.
    #[must_use]
    pub fn order(&self) -> &[usize] {
        &self.order
    }
}

/// Whether both are connected and logged in to in the same way.
fn same(a: &Pool, b: &Pool) -> bool {
    let Pool {
        url,
        user,
        pass,
        // Whose rigs it serves.
        route,
        rig_id,
        tls_fingerprint,
        keepalive,
        // How many connections, and what a bad share costs there.
        max_sessions: _,
        ban_window: _,
        proxy,
        ip,
        source,
        allow_reconnect_to,
        dialect,
        algorithms,
        daemon,
    } = a;
    (url, user, route, rig_id) == (&b.url, &b.user, &b.route, &b.rig_id)
        && pass.expose() == b.pass.expose()
        && (tls_fingerprint, keepalive) == (&b.tls_fingerprint, &b.keepalive)
        && (proxy, ip, source) == (&b.proxy, &b.ip, &b.source)
        && (allow_reconnect_to, dialect, algorithms)
            == (&b.allow_reconnect_to, &b.dialect, &b.algorithms)
        && same_daemon(daemon, &b.daemon)
}

fn same_daemon(a: &DaemonKeys, b: &DaemonKeys) -> bool {
    let pass = |keys: &DaemonKeys| keys.rpc_pass.as_ref().map(|pass| pass.expose().to_owned());
    (&a.rpc_user, &a.zmq, a.poll) == (&b.rpc_user, &b.zmq, b.poll) && pass(a) == pass(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(host: &str) -> Pool {
        let url = format!("stratum+tcp://{host}:1");
        Pool::new(url.parse().unwrap(), "wallet".parse().unwrap())
    }

    #[test]
    fn an_upstream_keeps_its_place_whatever_comes_before_it() {
        let [a, b, c] = ["a", "b", "c"].map(pool);
        let start = Places::at_start(&[a.clone(), b.clone()]);
        let next = start.with(&[c, b.clone(), a.clone()]).unwrap();
        assert_eq!(next.order(), [2, 1, 0]);
        assert_eq!(next.known().len(), 3);
        // Gone, and back.
        let gone = next.with(std::slice::from_ref(&b)).unwrap();
        assert_eq!((gone.order(), gone.known().len()), (&[1][..], 3));
        assert_eq!(gone.with(&[a, b]).unwrap().order(), [0, 1]);
    }

    #[test]
    fn another_login_is_another_place_and_another_limit_is_not() {
        let a = pool("a");
        let start = Places::at_start(std::slice::from_ref(&a));
        let mut other = a.clone();
        other.max_sessions = 1;
        let limited = start.with(std::slice::from_ref(&other)).unwrap();
        assert_eq!(limited.order(), [0]);
        assert_eq!(limited.known()[0].max_sessions, 1);
        other.rig_id = Some("farm".to_owned());
        let renamed = start.with(std::slice::from_ref(&other)).unwrap();
        assert_eq!(renamed.order(), [1]);
        assert_eq!(renamed.known()[0], a);
    }

    #[test]
    fn an_upstream_that_is_listed_twice_has_two_places() {
        let start = Places::at_start(&[pool("a")]);
        assert_eq!(start.with(&[pool("a"), pool("a")]).unwrap().order(), [0, 1]);
    }

    #[test]
    fn places_are_bounded() {
        let mut places = Places::at_start(&[]);
        for number in 0..Places::MOST {
            places = places.with(&[pool(&format!("h{number}"))]).unwrap();
        }
        assert_eq!(places.with(&[pool("one-more")]), None);
        assert!(places.with(&[pool("h0")]).is_some(), "known ones have room");
    }
}
