//! Conversion of xmrig-proxy's `config.json`.

mod arbitrary;
mod file;
mod keys;
mod page;
mod pools;

use std::collections::BTreeSet;

use zartrux_config::import::{Imported, NoteKind, from_xmrig_proxy};
use zartrux_config::{Overrides, Settings};

const WALLET: &str = "44AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB";

/// A file as xmrig-proxy 6.26 saves it, with some of its settings changed.
fn saved_file() -> String {
    let text = r#"{
    "access-log-file": null,
    "access-password": null,
    "algo-ext": true,
    "api": {
        "id": null,
        "worker-id": null
    },
    "http": {
        "enabled": false,
        "host": "127.0.0.1",
        "port": 0,
        "access-token": null,
        "restricted": true
    },
    "background": false,
    "bind": [
        {
            "host": "0.0.0.0",
            "port": 3333,
            "tls": false
        },
        {
            "host": "::",
            "port": 3333,
            "tls": false
        },
        {
            "host": "0.0.0.0",
            "port": 3443,
            "tls": true
        }
    ],
    "colors": true,
    "title": true,
    "custom-diff": 0,
    "custom-diff-stats": false,
    "donate-level": 2,
    "log-file": null,
    "mode": "nicehash",
    "pools": [
        {
            "algo": null,
            "coin": "monero",
            "url": "pool.example:443",
            "user": "WALLET",
            "pass": "hunter2",
            "rig-id": "farm",
            "keepalive": true,
            "enabled": true,
            "tls": true,
            "sni": false,
            "tls-fingerprint": "ABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABAB",
            "daemon": false,
            "socks5": null,
            "self-select": null,
            "submit-to-origin": false
        },
        {
            "algo": "rx/0",
            "coin": null,
            "url": "127.0.0.1:3335",
            "user": "x",
            "pass": "x",
            "rig-id": null,
            "keepalive": 45,
            "enabled": true,
            "tls": false,
            "sni": false,
            "tls-fingerprint": null,
            "daemon": false,
            "socks5": null,
            "self-select": null,
            "submit-to-origin": false
        }
    ],
    "retries": 2,
    "retry-pause": 1,
    "reuse-timeout": 0,
    "tls": {
        "enabled": true,
        "protocols": null,
        "cert": "cert.pem",
        "cert_key": "key.pem",
        "ciphers": null,
        "ciphersuites": null,
        "dhparam": null
    },
    "dns": {
        "ip_version": 0,
        "ttl": 30
    },
    "user-agent": null,
    "syslog": false,
    "verbose": false,
    "watch": true,
    "workers": true
}"#;
    text.replace("WALLET", WALLET)
}

fn convert(json: &str) -> Imported {
    from_xmrig_proxy(json).unwrap_or_else(|why| panic!("{json}: {why}"))
}

fn settings(imported: &Imported) -> Settings {
    Settings::from_toml(&imported.toml, &Overrides::default())
        .unwrap_or_else(|faults| panic!("{}\n{faults}", imported.toml))
}

/// The kinds of the notes that a key has.
fn kinds(imported: &Imported, key: &str) -> Vec<NoteKind> {
    let of_key = imported.notes.iter().filter(|note| note.key == key);
    of_key.map(|note| note.kind).collect()
}

/// The paths of all values that are neither objects nor lists.
fn leaves(value: &serde_json::Value, path: &str, leaves: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(entries) if !entries.is_empty() => {
            for (key, value) in entries {
                let path = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                self::leaves(value, &path, leaves);
            }
        }
        serde_json::Value::Array(items) if !items.is_empty() => {
            for (index, value) in items.iter().enumerate() {
                self::leaves(value, &format!("{path}[{index}]"), leaves);
            }
        }
        serde_json::Value::Object(_) if path.is_empty() => {}
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_)
        | serde_json::Value::Array(_)
        | serde_json::Value::Object(_) => leaves.push(path.to_owned()),
    }
}

/// The keys that neither they themselves nor one they belong to is accounted for.
fn lost(imported: &Imported, source: &serde_json::Value) -> Vec<String> {
    let exact: BTreeSet<_> = imported.converted.iter().map(String::as_str).collect();
    let noted: BTreeSet<_> = imported
        .notes
        .iter()
        .map(|note| note.key.as_str())
        .collect();
    let mut all = Vec::new();
    leaves(source, "", &mut all);
    all.retain(|leaf| {
        let parents = leaf.match_indices(['.', '[']).map(|(at, _)| &leaf[..at]);
        let covered = parents
            .chain([leaf.as_str()])
            .any(|path| noted.contains(path));
        !covered && !exact.contains(leaf.as_str())
    });
    all
}
