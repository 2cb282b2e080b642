//! Hostile balancers, and those who play one.

use crate::beside::{Beside, Faults};
use crate::support::{FakePool, Heard, PATIENCE, Proxy, SimMiner};

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
const LOGIN: &[u8] = b"{\"id\":1,\"method\":\"login\",\"params\":{\"login\":\"rig\"}}\n";

fn header(rest: &[u8]) -> Vec<u8> {
    [SIGNATURE, rest].concat()
}

/// A header of IPv4 with these fields behind its addresses, whatever length it claims.
fn v4(length: u16, fields: &[u8]) -> Vec<u8> {
    let mut bytes = header(&[0x21, 0x11]);
    bytes.extend(length.to_be_bytes());
    bytes.extend([192, 0, 2, 1, 10, 0, 0, 1, 0x30, 0x39, 0x0d, 0x05]);
    bytes.extend(fields);
    bytes
}

/// Name, what is sent before a login, and whether the login is taken.
pub(crate) fn cases() -> Vec<(&'static str, Vec<u8>, bool)> {
    vec![
        ("no header", Vec::new(), false),
        (
            "version 1",
            b"PROXY TCP4 192.0.2.1 10.0.0.1 12345 3333\r\n".to_vec(),
            false,
        ),
        ("version 1 that is cut", b"PROX".to_vec(), false),
        ("half a signature", SIGNATURE[..7].to_vec(), false),
        (
            "a signature with a wrong last byte",
            [&SIGNATURE[..11], b"\r"].concat(),
            false,
        ),
        ("version 3", header(&[0x31, 0x11, 0, 12]), false),
        ("an unknown command", header(&[0x2f, 0x11, 0, 12]), false),
        ("an unknown family", header(&[0x21, 0x44, 0, 12]), false),
        ("datagrams", header(&[0x21, 0x12, 0, 12]), false),
        ("a length of 65,535", v4(0xffff, &[]), false),
        ("a length of 521", v4(521, &[]), false),
        ("a length too short for its addresses", v4(4, &[]), false),
        ("a field beyond the end", v4(15, &[4, 0xff, 0xff]), false),
        ("a field cut off", v4(13, &[4]), false),
        ("a wrong checksum", v4(19, &[3, 0, 4, 1, 2, 3, 4]), false),
        ("two headers", [v4(12, &[]), v4(12, &[])].concat(), false),
        ("a thousand bytes of fields", v4(520, &[4; 508]), false),
        ("its own health check", header(&[0x20, 0, 0, 0]), true),
        (
            "an address that it does not know",
            header(&[0x21, 0, 0, 0]),
            true,
        ),
        ("a header that is right", v4(12, &[]), true),
    ]
}

#[test]
fn each_header_is_taken_or_its_connection_closed() {
    let pool = FakePool::start();
    let balanced = crate::miners::config(&pool)
        .set("miners.listen", "[\"127.0.0.1:0\"]")
        .set("miners.proxy_protocol_from", "[\"127.0.0.2\"]");
    let proxy = Proxy::launch(&balanced);
    let mut beside = Beside::of(proxy.miners());
    let mut faults = Faults::default();
    let begun: Vec<_> = cases()
        .into_iter()
        .map(|(name, bytes, taken)| {
            let how = crate::support::sim_miner::Connect {
                from: Some("127.0.0.2".parse().unwrap()),
                ..Default::default()
            };
            let mut peer = SimMiner::connect_as(proxy.miners(), &how).unwrap();
            peer.send_raw(&[&bytes[..], LOGIN].concat());
            beside.mines(name);
            (name, peer, taken)
        })
        .collect();
    let right = begun.iter().filter(|(_, _, taken)| *taken).count() as u64;
    let wrong = begun.len() as u64 - right;
    for (name, mut peer, taken) in begun {
        if taken {
            let heard = peer.next_line(PATIENCE);
            let job = matches!(&heard, Heard::Line(line) if line.contains("\"job\":{"));
            faults.check(name, job, heard);
        } else {
            let came = peer.expect_closed();
            faults.check(name, came.is_empty(), came);
        }
        beside.mines(name);
    }
    let counts = proxy.connections_when("all gone", |counts| counts.open == 1);
    assert!(counts.dropped <= wrong, "{counts:?}");
    assert!(counts.turned.header > 0);
}
