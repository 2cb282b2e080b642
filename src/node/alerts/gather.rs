//! One look at everything that alerts are about.

use std::path::PathBuf;
use std::sync::Weak;
use std::time::Duration;

use zartrux_actors::alerts::{Seen, Watching};
use zartrux_actors::prover::{Mode, ProverStatus};
use zartrux_actors::rigs::RigNames;
use zartrux_actors::supervision::ActorState;
use zartrux_config::{masked_name, masked_user};
use zartrux_models::alert::{
    Engine, Observation, below_with_slack, is_news, refusals_are_too_many,
};
use zartrux_models::judge::Standing;
use zartrux_models::ledger::AlertKind;

use super::counters::Growth;
use super::upstreams::Upstreams;
use crate::node::{NodeView, reason};

/// Of what takes longer to find out, the last look is good for this long, ms.
const SLOW_MS: u64 = 5_000;

/// Facts that are looked for less often.
#[derive(Debug, Default)]
struct Slow {
    looked_ms: Option<u64>,
    observation: Observation,
}

/// Looks at a node, and remembers what it needs to see changes.
#[derive(Debug)]
pub(super) struct Gatherer {
    view: Weak<NodeView>,
    data: PathBuf,
    upstreams: Upstreams,
    unbalanced: Growth,
    journal: Growth,
    slow: Slow,
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Gatherer {
    pub(super) fn new(view: Weak<NodeView>, data: PathBuf) -> Self {
        Self {
            view,
            data,
            upstreams: Upstreams::default(),
            unbalanced: Growth::default(),
            journal: Growth::default(),
            slow: Slow::default(),
        }
    }

    /// Looks at the node once. One that is starting or leaving is not judged.
    pub(super) fn look(&mut self, watching: &Watching<'_>) -> Seen {
        let Some(view) = self.view.upgrade() else {
            return Seen::default();
        };
        if view.is_draining() || view.lanes().is_empty() {
            return Seen::default();
        }
        let now = watching.now;
        let mut seen = Observation::quiet();
        serving(&view, &mut seen);
        memory(&view, &mut seen);
        self.refusals(&view, watching, &mut seen);
        silent_rigs(&view, now.unix_ms, &mut seen);
        prover(&view, watching, &mut seen);
        stages(&view, &mut seen);
        self.books(&view, now.unix_ms, &mut seen);
        let old = |looked: u64| now.ms.saturating_sub(looked) >= SLOW_MS;
        if self.slow.looked_ms.is_none_or(old) {
            self.slow = Slow {
                looked_ms: Some(now.ms),
                observation: self.look_slowly(&view, watching),
            };
        }
        let slow = &self.slow.observation;
        seen.facts.extend(slow.facts.iter().cloned());
        for kind in [
            AlertKind::DiskLow,
            AlertKind::RigQuarantined,
            AlertKind::ModelRolledBack,
        ] {
            if !slow.looked.has(kind) {
                seen.looked = seen.looked.without(kind);
            }
        }
        Seen {
            observation: seen,
            ready: view.readiness().ready,
        }
    }

    fn refusals(&mut self, view: &NodeView, watching: &Watching<'_>, seen: &mut Observation) {
        let (settings, now) = (watching.settings, watching.now);
        let window = millis(settings.refusal_window);
        let sessions = view.pools();
        for upstream in self.upstreams.look(&sessions, window, now.ms, now.unix_ms) {
            let name = &upstream.name;
            if upstream.banned {
                let text = "it has banned us: no share of this farm counts there";
                seen.add(AlertKind::UpstreamBanned, name, text);
            }
            let kind = AlertKind::UpstreamRefuses;
            let was = watching.engine.is_open(kind, name);
            let (refused, answered) = (upstream.refused, upstream.answered);
            let threshold = settings.refusal_rate.get();
            let looked = refusals_are_too_many(refused, answered, threshold, was);
            if looked.too_many {
                let text = format!(
                    "it refused {refused} of the last {answered} shares: at least {:.1} %, as good \
                     as certainly",
                    looked.at_least * 100.0
                );
                seen.add(kind, name, &text);
            }
        }
    }

    fn books(&mut self, view: &NodeView, now_unix_ms: u64, seen: &mut Observation) {
        if let Some(times) = self.unbalanced.look(view.violations(), now_unix_ms) {
            let text = format!("an invariant did not hold {times} times: a defect of the proxy");
            seen.add(AlertKind::BooksUnbalanced, "invariants", &text);
        }
        let Some(store) = view.store() else {
            return;
        };
        if let Some(events) = self.journal.look(store.journal.lost(), now_unix_ms) {
            let text = format!("{events} events were not noted: too many waited for the store");
            seen.add(AlertKind::JournalGap, "journal", &text);
        }
        if let Some(failing) = store.link.status().failing() {
            let text = format!("the store can't write: {}", failing.why);
            seen.add(AlertKind::StoreFailing, "store", &text);
        }
    }

    fn look_slowly(&self, view: &NodeView, watching: &Watching<'_>) -> Observation {
        let mut seen = Observation::quiet();
        self.disk(watching, &mut seen);
        quarantined(view, &mut seen);
        rolled_back(view, watching.now.unix_ms, &mut seen);
        seen
    }

    fn disk(&self, watching: &Watching<'_>, seen: &mut Observation) {
        let Ok(disk) = rustix::fs::statvfs(&self.data) else {
            seen.looked = seen.looked.without(AlertKind::DiskLow);
            return;
        };
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        let line = watching.settings.disk_free.bytes() as u64;
        let subject = "data folder";
        let was = watching.engine.is_open(AlertKind::DiskLow, subject);
        if below_with_slack(free, line, was) {
            let text = format!("{} MiB are free on its disk", free >> 20);
            seen.add(AlertKind::DiskLow, subject, &text);
        }
    }
}

fn serving(view: &NodeView, seen: &mut Observation) {
    let lanes = view.lanes();
    let without = lanes.iter().filter(|lane| !lane.is_served()).count();
    if without > 0 {
        let lanes = lanes.len();
        let text =
            format!("no upstream has a fresh job in {without} of {lanes} lanes: nobody earns");
        seen.add(AlertKind::NoUpstream, "upstreams", &text);
    }
    let name = |upstream| view.upstream_name(upstream).unwrap_or("unknown");
    let names = view.route_names();
    for (at, route) in names.iter().enumerate() {
        let Some(preferred) = view.preferred_of(route) else {
            continue;
        };
        let serving: Vec<Option<usize>> = lanes
            .iter()
            .filter_map(|lane| lane.serving().get(at).copied())
            .collect();
        let mut others = serving.iter().flatten();
        if let Some(other) = others.find(|other| **other != preferred) {
            let text = format!("{} serves in its place", name(*other));
            seen.add(AlertKind::Failover, name(preferred), &text);
        } else if names.len() > 1 && serving.contains(&None) {
            let text = format!("nothing serves on route {route}: its rigs mine for others");
            seen.add(AlertKind::Failover, name(preferred), &text);
        }
    }
}

fn memory(view: &NodeView, seen: &mut Observation) {
    let memory = view.memory();
    if memory.is_full() {
        let text = format!(
            "{} MiB are in use: no further miners are let in",
            memory.resident() >> 20
        );
        seen.add(AlertKind::MemoryFull, "memory", &text);
    }
}

fn silent_rigs(view: &NodeView, now_unix_ms: u64, seen: &mut Observation) {
    let Some(store) = view.store() else {
        return;
    };
    let Some(silent) = store.silent.rigs() else {
        seen.looked = seen.looked.without(AlertKind::RigSilent);
        return;
    };
    for rig in &silent.rigs {
        let subject = format!("{} {}", rig.rig, masked_user(&rig.name));
        let text = match rig.last_share_ms {
            0 => "it is listed and never sent a share".to_owned(),
            last => {
                let minutes = now_unix_ms.saturating_sub(last) / 60_000;
                format!("its last share came {minutes} minutes ago")
            }
        };
        seen.add(AlertKind::RigSilent, &subject, &text);
    }
    let more = silent.total - silent.rigs.len();
    if more > 0 {
        let text = format!("{more} more: too many to be told apart");
        seen.add(AlertKind::RigSilent, Engine::OTHERS, &text);
    }
}

fn prover(view: &NodeView, watching: &Watching<'_>, seen: &mut Observation) {
    let Some(prover) = view.prover() else {
        return;
    };
    let kind = AlertKind::ProverFailing;
    let failure = prover
        .cache_failure
        .as_ref()
        .or(prover.dataset_failure.as_ref());
    if let Some(why) = failure {
        seen.add(kind, "set-up", &format!("it can't be made ready: {why}"));
    }
    let line = watching.settings.prover_wait;
    let was = watching.engine.is_open(kind, "queue");
    let wait = waits(&prover);
    if wait > if was { line / 2 } else { line } {
        let text = format!(
            "{} shares wait, for {:.1} s: shares go unproved",
            prover.queue_depth,
            wait.as_secs_f64()
        );
        seen.add(kind, "queue", &text);
    }
}

/// How long a share that came now would wait for its proof.
fn waits(prover: &ProverStatus) -> Duration {
    let of_mode = match prover.mode {
        Mode::Fast => prover.fast_hash_micros.or(prover.light_hash_micros),
        Mode::Light => prover.light_hash_micros,
    };
    let threads = u32::try_from(prover.threads.len())
        .unwrap_or(u32::MAX)
        .max(1);
    let waiting = u32::try_from(prover.queue_depth).unwrap_or(u32::MAX);
    let seconds = of_mode.unwrap_or(0.0) / 1e6 * f64::from(waiting) / f64::from(threads);
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

fn stages(view: &NodeView, seen: &mut Observation) {
    for actor in view.health().reports() {
        if actor.state == ActorState::Bypassed {
            let why = actor
                .last_fault
                .map_or_else(String::new, |fault| fault.cause);
            let text = format!("it failed too often and is left out: {why}");
            seen.add(AlertKind::StageBypassed, &actor.name, &text);
        }
    }
}

fn quarantined(view: &NodeView, seen: &mut Observation) {
    let mut found = Observation::default();
    for lane in view.lanes() {
        let rigs = lane.rigs();
        let looked = rigs.quarantined().and_then(|count| {
            if count == 0 {
                return Ok(());
            }
            rigs.each_report(view.now(), |rig, report| {
                if report.standing != Standing::Quarantined
                    || found.facts.len() > Engine::SUBJECTS_MAX
                {
                    return;
                }
                let name = rigs
                    .names(rig)
                    .map_or_else(String::new, |names| shown(&names));
                let subject = format!("{rig} {name}");
                let why = reason(&report).unwrap_or_default();
                // One that mines in two lanes is one subject.
                found.add(AlertKind::RigQuarantined, &subject, &why);
            })
        });
        if looked.is_err() {
            seen.looked = seen.looked.without(AlertKind::RigQuarantined);
            return;
        }
    }
    seen.facts.append(&mut found.facts);
}

/// A rig's name without any wallet.
fn shown(names: &RigNames) -> String {
    if names.rig_id.is_empty() {
        masked_user(&names.user)
    } else {
        masked_name(&names.rig_id)
    }
}

/// A model was rolled back when it was retired at the moment, and for the reason, for which another
/// of its slot came into force.
fn rolled_back(view: &NodeView, now_unix_ms: u64, seen: &mut Observation) {
    let Some(trainer) = view.trainer() else {
        return;
    };
    let models = trainer.status().shown().models;
    if models.is_empty() {
        // It has not looked yet, or there is nothing.
        seen.looked = seen.looked.without(AlertKind::ModelRolledBack);
        return;
    }
    for model in models.iter().filter(|model| model.state == "retired") {
        let back = |other: &&zartrux_actors::trainer::ListedModel| {
            other.state == "champion"
                && other.slot == model.slot
                && other.since_ms == model.since_ms
                && other.why == model.why
        };
        if let Some(back) = models.iter().find(back)
            && is_news(model.since_ms, now_unix_ms)
        {
            let subject = format!("{} {}", model.slot.label(), model.id);
            let text = format!("{}: {} is in force again", model.why, back.id);
            seen.add(AlertKind::ModelRolledBack, &subject, &text);
        }
    }
}
