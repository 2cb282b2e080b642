//! A sample of feature values.

use rand::{Rng as _, SeedableRng as _};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::share::RigKey;

/// Values of `N` features with the rigs that they came from: all of them, or an even sample of as
/// many as it may hold (algorithm R: Vitter, ACM Transactions on Mathematical Software 11, 1985).
///
/// What it holds follows from the seed and from what came, in order.
#[derive(Debug, Clone)]
pub struct DriftWindow<const N: usize> {
    rows: Vec<(RigKey, [f32; N])>,
    most: usize,
    came: u64,
    random: Xoshiro256PlusPlus,
}

impl<const N: usize> DriftWindow<N> {
    /// Holds at most so many rows, at least one.
    #[must_use]
    pub fn new(most: usize, seed: u64) -> Self {
        Self {
            rows: Vec::new(),
            most: most.max(1),
            came: 0,
            random: Xoshiro256PlusPlus::seed_from_u64(seed),
        }
    }

    /// Takes a share's or a block's values. What is no number is none of them, and is left out
    /// with the rest of its row.
    pub fn take(&mut self, rig: RigKey, values: [f32; N]) {
        if values.iter().any(|value| !value.is_finite()) {
            return;
        }
        self.came += 1;
        if self.rows.len() < self.most {
            self.rows.push((rig, values));
            return;
        }
        let place = self.random.gen_range(0..self.came);
        if let Some(row) = usize::try_from(place)
            .ok()
            .and_then(|place| self.rows.get_mut(place))
        {
            *row = (rig, values);
        }
    }

    /// How many rows came.
    #[must_use]
    pub const fn came(&self) -> u64 {
        self.came
    }

    /// Those that it holds.
    #[must_use]
    pub fn rows(&self) -> &[(RigKey, [f32; N])] {
        &self.rows
    }
}
