//! The fake pool's state: pure reactions to lines, and records.

use std::collections::VecDeque;

use tokio::sync::mpsc;
use zartrux::demo::blob;
use zartrux::demo::target::{self, TargetWidth};
use zartrux::demo::wire::{self, Job, LoggedIn, Login, Request, Submit};

use super::record::{Conn, ConnRecord, Oddity, SubmitRecord};
use super::script::{Answer, OnConnect, OnKeepalive, OnLogin, Script};

/// Most submits and oddities recorded; a test that sends more has gone wild.
const MAX_RECORDS: usize = 1_000_000;

/// Jobs remembered for each connection.
const MAX_JOBS: usize = 64;

/// What is to be done with a connection.
#[derive(Debug)]
pub(super) enum Order {
    Send(Vec<u8>),
    /// At once, whatever is on its way.
    Close,
    /// So that the other side can still read what was sent.
    CloseGently,
}

/// The seed that jobs are made with: the genesis of a private chain.
pub const SEED_HASH: &str = "418015bb9ae982a1975da7d79277c2705727a56894ba0fb246adaabb1f4632e3";

pub(super) struct State {
    /// For connections to come, one each; after them `script`.
    pub(super) scripts: VecDeque<Script>,
    pub(super) script: Script,
    pub(super) listening: bool,
    /// Whether all connections get the same job.
    pub(super) shared_jobs: bool,
    pub(super) difficulty: u64,
    pub(super) height: u64,
    pub(super) seed_hash: String,
    pub(super) next_seed_hash: Option<String>,
    pub(super) conns: Vec<ConnState>,
    pub(super) submits: Vec<SubmitRecord>,
    pub(super) oddities: Vec<Oddity>,
    jobs_made: u64,
    shared_job: Option<Job>,
}

pub(super) struct ConnState {
    pub(super) record: ConnRecord,
    pub(super) script: Script,
    pub(super) orders: Option<mpsc::Sender<Order>>,
}

impl State {
    pub(super) fn new(script: Script, difficulty: u64) -> Self {
        Self {
            scripts: VecDeque::new(),
            script,
            listening: true,
            shared_jobs: false,
            difficulty,
            height: 1,
            seed_hash: SEED_HASH.to_owned(),
            next_seed_hash: None,
            conns: Vec::new(),
            submits: Vec::new(),
            oddities: Vec::new(),
            jobs_made: 0,
            shared_job: None,
        }
    }

    /// A connection came.
    pub(super) fn open(&mut self, orders: mpsc::Sender<Order>) -> Conn {
        let script = self
            .scripts
            .pop_front()
            .unwrap_or_else(|| self.script.clone());
        let on_connect = script.on_connect.clone();
        let record = ConnRecord::default();
        self.conns.push(ConnState {
            record,
            script,
            orders: Some(orders),
        });
        let conn = self.conns.len();
        match on_connect {
            OnConnect::Serve | OnConnect::Silent => {}
            OnConnect::Close => self.order(conn, Order::Close),
            OnConnect::Send(bytes) => self.order(conn, Order::Send(bytes)),
            OnConnect::SendAndClose(bytes) => {
                self.order(conn, Order::Send(bytes));
                self.order(conn, Order::CloseGently);
            }
        }
        conn
    }

    /// A connection is over.
    pub(super) fn closed(&mut self, conn: Conn) {
        let state = self.conn(conn);
        state.record.closed = true;
        state.orders = None;
    }

    /// A line came.
    pub(super) fn on_line(&mut self, conn: Conn, line: &str) {
        let state = self.conn(conn);
        state.record.lines += 1;
        let silent = matches!(state.script.on_connect, OnConnect::Silent);
        let Ok(Request { id, method, params }) = serde_json::from_str(line) else {
            let line = line.chars().take(200).collect();
            self.oddities.push(Oddity { conn, line });
            assert!(
                self.oddities.len() <= MAX_RECORDS,
                "oddities without an end"
            );
            return;
        };
        match method.as_str() {
            "login" => {
                state.record.login = serde_json::from_value::<Login>(params).ok();
                if !silent {
                    self.on_login(conn, id);
                }
            }
            "submit" => {
                let submit = self.record_submit(conn, id, line, params);
                if !silent {
                    let answer = self.conn(conn).script.on_submit.answer(&submit);
                    self.answer(conn, id, answer);
                }
            }
            "keepalived" => {
                state.record.keepalives += 1;
                if !silent && state.script.on_keepalive == OnKeepalive::Answer {
                    self.send_line(conn, &wire::status(id, "KEEPALIVED"));
                }
            }
            _ => {
                if !silent {
                    self.send_line(conn, &wire::refusal(id, "Unknown method"));
                }
            }
        }
    }

    /// Answers a submit.
    pub(super) fn answer(&mut self, conn: Conn, id: i64, answer: Answer) {
        match answer {
            Answer::Accept => self.send_line(conn, &wire::status(id, "OK")),
            Answer::Refuse(text) => self.send_line(conn, &wire::refusal(id, &text)),
            Answer::Silent => {}
            Answer::Close => self.order(conn, Order::Close),
            Answer::AcceptAndClose => {
                self.send_line(conn, &wire::status(id, "OK"));
                self.order(conn, Order::CloseGently);
            }
            Answer::RefuseAndClose(text) => {
                self.send_line(conn, &wire::refusal(id, &text));
                self.order(conn, Order::CloseGently);
            }
            Answer::Send(bytes) => self.order(conn, Order::Send(with_id(&bytes, id))),
        }
    }

