//! The auditor: the root supervisor's eye. It checks while running what can be checked cheaply.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix::{Actor, AsyncContext, Context};

use crate::clock::Clock;
use crate::counters::LaneCounts;
use crate::lane::LaneView;
use crate::supervision::{ActorHealth, Guard};

/// Checks invariant I2 of every lane, once a second.
pub struct Auditor {
    lanes: Vec<Arc<LaneView>>,
    guard: Guard,
    violations: Arc<AtomicU64>,
    core: AuditCore,
}

/// What the auditor remembers of each lane since it last looked.
#[derive(Debug, Default, Clone)]
struct AuditCore {
    lanes: Vec<Seen>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Seen {
    /// The lane's own sums did not fit.
    broken: bool,
    /// Times that a single miner's sums did not fit.
    seats: u64,
}

/// New violations of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Violation {
    lane: usize,
    times: u64,
}

impl AuditCore {
    /// What has newly come out of balance.
    fn audit(&mut self, counts: &[LaneCounts]) -> Vec<Violation> {
        self.lanes.resize(counts.len(), Seen::default());
        let mut fresh = Vec::new();
        for (lane, (counts, seen)) in counts.iter().zip(&mut self.lanes).enumerate() {
            let is = Seen {
                broken: !counts.shares.balances(),
                seats: counts.seats_out_of_balance,
            };
            let times = is.seats.saturating_sub(seen.seats) + u64::from(is.broken && !seen.broken);
            if times > 0 {
                fresh.push(Violation { lane, times });
            }
            *seen = is;
        }
        fresh
    }
}

impl std::fmt::Debug for Auditor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Auditor")
            .field("core", &self.core)
            .finish_non_exhaustive()
    }
}

impl Auditor {
    const PERIOD: Duration = Duration::from_secs(1);

    /// Starts the auditor on the current thread's system.
    pub fn launch(
        lanes: Vec<Arc<LaneView>>,
        health: Arc<ActorHealth>,
        violations: Arc<AtomicU64>,
        clock: Clock,
    ) {
        Self {
            lanes,
            guard: Guard::new(health, clock),
            violations,
            core: AuditCore::default(),
        }
        .start();
    }

    fn look(&mut self) {
        let counts: Vec<LaneCounts> = self.lanes.iter().map(|lane| lane.counts()).collect();
        let audit = self
            .guard
            .transact(&mut self.core, |core| core.audit(&counts));
        for Violation { lane, times } in audit.into_iter().flatten() {
            self.violations.fetch_add(times, Ordering::Relaxed);
            tracing::error!(lane, times, counts = ?counts[lane].shares, "I2 violated: shares do not add up");
        }
    }
}

impl Actor for Auditor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(Self::PERIOD, |this, _| this.look());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(lane: usize, times: u64) -> Vec<Violation> {
        vec![Violation { lane, times }]
    }

    #[test]
    fn a_lane_that_comes_out_of_balance_is_told_once_until_it_is_mended() {
        let good = LaneCounts::default();
        let mut bad = LaneCounts::default();
        bad.shares.received = 1;
        let mut core = AuditCore::default();
        assert!(core.audit(&[good.clone(), good.clone()]).is_empty());
        assert_eq!(core.audit(&[good.clone(), bad.clone()]), told(1, 1));
        assert!(core.audit(&[good.clone(), bad.clone()]).is_empty());
        assert!(core.audit(&[good.clone(), good]).is_empty());
        assert_eq!(core.audit(&[bad]), told(0, 1));
    }

    #[test]
    fn every_miner_whose_sums_do_not_fit_is_told() {
        let mut core = AuditCore::default();
        let mut counts = LaneCounts::default();
        for times in [2, 3] {
            counts.seats_out_of_balance += times;
            assert_eq!(core.audit(&[counts.clone()]), told(0, times));
        }
        counts.shares.received = 1;
        assert_eq!(core.audit(&[counts]), told(0, 1));
    }
}
