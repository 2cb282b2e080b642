//! What is wrong with the settings, and where.

use std::fmt;

/// Where a setting was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A line of the file, counted from 1.
    Line(usize),
    /// A flag of the command line, such as `--pool`.
    Flag(&'static str),
    /// Nowhere in particular: the file as a whole, or a setting nobody gave.
    Whole,
}

impl Place {
    /// This place, or `other` if this is nowhere in particular.
    pub(crate) fn or(self, other: Self) -> Self {
        match self {
            Self::Whole => other,
            Self::Line(_) | Self::Flag(_) => self,
        }
    }
}

/// One thing that is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    place: Place,
    key: Option<String>,
    message: String,
}

impl Fault {
    pub(crate) fn new(place: Place, key: Option<String>, message: impl Into<String>) -> Self {
        Self {
            place,
            key,
            message: message.into(),
        }
    }

    /// Where it was written.
    #[must_use]
    pub fn place(&self) -> Place {
        self.place
    }

    /// The line of the file, counted from 1, when it was written in the file.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        match self.place {
            Place::Line(line) => Some(line),
            Place::Flag(_) | Place::Whole => None,
        }
    }

    /// The path of the key, such as `pool[1].url`; none when the file is not TOML there.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// A plain sentence that says what is wrong. It never holds a password, nor a whole wallet.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// Everything that is wrong with the settings; at least one [`Fault`].
///
/// It displays one fault per line: `zartrux.toml:14: pool[0].url: must …`. A fault
/// in a flag names the flag in place of the file and line: `--pool: pool[0].url: must …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults {
    source: Option<String>,
    faults: Vec<Fault>,
}

impl Faults {
    /// Sorts by place, so that an operator can walk down the file.
    pub(crate) fn new(mut faults: Vec<Fault>) -> Self {
        faults.sort_by_key(Fault::place);
        Self {
            source: None,
            faults,
        }
    }

    pub(crate) fn one(place: Place, message: impl Into<String>) -> Self {
        Self::new(vec![Fault::new(place, None, message)])
    }

    /// The same faults, displayed as being in the file called `source`.
    #[must_use]
    pub fn in_file(mut self, source: impl Into<String>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The faults, in the order of their lines; those of flags and of the whole file come last.
    pub fn iter(&self) -> std::slice::Iter<'_, Fault> {
        self.faults.iter()
    }

    /// How many faults there are; at least 1.
    #[expect(clippy::len_without_is_empty, reason = "there is no empty `Faults`")]
    #[must_use]
    pub fn len(&self) -> usize {
        self.faults.len()
    }
}

impl<'a> IntoIterator for &'a Faults {
    type Item = &'a Fault;
    type IntoIter = std::slice::Iter<'a, Fault>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            match (fault.place, &self.source) {
                (Place::Line(line), Some(source)) => write!(f, "{source}:{line}: ")?,
                (Place::Line(line), None) => write!(f, "line {line}: ")?,
                (Place::Flag(flag), _) => write!(f, "{flag}: ")?,
                (Place::Whole, Some(source)) => write!(f, "{source}: ")?,
                (Place::Whole, None) => {}
            }
            if let Some(key) = &fault.key {
                write!(f, "{key}: ")?;
            }
            f.write_str(&fault.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
