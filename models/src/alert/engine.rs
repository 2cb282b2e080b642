//! What is told, and when.

use std::collections::{BTreeMap, VecDeque};

use super::fact::clean;
use super::{
    Change, Fact, Kept, Now, Observation, OpenAlert, Policy, SUBJECT_MAX, Severity, TEXT_MAX,
    Transition,
};
use crate::ledger::AlertKind;

/// Where an alert stands.
#[derive(Debug, Clone, Copy)]
enum Phase {
    /// It does not hold; it is remembered because it did lately.
    Calm,
    /// It holds, and is not told yet.
    Pending { since: Now },
    /// It was told.
    Open {
        since_unix_ms: u64,
        /// Since when it is gone, if it is.
        gone_ms: Option<u64>,
        flapping: bool,
    },
}

#[derive(Debug, Clone)]
struct State {
    phase: Phase,
    text: Box<str>,
    /// When it was raised in the last hour, ms; at most one more than it takes to flap.
    raises: VecDeque<u64>,
}

type Subjects = BTreeMap<Box<str>, State>;

/// Keeps account of what holds, and says what is to be told: of each subject in turn that it is so
/// and that it is over, never the same twice.
#[derive(Debug, Clone)]
pub struct Engine {
    policy: Policy,
    kinds: [Subjects; AlertKind::ALL.len()],
    /// When no upstream served last, ms.
    unserved_ms: Option<u64>,
}

impl Engine {
    /// Subjects of a kind that are told apart. What is beyond is one alert more, of all the others
    /// together.
    pub const SUBJECTS_MAX: usize = 10_000;
    /// The subject of that one.
    pub const OTHERS: &str = "(others)";

    /// One without any alert. Rigs are given time to come back, as after a time without upstream.
    #[must_use]
    pub fn new(policy: Policy, now: Now) -> Self {
        Self {
            policy,
            kinds: std::array::from_fn(|_| Subjects::new()),
            unserved_ms: Some(now.ms),
        }
    }

    /// Takes over what was open when the process ended; what it does not know is passed over.
    pub fn restore(&mut self, kept: impl IntoIterator<Item = Kept>) {
        for alert in kept {
            let Some(kind) = AlertKind::from_label(&alert.kind) else {
                continue;
            };
            let subjects = &mut self.kinds[kind.index()];
            if subjects.len() > Self::SUBJECTS_MAX {
                continue;
            }
            let state = State {
                phase: Phase::Open {
                    since_unix_ms: alert.since_unix_ms,
                    gone_ms: None,
                    flapping: alert.flapping,
                },
                text: clean(&alert.text, TEXT_MAX),
                raises: VecDeque::new(),
            };
            subjects.insert(clean(&alert.subject, SUBJECT_MAX), state);
        }
    }

    /// Goes by other times from now on.
    pub const fn set_policy(&mut self, policy: Policy) {
        self.policy = policy;
    }

    /// Alerts that are open, by kind and subject.
    #[must_use]
    pub fn open(&self) -> Vec<OpenAlert> {
        let mut open = Vec::new();
        for kind in AlertKind::ALL {
            for (subject, state) in &self.kinds[kind.index()] {
                if let Phase::Open {
                    since_unix_ms,
                    flapping,
                    ..
                } = state.phase
                {
                    open.push(OpenAlert {
                        kind,
                        subject: subject.clone(),
                        text: state.text.clone(),
                        severity: Severity::of(kind),
                        since_unix_ms,
                        flapping,
                    });
                }
            }
        }
        open
    }

    /// Whether this alert is open.
    #[must_use]
    pub fn is_open(&self, kind: AlertKind, subject: &str) -> bool {
        self.kinds[kind.index()]
            .get(subject)
            .is_some_and(|state| matches!(state.phase, Phase::Open { .. }))
    }

    /// Takes one look at the daemon; what is to be told of it, by kind.
    pub fn step(&mut self, now: Now, seen: &Observation) -> Vec<Transition> {
        let mut told = Vec::new();
        let unserved = |fact: &Fact| fact.kind == AlertKind::NoUpstream;
        if seen.looked.has(AlertKind::NoUpstream) && seen.facts.iter().any(unserved) {
            self.unserved_ms = Some(now.ms);
        }
        for kind in AlertKind::ALL {
            if seen.looked.has(kind) {
                let facts = seen.facts.iter().filter(|fact| fact.kind == kind);
                let facts: Vec<&Fact> = facts.collect();
                self.step_kind(kind, now, &facts, &mut told);
            }
        }
        told
    }

