//! Values as they were given.

use toml::de::DeTable;

use crate::fault::Place;
use crate::value::shown;

/// A value, and where it was given.
#[derive(Clone)]
pub(crate) struct Item<'a> {
    pub(crate) value: Value<'a>,
    pub(crate) place: Place,
}

/// A key, and where it was written.
pub(crate) struct Entry<'a> {
    pub(crate) name: &'a str,
    pub(crate) place: Place,
}

/// A value of the file or of a flag.
#[derive(Clone)]
pub(crate) enum Value<'a> {
    Text(&'a str),
    Integer(i64),
    /// An integer that does not fit in 64 bits.
    HugeInteger,
    Float(f64),
    Boolean(bool),
    Date,
    List(Vec<Item<'a>>),
    Table(&'a DeTable<'a>),
    /// It holds a syntax error, which is reported already.
    Damaged,
}

impl<'a> Value<'a> {
    pub(crate) fn as_text(&self) -> Option<&'a str> {
        if let Value::Text(text) = self {
            Some(text)
        } else {
            None
        }
    }

    pub(crate) fn as_integer(&self) -> Option<i64> {
        if let Value::Integer(number) = self {
            Some(*number)
        } else {
            None
        }
    }

    pub(crate) fn as_table(&self) -> Option<&'a DeTable<'a>> {
        if let Value::Table(table) = self {
            Some(table)
        } else {
            None
        }
    }

    /// The value as the end of the sentence "… but is".
    pub(crate) fn found(&self) -> String {
        match self {
            Value::Text(text) => shown(text),
            Value::Integer(number) => number.to_string(),
            Value::HugeInteger => "a number of more than 64 bits".to_owned(),
            Value::Float(number) => number.to_string(),
            Value::Boolean(value) => value.to_string(),
            Value::List(_) | Value::Table(_) | Value::Date | Value::Damaged => {
                self.kind().to_owned()
            }
        }
    }

    /// What sort of value it is, without saying which: for secrets.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Value::Text(_) => "a text",
            Value::Integer(_) | Value::HugeInteger | Value::Float(_) => "a number",
            Value::Boolean(_) => "true or false",
            Value::Date => "a date",
            Value::List(_) => "a list",
            Value::Table(_) => "a section",
            Value::Damaged => "not TOML",
        }
    }
}
