//! The envelope of a reply, and its fields one by one.

use serde::Deserialize;
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::{BadReply, NodeFault, NodeRefusal};
use crate::stratum::{DEPTH_LIMIT, Text, bounded_text, nests_deeper_than};
use crate::work::BlockTemplate;

/// Longest reply taken, bytes: the longest template in hex, and room for the other fields.
pub const REPLY_LIMIT: usize = 2 * BlockTemplate::MAX_LEN + 64 * 1024;

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<ErrorFields<'a>>,
}

#[derive(Deserialize)]
struct ErrorFields<'a> {
    code: i64,
    #[serde(borrow, default)]
    message: Text<'a>,
}

/// Every reply's result has one.
#[derive(Deserialize)]
struct Status<'a> {
    #[serde(borrow)]
    status: Option<&'a RawValue>,
}

/// The fields of a reply's result, once its status is `OK`.
pub(super) fn served<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, NodeFault> {
    let envelope: Envelope<'_> = read_object(body, REPLY_LIMIT)?;
    if let Some(error) = envelope.error {
        return Err(NodeFault::Refused(NodeRefusal {
            code: error.code,
            message: bounded_text(&error.message),
        }));
    }
    let result = envelope
        .result
        .ok_or_else(|| BadReply::Shape("neither result nor error".into()))?
        .get();
    let Status { status } = object(result.as_bytes())?;
    let status: Text<'_> = required("status", status)?;
    if &*status != "OK" {
        return Err(NodeFault::Status(bounded_text(&status)));
    }
    Ok(object(result.as_bytes())?)
}

/// Reads one JSON object of at most `limit` bytes.
pub(super) fn read_object<'a, T: Deserialize<'a>>(
    bytes: &'a [u8],
    limit: usize,
) -> Result<T, BadReply> {
    let len = bytes.len();
    if len > limit {
        return Err(BadReply::Long { len, limit });
    }
    if nests_deeper_than(bytes, DEPTH_LIMIT) {
        let told = format!("nested deeper than {DEPTH_LIMIT}");
        return Err(BadReply::NotJson(told.into()));
    }
    object(bytes)
}

fn object<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, BadReply> {
    // Serde would take an array's values for the fields in their order.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(BadReply::Shape("an array instead of an object".into()));
    }
    serde_json::from_slice(bytes).map_err(|fault| shape(&fault))
}

fn shape(fault: &serde_json::Error) -> BadReply {
    // Its words may repeat the node's.
    let told = bounded_text(&fault.to_string());
    match fault.classify() {
        Category::Data => BadReply::Shape(told),
        Category::Io | Category::Syntax | Category::Eof => BadReply::NotJson(told),
    }
}

/// A field that can't be used, and why.
pub(super) fn bad(field: &'static str, what: &str) -> BadReply {
    BadReply::Field {
        field,
        what: bounded_text(what),
    }
}

/// A field that is always there.
pub(super) fn required<'a, T: Deserialize<'a>>(
    field: &'static str,
    raw: Option<&'a RawValue>,
) -> Result<T, BadReply> {
    optional(field, raw)?.ok_or(BadReply::Missing(field))
}

/// A field that some versions leave out, or write as null.
pub(super) fn optional<'a, T: Deserialize<'a>>(
    field: &'static str,
    raw: Option<&'a RawValue>,
) -> Result<Option<T>, BadReply> {
    raw.map_or(Ok(None), |raw| {
        serde_json::from_str(raw.get()).map_err(|fault| bad(field, &fault.to_string()))
    })
}

/// A field of 64 hex digits.
pub(super) fn hash<T, E: std::fmt::Display>(
    field: &'static str,
    raw: Option<&RawValue>,
    from_hex: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, BadReply> {
    let text: Text<'_> = required(field, raw)?;
    from_hex(&text).map_err(|fault| bad(field, &fault.to_string()))
}

/// A field of hex digits, as bytes.
pub(super) fn bytes(field: &'static str, raw: Option<&RawValue>) -> Result<Vec<u8>, BadReply> {
    let text: Text<'_> = required(field, raw)?;
    if text.starts_with("0x") {
        return Err(bad(field, "not hexadecimal"));
    }
    const_hex::decode(text.as_bytes()).map_err(|fault| bad(field, &fault.to_string()))
}
