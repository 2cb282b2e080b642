//! A minimal proxy for the generator's own tests: the test binary started once more as a process.
//! It shares slots among upstreams and forwards lines, and has faults on demand.

use std::{collections::HashMap, io, net::SocketAddr, path::Path};

use mio::{
    Events, Interest, Poll, Token,
    net::{TcpListener, TcpStream},
};
use serde_json::{Value, json};
use slab::Slab;

use super::{
    conn::{Conn, Inbox, Received},
    shell,
    subject::{ConfigFormat, Subject},
};

/// What the stand-in does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    LosesEachFiftiethShare,
    DoublesEachFiftiethShare,
    ChangesANonce,
    MixesAnswersUp,
    RefusesTheTenthLogin,
    DiesAtTheTenthLogin,
    KeepsAJobFromMinerThree,
    SendsJobsTwice,
    GivesOneSlotToAll,
}

const FAULTS: [Fault; 10] = [
    Fault::None,
    Fault::LosesEachFiftiethShare,
    Fault::DoublesEachFiftiethShare,
    Fault::ChangesANonce,
    Fault::MixesAnswersUp,
    Fault::RefusesTheTenthLogin,
    Fault::DiesAtTheTenthLogin,
    Fault::KeepsAJobFromMinerThree,
    Fault::SendsJobsTwice,
    Fault::GivesOneSlotToAll,
];

/// The stand-in as a proxy to be measured.
pub(super) fn subject(fault: Fault) -> Subject {
    let program = std::env::current_exe().unwrap();
    let command = format!(
        "env STAND_IN_LISTEN={{listen}} STAND_IN_POOL={{pool}} STAND_IN_FAULT={fault:?} \
         {} --exact bench::stand_in::serves_when_asked --ignored --nocapture",
        shell::quote(Path::new(&program)),
    );
    Subject::by_command(&command, ConfigFormat::Zartrux)
}

#[test]
#[ignore = "no test: the proxy process that tests of the generator start"]
fn serves_when_asked() {
    let Ok(listen) = std::env::var("STAND_IN_LISTEN") else {
        return;
    };
    let pool = std::env::var("STAND_IN_POOL").unwrap();
    let fault = std::env::var("STAND_IN_FAULT").unwrap();
    let fault = FAULTS.into_iter().find(|f| format!("{f:?}") == fault);
    StandIn::new(
        listen.parse().unwrap(),
        pool.parse().unwrap(),
        fault.unwrap(),
    )
    .serve();
}

const LISTENER: Token = Token(usize::MAX - 1);

struct Upstream {
    conn: Conn,
    job: Option<Value>,
    free: Vec<u8>,
    /// Request id → (miner, its own id).
    pending: HashMap<u64, (usize, u64)>,
}

struct Miner {
    conn: Conn,
    /// Upstream, slot and the login's id, once it has logged in.
    seat: Option<(usize, u8, u64)>,
}

struct StandIn {
    poll: Poll,
    listener: TcpListener,
    pool: SocketAddr,
    fault: Fault,
    upstreams: Vec<Upstream>,
    miners: Slab<Miner>,
    inbox: Inbox,
    logins: u64,
    submits: u64,
    mixed_up: bool,
}

impl StandIn {
    fn new(listen: SocketAddr, pool: SocketAddr, fault: Fault) -> Self {
        let poll = Poll::new().unwrap();
        let mut listener = TcpListener::bind(listen).unwrap();
        poll.registry()
            .register(&mut listener, LISTENER, Interest::READABLE)
            .unwrap();
        let mut this = Self {
            poll,
            listener,
            pool,
            fault,
            upstreams: Vec::new(),
            miners: Slab::new(),
            inbox: Inbox::new(),
            logins: 0,
            submits: 0,
            mixed_up: false,
        };
        this.open_upstream();
        this
    }

    fn open_upstream(&mut self) {
        let stream = TcpStream::connect(self.pool).unwrap();
        let token = Token(self.upstreams.len() * 2);
        let mut conn = Conn::watch(stream, self.poll.registry(), token).unwrap();
        let login = json!({"id": 1, "method": "login", "params": {"login": "x", "pass": "x"}});
        conn.send(line(&login).as_bytes()).unwrap();
        self.upstreams.push(Upstream {
            conn,
            job: None,
            free: (0..=255).rev().collect(),
            pending: HashMap::new(),
        });
    }

