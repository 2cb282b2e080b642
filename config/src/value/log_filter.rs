//! What goes to the log.

use std::fmt;
use std::str::FromStr;

use super::{Invalid, shown};
use crate::reader::nearest;

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// A filter of `tracing`: a level, or `target=level` parts joined by commas.
///
/// A word that is no level would silently be taken for a target, so one that looks
/// like a mistyped level is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter(String);

impl LogFilter {
    /// The filter's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for LogFilter {
    /// `info`.
    fn default() -> Self {
        Self("info".to_owned())
    }
}

impl fmt::Display for LogFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for LogFilter {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text.trim().is_empty() || text.contains(char::is_control) {
            return Err(Invalid::new(
                "must be a level (off, error, warn, info, debug, trace) or a filter such as \
                 \"info,zartrux::pool=debug\"",
            ));
        }
        // Commas and equal signs also stand between the fields of a span: `[span{a=1,b=2}]`.
        let mut depth = 0_usize;
        let parts = text.split(|c| {
            match c {
                '[' | '{' => depth += 1,
                ']' | '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            c == ',' && depth == 0
        });
        for part in parts.map(str::trim).filter(|part| !part.is_empty()) {
            check_part(part)?;
        }
        Ok(Self(text.to_owned()))
    }
}

/// Checks one of the parts between the commas.
fn check_part(part: &str) -> Result<(), Invalid> {
    let is_level = |word: &str| {
        LEVELS.iter().any(|level| level.eq_ignore_ascii_case(word))
            || matches!(word, "0" | "1" | "2" | "3" | "4" | "5")
    };
    let after_span = part.rfind(']').map_or(part, |end| &part[end + 1..]);
    if let Some((_, level)) = after_span.rsplit_once('=') {
        if is_level(level.trim()) {
            return Ok(());
        }
        return Err(Invalid::new(format!(
            "must have a level (off, error, warn, info, debug, trace) after \"=\", but has {}",
            shown(level.trim())
        )));
    }
    match nearest(part, &LEVELS) {
        Some(level) if !is_level(part) => Err(Invalid::new(format!(
            "must be a level or a filter, but is {}; did you mean \"{level}\"?",
            shown(part)
        ))),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn levels_and_filters_are_accepted() {
        for text in [
            "info",
            "WARN",
            "off",
            "zartrux=debug",
            "info,zartrux::pool=trace",
            "zartrux::pool",
            "warn,[session{id=7,name=a}]=debug",
            "zartrux[span]=trace",
            "info, zartrux=4",
        ] {
            assert_eq!(
                text.parse::<LogFilter>().map(|f| f.to_string()),
                Ok(text.to_owned())
            );
        }
    }

    #[test]
    fn a_mistyped_level_is_refused() {
        for text in [
            "",
            "  ",
            "inof",
            "debgu",
            "info,wran",
            "zartrux=inof",
            "zartrux=",
            "a\nb",
        ] {
            assert!(text.parse::<LogFilter>().is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text: String) {
            let _ = text.parse::<LogFilter>();
        }
    }
}
