//! JSON as xmrig reads it: with comments and trailing commas.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use super::ImportError;

/// A JSON value that keeps the order of keys, and those that are given twice.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json {
    Null,
    Boolean(bool),
    Integer(i64),
    /// Any number that is not a 64-bit integer.
    Number(f64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    pub(super) fn into_text(self) -> Option<String> {
        if let Self::Text(text) = self {
            Some(text)
        } else {
            None
        }
    }

    pub(super) fn into_boolean(self) -> Option<bool> {
        if let Self::Boolean(value) = self {
            Some(value)
        } else {
            None
        }
    }

    pub(super) fn into_integer(self) -> Option<i64> {
        if let Self::Integer(number) = self {
            Some(number)
        } else {
            None
        }
    }

    pub(super) fn into_list(self) -> Option<Vec<Json>> {
        if let Self::List(items) = self {
            Some(items)
        } else {
            None
        }
    }

    pub(super) fn into_entries(self) -> Option<Vec<(String, Json)>> {
        if let Self::Object(entries) = self {
            Some(entries)
        } else {
            None
        }
    }
}

/// Parses a text.
///
/// # Errors
///
/// [`ImportError::NotJson`], with the place in the text as it was given.
pub(super) fn parse(text: &str) -> Result<Json, ImportError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_json::from_slice(&plain(text)).map_err(|why| {
        let message = why.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        ImportError::NotJson {
            line: why.line(),
            column: why.column(),
            message: message.to_owned(),
        }
    })
}

/// The text with blanks in place of comments and trailing commas, so that every
/// other byte keeps its place.
fn plain(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    let mut at = 0;
    // The last byte that is neither blank nor in a comment, and where it is.
    let mut last = (b'[', 0);
    while let Some(byte) = bytes.get(at) {
        let next = bytes.get(at + 1);
        at = match (*byte, next) {
            (b'"', _) => {
                last = (b'"', at);
                end_of_string(&bytes, at)
            }
            (b'/', Some(b'/')) => blank(&mut bytes, at, b"\n"),
            (b'/', Some(b'*')) => blank(&mut bytes, at, b"*/"),
            (b',', _) if matches!(last.0, b'[' | b'{' | b',') => {
                // Not after a value, so it stays to be refused.
                last = (b'[', at);
                at + 1
            }
            (byte, _) if !byte.is_ascii_whitespace() => {
                if matches!((last.0, byte), (b',', b'}' | b']'))
                    && let Some(comma) = bytes.get_mut(last.1)
                {
                    *comma = b' ';
                }
                last = (byte, at);
                at + 1
            }
            _ => at + 1,
        };
    }
    bytes
}

/// The place after a string that starts at `start`.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    loop {
        match bytes.get(at) {
            Some(b'\\') => at += 2,
            Some(b'"') | None => return at + 1,
            Some(_) => at += 1,
        }
    }
}

/// Blanks a comment that starts at `start`, breaks of lines excepted; the place after it.
fn blank(bytes: &mut [u8], start: usize, end: &[u8]) -> usize {
    let body = start + 2;
    let length = bytes[body..]
        .windows(end.len())
        .position(|window| window == end)
        .map_or(bytes.len() - body, |at| at + end.len());
    let after = body + length;
    for byte in &mut bytes[start..after] {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
    after
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyJson)
    }
}

struct AnyJson;

impl<'de> Visitor<'de> for AnyJson {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        // What is beyond the integers of any setting needs no exact value.
        Ok(i64::try_from(value).map_or(Json::Number(f64::INFINITY), Json::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Json::Object(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(text: &str) -> Json {
        Json::Text(text.to_owned())
    }

    #[test]
    fn comments_and_trailing_commas_are_passed_over() {
        let source =
            "// head\n{ /* one\n two */ \"a\": [1, 2, /* end */ ], // tail é\n\"b\": {\"c\": 1,},}";
        let expected = Json::Object(vec![
            (
                "a".to_owned(),
                Json::List(vec![Json::Integer(1), Json::Integer(2)]),
            ),
            (
                "b".to_owned(),
                Json::Object(vec![("c".to_owned(), Json::Integer(1))]),
            ),
        ]);
        assert_eq!(parse(source), Ok(expected));
    }

    #[test]
    fn what_looks_like_a_comment_in_a_text_stays() {
        let source = r#"["stratum+tcp://a", "/* b */", "\"// c", "d\\", "e,]"]"#;
        let expected = ["stratum+tcp://a", "/* b */", "\"// c", "d\\", "e,]"].map(text);
        assert_eq!(parse(source), Ok(Json::List(expected.to_vec())));
    }

    #[test]
    fn keys_keep_their_order_and_their_doubles() {
        let expected = [("b", 1), ("a", 2), ("b", 3)]
            .map(|(key, value)| (key.to_owned(), Json::Integer(value)));
        assert_eq!(
            parse(r#"{"b": 1, "a": 2, "b": 3}"#),
            Ok(Json::Object(expected.to_vec()))
        );
    }

    #[test]
    fn a_fault_has_its_line() {
        for (source, fault) in [
            ("{\n  // comment\n  \"a\" 1\n}", 3),
            ("{\"a\": 1,, }", 1),
            ("", 1),
            ("{}\n{}", 2),
            ("/* open", 1),
            ("[,]", 1),
        ] {
            let Err(ImportError::NotJson { line, .. }) = parse(source) else {
                panic!("{source} was accepted");
            };
            assert_eq!(line, fault, "{source}");
        }
    }

    #[test]
    fn deep_nesting_is_refused() {
        assert!(parse(&"[".repeat(100_000)).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(source: String) {
            let _ = parse(&source);
        }

        #[test]
        fn any_marks_are_read_or_refused(source in "[\\[\\]{}\",:/* \n\\\\a1é]{0,60}") {
            let _ = parse(&source);
        }

        #[test]
        fn plain_json_is_left_as_it_is(source in "[\\[\\]{}\",: \n\\\\a1é]{0,60}") {
            if serde_json::from_str::<serde::de::IgnoredAny>(&source).is_ok() {
                prop_assert_eq!(plain(&source), source.into_bytes());
            }
        }
    }
}
