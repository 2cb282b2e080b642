//! The sockets of a swarm.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use zartrux::demo::wire;

use super::Shared;
use super::member::{LOGIN, MinerId};

/// Read at once; small, since a swarm has many readers.
const READ_BUFFER: usize = 1024;

/// What a test wants of a miner.
#[derive(Debug)]
pub(super) enum Order {
    Join(MinerId),
    Send(MinerId, Vec<u8>),
    Leave(MinerId),
}

pub(super) async fn serve(
    to: SocketAddr,
    shared: Arc<Shared>,
    mut orders: mpsc::UnboundedReceiver<Order>,
) {
    let mut peers = JoinSet::new();
    let mut ways: HashMap<MinerId, mpsc::UnboundedSender<Vec<u8>>> = HashMap::new();
    loop {
        tokio::select! {
            order = orders.recv() => match order {
                None => return,
                Some(Order::Join(miner)) => {
                    let (way, outgoing) = mpsc::unbounded_channel();
                    ways.insert(miner, way);
                    let shared = Arc::clone(&shared);
                    peers.spawn(async move {
                        let _ = talk(miner, to, &shared, outgoing).await;
                        shared.change(|state| state.closed(miner));
                    });
                }
                Some(Order::Send(miner, bytes)) => {
                    if let Some(way) = ways.get(&miner) {
                        // A miner whose connection is over sends nothing.
                        let _ = way.send(bytes);
                    }
                }
                Some(Order::Leave(miner)) => {
                    ways.remove(&miner);
                }
            },
            Some(ended) = peers.join_next() => ended.expect("a miner that does not panic"),
        }
    }
}

async fn talk(
    miner: MinerId,
    to: SocketAddr,
    shared: &Shared,
    mut outgoing: mpsc::UnboundedReceiver<Vec<u8>>,
) -> std::io::Result<()> {
    let stream = TcpStream::connect(to).await?;
    stream.set_nodelay(true)?;
    let (incoming, mut out) = stream.into_split();
    let mut incoming = BufReader::with_capacity(READ_BUFFER, incoming);
    let login = json!({
        "login": format!("worker-{miner}"), "pass": "x", "agent": "XMRig/6.26.0", "algo": ["rx/0"],
    });
    let login = wire::request(LOGIN, "login", &login);
    out.write_all(format!("{login}\n").as_bytes()).await?;
    let mut line = Vec::new();
    loop {
        tokio::select! {
            bytes = outgoing.recv() => match bytes {
                Some(bytes) => out.write_all(&bytes).await?,
                None => return Ok(()),
            },
            // What was read of an unfinished line stays in `line` when the other branch wins.
            read = incoming.read_until(b'\n', &mut line) => {
                if read? == 0 {
                    return Ok(());
                }
                if line.ends_with(b"\n") {
                    shared.change(|state| state.heard(miner, &line));
                    line.clear();
                }
            }
        }
    }
}
