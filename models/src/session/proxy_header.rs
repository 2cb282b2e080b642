//! The header with which a balancer says for whom it connects: PROXY protocol, version 2.
//!
//! The reader is asked about all bytes that have come so far. It keeps nothing, so a connection
//! that waits for the rest of its header costs no buffer, and however the bytes are cut the answer
//! is the same.

// Values only: nothing is connected here.
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Longest header, bytes: the fixed part and the 520 that a receiver should expect at most.
pub const PROXY_HEADER_LIMIT: usize = FIXED + 520;

/// Signature, version and command, family, length.
const FIXED: usize = 16;
const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// How a header of version 1, which is a line of text, begins.
const VERSION_1: &[u8] = b"PROXY ";
/// The type of the field that holds a checksum (CRC-32C) of the header.
const CHECKSUM: u8 = 3;

/// For whom a balancer connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyHeader {
    /// For itself: it looks whether we are there.
    Local,
    /// For a client at this address.
    For(IpAddr),
    /// For a client whose address it does not know, or that has none (a UNIX socket).
    Unknown,
}

/// Why bytes are no header that we take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProxyHeaderFault {
    /// Something else.
    #[error("no PROXY header of version 2")]
    NoHeader,
    /// The version that is text.
    #[error("a PROXY header of version 1: have the balancer send version 2")]
    Version1,
    /// A version or a command that does not exist.
    #[error("a PROXY header of unknown version and command {0:#04x}")]
    Command(u8),
    /// A family of addresses that no miner connects by.
    #[error("a PROXY header for no stream of IPv4, IPv6 or UNIX: {0:#04x}")]
    Family(u8),
    /// Its length is beyond the limit, or its addresses do not fit into it.
    #[error("a PROXY header of length {0}")]
    Length(u16),
    /// A field goes beyond the header's end.
    #[error("a PROXY header with a field cut off")]
    Field,
    /// The checksum is that of other bytes.
    #[error("a PROXY header with a wrong checksum")]
    Checksum,
}

/// Reads the header that `bytes` begin with: for whom, and how many bytes it took. `None` while
/// more bytes are needed, which is never so of [`PROXY_HEADER_LIMIT`] bytes or more.
///
/// # Errors
/// See [`ProxyHeaderFault`].
pub fn read_proxy_header(bytes: &[u8]) -> Result<Option<(ProxyHeader, usize)>, ProxyHeaderFault> {
    let begun = bytes.len().min(SIGNATURE.len());
    if bytes[..begun] != SIGNATURE[..begun] {
        let text = bytes.len().min(VERSION_1.len());
        return match (bytes[..text] == VERSION_1[..text], text == VERSION_1.len()) {
            (true, true) => Err(ProxyHeaderFault::Version1),
            (true, false) => Ok(None),
            (false, _) => Err(ProxyHeaderFault::NoHeader),
        };
    }
    let local = match bytes.get(12) {
        None => return Ok(None),
        Some(0x20) => true,
        Some(0x21) => false,
        Some(other) => return Err(ProxyHeaderFault::Command(*other)),
    };
    let addresses = match bytes.get(13) {
        None => return Ok(None),
        // The family of a connection of its own is to be passed over.
        Some(_) if local => 0,
        Some(0x00) => 0,
        Some(0x11) => 12,
        Some(0x21) => 36,
        Some(0x31) => 216,
        Some(other) => return Err(ProxyHeaderFault::Family(*other)),
    };
    let Some(&[high, low]) = bytes.get(14..FIXED) else {
        return Ok(None);
    };
    let length = u16::from_be_bytes([high, low]);
    let end = FIXED + usize::from(length);
    if usize::from(length) < addresses || end > PROXY_HEADER_LIMIT {
        return Err(ProxyHeaderFault::Length(length));
    }
    let Some(header) = bytes.get(..end) else {
        return Ok(None);
    };
    if local {
        return Ok(Some((ProxyHeader::Local, end)));
    }
    check_fields(header, FIXED + addresses)?;
    let source = &header[FIXED..];
    let from = match addresses {
        12 => source
            .first_chunk::<4>()
            .map(|at| Ipv4Addr::from(*at).into()),
        36 => source.first_chunk::<16>().map(|at| {
            // An IPv4 address is the same miner's whichever way it is written.
            IpAddr::from(Ipv6Addr::from(*at)).to_canonical()
        }),
        _ => None,
    };
    Ok(Some((
        from.map_or(ProxyHeader::Unknown, ProxyHeader::For),
        end,
    )))
}

/// Walks over the fields behind the addresses; a checksum among them is checked.
fn check_fields(header: &[u8], mut at: usize) -> Result<(), ProxyHeaderFault> {
    while at < header.len() {
        let Some(&[kind, high, low]) = header.get(at..at + 3) else {
            return Err(ProxyHeaderFault::Field);
        };
        let start = at + 3;
        let end = start + usize::from(u16::from_be_bytes([high, low]));
        let value = header.get(start..end).ok_or(ProxyHeaderFault::Field)?;
        if kind == CHECKSUM && value != crc32c_without(header, start..end).to_be_bytes() {
            return Err(ProxyHeaderFault::Checksum);
        }
        at = end;
    }
    Ok(())
}

/// CRC-32C of a header in which the bytes of a range count as zeros. Bit by bit: it is computed
/// once a connection, over some hundred bytes.
fn crc32c_without(header: &[u8], zeros: std::ops::Range<usize>) -> u32 {
    const REVERSED: u32 = 0x82f6_3b78;
    let mut crc = u32::MAX;
    for (index, byte) in header.iter().enumerate() {
        let byte = if zeros.contains(&index) { 0 } else { *byte };
        crc ^= u32::from(byte);
        for _ in 0..8 {
            let carry = crc & 1;
            crc >>= 1;
            if carry == 1 {
                crc ^= REVERSED;
            }
        }
    }
    !crc
}

#[cfg(test)]
#[path = "proxy_header/tests.rs"]
mod tests;
