//! Blocks that an earlier run of the process found, and did not see settled.

use actix::{Context, Handler, Message};
use zartrux_models::session::{BlocksFull, FoundBlock};

use super::blocks::{BlockName, PendingBlock};
use super::{BlockKeep, KeptBlock, NodeSession};
use crate::events::Severity;

/// What a lane knows of blocks from an earlier run, and where it keeps its own; nothing by default.
#[derive(Debug, Clone, Default)]
pub struct KeptBlocks {
    /// Where blocks are kept; none: in memory only.
    pub keep: Option<BlockKeep>,
    /// Those that this lane is to hand in.
    pub found: Vec<KeptBlock>,
}

impl KeptBlocks {
    /// The blocks for each node, of which these answer at these places: one whose node is not there
    /// any more goes to the first, since every node of the network takes it.
    #[must_use]
    pub fn by_place(&self, nodes: &[(usize, &str)]) -> Vec<(usize, Vec<FoundBlock>)> {
        let mut by_place: Vec<(usize, Vec<FoundBlock>)> = Vec::new();
        for KeptBlock { node, block } in &self.found {
            let same = nodes.iter().find(|(_, url)| url == node);
            let Some((place, _)) = same.or_else(|| nodes.first()) else {
                let height = block.height;
                tracing::error!(%node, height, "a block waits for a node, and the settings have none");
                continue;
            };
            match by_place.iter_mut().find(|(at, _)| at == place) {
                Some((_, blocks)) => blocks.push(block.clone()),
                None => by_place.push((*place, vec![block.clone()])),
            }
        }
        by_place
    }
}

/// Hand these in too: their miners are not waited for any more.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct RestoreBlocks(pub Vec<FoundBlock>);

impl Handler<RestoreBlocks> for NodeSession {
    type Result = ();

    fn handle(&mut self, RestoreBlocks(blocks): RestoreBlocks, ctx: &mut Context<Self>) {
        self.guard.health().dequeued();
        self.restored = true;
        for block in blocks {
            self.restore(&block);
        }
        self.stats.waiting(self.pending.len());
        self.turn(ctx);
    }
}

impl NodeSession {
    fn restore(&mut self, block: &FoundBlock) {
        let (now, name) = (self.clock.now(), BlockName::of(block));
        let pushed = self
            .guard
            .transact(&mut self.blocks, |blocks| blocks.push(block.clone(), now));
        match pushed {
            Ok(Ok(key)) => {
                let text = format!("block {name} of an earlier run: the node gets it");
                tracing::info!(node = %self.endpoint.url, block = %name, "a kept block is handed in");
                self.tell(Severity::Info, "block_kept", &text);
                let pending = PendingBlock {
                    ticket: None,
                    since: now,
                    name,
                };
                self.pending.insert(key, pending);
            }
            // It stays where it is kept.
            Ok(Err(BlocksFull)) => tracing::warn!(%name, "left for the next start: too many wait"),
            Err(fault) => tracing::error!(%name, %fault, "left for the next start"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use zartrux_models::work::BlockId;

    use super::*;

    fn found_for(node: &str, height: u64) -> KeptBlock {
        KeptBlock {
            node: node.to_owned(),
            block: FoundBlock {
                id: BlockId::new([1; 32]),
                height,
                bytes: Arc::from([1]),
            },
        }
    }

    #[test]
    fn a_block_goes_to_its_node_and_one_whose_node_is_gone_to_the_first() {
        let kept = KeptBlocks {
            keep: None,
            found: vec![
                found_for("http://b:1", 1),
                found_for("http://gone:1", 2),
                found_for("http://b:1", 3),
            ],
        };
        let nodes = [(0, "http://a:1"), (4, "http://b:1")];
        let heights: Vec<(usize, Vec<u64>)> = kept
            .by_place(&nodes)
            .iter()
            .map(|(at, blocks)| (*at, blocks.iter().map(|block| block.height).collect()))
            .collect();
        assert_eq!(heights, [(4, vec![1, 3]), (0, vec![2])]);
        assert!(kept.by_place(&[]).is_empty());
    }
}
