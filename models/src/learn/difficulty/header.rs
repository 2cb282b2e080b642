//! Headers that follow each other.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// What a header says that a difficulty depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockHeader {
    /// Blocks before it.
    pub height: u64,
    /// Its time as its miner wrote it, seconds since 1970.
    pub unix_s: u64,
    /// Hashes that were asked for.
    pub difficulty: u128,
    /// Of all blocks up to and with this one.
    pub cumulative: u128,
}

/// Why headers are no chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadHeaders {
    /// There is none.
    #[error("there is no header")]
    None,
    /// More than are ever needed.
    #[error("{0} headers are more than {most}", most = HeaderChain::MOST)]
    TooMany(usize),
    /// One is missing, or in the wrong place.
    #[error("height: {found} stands where {expected} should")]
    Height {
        /// That would follow.
        expected: u64,
        /// That is there.
        found: u64,
    },
    /// It asks for nothing.
    #[error("block {0}: difficulty: is zero")]
    Difficulty(u64),
    /// It is not the sum.
    #[error("block {height}: cumulative difficulty: is {found}, and the sum is {sum}")]
    Cumulative {
        /// Of the block.
        height: u64,
        /// That is there.
        found: u128,
        /// Of the one before and this difficulty.
        sum: u128,
    },
    /// There is no number for it: whatever is computed of it would be of no work at all.
    #[error("block {0}: cumulative difficulty: the sum is above 2^128 - 1")]
    TooMuch(u64),
    /// No block can be from then.
    #[error("block {height}: timestamp: {unix_s} s since 1970 is no time of a block")]
    Time {
        /// Of the block.
        height: u64,
        /// That is there.
        unix_s: u64,
    },
}

/// At least one header and at most [`HeaderChain::MOST`]; heights without a gap, difficulties above
/// zero that add up, times since there is Monero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderChain(VecDeque<BlockHeader>);

impl HeaderChain {
    /// Headers of the longest.
    pub const MOST: usize = 50_000;

    /// The start of 2014; Monero's first block is from April of it.
    const EARLIEST_S: u64 = 1_388_534_400;
    /// The year 2242.
    const LATEST_S: u64 = 1 << 33;

    /// Checks headers.
    ///
    /// # Errors
    /// The first that is amiss, by height and field.
    pub fn new(headers: Vec<BlockHeader>) -> Result<Self, BadHeaders> {
        if headers.len() > Self::MOST {
            return Err(BadHeaders::TooMany(headers.len()));
        }
        let Some(first) = headers.first() else {
            return Err(BadHeaders::None);
        };
        Self::check_alone(first)?;
        for (before, header) in headers.iter().zip(headers.iter().skip(1)) {
            Self::check_after(before, header)?;
        }
        Ok(Self(headers.into()))
    }

    fn check_alone(header: &BlockHeader) -> Result<(), BadHeaders> {
        let &BlockHeader {
            height,
            unix_s,
            difficulty,
            cumulative,
        } = header;
        if difficulty == 0 {
            return Err(BadHeaders::Difficulty(height));
        }
        if cumulative < difficulty {
            return Err(BadHeaders::Cumulative {
                height,
                found: cumulative,
                sum: difficulty,
            });
        }
        // The genesis block is from second 0.
        let genesis = height == 0 && unix_s == 0;
        if !genesis && !(Self::EARLIEST_S..=Self::LATEST_S).contains(&unix_s) {
            return Err(BadHeaders::Time { height, unix_s });
        }
        Ok(())
    }

    fn check_after(before: &BlockHeader, header: &BlockHeader) -> Result<(), BadHeaders> {
        let expected = before.height.saturating_add(1);
        if header.height != expected {
            return Err(BadHeaders::Height {
                expected,
                found: header.height,
            });
        }
        Self::check_alone(header)?;
        let sum = before.cumulative.checked_add(header.difficulty);
        let sum = sum.ok_or(BadHeaders::TooMuch(header.height))?;
        if header.cumulative != sum {
            return Err(BadHeaders::Cumulative {
                height: header.height,
                found: header.cumulative,
                sum,
            });
        }
        Ok(())
    }

    /// Adds the next one.
    ///
    /// # Errors
    /// It does not follow; the chain stays as it was.
    pub fn push(&mut self, header: BlockHeader) -> Result<(), BadHeaders> {
        if self.0.len() >= Self::MOST {
            return Err(BadHeaders::TooMany(self.0.len() + 1));
        }
        Self::check_after(&self.tip(), &header)?;
        self.0.push_back(header);
        Ok(())
    }

    /// Keeps the newest `most`, or the newest alone.
    pub fn keep_newest(&mut self, most: usize) {
        let gone = self.0.len().saturating_sub(most.max(1));
        self.0.drain(..gone);
    }

    /// Its headers, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &BlockHeader> + ExactSizeIterator {
        self.0.iter()
    }

    /// How many.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "it is never empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The oldest.
    #[must_use]
    pub fn first(&self) -> BlockHeader {
        self.0[0]
    }

    /// The newest.
    #[must_use]
    pub fn tip(&self) -> BlockHeader {
        self.0[self.0.len() - 1]
    }

    /// The one of a height, if it is here.
    #[must_use]
    pub fn at(&self, height: u64) -> Option<&BlockHeader> {
        let place = height.checked_sub(self.first().height)?;
        self.0.get(usize::try_from(place).ok()?)
    }

    /// The chain as it was when it had `length` headers from here; all of it if it has no more.
    #[must_use]
    pub fn as_of(&self, length: usize) -> Self {
        let length = length.clamp(1, self.0.len());
        Self(self.0.range(..length).copied().collect())
    }
}
