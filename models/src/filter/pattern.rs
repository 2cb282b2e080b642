//! Order of nonces: bets that a rig's nonces come in a way in which no honest miner's do.
//!
//! Null hypothesis: the rig tries nonces one after another and sends every share it finds. Four
//! bettors, each with a ceiling on how often its event may happen to an honest miner:
//!
//! - *backward*: a nonce at or below the last one seen in its block. A thread of xmrig tries its
//!   block upward, so never; the ceiling leaves room for what resets a scan unseen (a changed
//!   configuration of the miner).
//! - *impossible*: beyond what [`THREADS_MAX`] open blocks and [`WORK_SLACK`] times the work of
//!   the job's shares explain. With h hashes tried, an honest counter is below h + 256 blocks,
//!   and h exceeds 8·N·D at the Nth share with probability at most e⁻⁸ (Poisson). Every further
//!   such share of a scan costs an honest rig a factor e⁻⁸ more and wins at most 16 ≈ e²·⁸.
//! - *constant steps*: the step between two nonces is that of the two before. The bet names one
//!   nonce, and any given nonce is a share with probability 1/D, whatever the order of the scan.
//! - *same as another's*: the nonce is also one of the first few of the partner's, the rig with
//!   which it coincided last. See [`crowd`] for why that is rare whatever the partner does.
//!
//! xmrig's order of nonces is that of `WorkerJob::nextRound` and `Nonce::next` in its source.

mod blocks;
mod crowd;
mod steps;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use self::blocks::OpenBlocks;
use self::crowd::Crowd;
use self::steps::Steps;
use super::{
    Cause, EProcess, EventBet, Evidence, Filter, Observation, RIG_STATE_LIMIT, ScanKey, Scanner,
    Stage,
};
use crate::share::RigKey;

/// What the bettors bet on, in their order.
const CAUSES: [Cause; 4] = [
    Cause::BackwardNonces,
    Cause::ImpossibleNonces,
    Cause::ConstantSteps,
    Cause::SameNoncesAsAnotherRig,
];

/// How often each event may happen to an honest miner, in the order of [`CAUSES`].
const CEILINGS: [f32; 4] = [1.0 / 16.0, 1.0 / 16.0, 1.0 / 8.0, 1.0 / 32.0];

/// Most threads of a rig. xmrig starts one for each 2 MiB of third-level cache at most, so more of
/// them take more than 512 MiB; such a rig makes far more than 35,000 hashes a second, and above a
/// difficulty of 2²⁰ the limit lies beyond the slot.
const THREADS_MAX: u32 = 256;

/// An honest rig has tried at most this many times what its shares are worth.
const WORK_SLACK: u64 = 8;

/// Steps are looked at from this difficulty on: an honest coincidence is then eight times rarer
/// than the ceiling.
const STEPS_FROM: u64 = 64;

/// The filter, with what it remembers of a lane's nonces.
#[derive(Debug, Default)]
pub struct Pattern {
    crowd: Crowd,
}

/// What is remembered of a rig.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct PatternRig {
    capital: EProcess<4>,
    bets: [EventBet; 4],
    #[serde(skip)]
    blocks: OpenBlocks,
    #[serde(skip)]
    steps: Steps,
    /// The scan of its newest share.
    #[serde(skip)]
    scan: Option<ScanKey>,
    /// Shares of that scan's job.
    #[serde(skip)]
    shares: u32,
    /// Whether the job was seen from its first share on.
    #[serde(skip)]
    whole_job: bool,
    /// Whether shares went by unseen since the last one that was looked at.
    #[serde(skip)]
    after_gap: bool,
    /// The rig with which it coincided last.
    partner: Option<RigKey>,
}

const _: () = assert!(size_of::<PatternRig>() <= RIG_STATE_LIMIT);

