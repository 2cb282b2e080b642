//! A Monero node that answers and publishes anything.

use zartrux_models::node_rpc::{
    BadReply, NodeFault, NodeNotice, parse_block_header, parse_block_template, parse_get_info,
    parse_notice, parse_submit_block,
};

use crate::Reached;
use crate::template::kind;

/// Bytes that a fault's words may have: the node's own are bounded, and some of ours around them.
const LONGEST: usize = 600;

/// Reads a reply or notice. The first byte of `data` says which: `t` a template, `i` a node's
/// state, `s` the answer to a block, `h` the header of block 7, anything else a notice; the rest is the body.
///
/// # Panics
/// A template that is not the one of the reply's own hashing blob, or words of a node that are not
/// bounded or could start a line of their own.
pub fn node_reply(data: &[u8]) -> Reached {
    let [which, body @ ..] = data else {
        return Reached::new();
    };
    let answer = match which {
        b't' => parse_block_template(body, 8).map(|reply| {
            let blob = reply.template.blob(reply.template.extra_as_given());
            assert!(reply.template.agrees_with(blob.as_bytes()));
            assert_eq!(reply.template.extra_at(), reply.reserved_offset + 8);
            "template"
        }),
        b'i' => parse_get_info(body).map(|info| {
            assert_harmless(&info.version);
            if info.is_ready() {
                "ready"
            } else {
                "not ready"
            }
        }),
        b's' => parse_submit_block(body).map(|()| "taken"),
        b'h' => parse_block_header(body, 7).map(|found| match found {
            Some(_) => "header",
            None => "no such height",
        }),
        _ => parse_notice(body)
            .map(|notice| match notice {
                NodeNotice::Chain(chain) => {
                    assert!(chain.blocks > 0);
                    "chain"
                }
                NodeNotice::Miner(_) => "miner data",
                NodeNotice::Other => "other topic",
            })
            .map_err(NodeFault::Bad),
    };
    Reached::from([answer.unwrap_or_else(|fault| told(&fault))])
}

fn told(fault: &NodeFault) -> &'static str {
    assert_harmless(&fault.to_string());
    match fault {
        NodeFault::Refused(refusal) => refusal.class().label(),
        NodeFault::Status(_) => "status",
        NodeFault::Bad(BadReply::Long { .. }) => "long",
        NodeFault::Bad(BadReply::NotJson(_)) => "not JSON",
        NodeFault::Bad(BadReply::Shape(_)) => "shape",
        NodeFault::Bad(BadReply::Missing(_)) => "missing",
        NodeFault::Bad(BadReply::Field { .. }) => "bad field",
        NodeFault::Bad(BadReply::Template(fault)) => kind(fault),
        NodeFault::Bad(BadReply::Layout { .. }) => "layout",
    }
}

fn assert_harmless(words: &str) {
    assert!(words.len() <= LONGEST, "{words:?}");
    assert!(!words.contains(char::is_control), "{words:?}");
}
