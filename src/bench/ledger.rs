//! The account of all shares of one phase: each must reach the pool once, unaltered, and be
//! answered once, to the miner that submitted it.

use super::{clock::Nanos, figure::Figures, miners::FIRST_SUBMIT, seen::Seen, stats::Samples};

/// One share under way.
#[derive(Clone, Copy, Debug)]
struct Entry {
    sent: Nanos,
    miner: u32,
    nonce: u32,
    at_pool: bool,
    answered: bool,
}

/// The account.
#[derive(Debug)]
pub(crate) struct Ledger {
    /// Number of the first share.
    first: u64,
    entries: Vec<Entry>,
    complete: usize,
    reached: usize,
    answers: usize,
    refused: usize,
    doubled: usize,
    altered: usize,
    first_refusal: Option<Box<str>>,
    first_oddity: Option<Box<str>>,
    /// Miner's write → pool has it, ns.
    pub(crate) to_pool: Samples,
    /// Miner's write → miner has the reply, ns.
    pub(crate) to_reply: Samples,
}

impl Ledger {
    /// An account that begins with share number `first`.
    pub(crate) fn from(first: u64) -> Self {
        Self {
            first,
            entries: Vec::new(),
            complete: 0,
            reached: 0,
            answers: 0,
            refused: 0,
            doubled: 0,
            altered: 0,
            first_refusal: None,
            first_oddity: None,
            to_pool: Samples::default(),
            to_reply: Samples::default(),
        }
    }

    /// The number of the next share.
    pub(crate) fn next(&self) -> u64 {
        self.first + u64::try_from(self.entries.len()).unwrap_or(u64::MAX)
    }

    /// Enters the share [`Ledger::next`], sent by `miner`.
    pub(crate) fn enter(&mut self, miner: usize, nonce: u32, sent: Nanos) {
        self.entries.push(Entry {
            sent,
            miner: u32::try_from(miner).unwrap_or(u32::MAX),
            nonce,
            at_pool: false,
            answered: false,
        });
    }

    /// Shares sent.
    pub(crate) fn sent(&self) -> usize {
        self.entries.len()
    }

    /// Shares answered, with whatever answer.
    pub(crate) fn answered(&self) -> usize {
        self.answers
    }

    /// Shares neither answered nor given up.
    pub(crate) fn outstanding(&self) -> usize {
        self.entries.len() - self.answers
    }

    /// Whether every share has both reached the pool and been answered.
    pub(crate) fn is_settled(&self) -> bool {
        self.complete == self.entries.len()
    }

    /// Takes what the event loop saw. Shares from before this phase count as doubled.
    pub(crate) fn take(&mut self, event: Seen) {
        match event {
            Seen::AtPool { number, nonce, at } => self.reach(number, nonce, at),
            Seen::Answered {
                miner,
                id,
                refused,
                at,
            } => self.answer(miner, id, refused, at),
            Seen::Astray { why } => {
                self.altered += 1;
                self.first_oddity.get_or_insert(why);
            }
            Seen::LoggedIn { .. } | Seen::Job { .. } | Seen::Lost { .. } => {}
        }
    }

    fn entry(&mut self, number: u64) -> Option<&mut Entry> {
        let index = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.entries.get_mut(index)
    }

    fn reach(&mut self, number: u64, nonce: u32, at: Nanos) {
        let earlier = number < self.first;
        let Some(entry) = self.entry(number) else {
            if earlier {
                self.doubled += 1;
            } else {
                self.alter(format!("the pool got share {number}, which nobody sent"));
            }
            return;
        };
        if entry.at_pool {
            self.doubled += 1;
            return;
        }
        entry.at_pool = true;
        let done = usize::from(entry.answered);
        let (expected, span) = (entry.nonce, at.since(entry.sent));
        self.complete += done;
        self.reached += 1;
        self.to_pool.push(span);
        if expected != nonce {
            self.alter(format!(
                "share {number} left with nonce {expected:08x} and reached the pool with {nonce:08x}"
            ));
        }
    }

    fn answer(&mut self, miner: usize, id: u64, refused: Option<Box<str>>, at: Nanos) {
        let number = id.wrapping_sub(FIRST_SUBMIT);
        let Some(entry) = self.entry(number) else {
            self.alter(format!(
                "miner {miner} got an answer to {id}, which nobody asked"
            ));
            return;
        };
        let (owner, span, before) = (entry.miner, at.since(entry.sent), entry.answered);
        if before || usize::try_from(owner) != Ok(miner) {
            self.alter(format!(
                "miner {miner} got an answer to share {number} of miner {owner}{}",
                if before { " once more" } else { "" }
            ));
            return;
        }
        entry.answered = true;
        let done = usize::from(entry.at_pool);
        self.complete += done;
        self.answers += 1;
        self.to_reply.push(span);
        if let Some(text) = refused {
            self.refused += 1;
            self.first_refusal.get_or_insert(text);
        }
    }

