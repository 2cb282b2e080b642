//! What becomes of a farm's shares where the causes of refusals are planted, as the rows that a
//! model learns from: features by the code that computes them in service, from verdicts that fall
//! a while after their shares.

use std::collections::VecDeque;

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{Conduct, Farm, FarmShare, RigPlan, RigTraits, Surroundings, chance};
use crate::filter::{OutcomePast, Verdict, VerdictsHeard};
use crate::learn::{OutcomeClass, OutcomeRow};
use crate::ledger::Arm;
use crate::share::RigKey;

/// Milliseconds from a share to its verdict.
const VERDICT_MS: u64 = 100;

/// When the farm begins, milliseconds since 1970.
const BEGIN_MS: u64 = 1_760_000_000_000;

/// Seconds of a rig's way at which a late share is refused as stale in 1 − 1/e of cases.
const PATIENCE: f64 = 0.5;

/// Part of a failing machine's shares that have a wrong hash.
const FAILING: f64 = 0.02;

/// Rigs of the farm that [`outcome_rows`] plays.
const RIGS: usize = 128;

/// Why a rig's shares are refused more often than those of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlantedCause {
    /// There is none.
    Nothing,
    /// A long way to the proxy: its shares come late.
    Latency,
    /// A machine that computes wrongly now and then.
    FailingHardware,
    /// It computes another hash: all its shares are wrong.
    OtherHash,
}

impl PlantedCause {
    /// Of the rig at this place: of 16 rigs ten have none, three a long way, two fail at times,
    /// one computes another hash.
    const fn of_place(place: usize) -> Self {
        match place % 16 {
            3 | 8 | 13 => Self::Latency,
            5 | 11 => Self::FailingHardware,
            15 => Self::OtherHash,
            _ => Self::Nothing,
        }
    }
}

/// A row of a farm, and the cause that was planted in its rig.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlantedRow {
    /// As a model sees it.
    pub row: OutcomeRow,
    /// What only the simulation knows.
    pub cause: PlantedCause,
}

/// The rows of a farm with planted causes, in the order of their time, without end unless it has
/// no rigs.
#[derive(Debug)]
pub struct PlantedOutcomes {
    farm: Farm,
    members: Vec<Member>,
    /// Verdicts that did not fall yet.
    falling: VecDeque<Falling>,
    rng: Xoshiro256PlusPlus,
    seq: u64,
}

#[derive(Debug, Default)]
struct Member {
    past: OutcomePast,
    heard: VerdictsHeard,
    /// Part of its late shares that the pool refuses.
    stale: f64,
}

#[derive(Debug, Clone, Copy)]
struct Falling {
    at_ms: u64,
    place: usize,
    verdict: Verdict,
}

impl PlantedOutcomes {
    /// A farm of so many rigs.
    #[must_use]
    pub fn new(rigs: usize, seed: u64) -> Self {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let plans: Vec<RigPlan> = (1..)
            .take(rigs)
            .zip(0..)
            .map(|(key, place)| plan(RigKey(key), place, &mut rng))
            .collect();
        let members = plans
            .iter()
            .map(|plan| Member {
                stale: 1.0 - (-plan.traits.latency / PATIENCE).exp(),
                ..Member::default()
            })
            .collect();
        #[expect(clippy::expect_used, reason = "no rig of these plans copies another")]
        let farm =
            Farm::new(seed, Surroundings::new(seed), &plans).expect("nobody is to be copied");
        Self {
            farm,
            members,
            falling: VecDeque::new(),
            rng,
            seq: 0,
        }
    }

    fn let_fall(&mut self, until_ms: u64) {
        while let Some(first) = self.falling.front()
            && first.at_ms <= until_ms
        {
            if let Some(member) = self.members.get_mut(first.place) {
                member.heard.hear(first.verdict);
            }
            self.falling.pop_front();
        }
    }
}

impl Iterator for PlantedOutcomes {
    type Item = PlantedRow;

