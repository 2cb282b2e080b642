//! What is told of a policy: counts over seeds as figures with their intervals.

use serde::Serialize;
use zartrux_models::simulation::contest::{
    Contest, Entrant, Entry, Group, GroupOutcome, GroupStream, Interval, Outcome,
};

/// One figure over all seeds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Figure {
    /// What it is, with its unit.
    pub(super) name: &'static str,
    /// The mean over seeds; none where no seed has a value.
    pub(super) mean: Option<f64>,
    /// Ends of its 95 % interval.
    pub(super) low: Option<f64>,
    /// Ends of its 95 % interval; none as well where it is infinite.
    pub(super) high: Option<f64>,
    /// Seed by seed; none where there is nothing to divide by.
    pub(super) values: Vec<Option<f64>>,
}

impl Figure {
    /// A figure of the seeds that have a value. None of them is ever negative, so that an interval
    /// ends at 0.
    pub(super) fn of(name: &'static str, values: Vec<Option<f64>>) -> Self {
        let known: Vec<f64> = values.iter().copied().flatten().collect();
        let interval = Interval::of(&known);
        Self {
            name,
            mean: interval.map(|i| i.mean),
            low: interval.map(|i| i.low.max(0.0)),
            high: interval.map(|i| i.high),
            values,
        }
    }

    /// A ratio of sums over seeds.
    pub(super) fn ratio(name: &'static str, above: &[f64], below: &[f64]) -> Self {
        let ratio = Interval::ratio(above, below);
        Self {
            name,
            mean: ratio.map(|r| r.mean),
            low: ratio.map(|r| r.low),
            high: ratio.map(|r| r.high).filter(|high| high.is_finite()),
            values: Vec::new(),
        }
    }
}

pub(super) const BAD_AT_POOL: &str = "bad shares at the pool";

/// What one policy did, over all seeds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct PolicyFigures {
    /// Its name.
    pub(super) policy: &'static str,
    /// Whether it was held to the budget.
    pub(super) limited: bool,
    /// Whether it is this program's judge.
    #[serde(skip)]
    pub(super) ours: bool,
    /// Its figures.
    pub(super) figures: Vec<Figure>,
    /// Bad shares at the pool, group by group.
    pub(super) bad_at_pool_by_group: Vec<Figure>,
    /// Shares of a failing rig until a proof found it, group by group.
    pub(super) shares_until_found_by_group: Vec<Figure>,
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of a simulation, far below 2^53"
)]
pub(super) const fn float(count: u64) -> f64 {
    count as f64
}

/// A quotient where there is something to divide by.
fn per(above: u64, below: u64) -> Option<f64> {
    (below > 0).then(|| float(above) / float(below))
}

/// The figures of the policy at this place.
pub(super) fn of_policy(
    entry: Entry,
    place: usize,
    groups: &[Group],
    contests: &[Contest],
) -> PolicyFigures {
    let over = |name, value: &dyn Fn(&Contest, &Outcome) -> Option<f64>| {
        let values = contests
            .iter()
            .map(|contest| value(contest, contest.outcomes.get(place)?))
            .collect();
        Figure::of(name, values)
    };
    let sent = |contest: &Contest| contest.stream.iter().map(|group| group.sent).sum::<u64>();
    let failing_rigs = |contest: &Contest| contest.stream.iter().map(|group| group.rigs_bad).sum();
    let honest = |outcome: &Outcome, count: fn(&GroupOutcome) -> u64| {
        outcome.groups.first().map(|group| float(count(group)))
    };
    let figures = vec![
        over(BAD_AT_POOL, &|_, o| Some(float(o.total(|g| g.bad_at_pool)))),
        over("of those sent, %", &|c, o| {
            let for_pool = c.stream.iter().map(|group| group.bad_for_pool).sum();
            per(100 * o.total(|g| g.bad_at_pool), for_pool)
        }),
        over("bad shares credited here", &|_, o| {
            Some(float(o.total(|g| g.bad_credited)))
        }),
        over("bans", &|_, o| Some(float(o.bans))),
        over("failing rigs found, %", &|c, o| {
            per(100 * o.total(|g| g.rigs_found), failing_rigs(c))
        }),
        over("shares until found", &|_, o| {
            per(o.total(|g| g.shares_until_found), o.total(|g| g.rigs_found))
        }),
        over("bad shares until found", &|_, o| {
            per(o.total(|g| g.bad_until_found), o.total(|g| g.rigs_found))
        }),
        over("hashes recomputed", &|_, o| Some(float(o.proofs))),
        over("of all shares, %", &|c, o| per(100 * o.proofs, sent(c))),
        over("good shares kept from the pool", &|_, o| {
            Some(float(o.total(|g| g.good_held_from_pool)))
        }),
        over("honest rigs ever in quarantine or banned", &|_, o| {
            honest(o, |g| g.rigs_quarantined)
        }),
    ];
    let by_group = |value: &dyn Fn(&GroupOutcome) -> Option<f64>| {
        groups
            .iter()
            .enumerate()
            .map(|(index, group)| over(group.name, &|_, o| value(o.groups.get(index)?)))
            .collect()
    };
    PolicyFigures {
        policy: entry.entrant.name(),
        limited: entry.limited,
        ours: matches!(entry.entrant, Entrant::Ours | Entrant::OursDeaf),
        figures,
        bad_at_pool_by_group: by_group(&|g| Some(float(g.bad_at_pool))),
        shares_until_found_by_group: by_group(&|g| per(g.shares_until_found, g.rigs_found)),
    }
}

