//! What is different between two settings, key by key.

mod takes;

use std::collections::BTreeMap;
use std::fmt;

use crate::section::Pool;
use crate::settings::Settings;
use crate::summary;
use crate::value::masked_user;

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
fn hidden(old: &Settings, new: &Settings) -> Option<Change> {
    let masked = |settings: &Settings| -> Vec<String> {
        let names = settings.rigs.expected.iter();
        names.map(|name| masked_user(name)).collect()
    };
    let differ = old.rigs.expected != new.rigs.expected && masked(old) == masked(new);
    differ.then(|| Change {
        key: "rigs.expected".to_owned(),
        old: Some("names".to_owned()),
        new: Some("others that look alike when masked".to_owned()),
        takes: takes::of("rigs.expected"),
    })
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
