//! What rigs call themselves, by their keys: hostile text, cut and masked before it is kept.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Serialize, Serializer};
use zartrux_config::{masked_name, masked_user};
use zartrux_models::share::RigKey;

/// How a rig calls itself. Any text may stand here, so it is to be escaped wherever it is shown;
/// what could be a wallet is masked already.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct RigNames {
    /// `login`, its wallets masked.
    pub user: Box<str>,
    /// `rigid`; empty where none was given.
    pub rig_id: Box<str>,
    /// The miner program.
    #[serde(serialize_with = "as_text")]
    pub agent: Arc<str>,
}

impl RigNames {
    /// Longest text kept of each, bytes.
    pub const MAX: usize = 192;

    /// The names of a login.
    #[must_use]
    pub fn of_login(user: &str, rig_id: &str, agent: &str) -> Self {
        Self {
            user: masked_user(cut(user)).into(),
            rig_id: masked_name(cut(rig_id)).into(),
            agent: cut(agent).into(),
        }
    }

    /// For a line of the log: the rig id, or the user where there is none, escaped.
    #[must_use]
    pub fn for_log(&self) -> String {
        let name = if self.rig_id.is_empty() {
            &self.user
        } else {
            &self.rig_id
        };
        format!("{name:?}")
    }

    /// Whether a text, in lower case already, stands in any of them.
    #[must_use]
    pub fn contain(&self, text: &str) -> bool {
        [&*self.user, &*self.rig_id, &*self.agent]
            .iter()
            .any(|name| name.to_lowercase().contains(text))
    }
}

fn as_text<S: Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

/// At most [`RigNames::MAX`] bytes, cut at a character.
fn cut(text: &str) -> &str {
    let mut end = text.len().min(RigNames::MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The names of the rigs that came last, at most a given number.
#[derive(Debug)]
pub(super) struct NameBook {
    limit: usize,
    pages: Mutex<Pages>,
}

#[derive(Debug, Default)]
struct Pages {
    names: HashMap<RigKey, Page>,
    /// By the moment at which each was last announced.
    order: BTreeMap<u64, RigKey>,
    last: u64,
    /// Texts that most rigs have in common, kept once.
    agents: HashSet<Arc<str>>,
}

#[derive(Debug)]
struct Page {
    names: Arc<RigNames>,
    at: u64,
}

impl Pages {
    /// Different agents that are kept once; further ones are kept per rig.
    const AGENTS: usize = 1024;

    fn with_common_agent(&mut self, mut names: RigNames) -> RigNames {
        if let Some(kept) = self.agents.get(&names.agent) {
            names.agent = Arc::clone(kept);
        } else if self.agents.len() < Self::AGENTS {
            self.agents.insert(Arc::clone(&names.agent));
        }
        names
    }
}

impl NameBook {
    /// Names that a reader copies under one lock: some microseconds.
    const AT_A_TIME: usize = 256;

    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit: limit.max(1),
            pages: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes how a rig calls itself; the name announced longest ago gives way.
    pub(super) fn note(&self, rig: RigKey, names: RigNames) {
        let mut pages = self.lock();
        let names = pages.with_common_agent(names);
        pages.last += 1;
        let at = pages.last;
        let names = Arc::new(names);
        if let Some(before) = pages.names.insert(rig, Page { names, at }) {
            pages.order.remove(&before.at);
        }
        pages.order.insert(at, rig);
        if pages.names.len() > self.limit
            && let Some((_, oldest)) = pages.order.pop_first()
        {
            pages.names.remove(&oldest);
        }
    }

    pub(super) fn of(&self, rig: RigKey) -> Option<Arc<RigNames>> {
        self.lock()
            .names
            .get(&rig)
            .map(|page| Arc::clone(&page.names))
    }

    /// All of them, copied a few at a time, so that the lock is held shortly. One that is announced
    /// again meanwhile is there twice, the newer names last.
    pub(super) fn all(&self) -> Vec<(RigKey, Arc<RigNames>)> {
        let mut all = Vec::new();
        let mut next = 0;
        loop {
            let before = all.len();
            let pages = self.lock();
            for (at, rig) in pages.order.range(next..).take(Self::AT_A_TIME) {
                next = at + 1;
                let page = pages.names.get(rig);
                all.extend(page.map(|page| (*rig, Arc::clone(&page.names))));
            }
            drop(pages);
            if all.len() == before {
                return all;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(user: &str) -> RigNames {
        RigNames::of_login(user, "", "XMRig/6.26.0")
    }

    #[test]
    fn the_names_announced_longest_ago_give_way() {
        let book = NameBook::new(2);
        for (key, user) in [(1, "a"), (2, "b"), (1, "a2"), (3, "c")] {
            book.note(RigKey(key), names(user));
        }
        assert_eq!(book.of(RigKey(2)), None);
        assert_eq!(&*book.of(RigKey(1)).unwrap().user, "a2");
        assert_eq!(book.all().len(), 2);
        let agent = |key| book.of(RigKey(key)).unwrap();
        assert!(Arc::ptr_eq(&agent(1).agent, &agent(3).agent));
        let pages = book.lock();
        assert_eq!(pages.order.len(), pages.names.len());
    }

    #[test]
    fn a_book_of_many_names_is_copied_whole_though_a_few_at_a_time() {
        let book = NameBook::new(1_000);
        for key in 0..700 {
            book.note(RigKey(key), names("a"));
        }
        let keys: Vec<u64> = book.all().iter().map(|(rig, _)| rig.0).collect();
        assert_eq!(keys, (0..700).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_kept_is_short_and_holds_no_wallet() {
        let wallet = format!("4{}Z", "a".repeat(93));
        let long = "é".repeat(4096);
        let kept = RigNames::of_login(&format!("{wallet}.rig"), &wallet, &long);
        assert_eq!(&*kept.user, "4aaa…aaaZ.rig");
        assert_eq!(&*kept.rig_id, "4aaa…aaaZ");
        assert_eq!(kept.agent.len(), RigNames::MAX);
    }

    #[test]
    fn a_name_in_the_log_ends_no_line() {
        let hostile = RigNames::of_login("u", "rig\n\u{1b}[31m", "");
        assert_eq!(hostile.for_log(), "\"rig\\n\\u{1b}[31m\"");
    }
}
