//! All rigs at one moment, as a look at registry and judges has found them.

use std::collections::BTreeMap;

use zartrux_models::judge::Standing;
use zartrux_models::ledger::{Names, Presence};
use zartrux_models::share::RigKey;

use super::{Attention, Presences, RateShown};
use crate::node::standing_label;

/// The gravest that is to be said of a rig, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RigState {
    /// A share of it was proved bad.
    Quarantined,
    /// The filters' evidence against it has passed its bound.
    Suspect,
    /// It should be there and is not.
    Silent,
    /// Many of its shares are refused.
    Failing,
    /// Its next share is overdue.
    Late,
    /// Its shares come.
    Online,
    /// It is away, and nobody waits for it.
    Gone,
    /// It has a name, and nothing is known of its shares.
    Unknown,
}

impl RigState {
    /// All of them, the gravest first.
    pub(crate) const ALL: [Self; 8] = [
        Self::Quarantined,
        Self::Suspect,
        Self::Silent,
        Self::Failing,
        Self::Late,
        Self::Online,
        Self::Gone,
        Self::Unknown,
    ];

    /// A name for the API.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Quarantined => "quarantined",
            Self::Suspect => "suspect",
            Self::Silent => "silent",
            Self::Failing => "failing",
            Self::Late => "late",
            Self::Online => "online",
            Self::Gone => "gone",
            Self::Unknown => "unknown",
        }
    }

    /// Whether somebody should look after a rig of which this is to be said.
    pub(crate) const fn needs_somebody(self) -> bool {
        match self {
            Self::Quarantined | Self::Suspect | Self::Silent | Self::Failing | Self::Late => true,
            Self::Online | Self::Gone | Self::Unknown => false,
        }
    }

    /// What is to be said of a rig: of its standing with the judges, whether it is there, and whether
    /// many of its shares are refused.
    pub(crate) const fn of(
        standing: Option<Standing>,
        presence: Option<Presence>,
        failing: bool,
    ) -> Self {
        match (standing, presence) {
            (Some(Standing::Quarantined), _) | (_, Some(Presence::Quarantined)) => {
                Self::Quarantined
            }
            // One that is gone does no harm.
            (_, Some(Presence::Gone)) => Self::Gone,
            (Some(Standing::Suspect), _) => Self::Suspect,
            (_, Some(Presence::Silent)) => Self::Silent,
            _ if failing => Self::Failing,
            (_, Some(Presence::Late)) => Self::Late,
            (_, Some(Presence::Online)) => Self::Online,
            (_, None) => Self::Unknown,
        }
    }
}

/// A hash rate of a rig over the last hour, from shares, with an interval of 95 %.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RigRate {
    /// Hashes per second.
    pub(crate) per_second: f64,
    /// The truth is between this
    pub(crate) low: f64,
    /// and this in 95 of 100 cases.
    pub(crate) high: f64,
}

/// A rig. What is not known is none.
#[derive(Debug, Clone)]
pub(crate) struct RigRow {
    /// Its key.
    pub(crate) rig: RigKey,
    /// How it calls itself: hostile bytes, wallets masked; texts that it did not give are empty.
    pub(crate) names: Names,
    /// Whether it is there.
    pub(crate) presence: Option<Presence>,
    /// How it stands with the judge that thinks worst of it.
    pub(crate) standing: Option<Standing>,
    /// The gravest that is to be said of it.
    pub(crate) state: RigState,
    /// Why, in words; none where all is well.
    pub(crate) reason: Option<String>,
    /// Since when it is in that state, ms since 1970.
    pub(crate) since_unix_ms: Option<u64>,
    /// Its last share, ms since 1970.
    pub(crate) last_share_unix_ms: Option<u64>,
    /// How fast it was in the last hour.
    pub(crate) rate: Option<RigRate>,
    /// The difficulty that it was asked for last, hashes.
    pub(crate) difficulty: Option<u64>,
    /// Of its shares since it is known.
    pub(crate) shares: Option<RigShares>,
}

