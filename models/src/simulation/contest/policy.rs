//! What may decide which shares are proved.

use std::time::{Duration, Instant};

use crate::filter::CascadeEvidence;
use crate::judge::{BanRisk, BanWindow};
use crate::share::TargetClass;
use crate::work::Difficulty;

use super::nodejs_pool::SessionTrust;
use super::pool::settle;

/// A share that a policy is asked about: nothing that only a proof could tell.
#[derive(Debug, Clone, Copy)]
pub struct Question {
    /// Place of its rig in the farm.
    pub rig: usize,
    /// By the targets that it claims to meet.
    pub class: TargetClass,
    /// What its rig was asked for.
    pub asked: Difficulty,
    /// For the job before the current one.
    pub late: bool,
    /// What the filters say of its rig.
    pub evidence: CascadeEvidence,
    /// How long a proof would take to come.
    pub wait: Duration,
    /// Proofs a second that there are.
    pub capacity: f64,
    /// What a bad share would cost at the pool now.
    pub ban_risk: BanRisk,
    /// The one random draw, uniform on [0, 1).
    pub draw: f64,
    /// Now.
    pub now: Instant,
}

/// What a policy wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// On its way unproved.
    Pass,
    /// Stays home.
    Hold,
    /// Proved, if that takes no longer than this; else on its way unproved.
    ProveOrPass(Duration),
    /// Proved, if that takes no longer than this; else it stays home.
    ProveOrHold(Duration),
}

/// Decides which shares are proved, and learns what the proofs said.
pub trait Policy: std::fmt::Debug {
    /// What becomes of a share.
    fn ask(&mut self, share: &Question) -> Wish;

    /// A share was proved.
    fn proved(&mut self, share: &Question, good: bool);

    /// A share went on its way unproved, by wish or for want of a proof in time.
    fn passed(&mut self, share: &Question);

    /// A share stayed home unproved.
    fn held(&mut self, share: &Question);
}

/// How long a share waits for its proof under the policies that have no rule of their own: as
/// long as ours lets a share of an unknown rig wait.
pub const PATIENCE: Duration = Duration::from_secs(3);

/// Nothing is proved.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProveNothing;

impl Policy for ProveNothing {
    fn ask(&mut self, _: &Question) -> Wish {
        Wish::Pass
    }

    fn proved(&mut self, _: &Question, _: bool) {}

    fn passed(&mut self, _: &Question) {}

    fn held(&mut self, _: &Question) {}
}

/// Everything is proved, as far as the prover gets.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProveAll;

impl Policy for ProveAll {
    fn ask(&mut self, _: &Question) -> Wish {
        Wish::ProveOrPass(PATIENCE)
    }

    fn proved(&mut self, _: &Question, _: bool) {}

    fn passed(&mut self, _: &Question) {}

    fn held(&mut self, _: &Question) {}
}

/// Whether nodejs-pool's ban goes with its sampling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bans {
    /// A bad share that was found costs the trust, and no more.
    None,
    /// And by the pool's rule it bans: here the rig, and not its address, which is the farm's.
    /// Nothing that a banned rig sends leaves the farm.
    OfRigs,
}

/// How long nodejs-pool bans.
pub const BAN: Duration = Duration::from_secs(15 * 60);

/// nodejs-pool's trust sampling, each rig a session of its own.
#[derive(Debug, Clone)]
pub struct NodejsPool {
    sessions: Vec<Session>,
    bans: Bans,
}

#[derive(Debug, Clone, Copy, Default)]
struct Session {
    trust: SessionTrust,
    window: BanWindow,
    banned_until: Option<Instant>,
}

impl NodejsPool {
    /// No session has earned any trust.
    #[must_use]
    pub fn for_rigs(rigs: usize, bans: Bans) -> Self {
        Self {
            sessions: vec![Session::default(); rigs],
            bans,
        }
    }

    fn settle(&mut self, share: &Question, good: bool) {
        let Some(session) = self.sessions.get_mut(share.rig) else {
            return;
        };
        if good {
            session.trust.accepted(share.asked);
        } else {
            session.trust.broken();
        }
        if settle(&mut session.window, good) && self.bans == Bans::OfRigs {
            session.banned_until = Some(share.now + BAN);
        }
    }
}

impl Policy for NodejsPool {
    fn ask(&mut self, share: &Question) -> Wish {
        let Some(session) = self.sessions.get(share.rig) else {
            return Wish::Pass;
        };
        if session.banned_until.is_some_and(|until| share.now < until) {
            Wish::Hold
        } else if session
            .trust
            .must_check(share.class, share.asked, share.draw)
        {
            Wish::ProveOrPass(PATIENCE)
        } else {
            Wish::Pass
        }
    }

    fn proved(&mut self, share: &Question, good: bool) {
        self.settle(share, good);
    }

    fn passed(&mut self, share: &Question) {
        self.settle(share, true);
    }

    fn held(&mut self, _: &Question) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::Difficulty;

    #[expect(
        clippy::disallowed_methods,
        reason = "any origin does: the policy only adds to it"
    )]
    fn share(second: u64) -> Question {
        thread_local! {
            static ORIGIN: Instant = Instant::now();
        }
        Question {
            rig: 0,
            class: TargetClass::Upstream,
            asked: Difficulty::new(1_000),
            late: false,
            evidence: CascadeEvidence::default(),
            wait: Duration::ZERO,
            capacity: 1.0,
            ban_risk: BanRisk::Bearable,
            draw: 0.999,
            now: ORIGIN.with(|origin| *origin) + Duration::from_secs(second),
        }
    }

    #[test]
    fn after_a_bad_share_the_next_thirty_one_are_checked_and_then_the_draw_decides() {
        let mut policy = NodejsPool::for_rigs(1, Bans::None);
        policy.proved(&share(0), false);
        for second in 0..31 {
            assert_eq!(policy.ask(&share(second)), Wish::ProveOrPass(PATIENCE));
            policy.proved(&share(second), true);
        }
        assert_eq!(policy.ask(&share(31)), Wish::Pass);
    }

    #[test]
    fn a_share_that_passes_unchecked_earns_trust_as_any_accepted_one() {
        let mut policy = NodejsPool::for_rigs(1, Bans::None);
        for second in 0..31 {
            policy.passed(&share(second));
        }
        assert_eq!(policy.ask(&share(31)), Wish::Pass);
    }

    #[test]
    fn where_it_bans_a_rig_that_begins_with_a_bad_share_is_away_for_a_quarter_of_an_hour() {
        let mut policy = NodejsPool::for_rigs(1, Bans::OfRigs);
        policy.proved(&share(0), false);
        assert_eq!(policy.ask(&share(899)), Wish::Hold);
        assert_eq!(policy.ask(&share(900)), Wish::ProveOrPass(PATIENCE));
        policy.proved(&share(900), true);
        policy.proved(&share(901), false);
        assert_ne!(policy.ask(&share(902)), Wish::Hold, "one bad of two");
    }
}
