//! Keys at the top that need little, and those for which we have nothing.

use std::time::Duration;

use super::Json;
use super::note::Ledger;
use super::object::{Given, Object};

/// `access-password`: what miners must send; xmrig-proxy takes any where it is not set.
pub(super) fn password(config: &mut Object, ledger: &mut Ledger) -> Option<String> {
    /// The most that a key of ours takes, bytes.
    const LONGEST: usize = 512;
    let Given { path, value } = config.take("access-password")?;
    match value {
        Json::Text(password)
            if (1..=LONGEST).contains(&password.len()) && !password.contains(char::is_control) =>
        {
            ledger.converted(path);
            Some(password)
        }
        Json::Text(password) if !password.is_empty() => {
            ledger.unsupported(
                path,
                "is no line of at most 512 bytes: miners are not asked for a password until you \
                 set `password` under [miners]",
            );
            None
        }
        unset if is_unset(&unset) => {
            ledger.ignored(path, "is not set");
            None
        }
        Json::Null
        | Json::Boolean(_)
        | Json::Integer(_)
        | Json::Number(_)
        | Json::Text(_)
        | Json::List(_)
        | Json::Object(_) => {
            ledger.ignored(path, "is no text, so that xmrig-proxy passes over it too");
            None
        }
    }
}

/// Which difficulty miners get.
pub(super) enum Difficulty {
    /// The pool's.
    Pools,
    /// Their own, not below this.
    AtLeast(i64),
}

/// `custom-diff`: xmrig-proxy gives it to every miner, unless the pool's is lower.
pub(super) fn difficulty(config: &mut Object, ledger: &mut Ledger) -> Difficulty {
    match config.integer("custom-diff", ledger) {
        Some(Given { path, value }) if (100..i64::from(i32::MAX)).contains(&value) => {
            ledger.changed(
                path,
                "is the lowest difficulty now: a miner gets more when it finds shares faster \
                 than every 30 s",
            );
            Difficulty::AtLeast(value)
        }
        Some(Given { path, value: 0 }) => {
            ledger.converted(path);
            Difficulty::Pools
        }
        Some(Given { path, .. }) => {
            ledger.ignored(
                path,
                "is out of range, so that xmrig-proxy passes over it too",
            );
            Difficulty::Pools
        }
        None => Difficulty::Pools,
    }
}

/// `retry-pause`, and `retries` beside it.
pub(super) fn retry(config: &mut Object, ledger: &mut Ledger) -> Option<Duration> {
    if let Some(Given { path, .. }) = config.integer("retries", ledger) {
        ledger.changed(
            path,
            "attempts are not counted: the next pool takes over as soon as one fails, and \
             [failover] says what failing is",
        );
    }
    let Given { path, value } = config.integer("retry-pause", ledger)?;
    if (1..=3600).contains(&value) {
        ledger.changed(
            path,
            "is the wait before the first attempt; it grows with each further one",
        );
        Some(Duration::from_secs(value.unsigned_abs()))
    } else {
        ledger.ignored(
            path,
            "is out of range, so that xmrig-proxy passes over it too",
        );
        None
    }
}

/// `verbose` and `debug`: the log's level, if it is not the default.
pub(super) fn log(config: &mut Object, ledger: &mut Ledger) -> Option<&'static str> {
    let mut level = None;
    for key in ["verbose", "debug"] {
        let Some(Given { path, value }) = config.take(key) else {
            continue;
        };
        match value {
            Json::Boolean(true) | Json::Integer(1..) => {
                ledger.changed(path, "the log's level is \"debug\" now");
                level = Some("debug");
            }
            Json::Boolean(false) | Json::Integer(0) => ledger.converted(path),
            Json::Null
            | Json::Integer(_)
            | Json::Number(_)
            | Json::Text(_)
            | Json::List(_)
            | Json::Object(_) => {
                ledger.ignored(
                    path,
                    "is neither true nor false, so that xmrig-proxy passes over it too",
                );
            }
        }
    }
    level
}

/// `watch`: whether the file is read anew when it changes, if that is not the default.
pub(super) fn watch(config: &mut Object, ledger: &mut Ledger) -> Option<bool> {
    let Given { path, value } = config.boolean("watch", ledger)?;
    ledger.converted(path);
    (!value).then_some(value)
}