/// What became of a rig's shares since it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RigShares {
    /// Taken by a pool.
    pub(crate) accepted: u64,
    /// Refused by a pool.
    pub(crate) rejected: u64,
    /// Refused here.
    pub(crate) refused: u64,
}

impl RigRow {
    /// What it is called first: its own name, or whom it logs in as where it has none.
    pub(crate) fn name(&self) -> &str {
        if self.names.rig_id.is_empty() {
            &self.names.user
        } else {
            &self.names.rig_id
        }
    }

    fn attention(&self) -> Attention {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Attention {
            rig: self.rig.to_string(),
            rig_id: given(&self.names.rig_id),
            user: given(&self.names.user),
            state: self.state.label(),
            reason: self.reason.clone().unwrap_or_default(),
            since_unix_ms: self.since_unix_ms,
        }
    }
}

/// What a filter has against rigs now.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct StageHits {
    /// Suspects, and rigs in quarantine, of which its evidence is the strongest.
    pub(crate) suspects: u64,
    /// Its strongest evidence against any rig, and what for.
    pub(crate) strongest: Option<(f64, &'static str)>,
}

/// Sums of the whole farm from the registry.
#[derive(Debug, Clone, Default)]
pub(crate) struct FarmSums {
    /// Over `10m`, `1h` and `24h`; those without a share are left out.
    pub(crate) hash_rates: Vec<RateShown>,
    /// Of the last hour: taken by a pool.
    pub(crate) accepted_1h: u64,
    /// Of the last hour: answered by a pool.
    pub(crate) answered_1h: u64,
    /// The minute of the last share that a pool took, ms since 1970; none in the last hour.
    pub(crate) last_accepted_minute_ms: Option<u64>,
}

/// All rigs at one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fleet {
    /// When, ms since 1970.
    pub(crate) as_of_unix_ms: u64,
    /// Rigs in the registry; none where there is no registry, or it did not answer.
    pub(crate) known: Option<usize>,
    /// None likewise.
    pub(crate) presence: Option<Presences>,
    /// Rigs that the judges remember, by standing; none where a judge's step hangs.
    pub(crate) standing: Option<BTreeMap<&'static str, u64>>,
    /// The first of those that need somebody, the gravest first.
    pub(crate) attention: Vec<Attention>,
    /// How many need somebody.
    pub(crate) attention_total: usize,
    /// In no order.
    pub(crate) rows: Vec<RigRow>,
    /// None where there is no registry, or it did not answer.
    pub(crate) sums: Option<FarmSums>,
    /// By filter, in the order of the cascade; none where a judge's step hangs.
    pub(crate) stages: Option<[StageHits; 6]>,
    /// Free on the disk of the data folder, bytes.
    pub(crate) disk_free_bytes: Option<u64>,
}

impl Fleet {
    /// Counts what the rows say.
    pub(crate) fn count(&mut self) {
        let mut grave: Vec<&RigRow> = self
            .rows
            .iter()
            .filter(|row| row.state.needs_somebody())
            .collect();
        grave.sort_unstable_by(|a, b| (a.state, a.name(), a.rig).cmp(&(b.state, b.name(), b.rig)));
        self.attention_total = grave.len();
        self.attention = grave
            .iter()
            .take(super::Overview::ATTENTION_MAX)
            .map(|row| row.attention())
            .collect();
        self.presence = self.known.map(|_| {
            let mut counts = Presences::default();
            for presence in self.rows.iter().filter_map(|row| row.presence) {
                let count = match presence {
                    Presence::Online => &mut counts.online,
                    Presence::Late => &mut counts.late,
                    Presence::Silent => &mut counts.silent,
                    Presence::Quarantined => &mut counts.quarantined,
                    Presence::Gone => &mut counts.gone,
                };
                *count += 1;
            }
            counts
        });
        self.standing = self.stages.map(|_| {
            let mut counts = BTreeMap::new();
            for standing in crate::node::STANDINGS {
                counts.insert(standing_label(standing), 0);
            }
            for standing in self.rows.iter().filter_map(|row| row.standing) {
                *counts.entry(standing_label(standing)).or_insert(0) += 1;
            }
            counts
        });
    }
}
