//! The threads of a node session: HTTP blocks, and a block that was found must not wait for a
//! template.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};

use actix::Message;
use zartrux_models::node_rpc::{
    NodeInfo, TemplateReply, parse_block_header, parse_block_template, parse_get_info,
    parse_submit_block, render_get_block_header, render_get_block_template, render_get_info,
    render_submit_block,
};
use zartrux_models::session::{BlockQuestion, NodeProtocol, NodeQuestion, NodeTrouble};
use zartrux_models::work::BlockId;

use super::client::NodeClient;
use crate::messaging::Post;

/// What a node is asked.
#[derive(Debug)]
pub(super) enum Request {
    Node(NodeQuestion),
    Block(BlockQuestion),
}

/// What it answered.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    Info(Result<NodeInfo, NodeTrouble>),
    Template(Box<Result<TemplateReply, NodeTrouble>>),
    Submitted(Result<(), NodeTrouble>),
    LookedUp(Result<Option<BlockId>, NodeTrouble>),
}

/// An answer came. At most one of each worker is under way.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub(super) struct Answered(pub(super) Answer);

/// A thread that asks one thing after the other; it ends with its owner.
#[derive(Debug)]
pub(super) struct Worker(Option<SyncSender<Request>>);

impl Worker {
    /// Starts one. A thread that can't be had answers nothing: see [`Worker::ask`].
    pub(super) fn start(
        name: &str,
        mut client: NodeClient,
        wallet: String,
        post: Post<Answered>,
    ) -> Self {
        let (tell, told) = sync_channel::<Request>(1);
        let thread = std::thread::Builder::new().name(name.to_owned());
        let started = thread.spawn(move || {
            while let Ok(request) = told.recv() {
                let asked = catch_unwind(AssertUnwindSafe(|| ask(&mut client, &wallet, &request)));
                let answer = asked.unwrap_or_else(|_| {
                    failed(&request, "the question failed with a fault of our own")
                });
                post.send(Answered(answer));
            }
        });
        if let Err(fault) = &started {
            tracing::error!(%fault, name, "no thread to ask the node with");
        }
        Self(started.is_ok().then_some(tell))
    }

    /// Asks; the answer is posted. Some when there is nobody to ask.
    pub(super) fn ask(&self, request: Request) -> Option<Answer> {
        let Some(tell) = &self.0 else {
            return Some(failed(&request, "there is no thread to ask it with"));
        };
        match tell.try_send(request) {
            Ok(()) => None,
            Err(TrySendError::Full(request) | TrySendError::Disconnected(request)) => {
                Some(failed(&request, "the thread that asks it is gone"))
            }
        }
    }
}

/// The answer that there is none.
fn failed(request: &Request, why: &str) -> Answer {
    let trouble = NodeTrouble::unreachable(why);
    match request {
        Request::Node(NodeQuestion::Info) => Answer::Info(Err(trouble)),
        Request::Node(NodeQuestion::Template) => Answer::Template(Box::new(Err(trouble))),
        Request::Block(BlockQuestion::Submit(_)) => Answer::Submitted(Err(trouble)),
        Request::Block(BlockQuestion::LookUp(_)) => Answer::LookedUp(Err(trouble)),
    }
}

fn ask(client: &mut NodeClient, wallet: &str, request: &Request) -> Answer {
    match request {
        Request::Node(NodeQuestion::Info) => Answer::Info(
            client
                .ask(render_get_info())
                .and_then(|body| Ok(parse_get_info(&body)?)),
        ),
        Request::Node(NodeQuestion::Template) => {
            let body = render_get_block_template(wallet, NodeProtocol::RESERVE);
            let reply = client
                .ask(&body)
                .and_then(|body| Ok(parse_block_template(&body, NodeProtocol::PREFIX_LEN)?));
            Answer::Template(Box::new(reply))
        }
        Request::Block(BlockQuestion::Submit(block)) => Answer::Submitted(
            client
                .ask(&render_submit_block(block))
                .and_then(|body| Ok(parse_submit_block(&body)?)),
        ),
        Request::Block(BlockQuestion::LookUp(height)) => Answer::LookedUp(
            client
                .ask(&render_get_block_header(*height))
                .and_then(|body| Ok(parse_block_header(&body, *height)?)),
        ),
    }
}
