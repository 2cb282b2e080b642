//! A pool that sends whole block templates and bans as nodejs-pool does.
//!
//! It shares no code with the proxy: it rebuilds the block of each submit from the template that it
//! sent and the numbers that came, and hashes that.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use serde_json::{Value, json};
use sha3::{Digest, Keccak256};

use super::Oracle;

/// Shares after which it counts anew, and the part of them that may be bad.
const WINDOW: u32 = 30;
/// Jobs that it takes shares for.
const JOBS: usize = 4;

/// True hashes, so that what a miner has computed is not computed twice: by blob and nonce in hex.
pub type Hashes = Arc<Mutex<HashMap<(String, String), [u8; 32]>>>;

/// A share that it took.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Taken {
    /// Of the job.
    pub job_id: String,
    /// Number of the connection, written by the proxy.
    pub pool_nonce: u32,
    /// Number of the lease.
    pub worker_nonce: u32,
    /// 8 hex digits.
    pub nonce: String,
}

/// A running pool; it lives as long as the test program.
pub struct TemplatePool {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Clone)]
struct Job {
    id: String,
    template: Vec<u8>,
    difficulty: u64,
}

struct Conn {
    stream: TcpStream,
    jobs: VecDeque<Job>,
    logged_in: bool,
    open: bool,
    agent: String,
    seen: HashSet<(String, String, u64, u64)>,
    good: u64,
    unknown_jobs: u32,
}

struct State {
    conns: Vec<Conn>,
    difficulty: u64,
    block: u32,
    made: u32,
    window: (u32, u32),
    oracle: Oracle,
    hashes: Hashes,
    seen: Seen,
    limits: [Bucket; 3],
}

/// What has come of it so far.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Shares that it took.
    pub taken: Vec<Taken>,
    /// What was refused, by its words.
    pub refused: HashMap<&'static str, u64>,
    /// Why it has banned us.
    pub bans: Vec<String>,
    /// Which limits were passed.
    pub throttled: Vec<&'static str>,
    /// Connections that were dropped for unknown job ids.
    pub dropped: u64,
}

struct Bucket {
    rate: f64,
    burst: f64,
    level: f64,
    at: Instant,
}

impl Bucket {
    fn new(rate: f64, burst: f64) -> Self {
        let at = super::clock::now();
        Self {
            rate,
            burst,
            level: burst,
            at,
        }
    }

    fn take(&mut self) -> bool {
        let now = super::clock::now();
        let gained = now.duration_since(self.at).as_secs_f64() * self.rate;
        self.level = (self.level + gained).min(self.burst);
        self.at = now;
        let may = self.level >= 1.0;
        if may {
            self.level -= 1.0;
        }
        may
    }
}

