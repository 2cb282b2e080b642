//! Pools over TLS: whoever can't show the right certificate never sees the login.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::scene::{
    expect_job_of, launch, made, pool_at, results, send_good, told_lost, told_when_on,
};
use crate::support::{
    Config, FakePool, OnConnect, Proxy, Script, SimMiner, TestCa, TestCert, http,
};

const PASSWORD: &str = "a-password-that-nobody-must-see";

fn patient() -> Config {
    Config::default()
        .set("miners.login_hold", "\"60s\"")
        .set("failover.grace", "\"60s\"")
}

fn localhost(pool: &FakePool) -> String {
    format!("stratum+ssl://localhost:{}", pool.address().port())
}

/// A pool of this certificate, its jobs at this height.
fn tls_pool(cert: &TestCert, height: u64) -> FakePool {
    let pool = FakePool::with_tls(Script::default(), cert);
    pool.push_job(1_000, height);
    pool
}

/// The preferred pool of this certificate and a plain standby; the proxy before them, which must
/// refuse the preferred one.
fn refused(cert: &TestCert, url: impl Fn(&FakePool) -> String, keys: &str) -> (FakePool, Proxy) {
    let (primary, standby) = (tls_pool(cert, 1), pool_at(1_000_000));
    let keys = format!("pass = \"{PASSWORD}\"\n{keys}");
    let config = patient()
        .pool_with(&url(&primary), &keys)
        .pool(&standby.url());
    let proxy = launch(&config, 1);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    assert!(made(&standby, &miner.job().blob));
    send_good(&mut miner, 1);
    (primary, proxy)
}

/// Nothing was said to the pool: neither wallet nor password, nor anything else.
fn assert_heard_nothing(pool: &FakePool) {
    assert!(pool.oddities().is_empty());
    for connection in pool.connections() {
        assert_eq!(connection.lines, 0);
        assert!(connection.login.is_none());
    }
}

#[test]
fn a_pool_with_the_pinned_certificate_is_worked_with() {
    let cert = TestCert::self_signed();
    for url in [FakePool::tls_url, localhost] {
        let pool = tls_pool(&cert, 1);
        // In upper case, as some pools publish it.
        let pin = format!("tls_fingerprint = \"{}\"", cert.pin().to_uppercase());
        let proxy = launch(&patient().pool_with(&url(&pool), &pin), 0);
        let mut miner = SimMiner::joined(proxy.miners(), "rig");
        let first = send_good(&mut miner, 1);
        pool.push_job(1_000, 2);
        expect_job_of(&mut miner, &pool);
        let second = send_good(&mut miner, 1);
        assert_eq!(results(&pool), [first, second]);
        pool.close(1);
        expect_job_of(&mut miner, &pool);
        send_good(&mut miner, 1);
    }
}

#[test]
fn a_pool_with_another_certificate_is_refused_and_the_new_pin_is_named() {
    let cert = TestCert::self_signed();
    let pin = format!("tls_fingerprint = \"{}\"", TestCert::self_signed().pin());
    let (pool, proxy) = refused(&cert, FakePool::tls_url, &pin);
    let told = told_lost(
        &proxy,
        &pool,
        "the pool's certificate is not the pinned one",
    );
    assert!(told.note.contains(&cert.pin()), "{}", told.note);
    assert!(told.lost("ours") > 0);
    assert_heard_nothing(&pool);
    for page in ["/health", "/metrics", "/"] {
        assert!(!proxy.page(page).contains(PASSWORD), "{page}");
    }
}

#[test]
fn a_pool_that_only_vouches_for_itself_is_refused_with_the_remedy() {
    let (pool, proxy) = refused(&TestCert::self_signed(), localhost, "");
    let told = told_lost(&proxy, &pool, "signed by itself");
    assert!(told.note.contains("tls_fingerprint"), "{}", told.note);
    assert_heard_nothing(&pool);
}

#[test]
fn a_pool_vouched_for_by_a_stranger_is_refused() {
    let (pool, proxy) = refused(&TestCa::new().valid(), localhost, "");
    told_lost(&proxy, &pool, "signed by nobody this system trusts");
    assert_heard_nothing(&pool);
}

