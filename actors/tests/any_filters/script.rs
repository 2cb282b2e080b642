//! A filter that does what a script says, share by share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use zartrux_models::filter::{Cause, Evidence, Filter, Observation, Stage};

use crate::ON_PURPOSE;

/// Panics made on purpose in one place of the cascade, and other things worth counting.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    panics: AtomicU32,
    /// Numbers said that are none.
    unsound: AtomicU32,
}

impl Tally {
    pub(crate) fn panic(&self) -> ! {
        self.panics.fetch_add(1, Ordering::Relaxed);
        std::panic::panic_any(ON_PURPOSE)
    }

    pub(crate) fn panics(&self) -> u32 {
        self.panics.load(Ordering::Relaxed)
    }

    pub(crate) fn says(&self, number: f64) -> f64 {
        self.unsound
            .fetch_add(u32::from(!number.is_finite()), Ordering::Relaxed);
        number
    }

    pub(crate) fn unsound(&self) -> u32 {
        self.unsound.load(Ordering::Relaxed)
    }
}

/// Goes round a script: what is built anew after a fault goes on where the former stopped.
#[derive(Debug)]
pub(crate) struct Round<T> {
    lines: Vec<T>,
    turn: AtomicUsize,
}

impl<T> Round<T> {
    pub(crate) fn of(lines: Vec<T>) -> Self {
        let turn = AtomicUsize::new(0);
        Self { lines, turn }
    }

    pub(crate) fn next(&self) -> &T {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        &self.lines[turn % self.lines.len()]
    }
}

/// What a filter does at a share.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Deed {
    /// Says this, past the constructor that would have checked it.
    Says(f64),
    /// Says that it failed.
    Unavailable,
    /// Says nothing.
    NoOpinion,
    /// Panics.
    Panics,
    /// Panics, and once more when its core is dropped.
    PanicsTwice,
    /// Leaves something behind that panics when it is copied, at the rig's next share.
    LeavesATrap,
    /// Keeps the lane for so many milliseconds.
    Stalls(u64),
}

/// What a filter does, share by share, and whether building it fails, time by time.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    pub(crate) deeds: Vec<Deed>,
    pub(crate) builds_fail: Vec<bool>,
}

pub(crate) fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        2 => Just(f64::NAN),
        1 => Just(f64::INFINITY),
        1 => Just(f64::NEG_INFINITY),
        2 => Just(1e9),
        1 => Just(-1e9),
        1 => any::<f64>(),
        4 => -3.0..3.0,
    ]
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        16 => number().prop_map(Deed::Says),
        // The same at every share, when it is alone in its script.
        3 => Just(Deed::Says(1e9)),
        2 => Just(Deed::Unavailable),
        3 => Just(Deed::NoOpinion),
        4 => Just(Deed::Panics),
        1 => Just(Deed::PanicsTwice),
        1 => Just(Deed::LeavesATrap),
    ]
}

/// Which builds in turn fail.
pub(crate) fn builds_fail() -> impl Strategy<Value = Vec<bool>> {
    prop_oneof![
        3 => Just(vec![false]),
        2 => proptest::collection::vec(any::<bool>(), 1..6),
    ]
}

pub(crate) fn script() -> impl Strategy<Value = Script> {
    let deeds = (
        proptest::collection::vec(deed(), 1..12),
        proptest::option::weighted(0.1, 1..3u64),
    );
    (deeds, builds_fail()).prop_map(|((mut deeds, stall), builds_fail)| {
        deeds.extend(stall.map(Deed::Stalls));
        // So that a stall comes seldom, whatever the length of the script.
        if stall.is_some() {
            deeds.extend([Deed::NoOpinion; 20]);
        }
        Script { deeds, builds_fail }
    })
}

/// A filter in place `PLACE` of the cascade.
#[derive(Debug)]
pub(crate) struct Scripted<const PLACE: usize> {
    pub(crate) deeds: Arc<Round<Deed>>,
    pub(crate) tally: Arc<Tally>,
    pub(crate) broken: bool,
}

impl<const PLACE: usize> Drop for Scripted<PLACE> {
    fn drop(&mut self) {
        if self.broken {
            // Nobody counts this one: its core is gone already.
            std::panic::panic_any(ON_PURPOSE);
        }
    }
}

/// What it remembers of a rig.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Memory {
    shares: u32,
    #[serde(skip)]
    trap: Option<Arc<Tally>>,
}

impl Clone for Memory {
    fn clone(&self) -> Self {
        match &self.trap {
            Some(tally) => tally.panic(),
            None => Self {
                shares: self.shares,
                trap: None,
            },
        }
    }
}

impl<const PLACE: usize> Filter for Scripted<PLACE> {
    const STAGE: Stage = Stage::ALL[PLACE];

    type Rig = Memory;

    fn look(&mut self, rig: &mut Memory, _: &Observation) -> Evidence {
        rig.shares += 1;
        let cause = Cause::OddBehaviour;
        match *self.deeds.next() {
            Deed::Says(log_e) => Evidence::Weighed {
                log_e: self.tally.says(log_e),
                cause,
            },
            Deed::Unavailable => Evidence::Unavailable,
            Deed::NoOpinion => Evidence::NoOpinion,
            Deed::Panics => self.tally.panic(),
            Deed::PanicsTwice => {
                self.broken = true;
                self.tally.panic()
            }
            Deed::LeavesATrap => {
                rig.trap = Some(Arc::clone(&self.tally));
                Evidence::weighed(f64::from(rig.shares), cause)
            }
            #[expect(clippy::disallowed_methods, reason = "a filter that hangs")]
            Deed::Stalls(millis) => {
                std::thread::sleep(Duration::from_millis(millis));
                Evidence::NoOpinion
            }
        }
    }

    fn missed(&mut self, rig: &mut Memory) {
        // Every third gap is more than it can bear.
        if rig.shares % 3 == 2 {
            self.tally.panic();
        }
    }
}
