//! From shares to a report.

use std::collections::BTreeMap;

use zartrux_models::filter::ModelId;
use zartrux_models::learn::RowsInOrder;
use zartrux_models::learn::artifact::DataFacts;
use zartrux_models::learn::behaviour::{BehaviourBlocks, BehaviourRow, ClusterModel};
use zartrux_models::learn::outcome::LogisticOutcome;
use zartrux_models::ledger::{Names, ShareEntry};
use zartrux_models::share::RigKey;

use super::bytes::ByteCounts;
use super::drift::DriftRows;
use super::funnel::FunnelCounts;
use super::lift::LiftCounts;
use super::map::map;
use super::outcome::OutcomeRows;
use super::rigs::RigCounts;
use super::window::Window;
use super::{Coverage, Difficulty, JournalSaid, Measured, Report};

/// How much is kept in memory and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Shares and scans that models are measured by.
    pub(crate) window: usize,
    /// Rigs that are told apart.
    pub(crate) rigs: usize,
    /// Rigs that are listed one by one.
    pub(crate) listed: usize,
    /// Of whatever is drawn.
    pub(crate) seed: u64,
}

/// The model of outcomes in force.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OutcomeChampion<'a> {
    /// Which.
    pub(crate) id: ModelId,
    /// What it was trained on.
    pub(crate) data: DataFacts,
    /// The model.
    pub(crate) model: &'a LogisticOutcome,
}

/// The models in force, or why there are none.
#[derive(Debug, Clone)]
pub(crate) struct Champions<'a> {
    /// Which shares are refused.
    pub(crate) outcome: Measured<OutcomeChampion<'a>>,
    /// How groups of rigs behave.
    pub(crate) behaviour: Measured<(ModelId, &'a ClusterModel)>,
}

/// What is known beside the shares.
#[derive(Debug)]
pub(crate) struct Beside<'a> {
    /// What rigs call themselves, or why that is not known.
    pub(crate) names: Measured<&'a BTreeMap<RigKey, Names>>,
    /// Quarantines, where the journal was read.
    pub(crate) journal: Option<&'a JournalSaid>,
    /// Places in the ledger that can't be read.
    pub(crate) damage: u64,
    /// Of block headers, where they were given.
    pub(crate) difficulty: Option<Measured<Difficulty>>,
}

/// Whether a share is in the span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// It counts.
    InSpan,
    /// It came before, and only tells what was known of its rig when the span began.
    Before,
}

/// Takes shares in the order of the ledger.
#[derive(Debug)]
pub(crate) struct Collector<'a> {
    bounds: Bounds,
    champions: Champions<'a>,
    coverage: Coverage,
    funnel: FunnelCounts,
    rigs: RigCounts,
    bytes: ByteCounts,
    lift: LiftCounts,
    in_order: RowsInOrder,
    outcome: OutcomeRows,
    drift: DriftRows,
    blocks_of: BehaviourBlocks,
    blocks: Window<BehaviourRow>,
}

impl<'a> Collector<'a> {
    /// Of a span from a moment to another, milliseconds since 1970; none: all there is.
    pub(crate) fn new(
        from_ms: Option<u64>,
        to_ms: Option<u64>,
        bounds: Bounds,
        champions: Champions<'a>,
    ) -> Self {
        Self {
            bounds,
            champions,
            coverage: Coverage {
                from_ms,
                to_ms,
                ..Coverage::default()
            },
            funnel: FunnelCounts::default(),
            rigs: RigCounts::new(bounds.rigs),
            bytes: ByteCounts::new(bounds.rigs),
            lift: LiftCounts::new(bounds.window),
            in_order: RowsInOrder::new(bounds.rigs),
            outcome: OutcomeRows::new(bounds.window),
            drift: DriftRows::new(bounds.seed),
            blocks_of: BehaviourBlocks::new(bounds.rigs),
            blocks: Window::new(bounds.window / 32),
        }
    }

    /// Takes the next share of the ledger.
    pub(crate) fn take(&mut self, entry: &ShareEntry, seen: Seen) {
        if seen == Seen::InSpan {
            let coverage = &mut self.coverage;
            coverage.shares += 1;
            coverage.imported += u64::from(entry.flags.imported);
            let at = entry.unix_ms;
            coverage.first_ms = Some(coverage.first_ms.map_or(at, |first| first.min(at)));
            coverage.last_ms = Some(coverage.last_ms.map_or(at, |last| last.max(at)));
            self.funnel.take(entry);
            self.rigs.take(entry);
            self.bytes.take(entry);
            self.lift.take(entry);
        }
        self.learn(Some(entry));
    }

    /// Rows and blocks that are complete by a share; without one, all that wait.
    fn learn(&mut self, entry: Option<&ShareEntry>) {
        let from_ms = self.coverage.from_ms.unwrap_or(0);
        let trained_ms = self.champions.outcome.as_ref().ok();
        let trained_ms = trained_ms.map(|champion| champion.data.last_ms);
        let (outcome, drift, blocks) = (&mut self.outcome, &mut self.drift, &mut self.blocks);
        let give = |row: zartrux_models::learn::OutcomeRow| {
            if let Some(trained_ms) = trained_ms
                && row.at_ms >= from_ms
            {
                let is_later = row.at_ms > trained_ms;
                drift.take(&row, is_later);
                outcome.take(row, is_later);
            }
        };
        let push = |block: BehaviourRow| {
            if block.at_ms >= from_ms {
                blocks.push(block);
            }
        };
        match entry {
            Some(entry) => {
                self.in_order.next(entry, give);
                self.blocks_of.next(entry, push);
            }
            None => {
                self.in_order.finish(give);
                self.blocks_of.finish(push);
            }
        }
    }

    /// The rigs that are listed, by what has come.
    pub(crate) fn listed(&self) -> Vec<RigKey> {
        self.rigs.greatest(self.bounds.listed)
    }

    /// Nothing else will come.
    pub(crate) fn finish(mut self, beside: Beside<'_>) -> Report {
        self.learn(None);
        let listed = self.listed();
        let coverage = Coverage {
            rigs: self.rigs.rigs(),
            rigs_uncounted: self.rigs.uncounted(),
            damage: beside.damage,
            ..self.coverage
        };
        let span_ms = match (coverage.first_ms, coverage.last_ms) {
            (Some(first), Some(last)) => last - first,
            _ => 0,
        };
        let seed = self.bounds.seed;
        let drift = match &self.champions.outcome {
            Ok(_) => self.drift.finish(),
            Err(why) => Err(why.clone()),
        };
        Report {
            bytes: self.bytes.finish(&listed),
            rigs: self
                .rigs
                .finish(&listed, span_ms, beside.names, beside.journal),
            coverage,
            funnel: self.funnel.finish(),
            map: map(self.blocks.kept(), &self.champions, seed),
            outcome: self.outcome.finish(&self.champions, seed),
            drift,
            lift: self.lift.finish(),
            difficulty: beside.difficulty,
        }
    }
}
