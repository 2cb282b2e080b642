//! A node that answers, publishes and falls silent in any order, and blocks that are found meanwhile.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use zartrux_models::node_rpc::{
    NodeNotice, parse_block_header, parse_block_template, parse_get_info, parse_notice,
    parse_submit_block,
};
use zartrux_models::plan::SlotPlan;
use zartrux_models::session::{
    BlockQuestion, FoundBlock, FoundBlocks, NodeEffect, NodeProtocol, NodeQuestion, NodeTiming,
    NodeTrouble, block_id,
};
use zartrux_models::stratum::JobLine;
use zartrux_models::work::{Difficulty, IssuedJob, JobKey, Nonce, Slot, Work};

use crate::Reached;
use crate::json_line::assert_one_json_line;
use crate::recorded::origin;
use crate::words::assert_one_line;

/// Lines of one input that are looked at.
const LINES: usize = 96;
const TIMING: NodeTiming = NodeTiming {
    poll: Duration::from_secs(1),
    retry: Duration::from_secs(2),
};

/// A node's session fed with the lines of `data`.
///
/// The first byte of a line says what it is: `a` the answer to what was asked (of whatever sort:
/// a node may answer anything), `n` a notice; bytes 1 to 5 are none of the node's: time passes, it
/// falls silent, a block is found, as many as wait at once at most, and time passes for long.
///
/// # Panics
/// Two questions at once, a job of a node that is lost or none of one that serves, a block that is
/// settled twice or never asked about, words that are not bounded.
pub fn node_session(data: &[u8]) -> Reached {
    let mut node = Node::new();
    for line in data.split(|byte| *byte == b'\n').take(LINES) {
        match line {
            [] => {}
            [1, ..] => node.pass(Duration::from_millis(500)),
            [2, ..] => node.answer(None),
            [3, ..] => node.find(),
            [4, ..] => (0..FoundBlocks::MOST).for_each(|_| node.find()),
            [5, ..] => node.pass(NodeProtocol::AWAY),
            [b'n', frame @ ..] => node.publish(frame),
            [_, body @ ..] => node.answer(Some(body)),
        }
        node.check();
    }
    node.reached
}

struct Node {
    core: NodeProtocol,
    blocks: FoundBlocks,
    now: Instant,
    asked: Option<NodeQuestion>,
    asked_of_blocks: Option<BlockQuestion>,
    unsettled: BTreeSet<u64>,
    away: bool,
    found: u32,
    reached: Reached,
}

