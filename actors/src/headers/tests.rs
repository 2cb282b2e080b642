//! A node that answers from the recorded chain, errs, lies, and changes its chain.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use zartrux_models::learn::difficulty::Trend;

use super::*;
use crate::supervision::ActorState;

/// Longer than any look takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// How the node answers.
#[derive(Debug, Clone, PartialEq)]
enum Manner {
    Honest,
    /// These bytes instead of JSON.
    Raw(Vec<u8>),
    /// A JSON-RPC error.
    Error,
    /// One header too few.
    Short,
    /// One header asks for nothing.
    Zero,
    /// An answer beyond the limit.
    Endless,
    /// Busy with its own chain.
    Busy,
}

/// Of a block: timestamp, difficulty, cumulative difficulty, and which branch it is on.
type Block = (u64, u64, u64, u8);

#[derive(Debug)]
struct Node {
    blocks: Vec<Block>,
    manner: Manner,
    /// Most headers of an answer so far.
    longest: usize,
}

impl Node {
    fn hash(&self, height: usize) -> String {
        // Stands for everything before: the branch of the last change.
        let branch = self.blocks[..=height].iter().map(|block| block.3).max();
        format!("{:062x}{:02x}", height + 1, branch.unwrap())
    }

    fn header(&self, height: usize) -> Value {
        let (timestamp, difficulty, cumulative, _) = self.blocks[height];
        json!({
            "height": height, "timestamp": timestamp,
            "difficulty": difficulty, "difficulty_top64": 0,
            "cumulative_difficulty": cumulative, "cumulative_difficulty_top64": 0,
            "hash": self.hash(height),
            "prev_hash": height.checked_sub(1).map_or("0".repeat(64), |before| self.hash(before)),
        })
    }

    fn result(&mut self, question: &Value) -> Value {
        let params = &question["params"];
        let height = |name: &str| usize::try_from(params[name].as_u64().unwrap()).unwrap();
        match question["method"].as_str().unwrap() {
            "get_last_block_header" => {
                json!({"block_header": self.header(self.blocks.len() - 1), "status": "OK"})
            }
            "get_block_headers_range" => {
                let heights = height("start_height")..=height("end_height");
                let mut headers: Vec<Value> = heights.map(|height| self.header(height)).collect();
                self.longest = self.longest.max(headers.len());
                if self.manner == Manner::Short {
                    headers.pop();
                }
                if self.manner == Manner::Zero {
                    headers[0]["difficulty"] = json!(0);
                }
                json!({"headers": headers, "status": "OK"})
            }
            other => panic!("{other}"),
        }
    }

    fn body(&mut self, question: &Value) -> Vec<u8> {
        let answer = match &self.manner {
            Manner::Raw(bytes) => return bytes.clone(),
            Manner::Endless => return vec![b' '; 9 << 20],
            Manner::Error => json!({"error": {"code": -32601, "message": "Method not found"}}),
            Manner::Busy => json!({"result": {"status": "BUSY"}}),
            Manner::Honest | Manner::Short | Manner::Zero => {
                json!({"id": "0", "jsonrpc": "2.0", "result": self.result(question)})
            }
        };
        answer.to_string().into_bytes()
    }
}

#[derive(Debug)]
struct FakeNode {
    url: String,
    node: Arc<Mutex<Node>>,
}

