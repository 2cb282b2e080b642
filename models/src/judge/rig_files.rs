//! The files of all rigs, bounded.

use std::collections::HashMap;
use std::time::Instant;

use crate::keyed_hash::KeyedHash;
use crate::share::RigKey;

use super::rig_file::RigFile;
use super::{JudgePolicy, ProofNoted, QuarantineChange};

/// How much longer a rig in quarantine is remembered: to go away must not be a way out.
const LONGER_IN_QUARANTINE: u32 = 4;

/// What is remembered of rigs.
#[derive(Debug, Default)]
pub(super) struct RigFiles {
    files: HashMap<RigKey, RigFile, KeyedHash>,
    quarantined: usize,
}

impl RigFiles {
    /// A rig's file, opened if there is none.
    pub(super) fn of(&mut self, policy: &JudgePolicy, rig: RigKey, now: Instant) -> &mut RigFile {
        let most = policy.max_rigs.max(1);
        if self.files.len() >= most && !self.files.contains_key(&rig) {
            self.make_room(most);
        }
        self.files.entry(rig).or_insert_with(|| RigFile::new(now))
    }

    /// Takes in a file from an earlier run, unless the rig has been heard of since; whether it did.
    pub(super) fn take_back(&mut self, policy: &JudgePolicy, rig: RigKey, kept: RigFile) -> bool {
        let known = self.files.get(&rig);
        if known.is_some_and(|known| known.last_heard() >= kept.last_heard()) {
            return false;
        }
        let in_quarantine = kept.quarantine.is_some();
        let file = self.of(policy, rig, kept.last_seen);
        let was_in_quarantine = file.quarantine.is_some();
        *file = kept;
        self.quarantined += usize::from(in_quarantine);
        self.quarantined = self
            .quarantined
            .saturating_sub(usize::from(was_in_quarantine));
        self.shed_quarantined(policy.max_rigs.max(1));
        self.files.contains_key(&rig)
    }

    /// A proof came.
    pub(super) fn proof_came(
        &mut self,
        policy: &JudgePolicy,
        proof: &ProofNoted,
    ) -> QuarantineChange {
        let change = self.of(policy, proof.rig, proof.now).proof_came(proof);
        match change {
            QuarantineChange::Entered => {
                self.quarantined += 1;
                self.shed_quarantined(policy.max_rigs.max(1));
            }
            QuarantineChange::Left => self.quarantined = self.quarantined.saturating_sub(1),
            QuarantineChange::Unchanged => {}
        }
        change
    }

    /// A proof did not come.
    pub(super) fn proof_missed(&mut self, rig: RigKey) {
        if let Some(file) = self.files.get_mut(&rig) {
            file.proof_missed();
        }
    }

    /// A rig's file, if there is one.
    pub(super) fn get(&self, rig: RigKey) -> Option<&RigFile> {
        self.files.get(&rig)
    }

    /// All files, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (RigKey, &RigFile)> {
        self.files.iter().map(|(rig, file)| (*rig, file))
    }

    /// How many rigs are remembered.
    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// How many of them are in quarantine.
    pub(super) const fn quarantined(&self) -> usize {
        self.quarantined
    }

    /// Forgets rigs that have sent nothing for long; how many.
    pub(super) fn forget_idle(&mut self, policy: &JudgePolicy, now: Instant) -> usize {
        let before = self.files.len();
        let longer = policy.forget_after.saturating_mul(LONGER_IN_QUARANTINE);
        self.files.retain(|_, file| {
            let after = match file.quarantine {
                Some(_) => longer,
                None => policy.forget_after,
            };
            now.saturating_duration_since(file.last_seen) <= after
        });
        let in_quarantine = self.files.values().filter(|file| file.quarantine.is_some());
        self.quarantined = in_quarantine.count();
        before - self.files.len()
    }

    /// Rigs in quarantine that are remembered: half of all. What is beyond is shed, so that one
    /// who makes up names to be proved bad by cannot crowd out those who mine.
    fn most_quarantined(most: usize) -> usize {
        (most / 2).max(1)
    }

    /// Files that go at once when some must: a sixteenth, so that the search for the idlest is
    /// paid by as many new rigs.
    fn batch(most: usize) -> usize {
        (most / 16).max(1)
    }

    /// Drops the idlest. Rigs in quarantine go first while they take up more than a quarter: what
    /// one bad name does must not cost an honest rig its file. Up to a quarter they are kept
    /// before all others, so that nobody gets out of quarantine by making up names.
    fn make_room(&mut self, most: usize) {
        let surplus = (self.files.len() + 1).saturating_sub(most);
        let count = surplus.max(Self::batch(most));
        let spare = self.quarantined.saturating_sub(most / 4).min(count);
        let dropped = self.drop_idlest(true, spare);
        let dropped = dropped + self.drop_idlest(false, count - dropped);
        // Where hardly any others are left.
        self.drop_idlest(true, surplus.saturating_sub(dropped));
    }

    /// Drops the idlest in quarantine when there are too many.
    fn shed_quarantined(&mut self, most: usize) {
        let surplus = self
            .quarantined
            .saturating_sub(Self::most_quarantined(most));
        if surplus > 0 {
            self.drop_idlest(true, surplus.max(Self::batch(most)));
        }
    }

    /// How many went.
    fn drop_idlest(&mut self, in_quarantine: bool, count: usize) -> usize {
        let is_meant = |file: &RigFile| file.quarantine.is_some() == in_quarantine;
        let mut heard: Vec<Instant> = self
            .files
            .values()
            .filter(|file| is_meant(file))
            .map(RigFile::last_heard)
            .collect();
        let count = count.min(heard.len());
        let Some(last) = count.checked_sub(1) else {
            return 0;
        };
        let (_, last_heard, _) = heard.select_nth_unstable(last);
        let last_heard = *last_heard;
        let mut left = count;
        self.files.retain(|_, file| {
            let goes = left > 0 && is_meant(file) && file.last_heard() <= last_heard;
            left -= usize::from(goes);
            !goes
        });
        if in_quarantine {
            self.quarantined = self.quarantined.saturating_sub(count);
        }
        count
    }
}
