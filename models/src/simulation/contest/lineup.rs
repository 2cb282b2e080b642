//! Who takes part.

use super::ours::{Hearing, Ours};
use super::policy::{Bans, NodejsPool, Policy, ProveAll, ProveNothing};

/// A policy by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Entrant {
    /// [`ProveNothing`].
    ProveNothing,
    /// [`ProveAll`].
    ProveAll,
    /// [`NodejsPool`]: its sampling alone.
    NodejsPool,
    /// [`NodejsPool`]: its sampling, and its ban against the rig.
    NodejsPoolBans,
    /// [`Ours`], deaf to the filters.
    OursDeaf,
    /// [`Ours`].
    Ours,
}

impl Entrant {
    /// Its name in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ProveNothing => "prove nothing",
            Self::ProveAll => "prove all",
            Self::NodejsPool => "nodejs-pool",
            Self::NodejsPoolBans => "nodejs-pool + bans",
            Self::OursDeaf => "ours, no filters",
            Self::Ours => "ours",
        }
    }

    /// The policy, before its first share.
    #[must_use]
    pub fn policy(self, rigs: usize, alpha: f64) -> Box<dyn Policy + Send> {
        match self {
            Self::ProveNothing => Box::new(ProveNothing),
            Self::ProveAll => Box::new(ProveAll),
            Self::NodejsPool => Box::new(NodejsPool::for_rigs(rigs, Bans::None)),
            Self::NodejsPoolBans => Box::new(NodejsPool::for_rigs(rigs, Bans::OfRigs)),
            Self::OursDeaf => Box::new(Ours::new(alpha, rigs, Hearing::Nothing)),
            Self::Ours => Box::new(Ours::new(alpha, rigs, Hearing::Evidence)),
        }
    }
}

/// A policy with or without the budget's limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Entry {
    /// Which.
    pub entrant: Entrant,
    /// Held to the budget.
    pub limited: bool,
}

impl Entry {
    /// Everyone at the budget, and those who would use more without a limit.
    pub const ALL: [Self; 9] = [
        Self::at_budget(Entrant::ProveNothing),
        Self::at_budget(Entrant::ProveAll),
        Self::at_budget(Entrant::NodejsPool),
        Self::at_budget(Entrant::NodejsPoolBans),
        Self::at_budget(Entrant::OursDeaf),
        Self::at_budget(Entrant::Ours),
        Self::without_limit(Entrant::ProveAll),
        Self::without_limit(Entrant::NodejsPool),
        Self::without_limit(Entrant::Ours),
    ];

    /// Held to the budget.
    #[must_use]
    pub const fn at_budget(entrant: Entrant) -> Self {
        Self {
            entrant,
            limited: true,
        }
    }

    /// Free to prove what it wants.
    #[must_use]
    pub const fn without_limit(entrant: Entrant) -> Self {
        Self {
            entrant,
            limited: false,
        }
    }
}
