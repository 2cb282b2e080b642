//! What is different between two settings.

use std::collections::BTreeSet;

use zartrux_config::{ANNOTATED_DEFAULT, Change, Overrides, Settings, Takes, classified};

fn read(text: &str) -> Settings {
    Settings::from_toml(text, &Overrides::default()).unwrap_or_else(|faults| panic!("{faults}"))
}

fn told(old: &str, new: &str) -> Vec<String> {
    let changes = read(old).changes(&read(new));
    changes.iter().map(ToString::to_string).collect()
}

fn pool(host: &str, more: &str) -> String {
    format!("[[pool]]\nurl = \"stratum+tcp://{host}:1\"\nuser = \"u\"\n{more}\n")
}

#[test]
fn settings_that_are_the_same_have_no_changes() {
    let text = pool("a", "pass = \"secret\"");
    assert!(told(&text, &text).is_empty());
    // What a comment, an order of keys or a default written out says is nothing else.
    let other = format!("# hello\n{text}[node]\nlanes = 1\n");
    assert!(told(&text, &other).is_empty());
}

#[test]
fn changes_say_key_old_and_new_value_in_the_order_of_the_file() {
    assert_eq!(
        told(
            "[prove]\nsample = 0.1\n[failover]\nretry = \"1s\"\n",
            "[failover]\nretry = \"2s\"\n[prove]\nsample = 0.2\n[miners]\nshare_goal = \"off\"\n",
        ),
        [
            "miners.share_goal: \"30s\" → \"off\"",
            "failover.retry: \"1s\" → \"2s\"",
            "prove.sample: 0.1 → 0.2",
        ]
    );
}

#[test]
fn upstreams_come_go_and_change_places() {
    let (a, b, c) = (pool("a", ""), pool("b", ""), pool("c", ""));
    assert_eq!(
        told(&format!("{a}{b}"), &format!("{b}{c}{a}")),
        [
            "pool[1]: stratum+tcp://c:1 as u is added",
            "pool: stratum+tcp://a:1, stratum+tcp://b:1 → stratum+tcp://b:1, stratum+tcp://a:1",
        ]
    );
    assert_eq!(
        told(&format!("{a}{b}{c}"), &format!("{a}{c}")),
        ["pool[1]: stratum+tcp://b:1 as u is removed"]
    );
    // One in front of the others leaves their order as it is.
    assert_eq!(
        told(&format!("{a}{b}"), &format!("{c}{a}{b}")),
        ["pool[0]: stratum+tcp://c:1 as u is added"]
    );
}

#[test]
fn an_upstream_that_moved_is_compared_with_itself() {
    let (a, b) = (pool("a", "max_sessions = 2"), pool("b", ""));
    let changes = told(
        &format!("{a}{b}"),
        &format!("{b}{}", pool("a", "max_sessions = 3")),
    );
    assert_eq!(changes[0], "pool[1].max_sessions: 2 → 3");
    assert_eq!(changes.len(), 2, "and the order: {changes:?}");
}

#[test]
fn neither_password_nor_wallet_is_told() {
    let (one, other) = (
        format!("4{}", "a".repeat(94)),
        format!("4{}", "b".repeat(94)),
    );
    let text = |wallet: &str, pass: &str| {
        format!("[[pool]]\nurl = \"stratum+tcp://a:1\"\nuser = \"{wallet}\"\npass = \"{pass}\"\n")
    };
    let changes = told(&text(&one, "hunter2"), &text(&one, "hunter3"));
    assert_eq!(changes.len(), 1);
    assert!(changes[0].starts_with("pool[0].pass: "), "{changes:?}");
    assert!(!changes[0].contains("hunter"), "{changes:?}");
    let changes = told(&text(&one, "hunter2"), &text(&other, "hunter2")).join("\n");
    assert!(changes.contains("is added") && changes.contains("is removed"));
    assert!(
        !changes.contains(&one) && !changes.contains(&other),
        "{changes}"
    );
}

#[test]
fn another_login_at_the_proxy_is_a_change_and_not_told() {
    let text = |login: &str| {
        let proxy = format!("proxy = \"socks5://{login}@127.0.0.1:9050\"");
        pool("a", &proxy)
    };
    let changes = told(&text("me:hunter2"), &text("me:hunter3"));
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert!(changes[0].starts_with("pool[0].proxy: "), "{changes:?}");
    assert!(!changes[0].contains("hunter"), "{changes:?}");
    assert!(told(&text("me:hunter2"), &text("me:hunter2")).is_empty());
}

#[test]
fn wallets_that_look_alike_when_masked_are_different_all_the_same() {
    // The same first and last characters, which is all that is shown.
    let wallet = |middle: &str| format!("4aaaaaaa{}aaaaaaaa", middle.repeat(78));
    let expected = |middle: &str| format!("[rigs]\nexpected = [\"{}\"]\n", wallet(middle));
    let changes = told(&expected("b"), &expected("c"));
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert!(changes[0].starts_with("rigs.expected: "), "{changes:?}");
    let user = |middle: &str| {
        format!(
            "[[pool]]\nurl = \"stratum+tcp://a:1\"\nuser = \"{}\"\n",
            wallet(middle)
        )
    };
    assert_eq!(told(&user("b"), &user("c")).len(), 2, "one goes, one comes");
}

#[test]
fn each_change_says_whether_a_running_process_takes_it() {
    let changes = read("").changes(&read("[node]\nlanes = 2\ndrain = \"1s\"\n"));
    let takes: Vec<Takes> = changes.iter().map(|change: &Change| change.takes).collect();
    assert_eq!(takes, [Takes::Restart, Takes::Live]);
}

/// Paths of all keys of the annotated file, such as `pool.url`.
fn keys_of_the_file() -> BTreeSet<String> {
    let mut section = String::new();
    let mut keys = BTreeSet::new();
    for line in ANNOTATED_DEFAULT.lines() {
        let entry = line.strip_prefix("# ").unwrap_or(line);
        if entry.starts_with('[') && entry.ends_with(']') {
            entry.trim_matches(['[', ']']).clone_into(&mut section);
        } else if let Some((key, _)) = entry.split_once(" = ")
            && key
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        {
            keys.insert(format!("{section}.{key}"));
        }
    }
    keys
}

#[test]
fn every_key_of_the_file_is_classified_and_no_other() {
    let known: BTreeSet<String> = classified().map(|(key, _)| key.to_owned()).collect();
    assert_eq!(known, keys_of_the_file());
    assert_eq!(classified().count(), known.len(), "none twice");
}
