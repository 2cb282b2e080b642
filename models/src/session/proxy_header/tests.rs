use super::*;
use proptest::prelude::*;

fn header(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = SIGNATURE.to_vec();
    bytes.extend([command, family]);
    bytes.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
    bytes.extend(body);
    bytes
}

fn for_v4() -> Vec<u8> {
    header(
        0x21,
        0x11,
        &[192, 0, 2, 7, 10, 0, 0, 1, 0x30, 0x39, 0x0d, 0x05],
    )
}

fn with_field(mut bytes: Vec<u8>, kind: u8, value: &[u8]) -> Vec<u8> {
    bytes.push(kind);
    bytes.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
    bytes.extend(value);
    let length = u16::try_from(bytes.len() - FIXED).unwrap();
    bytes[14..16].copy_from_slice(&length.to_be_bytes());
    bytes
}

fn address(text: &str) -> ProxyHeader {
    ProxyHeader::For(text.parse().unwrap())
}

#[test]
fn the_clients_address_is_read_and_what_follows_is_left() {
    let mut bytes = for_v4();
    let end = bytes.len();
    bytes.extend(b"{\"id\":1}");
    assert_eq!(
        read_proxy_header(&bytes),
        Ok(Some((address("192.0.2.7"), end)))
    );
    let mut body = [0; 36];
    body[..16].copy_from_slice(&"2001:db8::9".parse::<Ipv6Addr>().unwrap().octets());
    assert_eq!(
        read_proxy_header(&header(0x21, 0x21, &body)),
        Ok(Some((address("2001:db8::9"), 52)))
    );
}

#[test]
fn a_mapped_address_is_the_ipv4_address_that_it_stands_for() {
    let mut body = [0; 36];
    let mapped = "::ffff:192.0.2.7".parse::<Ipv6Addr>().unwrap();
    body[..16].copy_from_slice(&mapped.octets());
    assert_eq!(
        read_proxy_header(&header(0x21, 0x21, &body)),
        Ok(Some((address("192.0.2.7"), 52)))
    );
}

#[test]
fn a_balancers_own_connection_has_no_client_whatever_else_it_says() {
    for (family, body) in [(0x00, &b""[..]), (0x11, &[1; 12]), (0xff, &[9; 5])] {
        let bytes = header(0x20, family, body);
        let end = bytes.len();
        assert_eq!(
            read_proxy_header(&bytes),
            Ok(Some((ProxyHeader::Local, end)))
        );
    }
    let unspecified = header(0x21, 0x00, b"");
    assert_eq!(
        read_proxy_header(&unspecified),
        Ok(Some((ProxyHeader::Unknown, 16)))
    );
    let unix = header(0x21, 0x31, &[b'/'; 216]);
    assert_eq!(
        read_proxy_header(&unix),
        Ok(Some((ProxyHeader::Unknown, 232)))
    );
}

#[test]
fn each_fault_is_told_apart() {
    use ProxyHeaderFault::{Command, Family, Field, Length, NoHeader, Version1};
    let told = |bytes: &[u8]| read_proxy_header(bytes).unwrap_err();
    assert_eq!(told(b"{\"id\":1"), NoHeader);
    assert_eq!(told(b"PROXX"), NoHeader);
    assert_eq!(told(b"PROXY TCP4 192.0.2.7 10.0.0.1 1 2\r\n"), Version1);
    assert_eq!(told(&header(0x11, 0x11, &[0; 12])), Command(0x11));
    assert_eq!(told(&header(0x22, 0x11, &[0; 12])), Command(0x22));
    assert_eq!(told(&header(0x21, 0x12, &[0; 12])), Family(0x12));
    assert_eq!(told(&header(0x21, 0x11, &[0; 11])), Length(11));
    assert_eq!(told(&header(0x21, 0x21, &[0; 35])), Length(35));
    // Before the first of the 65,535 bytes that it announces.
    assert_eq!(
        told(b"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff"),
        Length(65_535)
    );
    assert_eq!(told(&header(0x21, 0x00, &[0; 521])), Length(521));
    let mut cut = with_field(for_v4(), 4, b"abc");
    let last = cut.len() - 4;
    cut[last] = 9;
    assert_eq!(told(&cut), Field);
    assert_eq!(told(&header(0x21, 0x00, &[4, 0])), Field);
}

#[test]
fn a_checksum_is_checked_where_there_is_one() {
    // The reference value of CRC-32C.
    assert_eq!(crc32c_without(b"123456789", 0..0), 0xe306_9283);
    let mut bytes = with_field(with_field(for_v4(), 4, b"no-op"), CHECKSUM, &[0; 4]);
    let at = bytes.len() - 4;
    let crc = crc32c_without(&bytes, at..bytes.len());
    bytes[at..].copy_from_slice(&crc.to_be_bytes());
    let end = bytes.len();
    assert_eq!(
        read_proxy_header(&bytes),
        Ok(Some((address("192.0.2.7"), end)))
    );
    bytes[17] ^= 1;
    assert_eq!(read_proxy_header(&bytes), Err(ProxyHeaderFault::Checksum));
    let short = with_field(for_v4(), CHECKSUM, b"abc");
    assert_eq!(read_proxy_header(&short), Err(ProxyHeaderFault::Checksum));
}

/// Headers, nearly headers, and anything.
fn nearly() -> impl Strategy<Value = Vec<u8>> {
    let body = proptest::collection::vec(any::<u8>(), 0..600);
    let command = prop_oneof![Just(0x20), Just(0x21), any::<u8>()];
    let family = prop_oneof![Just(0x00), Just(0x11), Just(0x21), Just(0x31), any::<u8>()];
    prop_oneof![
        (command, family, body).prop_map(|(command, family, body)| header(command, family, &body)),
        "(PROXY |PRO|\r\n\r\n)[A-Z0-9 .]{0,20}".prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..40),
        Just(for_v4()),
    ]
}

proptest! {
    #[test]
    fn however_the_bytes_come_the_answer_is_the_same(bytes in nearly(), step in 1usize..20) {
        let whole = read_proxy_header(&bytes);
        let mut ends: Vec<usize> = (0..bytes.len()).step_by(step).collect();
        ends.push(bytes.len());
        let first = ends
            .into_iter()
            .map(|end| read_proxy_header(&bytes[..end]))
            .find(|answer| *answer != Ok(None));
        prop_assert_eq!(first.unwrap_or(Ok(None)), whole);
    }

    #[test]
    fn no_answer_takes_more_bytes_than_the_limit(bytes in nearly()) {
        match read_proxy_header(&bytes) {
            Ok(None) => prop_assert!(bytes.len() < PROXY_HEADER_LIMIT),
            Ok(Some((_, end))) => prop_assert!(end <= bytes.len() && end <= PROXY_HEADER_LIMIT),
            Err(_) => {}
        }
    }
}