/// What the filters said of a group of rigs, over all seeds and whatever the policy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct GroupFigures {
    /// Which rigs.
    pub(super) group: &'static str,
    /// How many in a farm.
    pub(super) rigs: usize,
    /// Its figures.
    pub(super) figures: Vec<Figure>,
}

/// The figures of the group at this place.
pub(super) fn of_group(place: usize, group: &Group, contests: &[Contest]) -> GroupFigures {
    let over = |name, value: &dyn Fn(&GroupStream) -> Option<f64>| {
        let values = contests
            .iter()
            .map(|contest| value(contest.stream.get(place)?))
            .collect();
        Figure::of(name, values)
    };
    GroupFigures {
        group: group.name,
        rigs: group.rigs,
        figures: vec![
            over("shares", &|g| Some(float(g.sent))),
            over("bad shares", &|g| Some(float(g.bad_sent))),
            over("rigs suspected", &|g| Some(float(g.rigs_suspected))),
            over("shares until suspected", &|g| {
                per(g.shares_until_suspected, g.rigs_suspected)
            }),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_without_a_value_is_left_out_and_no_interval_goes_below_nothing() {
        let figure = Figure::of("x", vec![Some(0.0), None, Some(2.0)]);
        assert!(figure.mean.is_some_and(|mean| (mean - 1.0).abs() < 1e-12));
        assert_eq!(figure.low, Some(0.0));
        assert_eq!(figure.values.len(), 3);
    }

    #[test]
    fn figures_of_a_contest_are_its_counts() {
        let groups = zartrux_models::simulation::contest::mixed(20);
        let contests = vec![
            Contest {
                stream: vec![GroupStream {
                    bad_for_pool: 8,
                    sent: 100,
                    rigs_bad: 2,
                    ..GroupStream::default()
                }],
                outcomes: vec![Outcome {
                    groups: vec![GroupOutcome {
                        bad_at_pool: 6,
                        rigs_found: 1,
                        shares_until_found: 7,
                        ..GroupOutcome::default()
                    }],
                    proofs: 5,
                    bans: 3,
                    good_at_pool: 90,
                }],
            };
            2
        ];
        let policy = of_policy(Entry::at_budget(Entrant::Ours), 0, &groups, &contests);
        let mean = |name: &str| {
            let figure = policy.figures.iter().find(|figure| figure.name == name);
            figure.and_then(|figure| figure.mean)
        };
        assert_eq!(mean(BAD_AT_POOL), Some(6.0));
        assert_eq!(mean("of those sent, %"), Some(75.0));
        assert_eq!(mean("failing rigs found, %"), Some(50.0));
        assert_eq!(mean("shares until found"), Some(7.0));
        assert_eq!(mean("of all shares, %"), Some(5.0));
        assert_eq!(mean("bans"), Some(3.0));
    }
}
