//! Handshakes with real certificates of every bad kind.

use std::sync::Arc;
use std::time::Duration;

use native_tls::Identity;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::sync::OnceCell;

use super::super::tests::{Conduct, no_names, proxy};
use super::super::{ConnectFault, Dial, Names, SocksProxy, Transport, Way};
use super::*;
use crate::clock::Clock;

/// A root of our own, and what it signs.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root: Certificate,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // A leaf that bears its issuer's name would count as signed by itself.
        params
            .distinguished_name
            .push(DnType::CommonName, "root of the tests");
        let root = params.self_signed(&key).unwrap();
        Self {
            root: Certificate::from_der(root.der()).unwrap(),
            issuer: Issuer::new(params, key),
        }
    }

    fn sign(&self, params: &CertificateParams) -> Shown {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Shown::new(&certificate, &key)
    }
}

/// What the server shows.
struct Shown {
    identity: Identity,
    sha256: [u8; 32],
}

impl Shown {
    fn new(certificate: &rcgen::Certificate, key: &KeyPair) -> Self {
        let pem = certificate.pem();
        Self {
            identity: Identity::from_pkcs8(pem.as_bytes(), key.serialize_pem().as_bytes()).unwrap(),
            sha256: Sha256::digest(certificate.der()).into(),
        }
    }
}

fn names(name: &str) -> CertificateParams {
    CertificateParams::new(vec![name.to_owned()]).unwrap()
}

/// Opens a connection to a server that shows `identity`.
async fn open(
    identity: Option<Identity>,
    host: &str,
    tls: Tls,
    roots: &[Certificate],
) -> Result<Transport, ConnectFault> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        match identity {
            Some(identity) => {
                let acceptor = native_tls::TlsAcceptor::new(identity).unwrap();
                let acceptor = tokio_native_tls::TlsAcceptor::from(acceptor);
                drop(acceptor.accept(stream).await);
            }
            None => drop(stream.write_all(b"{\"id\":1,\"error\":\"plain\"}\n").await),
        }
    };
    let built = connector(tls, roots).unwrap();
    let dial = Dial {
        host: host.to_owned(),
        port,
        tls,
        timeout: Duration::from_secs(20),
        connector: Arc::new(OnceCell::new_with(Some(built))),
        way: Way::default(),
        names: Names::of_system(Duration::ZERO),
        clock: Clock,
    };
    let (opened, ()) = tokio::join!(dial.open(), server);
    opened
}

fn fault_of(opened: Result<Transport, ConnectFault>) -> TlsFault {
    let Err(ConnectFault::Tls(fault)) = opened else {
        panic!("not refused for its certificate: {opened:?}");
    };
    fault
}

#[actix::test]
async fn a_certificate_for_this_host_from_a_trusted_root_is_taken() {
    let authority = Authority::new();
    for host in ["localhost", "127.0.0.1"] {
        let shown = authority.sign(&names(host));
        let roots = [authority.root.clone()];
        let opened = open(Some(shown.identity), host, Tls::Verified, &roots).await;
        assert!(matches!(opened, Ok(Transport::Tls(_))), "{opened:?}");
    }
}

#[actix::test]
async fn a_certificate_for_another_name_is_refused_by_name() {
    let authority = Authority::new();
    for host in ["localhost", "127.0.0.1"] {
        let shown = authority.sign(&names("pool.example"));
        let roots = [authority.root.clone()];
        let fault = fault_of(open(Some(shown.identity), host, Tls::Verified, &roots).await);
        assert_eq!(
            fault,
            TlsFault::WrongName {
                host: host.to_owned()
            }
        );
    }
}