#[test]
fn a_pool_without_tls_on_that_port_is_named_as_such() {
    let (primary, standby) = (FakePool::start(), pool_at(1_000_000));
    primary.set_script(Script::opening(OnConnect::Send(
        b"{\"id\":null}\n".to_vec(),
    )));
    let config = patient().pool(&primary.tls_url()).pool(&standby.url());
    let proxy = launch(&config, 1);
    told_lost(&proxy, &primary, "the pool does not speak TLS on this port");
    assert!(
        primary
            .connections()
            .iter()
            .all(|connection| connection.login.is_none())
    );
}

#[test]
fn a_pool_that_never_answers_the_handshake_is_given_up_in_time() {
    // The system takes the connection, and nobody ever looks at it.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let standby = pool_at(1_000_000);
    let config = patient()
        .set("failover.connect_timeout", "\"1s\"")
        .pool(&format!("stratum+ssl://127.0.0.1:{port}"))
        .pool(&standby.url());
    let proxy = launch(&config, 1);
    let words = "no answer within 1s while in the TLS handshake";
    let told = told_when_on(
        || proxy.page("/health"),
        port,
        words,
        |told| told.note.contains(words),
    );
    assert!(told.lost("pool") > 0);
}

/// The daemon as an operator starts it, on a system that trusts one more authority.
struct Daemon {
    child: Child,
    monitor: SocketAddr,
    _data: TempDir,
}

impl Daemon {
    fn trusting(authority: &TestCa, config: &Config) -> Self {
        let data = tempfile::tempdir().unwrap();
        let (roots, settings) = (
            data.path().join("roots.pem"),
            data.path().join("zartrux.toml"),
        );
        std::fs::write(&roots, &authority.pem).unwrap();
        std::fs::write(&settings, config.toml(data.path())).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_zartrux"))
            .arg("run")
            .arg("--config")
            .arg(settings)
            .env("SSL_CERT_FILE", roots)
            .env("SSL_CERT_DIR", data.path())
            .current_dir(data.path())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let monitor = lines
            .by_ref()
            .find_map(|line| {
                let line = line.unwrap();
                let (_, rest) = line.split_once("monitor at http://")?;
                rest.split('/').next().unwrap().parse().ok()
            })
            .expect("a daemon that names its monitor");
        // Read on, so that the log never blocks it.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            child,
            monitor,
            _data: data,
        }
    }

    fn page(&self, path: &str) -> String {
        http::get(self.monitor, path).body
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn only_a_certificate_that_is_good_in_every_way_is_taken_without_a_pin() {
    let authority = TestCa::new();
    let wrong_name = tls_pool(&authority.wrong_name(), 1);
    let expired = tls_pool(&authority.expired(), 1_000_000);
    let by_name = tls_pool(&authority.valid(), 2_000_000);
    let by_address = tls_pool(&authority.valid(), 3_000_000);
    let pass = format!("pass = \"{PASSWORD}\"");
    let config = patient()
        .pool_with(&localhost(&wrong_name), &pass)
        .pool_with(&localhost(&expired), &pass)
        .pool_with(&localhost(&by_name), &pass)
        .pool_with(&by_address.tls_url(), &pass);
    let daemon = Daemon::trusting(&authority, &config);
    let wait_told = |pool: &FakePool, words: &str| {
        let page = || daemon.page("/health");
        told_when_on(page, pool.address().port(), words, |told| {
            told.note.contains(words)
        });
    };
    wait_told(&wrong_name, "the pool's certificate is not for localhost");
    wait_told(&expired, "the pool's certificate has expired");
    wait_told(&by_name, "logged in at localhost:");
    wait_told(&by_address, "logged in at 127.0.0.1:");
    assert_heard_nothing(&wrong_name);
    assert_heard_nothing(&expired);
    let login = by_name.connections()[0].login.clone().unwrap();
    assert_eq!(
        (login.login.as_str(), login.pass.as_str()),
        ("wallet", PASSWORD)
    );
    assert!(!daemon.page("/health").contains(PASSWORD));
}