    /// A new job for each connection that has logged in.
    pub(super) fn push_job(&mut self) {
        self.shared_job = None;
        for conn in 1..=self.conns.len() {
            let state = self.conn(conn);
            if state.record.welcome && !state.record.closed {
                let job = self.give_job(conn);
                self.send_line(conn, &wire::notice("job", &job));
            }
        }
    }

    /// Makes a job, notes it and returns it.
    pub(super) fn give_job(&mut self, conn: Conn) -> Job {
        let width = self.conn(conn).script.width;
        let mut job = match &self.shared_job {
            Some(job) if self.shared_jobs => job.clone(),
            Some(_) | None => self.make_job(),
        };
        if self.shared_jobs {
            self.shared_job = Some(job.clone());
        }
        job.target = target::to_wire(self.difficulty, width);
        self.note_job(conn, job.clone());
        job
    }

    pub(super) fn note_job(&mut self, conn: Conn, job: Job) {
        let jobs = &mut self.conn(conn).record.jobs;
        if jobs.len() >= MAX_JOBS {
            jobs.remove(0);
        }
        jobs.push(job);
    }

    pub(super) fn send_line(&mut self, conn: Conn, line: &str) {
        self.order(conn, Order::Send(format!("{line}\n").into_bytes()));
    }

    pub(super) fn order(&mut self, conn: Conn, order: Order) {
        let state = self.conn(conn);
        let Some(orders) = &state.orders else {
            return;
        };
        let closes = matches!(order, Order::Close | Order::CloseGently);
        assert!(
            !matches!(
                orders.try_send(order),
                Err(mpsc::error::TrySendError::Full(_))
            ),
            "connection {conn} does not read"
        );
        if closes {
            state.orders = None;
        }
    }

    pub(super) fn conn(&mut self, conn: Conn) -> &mut ConnState {
        &mut self.conns[conn - 1]
    }

    /// Connections that are open and were welcomed.
    pub(super) fn live(&self) -> Vec<Conn> {
        (1..)
            .zip(&self.conns)
            .filter(|(_, conn)| conn.record.welcome && !conn.record.closed)
            .map(|(number, _)| number)
            .collect()
    }

    fn on_login(&mut self, conn: Conn, id: i64) {
        match self.conn(conn).script.on_login.clone() {
            OnLogin::Accept => self.welcome(conn, id),
            OnLogin::AcceptWithoutJob => {
                self.conn(conn).record.welcome = true;
                let reply = serde_json::json!({ "id": session_id(conn), "status": "OK" });
                self.send_line(conn, &wire::reply(id, &reply));
            }
            OnLogin::AcceptThenSend(bytes) => {
                self.welcome(conn, id);
                self.order(conn, Order::Send(bytes));
            }
            OnLogin::Silent => {}
            OnLogin::Refuse(text) => self.send_line(conn, &wire::refusal(id, &text)),
            OnLogin::RefuseAndClose(text) => {
                self.send_line(conn, &wire::refusal(id, &text));
                self.order(conn, Order::CloseGently);
            }
            OnLogin::Send(bytes) => {
                self.conn(conn).record.welcome = true;
                self.order(conn, Order::Send(with_id(&bytes, id)));
            }
            OnLogin::Close => self.order(conn, Order::Close),
        }
    }

    fn welcome(&mut self, conn: Conn, id: i64) {
        let state = self.conn(conn);
        state.record.welcome = true;
        let extensions = state.script.extensions.clone();
        let job = self.give_job(conn);
        let status = "OK".to_owned();
        let welcome = LoggedIn {
            id: session_id(conn),
            job,
            extensions,
            status,
        };
        self.send_line(conn, &wire::reply(id, &welcome));
    }

    fn record_submit(
        &mut self,
        conn: Conn,
        id: i64,
        line: &str,
        params: serde_json::Value,
    ) -> SubmitRecord {
        let place = self.submits.len();
        assert!(place < MAX_RECORDS, "submits without an end");
        let submit = serde_json::from_value::<Submit>(params).ok();
        let record = &mut self.conn(conn).record;
        record.submits += 1;
        let job = submit
            .as_ref()
            .and_then(|submit| record.jobs.iter().rfind(|job| job.job_id == submit.job_id))
            .cloned();
        let number = record.submits;
        let record = SubmitRecord {
            place,
            conn,
            number,
            id,
            raw: line.to_owned(),
            submit,
            job,
        };
        self.submits.push(record.clone());
        record
    }

    fn make_job(&mut self) -> Job {
        self.jobs_made += 1;
        let mut previous = [0x11; 32];
        previous[..8].copy_from_slice(&self.height.to_le_bytes());
        let mut root = [0x22; 32];
        root[..8].copy_from_slice(&self.jobs_made.to_le_bytes());
        let blob = blob::build(1_795_359_654 + self.jobs_made, &previous, &root);
        Job {
            blob: const_hex::encode(blob),
            job_id: format!("{:016x}", 0x5eed_0000_0000_0000 + self.jobs_made),
            target: target::to_wire(self.difficulty, TargetWidth::Eight),
            algo: Some("rx/0".to_owned()),
            height: Some(self.height),
            seed_hash: Some(self.seed_hash.clone()),
            next_seed_hash: self.next_seed_hash.clone(),
        }
    }
}

fn session_id(conn: Conn) -> String {
    format!("{:016x}", 0xa11c_0000_0000_0000_u64 + conn as u64)
}

fn with_id(bytes: &[u8], id: i64) -> Vec<u8> {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.replace("$ID", &id.to_string()).into_bytes(),
        Err(_) => bytes.to_vec(),
    }
}
