//! Pools.

use std::time::Duration;

use zartrux_config::import::NoteKind;

use super::{WALLET, convert, kinds, settings};

#[test]
fn defaults_of_a_pool_are_those_of_xmrig() {
    let settings = settings(&convert(r#"{"pools": [{"url": "pool.example"}]}"#));
    let pool = &settings.pools[0];
    assert_eq!(pool.url.to_string(), "stratum+tcp://pool.example:3333");
    assert_eq!((pool.user.as_str(), pool.pass.expose()), ("x", "x"));
    assert_eq!(pool.keepalive, None);
}

#[test]
fn a_pool_behind_a_proxy_stays_behind_it() {
    let pool = r#"{"url": "a.onion:1", "user": "w", "socks5": "127.0.0.1:9050"}"#;
    let settings = settings(&convert(&format!("{{\"pools\": [{pool}]}}")));
    let proxy = settings.pools[0].proxy.as_ref().unwrap();
    assert_eq!(proxy.to_string(), "socks5://127.0.0.1:9050");
}

#[test]
fn a_pool_that_cannot_be_used_becomes_a_comment() {
    use NoteKind::{Changed, Unsupported};
    let good = r#"{"url": "good.example:1", "user": "w"}"#;
    let cases = [
        (
            r#""url": "bad.example:1", "enabled": false"#,
            Changed,
            "is not enabled",
        ),
        (
            r#""url": "bad.example:1", "daemon": true, "user": "w.rig""#,
            Unsupported,
            "address alone",
        ),
        (
            r#""url": "daemon+http://bad.example:1""#,
            Unsupported,
            "address alone",
        ),
        (
            r#""url": "bad.example:1", "socks5": "127.0.0.1""#,
            Unsupported,
            "SOCKS5",
        ),
        (
            r#""url": "bad.example:1", "socks5": true"#,
            Unsupported,
            "SOCKS5",
        ),
        (r#""url": "bad.onion:1""#, Unsupported, "onion service"),
        (
            r#""url": "bad.example:1", "tls": true, "tls-fingerprint": "ab""#,
            Unsupported,
            "64 hex",
        ),
        (
            r#""url": "bad.example:1", "user": """#,
            Unsupported,
            "`user`",
        ),
        (
            r#""url": "bad.example:1", "user": "a\nb""#,
            Unsupported,
            "`user`",
        ),
        (
            r#""url": "bad.example:1", "pass": "a\nb""#,
            Unsupported,
            "`pass`",
        ),
        (
            r#""url": "bad.example:1", "rig-id": "a\nb""#,
            Unsupported,
            "`rig-id`",
        ),
        (r#""url": "bad.example:1#key""#, Unsupported, "`url`"),
        (r#""url": "bad.example:0""#, Unsupported, "`url`"),
        (r#""user": "w""#, Unsupported, "`url`"),
    ];
    for (pool, kind, why) in cases {
        let imported = convert(&format!("{{\"pools\": [{{{pool}}}, {good}]}}"));
        let settings = settings(&imported);
        let hosts: Vec<_> = settings.pools.iter().map(|pool| pool.url.host()).collect();
        assert_eq!(hosts, ["good.example"], "{pool}");
        let note = imported
            .notes
            .iter()
            .find(|note| note.key == "pools[0]")
            .unwrap();
        assert_eq!(note.kind, kind, "{pool}");
        assert!(note.text.contains(why), "{pool}: {note}");
        assert!(
            imported.toml.contains("# [[pool]]\n# url = "),
            "{}",
            imported.toml
        );
    }
}

/// A pool of xmrig-proxy that is a monerod.
fn daemon(url: &str, keys: &str) -> String {
    format!(r#"{{"pools": [{{"url": "{url}", "user": "{WALLET}"{keys}}}]}}"#)
}

#[test]
fn a_monerod_is_mined_straight_with_its_keys() {
    let keys = r#", "daemon": true, "daemon-poll-interval": 500, "daemon-zmq-port": 18083,
        "daemon-job-timeout": 15000, "pass": "x", "rig-id": "farm", "keepalive": true"#;
    let imported = convert(&daemon("127.0.0.1:18081", keys));
    let pool = &settings(&imported).pools[0];
    assert_eq!(pool.url.to_string(), "daemon+http://127.0.0.1:18081");
    assert_eq!(pool.user.as_str(), WALLET);
    let zmq = pool.daemon.zmq.as_ref().unwrap().to_string();
    assert_eq!(zmq, "tcp://127.0.0.1:18083");
    assert_eq!(pool.daemon.poll, Duration::from_millis(500));
    for key in ["daemon-job-timeout", "pass", "rig-id", "keepalive"] {
        let kinds = kinds(&imported, &format!("pools[0].{key}"));
        assert_eq!(kinds, [NoteKind::Ignored], "{key}");
    }
}

#[test]
fn a_monerod_with_tls_is_pinned_or_its_certificate_checked() {
    let keys = format!(r#", "tls-fingerprint": "{}""#, "ab".repeat(32));
    let pinned = convert(&daemon("daemon+https://[::1]:18081", &keys));
    let pool = &settings(&pinned).pools[0];
    assert_eq!(pool.url.to_string(), "daemon+https://[::1]:18081");
    assert!(pool.tls_fingerprint.is_some());
    let keys = r#", "daemon": true, "tls": true, "daemon-zmq-port": 5"#;
    let checked = convert(&daemon("n.example:18081", keys));
    let pool = &settings(&checked).pools[0];
    assert_eq!(pool.url.to_string(), "daemon+https://n.example:18081");
    assert_eq!(kinds(&checked, "pools[0].url"), [NoteKind::Changed]);
}

#[test]
fn what_a_monerod_can_not_have_here_is_noted() {
    for (keys, key, kind) in [
        (
            r#", "daemon-poll-interval": 1"#,
            "daemon-poll-interval",
            NoteKind::Changed,
        ),
        (
            r#", "daemon-poll-interval": 999999"#,
            "daemon-poll-interval",
            NoteKind::Changed,
        ),
        (
            r#", "daemon-zmq-port": -1"#,
            "daemon-zmq-port",
            NoteKind::Ignored,
        ),
        (
            r#", "daemon-zmq-port": 5, "socks5": "127.0.0.1:9050""#,
            "daemon-zmq-port",
            NoteKind::Changed,
        ),
    ] {
        let imported = convert(&daemon("daemon+http://n.example:18081", keys));
        let pool = &settings(&imported).pools[0];
        assert_eq!(pool.daemon.zmq, None, "{keys}");
        let key = format!("pools[0].{key}");
        assert_eq!(kinds(&imported, &key), [kind], "{keys}");
    }
}

#[test]
fn a_pool_behind_a_proxy_is_reached_over_it() {
    for (socks5, proxy) in [
        ("\"127.0.0.1:9050\"", "socks5://127.0.0.1:9050"),
        ("\"socks5://tor.example:9050\"", "socks5://tor.example:9050"),
        ("9050", "socks5://127.0.0.1:9050"),
    ] {
        let imported = convert(&format!(
            "{{\"pools\": [{{\"url\": \"pool.onion:1\", \"socks5\": {socks5}}}]}}"
        ));
        let read = settings(&imported).pools[0].proxy.clone().unwrap();
        assert_eq!(read.to_string(), proxy, "{socks5}");
        assert_eq!(kinds(&imported, "pools[0].socks5"), []);
    }
}

#[test]
fn a_tls_pool_without_a_pin_is_checked_now_and_that_is_noted() {
    let imported = convert(r#"{"pools": [{"url": "pool.example:443", "tls": true}]}"#);
    assert_eq!(settings(&imported).pools[0].tls_fingerprint, None);
    assert_eq!(kinds(&imported, "pools[0].url"), [NoteKind::Changed]);
}

#[test]
fn a_variable_of_the_environment_is_noted() {
    let imported =
        convert(r#"{"pools": [{"url": "a:1", "user": "${WALLET}", "pass": "${PASS}"}]}"#);
    assert_eq!(settings(&imported).pools[0].user.as_str(), "${WALLET}");
    assert_eq!(kinds(&imported, "pools[0].user"), [NoteKind::Changed]);
    assert_eq!(kinds(&imported, "pools[0].pass"), [NoteKind::Changed]);
}

#[test]
fn more_pools_and_addresses_than_possible_are_left_out() {
    let pools = vec![r#"{"url": "a:1", "user": "w"}"#; 40].join(",");
    let bind: Vec<_> = (1..=70)
        .map(|port| format!("\"127.0.0.1:{port}\""))
        .collect();
    let json = format!("{{\"pools\": [{pools}], \"bind\": [{}]}}", bind.join(","));
    let imported = convert(&json);
    let settings = settings(&imported);
    assert_eq!(
        (settings.pools.len(), settings.miners.listen.len()),
        (32, 64)
    );
    assert_eq!(kinds(&imported, "pools[32]"), [NoteKind::Unsupported]);
    assert_eq!(kinds(&imported, "bind[64]"), [NoteKind::Unsupported]);
}

#[test]
fn thousands_of_pools_are_noted_and_not_written() {
    let json = format!("{{\"pools\": [{}]}}", vec!["{}"; 50_000].join(","));
    let imported = convert(&json);
    assert_eq!(kinds(&imported, "pools[49999]"), [NoteKind::Unsupported]);
    assert_eq!(imported.toml.matches("[[pool]]").count(), 64);
}
