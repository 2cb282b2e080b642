//! The pools: they compute no hash, take each share once, and fail as they are told.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time;
use zartrux::demo::blob;
use zartrux::demo::lines::Lines;
use zartrux::demo::target::{TargetWidth, to_wire};
use zartrux::demo::wire::{self, Job, LoggedIn, Request};

use crate::account::{ConnNumber, JobNumber, Verdict};
use crate::support::clock;
use crate::support::garbage::garbage;
use crate::world::{Mode, Order, POOL_DIFFICULTY, PoolConn, State, World};

/// How long a write may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Milliseconds from one block to the next: least and most.
const BLOCK_MS: std::ops::Range<u64> = 100..400;

/// Where pools are: nobody else on this machine picks ports of this address, so that one whose pool
/// is down for a moment is not given to a connection or to another test.
pub(crate) const HOST: [u8; 4] = [127, 0, 0, 77];

/// A socket that has this address and is not listening: nobody else gets the port, and whoever
/// connects is refused.
pub(crate) fn reserve(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_reuseaddr(true).expect("a socket option");
    socket.bind(address).expect("a free port");
    socket
}

enum Port {
    Reserved(TcpSocket),
    Open(TcpListener),
}

/// Serves one pool for as long as the soak runs.
pub(crate) async fn serve(pool: usize, reserved: TcpSocket, world: Arc<World>) {
    let address = reserved.local_addr().expect("a bound socket");
    let mut mode = world.modes[pool].subscribe();
    let mut peers = JoinSet::new();
    let mut port = Port::Reserved(reserved);
    loop {
        let now = mode.borrow_and_update().0;
        if matches!(now, Mode::Down | Mode::Ban | Mode::Garbage) {
            peers.shutdown().await;
        }
        port = match port {
            Port::Open(listener) if now == Mode::Down => {
                drop(listener);
                Port::Reserved(reserve(address))
            }
            Port::Reserved(socket) if now != Mode::Down => {
                Port::Open(socket.listen(1024).expect("a listener"))
            }
            unchanged @ (Port::Open(_) | Port::Reserved(_)) => unchanged,
        };
        tokio::select! {
            changed = mode.changed() => if changed.is_err() {
                return;
            },
            Some(_) = peers.join_next() => {}
            stream = accept(&port) => {
                peers.spawn(talk(pool, stream, Arc::clone(&world)));
            }
        }
    }
}

async fn accept(port: &Port) -> TcpStream {
    match port {
        Port::Open(listener) => listener.accept().await.expect("a connection").0,
        Port::Reserved(_) => std::future::pending().await,
    }
}

/// New blocks, without an end.
pub(crate) async fn find_blocks(seed: u64, world: Arc<World>) {
    let mut random = StdRng::seed_from_u64(seed);
    loop {
        time::sleep(Duration::from_millis(random.gen_range(BLOCK_MS))).await;
        let now = clock::now();
        let idle = world.with(|state| state.no_jobs_until.is_some_and(|until| now < until));
        if !idle {
            push_jobs(&world);
        }
    }
}

/// The next block: a job for each connection.
pub(crate) fn push_jobs(world: &World) {
    world.with(|state| {
        state.height += 1;
        state.count("blocks");
        let welcome = state.conns.iter().filter(|(_, conn)| conn.welcome);
        let mut conns: Vec<_> = welcome.map(|(number, conn)| (*number, conn.pool)).collect();
        conns.sort_unstable();
        for (conn, pool) in conns {
            if world.mode(pool) != Mode::Silent {
                let job = state.make_job(conn);
                state.order(conn, Order::Send(wire::notice("job", &job)));
            }
        }
    });
}

/// All connections of a pool end.
pub(crate) fn drop_all(world: &World, pool: usize) {
    world.with(|state| {
        for conn in state.conns.values().filter(|conn| conn.pool == pool) {
            let _ = conn.orders.send(Order::Close);
        }
    });
}

/// Notes the end of a connection however its task ends.
struct Open(Arc<World>, ConnNumber);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.with(|state| {
            state.conns.remove(&self.1);
            state.account.conn_ended(self.1);
        });
    }
}

