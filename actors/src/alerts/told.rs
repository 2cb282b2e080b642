//! A notification as it is sent, shown and remembered.

use std::fmt::Write as _;

use rand::RngCore as _;
use serde::Serialize;
use zartrux_models::alert::{Change, Notification, NotificationState};

/// Version of what [`Told`] comes to as JSON: a later one may add fields, and changes no other.
pub(super) const SCHEMA: u32 = 1;

/// One subject of a notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SubjectTold {
    /// Whom or what it is about; hostile bytes.
    pub subject: String,
    /// In words; hostile bytes where it repeats what others said.
    pub text: String,
    /// Since when it holds or held, ms since 1970.
    pub since_unix_ms: u64,
    /// It comes and goes: it is over only when it has been gone for half an hour.
    pub flapping: bool,
}

/// A notification: the body of a webhook's request, and an entry of what was told lately.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// 1: later versions add fields, and change no other.
    pub schema: u32,
    /// Its own, 32 hex digits: the same when it is sent again.
    pub id: String,
    /// Number of this machine, as in the settings.
    pub node: u16,
    /// `raised`, `recovered` or `test`.
    pub state: &'static str,
    /// What sort: a name such as `rig_silent`; `test` for a test.
    pub kind: &'static str,
    /// `warning` or `critical`.
    pub severity: &'static str,
    /// One line that says it all.
    pub title: String,
    /// How many changes it stands for.
    pub count: usize,
    /// The first of them, at most 10.
    pub subjects: Vec<SubjectTold>,
    /// When it was decided, ms since 1970.
    pub at_unix_ms: u64,
    /// The kind is muted: it was sent to nobody.
    #[serde(skip_serializing_if = "is_false")]
    pub muted: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// A text without control characters.
fn one_line(text: &str) -> String {
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    clean.collect()
}

fn fresh_id() -> String {
    let mut bytes = [0; 16];
    rand::thread_rng().fill_bytes(&mut bytes);
    const_hex::encode(bytes)
}

impl Told {
    /// What is sent of a notification.
    #[must_use]
    pub fn of(notification: &Notification, node: u16, muted: bool) -> Self {
        let subjects = notification.first.iter().map(|one| SubjectTold {
            subject: one.subject.to_string(),
            text: one.text.to_string(),
            since_unix_ms: one.since_unix_ms,
            flapping: one.change == Change::Raised { flapping: true },
        });
        Self {
            schema: SCHEMA,
            id: fresh_id(),
            node,
            state: notification.state.label(),
            kind: notification.kind.label(),
            severity: notification.severity.label(),
            title: notification.title(),
            count: notification.count,
            subjects: subjects.collect(),
            at_unix_ms: notification.at_unix_ms,
            muted,
        }
    }

    /// A test, which says that it is one.
    #[must_use]
    pub fn test(node: u16, at_unix_ms: u64) -> Self {
        Self {
            schema: SCHEMA,
            id: fresh_id(),
            node,
            state: "test",
            kind: "test",
            severity: "warning",
            title: "test: alerts of this proxy reach you by this way".to_owned(),
            count: 0,
            subjects: Vec::new(),
            at_unix_ms,
            muted: false,
        }
    }

    /// Whether it tells that something is over.
    #[must_use]
    pub fn is_recovery(&self) -> bool {
        self.state == NotificationState::Recovered.label()
    }

    /// Longest subject line of a mail, characters.
    const LINE: usize = 160;

    /// The subject line of a mail: one line, without control characters.
    #[must_use]
    pub fn mail_subject(&self) -> String {
        let line = format!("[zartrux] {}: {}", self.severity, self.title);
        one_line(&line).chars().take(Self::LINE).collect()
    }

    /// The text of a mail.
    #[must_use]
    pub fn mail_text(&self) -> String {
        let mut text = format!("{}\n\n", one_line(&self.title));
        // Writing to a string cannot fail.
        for one in &self.subjects {
            let _ = writeln!(
                text,
                "- {}",
                one_line(&format!("{}: {}", one.subject, one.text))
            );
        }
        if self.count > self.subjects.len() {
            let _ = writeln!(text, "- and {} more", self.count - self.subjects.len());
        }
        let _ = write!(
            text,
            "\nkind {}, {}, {}, node {}, id {}\n",
            self.kind, self.severity, self.state, self.node, self.id
        );
        text
    }
}
