//! What a lane begins with from an earlier run of the process.

use std::fmt;
use std::sync::Arc;

use zartrux_models::share::RigKey;

use super::LaneArgs;
use crate::filters::StatesCollected;
use crate::miner_sessions::RateMemory;
use crate::node_session::KeptBlocks;
use crate::rigs::RigBoard;

/// What is remembered of rigs and of blocks; nothing by default.
#[derive(Clone)]
pub struct Remembered {
    /// How fast they were.
    pub rate: Arc<dyn RateMemory>,
    /// What the judge knew of them: what [`RigBoard::changed_since_last`] told.
    pub judge: Vec<(RigKey, Box<[u8]>)>,
    /// What each filter remembered of them: what the stages' answers told.
    pub filters: Vec<StatesCollected>,
    /// Blocks that were not settled, and where others are kept.
    pub blocks: KeptBlocks,
}

impl Default for Remembered {
    fn default() -> Self {
        Self {
            rate: Arc::new(|_: RigKey| None),
            judge: Vec::new(),
            filters: Vec::new(),
            blocks: KeptBlocks::default(),
        }
    }
}

impl fmt::Debug for Remembered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = |of: &StatesCollected| (of.stage, of.states.len());
        f.debug_struct("Remembered")
            .field("judge", &self.judge.len())
            .field(
                "filters",
                &self.filters.iter().map(stage).collect::<Vec<_>>(),
            )
            .finish_non_exhaustive()
    }
}

impl Remembered {
    /// Gives the judge back what it knew. What can't be read is left out and told of.
    pub(super) fn restore_judge(&self, args: &LaneArgs, board: &RigBoard) {
        let (now, unix_ms) = (args.clock.now(), args.clock.unix_millis());
        let mut unreadable = 0_usize;
        for (rig, bytes) in &self.judge {
            if let Err(why) = board.restore(&args.judge, *rig, bytes, now, unix_ms) {
                tracing::debug!(%rig, %why, "what was written of a rig is left out");
                unreadable += 1;
            }
        }
        if unreadable > 0 {
            let (lane, of) = (args.index, self.judge.len());
            tracing::warn!(
                lane,
                unreadable,
                of,
                "not all that the judge knew of rigs can be read"
            );
        }
    }
}
