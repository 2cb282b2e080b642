//! Names of what the journal tells. Their places are stored, so new ones are added at the end.

/// Why a lease ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LeaseEnd {
    /// Its miner left.
    Left,
    /// It was nearly used up, and another took its place.
    Renewed,
    /// Its miner sits on another pool session now.
    Moved,
    /// What was to take its place was gone with a pool's connection.
    UpstreamLost,
    /// Its miner was turned away, or we were leaving.
    TurnedAway,
    /// Its miner was dropped for what it did, or did not do.
    Dropped,
}

impl LeaseEnd {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Left,
        Self::Renewed,
        Self::Moved,
        Self::UpstreamLost,
        Self::TurnedAway,
        Self::Dropped,
    ];

    /// A name for records.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Renewed => "renewed",
            Self::Moved => "moved",
            Self::UpstreamLost => "upstream_lost",
            Self::TurnedAway => "turned_away",
            Self::Dropped => "dropped",
        }
    }
}

/// What an alert is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertKind {
    /// The store can't write.
    StoreFailing,
    /// The disk is nearly full.
    DiskLow,
    /// A rig that mined sends nothing.
    RigSilent,
    /// A rig has become slower.
    RigSlower,
    /// A rig is in quarantine.
    RigQuarantined,
    /// No upstream serves.
    NoUpstream,
    /// An upstream refuses more shares than it should.
    UpstreamRefuses,
    /// A filter is left out.
    StageBypassed,
    /// The prover fails, or can't keep up.
    ProverFailing,
    /// The books do not balance.
    BooksUnbalanced,
    /// The journal has a gap.
    JournalGap,
    /// An upstream has banned us.
    UpstreamBanned,
    /// Another upstream than the preferred one serves.
    Failover,
    /// A model turned worse, and the one before it is in force.
    ModelRolledBack,
    /// Another wallet is paid than before.
    WalletChanged,
    /// The process has more memory than it may, and no further miners are let in.
    MemoryFull,
}

impl AlertKind {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::StoreFailing,
        Self::DiskLow,
        Self::RigSilent,
        Self::RigSlower,
        Self::RigQuarantined,
        Self::NoUpstream,
        Self::UpstreamRefuses,
        Self::StageBypassed,
        Self::ProverFailing,
        Self::BooksUnbalanced,
        Self::JournalGap,
        Self::UpstreamBanned,
        Self::Failover,
        Self::ModelRolledBack,
        Self::WalletChanged,
        Self::MemoryFull,
    ];

    /// Place in [`Self::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.label() == label)
    }

    /// A name for records.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::StoreFailing => "store_failing",
            Self::DiskLow => "disk_low",
            Self::RigSilent => "rig_silent",
            Self::RigSlower => "rig_slower",
            Self::RigQuarantined => "rig_quarantined",
            Self::NoUpstream => "no_upstream",
            Self::UpstreamRefuses => "upstream_refuses",
            Self::StageBypassed => "stage_bypassed",
            Self::ProverFailing => "prover_failing",
            Self::BooksUnbalanced => "books_unbalanced",
            Self::JournalGap => "journal_gap",
            Self::UpstreamBanned => "upstream_banned",
            Self::Failover => "failover",
            Self::ModelRolledBack => "model_rolled_back",
            Self::WalletChanged => "wallet_changed",
            Self::MemoryFull => "memory_full",
        }
    }
}

/// How a block that was found for a node stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlockFate {
    /// A miner found it, and the node gets it.
    Found,
    /// It is in the chain.
    Accepted,
    /// Another block is in its place.
    Stale,
    /// The node does not take it.
    Refused,
    /// It was given up: nobody knows whether the node has it.
    Lost,
}

impl BlockFate {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Found,
        Self::Accepted,
        Self::Stale,
        Self::Refused,
        Self::Lost,
    ];

    /// Place in [`Self::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// A name for records.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::Accepted => "accepted",
            Self::Stale => "stale",
            Self::Refused => "refused",
            Self::Lost => "lost",
        }
    }
}

/// What became of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ModelChange {
    /// It was read, and is in force.
    Loaded,
    /// It runs beside the one in force, and decides nothing.
    Shadow,
    /// It was better, and is in force.
    Promoted,
    /// It turned worse, and the one before it is in force.
    RolledBack,
    /// It is no longer used.
    Retired,
    /// It was not let in.
    Refused,
}

impl ModelChange {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Loaded,
        Self::Shadow,
        Self::Promoted,
        Self::RolledBack,
        Self::Retired,
        Self::Refused,
    ];

    /// A name for records.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Loaded => "loaded",
            Self::Shadow => "shadow",
            Self::Promoted => "promoted",
            Self::RolledBack => "rolled_back",
            Self::Retired => "retired",
            Self::Refused => "refused",
        }
    }
}

/// What a model is for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum ModelSlot {
    /// Which shares are refused.
    Outcome,
    /// How groups of rigs behave.
    Behaviour,
    /// In which order nonces are handed out.
    Ranking,
    /// How the network's difficulty goes on.
    Difficulty,
}

impl ModelSlot {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Outcome,
        Self::Behaviour,
        Self::Ranking,
        Self::Difficulty,
    ];

    /// A name for records.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Outcome => "outcome",
            Self::Behaviour => "behaviour",
            Self::Ranking => "ranking",
            Self::Difficulty => "difficulty",
        }
    }
}
