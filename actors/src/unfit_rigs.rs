//! Rigs that could not be given a job because they can't hash its algorithm, to be read from any
//! thread.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use zartrux_models::share::RigKey;
use zartrux_models::work::Algorithm;

/// A rig that can't hash what there is to mine. Names are hostile bytes: to be shown escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnfitRig {
    /// Which.
    pub rig: RigKey,
    /// `login`.
    pub user: Box<str>,
    /// `rigid`; empty when not given.
    pub rig_id: Box<str>,
    /// `agent`.
    pub agent: Box<str>,
    /// Names of algorithms that it lists, separated by commas.
    pub algorithms: Box<str>,
    /// What it could not hash.
    pub wanted: Algorithm,
    /// How often it was kept from a job: at a login, or at another job.
    pub times: u64,
    /// When that was last, milliseconds since 1970.
    pub last_unix_ms: u64,
}

/// What is to be told of a rig that was noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Noted {
    /// It was known.
    Known,
    /// It is to be told of.
    New,
    /// So many were told of that this is the last word: to be said once.
    TooMany,
}

/// Rigs that can't hash what there is to mine, as one lane has seen them since the process started.
#[derive(Debug, Default)]
pub struct UnfitRigs {
    table: Mutex<Table>,
    /// How many there are, so that a login costs no lock while there are none.
    known: AtomicUsize,
}

#[derive(Debug, Default)]
struct Table {
    rigs: HashMap<RigKey, UnfitRig>,
    told: usize,
}

impl UnfitRigs {
    /// Most rigs that are kept of a lane; beyond, the one not seen for longest goes.
    pub const MOST: usize = 4096;
    /// Most rigs that are told of one by one, so that a crowd does not drown all other events.
    pub const TOLD: usize = 64;

    pub(crate) fn note(
        &self,
        rig: RigKey,
        [user, rig_id, agent, algorithms]: [&str; 4],
        wanted: &Algorithm,
        unix_ms: u64,
    ) -> Noted {
        let mut table = self.lock();
        if let Some(known) = table.rigs.get_mut(&rig) {
            known.times += 1;
            known.last_unix_ms = unix_ms;
            known.agent = agent.into();
            known.algorithms = algorithms.into();
            known.wanted = wanted.clone();
            return Noted::Known;
        }
        if table.rigs.len() >= Self::MOST {
            let oldest = table.rigs.values().min_by_key(|rig| rig.last_unix_ms);
            if let Some(oldest) = oldest.map(|rig| rig.rig) {
                table.rigs.remove(&oldest);
            }
        }
        let unfit = UnfitRig {
            rig,
            user: user.into(),
            rig_id: rig_id.into(),
            agent: agent.into(),
            algorithms: algorithms.into(),
            wanted: wanted.clone(),
            times: 1,
            last_unix_ms: unix_ms,
        };
        table.rigs.insert(rig, unfit);
        self.known.store(table.rigs.len(), Ordering::Relaxed);
        table.told = table.told.saturating_add(1);
        match table.told {
            told if told <= Self::TOLD => Noted::New,
            told if told == Self::TOLD + 1 => Noted::TooMany,
            _ => Noted::Known,
        }
    }

    /// A rig was given a job: it is none of them any more.
    pub(crate) fn forget(&self, rig: RigKey) {
        if self.known.load(Ordering::Relaxed) > 0 {
            let mut table = self.lock();
            table.rigs.remove(&rig);
            self.known.store(table.rigs.len(), Ordering::Relaxed);
        }
    }

    /// All of them, by their keys.
    #[must_use]
    pub fn all(&self) -> Vec<UnfitRig> {
        let mut all: Vec<_> = self.lock().rigs.values().cloned().collect();
        all.sort_unstable_by_key(|rig| rig.rig.0);
        all
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(rigs: &UnfitRigs, rig: u64) -> Noted {
        let names = ["w", "r", "XMRig/6.21.0", "rx/0"];
        rigs.note(RigKey(rig), names, &Algorithm::Rx2, 1_000 + rig)
    }

    #[test]
    fn a_rig_is_told_of_once_and_forgotten_when_it_mines_again() {
        let rigs = UnfitRigs::default();
        assert_eq!((note(&rigs, 1), note(&rigs, 1)), (Noted::New, Noted::Known));
        assert_eq!(rigs.all()[0].times, 2);
        rigs.forget(RigKey(1));
        assert!(rigs.all().is_empty());
    }

    #[test]
    fn a_crowd_is_bounded_and_ends_in_one_last_word() {
        let rigs = UnfitRigs::default();
        let most = u64::try_from(UnfitRigs::MOST).unwrap() + 50;
        let told: Vec<Noted> = (0..most).map(|rig| note(&rigs, rig)).collect();
        let count = |what| told.iter().filter(|told| **told == what).count();
        assert_eq!(count(Noted::New), UnfitRigs::TOLD);
        assert_eq!(count(Noted::TooMany), 1);
        let all = rigs.all();
        assert_eq!((all.len(), all[0].rig), (UnfitRigs::MOST, RigKey(50)));
    }
}
