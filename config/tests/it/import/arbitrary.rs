//! Whatever the file, it is converted or refused, and no key is lost.

use proptest::prelude::*;
use zartrux_config::import::from_xmrig_proxy;
use zartrux_config::{Overrides, Settings};

use super::{lost, saved_file};

/// Any JSON value.
fn value() -> impl Strategy<Value = serde_json::Value> {
    let texts = [
        "",
        "x",
        "0.0.0.0:1",
        "[::]:1",
        "::",
        "127.0.0.1",
        "pool.example:443",
        "daemon+http://a:1",
        "stratum+ssl://a:1",
        "a\nb",
        "\u{0}",
        "${A}",
        "é",
        "nicehash",
    ];
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        prop::sample::select(vec![-1_i64, 0, 1, 60, 100, 3333, 70_000, i64::MAX])
            .prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        prop::sample::select(texts.to_vec()).prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 60, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            object(inner),
        ]
    })
}

/// An object with keys of xmrig-proxy.
fn object(
    value: impl Strategy<Value = serde_json::Value>,
) -> impl Strategy<Value = serde_json::Value> {
    let keys = [
        "access-password",
        "algo",
        "algo-ext",
        "api",
        "bind",
        "cert",
        "cert-key",
        "cert_key",
        "coin",
        "custom-diff",
        "daemon",
        "debug",
        "dns",
        "donate-level",
        "enabled",
        "gen",
        "host",
        "http",
        "id",
        "keepalive",
        "mode",
        "pass",
        "pools",
        "port",
        "protocols",
        "restricted",
        "retries",
        "retry-pause",
        "rig-id",
        "self-select",
        "socks5",
        "spend-secret-key",
        "strange",
        "tls",
        "tls-fingerprint",
        "url",
        "user",
        "verbose",
        "watch",
        "workers",
    ];
    prop::collection::btree_map(prop::sample::select(keys.to_vec()), value, 0..10).prop_map(
        |entries| {
            entries
                .into_iter()
                .map(|(k, v)| (k.to_owned(), v))
                .collect()
        },
    )
}

proptest! {
    #[test]
    fn any_object_is_converted_without_losing_a_key(source in object(value())) {
        let imported = from_xmrig_proxy(&source.to_string());
        let imported = imported.map_err(|why| TestCaseError::fail(why.to_string()))?;
        prop_assert_eq!(lost(&imported, &source), Vec::<String>::new());
        prop_assert!(Settings::from_toml(&imported.toml, &Overrides::default()).is_ok());
    }

    #[test]
    fn any_pools_and_addresses_are_converted(
        pools in prop::collection::vec(object(value()), 0..5),
        bind in prop::collection::vec(value(), 0..5),
        http in object(value()),
        tls in object(value()),
    ) {
        let source = serde_json::json!({"pools": pools, "bind": bind, "http": http, "tls": tls});
        let imported = from_xmrig_proxy(&source.to_string());
        let imported = imported.map_err(|why| TestCaseError::fail(why.to_string()))?;
        prop_assert_eq!(lost(&imported, &source), Vec::<String>::new());
    }

    #[test]
    fn any_text_is_converted_or_refused(text: String) {
        let _ = from_xmrig_proxy(&text);
    }

    #[test]
    fn a_damaged_file_is_converted_or_refused(at in 0_usize..2000, with in "[{}\\[\\]\",:/*0a ]{0,3}") {
        let mut text = saved_file();
        let at = at.min(text.len() - 1);
        text.replace_range(at..=at, &with);
        let _ = from_xmrig_proxy(&text);
    }
}
