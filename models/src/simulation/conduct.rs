//! How a simulated rig behaves.

/// What a rig does with its shares.
#[derive(Debug, Clone, PartialEq)]
pub enum Conduct {
    /// Sends every share it finds, and nothing else.
    Honest,
    /// Sends results made up at random below its target, with nonces from anywhere in its slot.
    Forger,
    /// Sends results made up at random below its target, at the pace and with the nonces that an
    /// honest rig of its hash rate would have: only a proof can tell.
    CarefulForger,
    /// Sends results that it sent before, with new nonces.
    Replayer,
    /// Sends made-up results with the same few nonces in each job.
    ConstantNonces,
    /// Keeps back shares that are worth more than `above` times what it was asked for.
    Withholder {
        /// Multiple of the asked difficulty.
        above: f64,
        /// Part of those that it keeps back, 0 to 1.
        part: f64,
    },
    /// Computes wrongly now and then: a part of its shares have a wrong hash.
    WrongHashes {
        /// Part of its shares, 0 to 1.
        part: f64,
    },
    /// Skips nonces, to look faster than it is.
    OdometerLiar {
        /// Nonces it claims to have tried for each that it tried.
        stride: u32,
    },
    /// Sends the nonces of another rig's shares, as its own, with results of its own making.
    CloneOf {
        /// Place of the other rig in the farm.
        rig: usize,
    },
    /// Honest for a number of shares, something else from then on.
    Sleeper {
        /// Shares before it shows its other face.
        honest_shares: u64,
        /// What it does then.
        then: Box<Conduct>,
    },
}

impl Conduct {
    /// Whether it copies another rig, now or later.
    pub(super) fn copies(&self) -> bool {
        match self {
            Self::CloneOf { .. } => true,
            Self::Sleeper { then, .. } => then.copies(),
            Self::Honest
            | Self::Forger
            | Self::CarefulForger
            | Self::Replayer
            | Self::ConstantNonces
            | Self::Withholder { .. }
            | Self::WrongHashes { .. }
            | Self::OdometerLiar { .. } => false,
        }
    }
}
