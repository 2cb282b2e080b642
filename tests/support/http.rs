//! HTTP as far as the monitor needs it: one request on one connection.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::PATIENCE;

/// An answer.
#[derive(Debug)]
pub struct HttpAnswer {
    /// Such as 200.
    pub status: u16,
    /// As it came.
    pub body: String,
}

/// Fetches a page.
pub fn get(from: SocketAddr, path: &str) -> HttpAnswer {
    request(from, "GET", path, "", "")
}

/// Posts nothing to a path.
pub fn post(to: SocketAddr, path: &str) -> HttpAnswer {
    request(to, "POST", path, "", "")
}

/// Posts a text, with these further lines in the head, each with its end.
pub fn post_text(to: SocketAddr, path: &str, head: &str, text: &str) -> HttpAnswer {
    request(to, "POST", path, head, text)
}

/// Puts a text at a path.
pub fn put_text(to: SocketAddr, path: &str, text: &str) -> HttpAnswer {
    request(to, "PUT", path, "", text)
}

fn request(server: SocketAddr, method: &str, path: &str, more: &str, text: &str) -> HttpAnswer {
    let mut stream = TcpStream::connect(server).expect("an HTTP server");
    stream
        .set_read_timeout(Some(PATIENCE))
        .expect("a socket option");
    let length = text.len();
    let whole = format!(
        "{method} {path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n{more}Content-Length: {length}\r\n\r\n{text}"
    );
    stream.write_all(whole.as_bytes()).expect("a request sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer in text");
    let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
    assert!(
        !head.to_lowercase().contains("transfer-encoding"),
        "a body of known length: {head}"
    );
    HttpAnswer {
        status: head[9..12].parse().expect("a status"),
        body: body.to_owned(),
    }
}
