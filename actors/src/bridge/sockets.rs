//! The bridge's sockets.

use zartrux_models::bridge::PredictRequest;
use zmq::{Context, Socket, SocketType};

use super::{BridgeFailed, BridgeSettings, Endpoints};

/// A longer frame ends its connection; what is a little too long is told so instead.
const FRAME_MAX: usize = 4 * PredictRequest::LONGEST;

/// Messages that may wait in each direction for each peer that asks or sends plans.
const PEER_QUEUE: i32 = 64;

/// A peer that does not answer for this long is taken to be dead, and what waits for it is freed.
const SILENCE_MS: i32 = 30_000;

/// Where libzmq asks who is let in.
const ZAP: &str = "inproc://zeromq.zap.01";

/// The sockets, bound. They end before their context does.
pub(super) struct Sockets {
    pub(super) events: Option<Socket>,
    pub(super) questions: Option<Socket>,
    pub(super) plans: Option<Socket>,
    pub(super) zap: Option<Socket>,
    _context: Context,
}

impl Sockets {
    /// Binds what is to be there, and says where.
    pub(super) fn bind(settings: &BridgeSettings) -> Result<(Self, Endpoints), BridgeFailed> {
        let context = Context::new();
        let made = |fault| BridgeFailed::Socket(fault);
        // Before the first client can come.
        let zap = match settings.secret_key {
            None => None,
            Some(_) => {
                let zap = context.socket(SocketType::REP).map_err(made)?;
                zap.set_linger(0).map_err(made)?;
                zap.bind(ZAP).map_err(made)?;
                Some(zap)
            }
        };
        let mut endpoints = Endpoints::default();
        let bind = |kind, queue, address: &Option<String>, endpoint: &mut Option<String>| {
            let Some(address) = address else {
                return Ok(None);
            };
            let socket = prepared(&context, kind, queue, settings).map_err(made)?;
            socket.bind(address).map_err(|why| BridgeFailed::Address {
                address: address.clone(),
                why,
            })?;
            let bound = socket.get_last_endpoint().map_err(made)?;
            *endpoint = Some(bound.unwrap_or_else(|_| address.clone()));
            Ok::<_, BridgeFailed>(Some(socket))
        };
        let queue = i32::try_from(settings.send_queue).unwrap_or(i32::MAX);
        let events = bind(
            SocketType::PUB,
            queue,
            &settings.publish,
            &mut endpoints.publish,
        )?;
        let questions = bind(
            SocketType::ROUTER,
            PEER_QUEUE,
            &settings.predict,
            &mut endpoints.predict,
        )?;
        let plans = bind(
            SocketType::PULL,
            PEER_QUEUE,
            &settings.plans,
            &mut endpoints.plans,
        )?;
        let sockets = Self {
            events,
            questions,
            plans,
            zap,
            _context: context,
        };
        Ok((sockets, endpoints))
    }
}

fn prepared(
    context: &Context,
    kind: SocketType,
    queue: i32,
    settings: &BridgeSettings,
) -> Result<Socket, zmq::Error> {
    let socket = context.socket(kind)?;
    socket.set_linger(0)?;
    socket.set_ipv6(true)?;
    socket.set_sndhwm(queue)?;
    socket.set_rcvhwm(PEER_QUEUE)?;
    socket.set_maxmsgsize(i64::try_from(FRAME_MAX).unwrap_or(i64::MAX))?;
    socket.set_heartbeat_ivl(SILENCE_MS / 3)?;
    socket.set_heartbeat_timeout(SILENCE_MS)?;
    if let Some(key) = &settings.secret_key {
        socket.set_zap_domain("bridge")?;
        socket.set_curve_server(true)?;
        socket.set_curve_secretkey(key)?;
    }
    Ok(socket)
}