#[actix::test]
async fn a_certificate_out_of_its_time_is_refused_with_the_side_it_is_on() {
    let authority = Authority::new();
    let roots = [authority.root.clone()];
    let mut params = names("localhost");
    params.not_after = date_time_ymd(2000, 1, 1);
    let expired = open(
        Some(authority.sign(&params).identity),
        "localhost",
        Tls::Verified,
        &roots,
    );
    assert_eq!(fault_of(expired.await), TlsFault::Expired);

    let mut params = names("localhost");
    params.not_before = date_time_ymd(4000, 1, 1);
    let early = open(
        Some(authority.sign(&params).identity),
        "localhost",
        Tls::Verified,
        &roots,
    );
    assert_eq!(fault_of(early.await), TlsFault::NotYetValid);
}

#[actix::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    let key = KeyPair::generate().unwrap();
    let own = Shown::new(&names("localhost").self_signed(&key).unwrap(), &key);
    let opened = open(Some(own.identity), "localhost", Tls::Verified, &[]).await;
    assert_eq!(fault_of(opened), TlsFault::SelfSigned);

    let stranger = Authority::new().sign(&names("localhost"));
    let opened = open(Some(stranger.identity), "localhost", Tls::Verified, &[]).await;
    assert_eq!(fault_of(opened), TlsFault::UnknownIssuer);
}

#[actix::test]
async fn a_pool_that_speaks_no_tls_is_told_from_one_with_a_bad_certificate() {
    let opened = open(None, "localhost", Tls::Verified, &[]).await;
    assert_eq!(fault_of(opened), TlsFault::NotTls);
}

#[actix::test]
async fn a_pinned_certificate_needs_neither_name_nor_time_nor_root() {
    let key = KeyPair::generate().unwrap();
    let mut params = names("pool.example");
    params.not_after = date_time_ymd(2000, 1, 1);
    let shown = Shown::new(&params.self_signed(&key).unwrap(), &key);
    let opened = open(
        Some(shown.identity),
        "localhost",
        Tls::Pinned(shown.sha256),
        &[],
    )
    .await;
    assert!(matches!(opened, Ok(Transport::Tls(_))), "{opened:?}");
}

#[actix::test]
async fn a_wrong_pin_names_the_certificate_that_was_shown() {
    let authority = Authority::new();
    let shown = authority.sign(&names("localhost"));
    let roots = [authority.root.clone()];
    let opened = open(
        Some(shown.identity),
        "localhost",
        Tls::Pinned([7; 32]),
        &roots,
    )
    .await;
    let presented = const_hex::encode(shown.sha256);
    let fault = fault_of(opened);
    assert!(fault.to_string().contains(&presented), "{fault}");
    assert_eq!(fault, TlsFault::WrongPin { presented });
}

#[actix::test]
async fn through_a_proxy_the_certificate_must_be_for_the_pool_s_name() {
    let authority = Authority::new();
    for (name, is_good) in [("pool.example", true), ("127.0.0.1", false)] {
        let pool = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let middle = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let acceptor = native_tls::TlsAcceptor::new(authority.sign(&names(name)).identity);
        let acceptor = tokio_native_tls::TlsAcceptor::from(acceptor.unwrap());
        let built = connector(Tls::Verified, std::slice::from_ref(&authority.root)).unwrap();
        let dial = Dial {
            host: "pool.example".to_owned(),
            port: pool.local_addr().unwrap().port(),
            tls: Tls::Verified,
            timeout: Duration::from_secs(20),
            connector: Arc::new(OnceCell::new_with(Some(built))),
            way: Way {
                proxy: Some(SocksProxy {
                    host: "127.0.0.1".to_owned(),
                    port: middle.local_addr().unwrap().port(),
                    login: None,
                }),
                ..Way::default()
            },
            names: no_names(),
            clock: Clock,
        };
        let passing = tokio::spawn(proxy(middle, Conduct::Serves));
        let served = async {
            let (stream, _) = pool.accept().await.unwrap();
            drop(acceptor.accept(stream).await);
        };
        let (opened, ()) = tokio::join!(dial.open(), served);
        if is_good {
            assert!(matches!(opened, Ok(Transport::Tls(_))), "{opened:?}");
        } else {
            let host = "pool.example".to_owned();
            assert_eq!(fault_of(opened), TlsFault::WrongName { host });
        }
        passing.abort();
    }
}
