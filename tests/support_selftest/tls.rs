//! The fake pool's certificates have the faults that they are to have, and no other.

use native_tls::{Certificate, TlsConnector};
use std::net::TcpStream;

use crate::support::sim_miner::Connect;
use crate::support::{FakePool, Script, SimMiner, TestCa, TestCert};

/// Whether a client that trusts this authority takes the pool for `host`.
fn is_trusted(pool: &FakePool, authority: &TestCa, host: &str) -> bool {
    let root = Certificate::from_pem(authority.pem.as_bytes()).unwrap();
    let client = TlsConnector::builder()
        .add_root_certificate(root)
        .build()
        .unwrap();
    client
        .connect(host, TcpStream::connect(pool.address()).unwrap())
        .is_ok()
}

#[test]
fn a_miner_that_pins_the_certificate_is_served_over_tls() {
    let cert = TestCert::self_signed();
    let pool = FakePool::with_tls(Script::default(), &cert);
    let mut miner = SimMiner::connect_tls(pool.address(), cert.sha256);
    miner.log_in("rig").unwrap();
    let id = miner.submit_good(1);
    assert!(miner.reply_to(id).is_ok());
    assert_eq!(pool.wait_submits(1)[0].conn, 1);
}

#[test]
fn another_certificate_than_the_pinned_one_is_refused() {
    let pool = FakePool::with_tls(Script::default(), &TestCert::self_signed());
    let how = Connect {
        pin: Some(TestCert::self_signed().sha256),
        ..Connect::default()
    };
    let fault = SimMiner::connect_as(pool.address(), &how).err().unwrap();
    assert_eq!(fault.to_string(), "another certificate");
}

#[test]
fn plain_text_on_a_tls_port_is_a_failed_handshake() {
    let pool = FakePool::with_tls(Script::default(), &TestCert::self_signed());
    let mut miner = SimMiner::connect(pool.address());
    miner.send(r#"{"id":1,"method":"login","params":{"login":"rig","pass":"x"}}"#);
    pool.wait_failed_handshakes(1);
    assert!(pool.connections().is_empty());
}

#[test]
fn each_certificate_has_exactly_its_own_fault() {
    let authority = TestCa::new();
    let start = |cert: TestCert| FakePool::with_tls(Script::default(), &cert);

    let valid = start(authority.valid());
    assert!(is_trusted(&valid, &authority, "localhost"));
    assert!(is_trusted(&valid, &authority, "127.0.0.1"));
    assert!(
        !is_trusted(&valid, &TestCa::new(), "localhost"),
        "another authority"
    );

    let wrong_name = start(authority.wrong_name());
    assert!(!is_trusted(&wrong_name, &authority, "localhost"));
    assert!(is_trusted(&wrong_name, &authority, "pool.example.org"));

    assert!(!is_trusted(
        &start(authority.expired()),
        &authority,
        "localhost"
    ));
    assert!(!is_trusted(
        &start(TestCert::self_signed()),
        &authority,
        "localhost"
    ));
}
