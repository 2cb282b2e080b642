//! What the planner is told of miners: who they say they are, and the work of their good shares.

use std::collections::HashMap;
use std::sync::Arc;

use zartrux_models::keyed_hash::KeyedHash;
use zartrux_models::plan::SeatKey;
use zartrux_models::plan::routing::{RigTraits, RouteWork};
use zartrux_models::work::PoolKey;

use super::MinerSessions;
use super::seat::{Identity, Second};
use crate::planner::{RoutePlan, SeatsWorked};
use crate::share_ticket::{Settlement, ShareTicket};

/// Work since the last report: bounded by the seats and the pool sessions there are.
#[derive(Debug, Default)]
pub(super) struct WorkLog {
    /// Those that have any, which is noted with each.
    seats: Vec<SeatKey>,
    pools: HashMap<PoolKey, RouteWork, KeyedHash>,
    told_at: Second,
}

impl Identity {
    /// What routes go by.
    pub(super) fn traits(&self) -> RigTraits {
        RigTraits {
            names: names(&self.user, &self.rig),
            capability: self.capability.as_ref().clone(),
            perf: self.perf.rates().to_vec(),
        }
    }
}

/// Names that a route's rules match: the rig id; the user; what follows its first full stop, which
/// is how pools are told a worker; and both as reports show them.
fn names(user: &str, rig: &str) -> Vec<Box<str>> {
    let mut names: Vec<Box<str>> = Vec::new();
    if !rig.is_empty() {
        names.push(rig.into());
        names.push(format!("{user}/{rig}").into());
    }
    names.push(user.into());
    if let Some((_, worker)) = user.split_once('.') {
        names.push(worker.into());
    }
    names
}

impl MinerSessions {
    /// What a seat's miner said at its login.
    pub(super) fn traits_of(&mut self, key: SeatKey) -> Option<Arc<RigTraits>> {
        let identity = self.seat(key)?.identity.as_deref()?;
        Some(Arc::new(identity.traits()))
    }

    /// A share ended. What the pool refused, or did not answer, is not counted.
    pub(super) fn note_work(&mut self, ticket: &ShareTicket, settlement: &Settlement) {
        if !matches!(settlement, Settlement::Accepted | Settlement::Credited) {
            return;
        }
        let difficulty = difficulty(ticket);
        // Who has left is nothing to the planner any more.
        if let Some(seat) = self.seat(ticket.seat) {
            let had_none = seat.untold_work <= 0.0;
            seat.untold_work += difficulty;
            if had_none {
                self.work.seats.push(ticket.seat);
            }
        }
        let pool = ticket.share.job.origin.pool;
        self.work.pools.entry(pool).or_default().credit(difficulty);
    }

    /// Tells the planner, now and then.
    pub(super) fn tell_work(&mut self, now: Second) {
        let every = Second::try_from(RoutePlan::WORK_EVERY.as_secs()).unwrap_or(Second::MAX);
        if now.saturating_sub(self.work.told_at) < every {
            return;
        }
        self.work.told_at = now;
        let told = std::mem::take(&mut self.work.seats).into_iter();
        let seats = told.filter_map(|key| {
            let seat = self.seat(key)?;
            Some((key, std::mem::take(&mut seat.untold_work)))
        });
        let seats = seats.collect();
        self.posts.worked.send(SeatsWorked {
            seats,
            pools: self.work.pools.drain().collect(),
        });
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "difficulties of shares are far below 2^53"
)]
fn difficulty(ticket: &ShareTicket) -> f64 {
    ticket.share.asked.get() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rig_goes_by_its_id_its_user_and_its_worker() {
        let all = |user, rig| {
            let names = names(user, rig);
            names.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(all("4wallet.r1.a", ""), ["4wallet.r1.a", "r1.a"]);
        assert_eq!(all("farm", "r1"), ["r1", "farm/r1", "farm"]);
    }
}
