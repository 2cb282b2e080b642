//! Hostile miners.

use std::net::SocketAddr;

use crate::beside::{Beside, Faults};
use crate::support::sim_miner::Connect;
use crate::support::{Config, FakePool, Heard, PATIENCE, Proxy, SimMiner, result_meeting};

/// When it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// In place of a login.
    Fresh,
    /// By a miner that is logged in.
    In,
}
use When::{Fresh, In};

/// What must come of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comes {
    /// An error of this text, and the connection stays.
    Says(&'static str),
    /// An error of this text, and the connection is closed.
    SaysAndCloses(&'static str),
    /// The connection is closed without a word.
    Closes,
    /// So once `login_timeout` is over: it might still become a login.
    ClosesInTime,
    /// Nothing: the miner is within its rights, and its connection stays.
    Nothing,
    /// A job: it is a login, odd as it may be.
    Job,
}
use Comes::{Closes, ClosesInTime, Job, Nothing, Says, SaysAndCloses};

pub(crate) struct Case {
    when: When,
    name: &'static str,
    bytes: Vec<u8>,
    comes: Comes,
}

impl Case {
    pub(crate) fn name(&self) -> String {
        format!("miner, {:?}: {}", self.when, self.name)
    }
}

const MALFORMED: &str = "Malformed request: ";
const SHARE: &str = "Malformed share";

/// `$S`, `$J`, `$N` and `$R` stand for the session, its job, a nonce of its slot and a good result.
fn submit(fields: &str) -> String {
    format!("{{\"id\":7,\"method\":\"submit\",\"params\":{{{fields}}}}}\n")
}

fn lines() -> Vec<(When, &'static str, String, Comes)> {
    let long = "x".repeat(7_000);
    let names = "\"a/b\",".repeat(1_000);
    vec![
        (Fresh, "no JSON", "hello\n".into(), Closes),
        (Fresh, "a browser", "GET / HTTP/1.1\r\nHost: x\r\n\r\n".into(), Closes),
        (Fresh, "an SSH client", "SSH-2.0-OpenSSH_9.2\r\n".into(), Closes),
        (Fresh, "a mail server", "220 mail.example ESMTP\r\n".into(), Closes),
        (Fresh, "a list", "[1,2,3]\n".into(), Closes),
        (Fresh, "a number", "42\n".into(), Closes),
        (Fresh, "null", "null\n".into(), Closes),
        (Fresh, "a string", "\"login\"\n".into(), Closes),
        (Fresh, "an empty object", "{}\n".into(), Closes),
        (Fresh, "only empty lines", "\n\r\n\n\n".into(), ClosesInTime),
        (Fresh, "spaces without end", " ".repeat(8_000), ClosesInTime),
        (Fresh, "half a login", "{\"id\":1,\"method\":\"login\",\"par".into(), ClosesInTime),
        (Fresh, "zero bytes", "\0".repeat(4_096), ClosesInTime),
        (Fresh, "zero bytes and a line's end", "\0".repeat(64) + "\n", Closes),
        (Fresh, "a byte order mark", "\u{feff}{\"id\":1,\"method\":\"login\",\"params\":{\"login\":\"a\"}}\n".into(), Closes),
        (Fresh, "a line of a MiB", "x".repeat(1 << 20) + "\n", Closes),
        (Fresh, "a line of 9 KiB that would be a login", format!("{{\"id\":1,\"method\":\"login\",\"params\":{{\"login\":\"a\",\"pass\":\"{}\"}}}}\n", "p".repeat(9_000)), Closes),
        (Fresh, "lists in lists", "[".repeat(5_000) + "\n", Closes),
        (Fresh, "objects in objects", "{\"a\":".repeat(1_000) + "1\n", Closes),
        (Fresh, "no id", "{\"method\":\"login\",\"params\":{\"login\":\"a\"}}\n".into(), Closes),
        (Fresh, "an id of null", "{\"id\":null,\"method\":\"login\",\"params\":{\"login\":\"a\"}}\n".into(), Closes),
        (Fresh, "an id of text", "{\"id\":\"1\",\"method\":\"login\",\"params\":{\"login\":\"a\"}}\n".into(), Closes),
        (Fresh, "an id beyond 64 bits", "{\"id\":18446744073709551616,\"method\":\"login\",\"params\":{\"login\":\"a\"}}\n".into(), Closes),
        (Fresh, "an id with a fraction", "{\"id\":1.5,\"method\":\"login\",\"params\":{\"login\":\"a\"}}\n".into(), Closes),
        (Fresh, "a negative id", "{\"id\":-1,\"method\":\"login\",\"params\":{\"login\":\"a\"}}\n".into(), Job),
        (Fresh, "no method", "{\"id\":1,\"params\":{\"login\":\"a\"}}\n".into(), SaysAndCloses(MALFORMED)),
        (Fresh, "a method of a number", "{\"id\":1,\"method\":7}\n".into(), SaysAndCloses(MALFORMED)),
        (Fresh, "a login without parameters", "{\"id\":1,\"method\":\"login\"}\n".into(), SaysAndCloses("params.login")),
        (Fresh, "a login without a name", "{\"id\":1,\"method\":\"login\",\"params\":{\"pass\":\"x\"}}\n".into(), SaysAndCloses("params.login")),
        (Fresh, "a login with parameters in a list", "{\"id\":1,\"method\":\"login\",\"params\":[\"a\",\"x\"]}\n".into(), SaysAndCloses(MALFORMED)),
        (Fresh, "a login with a name of a number", "{\"id\":1,\"method\":\"login\",\"params\":{\"login\":7}}\n".into(), SaysAndCloses(MALFORMED)),
        (Fresh, "a login with algorithms of an object", "{\"id\":1,\"method\":\"login\",\"params\":{\"login\":\"a\",\"algo\":{}}}\n".into(), SaysAndCloses(MALFORMED)),
        (Fresh, "a login with algorithms of numbers", "{\"id\":1,\"method\":\"login\",\"params\":{\"login\":\"a\",\"algo\":[1,2]}}\n".into(), SaysAndCloses(MALFORMED)),
        (Fresh, "a login with hash rates of text", "{\"id\":1,\"method\":\"login\",\"params\":{\"login\":\"a\",\"algo-perf\":\"fast\"}}\n".into(), SaysAndCloses(MALFORMED)),
        (Fresh, "a login with a thousand algorithms", format!("{{\"id\":1,\"method\":\"login\",\"params\":{{\"login\":\"a\",\"algo\":[{names}\"rx/0\"]}}}}\n"), Job),
        (Fresh, "a name of 7 KB", format!("{{\"id\":1,\"method\":\"login\",\"params\":{{\"login\":\"{long}\"}}}}\n"), Job),
        (Fresh, "a name of markup", "{\"id\":1,\"method\":\"login\",\"params\":{\"login\":\"<script>alert(1)</script>\",\"rigid\":\"'; DROP TABLE\"}}\n".into(), Job),
        (Fresh, "a name of line ends and colours", "{\"id\":1,\"method\":\"login\",\"params\":{\"login\":\"a\\r\\nERROR \\u001b[31m\\u0000\"}}\n".into(), Job),
        (Fresh, "an empty name", "{\"id\":1,\"method\":\"login\",\"params\":{\"login\":\"\"}}\n".into(), Job),
        (Fresh, "the same field twice", "{\"id\":1,\"id\":2,\"method\":\"login\",\"params\":{\"login\":\"a\"}}\n".into(), Closes),
        (Fresh, "bytes behind the object", "{\"id\":1,\"method\":\"login\",\"params\":{\"login\":\"a\"}} x\n".into(), Closes),
        (Fresh, "half a surrogate pair", "{\"id\":1,\"method\":\"login\",\"params\":{\"login\":\"\\ud800\"}}\n".into(), SaysAndCloses(MALFORMED)),
        (Fresh, "a keepalive before the login", "{\"id\":1,\"method\":\"keepalived\",\"params\":{\"id\":\"x\"}}\n".into(), SaysAndCloses("Unauthenticated")),
        (Fresh, "a submit before the login", submit("\"id\":\"x\",\"job_id\":\"j\",\"nonce\":\"00000000\",\"result\":\"00\""), Says("Unauthenticated")),
        (Fresh, "a method of another coin", "{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[]}\n".into(), SaysAndCloses(MALFORMED)),
        (Fresh, "an unknown method", "{\"id\":1,\"method\":\"eth_submitLogin\",\"params\":{}}\n".into(), SaysAndCloses("Unauthenticated")),
        (In, "no JSON", "hello\n".into(), Closes),
        (In, "a line of 17 KiB", "x".repeat(17 << 10) + "\n", Closes),
        (In, "a line of a MiB without an end", "{".repeat(1 << 20), Closes),
        (In, "objects in objects", "{\"a\":".repeat(1_000) + "1\n", Closes),
        (In, "no id", "{\"method\":\"keepalived\"}\n".into(), Closes),
        (In, "empty lines", "\n\n\r\n".into(), Nothing),
        (In, "half a line and the rest", "{\"id\":5,\"meth".into(), Nothing),
        (In, "a second login", "{\"id\":7,\"method\":\"login\",\"params\":{\"login\":\"b\"}}\n".into(), Says("Invalid method")),
        (In, "no method", "{\"id\":7}\n".into(), Says(MALFORMED)),
        (In, "parameters of a number", "{\"id\":7,\"method\":\"submit\",\"params\":7}\n".into(), Says(MALFORMED)),
        (In, "a method of 7 KB", format!("{{\"id\":7,\"method\":\"{long}\"}}\n"), Says("Invalid method")),
        (In, "a notice of a pool", "{\"id\":7,\"method\":\"job\",\"params\":{\"blob\":\"00\"}}\n".into(), Says("Invalid method")),
        (In, "an answer", "{\"id\":7,\"result\":{\"status\":\"OK\"},\"error\":null}\n".into(), Says(MALFORMED)),
        (In, "getjob with algorithms of text", "{\"id\":7,\"method\":\"getjob\",\"params\":{\"algo\":\"rx/0\"}}\n".into(), Says(MALFORMED)),
        (In, "a submit without fields", submit(""), Says("Unauthenticated")),
        (In, "a submit of another session", submit("\"id\":\"00000000\",\"job_id\":\"$J\",\"nonce\":\"$N\",\"result\":\"$R\""), Says("Unauthenticated")),
        (In, "a session of the wrong type", submit("\"id\":{},\"job_id\":\"$J\",\"nonce\":\"$N\",\"result\":\"$R\""), Says(MALFORMED)),
        (In, "a job never given", submit("\"id\":\"$S\",\"job_id\":\"nonsense\",\"nonce\":\"$N\",\"result\":\"$R\""), Says("Invalid job id")),
        (In, "a job id of 7 KB", submit(&format!("\"id\":\"$S\",\"job_id\":\"{long}\",\"nonce\":\"$N\",\"result\":\"$R\"")), Says("Invalid job id")),
        (In, "a nonce of 7 digits", submit("\"id\":\"$S\",\"job_id\":\"$J\",\"nonce\":\"0000000\",\"result\":\"$R\""), Says(SHARE)),
        (In, "a nonce of 16 digits", submit("\"id\":\"$S\",\"job_id\":\"$J\",\"nonce\":\"0000000000000000\",\"result\":\"$R\""), Says(SHARE)),
        (In, "a nonce that is no hex", submit("\"id\":\"$S\",\"job_id\":\"$J\",\"nonce\":\"0x00zz00\",\"result\":\"$R\""), Says(SHARE)),
        (In, "a nonce of a number", submit("\"id\":\"$S\",\"job_id\":\"$J\",\"nonce\":7,\"result\":\"$R\""), Says(MALFORMED)),
        (In, "a nonce of another slot", submit("\"id\":\"$S\",\"job_id\":\"$J\",\"nonce\":\"$O\",\"result\":\"$R\""), Says("Invalid nonce; is miner not compatible with NiceHash?")),
        (In, "a result of 62 digits", submit("\"id\":\"$S\",\"job_id\":\"$J\",\"nonce\":\"$N\",\"result\":\"00000000000000000000000000000000000000000000000000000000000000\""), Says(SHARE)),
        (In, "a result of a list", submit("\"id\":\"$S\",\"job_id\":\"$J\",\"nonce\":\"$N\",\"result\":[]"), Says(MALFORMED)),
        (In, "a result of 7 KB", submit(&format!("\"id\":\"$S\",\"job_id\":\"$J\",\"nonce\":\"$N\",\"result\":\"{long}\"")), Says(SHARE)),
        (In, "a result that misses the target", submit("\"id\":\"$S\",\"job_id\":\"$J\",\"nonce\":\"$N\",\"result\":\"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\""), Says("Low difficulty share")),
        (In, "another algorithm", submit("\"id\":\"$S\",\"job_id\":\"$J\",\"nonce\":\"$N\",\"result\":\"$R\",\"algo\":\"cn/r\""), Says("Incorrect algorithm")),
        (In, "an algorithm of a number", submit("\"id\":\"$S\",\"job_id\":\"$J\",\"nonce\":\"$N\",\"result\":\"$R\",\"algo\":7"), Says(MALFORMED)),
    ]
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = lines()
        .into_iter()
        .map(|(when, name, text, comes)| Case {
            when,
            name,
            bytes: text.into_bytes(),
            comes,
        })
        .collect();
    let raw: [(When, &'static str, &[u8], Comes); 4] = [
        (
            Fresh,
            "no UTF-8",
            b"{\"id\":1,\"method\":\"\xff\xfe\"}\n",
            SaysAndCloses(MALFORMED),
        ),
        (
            Fresh,
            "a name of no UTF-8",
            b"{\"id\":1,\"method\":\"login\",\"params\":{\"login\":\"\xc3\x28\"}}\n",
            SaysAndCloses(MALFORMED),
        ),
        (
            Fresh,
            "a TLS hello on the plain port",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            ClosesInTime,
        ),
        (
            In,
            "no UTF-8",
            b"{\"id\":7,\"method\":\"\xff\xfe\"}\n",
            Says(MALFORMED),
        ),
    ];
    cases.extend(raw.into_iter().map(|(when, name, bytes, comes)| Case {
        when,
        name,
        bytes: bytes.to_vec(),
        comes,
    }));
    cases
}

/// How a miner comes in.
#[derive(Clone, Copy)]
pub(crate) struct Way {
    pub(crate) to: SocketAddr,
    pub(crate) pin: Option<[u8; 32]>,
}

/// A case that has begun: its bytes are sent.
pub(crate) struct Begun<'a> {
    case: &'a Case,
    miner: SimMiner,
}

impl<'a> Begun<'a> {
    pub(crate) fn of(case: &'a Case, way: Way) -> Self {
        let how = Connect {
            pin: way.pin,
            ..Connect::default()
        };
        let mut miner = SimMiner::connect_as(way.to, &how).expect("a listener");
        let mut bytes = case.bytes.clone();
        if case.when == In {
            miner.log_in("hostile").expect("a login");
            if let Ok(text) = String::from_utf8(bytes.clone()) {
                let result = const_hex::encode(result_meeting(miner.target()));
                let other = const_hex::encode([
                    1,
                    0,
                    0,
                    crate::support::sim_miner::slot_of(miner.job()) ^ 0x55,
                ]);
                bytes = text
                    .replace("$S", miner.session())
                    .replace("$J", &miner.job().job_id)
                    .replace("$N", &miner.nonce(1))
                    .replace("$O", &other)
                    .replace("$R", &result)
                    .into_bytes();
            }
        }
        miner.send_raw(&bytes);
        Self { case, miner }
    }

    /// Hears what comes of it.
    pub(crate) fn end(mut self, faults: &mut Faults) {
        let name = self.case.name();
        match self.case.comes {
            Says(text) => {
                let heard = self.miner.next_line(PATIENCE);
                let right = matches!(&heard, Heard::Line(line) if line.contains("\"error\":{") && line.contains(text));
                faults.check(&name, right, heard);
                if self.case.when == In {
                    let alive = self.miner.keep_alive();
                    faults.check(&name, alive.is_ok(), alive);
                }
            }
            SaysAndCloses(text) => {
                let lines = self.miner.expect_closed();
                let right =
                    lines.len() == 1 && lines[0].contains("\"error\":{") && lines[0].contains(text);
                faults.check(&name, right, lines);
            }
            Closes | ClosesInTime => {
                let lines = self.miner.expect_closed();
                faults.check(&name, lines.is_empty(), lines);
            }
            Nothing => {
                if self.case.bytes.ends_with(b"meth") {
                    self.miner.send_raw(b"od\":\"keepalived\"}\n");
                    let heard = self.miner.next_line(PATIENCE);
                    faults.check(&name, matches!(heard, Heard::Line(_)), heard);
                } else {
                    let alive = self.miner.keep_alive();
                    faults.check(&name, alive.is_ok(), alive);
                }
            }
            Job => {
                let heard = self.miner.next_line(PATIENCE);
                let right = matches!(&heard, Heard::Line(line) if line.contains("\"job\":{"));
                faults.check(&name, right, heard);
            }
        }
    }
}

/// All cases once; those that end by a timeout run side by side.
pub(crate) fn run_all(way: Way, beside: &mut Beside, faults: &mut Faults) {
    let cases = cases();
    let waits = |case: &&Case| case.comes == ClosesInTime;
    let waiting: Vec<Begun<'_>> = cases
        .iter()
        .filter(waits)
        .map(|case| Begun::of(case, way))
        .collect();
    for case in cases.iter().filter(|case| !waits(case)) {
        let begun = Begun::of(case, way);
        beside.mines(&case.name());
        begun.end(faults);
        beside.mines(&case.name());
    }
    for begun in waiting {
        begun.end(faults);
    }
    beside.mines("after those that ended by a timeout");
}

pub(crate) fn config(pool: &FakePool) -> Config {
    Config::on(pool).set("miners.login_timeout", "\"2s\"")
}

#[test]
fn each_hostile_miner_gets_its_answer_and_the_good_one_mines_on() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&config(&pool));
    let mut beside = Beside::of(proxy.miners());
    let way = Way {
        to: proxy.miners(),
        pin: None,
    };
    run_all(way, &mut beside, &mut Faults::default());
    proxy.connections_when("the good one only", |counts| counts.open == 1);
    assert!(proxy.shares().balances());
}

