//! What is learnt from, as the ledger is read on: the last shares, blocks of shares and scans, in
//! bounded memory.

use std::collections::VecDeque;

use super::behaviour::{BehaviourBlocks, BehaviourRow};
use super::lift::{LiftInterval, LiftReport, Trial, Trials, TrialsSkipped};
use super::{OutcomeRow, RowsInOrder, RowsSkipped};
use crate::ledger::ShareEntry;

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CourseBounds {
    /// Shares that are learnt from.
    pub window: usize,
    /// Rigs that are remembered.
    pub rigs: usize,
}

/// Something that is complete since the last look.
#[derive(Debug, Clone, Copy)]
pub enum Fresh<'a> {
    /// A share whose end is known.
    Row(&'a OutcomeRow),
    /// A block of a rig's shares.
    Block(&'a BehaviourRow),
}

/// The last of everything that can be learnt from.
#[derive(Debug)]
pub struct Course {
    bounds: CourseBounds,
    in_order: RowsInOrder,
    rows: VecDeque<OutcomeRow>,
    blocks_of: BehaviourBlocks,
    blocks: VecDeque<BehaviourRow>,
    scans: Trials,
    trials: VecDeque<Trial>,
    lift: LiftInterval,
    last_seq: u64,
}

impl Course {
    /// Scans that may be open at once.
    const OPEN: usize = 65_536;

    /// Nothing learnt yet.
    #[must_use]
    pub fn new(bounds: CourseBounds) -> Self {
        Self {
            bounds,
            in_order: RowsInOrder::new(bounds.rigs),
            rows: VecDeque::new(),
            blocks_of: BehaviourBlocks::new(bounds.rigs),
            blocks: VecDeque::new(),
            scans: Trials::new(Self::OPEN),
            trials: VecDeque::new(),
            lift: LiftInterval::default(),
            last_seq: 0,
        }
    }

    /// Takes the next share of the ledger, and tells what is complete by it.
    pub fn take(&mut self, entry: &ShareEntry, mut tell: impl FnMut(Fresh<'_>)) {
        self.last_seq = self.last_seq.max(entry.seq);
        let Self {
            in_order,
            rows,
            blocks_of,
            blocks,
            scans,
            trials,
            lift,
            bounds,
            ..
        } = self;
        in_order.next(entry, |row| {
            tell(Fresh::Row(&row));
            push(rows, row, bounds.window);
        });
        blocks_of.next(entry, |block| {
            tell(Fresh::Block(&block));
            push(blocks, block, bounds.window / 32);
        });
        scans.next(entry, |trial| {
            lift.take(&trial);
            push(trials, trial, bounds.window);
        });
    }

    /// Takes in what waits for more: nothing else will come.
    pub fn finish(&mut self) {
        let Self {
            in_order,
            rows,
            blocks_of,
            blocks,
            scans,
            trials,
            lift,
            bounds,
            ..
        } = self;
        in_order.finish(|row| push(rows, row, bounds.window));
        blocks_of.finish(|block| push(blocks, block, bounds.window / 32));
        scans.finish(|trial| {
            lift.take(&trial);
            push(trials, trial, bounds.window);
        });
    }

    /// The place in the ledger of the last share that was taken.
    #[must_use]
    pub const fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// How many shares there are to learn from.
    #[must_use]
    pub fn window(&self) -> usize {
        self.rows.len()
    }

    /// The last shares in the order of their coming.
    pub fn rows(&mut self) -> &[OutcomeRow] {
        self.rows.make_contiguous()
    }

    /// The last blocks.
    pub fn blocks(&mut self) -> &[BehaviourRow] {
        self.blocks.make_contiguous()
    }

    /// The last scans.
    pub fn trials(&mut self) -> &[Trial] {
        self.trials.make_contiguous()
    }

    /// What the order of nonces brings, over all shares that were taken.
    #[must_use]
    pub fn lift(&self) -> LiftReport {
        self.lift.report()
    }

    /// Shares that made no row.
    #[must_use]
    pub const fn rows_skipped(&self) -> RowsSkipped {
        self.in_order.skipped()
    }

    /// Shares and scans that tell nothing of the order.
    #[must_use]
    pub const fn trials_skipped(&self) -> TrialsSkipped {
        self.scans.skipped()
    }
}

fn push<T>(window: &mut VecDeque<T>, one: T, most: usize) {
    if window.len() >= most.max(1) {
        window.pop_front();
    }
    window.push_back(one);
}
