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

/// What the auditor remembers: whether each lane was out of balance when it last looked.
#[derive(Debug, Default, Clone)]
struct AuditCore {
    broken: Vec<bool>,
}

impl AuditCore {
    /// Lanes that have newly come out of balance.
    fn audit(&mut self, counts: &[LaneCounts]) -> Vec<usize> {
        self.broken.resize(counts.len(), false);
        let mut fresh = Vec::new();
        for (index, (counts, was)) in counts.iter().zip(&mut self.broken).enumerate() {
            let is = !counts.balances();
            if is && !*was {
                fresh.push(index);
            }
            *was = is;
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
        for lane in audit.into_iter().flatten() {
            self.violations.fetch_add(1, Ordering::Relaxed);
            tracing::error!(lane, counts = ?counts[lane].shares, "I2 violated: shares do not add up");
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

    #[test]
    fn a_lane_that_comes_out_of_balance_is_told_once_until_it_is_mended() {
        let good = LaneCounts::default();
        let mut bad = LaneCounts::default();
        bad.shares.received = 1;
        let mut core = AuditCore::default();
        assert!(core.audit(&[good.clone(), good.clone()]).is_empty());
        assert_eq!(core.audit(&[good.clone(), bad.clone()]), [1]);
        assert!(core.audit(&[good.clone(), bad.clone()]).is_empty());
        assert!(core.audit(&[good.clone(), good]).is_empty());
        assert_eq!(core.audit(&[bad]), [0]);
    }
}
