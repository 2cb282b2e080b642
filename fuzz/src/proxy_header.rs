//! A balancer's header, cut into pieces anywhere.

use std::net::IpAddr;

use zartrux_models::session::{
    PROXY_HEADER_LIMIT, ProxyHeader, ProxyHeaderFault, read_proxy_header,
};

use crate::Reached;

/// A header read as its bytes come, compared with the reading of the whole.
///
/// The first byte of `data` chooses the size of the pieces; the rest is the stream.
///
/// # Panics
/// The answer depends on where the stream was cut, more bytes are taken than there are or than the
/// limit allows, or the address is not that of the bytes.
pub fn proxy_header(data: &[u8]) -> Reached {
    let [piece, stream @ ..] = data else {
        return Reached::new();
    };
    let whole = read_proxy_header(stream);
    let mut first = Ok(None);
    let mut end = 0;
    while first == Ok(None) && end < stream.len() {
        end = (end + usize::from(*piece) + 1).min(stream.len());
        first = read_proxy_header(&stream[..end]);
    }
    assert_eq!(first, whole);
    let kind = match whole {
        Ok(None) => {
            assert!(stream.len() < PROXY_HEADER_LIMIT);
            "not yet"
        }
        Ok(Some((header, length))) => {
            assert!((16..=PROXY_HEADER_LIMIT.min(stream.len())).contains(&length));
            // What follows is not looked at.
            assert_eq!(read_proxy_header(&stream[..length]), whole);
            kind_of(header, &stream[16..length])
        }
        Err(ProxyHeaderFault::NoHeader) => "no header",
        Err(ProxyHeaderFault::Version1) => "version 1",
        Err(ProxyHeaderFault::Command(_)) => "command",
        Err(ProxyHeaderFault::Family(_)) => "family",
        Err(ProxyHeaderFault::Length(_)) => "length",
        Err(ProxyHeaderFault::Field) => "field",
        Err(ProxyHeaderFault::Checksum) => "checksum",
    };
    Reached::from([kind])
}

fn kind_of(header: ProxyHeader, body: &[u8]) -> &'static str {
    match header {
        ProxyHeader::Local => "local",
        ProxyHeader::Unknown => "unknown",
        ProxyHeader::For(IpAddr::V4(address)) => {
            let octets = address.octets();
            assert!(body.starts_with(&octets) || body[12..].starts_with(&octets));
            "v4"
        }
        ProxyHeader::For(IpAddr::V6(address)) => {
            assert!(body.starts_with(&address.octets()));
            assert_eq!(address.to_ipv4_mapped(), None);
            "v6"
        }
    }
}
