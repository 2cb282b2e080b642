//! Why miners are turned away at the door or at their login, and how often that was so.

use serde::Serialize;

/// Why a miner is turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turned {
    /// Its address is denied, or not among those that are allowed.
    Denied,
    /// As many connections as one address may have are open.
    Connections,
    /// Its address has connected too often within a minute.
    Connects,
    /// A balancer's connection that does not begin with its header.
    Header,
    /// Its address has logged in too often within a minute.
    Logins,
    /// Too many logins of its address have failed.
    Barred,
    /// The password is not the right one, or the name is not known.
    Password,
    /// Too many passwords wait to be checked.
    Busy,
    /// Its password was not checked in time.
    Unchecked,
    /// The process has more memory than it may.
    Memory,
}

impl Turned {
    /// All of them, in the order in which they are met.
    pub const ALL: [Self; 10] = [
        Self::Memory,
        Self::Denied,
        Self::Connections,
        Self::Connects,
        Self::Header,
        Self::Logins,
        Self::Barred,
        Self::Password,
        Self::Busy,
        Self::Unchecked,
    ];

    /// As it is counted.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Connections => "connections",
            Self::Connects => "connects",
            Self::Header => "header",
            Self::Logins => "logins",
            Self::Barred => "barred",
            Self::Password => "password",
            Self::Busy => "busy",
            Self::Unchecked => "unchecked",
            Self::Memory => "memory",
        }
    }

    /// What a login is answered with; nothing where there is none yet. No text begins with one of
    /// those on which xmrig would treat a later error specially; it reconnects after each, at its
    /// own `retry-pause`.
    #[must_use]
    pub const fn wire_text(self) -> Option<&'static str> {
        match self {
            Self::Denied | Self::Connections | Self::Connects | Self::Header => None,
            Self::Logins => Some("Too many logins from your address, try again later"),
            Self::Barred => Some("Too many failed logins from your address, try again later"),
            // As xmrig-proxy says it.
            Self::Password => Some("Permission denied"),
            Self::Busy => Some("Too many logins at once, try again later"),
            Self::Unchecked => Some("Password not checked in time, try again later"),
            Self::Memory => Some("No memory left for further miners, try again later"),
        }
    }
}

/// Miners that were turned away, by [`Turned`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct TurnedCounts {
    /// [`Turned::Denied`]
    pub denied: u64,
    /// [`Turned::Connections`]
    pub connections: u64,
    /// [`Turned::Connects`]
    pub connects: u64,
    /// [`Turned::Header`]
    pub header: u64,
    /// [`Turned::Logins`]
    pub logins: u64,
    /// [`Turned::Barred`]
    pub barred: u64,
    /// [`Turned::Password`]
    pub password: u64,
    /// [`Turned::Busy`]
    pub busy: u64,
    /// [`Turned::Unchecked`]
    pub unchecked: u64,
    /// [`Turned::Memory`]
    pub memory: u64,
}

impl TurnedCounts {
    /// The count of a reason.
    #[must_use]
    pub const fn of(&self, turned: Turned) -> u64 {
        match turned {
            Turned::Denied => self.denied,
            Turned::Connections => self.connections,
            Turned::Connects => self.connects,
            Turned::Header => self.header,
            Turned::Logins => self.logins,
            Turned::Barred => self.barred,
            Turned::Password => self.password,
            Turned::Busy => self.busy,
            Turned::Unchecked => self.unchecked,
            Turned::Memory => self.memory,
        }
    }

    /// One more.
    pub(crate) const fn note(&mut self, turned: Turned) {
        *self.of_mut(turned) += 1;
    }

    /// Adds the counts of another lane.
    pub fn add(&mut self, other: &Self) {
        for turned in Turned::ALL {
            *self.of_mut(turned) += other.of(turned);
        }
    }

    const fn of_mut(&mut self, turned: Turned) -> &mut u64 {
        match turned {
            Turned::Denied => &mut self.denied,
            Turned::Connections => &mut self.connections,
            Turned::Connects => &mut self.connects,
            Turned::Header => &mut self.header,
            Turned::Logins => &mut self.logins,
            Turned::Barred => &mut self.barred,
            Turned::Password => &mut self.password,
            Turned::Busy => &mut self.busy,
            Turned::Unchecked => &mut self.unchecked,
            Turned::Memory => &mut self.memory,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_is_counted_for_itself() {
        let mut counts = TurnedCounts::default();
        for (times, turned) in (1..).zip(Turned::ALL) {
            for _ in 0..times {
                counts.note(turned);
            }
        }
        counts.add(&counts.clone());
        for (times, turned) in (1..).zip(Turned::ALL) {
            assert_eq!(counts.of(turned), 2 * times, "{turned:?}");
        }
    }

    #[test]
    fn no_text_is_one_that_xmrig_hangs_up_on_whatever_it_answers() {
        for turned in Turned::ALL {
            let text = turned.wire_text().unwrap_or_default().to_lowercase();
            for critical in [
                "unauthenticated",
                "your ip is banned",
                "ip address currently banned",
                "invalid job id",
            ] {
                assert!(!text.starts_with(critical), "{text}");
            }
        }
    }
}
