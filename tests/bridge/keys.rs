//! Who is let in.

use zmq::{CurveKeyPair, DONTWAIT, SocketType, z85_encode};

use crate::client::{ask, bridged, endpoints, hears, socket};
use crate::support::{FakePool, Proxy, clock};

#[test]
fn who_shows_a_known_key_comes_in_and_nobody_else() {
    let (server, known, stranger) = (pair(), pair(), pair());
    let pool = FakePool::start();
    let z85 = |key: &[u8; 32]| z85_encode(key).unwrap();
    let config = bridged(&pool)
        .set(
            "bridge.curve_secret_key",
            format!("{:?}", z85(&server.secret_key)),
        )
        .set(
            "bridge.allow_keys",
            format!("[{:?}]", z85(&known.public_key)),
        );
    let proxy = Proxy::launch(&config);
    proxy.wait_ready();
    let at = endpoints(&proxy);
    let keys = [Some((&stranger, &server.public_key[..])), None];
    let question = r#"{"features":{"late":1}}"#;
    let outside = keys.map(|keys| {
        let hears = socket(SocketType::SUB, at.publish.as_ref(), keys);
        let asks = socket(SocketType::DEALER, at.predict.as_ref(), keys);
        asks.send(question, 0).unwrap();
        let plans = socket(SocketType::PUSH, at.plans.as_ref(), keys);
        // There may be nobody to send it to.
        let _ = plans.send("no plan", DONTWAIT);
        (hears, asks, plans)
    });
    let inside = Some((&known, &server.public_key[..]));
    let subscriber = socket(SocketType::SUB, at.publish.as_ref(), inside);
    hears(&pool, &subscriber);
    let asker = socket(SocketType::DEALER, at.predict.as_ref(), inside);
    assert!(ask(&asker, question)["prediction"].is_object());
    let bridge = || proxy.node().view().bridge().unwrap().report();
    clock::eventually("a stranger at each socket", || {
        (bridge().clients_refused >= 3).then_some(())
    });
    for (hears, asks, _) in &outside {
        assert_eq!(hears.recv_bytes(DONTWAIT), Err(zmq::Error::EAGAIN));
        assert_eq!(asks.recv_bytes(DONTWAIT), Err(zmq::Error::EAGAIN));
    }
    assert_eq!((bridge().answered, bridge().refused), (1, 0));
    assert_eq!(bridge().plans_refused, 0);
}

fn pair() -> CurveKeyPair {
    CurveKeyPair::new().unwrap()
}
