//! What is learnt from, as the ledger is read on: the last shares, blocks of shares and scans, in
//! bounded memory.

use std::collections::VecDeque;

use super::behaviour::{BehaviourBlocks, BehaviourRow};
use super::lift::{Lifts, Trial, Trials, TrialsSkipped};
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
    in_order: RowsInOrder,
    blocks_of: BehaviourBlocks,
    scans: Trials,
    windows: Windows,
    last_seq: u64,
}

/// What is complete, as much of it as is kept.
#[derive(Debug)]
struct Windows {
    most: usize,
    rows: VecDeque<OutcomeRow>,
    blocks: VecDeque<BehaviourRow>,
    trials: VecDeque<Trial>,
    lifts: Lifts,
}

impl Windows {
    fn row(&mut self, row: OutcomeRow) {
        push(&mut self.rows, row, self.most);
    }

    fn block(&mut self, block: BehaviourRow) {
        // A rig's block is of 64 shares: twice as many as the rows are of.
        push(&mut self.blocks, block, self.most / 32);
    }

    fn trial(&mut self, trial: Trial) {
        self.lifts.take(&trial);
        push(&mut self.trials, trial, self.most);
    }
}

impl Course {
    /// Scans that may be open at once.
    const OPEN: usize = 65_536;

    /// Nothing learnt yet.
    #[must_use]
    pub fn new(bounds: CourseBounds) -> Self {
        Self {
            in_order: RowsInOrder::new(bounds.rigs),
            blocks_of: BehaviourBlocks::new(bounds.rigs),
            scans: Trials::new(Self::OPEN),
            windows: Windows {
                most: bounds.window,
                rows: VecDeque::new(),
                blocks: VecDeque::new(),
                trials: VecDeque::new(),
                lifts: Lifts::default(),
            },
            last_seq: 0,
        }
    }

    /// Takes the next share of the ledger, and tells what is complete by it.
    pub fn take(&mut self, entry: &ShareEntry, mut tell: impl FnMut(Fresh<'_>)) {
        self.last_seq = self.last_seq.max(entry.seq);
        let windows = &mut self.windows;
        self.in_order.next(entry, |row| {
            tell(Fresh::Row(&row));
            windows.row(row);
        });
        self.blocks_of.next(entry, |block| {
            tell(Fresh::Block(&block));
            windows.block(block);
        });
        self.scans.next(entry, |trial| windows.trial(trial));
    }

    /// Takes in what waits for more: nothing else will come.
    pub fn finish(&mut self) {
        let windows = &mut self.windows;
        self.in_order.finish(|row| windows.row(row));
        self.blocks_of.finish(|block| windows.block(block));
        self.scans.finish(|trial| windows.trial(trial));
    }

    /// The place in the ledger of the last share that was taken.
    #[must_use]
    pub const fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// How many shares there are to learn from.
    #[must_use]
    pub fn window(&self) -> usize {
        self.windows.rows.len()
    }

    /// The last shares in the order of their coming.
    pub fn rows(&mut self) -> &[OutcomeRow] {
        self.windows.rows.make_contiguous()
    }

    /// The last blocks.
    pub fn blocks(&mut self) -> &[BehaviourRow] {
        self.windows.blocks.make_contiguous()
    }

    /// The last scans.
    pub fn trials(&mut self) -> &[Trial] {
        self.windows.trials.make_contiguous()
    }

    /// What the orders of nonces bring, over all shares that were taken.
    #[must_use]
    pub const fn lifts(&self) -> &Lifts {
        &self.windows.lifts
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

#[cfg(test)]
mod tests;
