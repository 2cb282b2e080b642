//! All actors of the process, by name.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::health::{ActorHealth, HealthReport};
use crate::events::EventLog;

/// All actors of the process, by name.
#[derive(Debug, Clone, Default)]
pub struct HealthRegistry {
    actors: Arc<Actors>,
    events: Option<EventLog>,
}

#[derive(Debug, Default)]
struct Actors {
    live: RwLock<BTreeMap<String, Arc<ActorHealth>>>,
    gone: Mutex<BTreeMap<String, Gone>>,
}

/// What actors did that have ended on purpose, so that sums never fall.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gone {
    /// Faults.
    pub faults: u64,
    /// Messages and lines handled.
    pub steps: u64,
}

/// The name that an actor has in common with those before and after it: sessions with upstreams
/// come and go, and `lane0/pool/17` is one of `lane0/pool`.
#[must_use]
pub fn family_of(name: &str) -> &str {
    match name.rsplit_once('/') {
        Some((family, _)) if family.ends_with("/pool") => family,
        Some(_) | None => name,
    }
}

impl HealthRegistry {
    /// One whose actors tell of their faults there.
    #[must_use]
    pub fn telling(events: EventLog) -> Self {
        Self {
            events: Some(events),
            ..Self::default()
        }
    }

    /// Makes the health of a new actor; one of the same name is replaced.
    #[must_use]
    pub fn register(&self, name: impl Into<String>, kind: &'static str) -> Arc<ActorHealth> {
        let health = Arc::new(ActorHealth::new(name, kind).telling(self.events.clone()));
        self.actors
            .live
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(health.name().to_owned(), Arc::clone(&health));
        health
    }

    /// Forgets an actor that ended on purpose.
    pub fn remove(&self, name: &str) {
        let mut live = self
            .actors
            .live
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let Some(health) = live.remove(name) else {
            return;
        };
        let mut gone = self
            .actors
            .gone
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let sums = gone.entry(family_of(name).to_owned()).or_default();
        sums.faults += health.faults();
        sums.steps += health.steps.load(Ordering::Relaxed);
    }

    /// What actors did that have ended on purpose, by [`family_of`] their names.
    #[must_use]
    pub fn gone(&self) -> BTreeMap<String, Gone> {
        self.actors
            .gone
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// One actor.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Arc<ActorHealth>> {
        self.actors
            .live
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .cloned()
    }

    /// All actors, in the order of their names.
    #[must_use]
    pub fn reports(&self) -> Vec<HealthReport> {
        self.actors
            .live
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .map(|health| health.report())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_session_did_that_has_ended_is_kept_under_the_name_that_it_shares() {
        let registry = HealthRegistry::default();
        for name in ["lane0/pool/1", "lane0/pool/22", "prover/0"] {
            let health = registry.register(name, "test");
            health.faults.store(2, Ordering::Relaxed);
            health.steps.store(10, Ordering::Relaxed);
        }
        for name in ["lane0/pool/1", "lane0/pool/22", "lane0/pool/1", "nobody"] {
            registry.remove(name);
        }
        let sums = Gone {
            faults: 4,
            steps: 20,
        };
        assert_eq!(
            registry.gone(),
            BTreeMap::from([("lane0/pool".to_owned(), sums)])
        );
        assert_eq!(registry.reports().len(), 1);
    }

    #[test]
    fn only_sessions_with_upstreams_share_a_name() {
        let names = ["lane0/pool/17", "lane0/judge", "prover/3", "store"];
        let families = names.map(family_of);
        assert_eq!(families, ["lane0/pool", "lane0/judge", "prover/3", "store"]);
    }

    #[test]
    fn the_first_fault_is_told_and_of_many_in_a_row_how_many_there_were() {
        let events = EventLog::default();
        let registry = HealthRegistry::telling(events.clone());
        let actor = registry.register("lane0/pace", "pace");
        for at in 0..100 {
            actor.faulted("boom", 1_000_000 + at);
        }
        actor.faulted("again", 1_000_000 + ActorHealth::FAULT_EVENTS_MS);
        let told = events.after(0, 10);
        let texts: Vec<&str> = told.iter().map(|event| &*event.text).collect();
        assert_eq!(
            texts,
            [
                "The actor lane0/pace failed and begins anew: boom",
                "The actor lane0/pace failed and begins anew: again (99 more faults before this one)",
            ]
        );
        assert_eq!(told[0].subject.as_deref(), Some("lane0/pace"));
        assert_eq!((told[0].kind, told[0].unix_ms), ("actor_fault", 1_000_000));
    }
}
