//! The last lines of a demo.

use super::render;
use super::snapshot::Snapshot;
use super::text::{clock, harmless, thousands};

/// What happened, and the verdict, as lines for people.
#[must_use]
pub fn summary(end: &Snapshot, verdict: &Result<(), Vec<String>>) -> String {
    let mut lines = vec![String::new(), format!("After {}:", clock(end.elapsed))];
    for miner in &end.miners {
        let (sound, wrong) = (&miner.counts.sound, &miner.counts.corrupt);
        lines.push(format!(
            "  {}: {} hashes; good shares: {} found, {} accepted, {} refused, {} lost",
            harmless(&miner.rig, 40),
            thousands(miner.counts.hashes),
            thousands(sound.found),
            thousands(sound.accepted),
            thousands(sound.refused_in_all()),
            thousands(sound.lost),
        ));
        if miner.broken {
            lines.push(format!(
                "    failing memory; wrong shares: {} sent, {} refused, {} mended (the true hash \
                 was a share too, and was sent in their place)",
                thousands(wrong.found.saturating_sub(wrong.lost)),
                thousands(wrong.refused_in_all()),
                thousands(wrong.accepted),
            ));
        }
    }
    lines.push(format!("  pool: {}", render::pool_counts(&end.pool)));
    for bad in end.pool.bad.iter().take(5) {
        lines.push(format!(
            "    {}: job {}, nonce {}, result {}",
            bad.reason,
            harmless(&bad.job_id, 64),
            harmless(&bad.nonce, 64),
            harmless(&bad.result, 64),
        ));
    }
    match verdict {
        Ok(()) => {
            lines.push("Verdict: passed. No bad share reached the pool.".to_owned());
        }
        Err(faults) => {
            lines.push("Verdict: FAILED.".to_owned());
            lines.extend(faults.iter().map(|fault| format!("  - {fault}")));
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::pool::{BadShare, PoolReport, Refusal};
    use crate::demo::view::MinerView;

    #[test]
    fn the_reasons_of_a_failure_and_the_bad_shares_are_named() {
        let share = BadShare {
            login: "farm".into(),
            reason: Refusal::WrongHash,
            job_id: "\x1b[2J".into(),
            nonce: "00000000".into(),
            result: "00".into(),
            randomx: None,
        };
        let end = Snapshot {
            miners: vec![MinerView {
                rig: "r".into(),
                broken: true,
                ..MinerView::default()
            }],
            pool: PoolReport {
                bad: vec![share; 9],
                ..PoolReport::default()
            },
            ..Snapshot::default()
        };
        let text = summary(&end, &Err(vec!["it went wrong".into()]));
        assert!(text.contains("failing memory; wrong shares: 0 sent"));
        assert_eq!(text.matches("Invalid share: job \\u{1b}[2J").count(), 5);
        assert!(text.ends_with("Verdict: FAILED.\n  - it went wrong"));
        assert!(summary(&end, &Ok(())).contains("Verdict: passed"));
    }
}
