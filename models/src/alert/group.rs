//! One message of many changes that come at once.

use super::{Change, Now, Severity, Transition};
use crate::ledger::AlertKind;

/// Which way a notification goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotificationState {
    /// Something is so.
    Raised,
    /// It is over.
    Recovered,
}

impl NotificationState {
    /// A name for records.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Recovered => "recovered",
        }
    }
}

/// What is sent: changes of one kind in one direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// What sort.
    pub kind: AlertKind,
    /// Which way.
    pub state: NotificationState,
    /// How much it matters.
    pub severity: Severity,
    /// How many changes it stands for.
    pub count: usize,
    /// How many of these flap.
    pub flapping: usize,
    /// The first of them, at most [`Self::NAMED`].
    pub first: Vec<Transition>,
    /// When the last was decided, ms since 1970.
    pub at_unix_ms: u64,
}

impl Notification {
    /// Changes that are named.
    pub const NAMED: usize = 10;
    /// Subjects in the title of many.
    const IN_TITLE: usize = 3;

    /// One line that says it all.
    #[must_use]
    pub fn title(&self) -> String {
        let over = match self.state {
            NotificationState::Raised => "",
            NotificationState::Recovered => "over: ",
        };
        let label = self.kind.label();
        let flaps = if self.flapping > 0 {
            " (comes and goes)"
        } else {
            ""
        };
        match &self.first[..] {
            [one] if self.count == 1 => {
                format!("{over}{label}: {}: {}{flaps}", one.subject, one.text)
            }
            first => {
                let names: Vec<&str> = first
                    .iter()
                    .take(Self::IN_TITLE)
                    .map(|one| &*one.subject)
                    .collect();
                let named = names.join(", ");
                let others = self.count.saturating_sub(names.len());
                let others = match others {
                    0 => String::new(),
                    others => format!(" and {others} others"),
                };
                format!(
                    "{over}{label}: {} at once: {named}{others}{flaps}",
                    self.count
                )
            }
        }
    }
}

/// Changes that wait for more of their kind.
#[derive(Debug, Clone)]
struct Group {
    began_ms: u64,
    notification: Notification,
}

/// Gathers changes of the kinds of which many may come at once. There are at most two groups of each
/// kind, and each names a few.
#[derive(Debug, Clone)]
pub struct Grouper {
    wait_ms: u64,
    groups: Vec<Group>,
}

impl Grouper {
    /// One that has the first of a group wait for others for so long, ms.
    #[must_use]
    pub const fn new(wait_ms: u64) -> Self {
        Self {
            wait_ms,
            groups: Vec::new(),
        }
    }

    /// Has groups wait for so long from now on, ms.
    pub const fn set_wait(&mut self, wait_ms: u64) {
        self.wait_ms = wait_ms;
    }

    /// Whether nothing waits.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Of one rig nobody needs to hear within seconds, and rigs come by the hundred.
    const fn waits(kind: AlertKind) -> bool {
        matches!(
            kind,
            AlertKind::RigSilent | AlertKind::RigSlower | AlertKind::RigQuarantined
        )
    }

    /// Takes changes; what is due, the oldest first.
    pub fn step(&mut self, now: Now, changes: Vec<Transition>) -> Vec<Notification> {
        for change in changes {
            self.take(now, change);
        }
        let wait_ms = self.wait_ms;
        self.drain(|group| {
            !Self::waits(group.notification.kind)
                || now.ms.saturating_sub(group.began_ms) >= wait_ms
        })
    }

    /// Everything that waits: the process leaves.
    pub fn flush(&mut self) -> Vec<Notification> {
        self.drain(|_| true)
    }

    fn drain(&mut self, is_due: impl Fn(&Group) -> bool) -> Vec<Notification> {
        // They were put in as they began.
        let (due, wait) = std::mem::take(&mut self.groups)
            .into_iter()
            .partition(is_due);
        self.groups = wait;
        due.into_iter()
            .map(|group: Group| group.notification)
            .collect()
    }

    fn take(&mut self, now: Now, change: Transition) {
        let (state, flaps) = match change.change {
            Change::Raised { flapping } => (NotificationState::Raised, flapping),
            Change::Recovered => (NotificationState::Recovered, false),
        };
        let of_its_kind = |group: &&mut Group| {
            group.notification.kind == change.kind && group.notification.state == state
        };
        let Some(group) = self.groups.iter_mut().find(of_its_kind) else {
            self.groups.push(Group {
                began_ms: now.ms,
                notification: Notification {
                    kind: change.kind,
                    state,
                    severity: change.severity,
                    count: 1,
                    flapping: usize::from(flaps),
                    at_unix_ms: change.at_unix_ms,
                    first: vec![change],
                },
            });
            return;
        };
        let notification = &mut group.notification;
        notification.count += 1;
        notification.flapping += usize::from(flaps);
        notification.severity = notification.severity.max(change.severity);
        notification.at_unix_ms = change.at_unix_ms;
        if notification.first.len() < Notification::NAMED {
            notification.first.push(change);
        }
    }
}
