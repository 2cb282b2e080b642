//! A stream cut into pieces anywhere.

use std::fmt;
use std::ops::ControlFlow;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use zartrux_models::stratum::{DEPTH_LIMIT, LineAssembler, nests_deeper_than};

use crate::Reached;

/// A stream fed in pieces, compared with the plain reading of the whole.
///
/// The first three bytes of `data` choose the limit, the size of the pieces and the line after
/// which the reader stops; the rest is the stream.
///
/// # Panics
/// The lines depend on where the stream was cut, a limit is not kept, or the depth of a line that
/// is JSON was counted wrongly.
pub fn line_assembler(data: &[u8]) -> Reached {
    let [limit, piece, stop, stream @ ..] = data else {
        return Reached::new();
    };
    let limit = usize::from(*limit) + 1;
    let stop = usize::from(*stop);
    let expected = read_whole(stream, limit, stop);
    let (outcome, unfinished) = read_in_pieces(stream, limit, stop, usize::from(*piece) + 1);
    assert_eq!(outcome, expected);
    assert!(unfinished <= limit);

    let mut reached = Reached::from([match outcome.end {
        End::Open => "open",
        End::Stopped => "stopped",
        End::TooLong => "too long",
    }]);
    for line in &outcome.lines {
        reached.insert("line");
        reached.extend(check_depth(line));
    }
    reached
}

#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    lines: Vec<Vec<u8>>,
    end: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Open,
    Stopped,
    TooLong,
}

/// What must come out, told in the simplest words.
fn read_whole(stream: &[u8], limit: usize, stop: usize) -> Outcome {
    let mut lines = Vec::new();
    let mut parts = stream.split(|byte| *byte == b'\n').peekable();
    while let Some(part) = parts.next() {
        let end = if part.len() > limit {
            End::TooLong
        } else if parts.peek().is_none() {
            End::Open
        } else {
            let line = part.strip_suffix(b"\r").unwrap_or(part);
            if line.is_empty() {
                continue;
            }
            lines.push(line.to_vec());
            if lines.len() <= stop {
                continue;
            }
            End::Stopped
        };
        return Outcome { lines, end };
    }
    unreachable!("even an empty stream has a part");
}

fn read_in_pieces(stream: &[u8], limit: usize, stop: usize, piece: usize) -> (Outcome, usize) {
    let mut assembler = LineAssembler::empty();
    let mut lines = Vec::new();
    for bytes in stream.chunks(piece) {
        let fed = assembler.feed(bytes, limit, |line| {
            lines.push(line.to_vec());
            if lines.len() > stop {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        let end = match fed {
            Ok(ControlFlow::Continue(())) => continue,
            Ok(ControlFlow::Break(())) => End::Stopped,
            Err(_) => End::TooLong,
        };
        return (Outcome { lines, end }, assembler.unfinished());
    }
    let end = End::Open;
    (Outcome { lines, end }, assembler.unfinished())
}

/// Where a line is JSON, the quick count of brackets is its depth.
fn check_depth(line: &[u8]) -> Option<&'static str> {
    let Depth(depth) = serde_json::from_slice(line).ok()?;
    for limit in [0, 1, 2, DEPTH_LIMIT, depth] {
        assert_eq!(nests_deeper_than(line, limit), depth > limit);
    }
    Some(if depth > DEPTH_LIMIT { "deep" } else { "json" })
}

/// How deep a text of JSON nests. A value of serde would not do: of two fields of one name it keeps
/// the last.
struct Depth(usize);

impl<'de> Deserialize<'de> for Depth {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Depths)
    }
}

struct Depths;

impl<'de> Visitor<'de> for Depths {
    type Value = Depth;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("any JSON")
    }

    fn visit_unit<E>(self) -> Result<Depth, E> {
        Ok(Depth(0))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Depth, E> {
        Ok(Depth(0))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Depth, E> {
        Ok(Depth(0))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Depth, E> {
        Ok(Depth(0))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Depth, E> {
        Ok(Depth(0))
    }

    fn visit_str<E>(self, _: &str) -> Result<Depth, E> {
        Ok(Depth(0))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Depth, A::Error> {
        let mut deepest = 0;
        while let Some(Depth(depth)) = items.next_element()? {
            deepest = deepest.max(depth);
        }
        Ok(Depth(deepest + 1))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Depth, A::Error> {
        let mut deepest = 0;
        while let Some((_, Depth(depth))) = fields.next_entry::<String, Depth>()? {
            deepest = deepest.max(depth);
        }
        Ok(Depth(deepest + 1))
    }
}
