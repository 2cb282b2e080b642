//! What is looked at again and again: generations of actors, and sums of counts.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::{Proxy, clock};

/// Generations of all actors, as they should be.
pub(crate) struct Watch {
    generations: BTreeMap<String, u64>,
}

impl Watch {
    pub(crate) fn new(proxy: &Proxy) -> Self {
        Self {
            generations: generations(proxy),
        }
    }

    /// Waits until this actor has failed once more.
    pub(crate) fn wait_fault(&mut self, proxy: &Proxy, actor: &str) {
        let expected = self.generations.get(actor).copied().unwrap_or(1) + 1;
        clock::eventually(&format!("the fault of {actor}"), || {
            let health = proxy.node().view().health().get(actor)?;
            (u64::from(health.generation()) >= expected).then_some(())
        });
        self.generations.insert(actor.to_owned(), expected);
    }

    /// I6: only those that were hit are of another generation; who came meanwhile is of its first.
    pub(crate) fn check_generations(&self, proxy: &Proxy) {
        let now = generations(proxy);
        for (actor, generation) in &now {
            let expected = self.generations.get(actor).copied().unwrap_or(1);
            assert_eq!(*generation, expected, "generation of {actor}");
        }
    }
}

fn generations(proxy: &Proxy) -> BTreeMap<String, u64> {
    let actors: Value = serde_json::from_str(&proxy.page("/health/actors")).unwrap();
    let actors = actors.as_array().unwrap().iter();
    actors
        .map(|actor| {
            let name = actor["name"].as_str().unwrap().to_owned();
            (name, actor["generation"].as_u64().unwrap())
        })
        .collect()
}

/// I2 in what `/metrics` says now: received = forwarded + credited + refused + pending.
pub(crate) fn check_metrics(proxy: &Proxy) {
    let page = proxy.page("/metrics");
    let sum = |family: &str| -> u64 {
        let of_family = page.lines().filter(|line| {
            let name = line.split(['{', ' ']).next();
            name == Some(family)
        });
        of_family
            .map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
            .sum()
    };
    let received = sum("zartrux_shares_received_total");
    let parts = [
        "zartrux_shares_forwarded_total",
        "zartrux_shares_credited_total",
        "zartrux_shares_refused_total",
        "zartrux_shares_pending",
    ]
    .map(sum);
    assert_eq!(received, parts.iter().sum::<u64>(), "{parts:?}");
    assert_eq!(sum("zartrux_invariant_violations_total"), 0);
}

/// I2 in what `/health` says now.
pub(crate) fn check_health(proxy: &Proxy) {
    let health: Value = serde_json::from_str(&proxy.page("/health")).unwrap();
    let shares = &health["counts"]["shares"];
    let number = |name: &str| shares[name].as_u64().unwrap();
    let map = |name: &str| -> u64 {
        let parts = shares[name].as_object().unwrap().values();
        parts.map(|part| part.as_u64().unwrap()).sum()
    };
    let parts = number("accepted")
        + map("rejected")
        + number("unanswered")
        + number("credited")
        + map("refused")
        + number("undeliverable")
        + number("held")
        + number("overload")
        + number("pending");
    assert_eq!(number("received"), parts, "{shares}");
    assert_eq!(health["invariant_violations"], 0);
}