    /// Rigs that are silent because nothing could be mined are no news.
    fn is_held_back(&self, kind: AlertKind, now: Now) -> bool {
        let settling = |since: u64| now.ms.saturating_sub(since) < self.policy.settle_ms;
        matches!(kind, AlertKind::RigSilent | AlertKind::RigSlower)
            && self.unserved_ms.is_some_and(settling)
    }

    fn step_kind(
        &mut self,
        kind: AlertKind,
        now: Now,
        facts: &[&Fact],
        told: &mut Vec<Transition>,
    ) {
        let held_back = self.is_held_back(kind, now);
        let policy = self.policy;
        let subjects = &mut self.kinds[kind.index()];
        let mut holding = BTreeMap::new();
        let mut others = 0_usize;
        let mut room = Self::SUBJECTS_MAX.saturating_sub(subjects.len());
        for fact in facts {
            if !subjects.contains_key(&fact.subject) && !holding.contains_key(&*fact.subject) {
                if room == 0 {
                    others += 1;
                    continue;
                }
                room -= 1;
            }
            holding.insert(&*fact.subject, &*fact.text);
        }
        let beyond = format!("{others} more: too many to be told apart");
        if others > 0 {
            holding.insert(Self::OTHERS, &beyond);
        }
        for (subject, text) in &holding {
            if !subjects.contains_key(*subject) {
                let state = State {
                    phase: Phase::Calm,
                    text: (*text).into(),
                    raises: VecDeque::new(),
                };
                subjects.insert((*subject).into(), state);
            }
        }
        for (subject, state) in subjects.iter_mut() {
            let holds = holding.get(&**subject).copied();
            if let Some((change, since_unix_ms)) = state.step(kind, now, holds, held_back, &policy)
            {
                told.push(Transition {
                    kind,
                    subject: subject.clone(),
                    text: state.text.clone(),
                    severity: Severity::of(kind),
                    change,
                    since_unix_ms,
                    at_unix_ms: now.unix_ms,
                });
            }
        }
        subjects.retain(|_, state| !state.is_forgotten(now));
    }
}

impl State {
    /// What is told, with the time since when it holds or held.
    fn step(
        &mut self,
        kind: AlertKind,
        now: Now,
        holds: Option<&str>,
        held_back: bool,
        policy: &Policy,
    ) -> Option<(Change, u64)> {
        if let Some(text) = holds
            && *self.text != *text
        {
            self.text = text.into();
        }
        match (&mut self.phase, holds.is_some()) {
            (Phase::Calm, false) => None,
            (Phase::Calm, true) => {
                self.phase = Phase::Pending { since: now };
                self.raise_if_due(kind, now, held_back, policy)
            }
            (Phase::Pending { .. }, true) => self.raise_if_due(kind, now, held_back, policy),
            (Phase::Pending { .. }, false) => {
                self.phase = Phase::Calm;
                None
            }
            (Phase::Open { gone_ms, .. }, true) => {
                *gone_ms = None;
                None
            }
            (
                Phase::Open {
                    since_unix_ms,
                    gone_ms,
                    flapping,
                },
                false,
            ) => {
                let gone = *gone_ms.get_or_insert(now.ms);
                let since = *since_unix_ms;
                let over = now.ms.saturating_sub(gone) >= policy.clear(kind, *flapping);
                over.then(|| {
                    self.phase = Phase::Calm;
                    (Change::Recovered, since)
                })
            }
        }
    }

    fn raise_if_due(
        &mut self,
        kind: AlertKind,
        now: Now,
        held_back: bool,
        policy: &Policy,
    ) -> Option<(Change, u64)> {
        let Phase::Pending { since } = &mut self.phase else {
            return None;
        };
        if held_back {
            *since = now;
            return None;
        }
        if now.ms.saturating_sub(since.ms) < policy.hold(kind) {
            return None;
        }
        let since_unix_ms = since.unix_ms;
        self.forget_raises(now);
        self.raises.push_back(now.ms);
        let flapping = self.raises.len() > Policy::FLAPS;
        if flapping {
            self.raises.pop_front();
        }
        self.phase = Phase::Open {
            since_unix_ms,
            gone_ms: None,
            flapping,
        };
        Some((Change::Raised { flapping }, since_unix_ms))
    }

    fn forget_raises(&mut self, now: Now) {
        let old = |at: &u64| now.ms.saturating_sub(*at) >= Policy::FLAPS_WITHIN_MS;
        while self.raises.front().is_some_and(old) {
            self.raises.pop_front();
        }
    }

    fn is_forgotten(&mut self, now: Now) -> bool {
        self.forget_raises(now);
        matches!(self.phase, Phase::Calm) && self.raises.is_empty()
    }
}
