//! Counters of a span of time: what became of the shares of a rig, or of all.

use crate::share::{ProofOutcome, RefusalReason};
use crate::stratum::ErrorClass;

use super::code::Coded;
use super::odometer::Stretch;
use super::wire::{self, BadRecord};
use super::{Outcome, ShareEntry};

const CLASSES: usize = ErrorClass::ALL.len();
const REASONS: usize = RefusalReason::ALL.len();
const PROOFS: usize = ProofOutcome::ALL.len();

/// Counters in all.
const COUNTERS: usize = 15 + CLASSES + 2 * REASONS + PROOFS;

/// The one that is no sum, by its place.
const LATENCY_MAX: usize = 5;

/// What became of the shares of a span of time. Sums stop at 2⁶⁴ − 1, so they can be added in any
/// order. Lists are by the places of `ErrorClass::ALL`, `RefusalReason::ALL`, `ProofOutcome::ALL`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    /// Shares that the pool took.
    pub accepted: u64,
    /// Shares that met only the miner's own target.
    pub credited: u64,
    /// Hashes that the shares of `accepted` stand for: the sum of the difficulties that their rig
    /// was asked for. Where a rig is asked for the pool's own difficulty, that is what the pool
    /// pays for; where for less, the pool counts more for each and others of them not at all.
    pub work_accepted: u64,
    /// Hashes that all good shares stand for, accepted or credited: what hash rates go by.
    pub work_asked: u64,
    /// From a share's line to its end, summed over all, µs.
    pub latency_sum_us: u64,
    /// The longest of these, µs.
    pub latency_max_us: u64,
    /// Hashes tried by the odometer, see [`Stretch`].
    pub odometer_hashes: u64,
    /// Time in which it was read, ms.
    pub odometer_ms: u64,
    /// By how many hashes it may be wrong, in either direction.
    pub odometer_error: u64,
    /// What proofs showed.
    pub proofs: [u64; PROOFS],
    /// Shares for the job before the current one.
    pub late: u64,
    /// Shares whose true hash was put in place of a wrong one.
    pub corrected: u64,
    /// Shares that the pool never answered.
    pub unanswered: u64,
    /// Shares of rigs in quarantine that stayed home unproved.
    pub held: u64,
    /// Shares that were never written.
    pub undeliverable: u64,
    /// Shares that the pool refused, by what sort of words.
    pub rejected: [u64; CLASSES],
    /// Shares that were proved bad.
    pub refused: [u64; REASONS],
    /// Refusals that were counted but not written down one by one; no part of `refused`.
    pub refusals_unlisted: [u64; REASONS],
    /// Sum of the squares of the difficulties in `work_asked`, in units of 2¹⁶: tells how unlike
    /// they are.
    pub work_squares: u64,
}

impl Cell {
    /// Adds a share.
    pub fn add(&mut self, entry: &ShareEntry) {
        let asked = entry.asked.get();
        match &entry.outcome {
            Outcome::Accepted => {
                raise(&mut self.accepted, 1);
                raise(&mut self.work_accepted, asked);
            }
            Outcome::Rejected { class, .. } => raise_at(&mut self.rejected, *class, 1),
            Outcome::Unanswered => raise(&mut self.unanswered, 1),
            Outcome::Credited => raise(&mut self.credited, 1),
            Outcome::Refused(reason) => raise_at(&mut self.refused, *reason, 1),
            Outcome::Held => raise(&mut self.held, 1),
            Outcome::Undeliverable => raise(&mut self.undeliverable, 1),
        }
        if entry.was_acknowledged() {
            raise(&mut self.work_asked, asked);
            let square = (u128::from(asked) * u128::from(asked) + (1 << 15)) >> 16;
            raise(
                &mut self.work_squares,
                u64::try_from(square).unwrap_or(u64::MAX),
            );
        }
        raise(&mut self.late, u64::from(entry.flags.late));
        raise(&mut self.corrected, u64::from(entry.flags.corrected));
        if let Some(proof) = entry.proof {
            raise_at(&mut self.proofs, proof.outcome, 1);
        }
        let latency = u64::from(entry.latencies.total_us);
        raise(&mut self.latency_sum_us, latency);
        self.latency_max_us = self.latency_max_us.max(latency);
    }

    /// Adds what the odometer has shown.
    pub fn add_stretch(&mut self, stretch: Stretch) {
        raise(&mut self.odometer_hashes, stretch.hashes);
        raise(&mut self.odometer_ms, stretch.ms);
        raise(&mut self.odometer_error, stretch.error);
    }

