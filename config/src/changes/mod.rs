//! What is different between two settings, key by key.

mod takes;

use std::collections::BTreeMap;
use std::fmt;

use crate::section::Pool;
use crate::settings::Settings;
use crate::summary;
use crate::value::{HookUrl, Secret, TokenDigest};

pub use takes::{Takes, classified};

/// Stands in place of a secret.
const REDACTED: &str = "[redacted]";

/// One key that is different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Path of the key, such as `prove.sample` or `pool[1].pass`, counted from 0 in the new
    /// settings; `pool[1]` alone for an upstream that came, or one of the old settings that went,
    /// and `pool` for their order.
    pub key: String,
    /// As it was, written as in the file, with passwords redacted and wallets masked; none if it was
    /// not there.
    pub old: Option<String>,
    /// As it is to be, likewise.
    pub new: Option<String>,
    /// Whether a running process can take it.
    pub takes: Takes,
}

/// `key: old → new`.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.old, &self.new) {
            (Some(old), Some(new)) => write!(f, "{}: {old} → {new}", self.key),
            (None, Some(new)) => write!(f, "{}: {new} is added", self.key),
            (Some(old), None) => write!(f, "{}: {old} is removed", self.key),
            (None, None) => f.write_str(&self.key),
        }
    }
}

impl Settings {
    /// The keys that are different in `new`, in the order of the file. Upstreams are the same when
    /// `url` and `user` are.
    #[must_use]
    pub fn changes(&self, new: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        let both = summary::sections(self)
            .into_iter()
            .zip(summary::sections(new));
        for ((section, old), (_, new)) in both {
            for ((key, old), (_, new)) in old.into_iter().zip(new) {
                changes.extend(change(&format!("{section}.{key}"), old, new));
            }
        }
        changes.extend(hidden(self, new));
        changes.extend(of_pools(&self.pools, &new.pools));
        let routes = |of: &Self| -> Vec<_> { of.routes.iter().map(summary::route).collect() };
        changes.extend(of_named("route", &routes(self), &routes(new)));
        let groups = |of: &Self| -> Vec<_> { of.groups.iter().map(summary::group).collect() };
        changes.extend(of_named("group", &groups(self), &groups(new)));
        changes
    }
}

fn change(key: &str, old: String, new: String) -> Option<Change> {
    (old != new).then(|| Change {
        key: key.to_owned(),
        takes: takes::of(key),
        old: Some(old),
        new: Some(new),
    })
}

/// What is different although both look alike, because what is shown is masked.
fn hidden(old: &Settings, new: &Settings) -> Vec<Change> {
    let shown = |settings: &Settings, key: &str| {
        let sections = summary::sections(settings).into_iter();
        let mut entries = sections.flat_map(|(section, entries)| {
            let entries = entries.into_iter();
            entries.map(move |(key, value)| (format!("{section}.{key}"), value))
        });
        entries.find(|(name, _)| name == key)
    };
    let both = masked(old).into_iter().zip(masked(new));
    both.filter(|((key, old_value), (_, new_value))| {
        old_value != new_value && shown(old, key) == shown(new, key)
    })
    .map(|((key, _), _)| Change {
        key: key.to_owned(),
        old: Some("one value".to_owned()),
        new: Some("another that looks the same when masked".to_owned()),
        takes: takes::of(key),
    })
    .collect()
}

/// Keys whose values are not shown as they are, with what they are.
fn masked(settings: &Settings) -> [(&'static str, Vec<String>); 8] {
    let secret = |secret: &Option<Secret>| secret.iter().map(|s| s.expose().to_owned()).collect();
    let url = |url: &Option<HookUrl>| url.iter().map(|url| url.expose().to_owned()).collect();
    let tokens = |tokens: &[TokenDigest]| {
        let digests = tokens.iter().map(TokenDigest::as_bytes);
        digests.map(|digest| format!("{digest:?}")).collect()
    };
    let (access, alerts) = (&settings.monitor.access, &settings.alerts);
    [
        ("miners.password", secret(&settings.miners.access.password)),
        ("rigs.expected", settings.rigs.expected.clone()),
        ("monitor.read_tokens", tokens(&access.read_tokens)),
        ("monitor.admin_tokens", tokens(&access.admin_tokens)),
        ("alerts.webhook", url(&alerts.webhook)),
        ("alerts.webhook_secret", secret(&alerts.webhook_secret)),
        ("alerts.mail_password", secret(&alerts.mail_password)),
        ("alerts.heartbeat", url(&alerts.heartbeat)),
    ]
}

/// Sections of which there may be several, the same when the first of their keys, the name, is.
fn of_named(section: &str, old: &[summary::Entries], new: &[summary::Entries]) -> Vec<Change> {
    let name = |of: &summary::Entries| of.first().map(|(_, name)| name.clone());
    let whole = |place: usize, old: Option<String>, new: Option<String>| Change {
        key: format!("{section}[{place}]"),
        old,
        new,
        takes: takes::of(&format!("{section}.name")),
    };
    let mut changes = Vec::new();
    for (place, entries) in old.iter().enumerate() {
        if new.iter().all(|other| name(other) != name(entries)) {
            changes.push(whole(place, name(entries), None));
        }
    }
    for (place, entries) in new.iter().enumerate() {
        let Some(was) = old.iter().find(|was| name(was) == name(entries)) else {
            changes.push(whole(place, None, name(entries)));
            continue;
        };
        for ((key, new), (_, old)) in entries.iter().zip(was) {
            if let Some(mut change) = change(&format!("{section}.{key}"), old.clone(), new.clone())
            {
                change.key = format!("{section}[{place}].{key}");
                changes.push(change);
            }
        }
    }
    changes
}

/// Which upstream it is: one that is listed twice is told apart by the order.
type Identity<'a> = (String, &'a str, usize);

