//! Keys outside the pools.

use std::time::Duration;

use zartrux_config::import::NoteKind;
use zartrux_config::{Anonymous, Settings};

use super::{convert, kinds, settings};

/// One key at the top, what becomes of it, and what the settings say then.
type Case = (
    &'static str,
    &'static str,
    Option<NoteKind>,
    fn(&Settings) -> bool,
);

#[test]
fn each_key_at_the_top_has_its_effect_or_its_note() {
    use NoteKind::{Changed, Ignored, Unsupported};
    let any = |_: &Settings| true;
    let goal_off = |s: &Settings| s.miners.share_goal.is_none();
    let cases: &[Case] = &[
        ("custom-diff", "5000", Some(Changed), |s| {
            s.miners.min_difficulty == 5000 && s.miners.share_goal.is_some()
        }),
        ("custom-diff", "0", None, goal_off),
        ("custom-diff", "99", Some(Ignored), goal_off),
        ("custom-diff", "\"5000\"", Some(Ignored), goal_off),
        ("custom-diff", "5e30", Some(Ignored), goal_off),
        ("retry-pause", "7", Some(Changed), |s| {
            s.failover.retry == Duration::from_secs(7)
        }),
        ("retry-pause", "90", Some(Changed), |s| {
            s.failover.retry == Duration::from_secs(90) && s.failover.retry_max >= s.failover.retry
        }),
        ("retry-pause", "0", Some(Ignored), any),
        ("retries", "5", Some(Changed), any),
        ("verbose", "true", Some(Changed), |s| {
            s.node.log.as_str() == "debug"
        }),
        ("verbose", "2", Some(Changed), |s| {
            s.node.log.as_str() == "debug"
        }),
        ("verbose", "false", None, |s| s.node.log.as_str() == "info"),
        ("debug", "true", Some(Changed), |s| {
            s.node.log.as_str() == "debug"
        }),
        ("mode", "\"nicehash\"", None, any),
        ("mode", "\"simple\"", Some(Changed), any),
        ("mode", "\"extra_nonce\"", Some(Changed), any),
        ("workers", "true", None, any),
        ("workers", "\"rig-id\"", None, any),
        ("workers", "null", Some(Ignored), any),
        ("workers", "false", Some(Changed), any),
        ("workers", "\"user\"", Some(Changed), any),
        ("donate-level", "0", None, any),
        ("donate-level", "2", Some(Changed), any),
        ("algo-ext", "true", None, any),
        ("algo-ext", "false", Some(Unsupported), any),
        ("access-password", "null", Some(Ignored), any),
        ("access-password", "\"hunter2\"", None, |s| {
            s.miners.access.password == Some(zartrux_config::Secret::new("hunter2"))
        }),
        ("access-password", "\"\"", Some(Ignored), any),
        ("access-password", "\"a\\nb\"", Some(Unsupported), any),
        ("access-log-file", "\"a.log\"", Some(Unsupported), any),
        ("log-file", "\"l.log\"", Some(Unsupported), any),
        ("syslog", "true", Some(Unsupported), any),
        ("user-agent", "\"me\"", Some(Unsupported), any),
        ("watch", "true", None, |s| s.node.watch),
        ("watch", "false", None, |s| !s.node.watch),
        ("watch", "5", Some(Ignored), |s| s.node.watch),
        ("background", "true", Some(Ignored), any),
        ("colors", "true", Some(Ignored), any),
        ("dns", "7", Some(Ignored), any),
        ("reuse-timeout", "10", Some(Ignored), any),
        ("tls", "true", None, any),
        ("tls", "\"pool.example\"", Some(Changed), any),
        ("tls", "false", Some(Ignored), any),
        ("bind", "7", Some(Ignored), any),
        ("api", "{}", Some(Ignored), any),
        ("login-file", "\"logins\"", Some(Unsupported), any),
        ("pools", "[]", Some(Unsupported), |s| s.pools.is_empty()),
        ("poools", "[]", Some(Unsupported), any),
        ("url", "\"pool.example:3333\"", Some(Unsupported), any),
    ];
    for (key, value, kind, holds) in cases {
        let imported = convert(&format!("{{\"{key}\": {value}}}"));
        assert_eq!(
            kinds(&imported, key),
            Vec::from_iter(*kind),
            "{key}: {value}"
        );
        let exact = imported.converted.iter().any(|converted| converted == key);
        assert_eq!(exact, kind.is_none(), "{key}: {value}");
        assert!(
            holds(&settings(&imported)),
            "{key}: {value}: {}",
            imported.toml
        );
    }
}

#[test]
fn how_names_are_resolved_is_kept() {
    use zartrux_config::IpVersion::{Any, PreferV6, V4, V6};
    let cases = [
        ("ttl", "120", 120, Any, None),
        ("ttl", "0", 1, Any, Some(NoteKind::Changed)),
        ("ttl", "100000", 86_400, Any, Some(NoteKind::Changed)),
        ("ip_version", "0", 30, Any, None),
        ("ip_version", "4", 30, V4, None),
        ("ip_version", "6", 30, V6, None),
        ("ip_version", "5", 30, Any, Some(NoteKind::Ignored)),
        ("ipv6", "true", 30, PreferV6, None),
        ("ipv6", "false", 30, Any, None),
        ("strange", "1", 30, Any, Some(NoteKind::Unsupported)),
    ];
    for (key, value, ttl, ip, kind) in cases {
        let imported = convert(&format!(
            "{{\"pools\": [{{\"url\": \"pool.example:1\"}}], \"dns\": {{\"{key}\": {value}}}}}"
        ));
        let settings = settings(&imported);
        assert_eq!(settings.failover.dns_ttl.as_secs(), ttl, "{key}: {value}");
        assert_eq!(settings.pools[0].ip, ip, "{key}: {value}");
        let kinds = kinds(&imported, &format!("dns.{key}"));
        assert_eq!(kinds, Vec::from_iter(kind), "{key}: {value}");
    }
}

