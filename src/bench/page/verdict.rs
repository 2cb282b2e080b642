//! Which of two figures is ahead: by a rule that honours their spread, and the machine's drift where
//! they were not measured in turn.

use crate::bench::stats::Spread;

/// How much the same run may differ from hour to hour on a shared machine, as a factor.
pub(super) const DRIFT: f64 = 4.0 / 3.0;

/// Which value of a figure is the better one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Better {
    /// The smaller.
    Less,
    /// The larger.
    More,
}

/// What the other figure is worth beside ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Drift {
    /// Counts and memory do not drift; nor does what was measured in turn.
    None,
    /// A time that was measured at another hour.
    Possible,
}

/// How ours stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Verdict {
    /// Each of our runs is better than each of theirs, and by more than the drift.
    Ahead,
    /// Each of our runs is better, by less than the drift.
    AheadWithinDrift,
    /// One value, without any spread.
    Same,
    /// The spreads overlap.
    WithinSpread,
    /// As `AheadWithinDrift`, the other way.
    BehindWithinDrift,
    /// As `Ahead`, the other way.
    Behind,
}

impl Verdict {
    /// All of them, from the best to the worst.
    pub(super) const ALL: [Self; 6] = [
        Self::Ahead,
        Self::AheadWithinDrift,
        Self::Same,
        Self::WithinSpread,
        Self::BehindWithinDrift,
        Self::Behind,
    ];

    /// In the table.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Ahead => "**ahead**",
            Self::AheadWithinDrift => "ahead, less than drift",
            Self::Same => "the same",
            Self::WithinSpread => "within the spread",
            Self::BehindWithinDrift => "behind, less than drift",
            Self::Behind => "**behind**",
        }
    }

    /// In a sentence.
    pub(super) const fn plainly(self) -> &'static str {
        match self {
            Self::Ahead => "ahead",
            Self::AheadWithinDrift => "ahead by less than the drift",
            Self::Same => "the same",
            Self::WithinSpread => "within the spread",
            Self::BehindWithinDrift => "behind by less than the drift",
            Self::Behind => "behind",
        }
    }
}

/// How `ours` stands beside `theirs`.
pub(super) fn judge(ours: Spread, theirs: Spread, better: Better, drift: Drift) -> Verdict {
    let is_point = |spread: Spread| spread.min >= spread.max;
    if is_point(ours) && is_point(theirs) && ours.min >= theirs.max && ours.max <= theirs.min {
        return Verdict::Same;
    }
    let (less, more) = match better {
        Better::Less => (Verdict::Ahead, Verdict::Behind),
        Better::More => (Verdict::Behind, Verdict::Ahead),
    };
    let apart = if ours.max < theirs.min {
        less
    } else if ours.min > theirs.max {
        more
    } else {
        return Verdict::WithinSpread;
    };
    let (low, high) = if ours.median < theirs.median {
        (ours.median, theirs.median)
    } else {
        (theirs.median, ours.median)
    };
    let doubtful = drift == Drift::Possible && low * DRIFT >= high;
    match (apart, doubtful) {
        (Verdict::Ahead, true) => Verdict::AheadWithinDrift,
        (Verdict::Behind, true) => Verdict::BehindWithinDrift,
        (clear, _) => clear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn spread(min: f64, median: f64, max: f64) -> Spread {
        Spread { median, min, max }
    }

    const THEIRS: Spread = spread(90.0, 100.0, 110.0);

    #[test]
    fn only_spreads_that_do_not_overlap_are_ahead_or_behind() {
        for (ours, less, more) in [
            (spread(40.0, 50.0, 60.0), Verdict::Ahead, Verdict::Behind),
            (
                spread(50.0, 60.0, 90.0),
                Verdict::WithinSpread,
                Verdict::WithinSpread,
            ),
            (
                spread(95.0, 100.0, 105.0),
                Verdict::WithinSpread,
                Verdict::WithinSpread,
            ),
            (spread(111.0, 150.0, 160.0), Verdict::Behind, Verdict::Ahead),
        ] {
            for drift in [Drift::None, Drift::Possible] {
                assert_eq!(judge(ours, THEIRS, Better::Less, drift), less, "{ours:?}");
                assert_eq!(judge(ours, THEIRS, Better::More, drift), more, "{ours:?}");
            }
        }
    }

    #[test]
    fn what_another_hour_could_explain_is_marked() {
        let close = spread(79.0, 80.0, 81.0);
        let judged = |better, drift| judge(close, THEIRS, better, drift);
        assert_eq!(
            judged(Better::Less, Drift::Possible),
            Verdict::AheadWithinDrift
        );
        assert_eq!(
            judged(Better::More, Drift::Possible),
            Verdict::BehindWithinDrift
        );
        assert_eq!(judged(Better::Less, Drift::None), Verdict::Ahead);
        assert_eq!(judged(Better::More, Drift::None), Verdict::Behind);
    }

    #[test]
    fn two_counts_that_are_equal_are_the_same() {
        let four = spread(4.0, 4.0, 4.0);
        assert_eq!(judge(four, four, Better::Less, Drift::None), Verdict::Same);
        let varied = spread(3.0, 4.0, 5.0);
        assert_eq!(
            judge(varied, four, Better::Less, Drift::None),
            Verdict::WithinSpread
        );
    }
}