impl TemplatePool {
    /// One whose shares take so many hashes.
    pub fn start(difficulty: u64, hashes: Hashes, oracle: Oracle) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound socket");
        let state = Arc::new(Mutex::new(State {
            conns: Vec::new(),
            difficulty,
            block: 0,
            made: 0,
            window: (0, 0),
            oracle,
            hashes,
            seen: Seen::default(),
            // Logins, submits, keepalives: a second, and at once.
            limits: [
                Bucket::new(5.0, 100.0),
                Bucket::new(250.0, 5_000.0),
                Bucket::new(2.0, 20.0),
            ],
        }));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.expect("a connection");
                let shared = Arc::clone(&shared);
                thread::spawn(move || talk(stream, &shared));
            }
        });
        Self { address, state }
    }

    /// `stratum+tcp://` and the address.
    pub fn url(&self) -> String {
        format!("stratum+tcp://{}", self.address)
    }

    /// What has come of it so far.
    pub fn seen(&self) -> Seen {
        lock(&self.state).seen.clone()
    }

    /// The agents of the connections that are open.
    pub fn open(&self) -> Vec<String> {
        let state = lock(&self.state);
        let open = state.conns.iter().filter(|conn| conn.open);
        open.map(|conn| conn.agent.clone()).collect()
    }

    /// Connections that ever came.
    pub fn connections(&self) -> usize {
        lock(&self.state).conns.len()
    }

    /// A new block: a new job for each connection, of this difficulty.
    pub fn push_job(&self, difficulty: u64) {
        let mut state = lock(&self.state);
        state.difficulty = difficulty;
        state.block += 1;
        for conn in 0..state.conns.len() {
            if state.conns[conn].open && state.conns[conn].logged_in {
                let job = state.give_job(conn);
                let line = json!({"jsonrpc": "2.0", "method": "job", "params": job});
                state.say(conn, &line);
            }
        }
    }

    /// Ends all connections, and goes on listening.
    pub fn drop_all(&self) {
        for conn in &lock(&self.state).conns {
            let _ = conn.stream.shutdown(Shutdown::Both);
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn talk(stream: TcpStream, shared: &Mutex<State>) {
    let reader = BufReader::new(stream.try_clone().expect("a second handle"));
    let conn = {
        let mut state = lock(shared);
        state.conns.push(Conn {
            stream,
            jobs: VecDeque::new(),
            logged_in: false,
            open: true,
            agent: String::new(),
            seen: HashSet::new(),
            good: 0,
            unknown_jobs: 0,
        });
        state.conns.len() - 1
    };
    for line in reader.lines() {
        let Ok(line) = line else { break };
        let request: Value = serde_json::from_str(&line).expect("a line of JSON");
        lock(shared).on_request(conn, &request);
    }
    lock(shared).conns[conn].open = false;
}

impl State {
    fn say(&mut self, conn: usize, line: &Value) {
        // Whoever is gone hears nothing.
        let _ = self.conns[conn]
            .stream
            .write_all(format!("{line}\n").as_bytes());
    }

    fn refuse(&mut self, conn: usize, id: &Value, words: &'static str) {
        *self.seen.refused.entry(words).or_default() += 1;
        self.say(
            conn,
            &json!({"id": id, "jsonrpc": "2.0", "error": {"code": -1, "message": words}}),
        );
    }

    fn end(&mut self, conn: usize) {
        let _ = self.conns[conn].stream.shutdown(Shutdown::Both);
    }

    fn on_request(&mut self, conn: usize, request: &Value) {
        let (id, params) = (&request["id"], &request["params"]);
        let method = request["method"].as_str().unwrap_or_default();
        let limit = match method {
            "login" => 0,
            "submit" => 1,
            _ => 2,
        };
        if !self.limits[limit].take() {
            self.seen
                .throttled
                .push(["login", "submit", "keepalive"][limit]);
            self.refuse(conn, id, "Rate limit exceeded");
            return self.end(conn);
        }
        match method {
            "login" => self.on_login(conn, id, params),
            "submit" => self.on_submit(conn, id, params),
            _ => self.say(conn, &json!({"id": id, "result": {"status": "KEEPALIVED"}})),
        }
    }

    fn on_login(&mut self, conn: usize, id: &Value, params: &Value) {
        if !self.seen.bans.is_empty() {
            self.refuse(conn, id, "IP Address currently banned");
            return self.end(conn);
        }
        if self.conns[conn].logged_in {
            return self.ban(conn, "a second login");
        }
        let agent = params["agent"].as_str().unwrap_or_default();
        agent.clone_into(&mut self.conns[conn].agent);
        self.conns[conn].logged_in = true;
        let job = self.give_job(conn);
        let result = json!({"id": format!("c{conn}"), "job": job, "status": "OK"});
        self.say(
            conn,
            &json!({"id": id, "jsonrpc": "2.0", "error": null, "result": result}),
        );
    }

    /// Each connection has its own number in its jobs, and each block another time.
    fn give_job(&mut self, conn: usize) -> Value {
        self.made += 1;
        let fixture: Value =
            serde_json::from_str(include_str!("../fixtures/get_block_template-1tx.json"))
                .expect("a recording");
        let recorded = &fixture["result"];
        let hex = recorded["blocktemplate_blob"].as_str().expect("a template");
        let mut template = const_hex::decode(hex).expect("hex");
        template[2..4].copy_from_slice(&[
            0x80 | (self.block & 0x7f) as u8,
            0x80 | (self.block >> 7 & 0x7f) as u8,
        ]);
        let reserved = recorded["reserved_offset"].as_u64().expect("an offset");
        let at = usize::try_from(reserved).expect("an offset");
        let own = u32::try_from(conn + 1).expect("few connections");
        template[at..at + 4].copy_from_slice(&own.to_be_bytes());
        let job = Job {
            id: format!("job{}", self.made),
            template,
            difficulty: self.difficulty,
        };
        if !self.conns[conn].agent.contains("xmr-node-proxy") {
            // Never asked for: what an ordinary miner gets is made elsewhere.
            panic!("the agent is {}", self.conns[conn].agent);
        }
        let said = json!({
            "blocktemplate_blob": const_hex::encode(&job.template),
            "blob_type": "cryptonote",
            "job_id": job.id,
            "id": format!("c{conn}"),
            "algo": "rx/0",
            "difficulty": 400_000_000_000_u64,
            "height": recorded["height"],
            "seed_hash": recorded["seed_hash"],
            "reserved_offset": reserved,
            "client_pool_offset": reserved + 8,
            "client_nonce_offset": reserved + 12,
            "target_diff": job.difficulty,
        });
        let jobs = &mut self.conns[conn].jobs;
        jobs.push_back(job);
        if jobs.len() > JOBS {
            jobs.pop_front();
        }
        said
    }

    fn on_submit(&mut self, conn: usize, id: &Value, params: &Value) {
        let text = |key: &str| params[key].as_str().unwrap_or_default().to_owned();
        if !self.conns[conn].logged_in || text("id") != format!("c{conn}") {
            return self.refuse(conn, id, "Unauthenticated");
        }
        let (job_id, nonce, result) = (text("job_id"), text("nonce"), text("result"));
        let job = self.conns[conn].jobs.iter().find(|job| job.id == job_id);
        let Some(job) = job.cloned() else {
            self.refuse(conn, id, "Invalid job id");
            self.conns[conn].unknown_jobs += 1;
            if self.conns[conn].good == 0 && self.conns[conn].unknown_jobs >= 4 {
                self.seen.dropped += 1;
                self.end(conn);
            }
            return;
        };
        // Only an integer is one: not a string of it, not a fraction, not a negative number.
        let numbers = params["poolNonce"]
            .as_u64()
            .zip(params["workerNonce"].as_u64());
        let form = nonce.len() == 8 && nonce.bytes().all(|b| b.is_ascii_hexdigit());
        let fits = |number: u64| u32::try_from(number).ok();
        let numbers = numbers.and_then(|(pool, worker)| fits(pool).zip(fits(worker)));
        let (Some((pool, worker)), true) = (numbers, form) else {
            return self.bad(conn, id, "Duplicate share", "malformed");
        };
        let key = (job_id.clone(), nonce.clone(), pool.into(), worker.into());
        if !self.conns[conn].seen.insert(key) {
            return self.bad(conn, id, "Duplicate share", "duplicate");
        }
        let blob = hashing_blob(&job.template, pool, worker);
        let hash = self.hash(&blob, &nonce);
        if const_hex::encode(hash) != result {
            return self.bad(conn, id, "Low difficulty share", "a wrong hash");
        }
        let mut value = [0; 8];
        value.copy_from_slice(&hash[24..]);
        let needed = u64::MAX / job.difficulty;
        if u64::from_le_bytes(value) > needed {
            return self.bad(conn, id, "Low difficulty share", "low difficulty");
        }
        self.conns[conn].good += 1;
        self.count(true, conn, "");
        self.seen.taken.push(Taken {
            job_id,
            pool_nonce: pool,
            worker_nonce: worker,
            nonce,
        });
        self.say(
            conn,
            &json!({"id": id, "error": null, "result": {"status": "OK"}}),
        );
    }

    fn hash(&mut self, blob: &[u8], nonce: &str) -> [u8; 32] {
        let blob = const_hex::encode(blob);
        let key = (blob.clone(), nonce.to_owned());
        let known = self.hashes.lock().expect("hashes").get(&key).copied();
        known.unwrap_or_else(|| self.oracle.hash(&seed(), &blob, nonce).expect("hex"))
    }

    fn bad(&mut self, conn: usize, id: &Value, words: &'static str, why: &str) {
        self.refuse(conn, id, words);
        self.count(false, conn, why);
    }

    /// The first of a window must not be bad, nor a quarter of it.
    fn count(&mut self, good: bool, conn: usize, why: &str) {
        let (goods, bads) = &mut self.window;
        if good {
            *goods += 1;
        } else {
            *bads += 1;
        }
        let (goods, bads) = self.window;
        let first = !good && goods == 0;
        let quarter = goods + bads >= WINDOW && bads * 4 >= goods + bads;
        if first || quarter {
            return self.ban(conn, why);
        }
        if goods + bads >= WINDOW {
            self.window = (0, 0);
        }
    }

    fn ban(&mut self, conn: usize, why: &str) {
        let (goods, bads) = self.window;
        self.seen
            .bans
            .push(format!("{why}, after {goods} good and {bads} bad"));
        self.end(conn);
    }
}

/// The seed of all jobs, in hex.
pub fn seed() -> String {
    let fixture: Value =
        serde_json::from_str(include_str!("../fixtures/get_block_template-1tx.json"))
            .expect("a recording");
    let seed = fixture["result"]["seed_hash"].as_str();
    seed.expect("a seed").to_owned()
}

/// What is hashed of the block with these numbers, its nonce still zero. The recording has one
/// transaction besides the miner's, whose hash is the last 32 bytes.
fn hashing_blob(template: &[u8], pool: u32, worker: u32) -> Vec<u8> {
    let fixture: Value =
        serde_json::from_str(include_str!("../fixtures/get_block_template-1tx.json"))
            .expect("a recording");
    let reserved = fixture["result"]["reserved_offset"].as_u64();
    let at = usize::try_from(reserved.expect("an offset")).expect("an offset");
    let mut block = template.to_vec();
    block[at + 8..at + 12].copy_from_slice(&pool.to_be_bytes());
    block[at + 12..at + 16].copy_from_slice(&worker.to_be_bytes());
    let (rest, other) = block.split_at(block.len() - 32);
    // The number of transactions and the RingCT type stand before it, one byte each.
    let prefix = &rest[43..rest.len() - 2];
    let miner = keccak(&[&keccak(&[prefix]), &keccak(&[&[0]]), &[0; 32]]);
    let mut blob = block[..39].to_vec();
    blob.extend([0; 4]);
    blob.extend(keccak(&[&miner, other]));
    blob.push(2);
    blob
}

fn keccak(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Keccak256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}
