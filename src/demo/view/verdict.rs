//! Whether the demo showed what it is there to show.

use super::snapshot::Snapshot;
use super::text::harmless;
use crate::demo::miner::Outcomes;
use crate::demo::pool::{PoolReport, Refusal};

/// Beginnings of texts that call a share bad, in lower case. Late shares and a pool that is away
/// are nobody's fault.
const ACCUSATIONS: [&str; 7] = [
    "invalid",
    "low diff",
    "duplicate",
    "malformed",
    "incorrect algorithm",
    "rejected share",
    "unauthenticated",
];

/// What is wrong at the end of a demo.
///
/// # Errors
/// Every way in which the proxy, or the demo, fell short; each in words for people.
pub fn verdict(end: &Snapshot) -> Result<(), Vec<String>> {
    let mut faults = Vec::new();
    if end.pool.total.accepted == 0 {
        faults.push("the pool accepted no share: let the demo run longer".to_owned());
    }
    if end.pool.total.bad() > 0 {
        faults.push(format!(
            "bad shares reached the pool: {}",
            by_reason(&end.pool)
        ));
    }
    judge_failing(end, &mut faults);
    for miner in end.miners.iter() {
        for (text, count) in accusations(&miner.counts.sound) {
            let rig = harmless(&miner.rig, 40);
            let text = harmless(text, 60);
            faults.push(format!("{count} good shares of {rig} were refused: {text}"));
        }
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults)
    }
}

fn judge_failing(end: &Snapshot, faults: &mut Vec<String>) {
    for miner in end.miners.iter().filter(|miner| miner.broken) {
        let rig = harmless(&miner.rig, 40);
        let wrong = &miner.counts.corrupt;
        let sent = wrong.found - wrong.lost.min(wrong.found);
        if sent == 0 {
            faults.push(format!(
                "{rig} sent no wrong share: let the demo run longer"
            ));
        } else if accusations(wrong).next().is_none() {
            faults.push(format!(
                "none of the {sent} wrong shares of {rig} was found out"
            ));
        }
    }
}

fn accusations(outcomes: &Outcomes) -> impl Iterator<Item = (&String, &u64)> {
    outcomes.refused.iter().filter(|(text, _)| {
        let text = text.to_lowercase();
        ACCUSATIONS
            .iter()
            .any(|beginning| text.starts_with(beginning))
    })
}

fn by_reason(pool: &PoolReport) -> String {
    let bad = pool
        .total
        .refused
        .iter()
        .filter(|(reason, _)| Refusal::is_bad(**reason));
    bad.map(|(reason, count)| format!("{reason} {count}"))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::miner::MinerCounts;
    use crate::demo::pool::Tally;
    use crate::demo::view::MinerView;

    fn refused(text: &str, count: u64) -> Outcomes {
        let refused = [(text.to_owned(), count)].into();
        Outcomes {
            found: count,
            refused,
            ..Outcomes::default()
        }
    }

    /// A demo in which everything went as it should.
    fn fine() -> Snapshot {
        let sound = Outcomes {
            found: 9,
            accepted: 9,
            ..Outcomes::default()
        };
        let good = MinerCounts {
            sound,
            ..MinerCounts::default()
        };
        let failing = MinerCounts {
            corrupt: refused("Invalid result", 4),
            ..good.clone()
        };
        let total = Tally {
            received: 18,
            accepted: 18,
            ..Tally::default()
        };
        Snapshot {
            miners: vec![
                MinerView {
                    rig: "good".into(),
                    counts: good,
                    ..MinerView::default()
                },
                MinerView {
                    rig: "failing".into(),
                    broken: true,
                    counts: failing,
                    ..MinerView::default()
                },
            ],
            pool: PoolReport {
                total,
                ..PoolReport::default()
            },
            ..Snapshot::default()
        }
    }

    /// The one fault found.
    fn fault(end: &Snapshot) -> String {
        let faults = verdict(end).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:?}");
        faults[0].clone()
    }

    #[test]
    fn a_proxy_that_keeps_bad_shares_home_passes() {
        assert_eq!(verdict(&fine()), Ok(()));
    }

    #[test]
    fn late_shares_are_held_against_nobody() {
        let mut end = fine();
        end.miners[0].counts.sound = refused("Block expired", 3);
        end.pool.total.refused.insert(Refusal::Expired, 3);
        assert_eq!(verdict(&end), Ok(()));
    }

    #[test]
    fn one_bad_share_at_the_pool_is_enough_to_fail() {
        let mut end = fine();
        end.pool.total.refused.insert(Refusal::WrongHash, 1);
        assert_eq!(fault(&end), "bad shares reached the pool: Invalid share 1");
    }

    #[test]
    fn wrong_shares_must_have_been_sent_and_found_out() {
        let mut end = fine();
        end.miners[1].counts.corrupt = Outcomes {
            found: 4,
            accepted: 4,
            ..Outcomes::default()
        };
        assert_eq!(
            fault(&end),
            "none of the 4 wrong shares of failing was found out"
        );
        end.miners[1].counts.corrupt = refused("Block expired", 2);
        assert_eq!(
            fault(&end),
            "none of the 2 wrong shares of failing was found out"
        );
        end.miners[1].counts.corrupt = Outcomes {
            found: 2,
            lost: 2,
            ..Outcomes::default()
        };
        assert!(fault(&end).starts_with("failing sent no wrong share"));
    }

    #[test]
    fn a_good_share_called_bad_fails_the_demo_whoever_found_it() {
        for miner in 0..2 {
            let mut end = fine();
            end.miners[miner].counts.sound = refused("Invalid result", 1);
            assert!(fault(&end).ends_with("were refused: Invalid result"));
        }
    }

    #[test]
    fn a_demo_without_a_share_shows_nothing() {
        let mut end = fine();
        end.pool.total.accepted = 0;
        assert!(fault(&end).starts_with("the pool accepted no share"));
    }
}
