//! A rig, as the registry keeps it.

use serde::{Deserialize, Serialize};

use crate::filter::Stage;
use crate::share::RigKey;
use crate::work::Difficulty;

use super::odometer::Odometer;
use super::wire::{self, BadRecord};
use super::{Cell, ShareEntry};

/// How a rig calls itself: texts that hold no wallet any more, and are to be escaped where they
/// are shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names {
    /// What it logs in as.
    pub user: Box<str>,
    /// Its own name; empty where it gave none.
    pub rig_id: Box<str>,
    /// The miner program.
    pub agent: Box<str>,
}

impl Names {
    /// Longest text kept of each, bytes.
    pub const MAX: usize = 192;

    /// Names, cut to size.
    #[must_use]
    pub fn new(user: &str, rig_id: &str, agent: &str) -> Self {
        Self {
            user: cut(user).into(),
            rig_id: cut(rig_id).into(),
            agent: cut(agent).into(),
        }
    }
}

/// What is remembered of a rig for as long as it is remembered.
#[derive(Debug, Clone, PartialEq)]
pub struct RigEntry {
    /// Which.
    pub key: RigKey,
    /// What it calls itself; empty until it has logged in.
    pub names: Names,
    /// The algorithms that it offered, at most [`RigEntry::ALGORITHMS_MAX`].
    pub algorithms: Vec<Box<str>>,
    /// The first sign of it, ms since 1970.
    pub first_seen_ms: u64,
    /// The last sign of it, ms since 1970.
    pub last_seen_ms: u64,
    /// Its last share, ms since 1970; 0 before the first.
    pub last_share_ms: u64,
    /// Time at which it was at work, ms: between shares at most [`RigEntry::PAUSE_MS`] apart.
    pub mined_ms: u64,
    /// The difficulty that it was asked for last; 0 before the first share.
    pub asked: u64,
    /// Hashes per second that its last share was expected from; 0 where nothing was.
    pub rate: f32,
    /// Where its odometer stands.
    pub odometer: Odometer,
    /// All its shares.
    pub lifetime: Cell,
    /// Whether it is in quarantine, as its judge noted.
    pub quarantined: bool,
    /// What its judge remembers of it, in the judge's own layout.
    pub standing: Option<Vec<u8>>,
    /// What each filter remembers of it, in the filter's own layout, in the order of the cascade.
    pub filters: [Option<Box<[u8]>>; Stage::ALL.len()],
}

impl RigEntry {
    /// Most algorithms kept.
    pub const ALGORITHMS_MAX: usize = 32;

    /// Longest name kept of an algorithm, bytes.
    pub const ALGORITHM_MAX: usize = 32;

    /// Longest `standing` that is kept, bytes.
    pub const STANDING_MAX: usize = 4_096;

    /// Longest state of a filter that is kept, bytes.
    pub const FILTER_MAX: usize = 512;

    /// A rig without a share for longer was not at work in between, ms.
    pub const PAUSE_MS: u64 = 600_000;

    /// A rig of which nothing is known but a sign of life.
    #[must_use]
    pub fn new(key: RigKey, now_ms: u64) -> Self {
        Self {
            key,
            names: Names::default(),
            algorithms: Vec::new(),
            first_seen_ms: now_ms,
            last_seen_ms: now_ms,
            last_share_ms: 0,
            mined_ms: 0,
            asked: 0,
            rate: 0.0,
            odometer: Odometer::default(),
            lifetime: Cell::default(),
            quarantined: false,
            standing: None,
            filters: [const { None }; Stage::ALL.len()],
        }
    }

    /// Notes a sign of life.
    pub fn see(&mut self, at_ms: u64) {
        self.first_seen_ms = self.first_seen_ms.min(at_ms);
        self.last_seen_ms = self.last_seen_ms.max(at_ms);
    }

    /// Notes how it calls itself and what it can do, as much of it as is kept.
    pub fn name(&mut self, names: Names, algorithms: &[&str]) {
        self.names = names;
        self.algorithms = offered(algorithms);
    }

