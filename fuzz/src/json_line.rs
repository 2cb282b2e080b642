//! What goes over the wire must be one JSON object on one line, whoever wrote its words.

use serde_json::Value;

/// Asserts that `bytes` are one line with one JSON object, and returns it.
pub(crate) fn assert_one_json_line(bytes: &[u8]) -> Value {
    let shown = bytes.escape_ascii();
    let (last, line) = bytes.split_last().expect("a line");
    assert_eq!(*last, b'\n', "no end of line: {shown}");
    assert!(!line.contains(&b'\n'), "more than one line: {shown}");
    match serde_json::from_slice(line) {
        Ok(Value::Object(object)) => Value::Object(object),
        other => panic!("not an object ({other:?}): {shown}"),
    }
}

/// Asserts that a foreign text was bounded and can't start a line of its own.
pub(crate) fn assert_harmless(text: &str) {
    assert!(text.len() <= zartrux_models::stratum::POOL_TEXT_LIMIT);
    assert!(!text.contains(char::is_control), "{text:?}");
}
