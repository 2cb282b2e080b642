//! Words for an operator, made of what someone else sent or wrote.

/// Bytes that one fault's words may have.
const LONGEST: usize = 1024;

/// Words that say something, are bounded and cannot begin a line of their own.
///
/// # Panics
/// They are not.
pub(crate) fn assert_one_line(words: &str) {
    assert!(!words.trim().is_empty());
    assert!(words.len() <= LONGEST, "{words:?}");
    assert!(!words.contains(['\n', '\r', '\u{1b}']), "{words:?}");
}
