//! Sessions over TLS.

use std::time::Duration;

use native_tls::Identity;
use rcgen::{CertificateParams, KeyPair};
use sha2::{Digest, Sha256};
use zartrux_actors::pool_session::{PoolEndpoint, PoolState, PoolTimeouts, Tls};
use zartrux_actors::share_ticket::Settlement;
use zartrux_models::stratum::ErrorClass;

use crate::harness::{Session, TIMEOUTS, endpoint};
use crate::pool::Pool;

/// A pool with a certificate signed by itself, and the certificate's SHA-256.
async fn pool() -> (Pool, [u8; 32]) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let sha256 = Sha256::digest(certificate.der()).into();
    let (certificate, key) = (certificate.pem(), key.serialize_pem());
    let identity = Identity::from_pkcs8(certificate.as_bytes(), key.as_bytes()).unwrap();
    (Pool::listen_tls(identity).await, sha256)
}

fn secured(pool: &Pool, tls: Tls) -> PoolEndpoint {
    PoolEndpoint {
        host: "localhost".to_owned(),
        tls,
        ..endpoint(pool.port())
    }
}

#[actix::test]
async fn a_pinned_pool_is_worked_with_like_any_other() {
    let (pool, sha256) = pool().await;
    let mut session = Session::start_with(secured(&pool, Tls::Pinned(sha256)), TIMEOUTS);
    let mut wire = pool.log_in("j1").await;
    let job = session.logged_in().await;
    for number in 0..300 {
        session.forward(&job, number);
    }
    for number in 0..300 {
        let (request, _) = wire.hear_submit().await;
        wire.accept(request).await;
        assert_eq!(session.settled().await, (number, Settlement::Accepted));
    }
    session.forward(&job, 300);
    wire.hear_submit().await;
    drop(wire);
    assert_eq!(session.settled().await, (300, Settlement::Unanswered));
    session.lost().await;
}

#[actix::test]
async fn a_pool_with_another_certificate_never_sees_the_login() {
    let (pool, sha256) = pool().await;
    let mut session = Session::start_with(secured(&pool, Tls::Pinned([0; 32])), TIMEOUTS);
    let mut wire = pool.accept().await;
    assert!(wire.hear().await.is_none());
    assert_eq!(session.state().await, PoolState::Connecting);
    let (class, reason) = session.lost().await;
    assert_eq!(class, ErrorClass::Ours);
    assert!(reason.contains(&const_hex::encode(sha256)), "{reason}");
}

#[actix::test]
async fn a_pool_that_only_vouches_for_itself_never_sees_the_login() {
    let (pool, _) = pool().await;
    let mut session = Session::start_with(secured(&pool, Tls::Verified), TIMEOUTS);
    if let Some(mut wire) = pool.try_accept().await {
        assert!(wire.hear().await.is_none());
    }
    assert_eq!(session.state().await, PoolState::Connecting);
    let (class, reason) = session.lost().await;
    assert_eq!(class, ErrorClass::Ours);
    assert!(reason.contains("signed by itself"), "{reason}");
}

#[actix::test]
async fn a_pool_that_never_ends_its_handshake_is_left() {
    let pool = Pool::listen().await;
    let timeouts = PoolTimeouts {
        connect: Duration::from_millis(200),
        ..TIMEOUTS
    };
    let mut session = Session::start_with(secured(&pool, Tls::Pinned([0; 32])), timeouts);
    let _silent = pool.accept().await;
    assert_eq!(session.state().await, PoolState::Connecting);
    let (class, reason) = session.lost().await;
    assert_eq!(
        (class, &*reason),
        (
            ErrorClass::Pool,
            "no answer within 200ms while in the TLS handshake"
        )
    );
}
