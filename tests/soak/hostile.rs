//! Peers that mean no good. What they get is no matter here; the good ones beside them must not
//! notice, and nothing may stay behind.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time;
use zartrux::demo::wire;

use crate::support::garbage::garbage;
use crate::world::{Phase, World};

/// How long one stays at most.
const STAYS: Duration = Duration::from_secs(4);

/// Connects and behaves badly until it is closed, has stayed long enough, or all is to be quiet.
pub(crate) async fn visit(world: Arc<World>, pick: usize) {
    let Some(to) = *world.proxy.borrow() else {
        return;
    };
    let mut phase = world.phase.subscribe();
    let quiet = async {
        let _ = phase.wait_for(|phase| *phase != Phase::Run).await;
    };
    tokio::select! {
        _ = time::timeout(STAYS, behave(to, pick)) => {}
        () = quiet => {}
    }
}

async fn behave(to: SocketAddr, pick: usize) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(to).await?;
    let inputs = garbage();
    let kinds = inputs.len() + 6;
    match pick % kinds {
        // Says nothing.
        0 => {}
        // Logs in, asks without an end and never reads.
        1 => {
            stream.write_all(login("slow reader").as_bytes()).await?;
            let ask = format!("{}\n", wire::request(2, "keepalived", &json!({"id": "x"})));
            loop {
                stream.write_all(ask.as_bytes()).await?;
            }
        }
        // A line that never ends, byte by byte.
        2 => loop {
            stream.write_all(b"{").await?;
            time::sleep(Duration::from_millis(50)).await;
        },
        // Comes and goes.
        3 => {
            for _ in 0..30 {
                drop(TcpStream::connect(to).await?);
            }
        }
        // A name of control characters, and shares of nothing.
        4 => {
            let name = "\u{1b}[31m\n\u{202e}\"'<script>&\0";
            stream.write_all(login(name).as_bytes()).await?;
            for id in 2..200 {
                let submit = json!({"id": "x", "job_id": "y", "nonce": "zz", "result": name});
                let line = format!("{}\n", wire::request(id, "submit", &submit));
                stream.write_all(line.as_bytes()).await?;
            }
        }
        // Logs in again and again.
        5 => {
            for _ in 0..20 {
                stream.write_all(login("again").as_bytes()).await?;
            }
        }
        nth => {
            // Half of them after a login.
            if pick / kinds % 2 == 1 {
                stream.write_all(login("garbage").as_bytes()).await?;
            }
            stream.write_all(&inputs[nth - 6].1).await?;
        }
    }
    let mut sink = [0; 4096];
    while stream.read(&mut sink).await? > 0 {}
    Ok(())
}

fn login(name: &str) -> String {
    let params =
        json!({"login": name, "pass": "x", "agent": "XMRig/6.26.0", "algo": ["rx/0", "rx/2"]});
    format!("{}\n", wire::request(1, "login", &params))
}