#[test]
fn what_the_api_called_itself_is_noted() {
    use NoteKind::{Ignored, Unsupported};
    let imported = convert(
        r#"{"api": {"id": null, "worker-id": "farm", "port": 8181, "access-token": "hunter2"}}"#,
    );
    assert_eq!(kinds(&imported, "api.id"), [Ignored]);
    for key in ["api.worker-id", "api.port", "api.access-token"] {
        assert_eq!(kinds(&imported, key), [Unsupported], "{key}");
    }
    assert_eq!(settings(&imported).monitor.listen, None);
    let told = imported
        .notes
        .iter()
        .any(|note| note.text.contains("hunter2"));
    assert!(!told && !imported.toml.contains("hunter2"));
}

#[test]
fn the_level_of_the_log_and_the_watch_stand_in_one_section() {
    let imported = convert(r#"{"verbose": true, "watch": false}"#);
    let node = settings(&imported).node;
    assert_eq!((node.log.as_str(), node.watch), ("debug", false));
}

#[test]
fn the_http_api_becomes_the_monitor() {
    use NoteKind::Changed;
    let monitor = |json: &str| {
        let imported = convert(&format!("{{\"http\": {json}}}"));
        let address = settings(&imported).monitor.listen;
        (imported, address.map(|address| address.to_string()))
    };
    let (_, address) = monitor(r#"{"enabled": true, "host": "::1", "port": 8181}"#);
    assert_eq!(address.as_deref(), Some("[::1]:8181"));

    let (imported, address) =
        monitor(r#"{"enabled": true, "host": "0.0.0.0", "port": 8181, "access-token": "hunter2"}"#);
    assert_eq!(address.as_deref(), Some("0.0.0.0:8181"));
    let access = settings(&imported).monitor.access;
    let sha256 = "f52fbd32b2b3b86ff88ef6c490628285f482af15ddcb29541f94bcf526a3f6c7";
    assert_eq!(access.read_tokens, [sha256.parse().unwrap()]);
    assert_eq!(access.anonymous, Anonymous::Nothing);
    assert!(!imported.toml.contains("hunter2"));

    let (imported, _) =
        monitor(r#"{"enabled": true, "access-token": "hunter2", "restricted": false}"#);
    let access = settings(&imported).monitor.access;
    assert_eq!(access.admin_tokens, [sha256.parse().unwrap()]);

    let (imported, address) = monitor(r#"{"enabled": true, "host": "0.0.0.0", "port": 8181}"#);
    assert_eq!(address.as_deref(), Some("0.0.0.0:8181"));
    assert_eq!(
        settings(&imported).monitor.access.anonymous,
        Anonymous::Read
    );
    assert_eq!(kinds(&imported, "http.host"), [Changed]);

    let (imported, address) = monitor(r#"{"enabled": true, "host": "api.example"}"#);
    assert_eq!(address.as_deref(), Some("127.0.0.1:8080"));
    assert_eq!(kinds(&imported, "http.host"), [Changed]);
    assert_eq!(kinds(&imported, "http"), [Changed]);

    let (imported, address) = monitor(r#"{"enabled": true, "port": 3333}"#);
    assert_eq!(address, None);
    assert_eq!(kinds(&imported, "http.port"), [Changed]);

    let (_, address) = monitor(r#"{"enabled": false, "port": 8181}"#);
    assert_eq!(address, None);
}

#[test]
fn addresses_that_cannot_be_used_are_left_out() {
    use NoteKind::{Changed, Ignored, Unsupported};
    let imported = convert(
        r#"{"bind": [
            "0.0.0.0:1", "127.0.0.1:1", "0.0.0.0:1", "nowhere:2", "0.0.0.0:8888#key", 5,
            {"host": "[::1]", "port": 3, "tls": true}, {"host": "::1"},
            {"host": "::1", "port": 99999, "tls": false}, {"host": "::1", "port": 4, "tsl": true}
        ]}"#,
    );
    let settings = settings(&imported);
    let listen: Vec<_> = settings
        .miners
        .listen
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(listen, ["0.0.0.0:1", "[::1]:4"]);
    let tls: Vec<_> = settings
        .miners
        .tls_listen
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(tls, ["[::1]:3"]);
    for (key, kind) in [
        ("bind[1]", Changed),
        ("bind[2]", Changed),
        ("bind[3]", Unsupported),
        ("bind[4]", Unsupported),
        ("bind[5]", Ignored),
        ("bind[7]", Unsupported),
        ("bind[8]", Unsupported),
        ("bind[9].tsl", Unsupported),
    ] {
        assert_eq!(kinds(&imported, key), [kind], "{key}");
    }
}

#[test]
fn a_key_given_twice_is_noted() {
    let imported = convert(r#"{"retry-pause": 3, "retry-pause": 4}"#);
    assert_eq!(settings(&imported).failover.retry, Duration::from_secs(3));
    assert_eq!(
        kinds(&imported, "retry-pause"),
        [NoteKind::Changed, NoteKind::Ignored]
    );
}
