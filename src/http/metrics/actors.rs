//! Actors. Sessions with upstreams come and go and have numbers that never come again, so those of
//! a lane are one series.

use std::collections::BTreeMap;
use std::fmt;

use zartrux_actors::supervision::{ActorState, HealthRegistry, HealthReport, family_of};

use super::writer::Writer;

/// States of actors, with their labels.
pub(super) const STATES: [(ActorState, &str); 5] = [
    (ActorState::Running, "running"),
    (ActorState::BackingOff, "backing_off"),
    (ActorState::Degraded, "degraded"),
    (ActorState::Bypassed, "bypassed"),
    (ActorState::Stopped, "stopped"),
];

/// Actors of one name.
#[derive(Default)]
struct Family {
    generation: u32,
    faults: u64,
    queue: usize,
    steps: u64,
    /// The slowest one's, seconds; none before its first step.
    step_s: Option<f64>,
}

pub(super) fn write(
    writer: &mut Writer<'_, '_>,
    reports: &[HealthReport],
    registry: &HealthRegistry,
) -> fmt::Result {
    let mut families: BTreeMap<&str, Family> = BTreeMap::new();
    for report in reports {
        let family = families.entry(family_of(&report.name)).or_default();
        family.generation = family.generation.max(report.generation);
        family.faults += report.faults;
        family.queue += report.queue_depth;
        family.steps += report.steps;
        if report.steps > 0 {
            let step_s = report.step_micros / 1e6;
            family.step_s = Some(family.step_s.map_or(step_s, |most| most.max(step_s)));
        }
    }
    let gone = registry.gone();
    for (name, gone) in &gone {
        let family = families.entry(name).or_default();
        family.faults += gone.faults;
        family.steps += gone.steps;
    }
    writer.counters(
        ("zartrux_actor_faults", "Faults of an actor's core"),
        ["actor"],
        families.iter().map(|(name, of)| ([*name], of.faults)),
    )?;
    writer.gauges(
        (
            "zartrux_actor_generation",
            "Number of an actor's current core",
        ),
        ["actor"],
        families.iter().map(|(name, of)| ([*name], of.generation)),
    )?;
    writer.gauges(
        (
            "zartrux_actor_queue_depth",
            "Messages sent to an actor and not handled yet",
        ),
        ["actor"],
        families.iter().map(|(name, of)| ([*name], of.queue)),
    )?;
    writer.counters(
        ("zartrux_actor_steps", "Messages and lines handled"),
        ["actor"],
        families.iter().map(|(name, of)| ([*name], of.steps)),
    )?;
    let stepped = families
        .iter()
        .filter_map(|(name, of)| Some(([*name], of.step_s?)));
    writer.gauges(
        ("zartrux_actor_step_seconds", "Smoothed time of a step"),
        ["actor"],
        stepped,
    )?;
    by_state(writer, reports)
}

fn by_state(writer: &mut Writer<'_, '_>, reports: &[HealthReport]) -> fmt::Result {
    let mut states: BTreeMap<[&str; 2], u64> = BTreeMap::new();
    for report in reports {
        for (state, label) in STATES {
            let count = states.entry([report.kind, label]).or_default();
            *count += u64::from(report.state == state);
        }
    }
    writer.gauges(
        ("zartrux_actors", "Actors by their kind and state"),
        ["kind", "state"],
        states,
    )
}
