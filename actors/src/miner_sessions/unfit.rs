//! Miners that can't hash what there is to mine: they are given no such job, and are told why.

use std::sync::Arc;

use zartrux_models::plan::{Capability, SeatKey};
use zartrux_models::stratum::{Abilities, push_error};
use zartrux_models::work::Algorithm;

use super::said::listed;
use super::seat::{Identity, Second};
use super::writing::Closed;
use super::{MinerSessions, Seat};
use crate::events::Severity;
use crate::unfit_rigs::Noted;

/// How long a miner goes on with its last job when the next one is none that it can hash: its
/// shares for it still count a while, and another upstream may have a job for it. Then it is closed,
/// and hears why when it logs in again.
pub(super) const GRACE: Second = 5;

/// Longest name of a program that a miner is told back, bytes.
const AGENT_TOLD: usize = 40;

impl Seat {
    /// Whether its miner can hash an algorithm, by what it said at its login.
    pub(super) fn can_hash(&self, algorithm: &Algorithm) -> bool {
        let identity = self.identity.as_deref();
        identity.is_none_or(|rig| rig.capability.can(algorithm))
    }
}

impl MinerSessions {
    /// Keeps a job from a seat whose miner can't hash it: a login is answered with why and closed;
    /// who is logged in already keeps its last job for [`GRACE`].
    pub(super) fn withhold(&mut self, key: SeatKey, algorithm: &Algorithm) {
        let now = self.second();
        let Some(seat) = self.seat(key) else {
            return;
        };
        let waiting = seat.protocol.awaiting_lease();
        let known = seat.unfit_since.is_some();
        seat.unfit_since.get_or_insert(now);
        seat.forget_odometer();
        let text = seat.identity.as_deref().map(|rig| text_for(rig, algorithm));
        if !known {
            self.tell_unfit(key, algorithm);
        }
        match (waiting, text) {
            (Some(id), Some(text)) => {
                push_error(&mut self.scratch, id, &text);
                self.send_scratch(key);
                self.close(key, Closed::ByUs);
            }
            _ => self.schedule(key),
        }
    }

    /// A miner hashes something else now, or at another rate. Its job is kept from it if it can't
    /// hash that any more, and given to it if it can now.
    pub(super) fn on_abilities(&mut self, key: SeatKey, said: &Abilities<'_>) {
        let list = (!said.algorithms.is_empty()).then(|| listed(&said.algorithms));
        let list = list.map(|list| self.agent(&list));
        let Some(agent) = self
            .seat(key)
            .and_then(|seat| seat.identity.as_deref())
            .map(|rig| Arc::clone(&rig.agent))
        else {
            return;
        };
        let capability = list.as_ref().map(|list| self.capability(&agent, list));
        let Some(seat) = self.seat(key) else {
            return;
        };
        if let Some(rig) = seat.identity.as_deref_mut() {
            rig.perf = said.perf.clone();
            if let (Some(list), Some(capability)) = (list, capability) {
                rig.algorithms = list;
                rig.capability = capability;
            }
            // Who keeps a list of rigs hears of it with its next share.
            rig.introduced = false;
        }
        let (Some(lease), was_unfit) = (seat.lease, seat.unfit_since.is_some()) else {
            return;
        };
        let Some(job) = self.jobs.current(lease.pool).cloned() else {
            return;
        };
        let algorithm = &job.job.algorithm;
        let Some(seat) = self.seat(key) else {
            return;
        };
        if !seat.can_hash(algorithm) {
            self.withhold(key, algorithm);
        } else if was_unfit {
            seat.unfit_since = None;
            // The same job again is a fault of the pool to a miner.
            if seat.last_job() != job.key {
                self.send_scratch(key);
                self.send_job(key, lease);
            }
        }
    }

    /// Whoever watches hears of it once per rig.
    pub(super) fn tell_unfit(&self, key: SeatKey, algorithm: &Algorithm) {
        let index = usize::try_from(key.index).ok();
        let seat = index.and_then(|index| self.seats.get(index));
        let Some(rig) = seat.and_then(|seat| seat.identity.as_deref()) else {
            return;
        };
        let noted = self.unfit.note(
            rig.standing.key,
            [&rig.user, &rig.rig, &rig.agent, &rig.algorithms],
            algorithm,
            self.clock.unix_millis(),
        );
        let name = rig.standing.key.to_string();
        let text = match noted {
            Noted::Known => return,
            Noted::TooMany => {
                "Further rigs can't hash what there is to mine; they are not told of one by one"
                    .to_owned()
            }
            Noted::New => {
                let who = zartrux_config::masked_name(&rig.rig);
                format!(
                    "Rig {who:?} ({name}) gets no job: {}",
                    text_for(rig, algorithm)
                )
            }
        };
        tracing::warn!(rig = %name, %text, "a miner can't hash what there is to mine");
        self.journal
            .say(Severity::Warning, "rig_outdated", Some(&name), &text);
    }
}

/// What a miner is told. It begins with none of the texts that xmrig takes for the pool's end.
fn text_for(rig: &Identity, algorithm: &Algorithm) -> String {
    let agent = rig.agent.split_whitespace().next().unwrap_or_default();
    let mut end = agent.len().min(AGENT_TOLD);
    while !agent.is_char_boundary(end) {
        end -= 1;
    }
    let agent = match &agent[..end] {
        "" => "no agent".to_owned(),
        agent => agent.escape_debug().to_string(),
    };
    let young = Capability::of(&[], &rig.agent).can(algorithm);
    let advice = if *algorithm == Algorithm::Rx2 && !young {
        "update to XMRig 6.26 or later"
    } else {
        "it does not list it"
    };
    format!(
        "Algorithm {} is not supported by this miner ({agent}): {advice}",
        algorithm.name().escape_debug()
    )
}
