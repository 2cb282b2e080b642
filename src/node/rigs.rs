//! Rigs as the node knows them: the same rig may mine in several lanes, each with a judge of its
//! own.

use std::collections::BTreeMap;
use std::sync::Arc;

use zartrux_actors::rigs::{JudgeStuck, RigNames};
use zartrux_models::judge::{RigReport, Standing};
use zartrux_models::share::RigKey;

use super::NodeView;

/// A rig with what each lane remembers of it.
#[derive(Debug, Clone)]
pub struct RigView {
    /// Its key.
    pub rig: RigKey,
    /// How it calls itself; none if too many others came since.
    pub names: Option<Arc<RigNames>>,
    /// By lane; empty for a rig whose first share is not judged yet.
    pub lanes: Vec<(usize, RigReport)>,
}

impl RigView {
    const fn of(rig: RigKey) -> Self {
        Self {
            rig,
            names: None,
            lanes: Vec::new(),
        }
    }

    /// What the lane says that thinks worst of it.
    #[must_use]
    pub fn gravest(&self) -> Option<&RigReport> {
        self.lanes
            .iter()
            .map(|(_, report)| report)
            .min_by_key(|report| gravity(report.standing))
    }

    /// What lists of rigs are sorted by: the gravest standing first, then by name.
    fn rank(&self) -> (usize, Option<(&str, &str)>, RigKey) {
        let names = self.names.as_ref();
        (
            self.standing().map_or(STANDINGS.len(), gravity),
            names.map(|names| (&*names.rig_id, &*names.user)),
            self.rig,
        )
    }

    /// How it stands with that lane.
    #[must_use]
    pub fn standing(&self) -> Option<Standing> {
        self.gravest().map(|report| report.standing)
    }
}

/// All ways in which a rig can stand, the gravest first.
pub const STANDINGS: [Standing; 4] = [
    Standing::Quarantined,
    Standing::Suspect,
    Standing::New,
    Standing::Trusted,
];

/// A name for metrics and the API.
#[must_use]
pub const fn standing_label(standing: Standing) -> &'static str {
    match standing {
        Standing::Quarantined => "quarantined",
        Standing::Suspect => "suspect",
        Standing::New => "new",
        Standing::Trusted => "trusted",
    }
}

/// Place in [`STANDINGS`].
const fn gravity(standing: Standing) -> usize {
    match standing {
        Standing::Quarantined => 0,
        Standing::Suspect => 1,
        Standing::New => 2,
        Standing::Trusted => 3,
    }
}

/// Why a rig stands as it does, in words, where there is something to say.
#[must_use]
pub fn reason(report: &RigReport) -> Option<String> {
    if let Some(quarantine) = &report.quarantine {
        let again = match quarantine.bad_since {
            0 => String::new(),
            more => format!(", and {more} more since"),
        };
        return Some(format!(
            "share {} was proved bad {:.0} s ago{again}; it has proved {} of the {} hashes of good \
             work that release it",
            quarantine.share, quarantine.seconds, quarantine.work_delivered, quarantine.work_needed
        ));
    }
    let suspect = report.standing == Standing::Suspect;
    let strongest = report.evidence.strongest.filter(|_| suspect)?;
    Some(format!("{}: {}", strongest.stage, strongest.cause))
}

impl NodeView {
    /// The rigs that `keep` lets through, those with the gravest standing first, then by name.
    ///
    /// # Errors
    /// A step of a judge hangs.
    pub fn rigs(
        &self,
        keep: impl Fn(RigKey, Option<&RigReport>) -> bool,
    ) -> Result<Vec<RigView>, JudgeStuck> {
        let mut rigs: BTreeMap<RigKey, RigView> = BTreeMap::new();
        let now = self.now();
        for (index, lane) in self.lanes().iter().enumerate() {
            lane.rigs().each_report(now, |rig, report| {
                if keep(rig, Some(&report)) {
                    let view = rigs.entry(rig).or_insert_with(|| RigView::of(rig));
                    view.lanes.push((index, report));
                }
            })?;
        }
        for lane in self.lanes() {
            for (rig, names) in lane.rigs().named() {
                if let Some(view) = rigs.get_mut(&rig) {
                    view.names = Some(names);
                } else if keep(rig, None) {
                    let names = Some(names);
                    rigs.insert(
                        rig,
                        RigView {
                            names,
                            ..RigView::of(rig)
                        },
                    );
                }
            }
        }
        let mut rigs: Vec<RigView> = rigs.into_values().collect();
        rigs.sort_unstable_by(|a, b| a.rank().cmp(&b.rank()));
        Ok(rigs)
    }

    /// One rig, if any lane knows it.
    ///
    /// # Errors
    /// A step of a judge hangs.
    pub fn rig(&self, rig: RigKey) -> Result<Option<RigView>, JudgeStuck> {
        let mut view = RigView::of(rig);
        let now = self.now();
        for (index, lane) in self.lanes().iter().enumerate() {
            if let Some(report) = lane.rigs().report(rig, now)? {
                view.lanes.push((index, report));
            }
            view.names = lane.rigs().names(rig).or(view.names);
        }
        let known = view.names.is_some() || !view.lanes.is_empty();
        Ok(known.then_some(view))
    }

    /// The rigs that give exactly this rig id.
    #[must_use]
    pub fn rigs_called(&self, rig_id: &str) -> Vec<RigKey> {
        let mut found: Vec<RigKey> = self
            .lanes()
            .iter()
            .flat_map(|lane| lane.rigs().named())
            .filter(|(_, names)| &*names.rig_id == rig_id)
            .map(|(rig, _)| rig)
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// How many rigs stand how, in the order of [`STANDINGS`]; one that mines in two lanes counts
    /// in both.
    ///
    /// # Errors
    /// A step of a judge hangs.
    pub fn rigs_by_standing(&self) -> Result<[u64; STANDINGS.len()], JudgeStuck> {
        let mut counts = [0; STANDINGS.len()];
        for lane in self.lanes() {
            lane.rigs().each_report(self.now(), |_, report| {
                counts[gravity(report.standing)] += 1;
            })?;
        }
        Ok(counts)
    }
}
