//! Models are swapped again and again while shares flow.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;
use zartrux_models::filter::ModelId;
use zartrux_models::ledger::{Arm, ModelSlot, Outcome};

use crate::books::{Seen, check_journal, shares_above};
use crate::farm::{self, Farm};
use crate::made;
use crate::support::{Daemon, Manner, clock};

/// How often all three models are swapped.
fn swaps() -> u64 {
    let wanted = std::env::var("ZARTRUX_SWAPS").ok();
    wanted.and_then(|swaps| swaps.parse().ok()).unwrap_or(1_000)
}

/// Waits until the program has these in force by itself.
fn wait_in_force(daemon: &Daemon, ids: &[ModelId]) {
    clock::eventually("other models in force", || {
        let shown = daemon.json("/api/v1/models");
        let in_force: HashSet<&str> = shown["models"]
            .as_array()?
            .iter()
            .filter(|model| model["in_force"] == true)
            .filter_map(|model| model["id"].as_str())
            .collect();
        let all = ids.iter().all(|id| in_force.contains(&*id.to_string()));
        all.then_some(())
    });
}

#[test]
fn models_that_are_swapped_a_thousand_times_under_load_lose_and_double_no_share() {
    let data = tempfile::tempdir().unwrap();
    let folder = made::folder(data.path());
    let kinds = [
        (ModelSlot::Outcome, [1, 2].map(made::outcome)),
        (ModelSlot::Behaviour, [1, 2].map(made::behaviour)),
        (ModelSlot::Ranking, [1, 2].map(made::ranking)),
    ];
    let sets = [0, 1].map(|which| [&kinds[0].1, &kinds[1].1, &kinds[2].1].map(|of| of[which].id));
    for (slot, both) in &kinds {
        assert_ne!(both[0].id, both[1].id);
        for trained in both {
            made::take_in(&folder, *slot, trained, 1);
        }
    }
    made::put_in_force(&folder, &sets[0], 2);

    let pool = farm::pool();
    let config = farm::config(&pool).set("learn.enabled", false);
    let daemon = Daemon::start_in(data.path(), &config, Manner::default());
    daemon.wait_ready();
    // A pool remembers the last 64 jobs of a connection.
    let mut jobs = HashMap::new();
    let mut counter = 0;
    let mut farm = Farm::new(daemon.miners, &pool, &mut counter, 8, 1);
    farm.mine_answered(50);
    for swap in 1..=swaps() {
        let ids = sets[usize::try_from(swap % 2).unwrap()];
        made::put_in_force(&folder, &ids, 2 + swap);
        farm.mine();
        if swap.is_multiple_of(10) {
            jobs.extend(farm::jobs_of(&pool));
        }
        if swap.is_multiple_of(20) {
            wait_in_force(&daemon, &ids);
        } else {
            let (status, told) = daemon.post("/api/v1/models/reload", "");
            assert_eq!(status, 200, "{told}");
            assert_eq!(told["refused"], Value::Array(Vec::new()), "{told}");
            for (name, id) in ["outcome", "behaviour", "ranking"].iter().zip(ids) {
                assert_eq!(told[*name], id.to_string(), "{told}");
            }
        }
        farm.mine();
    }
    farm.settle();
    assert_eq!(daemon.json("/api/v1/store")["shares_lost"], 0);
    daemon.leave();
    let told = farm.when_closed();
    jobs.extend(farm::jobs_of(&pool));

    let mut seen = Seen::default();
    seen.look(data.path(), &jobs);
    seen.check_acknowledged(&told.good);
    seen.check_state(data.path());
    assert_eq!(check_journal(data.path()), 1);

    let (entries, _) = shares_above(data.path(), 0);
    let mut judged = BTreeMap::<[Option<ModelId>; 2], u64>::new();
    let mut arms = HashSet::new();
    let mut at_pool = 0;
    for entry in entries.iter().filter(|entry| entry.id.is_some()) {
        *judged.entry(entry.models).or_default() += 1;
        arms.insert(entry.arm);
        let forwarded = matches!(
            entry.outcome,
            Outcome::Accepted | Outcome::Rejected { .. } | Outcome::Unanswered
        );
        at_pool += usize::from(forwarded);
    }
    println!(
        "{} shares, {at_pool} of them at the pool; judged by (behaviour, outcome): {judged:?}",
        entries.len()
    );
    for [behaviour, outcome] in judged.keys() {
        assert!(sets.iter().any(|set| *behaviour == Some(set[1])));
        assert!(sets.iter().any(|set| *outcome == Some(set[0])));
    }
    for [outcome, behaviour, _] in sets {
        let by = |model| judged.keys().any(|models| models.contains(&Some(model)));
        assert!(by(outcome) && by(behaviour), "each was in force");
    }
    assert!(arms.contains(&Arm::Model) && arms.contains(&Arm::Control));

    let submits = pool.submits();
    let once: HashSet<_> = submits
        .iter()
        .map(|submit| {
            let parts = submit.parts();
            (submit.conn, parts.job_id.clone(), parts.nonce.clone())
        })
        .collect();
    assert_eq!(once.len(), submits.len(), "none twice");
    assert_eq!(at_pool, submits.len(), "and none that is not in the books");
}
