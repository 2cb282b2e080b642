//! The newest headers, and how they follow the node's chain.

use zartrux_models::learn::difficulty::{BadHeaders, BlockHeader, HeaderChain};

use super::rpc::{LinkedHeader, NodeRpc, RpcFault};

/// Headers that are kept: four days, of which a forecast's errors are learnt.
pub(super) const KEPT: u64 = 3_000;

/// Headers that are read again to find where two chains part, in turn.
const OVERLAPS: [u64; 3] = [10, 100, 1_000];

/// Why the headers were not brought up to date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum HeldFault {
    #[error(transparent)]
    Rpc(#[from] RpcFault),
    #[error(transparent)]
    Bad(#[from] BadHeaders),
}

/// Headers that follow each other, by their hashes too.
#[derive(Debug, Default)]
pub(super) struct Held(Vec<LinkedHeader>);

impl Held {
    fn at(&self, height: u64) -> Option<&LinkedHeader> {
        let place = height.checked_sub(self.0.first()?.header.height)?;
        self.0.get(usize::try_from(place).ok()?)
    }

    /// Reads what is new; where the node left a branch, from before that on. The new chain if there
    /// is one. After a fault everything is as it was.
    pub(super) fn follow(&mut self, node: &NodeRpc) -> Result<Option<HeaderChain>, HeldFault> {
        let tip = node.last_header()?;
        if self.0.last().is_some_and(|held| held.hash == tip.hash) {
            return Ok(None);
        }
        let top = tip.header.height;
        let oldest = top.saturating_sub(KEPT - 1);
        if let Some(newest) = self.0.last() {
            let common_top = newest.header.height.min(top);
            for overlap in OVERLAPS {
                let from = common_top.saturating_sub(overlap - 1);
                if from <= oldest {
                    break;
                }
                let Some(held) = self.at(from).copied() else {
                    break;
                };
                let new = node.headers(from, top)?;
                if new.first().is_some_and(|first| first.hash == held.hash) {
                    let kept = self.0.iter().take_while(|held| held.header.height < from);
                    let kept = kept.filter(|held| held.header.height >= oldest);
                    return self.take(kept.copied().chain(new).collect()).map(Some);
                }
            }
        }
        let all = node.headers(oldest, top)?;
        self.take(all).map(Some)
    }

    fn take(&mut self, headers: Vec<LinkedHeader>) -> Result<HeaderChain, HeldFault> {
        let plain: Vec<BlockHeader> = headers.iter().map(|linked| linked.header).collect();
        let chain = HeaderChain::new(plain)?;
        self.0 = headers;
        Ok(chain)
    }
}