#[test]
fn each_hostile_miner_gets_the_same_answer_over_tls() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&config(&pool).set("miners.tls_listen", "[\"127.0.0.1:0\"]"));
    let mut beside = Beside::of(proxy.miners());
    let way = Way {
        to: proxy.tls_miners(),
        pin: Some(proxy.pin()),
    };
    run_all(way, &mut beside, &mut Faults::default());
    proxy.connections_when("the good one only", |counts| counts.open == 1);
    assert!(proxy.shares().balances());
}

/// What is no TLS, or only half of it, on the port for TLS.
#[test]
fn what_is_no_tls_is_closed_on_the_tls_port() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&config(&pool).set("miners.tls_listen", "[\"127.0.0.1:0\"]"));
    let mut beside = Beside::of(proxy.miners());
    let record = |length: u16, body: &[u8]| {
        let mut bytes = vec![0x16, 3, 1];
        bytes.extend(length.to_be_bytes());
        bytes.extend(body);
        bytes
    };
    let sent: [(&str, Vec<u8>); 7] = [
        (
            "a login in plain text",
            b"{\"id\":1,\"method\":\"login\",\"params\":{\"login\":\"a\"}}\n".to_vec(),
        ),
        ("nothing", Vec::new()),
        ("one byte", vec![0x16]),
        ("half a hello", record(512, &[1, 0, 1, 0xfc, 3, 3])),
        ("a record of 64 KiB", record(0xffff, &[1; 2_000])),
        ("a hello of zeros", record(100, &[0; 100])),
        ("an alert", vec![0x15, 3, 3, 0, 2, 2, 40]),
    ];
    let mut peers: Vec<(&str, SimMiner)> = sent
        .into_iter()
        .map(|(name, bytes)| {
            let mut peer = SimMiner::connect(proxy.tls_miners());
            peer.send_raw(&bytes);
            (name, peer)
        })
        .collect();
    for (name, peer) in &mut peers {
        beside.mines(name);
        peer.read_to_end();
    }
    proxy.connections_when("the good one only", |counts| counts.open == 1);
}

#[test]
fn a_crowd_that_connects_and_says_nothing_is_gone_after_its_time() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&config(&pool));
    let mut beside = Beside::of(proxy.miners());
    let crowd: Vec<SimMiner> = (0..500)
        .map(|_| SimMiner::connect(proxy.miners()))
        .collect();
    beside.mines("beside the crowd");
    proxy.connections_when("nobody else", |counts| counts.open == 1);
    drop(crowd);
    beside.mines("after the crowd");
}
