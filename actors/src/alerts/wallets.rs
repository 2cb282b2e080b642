//! Whom upstreams pay, and whether that has changed since the last start.

use rand::RngCore as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zartrux_config::{Pool, User};
use zartrux_models::alert::{Observation, is_news};
use zartrux_models::ledger::AlertKind;

/// Whom an upstream pays, by the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaidWallet {
    /// `host:port` of the upstream.
    pub upstream: String,
    /// Whom it pays.
    pub user: User,
}

impl PaidWallet {
    /// Of an upstream of the settings.
    #[must_use]
    pub fn of(pool: &Pool) -> Self {
        Self {
            upstream: format!("{}:{}", pool.url.host(), pool.url.port()),
            user: pool.user.clone(),
        }
    }

    /// The wallet without what follows it: another worker's name or difficulty pays nobody else.
    fn wallet(&self) -> &str {
        let user = self.user.as_str();
        user.split(['.', '+']).next().unwrap_or(user)
    }
}

/// A wallet that was paid at the last start: its digest, and what may be shown of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    upstream: String,
    digest: String,
    masked: String,
}

/// Another wallet is paid than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalletChange {
    /// `host:port` of the upstream.
    pub upstream: String,
    /// Who was paid, masked; none: the upstream is new, and nobody else pays this wallet.
    pub from: Option<String>,
    /// Who is paid now, masked.
    pub to: String,
    /// When it was noticed, ms since 1970.
    pub at_unix_ms: u64,
}

/// What is kept of wallets. It holds no wallet, only digests with a salt of their own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalletBook {
    salt: String,
    known: Vec<Known>,
    changes: Vec<WalletChange>,
}

impl WalletBook {
    /// Changes that are kept.
    const CHANGES: usize = 64;

    /// Compares whom upstreams pay with whom they paid, and keeps what is so now. The first time
    /// nothing is known, and nothing has changed. Whether the book is another one now.
    pub fn compare(&mut self, paid: &[PaidWallet], now_unix_ms: u64) -> bool {
        let first = self.salt.is_empty();
        if first {
            let mut salt = [0; 16];
            rand::thread_rng().fill_bytes(&mut salt);
            self.salt = const_hex::encode(salt);
        }
        let now: Vec<Known> = paid.iter().map(|paid| self.known_of(paid)).collect();
        if !first {
            let unknown = now.iter().filter(|one| !self.knows(one));
            let changes = unknown.map(|one| {
                let before = self.known.iter().find(|old| old.upstream == one.upstream);
                WalletChange {
                    upstream: one.upstream.clone(),
                    from: before.map(|old| old.masked.clone()),
                    to: one.masked.clone(),
                    at_unix_ms: now_unix_ms,
                }
            });
            let changes: Vec<_> = changes.collect();
            self.changes.extend(changes);
        }
        let count = self.changes.len();
        self.changes
            .retain(|change| is_news(change.at_unix_ms, now_unix_ms));
        let surplus = self.changes.len().saturating_sub(Self::CHANGES);
        self.changes.drain(..surplus);
        let other = first || now != self.known || count != self.changes.len();
        self.known = now;
        other
    }

    /// Whether this upstream paid this wallet, or it is new and another one did.
    fn knows(&self, one: &Known) -> bool {
        let same = |old: &&Known| old.upstream == one.upstream;
        if self.known.iter().any(|old| same(&old)) {
            let mut of_it = self.known.iter().filter(same);
            of_it.any(|old| old.digest == one.digest)
        } else {
            self.known.iter().any(|old| old.digest == one.digest)
        }
    }

    fn known_of(&self, paid: &PaidWallet) -> Known {
        let digest = Sha256::new()
            .chain_update(self.salt.as_bytes())
            .chain_update([0])
            .chain_update(paid.wallet().as_bytes())
            .finalize();
        Known {
            upstream: paid.upstream.clone(),
            digest: const_hex::encode(digest),
            masked: paid.user.masked(),
        }
    }

    /// Says which changes are news.
    pub(super) fn observe(&self, now_unix_ms: u64, seen: &mut Observation) {
        for change in &self.changes {
            if !is_news(change.at_unix_ms, now_unix_ms) {
                continue;
            }
            let (upstream, to) = (&change.upstream, &change.to);
            let from = change.from.as_deref().unwrap_or("nobody");
            let subject = format!("{upstream}: {from} → {to}");
            let text = match &change.from {
                Some(from) => format!("{upstream} pays {to}, and paid {from} before"),
                None => format!("{upstream} is new and pays {to}, whom no upstream paid before"),
            };
            seen.add(AlertKind::WalletChanged, &subject, &text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: u64 = 86_400_000;

    fn paid(of: &[(&str, &str)]) -> Vec<PaidWallet> {
        of.iter()
            .map(|(upstream, user)| PaidWallet {
                upstream: (*upstream).to_owned(),
                user: user.parse().unwrap(),
            })
            .collect()
    }

    fn news(book: &WalletBook, now: u64) -> Vec<String> {
        let mut seen = Observation::quiet();
        book.observe(now, &mut seen);
        seen.facts
            .iter()
            .map(|fact| fact.subject.to_string())
            .collect()
    }

    #[test]
    fn another_wallet_is_news_for_a_day_and_names_both_masked() {
        let (old, new) = (
            format!("4old{}", "a".repeat(91)),
            format!("4new{}", "b".repeat(91)),
        );
        let mut book = WalletBook::default();
        assert!(book.compare(&paid(&[("a:1", &old)]), 1));
        assert!(
            news(&book, 1).is_empty(),
            "at the first start nothing is known"
        );
        assert!(!book.compare(&paid(&[("a:1", &old)]), 2));
        assert!(book.compare(&paid(&[("a:1", &new)]), 3));
        assert_eq!(news(&book, 4), ["a:1: 4old…aaaa → 4new…bbbb"]);
        assert!(news(&book, 3 + DAY_MS).is_empty());
        let written = serde_json::to_string(&book).unwrap();
        assert!(
            !written.contains(&old) && !written.contains(&new),
            "{written}"
        );
    }

    #[test]
    fn a_worker_or_a_difficulty_is_no_wallet() {
        let mut book = WalletBook::default();
        book.compare(&paid(&[("a:1", "wallet.rig+1000")]), 1);
        book.compare(&paid(&[("a:1", "wallet.other+2000")]), 2);
        assert!(news(&book, 3).is_empty());
    }

    #[test]
    fn a_new_upstream_is_news_only_with_a_wallet_that_nobody_paid() {
        let mut book = WalletBook::default();
        book.compare(&paid(&[("a:1", "mine")]), 1);
        book.compare(&paid(&[("a:1", "mine"), ("b:2", "mine")]), 2);
        assert!(news(&book, 2).is_empty());
        book.compare(&paid(&[("a:1", "mine"), ("c:3", "theirs")]), 3);
        assert_eq!(news(&book, 3), ["c:3: nobody → theirs"]);
    }
}
