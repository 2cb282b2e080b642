//! The way to the registry.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::oneshot;
use zartrux_models::ledger::ShareEntry;
use zartrux_models::share::RigKey;

use super::State;
use super::messages::{Question, RigIntroduced, SharesCommitted};
use crate::messaging::{Credits, Post};
use crate::rigs::RigNames;

/// What tells the registry, and asks it.
#[derive(Debug, Clone)]
pub struct RegistryLink {
    committed: Post<SharesCommitted>,
    introduced: Post<RigIntroduced>,
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

    /// A way that ends in three posts.
    #[must_use]
    pub fn new(
        committed: Post<SharesCommitted>,
        introduced: Post<RigIntroduced>,
        question: Post<Question>,
        behind: Arc<AtomicBool>,
    ) -> Self {
        Self {
            committed,
            introduced,
            question,
            batches: Credits::new(Self::BATCHES),
            introductions: Credits::new(Self::INTRODUCTIONS),
            behind,
        }
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
    pub fn introduced(&self, rig: RigKey, user: &str, rig_id: &str, agent: &str) {
        if let Some(credit) = self.introductions.take() {
            self.introduced.send(RigIntroduced {
                rig,
                names: Arc::new(RigNames::of_login(user, rig_id, agent)),
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