async fn talk(pool: usize, mut stream: TcpStream, world: Arc<World>) {
    let _ = stream.set_nodelay(true);
    if world.mode(pool) == Mode::Garbage {
        let all = garbage();
        let nth = world.with(|state| {
            state.count("garbage of pools");
            usize::try_from(state.counts["garbage of pools"]).expect("a small number")
        });
        let _ = time::timeout(PATIENCE, stream.write_all(&all[nth % all.len()].1)).await;
        time::sleep(Duration::from_millis(200)).await;
        return;
    }
    let (orders, mut to_do) = mpsc::unbounded_channel();
    let conn = world.with(|state| {
        state.last_conn += 1;
        let conn = state.last_conn;
        state.account.conn_opened(conn);
        state.count("upstream connections");
        let open = PoolConn {
            pool,
            orders,
            welcome: false,
        };
        state.conns.insert(conn, open);
        conn
    });
    let _open = Open(Arc::clone(&world), conn);
    let (incoming, mut out) = stream.into_split();
    let mut lines = Lines::new(incoming);
    loop {
        tokio::select! {
            biased;
            order = to_do.recv() => match order {
                Some(Order::Send(mut line)) => {
                    line.push('\n');
                    let written = time::timeout(PATIENCE, out.write_all(line.as_bytes()));
                    if !matches!(written.await, Ok(Ok(()))) {
                        return;
                    }
                }
                Some(Order::Close) | None => return,
            },
            line = lines.next() => match line {
                Ok(Some(line)) => {
                    let mode = world.mode(pool);
                    let understood = world.with(|state| state.on_line(conn, &line, mode));
                    if !understood {
                        world.violated("run", format!("the pool can't read a line: {line}"));
                    }
                }
                Ok(None) | Err(_) => return,
            },
        }
    }
}

impl State {
    fn order(&self, conn: ConnNumber, order: Order) {
        if let Some(open) = self.conns.get(&conn) {
            // Whoever is gone hears nothing.
            let _ = open.orders.send(order);
        }
    }

    fn make_job(&mut self, conn: ConnNumber) -> Job {
        let number = self.account.new_job(conn);
        let mut previous = [0x11; 32];
        previous[..8].copy_from_slice(&self.height.to_le_bytes());
        let mut root = [0x22; 32];
        root[..8].copy_from_slice(&number.to_le_bytes());
        let mut blob = blob::build(1_795_359_654 + self.height, &previous, &root);
        blob[0] += u8::from(self.forked);
        Job {
            blob: const_hex::encode(blob),
            job_id: format!("{number:016x}"),
            target: to_wire(POOL_DIFFICULTY, TargetWidth::Eight),
            algo: Some(if self.forked { "rx/2" } else { "rx/0" }.to_owned()),
            height: Some(self.height),
            seed_hash: Some(const_hex::encode(self.seed)),
            next_seed_hash: None,
        }
    }

    /// Whether the line was understood.
    fn on_line(&mut self, conn: ConnNumber, line: &str, mode: Mode) -> bool {
        let Ok(Request { id, method, params }) = serde_json::from_str(line) else {
            return false;
        };
        match method.as_str() {
            "login" => self.on_login(conn, id, mode),
            "submit" => return self.on_submit(conn, id, &params, mode),
            "keepalived" if mode == Mode::Silent => {}
            "keepalived" => self.order(conn, Order::Send(wire::status(id, "KEEPALIVED"))),
            _ => return false,
        }
        true
    }

    fn on_login(&mut self, conn: ConnNumber, id: i64, mode: Mode) {
        match mode {
            Mode::Silent => {}
            Mode::Ban => {
                self.count("logins refused by pools");
                self.order(
                    conn,
                    Order::Send(wire::refusal(id, "IP Address currently banned")),
                );
                self.order(conn, Order::Close);
            }
            Mode::Serve | Mode::Refuse | Mode::Garbage | Mode::Down => {
                if let Some(open) = self.conns.get_mut(&conn) {
                    open.welcome = true;
                }
                let welcome = LoggedIn {
                    id: format!("{conn:016x}"),
                    job: self.make_job(conn),
                    extensions: vec!["algo".to_owned(), "keepalive".to_owned()],
                    status: "OK".to_owned(),
                };
                self.order(conn, Order::Send(wire::reply(id, &welcome)));
            }
        }
    }

    fn on_submit(&mut self, conn: ConnNumber, id: i64, params: &Value, mode: Mode) -> bool {
        let read = || {
            let text = |name: &str| params[name].as_str();
            let job = JobNumber::from_str_radix(text("job_id")?, 16).ok()?;
            let nonce: [u8; 4] = const_hex::decode_to_array(text("nonce")?).ok()?;
            let result: [u8; 32] = const_hex::decode_to_array(text("result")?).ok()?;
            Some(((job, u32::from_le_bytes(nonce)), result))
        };
        let Some((key, result)) = read() else {
            return false;
        };
        self.answers += 1;
        let verdict = if mode == Mode::Silent {
            Verdict::None
        } else if mode == Mode::Refuse && self.answers.is_multiple_of(8) {
            Verdict::Refused("Low difficulty share".to_owned())
        } else if mode == Mode::Refuse && self.answers.is_multiple_of(4) {
            Verdict::Refused("Block expired".to_owned())
        } else {
            Verdict::Taken
        };
        match &verdict {
            Verdict::Taken => self.order(conn, Order::Send(wire::status(id, "OK"))),
            Verdict::Refused(text) => self.order(conn, Order::Send(wire::refusal(id, text))),
            Verdict::None => {}
        }
        self.account.at_pool(conn, key, &result, verdict);
        true
    }
}
