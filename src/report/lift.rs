//! What the order of nonces has brought.

use serde::Serialize;
use zartrux_models::learn::lift::{COUNTER_BITS, LiftReport, Lifts, OutsideLift, Trial, Trials};
use zartrux_models::learn::ranking::bit_ratios;
use zartrux_models::ledger::ShareEntry;

use super::window::Window;

/// The lift, and nonces bit by bit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Lift {
    /// Model against control, over all scans of the span.
    pub(crate) report: LiftReport,
    /// Plans from outside against control; none where no share was found in one.
    pub(crate) outside: Option<OutsideLift>,
    /// Bits of nonces, the lowest first.
    pub(crate) bits: Vec<Bit>,
    /// Scans that the bits are counted over: the last ones.
    pub(crate) scans: usize,
    /// Scans before them.
    pub(crate) scans_gone: u64,
    /// Shares that tell nothing of the order.
    pub(crate) unusable: u64,
}

/// A bit of nonces.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Bit {
    /// Which: 0 is the lowest of the counter, 24 to 31 are the slot.
    pub(crate) bit: usize,
    /// Shares with the bit set.
    pub(crate) observed: u64,
    /// As many are expected by the search alone.
    pub(crate) expected: f64,
    /// Observed over expected, not less than, not more than: 95 % for all bits together.
    pub(crate) ratio: Option<(f64, f64, f64)>,
}

impl Bit {
    /// Whether it is one of those that rigs count through.
    pub(crate) const fn is_of_counter(&self) -> bool {
        self.bit < COUNTER_BITS
    }
}

#[derive(Debug)]
pub(super) struct LiftCounts {
    scans: Trials,
    lifts: Lifts,
    trials: Window<Trial>,
}

impl LiftCounts {
    /// Scans that may be open at once.
    const OPEN: usize = 65_536;

    pub(super) fn new(window: usize) -> Self {
        Self {
            scans: Trials::new(Self::OPEN),
            lifts: Lifts::default(),
            trials: Window::new(window),
        }
    }

    pub(super) fn take(&mut self, entry: &ShareEntry) {
        let (lifts, trials) = (&mut self.lifts, &mut self.trials);
        self.scans.next(entry, |trial| {
            lifts.take(&trial);
            trials.push(trial);
        });
    }

    pub(super) fn finish(mut self) -> Lift {
        let (lifts, trials) = (&mut self.lifts, &mut self.trials);
        self.scans.finish(|trial| {
            lifts.take(&trial);
            trials.push(trial);
        });
        let ratios = bit_ratios(self.trials.kept());
        let bits = ratios.iter().enumerate().map(|(bit, ratio)| Bit {
            bit,
            observed: ratio.observed,
            expected: ratio.expected,
            ratio: ratio.ratio(),
        });
        Lift {
            report: self.lifts.model(),
            outside: self.lifts.outside(),
            bits: bits.collect(),
            scans: self.trials.kept().len(),
            scans_gone: self.trials.gone(),
            unusable: self.scans.skipped().shares,
        }
    }
}
