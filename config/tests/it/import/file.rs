//! Whole files.

use std::collections::BTreeSet;

use zartrux_config::import::{ImportError, NoteKind, from_xmrig_proxy};
use zartrux_config::{ANNOTATED_DEFAULT, MAX_FILE_BYTES, Overrides, Settings};

use super::{WALLET, convert, lost, saved_file, settings};

#[test]
fn a_saved_file_is_converted_key_by_key() {
    let imported = convert(&saved_file());
    let fingerprint = "ab".repeat(32);
    let expected = format!(
        "[miners]\nlisten = [\"0.0.0.0:3333\", \"[::]:3333\"]\ntls_listen = [\"0.0.0.0:3443\"]\n\
         tls_certificate = \"cert.pem\"\ntls_key = \"key.pem\"\nshare_goal = \"off\"\n\
         [[pool]]\nurl = \"stratum+ssl://pool.example:443\"\nuser = \"{WALLET}\"\n\
         pass = \"hunter2\"\nrig_id = \"farm\"\ntls_fingerprint = \"{fingerprint}\"\n\
         keepalive = \"60s\"\n\
         [[pool]]\nurl = \"stratum+tcp://127.0.0.1:3335\"\nuser = \"x\"\nkeepalive = \"45s\"\n\
         [failover]\nretry = \"1s\"\n\
         [monitor]\nlisten = \"off\"\n"
    );
    let expected = Settings::from_toml(&expected, &Overrides::default());
    assert_eq!(Ok(settings(&imported)), expected);
}

#[test]
fn what_is_not_as_it_was_is_noted_and_written_into_the_file() {
    let imported = convert(&saved_file());
    let noted: BTreeSet<_> = imported
        .notes
        .iter()
        .filter(|note| note.kind != NoteKind::Ignored)
        .map(|note| note.key.as_str())
        .collect();
    let expected = ["donate-level", "retries", "retry-pause"];
    assert_eq!(noted, BTreeSet::from(expected));
    for key in expected {
        assert!(
            imported.toml.contains(&format!("# - {key}: ")),
            "{key}: {}",
            imported.toml
        );
    }
}

#[test]
fn no_key_of_a_saved_file_is_lost() {
    let source = saved_file();
    let imported = convert(&source);
    let value = serde_json::from_str(&source).unwrap();
    assert_eq!(lost(&imported, &value), Vec::<String>::new());
}

#[test]
fn comments_strings_and_trailing_commas_are_read_as_xmrig_does() {
    let imported = convert(
        r#"{
            // addresses
            "bind": ["0.0.0.0:4444", "[::]:4444", "127.0.0.1:4445", /* and no more */],
            "pools": [
                { "url": "stratum+ssl://pool.example:9000", "user": "w", "pass": "//p/*q*/", },
            ],
        }"#,
    );
    let settings = settings(&imported);
    let listen: Vec<_> = settings
        .miners
        .listen
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(listen, ["0.0.0.0:4444", "[::]:4444", "127.0.0.1:4445"]);
    assert_eq!(settings.pools[0].pass.expose(), "//p/*q*/");
    assert_eq!(
        settings.pools[0].url.to_string(),
        "stratum+ssl://pool.example:9000"
    );
}

#[test]
fn an_empty_file_has_the_defaults_of_xmrig_proxy() {
    let imported = convert("{}");
    let settings = settings(&imported);
    let listen: Vec<_> = settings
        .miners
        .listen
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(listen, ["0.0.0.0:3333", "[::]:3333"]);
    assert_eq!(settings.monitor.listen, None);
    assert_eq!(settings.miners.share_goal, None);
    assert!(settings.pools.is_empty());
}

#[test]
fn notes_and_debug_output_hold_no_secret() {
    let json = saved_file().replace(
        "\"access-password\": null",
        "\"access-password\": \"hunter2\"",
    );
    let json = json.replace("\"access-token\": null", "\"access-token\": \"hunter2\"");
    let imported = convert(&json);
    let printed = format!("{imported:?}");
    assert!(
        !printed.contains("hunter2") && !printed.contains(WALLET),
        "{printed}"
    );
    assert_eq!(
        imported.toml.matches("hunter2").count(),
        2,
        "the pool's password and the miners' alone"
    );
}

#[test]
fn what_is_no_config_is_refused() {
    let line = |json: &str| match from_xmrig_proxy(json) {
        Err(ImportError::NotJson { line, .. }) => line,
        other => panic!("{json}: {other:?}"),
    };
    assert_eq!(line("{\n// comment\n\"pools\": [\n}"), 4);
    assert_eq!(line(ANNOTATED_DEFAULT), 1);
    assert_eq!(from_xmrig_proxy("[]"), Err(ImportError::NotAnObject));
    assert_eq!(from_xmrig_proxy("null"), Err(ImportError::NotAnObject));
    let huge = " ".repeat(MAX_FILE_BYTES + 1);
    assert_eq!(from_xmrig_proxy(&huge), Err(ImportError::TooLarge));
}

#[test]
fn a_file_of_nothing_but_strange_keys_is_converted() {
    let keys: Vec<_> = (0..60_000)
        .map(|number| format!("\"key{number}\":1"))
        .collect();
    let imported = convert(&format!("{{{}}}", keys.join(",")));
    assert_eq!(imported.notes.len(), 60_000);
    assert!(
        imported.toml.contains("and 59800 more keys"),
        "{}",
        imported.toml.len()
    );
}

#[test]
fn what_would_become_too_large_is_refused() {
    let user = "\u{7f}".repeat(MAX_FILE_BYTES / 2);
    let json = format!("{{\"pools\": [{{\"url\": \"a:1\", \"user\": \"{user}\"}}]}}");
    assert_eq!(from_xmrig_proxy(&json), Err(ImportError::TooLarge));
}
