//! A line of JSON, taken apart.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::reason::Reason;

/// The names and values of an object in their order, those that are given twice included.
pub(super) struct Object<'a>(pub(super) Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Object<'a> {
    /// Takes a line apart.
    pub(super) fn of(line: &'a str) -> Result<Self, Reason> {
        serde_json::from_str(line).map_err(|why| {
            let told = why.to_string();
            // A line has no other line in it; what counts is the column.
            Reason::NotAnObject(told.replace(" at line 1 column ", " at byte "))
        })
    }
}

/// A plain value as the same text that stands in a cell of CSV; empty for null.
pub(super) fn plain(value: &RawValue) -> Result<Cow<'_, str>, Reason> {
    let text = value.get();
    match text.as_bytes().first() {
        Some(b'"') => serde_json::from_str::<Text<'_>>(text)
            .map(|text| text.0)
            .map_err(|_| Reason::NotAValue),
        Some(b'{' | b'[') => Err(Reason::NotAValue),
        _ if text == "null" => Ok(Cow::Borrowed("")),
        _ => Ok(Cow::Borrowed(text)),
    }
}

/// Borrowed unless something in it is escaped.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Entries)
    }
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
        let mut entries = Vec::new();
        while let Some((name, value)) = map.next_entry::<Text<'de>, &'de RawValue>()? {
            entries.push((name.0, value));
        }
        Ok(Object(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_become_the_text_of_a_cell() {
        let object = Object::of(r#"{"a":1.50,"b":"x\ny","c":null,"d":true,"e":[1]}"#).unwrap();
        let values: Vec<_> = object.0.iter().map(|(_, value)| plain(value)).collect();
        let expected = ["1.50", "x\ny", "", "true"].map(|text| Ok(text.into()));
        assert_eq!(values[..4], expected);
        assert_eq!(values[4], Err(Reason::NotAValue));
    }

    #[test]
    fn what_is_no_object_is_told_with_its_place() {
        let Err(Reason::NotAnObject(told)) = Object::of(r#"{"a":}"#).map(|_| ()) else {
            panic!("it was read");
        };
        assert_eq!(told, "expected value at byte 6");
        for line in ["[1]", "1", "{}{}", "{", "{\"a\":1,}"] {
            assert!(Object::of(line).is_err(), "{line}");
        }
    }

    #[test]
    fn deep_nesting_and_halves_of_characters_are_refused() {
        let deep = format!("{{\"a\":{}", "[".repeat(50_000));
        assert!(Object::of(&deep).is_err());
        let object = Object::of(r#"{"a":"\ud800"}"#);
        let value = object.as_ref().map(|object| plain(object.0[0].1));
        assert!(!matches!(value, Ok(Ok(_))));
    }

    proptest! {
        #[test]
        fn any_text_is_taken_apart_or_refused(line in prop_oneof![any::<String>(), "[{}\\[\\]\":,1a\\\\u]{0,30}"]) {
            if let Ok(object) = Object::of(&line) {
                for (_, value) in &object.0 {
                    let _ = plain(value);
                }
            }
        }
    }
}
