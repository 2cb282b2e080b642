//! A contest, share by share.

use std::time::{Duration, Instant};

use rand::{Rng as _, SeedableRng as _};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::contestant::{Contestant, Told};
use super::outcome::{Contest, GroupStream};
use super::policy::Question;
use crate::filter::{CascadeEvidence, Observation};
use crate::judge::BanRisk;
use crate::share::TargetClass;

/// A share as the simulation knows it.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Place of its rig in the farm.
    pub rig: usize,
    /// What may be seen of it.
    pub seen: Observation,
    /// By the targets that it claims to meet.
    pub class: TargetClass,
    /// Whether its hash is as claimed.
    pub good: bool,
}

impl Arrival {
    /// Whether it goes to the pool.
    #[must_use]
    pub const fn for_pool(&self) -> bool {
        matches!(
            self.class,
            TargetClass::Upstream | TargetClass::BlockCandidate
        )
    }
}

/// Where contestants meet the same shares.
#[derive(Debug)]
pub struct Arena {
    contestants: Vec<Contestant>,
    /// Each rig's group.
    groups: Vec<usize>,
    stream: Vec<GroupStream>,
    rigs: Vec<RigSeen>,
    /// Evidence from which on a rig is suspect, as a logarithm.
    suspect_from: f64,
    rng: Xoshiro256PlusPlus,
    start: Instant,
}

#[derive(Debug, Clone, Copy, Default)]
struct RigSeen {
    shares: u64,
    bad: bool,
    suspected: bool,
}

impl Arena {
    /// An arena for rigs of these groups, counted from 0. A rig is suspect when its evidence
    /// passes 1/`alpha`. The draws come from the seed; `start` is the farm's millisecond 0.
    #[must_use]
    pub fn new(
        groups: Vec<usize>,
        contestants: Vec<Contestant>,
        alpha: f64,
        seed: u64,
        start: Instant,
    ) -> Self {
        let count = groups.iter().max().map_or(0, |last| last + 1);
        let mut stream = vec![GroupStream::default(); count];
        for group in &groups {
            stream[*group].rigs += 1;
        }
        Self {
            contestants,
            rigs: vec![RigSeen::default(); groups.len()],
            groups,
            stream,
            suspect_from: -alpha.ln(),
            rng: Xoshiro256PlusPlus::seed_from_u64(seed),
            start,
        }
    }

    /// One more share, in the order of time, with what the filters say after it.
    pub fn take(&mut self, arrival: &Arrival, evidence: CascadeEvidence) {
        let (Some(&group), Some(rig)) =
            (self.groups.get(arrival.rig), self.rigs.get_mut(arrival.rig))
        else {
            return;
        };
        let stream = &mut self.stream[group];
        rig.shares += 1;
        stream.sent += 1;
        stream.bad_sent += u64::from(!arrival.good);
        if !arrival.good && !rig.bad {
            rig.bad = true;
            stream.rigs_bad += 1;
        }
        stream.bad_for_pool += u64::from(!arrival.good && arrival.for_pool());
        if !rig.suspected && evidence.joined() >= self.suspect_from {
            rig.suspected = true;
            stream.rigs_suspected += 1;
            stream.shares_until_suspected += rig.shares;
        }
        let told = Told {
            arrival,
            group,
            question: Question {
                rig: arrival.rig,
                class: arrival.class,
                asked: arrival.seen.asked,
                late: arrival.seen.late,
                evidence,
                wait: Duration::ZERO,
                capacity: 0.0,
                ban_risk: BanRisk::Bearable,
                draw: self.rng.r#gen(),
                now: self.start + Duration::from_millis(arrival.seen.at_ms),
            },
        };
        for contestant in &mut self.contestants {
            contestant.take(&told);
        }
    }

    /// The accounts.
    #[must_use]
    pub fn close(self) -> Contest {
        Contest {
            stream: self.stream,
            outcomes: self
                .contestants
                .into_iter()
                .map(Contestant::outcome)
                .collect(),
        }
    }
}
