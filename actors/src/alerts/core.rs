//! The part that decides: engine, groups, and what is muted.

use std::time::Duration;

use zartrux_config::Alerts;
use zartrux_models::alert::{
    Change, Engine, Grouper, Kept, Notification, Now, Observation, Policy, Transition,
};
use zartrux_models::ledger::{AlertKind, JournalEvent};

/// Engine and groups.
#[derive(Debug, Clone)]
pub(super) struct Core {
    pub(super) engine: Engine,
    pub(super) grouper: Grouper,
}

/// What came of one look.
#[derive(Debug, Default)]
pub(super) struct Stepped {
    pub(super) changes: Vec<JournalEvent>,
    pub(super) due: Vec<Notification>,
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn policy(settings: &Alerts) -> Policy {
    Policy {
        hold_ms: millis(settings.hold),
        clear_ms: millis(settings.clear),
        ..Policy::default()
    }
}

impl Core {
    pub(super) fn new(settings: &Alerts, kept: Vec<Kept>, now: Now) -> Self {
        let mut engine = Engine::new(policy(settings), now);
        engine.restore(kept);
        Self {
            engine,
            grouper: Grouper::new(millis(settings.group_wait)),
        }
    }

    pub(super) fn replace(&mut self, settings: &Alerts) {
        self.engine.set_policy(policy(settings));
        self.grouper.set_wait(millis(settings.group_wait));
    }

    pub(super) fn step(&mut self, now: Now, seen: &Observation) -> Stepped {
        let changes = self.engine.step(now, seen);
        let noted = changes.iter().map(noted).collect();
        Stepped {
            changes: noted,
            due: self.grouper.step(now, changes),
        }
    }
}

/// As the journal has it.
fn noted(change: &Transition) -> JournalEvent {
    let (kind, subject) = (change.kind, change.subject.clone());
    match change.change {
        Change::Raised { .. } => JournalEvent::AlertRaised { kind, subject },
        Change::Recovered => JournalEvent::AlertCleared { kind, subject },
    }
}

/// Whether a kind is sent to nobody.
pub(super) fn is_muted(settings: &Alerts, kind: AlertKind) -> bool {
    settings.mute.contains(&kind.label())
}
