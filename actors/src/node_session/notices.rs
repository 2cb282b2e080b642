//! The thread that hears a node's `ZeroMQ` publisher.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use actix::Message;
use zartrux_models::node_rpc::{CHAIN_TOPIC, ChainNotice, NOTICE_LIMIT, NodeNotice, parse_notice};

use crate::clock::Clock;
use crate::messaging::Post;

/// How often the thread looks whether it is still wanted.
const TURN: Duration = Duration::from_millis(250);

/// Notices that wait in the socket's own queue; the newest block is all that matters.
const QUEUE: i32 = 16;

/// A notice came: [`Noticed::take`] has the newest. Not sent again until it was taken.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub(super) struct NoticeCame;

/// The newest notice, and when it came; the thread ends when this is dropped.
#[derive(Debug, Default)]
pub(super) struct Noticed(Mutex<Option<(ChainNotice, Instant)>>);

impl Noticed {
    pub(super) fn take(&self) -> Option<(ChainNotice, Instant)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// True if none waits already.
    fn put(&self, notice: ChainNotice, at: Instant) -> bool {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // When the block was first heard of is what is measured.
        let at = waiting.map_or(at, |(_, first)| first);
        waiting.replace((notice, at)).is_none()
    }

    /// Starts to listen. What can't be listened to is logged, and the node is polled then.
    pub(super) fn listen(url: &str, post: Post<NoticeCame>, clock: Clock) -> Arc<Self> {
        let noticed = Arc::new(Self::default());
        let wanted = Arc::downgrade(&noticed);
        let url = url.to_owned();
        let thread = std::thread::Builder::new().name("node-notices".to_owned());
        let started = thread.spawn(move || {
            if let Err(fault) = hear(&url, &wanted, &post, clock) {
                tracing::error!(%url, %fault, "the node's notices can't be heard: it is polled");
            }
        });
        if let Err(fault) = started {
            tracing::error!(%fault, "no thread to hear the node's notices with: it is polled");
        }
        noticed
    }
}

fn hear(
    url: &str,
    wanted: &Weak<Noticed>,
    post: &Post<NoticeCame>,
    clock: Clock,
) -> Result<(), zmq::Error> {
    let context = zmq::Context::new();
    let socket = context.socket(zmq::SUB)?;
    socket.set_linger(0)?;
    socket.set_ipv6(true)?;
    socket.set_rcvhwm(QUEUE)?;
    socket.set_maxmsgsize(i64::try_from(NOTICE_LIMIT).unwrap_or(i64::MAX))?;
    socket.set_rcvtimeo(i32::try_from(TURN.as_millis()).unwrap_or(i32::MAX))?;
    socket.set_subscribe(CHAIN_TOPIC.as_bytes())?;
    // From here on it connects, and connects again, by itself.
    socket.connect(url)?;
    loop {
        let frame = socket.recv_bytes(0);
        let Some(noticed) = wanted.upgrade() else {
            return Ok(());
        };
        match frame {
            Ok(frame) => match parse_notice(&frame) {
                Ok(NodeNotice::Chain(notice)) => {
                    if noticed.put(notice, clock.now()) {
                        post.send(NoticeCame);
                    }
                }
                Ok(NodeNotice::Miner(_) | NodeNotice::Other) => {}
                Err(fault) => tracing::debug!(%url, %fault, "a notice that can't be read"),
            },
            Err(zmq::Error::EAGAIN | zmq::Error::EINTR) => {}
            Err(fault) => return Err(fault),
        }
    }
}
