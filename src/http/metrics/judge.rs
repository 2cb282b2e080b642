//! What judges decided, and how rigs stand with them.

use std::fmt;

use zartrux_actors::rigs::{JudgeCounts, JudgeStuck};
use zartrux_actors::share_ticket::ProofOutcome;
use zartrux_models::filter::Stage;
use zartrux_models::judge::{Rule, Standing};

use super::writer::Writer;
use crate::node::{NodeView, STANDINGS, standing_label};

pub(super) fn write(writer: &mut Writer<'_, '_>, view: &NodeView) -> fmt::Result {
    let lanes = view.lanes();
    let sum = |count: &dyn Fn(&JudgeCounts) -> u64| -> u64 {
        lanes.iter().map(|lane| count(lane.rigs().counts())).sum()
    };
    writer.counters(
        (
            "zartrux_judge_rulings",
            "Shares that the judge decided on, by the rule that decided",
        ),
        ["rule"],
        Rule::ALL.map(|rule| ([rule.label()], sum(&|counts| counts.by_rule(rule)))),
    )?;
    writer.counters(
        (
            "zartrux_proofs",
            "Shares that were to be proved, by what came of it",
        ),
        ["outcome"],
        ProofOutcome::ALL
            .map(|outcome| ([outcome.label()], sum(&|counts| counts.by_outcome(outcome)))),
    )?;
    // A judge whose step hangs must not make the scrape stick: what it remembers is left out.
    let Ok(standings) = Standings::of(view) else {
        return Ok(());
    };
    writer.gauges(
        (
            "zartrux_rigs",
            "Rigs remembered, by how they stand with the judge",
        ),
        ["standing"],
        STANDINGS
            .map(|standing| [standing_label(standing)])
            .into_iter()
            .zip(standings.rigs),
    )?;
    writer.gauges(
        (
            "zartrux_filter_suspects",
            "Rigs suspect or in quarantine against which this filter has most",
        ),
        ["stage"],
        Stage::ALL
            .map(|stage| [stage.name()])
            .into_iter()
            .zip(standings.suspects),
    )
}

/// Rigs counted in one pass.
struct Standings {
    /// In the order of [`STANDINGS`].
    rigs: [u64; STANDINGS.len()],
    /// In the order of [`Stage::ALL`].
    suspects: [u64; Stage::ALL.len()],
}

impl Standings {
    fn of(view: &NodeView) -> Result<Self, JudgeStuck> {
        let mut counts = Self {
            rigs: [0; STANDINGS.len()],
            suspects: [0; Stage::ALL.len()],
        };
        for lane in view.lanes() {
            lane.rigs().each_report(view.now(), |_, report| {
                let place = STANDINGS.iter().position(|of| *of == report.standing);
                if let Some(place) = place {
                    counts.rigs[place] += 1;
                }
                let grave = matches!(report.standing, Standing::Suspect | Standing::Quarantined);
                let strongest = report.evidence.strongest.filter(|_| grave);
                let stage = strongest
                    .and_then(|of| Stage::ALL.iter().position(|stage| stage.name() == of.stage));
                if let Some(stage) = stage {
                    counts.suspects[stage] += 1;
                }
            })?;
        }
        Ok(counts)
    }
}
