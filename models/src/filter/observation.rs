//! What a filter may know of a share.

use super::VerdictsHeard;
use crate::share::{RigKey, Share};
use crate::work::{Difficulty, JobKey, Lateness, ResultHash, Slot, Target};

/// One scan of a rig: an upstream job under a lease. Its nonces are counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ScanKey {
    /// The upstream job.
    pub job: JobKey,
    /// The lease within it.
    pub slot: Slot,
}

/// In which order a miner program tries nonces, as far as its name tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scanner {
    /// xmrig on CPUs: each thread reserves the next block of [`Scanner::BLOCK`] nonces and tries
    /// them one after another.
    XmrigBlocks,
    /// Not known: nothing follows from the order of its nonces.
    Unknown,
}

impl Scanner {
    /// Nonces that an xmrig thread reserves at once (`kReserveCount` of its CPU worker).
    pub const BLOCK: u32 = 32_768;

    /// What a miner's `agent` tells. xmrig sends `XMRig/6.26.0 (Linux x86_64) …`; its CPU worker
    /// reserves blocks of this size since 5.0, and what mines with GPUs says so behind the name.
    #[must_use]
    pub fn of_agent(agent: &str) -> Self {
        let version = agent
            .strip_prefix("XMRig/")
            .and_then(|rest| rest.split('.').next())
            .and_then(|major| major.parse::<u32>().ok());
        let gpu = agent.contains("cuda") || agent.contains("opencl");
        match version {
            Some(6..) if !gpu => Self::XmrigBlocks,
            Some(_) | None => Self::Unknown,
        }
    }
}

/// An admitted share as the filters see it: nothing that only its own verdict could tell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation {
    /// Whose.
    pub rig: RigKey,
    /// Where it was looked for.
    pub scan: ScanKey,
    /// Position of its nonce within the lease, 0 … 2²⁴−1, or 2³²−1 where each lease has a blob of its
    /// own.
    pub counter: u32,
    /// As claimed.
    pub result: ResultHash,
    /// What the rig was asked for in this scan; `None` if it was asked for several targets, so
    /// that nobody knows for which of them it looked.
    pub target: Option<Target>,
    /// The difficulty that it was asked for, the lowest if several.
    pub asked: Difficulty,
    /// For a job that is not the current one any more.
    pub late: bool,
    /// How the rig's program scans.
    pub scanner: Scanner,
    /// What became known of the rig's shares since its one before.
    pub heard: VerdictsHeard,
    /// When it came: milliseconds of a clock that starts anywhere and never goes back within a
    /// run of the process. From one run to the next it may.
    pub at_ms: u64,
}

impl Observation {
    /// An admitted share of a rig.
    #[must_use]
    pub fn of(
        share: &Share,
        rig: RigKey,
        scanner: Scanner,
        heard: VerdictsHeard,
        at_ms: u64,
    ) -> Self {
        Self {
            rig,
            scan: ScanKey {
                job: share.job.key,
                slot: share.slot,
            },
            counter: share.odometer(),
            result: share.result,
            target: (!share.retargeted).then(|| share.asked.target()),
            asked: share.asked,
            late: share.lateness == Lateness::Stale,
            scanner,
            heard,
            at_ms,
        }
    }

    /// Where the result lies between 0 and the target, on [0, 1): uniform for an honest miner.
    /// `None` where the target is not known, or the share only meets the pool's.
    #[must_use]
    pub fn height_below_target(&self) -> Option<f64> {
        let target = self.target?;
        if !target.is_met_by(&self.result) {
            return None;
        }
        #[expect(
            clippy::cast_precision_loss,
            reason = "a ratio; 53 of 64 bits are more than any bet can tell apart"
        )]
        let ratio = self.result.value() as f64 / target.threshold() as f64;
        Some(ratio.min(1.0 - f64::EPSILON))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_xmrig_on_cpus_is_known_to_scan_in_blocks() {
        for (agent, scanner) in [
            (
                "XMRig/6.26.0 (Linux x86_64) libuv/1.51.0 gcc/13.2.0",
                Scanner::XmrigBlocks,
            ),
            (
                "XMRig/6.22.2 (Windows NT 10.0; Win64; x64) cuda/12.2",
                Scanner::Unknown,
            ),
            ("XMRig/2.14.1 (Linux x86_64)", Scanner::Unknown),
            ("xmrig-proxy/6.26.0", Scanner::Unknown),
            ("XMRig/", Scanner::Unknown),
            ("", Scanner::Unknown),
        ] {
            assert_eq!(Scanner::of_agent(agent), scanner, "{agent}");
        }
    }
}
