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
    pub fn committed(&self, shares: &[ShareEntry]) {
        match self.batches.take() {
            Some(credit) => self.committed.send(SharesCommitted {
                shares: shares.into(),
                credit,
            }),
            None => self.behind.store(true, Ordering::Release),
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
