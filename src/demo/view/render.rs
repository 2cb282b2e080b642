//! Snapshots as text.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::snapshot::{MinerView, Snapshot};
use super::text::{clock, harmless, thousands};
use crate::demo::miner::Outcomes;
use crate::demo::pool::{PoolReport, Refusal};

/// Width that a terminal is sure to have.
const WIDTH: usize = 79;

/// Longest rig name shown.
const NAME: usize = 16;

/// The block that a terminal shows and overwrites.
pub(super) fn block(now: &Snapshot) -> Vec<String> {
    let mut lines = vec![headline(now)];
    for miner in &now.miners {
        lines.push(miner_row(miner));
        if let Some(reasons) = reasons(miner) {
            lines.push(format!("  {:NAME$}  {reasons}", ""));
        } else if let Some(trouble) = &miner.counts.trouble
            && !miner.counts.logged_in
        {
            lines.push(format!("  {:NAME$}  {}", "", harmless(trouble, 50)));
        }
    }
    lines.push(format!("  pool: {}", pool_counts(&now.pool)));
    lines.iter().map(|line| harmless(line, WIDTH)).collect()
}

/// The same on one line, for logs and pipes.
pub(super) fn line(now: &Snapshot) -> String {
    let mut line = clock(now.elapsed);
    for miner in &now.miners {
        let (found, accepted, refused) = sums(miner);
        // Writing to a string cannot fail.
        let _ = write!(
            line,
            " | {} {:.1} H/s, found {found}, accepted {accepted}, refused {refused}",
            harmless(&miner.rig, NAME),
            miner.rate
        );
        if let Some(reasons) = reasons(miner) {
            let _ = write!(line, " ({reasons})");
        }
        if !miner.counts.logged_in {
            let trouble = miner
                .counts
                .trouble
                .as_deref()
                .unwrap_or("not logged in yet");
            let _ = write!(line, " [{}]", harmless(trouble, 60));
        }
    }
    let _ = write!(line, " | pool: {}", pool_counts(&now.pool));
    line
}

fn headline(now: &Snapshot) -> String {
    let mut line = format!("zartrux demo {}", clock(now.elapsed));
    if let Some(monitor) = now.monitor {
        let _ = write!(line, "  monitor http://{monitor}/");
    }
    if let Some(proxy) = now.proxy {
        let _ = write!(line, "  miners {proxy}");
    }
    line
}

fn miner_row(miner: &MinerView) -> String {
    let (found, accepted, refused) = sums(miner);
    format!(
        "  {:NAME$}  {:5.1} H/s  found {found:>4}  accepted {accepted:>4}  refused {refused:>4}",
        harmless(&miner.rig, NAME),
        miner.rate
    )
}

fn sums(miner: &MinerView) -> (u64, u64, u64) {
    let (sound, corrupt) = (&miner.counts.sound, &miner.counts.corrupt);
    (
        sound.found + corrupt.found,
        sound.accepted + corrupt.accepted,
        sound.refused_in_all() + corrupt.refused_in_all(),
    )
}

/// How many of a miner's shares are refused for what; `None` while there are none.
fn reasons(miner: &MinerView) -> Option<String> {
    let mut all = BTreeMap::<&str, u64>::new();
    for Outcomes { refused, .. } in [&miner.counts.sound, &miner.counts.corrupt] {
        for (text, count) in refused {
            *all.entry(text).or_default() += count;
        }
    }
    let texts: Vec<_> = all
        .iter()
        .map(|(text, count)| format!("{} {count}", harmless(text, 40)))
        .collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

/// The pool's side: what it accepted, what came late, what it would ban the farm for.
pub(super) fn pool_counts(pool: &PoolReport) -> String {
    let total = &pool.total;
    let late = total.refused_for(Refusal::Expired);
    let mut text = format!(
        "job {}, {} shares: {} accepted, {late} late, {} {}",
        thousands(pool.jobs),
        thousands(total.received),
        thousands(total.accepted),
        thousands(total.bad()),
        if total.bad() == 0 { "bad" } else { "BAD" },
    );
    let own = total.refused_for(Refusal::TooMany) + total.refused_for(Refusal::Unchecked);
    if own > 0 {
        let _ = write!(text, ", {own} not checked");
    }
    if total.pending() > 0 {
        let _ = write!(text, ", {} being checked", total.pending());
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::demo::miner::MinerCounts;
    use crate::demo::pool::Tally;

    fn snapshot() -> Snapshot {
        let sound = Outcomes {
            found: 14,
            accepted: 13,
            ..Outcomes::default()
        };
        let corrupt = Outcomes {
            found: 5,
            refused: BTreeMap::from([("Invalid result".to_owned(), 5)]),
            ..Outcomes::default()
        };
        let counts = MinerCounts {
            logged_in: true,
            sound,
            ..MinerCounts::default()
        };
        let broken = MinerCounts {
            corrupt,
            ..counts.clone()
        };
        Snapshot {
            elapsed: Duration::from_secs(42),
            miners: vec![
                MinerView {
                    rig: "rig-1".into(),
                    rate: 9.96,
                    counts,
                    broken: false,
                },
                MinerView {
                    rig: "rig-2".into(),
                    rate: 10.0,
                    counts: broken,
                    broken: true,
                },
            ],
            pool: PoolReport {
                total: Tally {
                    received: 28,
                    accepted: 26,
                    refused: BTreeMap::from([(Refusal::Expired, 1)]),
                },
                jobs: 3,
                ..PoolReport::default()
            },
            proxy: None,
            monitor: Some(([127, 0, 0, 1], 8080).into()),
        }
    }

    #[test]
    fn a_terminal_gets_a_block_of_aligned_rows() {
        let expected = "\
zartrux demo 00:42  monitor http://127.0.0.1:8080/
  rig-1              10.0 H/s  found   14  accepted   13  refused    0
  rig-2              10.0 H/s  found   19  accepted   13  refused    5
                    Invalid result 5
  pool: job 3, 28 shares: 26 accepted, 1 late, 0 bad, 1 being checked";
        assert_eq!(block(&snapshot()).join("\n"), expected);
    }

    #[test]
    fn a_log_gets_one_line() {
        assert_eq!(
            line(&snapshot()),
            "00:42 | rig-1 10.0 H/s, found 14, accepted 13, refused 0 \
             | rig-2 10.0 H/s, found 19, accepted 13, refused 5 (Invalid result 5) \
             | pool: job 3, 28 shares: 26 accepted, 1 late, 0 bad, 1 being checked"
        );
    }

    #[test]
    fn hostile_names_neither_break_the_line_nor_reach_the_terminal() {
        let mut now = snapshot();
        now.miners[0].rig = "\x1b[31m\nroot".repeat(50);
        now.miners[0].counts.logged_in = false;
        now.miners[0].counts.trouble = Some("\x07\r\n".repeat(500));
        now.miners[1].counts.corrupt.refused = BTreeMap::from([("\x1b]0;x\x07".repeat(90), 1)]);
        let shown = [block(&now), vec![line(&now)]].concat();
        assert!(
            shown
                .iter()
                .all(|line| line.bytes().all(|b| (0x20..0x7f).contains(&b)))
        );
        assert!(block(&now).iter().all(|line| line.len() <= WIDTH));
        assert!(line(&now).len() < 600);
    }
}
