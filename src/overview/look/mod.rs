//! A look at all rigs: what the registry keeps of them, and what the judges say. It takes
//! milliseconds, a few rigs at a time, so that neither registry nor judges are kept waiting.

mod hours;
mod judges;
mod registry;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use zartrux_models::judge::Standing;
use zartrux_models::ledger::{Names, Presence};
use zartrux_models::share::RigKey;

use super::fleet::{Fleet, RigRow, RigState};
use crate::node::NodeView;
use hours::Hour;
pub(super) use hours::Hours;
use judges::{Judged, Judges};
use registry::Kept;

/// Looks at all rigs; also says for how long that kept a processor busy, at most.
pub(super) async fn look(view: &Arc<NodeView>, hours: &Hours) -> (Fleet, Duration) {
    let now_ms = view.clock().unix_millis();
    let max_rigs = view.facts().max_rigs;
    let mut took = Duration::ZERO;
    let mut kept = None;
    let mut sums = None;
    if let Some(store) = view.store() {
        let clock = view.clock();
        if let Ok((found, busy)) = registry::rigs(&store.registry, clock, max_rigs).await {
            took += busy + hours.refresh(&store.registry, clock, &found.rigs).await;
            let since_ms = found.rigs.iter().map(|rig| rig.first_seen_ms).min();
            sums = registry::sums(&store.registry, now_ms, since_ms).await.ok();
            kept = Some(found);
        }
    }
    let seen = Arc::clone(view);
    let hour_of = hours.all();
    let began = view.clock().now();
    let finished = actix_web::rt::task::spawn_blocking(move || {
        let judges = Judges::ask(&seen);
        let disk_free_bytes = disk_free(&seen);
        let known = kept.as_ref().map(|kept| kept.known);
        let rigs = kept.map(|kept| kept.rigs).unwrap_or_default();
        let mut fleet = Fleet {
            as_of_unix_ms: now_ms,
            known,
            rows: rows(&seen, rigs, &judges, &hour_of, (now_ms, max_rigs)),
            sums,
            stages: judges.stages,
            disk_free_bytes,
            ..Fleet::default()
        };
        fleet.count();
        fleet
    });
    // It panics only where the code is wrong: then nothing is shown.
    let fleet = finished.await.unwrap_or_default();
    took += view.clock().now().saturating_duration_since(began);
    (fleet, took)
}

fn disk_free(view: &NodeView) -> Option<u64> {
    view.store()?;
    let free = rustix::fs::statvfs(&view.facts().data).ok()?;
    Some(free.f_bavail.saturating_mul(free.f_frsize))
}

/// The rigs of the registry with what the judges say of them, then those that only the judges know.
fn rows(
    view: &NodeView,
    kept: Vec<Kept>,
    judges: &Judges,
    hours: &HashMap<RigKey, Hour>,
    (now_ms, max_rigs): (u64, usize),
) -> Vec<RigRow> {
    let mut rows = Vec::with_capacity(kept.len().max(judges.rigs.len()).min(max_rigs));
    let mut known = std::collections::HashSet::with_capacity(kept.len());
    for rig in kept {
        known.insert(rig.key);
        let judged = judges.rigs.get(&rig.key);
        rows.push(row_of_kept(rig, judged, hours, now_ms));
    }
    let others = judges.rigs.iter().filter(|(rig, _)| !known.contains(rig));
    for (rig, judged) in others {
        if rows.len() >= max_rigs {
            break;
        }
        rows.push(row_of_judged(view, *rig, judged, now_ms));
    }
    // Where nothing is stored, those that have a name and no share yet.
    let named = view.store().is_none().then(|| judges::named(view));
    for (rig, names) in named.into_iter().flatten() {
        if rows.len() >= max_rigs {
            break;
        }
        if !judges.rigs.contains_key(&rig) && known.insert(rig) {
            rows.push(row(rig, names, Facts::default(), now_ms));
        }
    }
    rows
}

/// What a row is made of besides names.
#[derive(Default, Clone, Copy)]
struct Facts<'a> {
    judged: Option<&'a Judged>,
    presence: Option<Presence>,
    last_share_ms: Option<u64>,
    hour: Option<&'a Hour>,
}

fn row_of_kept(
    rig: Kept,
    judged: Option<&Judged>,
    hours: &HashMap<RigKey, Hour>,
    now_ms: u64,
) -> RigRow {
    let facts = Facts {
        judged,
        presence: Some(rig.presence),
        last_share_ms: (rig.last_share_ms > 0).then_some(rig.last_share_ms),
        hour: hours.get(&rig.key),
    };
    RigRow {
        difficulty: rig.difficulty,
        shares: Some(rig.shares),
        ..row(rig.key, rig.names, facts, now_ms)
    }
}

/// Of a rig that no registry knows: its presence follows from its last share at the judge, and nobody
/// waits for it.
fn row_of_judged(view: &NodeView, rig: RigKey, judged: &Judged, now_ms: u64) -> RigRow {
    let last_share_ms = now_ms.saturating_sub(judged.idle_ms);
    let quarantined = judged.standing == Standing::Quarantined;
    let policy = &view.presence_policy();
    let facts = Facts {
        judged: Some(judged),
        presence: Some(Presence::of(
            last_share_ms,
            false,
            quarantined,
            policy,
            now_ms,
        )),
        last_share_ms: Some(last_share_ms),
        hour: None,
    };
    row(rig, judges::names_of(view, rig), facts, now_ms)
}

fn row(rig: RigKey, names: Names, facts: Facts<'_>, now_ms: u64) -> RigRow {
    let Facts {
        judged,
        presence,
        last_share_ms,
        hour,
    } = facts;
    let standing = judged.map(|judged| judged.standing);
    let state = RigState::of(standing, presence, hour.is_some_and(Hour::is_failing));
    let (reason, since_unix_ms) = why(state, judged, hour, (last_share_ms, now_ms));
    RigRow {
        rig,
        names,
        presence,
        standing,
        state,
        reason,
        since_unix_ms,
        last_share_unix_ms: last_share_ms,
        rate: hour.and_then(|hour| hour.rate),
        difficulty: None,
        shares: None,
    }
}

/// Why a rig is in a state, in words, and since when.
fn why(
    state: RigState,
    judged: Option<&Judged>,
    hour: Option<&Hour>,
    (last_share_ms, now_ms): (Option<u64>, u64),
) -> (Option<String>, Option<u64>) {
    let of_judge = || judged.and_then(|judged| judged.reason.clone());
    let last = last_share_ms.map_or_else(
        || "it never sent one".to_owned(),
        |last| {
            format!(
                "the last came {} min ago",
                now_ms.saturating_sub(last) / 60_000
            )
        },
    );
    match state {
        RigState::Quarantined => {
            let reason = of_judge().unwrap_or_else(|| "a share of it was proved bad".to_owned());
            let since = judged.and_then(|judged| judged.since_unix_ms);
            (Some(reason), since)
        }
        RigState::Suspect => {
            let joined = "the filters' joined evidence against it has passed its bound";
            (Some(of_judge().unwrap_or_else(|| joined.to_owned())), None)
        }
        RigState::Silent => (Some(format!("no share comes: {last}")), last_share_ms),
        RigState::Late => (
            Some(format!("its next share is overdue: {last}")),
            last_share_ms,
        ),
        RigState::Failing => (hour.map(Hour::failing_words), None),
        RigState::Online | RigState::Gone | RigState::Unknown => (None, None),
    }
}