impl PatternRig {
    /// Follows the rig to a share's scan; `false` for a job older than its newest.
    fn follow(&mut self, scan: ScanKey) -> bool {
        let after_gap = self.after_gap;
        match self.scan {
            Some(current) if current.job > scan.job => return false,
            // Whatever went by, it was of this job or an older one: later ones are whole again.
            Some(current) if current == scan => {
                self.whole_job &= !after_gap;
                self.after_gap = false;
                return true;
            }
            Some(current) if current.job == scan.job => {}
            Some(_) => {
                self.shares = 0;
                self.whole_job = true;
            }
            // What was sent before this filter began to look is not known.
            None => self.whole_job = false,
        }
        self.whole_job &= !after_gap;
        self.after_gap = false;
        self.scan = Some(scan);
        self.blocks = OpenBlocks::default();
        self.steps = Steps::default();
        true
    }

    /// Whether the nonce goes backward; `None` where nothing is known of its block.
    fn goes_backward(&mut self, seen: &Observation) -> Option<bool> {
        match seen.scanner {
            // xmrig begins anew when it is asked for another target in the same scan.
            Scanner::XmrigBlocks if seen.target.is_some() => self.blocks.goes_backward(seen),
            Scanner::XmrigBlocks | Scanner::Unknown => None,
        }
    }

    /// Whether the nonce is beyond what can have been tried; `None` where that can't be told.
    fn is_impossible(&self, seen: &Observation) -> Option<bool> {
        match seen.scanner {
            // With several targets nobody knows what its shares are worth.
            Scanner::XmrigBlocks if seen.target.is_some() && self.whole_job => {
                let worth = u64::from(self.shares).saturating_mul(seen.asked.get());
                let open = u64::from(THREADS_MAX * Scanner::BLOCK);
                let limit = worth.saturating_mul(WORK_SLACK).saturating_add(open);
                Some(u64::from(seen.counter) > limit)
            }
            Scanner::XmrigBlocks | Scanner::Unknown => None,
        }
    }

    fn repeats_its_step(&mut self, seen: &Observation) -> Option<bool> {
        let repeats = self.steps.repeats(seen.counter);
        repeats.filter(|_| seen.asked.get() >= STEPS_FROM)
    }

    /// Whether the nonce is one of the partner's; `None` without a partner, and where too many
    /// nonces of a partner would count.
    fn coincides(&mut self, crowd: &mut Crowd, seen: &Observation) -> Option<bool> {
        let met = crowd.meet(seen, self.shares);
        let most = crowd::most_that_count(self.shares, seen.asked)?;
        let other = met.filter(|met| met.ordinal <= most).map(|met| met.rig);
        let hit = self.partner.map(|partner| other == Some(partner));
        self.partner = other.or(self.partner);
        hit
    }

    fn evidence(&self) -> Evidence {
        let cause = CAUSES[self.capital.leader()];
        Evidence::weighed(self.capital.log_e(), cause)
    }
}

impl Filter for Pattern {
    const STAGE: Stage = Stage::Pattern;

    type Rig = PatternRig;

    fn look(&mut self, rig: &mut PatternRig, seen: &Observation) -> Evidence {
        if seen.late || !rig.follow(seen.scan) {
            return rig.evidence();
        }
        rig.shares = rig.shares.saturating_add(1);
        let events = [
            rig.goes_backward(seen),
            rig.is_impossible(seen),
            rig.repeats_its_step(seen),
            rig.coincides(&mut self.crowd, seen),
        ];
        let mut factors = [1.0; 4];
        for (index, event) in events.into_iter().enumerate() {
            if let Some(hit) = event {
                factors[index] = rig.bets[index].factor(CEILINGS[index], hit);
            }
        }
        rig.capital.round(factors);
        rig.evidence()
    }

    fn missed(&mut self, rig: &mut PatternRig) {
        rig.after_gap = true;
    }

    /// It is at no scan, as before a rig's first share: nothing is known of any block or step, and
    /// the job of the next share does not count as seen whole. How often each event came, and who
    /// its partner is, stays: the bets' ceilings hold whatever came before, and a nonce of the
    /// partner's counts only if it comes in this run, for the crowd starts empty.
    fn resumed(&self, rig: &mut PatternRig) {
        *rig = PatternRig {
            capital: rig.capital,
            bets: rig.bets,
            partner: rig.partner,
            ..PatternRig::default()
        };
    }
}
