//! What the judges say of rigs.

use std::collections::HashMap;

use zartrux_actors::rigs::{JudgeStuck, RigNames};
use zartrux_models::filter::Stage;
use zartrux_models::judge::{RigReport, Standing, StrongestReport};
use zartrux_models::ledger::Names;
use zartrux_models::share::RigKey;

use crate::node::{NodeView, STANDINGS, reason};
use crate::overview::fleet::StageHits;

/// What the judge says of a rig that thinks worst of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Judged {
    pub(super) standing: Standing,
    pub(super) reason: Option<String>,
    /// Since when it is in quarantine, ms since 1970.
    pub(super) since_unix_ms: Option<u64>,
    /// Since its last share at any judge, ms.
    pub(super) idle_ms: u64,
    strongest: Option<StrongestReport>,
}

/// What all judges say.
#[derive(Debug, Default)]
pub(super) struct Judges {
    pub(super) rigs: HashMap<RigKey, Judged>,
    /// None where a judge's step hangs: then nothing is said of any rig.
    pub(super) stages: Option<[StageHits; 6]>,
}

impl Judges {
    /// Asks all of them; may wait for a step of one.
    pub(super) fn ask(view: &NodeView) -> Self {
        let Ok(rigs) = Self::rigs(view) else {
            return Self::default();
        };
        let mut stages = [StageHits::default(); 6];
        for judged in rigs.values() {
            let Some(strongest) = judged.strongest else {
                continue;
            };
            let stage = Stage::ALL
                .iter()
                .position(|stage| stage.name() == strongest.stage);
            let Some(hits) = stage.and_then(|place| stages.get_mut(place)) else {
                continue;
            };
            let suspected = matches!(judged.standing, Standing::Suspect | Standing::Quarantined);
            hits.suspects += u64::from(suspected);
            if hits
                .strongest
                .is_none_or(|(log_e, _)| strongest.log_e > log_e)
            {
                hits.strongest = Some((strongest.log_e, strongest.cause));
            }
        }
        Self {
            rigs,
            stages: Some(stages),
        }
    }

    fn rigs(view: &NodeView) -> Result<HashMap<RigKey, Judged>, JudgeStuck> {
        let now_ms = view.clock().unix_millis();
        let mut rigs: HashMap<RigKey, Judged> = HashMap::new();
        for lane in view.lanes() {
            lane.rigs().each_report(view.now(), |rig, report| {
                let judged = judged(&report, now_ms);
                match rigs.entry(rig) {
                    std::collections::hash_map::Entry::Occupied(mut other) => {
                        let other = other.get_mut();
                        let idle_ms = other.idle_ms.min(judged.idle_ms);
                        if gravity(judged.standing) < gravity(other.standing) {
                            *other = judged;
                        }
                        other.idle_ms = idle_ms;
                    }
                    std::collections::hash_map::Entry::Vacant(none) => {
                        none.insert(judged);
                    }
                }
            })?;
        }
        Ok(rigs)
    }
}

fn gravity(standing: Standing) -> usize {
    let place = STANDINGS.iter().position(|other| *other == standing);
    place.unwrap_or(STANDINGS.len())
}

fn judged(report: &RigReport, now_ms: u64) -> Judged {
    let quarantine = report.quarantine.as_ref();
    Judged {
        standing: report.standing,
        reason: reason(report),
        since_unix_ms: quarantine
            .map(|quarantine| now_ms.saturating_sub(millis(quarantine.seconds))),
        idle_ms: millis(report.idle_seconds),
        strongest: report.evidence.strongest,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast of a float stops at the bounds of the integer, and parts of a ms say nothing"
)]
const fn millis(seconds: f64) -> u64 {
    (seconds * 1e3) as u64
}

/// How a rig calls itself, by any lane; empty where none knows.
pub(super) fn names_of(view: &NodeView, rig: RigKey) -> Names {
    let mut lanes = view.lanes().iter();
    lanes
        .find_map(|lane| lane.rigs().names(rig))
        .map_or_else(Names::default, |names| kept(&names))
}

/// All rigs that have a name with any lane; one of several lanes comes several times.
pub(super) fn named(view: &NodeView) -> impl Iterator<Item = (RigKey, Names)> {
    view.lanes()
        .iter()
        .flat_map(|lane| lane.rigs().named())
        .map(|(rig, names)| (rig, kept(&names)))
}

fn kept(names: &RigNames) -> Names {
    Names::new(&names.user, &names.rig_id, &names.agent)
}
