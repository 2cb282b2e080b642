//! A real monerod with a chain of its own.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::clock;

/// Debian's package `monero`.
const PROGRAM: &str = "/usr/bin/monerod";

/// The Monero project's own donation address: public, and valid on a private chain.
pub const WALLET: &str = "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A";

/// A running node; killed when dropped.
pub struct Monerod {
    child: Child,
    data: TempDir,
    difficulty: u64,
    ports: [u16; 4],
    rpc: Rpc,
}

/// How its RPC is protected.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rpc {
    /// `--rpc-login`.
    pub login: Option<&'static str>,
    /// It speaks TLS too, with a certificate that it makes itself.
    pub tls: bool,
}

impl Monerod {
    /// Starts one whose blocks all have this difficulty; none where the package is not installed.
    pub fn start(difficulty: u64) -> Option<Self> {
        Self::start_with(difficulty, Rpc::default())
    }

    /// The same, whose RPC is protected so; with a login it answers nothing here.
    pub fn start_with(difficulty: u64, rpc: Rpc) -> Option<Self> {
        if !std::path::Path::new(PROGRAM).exists() {
            return None;
        }
        let data = tempfile::tempdir().expect("a temporary folder");
        for _ in 0..5 {
            let ports = free_ports();
            let child = spawn(&data, difficulty, ports, rpc);
            let mut node = Self {
                child,
                data: tempfile::tempdir().expect("a temporary folder"),
                difficulty,
                ports,
                rpc,
            };
            if node.wait_until_ready() {
                node.data = data;
                return Some(node);
            }
        }
        panic!("monerod found no free ports in five attempts");
    }

    /// Where its RPC answers.
    pub fn url(&self) -> String {
        format!("daemon+http://127.0.0.1:{}", self.ports[0])
    }

    /// Where its RPC answers with TLS.
    pub fn tls_url(&self) -> String {
        self.url().replace("daemon+http:", "daemon+https:")
    }

    /// SHA-256 of the certificate that it shows, in hex.
    pub fn fingerprint(&self) -> String {
        let stream = TcpStream::connect(("127.0.0.1", self.ports[0])).expect("a connection");
        let connector = native_tls::TlsConnector::builder()
            .danger_accept_invalid_certs(true)
            .danger_accept_invalid_hostnames(true)
            .build()
            .expect("a connector");
        let stream = connector.connect("127.0.0.1", stream).expect("TLS");
        let shown = stream.peer_certificate().expect("readable");
        let der = shown.expect("a certificate").to_der().expect("its form");
        const_hex::encode(Sha256::digest(der))
    }

    /// Where it publishes.
    pub fn zmq(&self) -> String {
        format!("tcp://127.0.0.1:{}", self.ports[3])
    }

    /// Stops it in order; its chain stays.
    pub fn stop(&mut self) {
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &pid]).status();
        self.child.wait().expect("a node that ends");
    }

    /// Starts it again on the same chain and ports.
    pub fn start_again(&mut self) {
        self.child = spawn(&self.data, self.difficulty, self.ports, self.rpc);
        assert!(self.wait_until_ready(), "the node came back");
    }

    /// Blocks in its chain.
    pub fn height(&self) -> u64 {
        self.try_ask("get_info", &json!({})).expect("an answer")["height"]
            .as_u64()
            .expect("a height")
    }

    /// Has it mine a block by itself.
    pub fn mine_one(&self) {
        let params = json!({"amount_of_blocks": 1, "wallet_address": WALLET});
        self.try_ask("generateblocks", &params).expect("a block");
    }

    fn wait_until_ready(&mut self) -> bool {
        clock::eventually("the node is ready or ends", || {
            if self.child.try_wait().is_ok_and(|ended| ended.is_some()) {
                return Some(false);
            }
            if self.rpc.login.is_some() {
                return self.asks_for_login().then_some(true);
            }
            self.try_ask("get_info", &json!({})).map(|_| true)
        })
    }

    fn asks_for_login(&self) -> bool {
        let url = format!("http://127.0.0.1:{}/json_rpc", self.ports[0]);
        let answer = ureq::post(&url).send("{}");
        matches!(answer, Err(ureq::Error::StatusCode(401)))
    }

    fn try_ask(&self, method: &str, params: &Value) -> Option<Value> {
        let url = format!("http://127.0.0.1:{}/json_rpc", self.ports[0]);
        let body = json!({"jsonrpc": "2.0", "id": "0", "method": method, "params": params});
        let mut answer = ureq::post(&url).send(body.to_string()).ok()?;
        let text = answer.body_mut().read_to_string().ok()?;
        let mut answer: Value = serde_json::from_str(&text).ok()?;
        let result = answer.get_mut("result")?.take();
        (result["status"] == "OK").then_some(result)
    }
}

impl Drop for Monerod {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_ports() -> [u16; 4] {
    let held: [TcpListener; 4] =
        std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    held.map(|one| one.local_addr().expect("an address").port())
}

fn spawn(
    data: &TempDir,
    difficulty: u64,
    [rpc, p2p, zmq_rpc, zmq]: [u16; 4],
    rpc_options: Rpc,
) -> Child {
    let ssl = if rpc_options.tls {
        "autodetect"
    } else {
        "disabled"
    };
    let login = rpc_options.login.map(|login| ["--rpc-login", login]);
    Command::new(PROGRAM)
        .args(login.into_iter().flatten())
        .args(["--regtest", "--offline", "--non-interactive"])
        .args(["--fixed-difficulty", &difficulty.to_string()])
        .arg("--data-dir")
        .arg(data.path())
        .args([
            "--rpc-bind-ip",
            "127.0.0.1",
            "--rpc-bind-port",
            &rpc.to_string(),
        ])
        .args(["--rpc-ssl", ssl, "--disable-rpc-ban"])
        .args([
            "--p2p-bind-ip",
            "127.0.0.1",
            "--p2p-bind-port",
            &p2p.to_string(),
        ])
        .args(["--zmq-rpc-bind-port", &zmq_rpc.to_string()])
        .args(["--zmq-pub", &format!("tcp://127.0.0.1:{zmq}")])
        .args(["--no-igd", "--hide-my-port", "--disable-dns-checkpoints"])
        .args(["--check-updates", "disabled", "--max-concurrency", "1"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a node")
}