    /// Adds refusals that were only counted.
    pub fn add_unlisted(&mut self, reason: RefusalReason, count: u64) {
        raise_at(&mut self.refusals_unlisted, reason, count);
    }

    /// Adds another span's counters.
    pub fn merge(&mut self, other: &Self) {
        let mut sums = self.counters();
        for (place, (sum, more)) in sums.iter_mut().zip(other.counters()).enumerate() {
            *sum = if place == LATENCY_MAX {
                more.max(*sum)
            } else {
                sum.saturating_add(more)
            };
        }
        *self = Self::of_counters(&sums);
    }

    /// Shares that ended, one way or another.
    #[must_use]
    pub fn shares(&self) -> u64 {
        let lists = self.rejected.iter().chain(&self.refused);
        let others = [
            self.accepted,
            self.credited,
            self.unanswered,
            self.held,
            self.undeliverable,
        ];
        lists
            .chain(&others)
            .fold(0, |sum, more| sum.saturating_add(*more))
    }

    /// Good shares: accepted and credited, those that `work_asked` is of.
    #[must_use]
    pub const fn good(&self) -> u64 {
        self.accepted.saturating_add(self.credited)
    }

    /// Whether nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Those that are seldom 0 first: their places are bits of a small number.
    fn counters(&self) -> [u64; COUNTERS] {
        let mut all = [0; COUNTERS];
        let singles = [
            self.credited,
            self.accepted,
            self.work_asked,
            self.work_squares,
            self.latency_sum_us,
            self.latency_max_us,
            self.odometer_hashes,
            self.odometer_ms,
            self.work_accepted,
            self.odometer_error,
            self.late,
            self.corrected,
            self.unanswered,
            self.held,
            self.undeliverable,
        ];
        let lists = self.proofs.iter().chain(&self.rejected);
        let refusals = self.refused.iter().chain(&self.refusals_unlisted);
        let values = singles.iter().chain(lists).chain(refusals);
        for (place, value) in all.iter_mut().zip(values) {
            *place = *value;
        }
        all
    }

    fn of_counters(all: &[u64; COUNTERS]) -> Self {
        let mut rest = all.iter().copied();
        let mut next = || rest.next().unwrap_or(0);
        // As they are ordered in `counters`; fields of a literal are evaluated as they stand.
        Self {
            credited: next(),
            accepted: next(),
            work_asked: next(),
            work_squares: next(),
            latency_sum_us: next(),
            latency_max_us: next(),
            odometer_hashes: next(),
            odometer_ms: next(),
            work_accepted: next(),
            odometer_error: next(),
            late: next(),
            corrected: next(),
            unanswered: next(),
            held: next(),
            undeliverable: next(),
            proofs: std::array::from_fn(|_| next()),
            rejected: std::array::from_fn(|_| next()),
            refused: std::array::from_fn(|_| next()),
            refusals_unlisted: std::array::from_fn(|_| next()),
        }
    }

    /// Appends it: which counters are not 0, and these.
    pub(super) fn append(&self, out: &mut Vec<u8>) {
        let counters = self.counters();
        let present = (0..COUNTERS).filter(|place| counters[*place] != 0);
        let mask = present.clone().fold(0u64, |mask, place| mask | 1 << place);
        wire::append(out, &mask);
        for place in present {
            wire::append(out, &counters[place]);
        }
    }

    /// Reads one from the beginning of some bytes; also what follows it.
    pub(super) fn take(bytes: &[u8]) -> Result<(Self, &[u8]), BadRecord> {
        let (mask, length) = wire::take::<u64>(bytes)?;
        let mut rest = bytes.get(length..).unwrap_or_default();
        if mask >> COUNTERS != 0 {
            return Err(BadRecord::Malformed("a counter without a name".to_owned()));
        }
        let mut counters = [0; COUNTERS];
        for (place, counter) in counters.iter_mut().enumerate() {
            if mask >> place & 1 == 1 {
                let (value, length) = wire::take::<u64>(rest)?;
                *counter = value;
                rest = rest.get(length..).unwrap_or_default();
            }
        }
        Ok((Self::of_counters(&counters), rest))
    }
}

const fn raise(counter: &mut u64, by: u64) {
    *counter = counter.saturating_add(by);
}

fn raise_at<C: Coded>(counters: &mut [u64], of: C, by: u64) {
    if let Some(counter) = counters.get_mut(usize::from(of.code())) {
        raise(counter, by);
    }
}
