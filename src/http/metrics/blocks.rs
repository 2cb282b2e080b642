//! Blocks that were found for nodes of our own, by `host:port`.

use std::collections::BTreeMap;
use std::fmt;

use zartrux_actors::node_session::NodeReport;
use zartrux_models::ledger::BlockFate;

use super::writer::Writer;
use crate::node::NodeView;

/// What all lanes have counted of each node; one that is listed twice is one.
fn nodes(view: &NodeView) -> BTreeMap<&str, NodeReport> {
    let mut nodes: BTreeMap<&str, NodeReport> = BTreeMap::new();
    for (place, lane) in view.lanes().iter().flat_map(|lane| lane.nodes()) {
        let Some(name) = view.upstream_name(place) else {
            continue;
        };
        let node = nodes.entry(name).or_default();
        for (mine, theirs) in node.blocks.iter_mut().zip(lane.blocks) {
            *mine += theirs;
        }
        node.waiting += lane.waiting;
        // The slowest lane's.
        node.notice_micros = node.notice_micros.max(lane.notice_micros);
    }
    nodes
}

pub(super) fn write(writer: &mut Writer<'_, '_>, view: &NodeView) -> fmt::Result {
    let nodes = nodes(view);
    let fates = nodes.iter().flat_map(|(name, node)| {
        let fates = BlockFate::ALL.map(BlockFate::label);
        let each = fates.into_iter().zip(node.blocks);
        each.map(|(fate, count)| ([*name, fate], count))
    });
    writer.counters(
        (
            "zartrux_blocks",
            "Blocks found for a node, and what became of them: one that has ended is counted under both",
        ),
        ["upstream", "outcome"],
        fates,
    )?;
    let waiting = nodes.iter().map(|(name, node)| ([*name], node.waiting));
    writer.gauges(
        (
            "zartrux_blocks_waiting",
            "Blocks that are not known to be in the chain, or out of it",
        ),
        ["upstream"],
        waiting,
    )?;
    let notices = nodes
        .iter()
        .filter_map(|(name, node)| Some(([*name], node.notice_micros? as f64 / 1e6)));
    writer.gauges(
        (
            "zartrux_upstream_notice_seconds",
            "From a node's last notice of a new block to the job that came of it, of the slowest lane",
        ),
        ["upstream"],
        notices,
    )
}