    /// Serves until the pool is gone.
    fn serve(&mut self) {
        let mut events = Events::with_capacity(1024);
        loop {
            match self.poll.poll(&mut events, None) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => panic!("{error}"),
            }
            for event in &events {
                match event.token() {
                    LISTENER => self.accept(),
                    Token(token) if token % 2 == 0 => {
                        if !self.read(token / 2, true) {
                            return;
                        }
                    }
                    Token(token) => {
                        if !self.read(token / 2, false) {
                            self.part(token / 2);
                        }
                    }
                }
            }
        }
    }

    fn accept(&mut self) {
        while let Ok((stream, _)) = self.listener.accept() {
            let entry = self.miners.vacant_entry();
            let token = Token(entry.key() * 2 + 1);
            let conn = Conn::watch(stream, self.poll.registry(), token).unwrap();
            entry.insert(Miner { conn, seat: None });
        }
    }

    fn part(&mut self, key: usize) {
        if let Some((upstream, slot, _)) = self.miners.try_remove(key).and_then(|m| m.seat) {
            self.upstreams[upstream].free.push(slot);
        }
    }

    /// Whether the connection goes on.
    fn read(&mut self, key: usize, upstream: bool) -> bool {
        loop {
            let mut inbox = std::mem::replace(&mut self.inbox, Inbox::new());
            let Some(conn) = self.conn(key, upstream) else {
                return true;
            };
            if conn.flush().is_err() {
                return false;
            }
            let Ok(received) = conn.receive(&mut inbox, true) else {
                return false;
            };
            while let Some(line) = inbox.next_line() {
                let message: Value = serde_json::from_slice(line).unwrap();
                if upstream {
                    self.on_pool(key, message);
                } else if !self.on_miner(key, message) {
                    return false;
                }
            }
            if received == Received::Closed {
                return false;
            }
            self.conn(key, upstream).unwrap().keep(&inbox).unwrap();
            self.inbox = inbox;
            if received == Received::Drained {
                return true;
            }
        }
    }

    fn conn(&mut self, key: usize, upstream: bool) -> Option<&mut Conn> {
        if upstream {
            self.upstreams.get_mut(key).map(|u| &mut u.conn)
        } else {
            self.miners.get_mut(key).map(|m| &mut m.conn)
        }
    }

    fn send(&mut self, miner: usize, message: &Value) {
        if let Some(miner) = self.miners.get_mut(miner) {
            // A miner that has just gone is told by its own event.
            let _ = miner.conn.send(line(message).as_bytes());
        }
    }

    fn on_pool(&mut self, key: usize, mut message: Value) {
        let upstream = &mut self.upstreams[key];
        if message["method"] == "job" {
            let job = message["params"].take();
            upstream.job = Some(job.clone());
            for miner in 0..self.miners.capacity() {
                let Some((up, slot, _)) = self.miners.get(miner).and_then(|m| m.seat) else {
                    continue;
                };
                if up != key || (self.fault == Fault::KeepsAJobFromMinerThree && slot == 3) {
                    continue;
                }
                let message =
                    json!({"jsonrpc": "2.0", "method": "job", "params": patch(&job, slot)});
                self.send(miner, &message);
                if self.fault == Fault::SendsJobsTwice {
                    self.send(miner, &message);
                }
            }
            return;
        }
        let id = message["id"].as_u64().unwrap();
        if id == 1 {
            upstream.job = Some(message["result"]["job"].take());
            let waiting: Vec<usize> = self
                .miners
                .iter()
                .filter(|(_, m)| m.seat.is_some_and(|(up, ..)| up == key))
                .map(|(miner, _)| miner)
                .collect();
            for miner in waiting {
                self.welcome(miner);
            }
            return;
        }
        // The second verdict on a doubled share has no one to go to.
        if let Some((miner, own)) = upstream.pending.remove(&id) {
            message["id"] = own.into();
            // Once, however many shares are under way.
            let mixes_up = self.fault == Fault::MixesAnswersUp && !self.mixed_up;
            let miner = if mixes_up && self.submits >= 50 {
                self.mixed_up = true;
                miner + 1
            } else {
                miner
            };
            self.send(miner, &message);
        }
    }

    /// Whether the miner may stay.
    fn on_miner(&mut self, key: usize, mut message: Value) -> bool {
        let id = message["id"].as_u64().unwrap();
        if message["method"] == "login" {
            self.logins += 1;
            if self.logins == 10 && self.fault == Fault::RefusesTheTenthLogin {
                let error = json!({"code": -1, "message": "Permission denied"});
                self.send(key, &json!({"id": id, "jsonrpc": "2.0", "error": error}));
                return false;
            }
            if self.logins == 10 && self.fault == Fault::DiesAtTheTenthLogin {
                eprintln!("the stand-in dies as it was told");
                std::process::exit(70);
            }
            self.seat(key, id);
            return true;
        }
        self.submits += 1;
        let fiftieth = self.submits.is_multiple_of(50);
        if fiftieth && self.fault == Fault::LosesEachFiftiethShare {
            return true;
        }
        if fiftieth && self.fault == Fault::ChangesANonce {
            message["params"]["nonce"] = "ffffff00".into();
        }
        let (upstream, ..) = self.miners[key].seat.unwrap();
        let copies = if fiftieth && self.fault == Fault::DoublesEachFiftiethShare {
            2
        } else {
            1
        };
        for _ in 0..copies {
            let upstream = &mut self.upstreams[upstream];
            let forwarded = 1 + self.submits;
            message["id"] = forwarded.into();
            upstream.pending.insert(forwarded, (key, id));
            upstream.conn.send(line(&message).as_bytes()).unwrap();
        }
        true
    }

    fn seat(&mut self, key: usize, id: u64) {
        if self.upstreams.iter().all(|u| u.free.is_empty()) {
            self.open_upstream();
        }
        let at = self
            .upstreams
            .iter()
            .position(|u| !u.free.is_empty())
            .unwrap();
        let upstream = &mut self.upstreams[at];
        let slot = if self.fault == Fault::GivesOneSlotToAll {
            0
        } else {
            upstream.free.pop().unwrap()
        };
        self.miners[key].seat = Some((at, slot, id));
        if upstream.job.is_some() {
            self.welcome(key);
        }
    }

    fn welcome(&mut self, miner: usize) {
        let (upstream, slot, id) = self.miners[miner].seat.unwrap();
        let job = patch(self.upstreams[upstream].job.as_ref().unwrap(), slot);
        let result = json!({"id": format!("session-{miner}"), "job": job, "status": "OK"});
        self.send(
            miner,
            &json!({"id": id, "jsonrpc": "2.0", "error": null, "result": result}),
        );
    }
}

/// The job with the slot in the last byte of its nonce.
fn patch(job: &Value, slot: u8) -> Value {
    let mut job = job.clone();
    let mut blob = job["blob"].as_str().unwrap().to_owned();
    blob.replace_range(84..86, &format!("{slot:02x}"));
    job["blob"] = blob.into();
    job
}

fn line(message: &Value) -> String {
    format!("{message}\n")
}
