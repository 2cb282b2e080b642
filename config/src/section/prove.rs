//! `[prove]`: recomputing hashes before shares leave the farm.

use std::time::Duration;

use super::any_time;
use crate::reader::{Section, accept};
use crate::value::Probability;

/// `[prove]`: recomputing hashes before shares leave the farm.
#[derive(Debug, Clone, PartialEq)]
pub struct Prove {
    /// How hashes are recomputed.
    pub mode: ProveMode,
    /// Threads that recompute, up to 256; 0 chooses by the machine.
    pub threads: usize,
    /// Most shares waiting to be proved, 1 to 1,048,576.
    pub queue: usize,
    /// How long an upstream share of a rig that has earned trust waits for its proof.
    pub deadline: Duration,
    /// The same for a rig that has not; not below `deadline`.
    pub deadline_unknown: Duration,
    /// The same for a rig in quarantine: what is not proved by then stays home.
    pub quarantine_deadline: Duration,
    /// Probability that a share is proved which meets the miner's own target only.
    pub sample: Probability,
    /// Part of the measured capacity to prove that sampling may use.
    pub budget: Probability,
}

/// How hashes are recomputed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProveMode {
    /// With 256 MiB of memory: slow, ready at once.
    Light,
    /// With 2.3 GiB of memory: several times faster, after a minute of preparation.
    Fast,
    /// Not at all: every well-formed share is forwarded.
    Off,
}

pub(crate) const PROVE_MODES: [(&str, ProveMode); 3] = [
    ("light", ProveMode::Light),
    ("fast", ProveMode::Fast),
    ("off", ProveMode::Off),
];

impl Default for Prove {
    fn default() -> Self {
        Self {
            mode: ProveMode::Light,
            threads: 0,
            queue: 1024,
            deadline: Duration::from_millis(250),
            deadline_unknown: Duration::from_secs(3),
            quarantine_deadline: Duration::from_secs(30),
            sample: Probability::ONE_IN_TWENTY,
            budget: Probability::HALF,
        }
    }
}

impl Prove {
    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        Self {
            mode: section.value("mode", default.mode, accept::choice(&PROVE_MODES)),
            threads: section.value("threads", default.threads, accept::whole(0..=256)),
            queue: section.value("queue", default.queue, accept::whole(1..=1 << 20)),
            deadline: section.value("deadline", default.deadline, accept::duration(any_time())),
            deadline_unknown: section.value(
                "deadline_unknown",
                default.deadline_unknown,
                accept::duration(any_time()),
            ),
            quarantine_deadline: section.value(
                "quarantine_deadline",
                default.quarantine_deadline,
                accept::duration(any_time()),
            ),
            sample: section.value("sample", default.sample, accept::probability),
            budget: section.value("budget", default.budget, accept::probability),
        }
    }
}
