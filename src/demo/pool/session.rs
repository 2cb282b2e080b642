//! One connection of the pool: its login, its jobs, the nonces it has used.

use std::collections::{HashSet, VecDeque};

use super::book::Conn;
use super::chain::Chain;
use super::settings::PoolSettings;
use super::tally::Refusal;
use crate::demo::target::{self, Target64};
use crate::demo::wire::{Job, Submit};
use crate::demo::{blob, hex};

/// Most shares taken for one job of one connection.
const MAX_SHARES: usize = 65_536;

/// Former jobs remembered, so that a late share is told from one for a job that never was.
const MAX_FORMER: usize = 64;

/// What the pool knows of a connection.
#[derive(Debug, Default)]
pub(super) struct Session {
    login: String,
    id: String,
    current: Option<Issued>,
    former: VecDeque<String>,
}

/// A job as this connection has it.
#[derive(Debug)]
struct Issued {
    id: String,
    blob: [u8; blob::LEN],
    seed_hash: &'static str,
    target: Target64,
    seen: HashSet<[u8; 4]>,
}

/// A share whose hash is to be computed.
#[derive(Debug)]
pub(super) struct Check {
    pub(super) conn: Conn,
    pub(super) login: String,
    pub(super) share: Submit,
    /// Blob with the nonce in it.
    pub(super) input: Vec<u8>,
    pub(super) seed_hash: &'static str,
    pub(super) result: [u8; 32],
}

impl Session {
    pub(super) fn is_logged_in(&self) -> bool {
        !self.id.is_empty()
    }

    /// Empty before the login.
    pub(super) fn login(&self) -> &str {
        &self.login
    }

    /// Notes the login; a second one is refused.
    pub(super) fn log_in(&mut self, login: &str, id: String) -> Result<(), ()> {
        if self.is_logged_in() {
            return Err(());
        }
        login.clone_into(&mut self.login);
        self.id = id;
        Ok(())
    }

    /// Replaces the job by one that no other connection has.
    pub(super) fn give_job(&mut self, chain: &mut Chain, settings: &PoolSettings) -> Job {
        let blob = chain.fresh_blob();
        let id = chain.fresh_id();
        let target = target::to_wire(settings.difficulty, settings.width);
        let job = Job {
            blob: const_hex::encode(blob),
            job_id: id.clone(),
            target: target.clone(),
            algo: Some("rx/0".to_owned()),
            height: Some(chain.height()),
            seed_hash: Some(chain.seed_hash().to_owned()),
            next_seed_hash: chain.next_seed_hash().map(str::to_owned),
        };
        let issued = Issued {
            id,
            blob,
            seed_hash: chain.seed_hash(),
            // Judged by what went over the wire, which 4 bytes round.
            target: Target64::from_wire(&target)
                .unwrap_or(Target64::of_difficulty(settings.difficulty)),
            seen: HashSet::new(),
        };
        if let Some(former) = self.current.replace(issued) {
            self.former.push_back(former.id);
            if self.former.len() > MAX_FORMER {
                self.former.pop_front();
            }
        }
        job
    }

    /// Everything about a share that needs no hash; reserves its nonce.
    pub(super) fn examine(&mut self, conn: Conn, share: &Submit) -> Result<Check, Refusal> {
        if !self.is_logged_in() || share.id != self.id {
            return Err(Refusal::Unauthenticated);
        }
        let nonce = hex::decode::<4>(&share.nonce).ok_or(Refusal::Malformed)?;
        let result = hex::decode::<32>(&share.result).ok_or(Refusal::Malformed)?;
        let current = self.current.as_mut().filter(|job| job.id == share.job_id);
        let Some(job) = current else {
            let late = self.former.contains(&share.job_id);
            return Err(if late {
                Refusal::Expired
            } else {
                Refusal::UnknownJob
            });
        };
        if share.algo.as_deref().is_some_and(|algo| algo != "rx/0") {
            return Err(Refusal::Algorithm);
        }
        if job.seen.len() >= MAX_SHARES {
            return Err(Refusal::TooMany);
        }
        if !job.seen.insert(nonce) {
            return Err(Refusal::Duplicate);
        }
        if !job.target.is_met_by(&result) {
            return Err(Refusal::LowDifficulty);
        }
        let input = blob::with_nonce(&job.blob, nonce).ok_or(Refusal::Malformed)?;
        Ok(Check {
            conn,
            login: self.login.clone(),
            share: share.clone(),
            input,
            seed_hash: job.seed_hash,
            result,
        })
    }
}