impl FakeNode {
    /// With so many of the recorded blocks.
    fn start(length: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let node = Node {
            blocks: recorded(length),
            manner: Manner::Honest,
            longest: 0,
        };
        let node = Arc::new(Mutex::new(node));
        let served = Arc::clone(&node);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // Of a client that went away.
                let _ = stream.and_then(|stream| serve(stream, &served));
            }
        });
        Self { url, node }
    }

    fn change<T>(&self, change: impl FnOnce(&mut Node) -> T) -> T {
        change(&mut self.node.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn serve(stream: TcpStream, node: &Mutex<Node>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
    }
    let mut question = vec![0; length];
    reader.read_exact(&mut question)?;
    let question = serde_json::from_slice(&question).unwrap();
    let body = node
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .body(&question);
    let mut stream = reader.into_inner();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(&body)
}

fn recorded(length: usize) -> Vec<Block> {
    let text = include_str!("../../../tests/fixtures/headers-regtest.csv");
    let block = |line: &str| {
        let cells: Vec<u64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
        (cells[1], cells[2], cells[3], 0)
    };
    text.lines().skip(1).map(block).take(length).collect()
}

/// Puts a branch of the recorded blocks in the place of the newest, one longer.
fn reorganise(node: &mut Node, depth: usize, branch: u8) {
    let length = node.blocks.len() + 1;
    let kept = length - 1 - depth;
    node.blocks = recorded(length);
    for block in &mut node.blocks[kept..] {
        *block = (block.0 + 1, block.1, block.2, branch);
    }
}

fn launched(node: &FakeNode) -> (Arc<HeadersView>, HealthRegistry) {
    let health = HealthRegistry::default();
    let view = HeaderSource::launch(&node.url, &health, Clock).unwrap();
    assert!(view.look_now(PATIENCE));
    (view, health)
}

fn tip(view: &HeadersView) -> (u64, u64) {
    let tip = view.report().chain.as_ref().unwrap().tip();
    (tip.height, tip.unix_s)
}

#[test]
fn headers_are_read_in_parts_and_the_next_difficulty_is_the_nodes() {
    let node = FakeNode::start(1_700);
    let (view, health) = launched(&node);
    let report = view.report();
    assert_eq!(report.error, None);
    assert_eq!(report.missing, None);
    assert_eq!(report.chain.as_ref().unwrap().len(), 1_700);
    let came = recorded(1_701)[1_700].1;
    assert_eq!(report.next, Some(u128::from(came)));
    let first = report.forecast[0];
    assert_eq!((first.blocks, first.class), (1, Trend::Level));
    assert!(report.answered_unix_ms.is_some());
    assert!(node.change(|node| node.longest) <= 1_000);
    let known = health.get(HeaderSource::NAME).unwrap().report();
    assert_eq!(
        (known.state, &*known.note),
        (ActorState::Running, "block 1699")
    );
}

#[test]
fn what_was_forecast_is_held_against_what_came() {
    let node = FakeNode::start(900);
    let (view, _) = launched(&node);
    node.change(|node| node.blocks = recorded(901));
    assert!(view.look_now(PATIENCE));
    let report = view.report();
    let came: Vec<_> = report
        .outturns
        .iter()
        .filter(|outturn| outturn.came.is_some())
        .collect();
    assert_eq!(came.len(), 1);
    assert_eq!((came[0].blocks, came[0].height), (1, 900));
    assert_eq!(came[0].came, Some(came[0].middle));
}

#[test]
fn a_chain_that_changes_is_followed_however_deep() {
    let node = FakeNode::start(1_600);
    let (view, _) = launched(&node);
    for (depth, branch) in [(1, 1), (5, 2), (50, 3), (400, 4), (1_500, 5)] {
        node.change(|node| reorganise(node, depth, branch));
        assert!(view.look_now(PATIENCE));
        let last =
            node.change(|node| (node.blocks.len() as u64 - 1, node.blocks.last().unwrap().0));
        assert_eq!(tip(&view), last, "{depth} blocks deep");
        let report = view.report();
        assert_eq!(report.error, None);
        let held: Vec<u64> = report
            .chain
            .as_ref()
            .unwrap()
            .iter()
            .map(|h| h.unix_s)
            .collect();
        let there: Vec<u64> = node.change(|node| node.blocks.iter().map(|b| b.0).collect());
        assert_eq!(held, there, "{depth} blocks deep");
    }
    // A node that lost blocks.
    node.change(|node| node.blocks.truncate(1_590));
    assert!(view.look_now(PATIENCE));
    assert_eq!(tip(&view).0, 1_589);
}

#[test]
fn an_answer_that_is_no_good_is_told_and_what_was_known_stays() {
    let node = FakeNode::start(900);
    let (view, health) = launched(&node);
    let before = view.report();
    node.change(|node| node.blocks = recorded(905));
    for (manner, told) in [
        (Manner::Raw(b"<html>".to_vec()), "can't be read"),
        (Manner::Raw(b"{}".to_vec()), "it has no result"),
        (Manner::Raw(vec![0xff; 100]), "can't be read"),
        (Manner::Raw(vec![b'['; 1 << 20]), "can't be read"),
        (Manner::Error, "Method not found"),
        (Manner::Busy, "BUSY"),
        (Manner::Short, "headers for"),
        (Manner::Zero, "difficulty: is zero"),
        (Manner::Endless, "can't be read"),
    ] {
        node.change(|node| node.manner = manner.clone());
        assert!(view.look_now(PATIENCE));
        let report = view.report();
        let error = report.error.as_ref().unwrap();
        assert!(error.contains(told), "{error}");
        assert!(error.len() < 400, "{error}");
        assert_eq!((report.next, &report.chain), (before.next, &before.chain));
        let health = health.get(HeaderSource::NAME).unwrap();
        assert_eq!(health.state(), ActorState::Degraded);
    }
    node.change(|node| node.manner = Manner::Honest);
    assert!(view.look_now(PATIENCE));
    assert_eq!((view.report().error.clone(), tip(&view).0), (None, 904));
}

#[test]
fn a_node_that_is_not_there_is_told() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let view = HeaderSource::launch(&url, &HealthRegistry::default(), Clock).unwrap();
    assert!(view.look_now(PATIENCE));
    let report = view.report();
    let error = report.error.as_ref().unwrap();
    assert!(error.starts_with("the node can't be reached"), "{error}");
    assert!(report.chain.is_none() && report.next.is_none());
}

#[test]
fn a_young_chain_has_a_next_difficulty_and_no_forecast() {
    let node = FakeNode::start(100);
    let (view, _) = launched(&node);
    let report = view.report();
    assert_eq!(report.next, Some(u128::from(recorded(101)[100].1)));
    assert!(report.forecast.is_empty());
    let missing = report.missing.as_ref().unwrap();
    assert!(missing.contains("a forecast needs 736"), "{missing}");
}

/// Against a monerod of one's own: `ZARTRUX_TEST_NODE=http://127.0.0.1:18081`.
#[test]
#[ignore = "needs a running monerod"]
fn a_real_node_is_read() {
    let url = std::env::var("ZARTRUX_TEST_NODE").unwrap();
    let view = HeaderSource::launch(&url, &HealthRegistry::default(), Clock).unwrap();
    assert!(view.look_now(PATIENCE));
    let report = view.report();
    println!("{:?} {:?} {:?}", tip(&view), report.next, report.missing);
    for point in report.forecast.iter() {
        println!("{point:?}");
    }
    assert_eq!(report.error, None);
    assert!(report.next.is_some());
}