    fn alter(&mut self, why: String) {
        self.altered += 1;
        self.first_oddity.get_or_insert(why.into());
    }

    /// Whether anything went wrong with any share.
    pub(crate) fn is_clean(&self) -> bool {
        self.is_settled() && self.refused == 0 && self.doubled == 0 && self.altered == 0
    }

    /// The first things that went wrong, in words.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let refusal = self.first_refusal.iter().map(|t| format!("refused: {t}"));
        refusal
            .chain(self.first_oddity.iter().map(ToString::to_string))
            .collect()
    }

    /// Adds the counts that must be zero.
    pub(crate) fn promises(&self, figures: &mut Figures) {
        figures.must_be_zero(
            "shares that never reached the pool",
            self.sent() - self.reached,
        );
        figures.must_be_zero("shares never answered", self.outstanding());
        figures.must_be_zero("shares that reached the pool twice", self.doubled);
        figures.must_be_zero("shares refused", self.refused);
        figures.must_be_zero("shares or answers astray or altered", self.altered);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrives(number: u64, nonce: u32, at: u64) -> Seen {
        Seen::AtPool {
            number,
            nonce,
            at: Nanos(at),
        }
    }

    fn answered(miner: usize, number: u64, at: u64) -> Seen {
        Seen::Answered {
            miner,
            id: FIRST_SUBMIT + number,
            refused: None,
            at: Nanos(at),
        }
    }

    /// Shares 10 and 11, of miners 0 and 1.
    fn two() -> Ledger {
        let mut ledger = Ledger::from(10);
        for miner in 0..2 {
            ledger.enter(miner, 7, Nanos(100));
        }
        ledger
    }

    #[test]
    fn a_share_that_arrives_and_is_answered_once_is_clean_in_either_order() {
        let mut ledger = two();
        ledger.take(arrives(10, 7, 150));
        ledger.take(answered(0, 10, 190));
        assert!(!ledger.is_clean(), "the other one is still under way");
        ledger.take(answered(1, 11, 200));
        ledger.take(arrives(11, 7, 210));
        assert!(ledger.is_clean());
        assert_eq!(ledger.to_pool.percentile(500), Some(50));
        assert_eq!(ledger.to_reply.percentile(1000), Some(100));
    }

    #[test]
    fn what_is_lost_on_either_way_is_counted() {
        let mut ledger = two();
        ledger.take(answered(0, 10, 190));
        let mut figures = Figures::of("share", 2);
        ledger.promises(&mut figures);
        assert!((figures.value("shares that never reached the pool") - 2.0).abs() < 1e-9);
        assert!((figures.value("shares never answered") - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_share_at_the_pool_twice_is_doubled_whether_of_this_phase_or_an_earlier_one() {
        let mut ledger = two();
        for _ in 0..2 {
            ledger.take(arrives(10, 7, 150));
        }
        ledger.take(arrives(3, 7, 150));
        assert_eq!(ledger.doubled, 2);
        assert_eq!(ledger.reached, 1);
    }

    #[test]
    fn an_answer_to_another_miner_or_a_second_one_is_astray() {
        let mut ledger = two();
        ledger.take(answered(1, 10, 150));
        ledger.take(answered(0, 10, 150));
        ledger.take(answered(0, 10, 160));
        ledger.take(answered(0, 99, 160));
        assert_eq!((ledger.answered(), ledger.altered), (1, 3));
        assert!(ledger.complaints()[0].contains("of miner 0"));
    }

    #[test]
    fn a_changed_nonce_is_told() {
        let mut ledger = two();
        ledger.take(arrives(10, 8, 150));
        assert!(!ledger.is_clean());
        assert!(ledger.complaints()[0].contains("00000008"));
    }

    #[test]
    fn a_refusal_is_an_answer_but_not_a_clean_one() {
        let mut ledger = two();
        for (miner, number) in [(0, 10), (1, 11)] {
            ledger.take(arrives(number, 7, 150));
            ledger.take(Seen::Answered {
                miner,
                id: FIRST_SUBMIT + number,
                refused: Some("Duplicate share".into()),
                at: Nanos(160),
            });
        }
        assert!(ledger.is_settled() && !ledger.is_clean());
        assert_eq!(ledger.complaints(), ["refused: Duplicate share"]);
    }
}
