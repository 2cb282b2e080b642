//! A timing wheel: one for all connections of a lane.

/// Keys due at whole seconds, up to [`Wheel::HORIZON`] ahead.
///
/// It is lazy: a key whose deadline has moved on is put back when its old second comes, so that
/// activity on a connection costs the wheel nothing.
#[derive(Debug)]
pub struct Wheel<K> {
    buckets: Vec<Vec<K>>,
    /// Seconds already handed out.
    now: u32,
}

impl<K> Default for Wheel<K> {
    fn default() -> Self {
        Self {
            buckets: (0..Self::HORIZON).map(|_| Vec::new()).collect(),
            now: 0,
        }
    }
}

impl<K> Wheel<K> {
    /// Seconds that it reaches ahead; later deadlines are looked at again by then.
    pub const HORIZON: u32 = 1024;

    fn bucket(second: u32) -> usize {
        // The horizon fits any usize.
        usize::try_from(second % Self::HORIZON).unwrap_or(0)
    }

    /// Puts a key in for second `due`; one in the past comes with the next turn.
    pub fn insert(&mut self, due: u32, key: K) {
        let due = due
            .max(self.now.saturating_add(1))
            .min(self.now.saturating_add(Self::HORIZON - 1));
        self.buckets[Self::bucket(due)].push(key);
    }

    /// Turns to second `now` and takes out every key whose second has come.
    pub fn turn(&mut self, now: u32) -> Vec<K> {
        let mut due = Vec::new();
        let turns = now.saturating_sub(self.now).min(Self::HORIZON);
        for second in 0..turns {
            let bucket = Self::bucket(self.now.wrapping_add(1).wrapping_add(second));
            // Taking the bucket whole gives its memory back.
            due.append(&mut std::mem::take(&mut self.buckets[bucket]));
        }
        self.now = self.now.max(now);
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_deadline_in_the_past_comes_with_the_next_turn() {
        let mut wheel = Wheel::default();
        wheel.turn(10);
        wheel.insert(3, 'a');
        assert_eq!(wheel.turn(11), ['a']);
    }

    proptest! {
        #[test]
        fn every_key_comes_exactly_once_and_never_early(
            deadlines in proptest::collection::vec(1u32..3_000, 0..50),
            step in 1u32..400,
        ) {
            let mut wheel = Wheel::default();
            for (key, due) in deadlines.iter().enumerate() {
                wheel.insert(*due, key);
            }
            let mut seen = vec![0; deadlines.len()];
            let mut now = 0;
            while now < 6_000 {
                now += step;
                for key in wheel.turn(now) {
                    let due = deadlines[key];
                    if due > now {
                        wheel.insert(due, key);
                    } else {
                        seen[key] += 1;
                        prop_assert!(now < due + step.max(2));
                    }
                }
            }
            prop_assert!(seen.iter().all(|times| *times == 1));
        }
    }
}
