//! The fake pool's sockets.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time;
use tokio_native_tls::TlsAcceptor;
use zartrux::demo::lines::Lines;

use super::Shared;
use super::record::Conn;
use super::state::Order;
use crate::support::PATIENCE;

/// Orders waiting for one connection at most.
const ORDERS: usize = 65_536;

/// Time for the other side to take the last lines and close.
const LINGER: Duration = Duration::from_secs(1);

/// What the owner of the pool wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Up,
    /// No listener, no connections.
    Down,
    Ended,
}

pub(super) async fn serve(
    address: SocketAddr,
    first: std::net::TcpListener,
    shared: Arc<Shared>,
    tls: Option<TlsAcceptor>,
    mut wanted: watch::Receiver<Wanted>,
) {
    let mut listener = Some(TcpListener::from_std(first).expect("a listener"));
    let mut peers = JoinSet::new();
    loop {
        let now = *wanted.borrow_and_update();
        match now {
            Wanted::Ended => return,
            Wanted::Down => {
                listener = None;
                // Waits until each task is gone, so that all are recorded as closed.
                peers.shutdown().await;
            }
            Wanted::Up if listener.is_none() => listener = Some(listen_again(address)),
            Wanted::Up => {}
        }
        shared.change(|state| state.listening = listener.is_some());
        tokio::select! {
            changed = wanted.changed() => if changed.is_err() {
                return;
            },
            Some(_) = peers.join_next() => {}
            accepted = accept(listener.as_ref()) => {
                peers.spawn(peer(accepted, Arc::clone(&shared), tls.clone()));
            }
        }
    }
}

fn listen_again(address: SocketAddr) -> TcpListener {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_reuseaddr(true).expect("a socket option");
    socket
        .bind(address)
        .expect("the port that the pool had before");
    socket.listen(1024).expect("a listener")
}

async fn accept(listener: Option<&TcpListener>) -> TcpStream {
    match listener {
        Some(listener) => listener.accept().await.expect("a connection").0,
        None => std::future::pending().await,
    }
}

/// Notes the end of a connection however its task ends.
struct Open(Arc<Shared>, Conn);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.change(|state| state.closed(self.1));
    }
}

async fn peer(stream: TcpStream, shared: Arc<Shared>, tls: Option<TlsAcceptor>) {
    let _ = stream.set_nodelay(true);
    match tls {
        None => talk(stream, shared).await,
        Some(tls) => {
            // A client that dislikes the certificate leaves here and is no connection.
            if let Ok(Ok(stream)) = time::timeout(PATIENCE, tls.accept(stream)).await {
                talk(stream, shared).await;
            } else {
                shared.change_failed_handshakes();
            }
        }
    }
}

async fn talk(stream: impl AsyncRead + AsyncWrite, shared: Arc<Shared>) {
    let (incoming, mut out) = tokio::io::split(stream);
    tokio::pin!(incoming);
    let mut lines = Lines::new(incoming);
    let (orders, mut to_do) = mpsc::channel(ORDERS);
    let conn = shared.change(|state| state.open(orders));
    let _open = Open(Arc::clone(&shared), conn);
    loop {
        tokio::select! {
            // Orders first, so that what a line has caused goes out before the next is read.
            biased;
            order = to_do.recv() => match order {
                Some(Order::Send(bytes)) => {
                    let written = time::timeout(PATIENCE, async {
                        out.write_all(&bytes).await?;
                        out.flush().await
                    });
                    if !matches!(written.await, Ok(Ok(()))) {
                        return;
                    }
                }
                Some(Order::CloseGently) => {
                    let _ = out.shutdown().await;
                    // Closing with something unread would throw away what was just sent.
                    let _ = time::timeout(LINGER, async {
                        while let Ok(Some(_)) = lines.next().await {}
                    })
                    .await;
                    return;
                }
                Some(Order::Close) | None => return,
            },
            line = lines.next() => match line {
                Ok(Some(line)) => shared.change(|state| state.on_line(conn, &line)),
                Ok(None) | Err(_) => return,
            },
        }
    }
}
