//! Miners behind a balancer that speaks the PROXY protocol.

use std::net::Ipv4Addr;

use crate::support::sim_miner::Connect;
use crate::support::{Config, FakePool, Heard, PATIENCE, Proxy, SimMiner};

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
const LOGIN: &str = r#"{"id":1,"method":"login","params":{"login":"rig","pass":"x"}}"#;

/// A header for a client at this address, with one field behind the addresses.
fn header(client: Ipv4Addr) -> Vec<u8> {
    let mut bytes = SIGNATURE.to_vec();
    bytes.extend([0x21, 0x11, 0, 17]);
    bytes.extend(client.octets());
    bytes.extend([10, 0, 0, 1, 0x30, 0x39, 0x0d, 0x05]);
    bytes.extend([0x04, 0, 2, 0, 0]);
    bytes
}

fn client(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(192, 0, 2, last)
}

fn behind_a_balancer(pool: &FakePool) -> Config {
    Config::on(pool)
        .set("miners.proxy_protocol_from", "[\"127.0.0.1\"]")
        .set("miners.login_timeout", "\"1s\"")
}

fn begin(proxy: &Proxy, bytes: &[u8]) -> SimMiner {
    let mut miner = SimMiner::connect(proxy.miners());
    miner.send_raw(bytes);
    miner
}

#[test]
fn the_address_in_the_header_is_the_miners() {
    let pool = FakePool::start();
    let config = behind_a_balancer(&pool)
        .set("miners.connections_per_address", 1)
        .set("miners.deny", "[\"192.0.2.66\", \"127.0.0.0/8\"]");
    let proxy = Proxy::launch(&config);
    let mut first = begin(&proxy, &header(client(1)));
    first.log_in("a").unwrap();
    let mut second = begin(&proxy, &header(client(2)));
    second.log_in("b").unwrap();
    for (low, miner) in (1..).zip([&mut first, &mut second]) {
        let id = miner.submit_good(low);
        assert!(miner.reply_to(id).is_ok());
    }
    assert!(begin(&proxy, &header(client(1))).expect_closed().is_empty());
    assert!(
        begin(&proxy, &header(client(66)))
            .expect_closed()
            .is_empty()
    );
    let turned = proxy.connections().turned;
    assert_eq!((turned.connections, turned.denied), (1, 1));
    drop(first);
    proxy.connections_when("a free place", |counts| counts.open == 1);
    assert!(begin(&proxy, &header(client(1))).log_in("a").is_ok());
}

#[test]
fn a_header_may_come_byte_by_byte_or_together_with_the_login() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&behind_a_balancer(&pool).set("miners.login_timeout", "\"30s\""));
    let mut bytes = header(client(1));
    bytes.extend(LOGIN.as_bytes());
    bytes.push(b'\n');
    let mut at_once = begin(&proxy, &bytes);
    assert!(matches!(at_once.next_line(PATIENCE), Heard::Line(line) if line.contains("\"job\"")));
    let mut slow = SimMiner::connect(proxy.miners());
    for byte in &bytes {
        slow.send_raw(&[*byte]);
    }
    assert!(matches!(slow.next_line(PATIENCE), Heard::Line(line) if line.contains("\"job\"")));
}

#[test]
fn with_tls_the_header_comes_before_the_handshake() {
    let pool = FakePool::start();
    let config = behind_a_balancer(&pool)
        .set("miners.tls_listen", "[\"127.0.0.1:0\"]")
        .set("miners.login_timeout", "\"30s\"");
    let proxy = Proxy::launch(&config);
    let how = Connect {
        pin: Some(proxy.pin()),
        prelude: header(client(1)),
        ..Connect::default()
    };
    let mut miner = SimMiner::connect_as(proxy.tls_miners(), &how).unwrap();
    miner.log_in("rig").unwrap();
    for low in 1..20 {
        let id = miner.submit_good(low);
        assert!(miner.reply_to(id).is_ok());
    }
    let without = Connect {
        pin: Some(proxy.pin()),
        ..Connect::default()
    };
    assert!(SimMiner::connect_as(proxy.tls_miners(), &without).is_err());
    proxy.connections_when("one", |counts| {
        counts.open == 1 && counts.turned.header == 1
    });
}

#[test]
fn what_is_no_header_of_version_2_is_dropped() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&behind_a_balancer(&pool));
    let huge = [SIGNATURE, &[0x21, 0x11, 0xff, 0xff]].concat();
    let udp = [SIGNATURE, &[0x21, 0x12, 0, 12], &[0; 12]].concat();
    for (told, bytes) in (1..).zip([
        format!("{LOGIN}\n").as_bytes(),
        b"PROXY TCP4 192.0.2.1 10.0.0.1 12345 3333\r\n",
        &huge,
        &udp,
        b"\r\n\r\n\0\r\nQUIX",
    ]) {
        assert!(begin(&proxy, bytes).expect_closed().is_empty());
        let counts = proxy.connections();
        assert_eq!((counts.turned.header, counts.dropped), (told, told));
    }
    assert!(begin(&proxy, &header(client(1))).log_in("rig").is_ok());
}

#[test]
fn a_header_that_does_not_end_is_cut_off_with_the_login_timeout() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&behind_a_balancer(&pool));
    let whole = header(client(1));
    let mut silent = begin(&proxy, b"");
    let mut cut = begin(&proxy, &whole[..whole.len() - 1]);
    assert!(silent.expect_closed().is_empty());
    assert!(cut.expect_closed().is_empty());
    assert_eq!(proxy.connections().turned.header, 2);
    // Who ends its side within the header is gone at once, and nobody's fault.
    let mut ended = begin(&proxy, &whole[..20]);
    ended.finish_writing();
    assert!(ended.expect_closed().is_empty());
    let counts = proxy.connections_when("nobody", |counts| counts.open == 0);
    assert_eq!((counts.turned.header, counts.dropped), (2, 2));
}

#[test]
fn a_balancers_own_look_is_taken_for_what_it_is() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&behind_a_balancer(&pool));
    let local = [SIGNATURE, &[0x20, 0x00, 0, 0]].concat();
    assert!(begin(&proxy, &local).log_in("probe").is_ok());
    // Most balancers only look whether the port is open.
    let probe = begin(&proxy, b"");
    drop(probe);
    let counts =
        proxy.connections_when("nobody", |counts| counts.open == 0 && counts.accepted == 2);
    assert_eq!((counts.turned.header, counts.dropped), (0, 0));
}

#[test]
fn a_header_from_anybody_else_is_not_believed() {
    let pool = FakePool::start();
    let config = Config::on(&pool)
        .set("miners.proxy_protocol_from", "[\"127.0.0.9\"]")
        .set("miners.deny", "[\"127.0.0.1\"]");
    let proxy = Proxy::launch(&config);
    assert!(begin(&proxy, &header(client(1))).expect_closed().is_empty());
    assert_eq!(proxy.connections().turned.denied, 1);
    let open = Proxy::before(&pool);
    let mut forged = begin(&open, &header(client(1)));
    forged.send(LOGIN);
    // Its bytes are a line that is no request.
    assert!(forged.expect_closed().is_empty());
    open.connections_when("nobody", |counts| counts.open == 0 && counts.dropped == 1);
}
