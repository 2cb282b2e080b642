//! The page on migrating says of each key what the conversion does with it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use zartrux_config::import::{Imported, NoteKind};

use super::{WALLET, convert, kinds, leaves, saved_file};

const PAGE: &str = include_str!("../../../../docs/src/migrating.md");

/// A row of its tables: a key, a value, and what becomes of it.
struct Row {
    key: String,
    value: Value,
    becomes: String,
}

fn rows() -> Vec<Row> {
    let code = |cell: &str| Some(cell.strip_prefix('`')?.strip_suffix('`')?.to_owned());
    let row = |line: &str| {
        let mut cells = line.trim_matches('|').split(" | ").map(str::trim);
        let (key, value) = (code(cells.next()?)?, code(cells.next()?)?);
        let value = serde_json::from_str(&value).unwrap_or_else(|why| panic!("{line}: {why}"));
        let becomes = cells.next()?.to_owned();
        Some(Row {
            key,
            value,
            becomes,
        })
    };
    PAGE.lines().filter_map(row).collect()
}

/// A file in which nothing keeps the key from having its effect, and the key's path in it.
fn file_with(row: &Row) -> (Value, String) {
    let with = |mut object: Value, key: &str| {
        object[key] = row.value.clone();
        object
    };
    let listen = json!([{"host": "0.0.0.0", "port": 3333, "tls": true}]);
    if let Some(key) = row.key.strip_prefix("pools[].") {
        if key.starts_with("daemon") {
            let pool = json!({"url": "n.example:18081", "user": WALLET, "daemon": true});
            let file = json!({"pools": [with(pool, key)]});
            return (file, format!("pools[0].{key}"));
        }
        let pool = json!({
            "url": "pool.example:443", "user": "x", "tls": true, "tls-fingerprint": "ab".repeat(32),
        });
        let file = json!({"pools": [with(pool, key)]});
        return (file, format!("pools[0].{key}"));
    }
    if let Some(key) = row.key.strip_prefix("bind[].") {
        let file = json!({"bind": [with(listen[0].clone(), key)]});
        return (file, format!("bind[0].{key}"));
    }
    let mut file = json!({"bind": listen});
    match row.key.split_once('.') {
        Some(("http", key)) => {
            file["http"] = with(json!({"enabled": true, "port": 8181}), key);
        }
        Some(("tls", key)) => {
            // One file is of no use without the other, and its other name would take its place.
            let other = if key == "cert" { "cert_key" } else { "cert" };
            let mut tls = json!({"enabled": true});
            if key.starts_with("cert") {
                tls[other] = json!("other.pem");
            }
            file["tls"] = with(tls, key);
        }
        Some((object, key)) => file[object] = with(Value::Object(Map::new()), key),
        None => file[&row.key] = row.value.clone(),
    }
    (file, row.key.clone())
}

fn became(imported: &Imported, path: &str) -> &'static str {
    match kinds(imported, path).first() {
        Some(NoteKind::Changed) => "**Changed**",
        Some(NoteKind::Unsupported) => "**Not supported**",
        Some(NoteKind::Ignored) => "**Ignored**",
        None if imported.converted.iter().any(|key| key == path) => "**Kept**",
        None => "lost",
    }
}

#[test]
fn each_key_of_the_page_becomes_what_it_says() {
    let rows = rows();
    assert!(rows.len() > 60, "the page was read: {}", rows.len());
    for row in rows {
        let (file, path) = file_with(&row);
        let imported = convert(&file.to_string());
        let became = became(&imported, &path);
        assert!(
            row.becomes.starts_with(became),
            "{path} {}: {became}, and the page says: {}",
            row.value,
            row.becomes
        );
        let unknown = |text: &str| text.contains("is no setting that Zartrux knows");
        assert!(
            !imported.notes.iter().any(|note| unknown(&note.text)),
            "{file}"
        );
    }
}

#[test]
fn the_page_has_every_key_that_xmrig_proxy_saves() {
    let mut saved = Vec::new();
    leaves(
        &serde_json::from_str(&saved_file()).unwrap(),
        "",
        &mut saved,
    );
    let of_any = |path: &str| {
        path.replace("[0]", "[]")
            .replace("[1]", "[]")
            .replace("[2]", "[]")
    };
    let told: BTreeSet<String> = rows().into_iter().map(|row| row.key).collect();
    let missing: BTreeSet<String> = saved
        .iter()
        .map(|path| of_any(path))
        .filter(|key| !told.contains(key))
        .collect();
    assert_eq!(missing, BTreeSet::new());
}
