//! What a soak did and found: as a table, and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use crate::account::Tally;
use crate::args::Args;
use crate::flat::{self, Look};
use crate::found::Violation;
use crate::process::resident_of;
use crate::world::World;

/// Blocks of Monero's chain in a day, one every two minutes.
const BLOCKS_A_DAY: f64 = 720.0;

/// The report.
#[derive(Debug)]
pub(crate) struct Report {
    args: Args,
    seconds: f64,
    counts: BTreeMap<String, u64>,
    tally: Tally,
    visits: u64,
    violations: Vec<Violation>,
    /// Of the long life.
    pub(crate) looks: Vec<Look>,
    pub(crate) store: Value,
    pub(crate) connections: Value,
    /// The monitor's answer that took longest.
    pub(crate) slowest: (Duration, String),
    pub(crate) journal_entries: u64,
    pub(crate) kills: u64,
    pub(crate) left: u64,
    pub(crate) proofs_seconds: u64,
    log: Vec<String>,
    own_memory: u64,
}

impl Report {
    pub(crate) fn new(args: Args) -> Self {
        Self {
            args,
            seconds: 0.0,
            counts: BTreeMap::new(),
            tally: Tally::default(),
            visits: 0,
            violations: Vec::new(),
            looks: Vec::new(),
            store: Value::Null,
            connections: Value::Null,
            slowest: (Duration::ZERO, String::new()),
            journal_entries: 0,
            kills: 0,
            left: 0,
            proofs_seconds: 0,
            log: Vec::new(),
            own_memory: 0,
        }
    }

    pub(crate) fn finish(&mut self, world: &World, span: Duration) {
        self.seconds = span.as_secs_f64();
        self.violations = world.violations();
        self.visits = world.visits();
        self.own_memory = resident_of("self");
        world.with(|state| {
            self.counts = state.counts.clone();
            self.tally = state.account.tally.clone();
            self.log = state.log.clone();
        });
    }

    pub(crate) fn first_violation(&self) -> Option<&Violation> {
        self.violations.first()
    }

    fn virtual_days(&self) -> f64 {
        self.counts.get("blocks").copied().unwrap_or(0) as f64 / BLOCKS_A_DAY
    }

    pub(crate) fn table(&self) -> String {
        let mut text = String::new();
        let mut line = |what: &str, value: String| {
            writeln!(text, "{what:<46} {value:>12}").expect("a String takes text");
        };
        line("seed", self.args.seed.to_string());
        line("seconds", format!("{:.0}", self.seconds));
        line(
            "virtual days (720 blocks each)",
            format!("{:.2}", self.virtual_days()),
        );
        for (what, count) in &self.counts {
            line(what, count.to_string());
        }
        line("miners' connections", self.visits.to_string());
        line("daemons killed", self.kills.to_string());
        line("daemons that left in order", self.left.to_string());
        line(
            "seconds of real proofs (demo)",
            self.proofs_seconds.to_string(),
        );
        let tally = &self.tally;
        for (what, count) in [
            ("jobs of pools", tally.jobs),
            ("leases", tally.leases),
            ("slots leased again, unused", tally.leased_again),
            ("shares sent", tally.sent),
            ("  at a pool", tally.forwarded),
            ("  accepted", tally.accepted),
            ("  credited", tally.credited),
            ("  bad, and refused", tally.refused_rightly),
            ("  refused by a pool", tally.refused_by_pool),
            (
                "  whose miner was gone before the answer",
                tally.unknown_end,
            ),
            ("entries of the journal replayed", self.journal_entries),
        ] {
            line(what, count.to_string());
        }
        for (why, count) in &tally.explained {
            line(&format!("  {why}"), count.to_string());
        }
        for (invariant, count) in &tally.checks {
            line(&format!("checks of {invariant}"), count.to_string());
        }
        line("quiet points", self.looks.len().to_string());
        match flat::quarters(&self.looks) {
            Some((second, last)) => {
                line("memory, second quarter, KiB", (second / 1024).to_string());
                line("memory, last quarter, KiB", (last / 1024).to_string());
            }
            None => line("memory: too few quiet points for a trend", "-".to_owned()),
        }
        if let (Some(first), Some(last)) = (self.looks.first(), self.looks.last()) {
            let both = format!("{} / {}", first.descriptors, last.descriptors);
            line("descriptors, first and last quiet point", both);
        }
        line(
            "memory of the soak itself, KiB",
            (self.own_memory / 1024).to_string(),
        );
        line("violations", self.violations.len().to_string());
        for violation in &self.violations {
            writeln!(text, "{violation}").expect("a String takes text");
        }
        if !self.violations.is_empty() {
            writeln!(text, "the end of the daemon's log:").expect("a String takes text");
            for logged in self.log.iter().rev().take(40).rev() {
                writeln!(text, "  {logged}").expect("a String takes text");
            }
        }
        text
    }

    pub(crate) fn json(&self) -> String {
        let tally = &self.tally;
        let looks = self.looks.iter().map(|look| {
            json!({"at_ms": look.at_ms, "resident": look.resident, "descriptors": look.descriptors})
        });
        let looks: Vec<Value> = looks.collect();
        let violations = self.violations.iter().map(|violation| {
            json!({"invariant": violation.invariant, "at_ms": violation.at_ms, "text": violation.text})
        });
        let violations: Vec<Value> = violations.collect();
        let report = json!({
            "seed": self.args.seed, "asked_seconds": self.args.seconds, "seconds": self.seconds,
            "miners": self.args.miners, "repeat": self.args.command(),
            "virtual_days": self.virtual_days(), "events": self.counts,
            "miner_connections": self.visits, "kills": self.kills, "left": self.left,
            "proofs_seconds": self.proofs_seconds, "journal_entries": self.journal_entries,
            "shares": {
                "sent": tally.sent, "at_pool": tally.forwarded, "accepted": tally.accepted,
                "credited": tally.credited, "refused_rightly": tally.refused_rightly,
                "refused_by_pool": tally.refused_by_pool, "unknown_end": tally.unknown_end,
                "explained": tally.explained,
            },
            "jobs": tally.jobs, "leases": tally.leases, "leased_again": tally.leased_again,
            "slowest_answer": {"page": self.slowest.1, "ms": self.slowest.0.as_secs_f64() * 1000.0},
            "checks": tally.checks, "quiet": looks, "store": self.store,
            "connections": self.connections, "violations": violations, "log": self.log,
        });
        format!("{report:#}\n")
    }
}
