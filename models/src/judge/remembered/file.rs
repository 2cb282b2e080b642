//! Between a rig's file and what is written down of it.

use std::time::Instant;

use super::{Difficulty, QuarantineRemembered, RigRemembered, ShareId, instant_of, unix_of};
use crate::judge::quarantine::Quarantine;
use crate::judge::rig_file::RigFile;
use crate::judge::suspicion::Suspicion;
use crate::judge::trust::Trust;

impl RigRemembered {
    /// What is to be written of a file, if the wall clock shows `unix_ms` at `now`.
    pub(in crate::judge) fn of(file: &RigFile, now: Instant, unix_ms: u64) -> Self {
        let (suspect, vouched) = file.suspicion.parts();
        Self {
            last_seen_ms: unix_of(file.last_seen, now, unix_ms),
            asked: file.asked,
            trust_work: file.trust.work(),
            good_proofs: file.trust.good_proofs(),
            suspect,
            vouched,
            quarantine: file
                .quarantine
                .map(|quarantine| quarantine.remembered(|then| unix_of(then, now, unix_ms))),
            quarantines: file.quarantines,
            joined: file.joined,
            strongest: file.strongest,
            chance: file.chance,
            proofs: file.proofs,
        }
    }

    /// The file that it was written of.
    pub(in crate::judge) fn file(&self, now: Instant, unix_ms: u64) -> RigFile {
        let then = |ms| instant_of(ms, now, unix_ms);
        RigFile {
            last_seen: then(self.last_seen_ms),
            asked: self.asked,
            trust: Trust::of_parts(self.trust_work, self.good_proofs),
            suspicion: Suspicion::of_parts(self.suspect, self.vouched),
            quarantine: self
                .quarantine
                .map(|kept| Quarantine::resumed(&kept, then(kept.since_ms))),
            // The present one is one, whatever was written.
            quarantines: self.quarantines.max(u32::from(self.quarantine.is_some())),
            joined: self.joined,
            strongest: self.strongest,
            chance: self.chance,
            proofs: self.proofs,
        }
    }
}

impl QuarantineRemembered {
    /// The difficulty of a first bad share that asks for no less work.
    pub(super) fn worst_asked(&self) -> Difficulty {
        Difficulty::new(self.needed.div_ceil(Quarantine::WORK))
    }

    /// The share that was proved bad.
    pub(in crate::judge) const fn share_id(&self) -> ShareId {
        ShareId::from_bits(self.share)
    }
}