    fn next(&mut self) -> Option<PlantedRow> {
        let FarmShare { place, share } = self.farm.next()?;
        let at_ms = share.seen.at_ms;
        self.let_fall(at_ms);
        let member = self.members.get_mut(place)?;
        let mut seen = share.seen;
        seen.heard = std::mem::take(&mut member.heard);
        let features = member.past.next(&seen);
        let (class, verdict) = if !share.good {
            (OutcomeClass::Invalid, Verdict::Wrong)
        } else if seen.late && chance::happens(&mut self.rng, member.stale) {
            (OutcomeClass::Stale, Verdict::Stale)
        } else {
            (OutcomeClass::Accepted, Verdict::Good)
        };
        self.falling.push_back(Falling {
            at_ms: at_ms + VERDICT_MS,
            place,
            verdict,
        });
        self.seq += 1;
        Some(PlantedRow {
            row: OutcomeRow {
                seq: self.seq,
                at_ms: BEGIN_MS + at_ms,
                rig: seen.rig,
                features: features.values().map(half),
                class,
                arm: Arm::None,
            },
            cause: PlantedCause::of_place(place),
        })
    }
}

/// So many rows of a farm with planted causes, in the order of their time.
#[must_use]
pub fn outcome_rows(rows: usize, seed: u64) -> Vec<OutcomeRow> {
    PlantedOutcomes::new(RIGS, seed)
        .take(rows)
        .map(|planted| planted.row)
        .collect()
}

fn plan(key: RigKey, place: usize, rng: &mut Xoshiro256PlusPlus) -> RigPlan {
    let near = RigTraits {
        latency: chance::log_uniform(rng, 0.002, 0.05),
        ..RigTraits::random(rng)
    };
    let (latency, conduct) = match PlantedCause::of_place(place) {
        PlantedCause::Nothing => (near.latency, Conduct::Honest),
        PlantedCause::Latency => (chance::log_uniform(rng, 0.5, 3.0), Conduct::Honest),
        PlantedCause::FailingHardware => (near.latency, Conduct::WrongHashes { part: FAILING }),
        PlantedCause::OtherHash => (near.latency, Conduct::WrongHashes { part: 1.0 }),
    };
    RigPlan {
        key,
        traits: RigTraits { latency, ..near },
        conduct,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "rows keep bounded features in half the memory"
)]
const fn half(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn rows_are_what_their_seed_makes_of_them_and_in_order() {
        let rows = outcome_rows(5_000, 1);
        assert_eq!(rows, outcome_rows(5_000, 1));
        assert_ne!(rows, outcome_rows(5_000, 2));
        assert!(rows.is_sorted_by_key(|row| (row.at_ms, row.seq)));
        assert!(PlantedOutcomes::new(0, 1).next().is_none());
    }

    #[test]
    fn each_cause_has_the_refusals_that_were_planted() {
        let mut counts: BTreeMap<(u8, usize), f64> = BTreeMap::new();
        let mut shares = [0.0; 4];
        for planted in PlantedOutcomes::new(64, 3).take(60_000) {
            let cause = planted.cause as u8;
            shares[usize::from(cause)] += 1.0;
            *counts
                .entry((cause, planted.row.class.index()))
                .or_default() += 1.0;
        }
        let part = |cause: PlantedCause, class: OutcomeClass| {
            let count = counts.get(&(cause as u8, class.index())).copied();
            count.unwrap_or(0.0) / shares[cause as usize]
        };
        let failing = part(PlantedCause::FailingHardware, OutcomeClass::Invalid);
        assert!((0.016..0.024).contains(&failing), "{failing}");
        let other = part(PlantedCause::OtherHash, OutcomeClass::Invalid);
        assert!(other > 0.999, "{other}");
        let late = part(PlantedCause::Latency, OutcomeClass::Stale);
        assert!((0.01..0.08).contains(&late), "{late}");
        let near = part(PlantedCause::Nothing, OutcomeClass::Stale);
        assert!(near < 0.001, "{near}");
        assert!(part(PlantedCause::Nothing, OutcomeClass::Invalid) < 1e-9);
    }
}