impl Node {
    fn new() -> Self {
        let now = start();
        Self {
            core: NodeProtocol::new(TIMING, [7; NodeProtocol::PREFIX_LEN], now),
            blocks: FoundBlocks::default(),
            now,
            asked: None,
            asked_of_blocks: None,
            unsettled: BTreeSet::new(),
            away: false,
            found: 0,
            reached: Reached::new(),
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        let was_away = self.away;
        if let Some(effect) = self.core.on_tick(self.now) {
            assert!(was_away, "only who is away is given up by time");
            self.take(&effect);
        }
        assert!(
            self.core
                .deadline()
                .is_none_or(|at| { at > self.now || self.asked.is_none() })
        );
    }

    fn ask(&mut self) {
        match self.core.next_question(self.now) {
            Some(question) => {
                assert_eq!(self.asked, None, "two questions at once");
                self.asked = Some(question);
            }
            None => {
                let due = self.core.deadline().is_some_and(|at| at <= self.now);
                assert!(self.asked.is_some() || !due || self.away, "not asked");
            }
        }
        if let Some(question) = self.blocks.next_question(self.now) {
            assert_eq!(self.asked_of_blocks, None, "two questions at once");
            self.asked_of_blocks = Some(question);
        }
    }

    /// The node answers what it was asked last, with this body or not at all.
    fn answer(&mut self, body: Option<&[u8]>) {
        self.ask();
        if let Some(question) = self.asked_of_blocks.take() {
            self.answer_of_blocks(&question, body);
            return;
        }
        let silent = || NodeTrouble::unreachable("connection\nrefused");
        match self.asked.take() {
            None => {}
            Some(NodeQuestion::Info) => {
                let info = body
                    .ok_or_else(silent)
                    .and_then(|body| parse_get_info(body).map_err(NodeTrouble::Fault));
                if let Some(effect) = self.core.on_info(info, self.now) {
                    self.take(&effect);
                }
            }
            Some(NodeQuestion::Template) => {
                let reply = body.ok_or_else(silent).and_then(|body| {
                    parse_block_template(body, NodeProtocol::PREFIX_LEN).map_err(NodeTrouble::Fault)
                });
                for effect in self.core.on_template(reply, self.now) {
                    self.take(&effect);
                }
            }
        }
    }

    fn answer_of_blocks(&mut self, question: &BlockQuestion, body: Option<&[u8]>) {
        let silent = || NodeTrouble::unreachable("");
        let settled = match question {
            BlockQuestion::Submit(bytes) => {
                assert!(!bytes.is_empty());
                let answer = body
                    .ok_or_else(silent)
                    .and_then(|body| parse_submit_block(body).map_err(NodeTrouble::Fault));
                self.blocks.on_submitted(answer, self.now)
            }
            BlockQuestion::LookUp(height) => {
                let answer = body
                    .ok_or_else(silent)
                    .and_then(|body| parse_block_header(body, *height).map_err(NodeTrouble::Fault));
                self.blocks.on_looked_up(&answer, self.now)
            }
        };
        if let Some((key, _)) = settled {
            assert!(self.unsettled.remove(&key), "settled twice");
            self.reached.insert("settled");
        }
    }

    fn publish(&mut self, frame: &[u8]) {
        if let Ok(NodeNotice::Chain(notice)) = parse_notice(frame) {
            self.core.on_notice(&notice, self.now);
            self.reached.insert("notice");
        }
    }

    /// A miner finds a block of the present job.
    fn find(&mut self) {
        let Some(job) = self.core.job().cloned() else {
            return;
        };
        let Work::Template(page) = &job.work else {
            panic!("a node gives templates");
        };
        self.found += 1;
        let nonce = Nonce::new(self.found.to_le_bytes());
        let mut hashed = page.blob(Slot(3)).as_bytes().to_vec();
        hashed[39..43].copy_from_slice(nonce.as_bytes());
        let block = FoundBlock {
            id: block_id(&hashed),
            height: job.height.expect("a node tells it"),
            bytes: page.block(Slot(3), nonce).into(),
        };
        match self.blocks.push(block, self.now) {
            Ok(key) => assert!(self.unsettled.insert(key)),
            Err(_) => {
                assert_eq!(self.blocks.len(), FoundBlocks::MOST);
                self.reached.insert("full");
            }
        }
    }

    fn take(&mut self, effect: &NodeEffect) {
        self.reached.insert(match effect {
            NodeEffect::Serves => {
                assert!(!self.away);
                "serves"
            }
            NodeEffect::ServesAgain => {
                assert!(self.away);
                self.away = false;
                "serves again"
            }
            NodeEffect::Job => {
                let job = self.core.job().expect("it says so");
                let issued = IssuedJob {
                    key: JobKey(1),
                    plan: SlotPlan::identity(),
                    origin: origin(1),
                    job: (**job).clone(),
                };
                let mut line = JobLine::render(&issued);
                assert_one_json_line(line.patch(Slot(9), Difficulty::new(100)));
                "job"
            }
            NodeEffect::Away { reason } => {
                assert!(!self.away);
                assert_one_line(reason);
                self.away = true;
                "away"
            }
            NodeEffect::Lost { reason, .. } => {
                assert_one_line(reason);
                assert!(!self.core.has_jobs() && self.core.job().is_none());
                self.away = false;
                "lost"
            }
        });
    }

    fn check(&self) {
        assert_eq!(self.core.has_jobs(), self.core.job().is_some());
        assert_eq!(self.blocks.len(), self.unsettled.len());
        assert_eq!(self.blocks.is_empty(), self.unsettled.is_empty());
        assert!(self.blocks.len() <= FoundBlocks::MOST);
    }
}

/// Some moment: only differences count.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that needs a moment to begin with"
)]
fn start() -> Instant {
    Instant::now()
}
