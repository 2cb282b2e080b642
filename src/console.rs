//! What commands say to the person at the terminal.

use std::fmt::Display;
use std::io::Write as _;

/// To the standard output. A reader that has gone away is no fault of the command.
pub fn say(text: &impl Display) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// To the standard error.
pub fn complain(text: &impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
