//! What is asked of a Monero node, and what it answers and publishes.
//!
//! Requests and replies are JSON-RPC over HTTP (`/json_rpc`), notices come over `ZeroMQ`
//! (`--zmq-pub`). Nothing here sends or waits: bodies and frames are arguments. A node's words are
//! taken no more on trust than a pool's: each field is checked and named when it is wrong, and
//! bounded before it is kept.

mod fault;
mod header;
mod info;
mod notice;
mod request;
mod submit;
mod template;
mod wire;

pub use fault::{BadReply, NodeErrorClass, NodeFault, NodeRefusal};
pub use header::{parse_block_header, render_get_block_header};
pub use info::{NodeInfo, NodeNetwork, parse_get_info};
pub use notice::{
    CHAIN_TOPIC, ChainNotice, MINER_TOPIC, MinerNotice, NOTICE_LIMIT, NodeNotice, parse_notice,
};
pub use request::{render_get_block_template, render_get_info, render_submit_block};
pub use submit::parse_submit_block;
pub use template::{NodeDifficulty, TemplateReply, parse_block_template};
pub use wire::REPLY_LIMIT;

#[cfg(test)]
mod tests;
