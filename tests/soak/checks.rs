//! What a running daemon's pages must say at every look.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::process::Process;
use crate::support::clock;
use crate::world::World;

/// Pages that a look fetches besides those that are checked.
const PAGES: [&str; 8] = [
    "/",
    "/api/v1/overview",
    "/api/v1/registry?limit=50",
    "/api/v1/shares?limit=50",
    "/api/v1/models",
    "/api/v1/alerts",
    "/api/v1/lift",
    "/health/live",
];

/// Generations that actors may have: one more for each panic that was forced.
#[derive(Debug, Default)]
pub(crate) struct Generations {
    allowed: BTreeMap<String, u64>,
}

impl Generations {
    /// Faults that were forced into an actor.
    fn faults(&self, actor: &str) -> u64 {
        self.allowed.get(actor).map_or(0, |allowed| allowed - 1)
    }

    /// The next step of an actor was armed to panic.
    pub(crate) fn forced(&mut self, actor: &str) {
        *self.allowed.entry(actor.to_owned()).or_insert(1) += 1;
    }

    /// Actors of a higher generation than was forced.
    fn beyond(&self, actors: &Value) -> Vec<String> {
        let actors = actors.as_array().expect("a list of actors");
        let beyond = actors.iter().filter_map(|actor| {
            let name = actor["name"].as_str()?;
            let generation = actor["generation"].as_u64()?;
            let allowed = self.allowed.get(name).copied().unwrap_or(1);
            let fault = &actor["last_fault"];
            (generation > allowed)
                .then(|| format!("{name} is of generation {generation}, not {allowed}: {fault}"))
        });
        beyond.collect()
    }
}

/// Looks at what the daemon says of itself: I2, I5 and I6.
pub(crate) fn look(world: &World, daemon: &Process, generations: &Generations) {
    if let Some(wrong) = unbalanced_metrics(&daemon.page("/metrics")) {
        world.violated("I2", wrong);
    }
    if let Some(wrong) = unbalanced_health(&daemon.json("/health")) {
        world.violated("I2", wrong);
    }
    world.checked("I2");
    for wrong in generations.beyond(&daemon.json("/health/actors")) {
        world.violated("I6", wrong);
    }
    world.checked("I6");
    let forced = generations.faults("store");
    if let Some(wrong) = store_lost(&daemon.json("/api/v1/store"), forced) {
        world.violated("I5", wrong);
    }
}

/// Reads every page there is. The registry's may be refused for a moment after its core was made to
/// panic: it opens its database again then.
pub(crate) fn read_pages(world: &World, daemon: &Process, generations: &Generations) {
    for page in PAGES {
        if generations.faults("registry") > 0 {
            clock::eventually("the registry to come back", || {
                let refused = daemon.status(page) == 503;
                if refused {
                    world.with(|state| state.count("pages refused until the registry was back"));
                }
                (!refused).then_some(())
            });
        }
        daemon.page(page);
    }
}

/// Why the sums of `/metrics` do not fit.
fn unbalanced_metrics(page: &str) -> Option<String> {
    let sum = |family: &str| -> u64 {
        let of_family = page.lines().filter(|line| {
            let name = line.split(['{', ' ']).next();
            name == Some(family)
        });
        let values =
            of_family.map(|line| line.rsplit(' ').next().and_then(|v| v.parse::<u64>().ok()));
        values.map(|value| value.expect("a whole number")).sum()
    };
    let received = sum("zartrux_shares_received_total");
    let parts = [
        "zartrux_shares_forwarded_total",
        "zartrux_shares_credited_total",
        "zartrux_shares_refused_total",
        "zartrux_shares_pending",
    ]
    .map(sum);
    if received != parts.iter().sum::<u64>() {
        return Some(format!(
            "metrics: {received} received, but forwarded, credited, refused and pending are {parts:?}"
        ));
    }
    let violations = sum("zartrux_invariant_violations_total");
    (violations > 0).then(|| format!("metrics: {violations} violations were counted"))
}

/// Why the sums of `/health` do not fit.
fn unbalanced_health(health: &Value) -> Option<String> {
    let shares = &health["counts"]["shares"];
    let number = |name: &str| shares[name].as_u64().expect("a count");
    let map = |name: &str| -> u64 {
        let parts = shares[name].as_object().expect("counts").values();
        parts.map(|part| part.as_u64().expect("a count")).sum()
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
    if number("received") != parts {
        return Some(format!("health: the parts make {parts}: {shares}"));
    }
    let violations = &health["invariant_violations"];
    (*violations != 0).then(|| format!("health: {violations} violations were counted"))
}

/// What the store has lost or promised too early. Each fault that was forced into it is a failure, at
/// which whoever waits is told OK; what they were told for is written down by the next generation.
fn store_lost(store: &Value, forced: u64) -> Option<String> {
    let count = |name: &str| store[name].as_u64().unwrap_or(u64::MAX);
    let too_early = forced == 0 && count("acknowledged_unrecorded") > 0;
    let lost = count("shares_lost") > 0 || count("journal_lost") > 0;
    let failed = count("failures") > forced;
    let bad = !store["failing"].is_null() && forced == 0;
    let damaged = store["damage"] != Value::Array(Vec::new());
    (too_early || lost || failed || bad || damaged).then(|| format!("the store: {store}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sums_that_do_not_fit_are_seen() {
        let page = |pending: u64| {
            format!(
                "zartrux_shares_received_total{{lane=\"0\"}} 10\nzartrux_shares_forwarded_total 4\n\
                 zartrux_shares_credited_total 3\nzartrux_shares_refused_total{{reason=\"a\"}} 1\n\
                 zartrux_shares_refused_total{{reason=\"b\"}} 1\nzartrux_shares_pending {pending}\n\
                 zartrux_invariant_violations_total 0\n"
            )
        };
        assert_eq!(unbalanced_metrics(&page(1)), None);
        assert!(unbalanced_metrics(&page(2)).is_some());
        let counted = page(1).replace("violations_total 0", "violations_total 1");
        assert!(unbalanced_metrics(&counted).is_some());
    }

    #[test]
    fn an_actor_that_failed_unasked_is_seen() {
        let mut generations = Generations::default();
        let actors = |generation: u64| json!([{"name": "a", "generation": generation}]);
        assert!(generations.beyond(&actors(1)).is_empty());
        assert_eq!(generations.beyond(&actors(2)).len(), 1);
        generations.forced("a");
        assert!(generations.beyond(&actors(2)).is_empty());
        generations.forced("b");
        assert_eq!(generations.beyond(&actors(3)).len(), 1);
    }

    #[test]
    fn a_store_that_lost_something_is_seen() {
        let store = |lost: u64| {
            json!({"acknowledged_unrecorded": 0, "shares_lost": lost, "failures": 0,
                   "journal_lost": 0, "failing": null, "damage": []})
        };
        assert_eq!(store_lost(&store(0), 0), None);
        assert!(store_lost(&store(1), 5).is_some());
        let other = store_lost(&json!({}), 5);
        assert!(other.is_some(), "an answer of another shape");
        let mut failed = store(0);
        failed["failures"] = 1.into();
        failed["acknowledged_unrecorded"] = 7.into();
        assert!(store_lost(&failed, 0).is_some());
        assert_eq!(store_lost(&failed, 1), None);
    }
}
