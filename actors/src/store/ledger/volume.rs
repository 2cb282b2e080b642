//! Volumes of the ledger: a database each, dropped as a whole.

use std::fmt;

use super::Day;

/// A day's database, or a part of one where a day is more than a database should hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Volume {
    /// The day on which it was begun.
    pub day: Day,
    /// From 0.
    pub part: u16,
}

impl Volume {
    /// The first of a day.
    #[must_use]
    pub const fn first_of(day: Day) -> Self {
        Self { day, part: 0 }
    }

    /// The next of the same day.
    #[must_use]
    pub const fn next(self) -> Self {
        Self {
            day: self.day,
            part: self.part.saturating_add(1),
        }
    }

    /// Reads the name of a folder: `2026-11-24`, `2026-11-24.1`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let Some((day, part)) = name.split_once('.') else {
            return Day::named(name).map(Self::first_of);
        };
        let part = part.parse().ok().filter(|number| *number > 0)?;
        let volume = Self {
            day: Day::named(day)?,
            part,
        };
        (volume.to_string() == name).then_some(volume)
    }
}

impl fmt::Display for Volume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.day)?;
        if self.part > 0 {
            write!(f, ".{}", self.part)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volumes_name_reads_back_and_other_folders_are_left_alone() {
        for name in ["2026-11-24", "2026-11-24.1", "2026-11-24.12"] {
            assert_eq!(Volume::named(name).unwrap().to_string(), name);
        }
        for other in [
            "2026-11-24.0",
            "2026-11-24.01",
            "2026-11-24.damaged-1",
            "state",
            "2026-11-24.",
        ] {
            assert_eq!(Volume::named(other), None, "{other}");
        }
        assert!(Volume::named("2026-11-24") < Volume::named("2026-11-24.1"));
    }
}
