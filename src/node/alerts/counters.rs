//! Counters that should stand still.

use zartrux_models::alert::is_news;

/// A counter that should stand still: when it last grew, and by how much while that was news.
#[derive(Debug, Default)]
pub(super) struct Growth {
    last: u64,
    grown: Option<(u64, u64)>,
}

impl Growth {
    /// Looks at the counter; how much it has grown, if that is news.
    pub(super) fn look(&mut self, count: u64, now_unix_ms: u64) -> Option<u64> {
        let still = |(by, at): &(u64, u64)| is_news(*at, now_unix_ms).then_some(*by);
        let before = self.grown.as_ref().and_then(still);
        if count > self.last {
            let by = before.unwrap_or(0) + (count - self.last);
            self.grown = Some((by, now_unix_ms));
        }
        self.last = count;
        self.grown.as_ref().and_then(still)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_news_for_a_day() {
        const DAY_MS: u64 = 86_400_000;
        let mut growth = Growth::default();
        assert_eq!(growth.look(0, 1), None);
        assert_eq!(growth.look(3, 2), Some(3));
        assert_eq!(growth.look(4, 3), Some(4));
        assert_eq!(growth.look(4, 2 + DAY_MS), Some(4));
        assert_eq!(growth.look(4, 3 + DAY_MS), None);
        assert_eq!(growth.look(5, 4 + DAY_MS), Some(1));
    }
}
