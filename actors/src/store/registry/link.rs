//! The way to the registry.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::oneshot;
use zartrux_models::ledger::ShareEntry;

use super::State;
use super::messages::{LaneMemory, LanesUp, Question, RigIntroduced, SharesCommitted};
use crate::messaging::{Credits, Post};
use crate::miner_sessions::Introduction;
use crate::rigs::RigNames;

/// What tells the registry, and asks it.
#[derive(Debug, Clone)]
pub struct RegistryLink {
    committed: Post<SharesCommitted>,
    introduced: Post<RigIntroduced>,
    lanes: Post<LanesUp>,
    question: Post<Question>,
    batches: Credits,
    introductions: Credits,
    behind: Arc<AtomicBool>,
}

/// The registry is not there, or has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the registry of rigs does not answer")]
pub struct NoAnswer;

impl RegistryLink {
    /// Commits that may wait for the registry; it reads the ledger when there were more.
    const BATCHES: usize = 256;
    /// Shares of one of these at most, so that what waits is bounded in memory too: a commit may
    /// be of as many as the store's queue takes.
    const SHARES: usize = 64;
    /// Introductions that may wait for it; what is beyond is not noted.
    const INTRODUCTIONS: usize = 4096;

    /// A way that ends in these posts.
    #[must_use]
    pub fn new(
        committed: Post<SharesCommitted>,
        introduced: Post<RigIntroduced>,
        lanes: Post<LanesUp>,
        question: Post<Question>,
        behind: Arc<AtomicBool>,
    ) -> Self {
        Self {
            committed,
            introduced,
            lanes,
            question,
            batches: Credits::new(Self::BATCHES),
            introductions: Credits::new(Self::INTRODUCTIONS),
            behind,
        }
    }

    /// The lanes are there.
    pub fn lanes_up(&self, lanes: Vec<LaneMemory>) {
        self.lanes.send(LanesUp(lanes));
    }

    /// Shares are in the ledger.
    pub fn committed(&self, shares: Vec<ShareEntry>) {
        let mut shares = shares.into_iter();
        loop {
            let part: Arc<[ShareEntry]> = shares.by_ref().take(Self::SHARES).collect();
            if part.is_empty() {
                return;
            }
            let Some(credit) = self.batches.take() else {
                self.behind.store(true, Ordering::Release);
                return;
            };
            self.committed.send(SharesCommitted {
                shares: part,
                credit,
            });
        }
    }

    /// A rig has begun to mine.
    pub fn introduced(&self, who: &Introduction<'_>) {
        if let Some(credit) = self.introductions.take() {
            self.introduced.send(RigIntroduced {
                rig: who.rig,
                names: Arc::new(RigNames::of_login(who.user, who.rig_id, who.agent)),
                algorithms: who.algorithms.into(),
                credit,
            });
        }
    }

    /// Asks on the registry's thread. Whoever asks must be bounded in number.
    ///
    /// # Errors
    /// It is not there, or failed at the question.
    pub async fn ask<R: Send + 'static>(
        &self,
        question: impl FnOnce(&State) -> R + Send + 'static,
    ) -> Result<R, NoAnswer> {
        let (answer, answered) = oneshot::channel();
        self.question.send(Question(Box::new(move |state| {
            // Whoever asked may have gone.
            let _ = answer.send(question(state));
        })));
        answered.await.map_err(|_| NoAnswer)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::store::fixtures::share_entry;

    #[test]
    fn however_large_commits_are_what_waits_for_the_registry_is_bounded() {
        let waiting = Arc::new(Mutex::new(Vec::new()));
        let taken = Arc::clone(&waiting);
        let behind = Arc::new(AtomicBool::new(false));
        let link = RegistryLink::new(
            Post::to_fn(move |committed| taken.lock().unwrap().push(committed)),
            Post::to_fn(|_| ()),
            Post::to_fn(|_| ()),
            Post::to_fn(|_| ()),
            Arc::clone(&behind),
        );
        let shares: Vec<ShareEntry> = (1..=40_000).map(share_entry).collect();
        link.committed(shares[..10_000].to_vec());
        assert!(!behind.load(Ordering::Acquire));
        link.committed(shares[10_000..].to_vec());
        assert!(behind.load(Ordering::Acquire), "the rest is in the ledger");
        let waiting = waiting.lock().unwrap();
        let told: Vec<u64> = waiting
            .iter()
            .flat_map(|committed: &SharesCommitted| committed.shares.iter())
            .map(|share| share.seq)
            .collect();
        assert_eq!(waiting.len(), RegistryLink::BATCHES);
        assert!(told.len() <= RegistryLink::BATCHES * RegistryLink::SHARES);
        assert_eq!(told, (1..=told.len() as u64).collect::<Vec<_>>());
    }
}
