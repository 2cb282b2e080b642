//! The pool's sockets: one thread with an event loop of its own.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time;

use super::book::Conn;
use super::hub::{Hub, Next};
use super::settings::PoolSettings;
use crate::demo::lines::Lines;

/// A peer that does not take a line for this long is given up.
const WRITE_WITHIN: Duration = Duration::from_secs(10);

/// Jobs come no faster than this, whatever is asked for.
const SHORTEST_JOB: Duration = Duration::from_millis(10);

/// Serves until `stop` is sent or dropped.
pub(super) async fn serve(
    listener: TcpListener,
    hub: Arc<Hub>,
    settings: PoolSettings,
    mut stop: oneshot::Receiver<()>,
) {
    let mut peers = JoinSet::new();
    let every = settings.job_every.max(SHORTEST_JOB);
    let mut jobs = time::interval_at(time::Instant::now() + every, every);
    loop {
        tokio::select! {
            _ = &mut stop => break,
            _ = jobs.tick() => hub.next_job(),
            Some(_) = peers.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    if let Some((conn, outgoing)) = hub.open() {
                        let login_within = settings.login_within;
                        peers.spawn(peer(stream, conn, outgoing, Arc::clone(&hub), login_within));
                    }
                }
                // Out of descriptors, most likely: they come back, and a tight loop helps nobody.
                Err(_) => time::sleep(Duration::from_millis(100)).await,
            },
        }
    }
    // Dropping the set ends the peers' tasks and closes their sockets.
}

/// Removes the connection from the books however its task ends.
struct Registered(Arc<Hub>, Conn);

impl Drop for Registered {
    fn drop(&mut self) {
        self.0.close(self.1);
    }
}

async fn peer(
    stream: TcpStream,
    conn: Conn,
    mut outgoing: mpsc::Receiver<String>,
    hub: Arc<Hub>,
    login_within: Duration,
) {
    let _registered = Registered(Arc::clone(&hub), conn);
    let _ = stream.set_nodelay(true);
    let (incoming, mut out) = stream.into_split();
    let mut lines = Lines::new(incoming);
    let deadline = time::sleep(login_within);
    tokio::pin!(deadline);
    let mut waiting_for_login = true;
    loop {
        tokio::select! {
            () = &mut deadline, if waiting_for_login => {
                if !hub.is_logged_in(conn) {
                    return;
                }
                waiting_for_login = false;
            }
            line = lines.next() => match line {
                Ok(Some(line)) if hub.on_line(conn, &line) == Next::Keep => {}
                Ok(_) | Err(_) => return,
            },
            line = outgoing.recv() => match line {
                Some(line) if write(&mut out, &line).await.is_ok() => {}
                Some(_) | None => return,
            },
        }
    }
}

async fn write(out: &mut OwnedWriteHalf, line: &str) -> io::Result<()> {
    let line = format!("{line}\n");
    time::timeout(WRITE_WITHIN, out.write_all(line.as_bytes())).await?
}
