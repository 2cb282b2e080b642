//! Sets of routes, by bit.

/// A set of at most 32 places.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Bits(pub(super) u32);

impl Bits {
    pub(super) const fn one(at: usize) -> Self {
        Self(if at < 32 { 1 << at } else { 0 })
    }

    pub(super) const fn has(self, at: usize) -> bool {
        self.0 & Self::one(at).0 != 0
    }

    pub(super) const fn put(&mut self, at: usize, on: bool) {
        let one = Self::one(at).0;
        self.0 = if on { self.0 | one } else { self.0 & !one };
    }

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// From the lowest up.
impl Iterator for Bits {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let at = usize::try_from(self.0.trailing_zeros()).ok()?;
        (self.0 != 0).then(|| {
            self.0 &= self.0 - 1;
            at
        })
    }
}
