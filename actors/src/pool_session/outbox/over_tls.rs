//! The outbox on a real TLS stream, through a pipe that is narrower than one TLS record.

use std::task::Waker;
use std::time::Duration;

use futures_util::FutureExt;
use native_tls::Identity;
use rcgen::{CertificateParams, KeyPair};
use tokio::io::{AsyncReadExt, DuplexStream, duplex};
use tokio_native_tls::{TlsAcceptor, TlsStream};

use super::super::Tls;
use super::*;
use crate::dial::tls_connector as connector;

/// Far longer than it takes: a test that hangs fails instead.
const HANG: Duration = Duration::from_secs(60);

/// More waits than one write takes, so that the buffer never runs empty.
const BACKLOG: usize = 3 * WRITE_SIZE / 2;

/// Both ends of a connection made as pool sessions make theirs.
async fn pair() -> (TlsStream<DuplexStream>, TlsStream<DuplexStream>) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap().pem();
    let identity =
        Identity::from_pkcs8(certificate.as_bytes(), key.serialize_pem().as_bytes()).unwrap();
    let acceptor = TlsAcceptor::from(native_tls::TlsAcceptor::new(identity).unwrap());
    let connector = connector(Tls::Pinned([0; 32]), &[]).unwrap();
    let (near, far) = duplex(1024);
    let (near, far) = tokio::join!(connector.connect("localhost", near), acceptor.accept(far));
    (near.unwrap(), far.unwrap())
}

#[actix::test]
async fn a_tls_write_that_was_not_ready_is_repeated_from_where_its_bytes_were_moved_to() {
    let (mut near, mut far) = pair().await;
    let mut outbox = Outbox::default();
    let mut cx = Context::from_waker(Waker::noop());
    let (mut said, mut heard, mut moved) = (Vec::new(), Vec::new(), 0);
    let mut piece = [0; 1024];
    let work = async {
        for number in 0..4_000 {
            let line = format!("{number:0199}\n");
            said.extend_from_slice(line.as_bytes());
            let unready = outbox.poll_write(&mut near, &mut cx).is_pending();
            let head = outbox.head;
            outbox.push(line.as_bytes()).unwrap();
            moved += usize::from(unready && outbox.head < head);
            while outbox.waiting() > BACKLOG {
                if let Poll::Ready(wrote) = outbox.poll_write(&mut near, &mut cx) {
                    wrote.unwrap();
                }
                if let Some(read) = far.read(&mut piece).now_or_never() {
                    heard.extend_from_slice(&piece[..read.unwrap()]);
                }
                assert!(
                    outbox.waiting() > 0,
                    "the backlog was only taken as a whole"
                );
                tokio::task::yield_now().await;
            }
        }
        while heard.len() < said.len() {
            if let Poll::Ready(wrote) = outbox.poll_write(&mut near, &mut cx) {
                wrote.unwrap();
            }
            if let Some(read) = far.read(&mut piece).now_or_never() {
                heard.extend_from_slice(&piece[..read.unwrap()]);
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(HANG, work).await.expect("it hangs");
    assert!(moved > 0, "no write was repeated after a move");
    assert!(heard == said, "what was heard is not what was said");
}