/// Keys that are of no concern, whatever their value, with the reason.
const OF_NO_CONCERN: [(&str, &str); 13] = [
    ("algo", "the pool's jobs name the algorithm"),
    ("autosave", "Zartrux never writes its settings"),
    (
        "background",
        "a service manager starts Zartrux in the background",
    ),
    ("coin", "the pool's jobs name the algorithm"),
    ("colors", "the log has no colours to choose"),
    (
        "custom-diff-stats",
        "work is always counted at each miner's own difficulty",
    ),
    ("donate-over-proxy", "there is no donation"),
    ("dry-run", "`zartrux check` is the dry run"),
    ("print-time", "the monitor shows the state at any time"),
    ("reuse-timeout", "concerns the mode \"simple\" only"),
    ("title", "a terminal's title is left alone"),
    ("variant", "the pool's jobs name the algorithm"),
    ("version", "it numbers the form of xmrig-proxy's file"),
];

/// Keys that did something, with what there is instead.
const NOT_SUPPORTED: [(&str, &str); 6] = [
    (
        "access-log-file",
        "no file lists who came and went: `/1/miners` of the monitor shows who is connected",
    ),
    (
        "data-dir",
        "`data` under [node] is where Zartrux keeps what it must not lose",
    ),
    (
        "log-file",
        "the log goes to the standard error, which a service manager keeps",
    ),
    (
        "login-file",
        "`credentials` under [miners] names a file of who may log in",
    ),
    (
        "syslog",
        "the log goes to the standard error, which a service manager keeps",
    ),
    ("user-agent", "pools see Zartrux's own name"),
];

/// Notes every key for which we have nothing.
pub(super) fn without_counterpart(config: &mut Object, ledger: &mut Ledger) {
    for (key, why) in OF_NO_CONCERN {
        if let Some(Given { path, .. }) = config.take(key) {
            ledger.ignored(path, why);
        }
    }
    for (key, why) in NOT_SUPPORTED {
        if let Some(Given { path, value }) = config.take(key) {
            if is_unset(&value) {
                ledger.ignored(path, "is not set");
            } else {
                ledger.unsupported(path, why);
            }
        }
    }
    special(config, ledger);
    workers(config, ledger);
    api(config, ledger);
}

/// `workers`: by what `/1/workers` tells rigs apart.
fn workers(config: &mut Object, ledger: &mut Ledger) {
    let Some(Given { path, value }) = config.take("workers") else {
        return;
    };
    match value {
        Json::Boolean(true) => ledger.converted(path),
        Json::Text(by) if by == "rig-id" => ledger.converted(path),
        Json::Null => ledger.ignored(path, "is not set"),
        Json::Boolean(false)
        | Json::Integer(_)
        | Json::Number(_)
        | Json::Text(_)
        | Json::List(_)
        | Json::Object(_) => ledger.changed(
            path,
            "every rig is counted, under its rig id, or its user where it has none",
        ),
    }
}

/// `api`: what the API calls itself, and where it was before there was `http`.
fn api(config: &mut Object, ledger: &mut Ledger) {
    const BEFORE_HTTP: &str = "`http` has its place; see [monitor]";
    const KEYS: [(&str, &str); 6] = [
        ("id", "the API gives an id of its own"),
        ("worker-id", "the API gives the machine's name"),
        ("port", BEFORE_HTTP),
        ("access-token", BEFORE_HTTP),
        ("ipv6", BEFORE_HTTP),
        ("restricted", BEFORE_HTTP),
    ];
    let Some(mut api) = config.object("api", ledger) else {
        return;
    };
    for (key, why) in KEYS {
        if let Some(Given { path, value }) = api.take(key) {
            if is_unset(&value) {
                ledger.ignored(path, "is not set");
            } else {
                ledger.unsupported(path, why);
            }
        }
    }
    api.close(ledger);
}

/// Keys whose value decides what there is to say.
fn special(config: &mut Object, ledger: &mut Ledger) {
    if let Some(Given { path, value }) = config.text("mode", ledger) {
        if value == "nicehash" {
            ledger.converted(path);
        } else {
            ledger.changed(
                path,
                "miners always share connections to the pool in the NiceHash manner, up to 256 \
                 each",
            );
        }
    }
    if let Some(Given { path, value }) = config.take("donate-level") {
        if is_unset(&value) {
            ledger.converted(path);
        } else {
            ledger.changed(path, "Zartrux takes no donation: all work is yours");
        }
    }
    if let Some(Given { path, value }) = config.boolean("algo-ext", ledger) {
        if value {
            ledger.converted(path);
        } else {
            ledger.unsupported(path, "miners are always told the algorithm");
        }
    }
}

/// Whether the value means that the key does nothing.
fn is_unset(value: &Json) -> bool {
    match value {
        Json::Null | Json::Boolean(false) | Json::Integer(0) => true,
        Json::Boolean(true) | Json::Integer(_) | Json::Number(_) => false,
        Json::Text(text) => text.is_empty(),
        Json::List(items) => items.is_empty(),
        Json::Object(entries) => entries.is_empty(),
    }
}