    /// Takes a share of it, in the order of the ledger. Returns what the share counts for.
    pub fn apply(&mut self, entry: &ShareEntry) -> Cell {
        let mut counted = Cell::default();
        counted.add(entry);
        counted.add_stretch(self.odometer.read(entry));
        self.lifetime.merge(&counted);
        self.see(entry.unix_ms);
        if self.last_share_ms != 0 {
            let pause = entry.unix_ms.saturating_sub(self.last_share_ms);
            if pause <= Self::PAUSE_MS {
                self.mined_ms = self.mined_ms.saturating_add(pause);
            }
        }
        self.last_share_ms = self.last_share_ms.max(entry.unix_ms);
        self.asked = entry.asked.get();
        self.rate = entry.rate;
        counted
    }

    /// The difficulty that it was asked for last.
    #[must_use]
    pub fn last_asked(&self) -> Option<Difficulty> {
        (self.asked != 0).then(|| Difficulty::new(self.asked))
    }

    /// Appends it, as it is stored.
    pub(super) fn append(&self, out: &mut Vec<u8>) {
        let layout = Layout {
            key: self.key.0,
            user: &self.names.user,
            rig_id: &self.names.rig_id,
            agent: &self.names.agent,
            algorithms: self.algorithms.iter().map(|name| &**name).collect(),
            first_seen_ms: self.first_seen_ms,
            last_seen_ms: self.last_seen_ms,
            last_share_ms: self.last_share_ms,
            mined_ms: self.mined_ms,
            asked: self.asked,
            rate: self.rate,
            odometer: self.odometer,
            quarantined: self.quarantined,
            standing: self.standing.as_deref(),
            filters: self.filters.each_ref().map(Option::as_deref),
        };
        wire::append(out, &layout);
        self.lifetime.append(out);
    }

    /// Reads one from the beginning of some bytes; also what follows it.
    pub(super) fn take(bytes: &[u8]) -> Result<(Self, &[u8]), BadRecord> {
        let (layout, length) = wire::take::<Layout<'_>>(bytes)?;
        let (lifetime, rest) = Cell::take(bytes.get(length..).unwrap_or_default())?;
        let rig = Self {
            key: RigKey(layout.key),
            names: Names::new(layout.user, layout.rig_id, layout.agent),
            algorithms: offered(&layout.algorithms),
            first_seen_ms: layout.first_seen_ms,
            last_seen_ms: layout.last_seen_ms,
            last_share_ms: layout.last_share_ms,
            mined_ms: layout.mined_ms,
            asked: layout.asked,
            rate: layout.rate,
            odometer: layout.odometer,
            lifetime,
            quarantined: layout.quarantined,
            standing: layout
                .standing
                .filter(|kept| kept.len() <= Self::STANDING_MAX)
                .map(<[u8]>::to_vec),
            filters: layout.filters.map(|state| {
                let state = state.filter(|kept| kept.len() <= Self::FILTER_MAX);
                state.map(Box::from)
            }),
        };
        Ok((rig, rest))
    }
}

/// The fields in the order in which they are written; the lifetime's counters follow.
#[derive(Debug, Serialize, Deserialize)]
struct Layout<'a> {
    key: u64,
    user: &'a str,
    rig_id: &'a str,
    agent: &'a str,
    #[serde(borrow)]
    algorithms: Vec<&'a str>,
    first_seen_ms: u64,
    last_seen_ms: u64,
    last_share_ms: u64,
    mined_ms: u64,
    asked: u64,
    rate: f32,
    odometer: Odometer,
    quarantined: bool,
    #[serde(borrow)]
    standing: Option<&'a [u8]>,
    #[serde(borrow)]
    filters: [Option<&'a [u8]>; Stage::ALL.len()],
}

/// As many algorithms of a list as are kept, without names that are too long.
fn offered(algorithms: &[&str]) -> Vec<Box<str>> {
    let short = |name: &&&str| name.len() <= RigEntry::ALGORITHM_MAX;
    let kept = algorithms.iter().filter(short);
    kept.take(RigEntry::ALGORITHMS_MAX)
        .map(|name| Box::from(*name))
        .collect()
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(Names::MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
