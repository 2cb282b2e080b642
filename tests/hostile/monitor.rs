//! Hostile clients of the monitor.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::beside::{Beside, Faults};
use crate::support::{FakePool, PATIENCE, Proxy, http};

/// What is sent, and the statuses of which one must come; 0 stands for a close without an answer.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    bytes: Vec<u8>,
    answers: &'static [u16],
}

impl Case {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n").into_bytes()
}

fn post(path: &str, head: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{head}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

const JSON: &str = "Content-Type: application/json\r\n";

pub(crate) fn cases() -> Vec<Case> {
    let case = |name, bytes: Vec<u8>, answers| Case {
        name,
        bytes,
        answers,
    };
    let deep = "[".repeat(5_000);
    vec![
        case("no HTTP", b"hello, this is a miner\r\n\r\n".to_vec(), &[400, 0]),
        case("a login of a miner", b"{\"id\":1,\"method\":\"login\",\"params\":{\"login\":\"a\"}}\n\r\n\r\n".to_vec(), &[400, 0]),
        case("zero bytes", vec![0; 4_096], &[400, 0]),
        case("an unknown version", b"GET / HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n".to_vec(), &[400, 0]),
        case("no host", b"GET /health HTTP/1.1\r\nConnection: close\r\n\r\n".to_vec(), &[200, 400, 403, 421]),
        case("a host of others", b"GET /health HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n".to_vec(), &[400, 403, 421]),
        case("up and out of the folder", get("/assets/../../../../etc/passwd"), &[400, 404]),
        case("the same in escapes", get("/assets/%2e%2e%2f%2e%2e%2fetc%2fpasswd"), &[400, 404]),
        case("the same twice escaped", get("/assets/%252e%252e/etc/passwd"), &[400, 404]),
        case("the same with backslashes", get("/assets/..%5c..%5cetc%5cpasswd"), &[400, 404]),
        case("a zero byte in the path", get("/assets/app.js%00.png"), &[400, 404]),
        case("no UTF-8 in the path", get("/health/actors/%ff%fe"), &[400, 404]),
        case("markup in the path", get("/health/actors/%3Cscript%3Ealert(1)%3C/script%3E"), &[404]),
        case("a path of 60 KB", get(&format!("/{}", "a".repeat(60_000))), &[400, 404, 414, 0]),
        case("a head of 300 KB", format!("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: {}\r\n\r\n", "a".repeat(300_000)).into_bytes(), &[400, 413, 431, 0]),
        case("a thousand heads", format!("GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n{}\r\n", "X-A: b\r\n".repeat(1_000)).into_bytes(), &[400, 431, 0]),
        case("a body of 10 GB that is announced", b"POST /api/v1/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 10000000000\r\n\r\n{".to_vec(), &[400, 408, 404, 413]),
        case("a length that is negative", b"POST /api/v1/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: -1\r\n\r\n".to_vec(), &[400, 0]),
        case("two lengths", b"POST /api/v1/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}".to_vec(), &[400, 0]),
        case("a length and chunks", b"POST /api/v1/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".to_vec(), &[400, 408, 404, 503, 0]),
        case("a chunk of an endless length", b"POST /api/v1/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n".to_vec(), &[400, 408, 404, 413, 0]),
        case("a body of 200 KB", post("/api/v1/predict", JSON, &"a".repeat(200_000)), &[400, 404, 413, 503]),
        case("a body that is no JSON", post("/api/v1/predict", JSON, "{\"a\":"), &[400, 404, 409, 503]),
        case("a body of lists in lists", post("/api/v1/predict", JSON, &deep), &[400, 404, 409, 503]),
        case("a body of another type", post("/api/v1/predict", "Content-Type: text/xml\r\n", "<a/>"), &[400, 404, 409, 415, 503]),
        case("a method that does not exist", b"BREW /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".to_vec(), &[400, 403, 404, 405]),
        case("a trace", b"TRACE /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".to_vec(), &[403, 404, 405]),
        case("a tunnel", b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\nConnection: close\r\n\r\n".to_vec(), &[400, 403, 404, 405, 421]),
        case("a deletion", b"DELETE /api/v1/rigs HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".to_vec(), &[403, 404, 405]),
        case("a post from a page of others", post("/api/v1/reload", "Origin: http://evil.example\r\n", ""), &[403]),
        case("a query of nonsense", get("/api/v1/shares?limit=-1&limit=99999999999999999999&%ff"), &[200, 400]),
        case("a range without sense", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nRange: bytes=9999999999-0\r\n\r\n".to_vec(), &[200, 416]),
        case("a token of 100 KB", format!("GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\r\n", "a".repeat(100_000)).into_bytes(), &[200, 400, 401, 431, 0]),
        case("two requests, of which one is broken", b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nNONSENSE\r\n\r\n".to_vec(), &[200]),
    ]
}

/// Sends bytes; the status of the first answer, 0 if the connection was closed without one.
pub(crate) fn answer(monitor: SocketAddr, bytes: &[u8]) -> u16 {
    let mut stream = TcpStream::connect(monitor).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // It may be closed before all of it is taken.
    let _ = stream.write_all(bytes);
    let mut head = [0; 12];
    let mut got = 0;
    while got < head.len() {
        match stream.read(&mut head[got..]) {
            Ok(0) => return 0,
            Ok(more) => got += more,
            Err(fault) if fault.kind() == std::io::ErrorKind::ConnectionReset => return 0,
            Err(fault) => panic!("no answer and no end: {fault}"),
        }
    }
    std::str::from_utf8(&head[9..]).unwrap().parse().unwrap()
}

#[test]
fn each_hostile_client_of_the_monitor_gets_an_answer_or_a_close() {
    let pool = FakePool::start();
    let proxy = Proxy::before(&pool);
    let monitor = proxy.node().monitor_address().unwrap();
    let mut beside = Beside::of(proxy.miners());
    let mut faults = Faults::default();
    for case in cases() {
        let status = answer(monitor, &case.bytes);
        beside.mines(case.name);
        faults.check(case.name, case.answers.contains(&status), status);
        assert_eq!(
            http::get(monitor, "/health/live").status,
            200,
            "{}",
            case.name
        );
    }
}

/// All of the monitor's connections are taken by those who never end their head: they are closed in
/// their time, and then the monitor answers again.
#[test]
fn slow_heads_on_every_connection_end_in_their_time() {
    let pool = FakePool::start();
    let proxy = Proxy::before(&pool);
    let monitor = proxy.node().monitor_address().unwrap();
    let mut beside = Beside::of(proxy.miners());
    let mut slow: Vec<TcpStream> = (0..300)
        .map(|_| {
            let mut stream = TcpStream::connect(monitor).unwrap();
            stream.write_all(b"GET / HTTP/1.1\r\nX-A: ").unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            stream
        })
        .collect();
    beside.mines("slow heads");
    assert_eq!(http::get(monitor, "/health/live").status, 200);
    for stream in &mut slow {
        let mut rest = Vec::new();
        // 408 and a close, or a reset.
        let _ = stream.read_to_end(&mut rest);
        assert!(rest.is_empty() || rest.starts_with(b"HTTP/1.1 408"));
    }
    beside.mines("after the slow heads");
}
