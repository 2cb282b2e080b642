//! What a data folder holds, read while no daemon runs.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::ControlFlow;
use std::path::Path;

use zartrux::node::StoreFolders;
use zartrux_actors::store::ledger::{LedgerReader, Reading};
use zartrux_actors::store::state::{StateBook, StateBounds};
use zartrux_models::ledger::{Cell, JournalEntry, Level, Outcome, RigEntry, ShareEntry, Tenancy};

use crate::farm::Work;

const BOUNDS: StateBounds = StateBounds {
    max_rigs: 100_000,
    keep_minutes: 7 * 24 * 60,
    keep_hours: 90 * 24,
    keep_days: 3650,
    cache_bytes: 8 << 20,
};

/// All shares with numbers above one, and what is said to be damaged.
pub(crate) fn shares_above(data: &Path, after: u64) -> (Vec<ShareEntry>, Vec<String>) {
    let reader = LedgerReader::new(StoreFolders::below(data).shares);
    let (mut shares, mut damage) = (Vec::new(), Vec::new());
    for volume in reader.volumes() {
        let mut reading = Reading {
            share: |share| {
                shares.push(share);
                ControlFlow::Continue(())
            },
            damage: |found| damage.push(format!("{found}")),
        };
        let read = reader.shares(volume, after, &mut reading);
        assert!(read.expect("readable files").is_continue());
    }
    (shares, damage)
}

/// All entries of the journal.
pub(crate) fn journal(data: &Path) -> Vec<JournalEntry> {
    let reader = LedgerReader::new(StoreFolders::below(data).shares);
    let mut entries = Vec::new();
    for volume in reader.volumes() {
        let mut tell = |entry| {
            entries.push(entry);
            ControlFlow::Continue(())
        };
        let read = reader.journal(volume, &mut tell, &mut |damage| panic!("{damage}"));
        assert!(read.expect("readable files").is_continue());
    }
    entries
}

/// The registry and the sums.
pub(crate) fn state(data: &Path) -> StateBook {
    StateBook::open(&StoreFolders::below(data).state, BOUNDS).expect("a state that opens")
}

/// What a ledger was seen to hold.
#[derive(Default)]
pub(crate) struct Seen {
    last: u64,
    /// Shares by their work.
    works: HashMap<Work, ShareEntry>,
    pub(crate) total: Cell,
    minutes: BTreeMap<u64, Cell>,
}

impl Seen {
    /// Reads what has come since the last look: numbers follow each other, and nothing is there
    /// twice.
    pub(crate) fn look(&mut self, data: &Path, jobs: &HashMap<String, String>) {
        let (shares, damage) = shares_above(data, self.last);
        assert_eq!(damage, Vec::<String>::new());
        for share in shares {
            assert_eq!(share.seq, self.last + 1, "numbers follow each other");
            self.last = share.seq;
            self.note(&share, jobs);
        }
    }

    fn note(&mut self, share: &ShareEntry, jobs: &HashMap<String, String>) {
        self.total.add(share);
        let minute = Level::Minute.cell_start(share.unix_ms);
        self.minutes.entry(minute).or_default().add(share);
        if matches!(share.outcome, Outcome::Refused(_)) {
            // Whoever submits something twice has the second refused.
            return;
        }
        if let (Some(nonce), Some(job)) = (share.nonce, jobs.get(&*share.job)) {
            let nonce = String::from_utf8(nonce.to_hex_ascii().to_vec()).unwrap();
            let before = self.works.insert((job.clone(), nonce), share.clone());
            assert_eq!(before, None, "and again {share:?}");
        }
    }

    /// Every share that a miner was told OK for is there.
    pub(crate) fn check_acknowledged(&self, good: &[Work]) {
        let missing: Vec<&Work> = good
            .iter()
            .filter(|work| !self.is_acknowledged(work))
            .collect();
        let (missing, of) = (missing.len(), good.len());
        assert_eq!(missing, 0, "of {of} that were acknowledged");
        let once: HashSet<&Work> = good.iter().collect();
        assert_eq!(once.len(), good.len(), "acknowledged twice");
    }

    fn is_acknowledged(&self, work: &Work) -> bool {
        let share = self.works.get(work);
        share.is_some_and(ShareEntry::was_acknowledged)
    }

    /// Shares in all.
    pub(crate) const fn shares(&self) -> u64 {
        self.last
    }

    /// Rigs, sums and ledger say the same.
    pub(crate) fn check_state(&self, data: &Path) {
        let mut book = state(data);
        assert_eq!(book.through_seq(), self.last);
        let mut lifetime = Cell::default();
        for rig in all_rigs(&book) {
            lifetime.merge(&rig.lifetime);
        }
        assert_eq!(by_shares(&lifetime), by_shares(&self.total));
        for level in Level::ALL {
            let mut expected = BTreeMap::<u64, Cell>::new();
            for (minute, cell) in &self.minutes {
                let start = level.cell_start(*minute);
                expected.entry(start).or_default().merge(cell);
            }
            let sums = book.history(None, level, 0, u64::MAX).unwrap();
            let sums: BTreeMap<u64, Cell> = sums
                .iter()
                .map(|(start, cell)| (*start, by_shares(cell)))
                // Refusals that are only counted are no shares of the ledger.
                .filter(|(_, cell)| !cell.is_empty())
                .collect();
            assert_eq!(sums, expected, "by the {}", level.label());
        }
        assert_eq!(book.take_damage(), []);
        book.verify(|damage| panic!("{damage:?}")).unwrap();
    }
}

/// All rigs, and the one that stands for those that were forgotten.
pub(crate) fn all_rigs(book: &StateBook) -> Vec<RigEntry> {
    let mut rigs: Vec<RigEntry> = book.others().unwrap().into_iter().collect();
    let mut after = None;
    loop {
        let some = book.rigs_from(after, 1000).unwrap();
        let Some(last) = some.last() else {
            return rigs;
        };
        after = Some(last.key);
        rigs.extend(some);
    }
}

/// What a ledger's shares alone say.
fn by_shares(cell: &Cell) -> Cell {
    let none = Cell::default();
    Cell {
        odometer_hashes: 0,
        odometer_ms: 0,
        odometer_error: 0,
        refusals_unlisted: none.refusals_unlisted,
        ..cell.clone()
    }
}

/// The journal says that no two ever held the same nonces; how many runs it tells of.
pub(crate) fn check_journal(data: &Path) -> usize {
    let mut tenancy = Tenancy::default();
    let mut runs = HashSet::new();
    for (entry, number) in journal(data).iter().zip(1..) {
        assert_eq!(entry.seq, number, "numbers follow each other");
        tenancy
            .apply(entry)
            .unwrap_or_else(|clash| panic!("{clash}"));
        runs.insert(entry.run);
    }
    assert_eq!(tenancy.missed(), 0);
    runs.len()
}