fn identities(pools: &[Pool]) -> Vec<Identity<'_>> {
    let mut seen: BTreeMap<(String, &str), usize> = BTreeMap::new();
    let mut all = Vec::with_capacity(pools.len());
    for Pool { url, user, .. } in pools {
        let count = seen.entry((url.to_string(), user.as_str())).or_default();
        *count += 1;
        all.push((url.to_string(), user.as_str(), *count));
    }
    all
}

/// Those that are among `others` as well.
fn common<'a>(of: &'a [Identity<'a>], others: &[Identity<'_>]) -> Vec<&'a Identity<'a>> {
    of.iter().filter(|one| others.contains(one)).collect()
}

fn of_pools(old: &[Pool], new: &[Pool]) -> Vec<Change> {
    let (before, after) = (identities(old), identities(new));
    let mut changes = Vec::new();
    let whole = |place: usize, old: Option<&Pool>, new: Option<&Pool>| {
        let key = format!("pool[{place}]");
        let takes = takes::of("pool.url");
        let (old, new) = (old.map(named), new.map(named));
        Change {
            key,
            old,
            new,
            takes,
        }
    };
    for (place, pool) in old.iter().enumerate() {
        if !after.contains(&before[place]) {
            changes.push(whole(place, Some(pool), None));
        }
    }
    for (place, pool) in new.iter().enumerate() {
        match before.iter().position(|identity| *identity == after[place]) {
            None => changes.push(whole(place, None, Some(pool))),
            Some(was) => changes.extend(of_pool(place, &old[was], pool)),
        }
    }
    let (was, is) = (common(&before, &after), common(&after, &before));
    if was != is {
        let urls = |of: Vec<&Identity<'_>>| {
            let urls: Vec<&str> = of.into_iter().map(|(url, ..)| url.as_str()).collect();
            Some(urls.join(", "))
        };
        changes.push(Change {
            key: "pool".to_owned(),
            old: urls(was),
            new: urls(is),
            takes: takes::of("pool.url"),
        });
    }
    changes
}

fn named(pool: &Pool) -> String {
    format!("{} as {}", pool.url, pool.user.masked())
}

/// Keys of an upstream that is in both.
fn of_pool(place: usize, old: &Pool, new: &Pool) -> Vec<Change> {
    let mut changes: Vec<Change> = summary::pool(old)
        .into_iter()
        .zip(summary::pool(new))
        .filter_map(|((key, old), (_, new))| change(&format!("pool.{key}"), old, new))
        .collect();
    let of_proxy = |pool: &Pool| pool.proxy.as_ref().map(ToString::to_string);
    if old.proxy != new.proxy && of_proxy(old) == of_proxy(new) {
        changes.push(Change {
            key: "pool.proxy".to_owned(),
            old: of_proxy(old),
            new: of_proxy(new).map(|proxy| format!("{proxy} (another name or password)")),
            takes: takes::of("pool.proxy"),
        });
    }
    if old.pass.expose() != new.pass.expose() {
        changes.push(Change {
            key: "pool.pass".to_owned(),
            old: Some(REDACTED.to_owned()),
            new: Some(format!("{REDACTED} (another)")),
            takes: takes::of("pool.pass"),
        });
    }
    for change in &mut changes {
        change.key = change.key.replacen("pool", &format!("pool[{place}]"), 1);
    }
    changes
}
