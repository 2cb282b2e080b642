//! A file of shares that holds anything.

use zartrux_models::ledger::rows::{
    BadHeader, Format, LINE_MAX, RAW_MAX, Reason, Replay, Row, RowReader, RowWriter,
    SetAsideWriter, UNKNOWN_MAX, UpstreamList,
};

use crate::Reached;

/// Reads `data` as shares: as an object a line if it begins with one, as CSV otherwise.
///
/// # Panics
/// A row that is neither a share nor set aside; a share that does not read back; more kept of a
/// row than there may be.
pub fn ledger_csv(data: &[u8]) -> Reached {
    let format = if data.first() == Some(&b'{') {
        Format::JsonLines
    } else {
        Format::Csv
    };
    let mut reader = match RowReader::new(format, data) {
        Ok(reader) => reader,
        Err(BadHeader::Io(fault)) => panic!("memory failed: {fault}"),
        Err(refused) => {
            assert!(!refused.to_string().is_empty());
            return Reached::from(["no header"]);
        }
    };
    let mut reached = Reached::new();
    let mut names = UpstreamList::default();
    let mut aside = SetAsideWriter::new(Vec::new()).expect("memory does not fail");
    let (mut shares, mut last) = (Vec::new(), 0);
    while let Some(row) = reader.next_row(&mut names).expect("memory does not fail") {
        let line = match row {
            Row::Share { line, entry } => {
                reached.insert(match format {
                    Format::Csv => "share",
                    Format::JsonLines => "share of JSON",
                });
                shares.push(*entry);
                line
            }
            Row::SetAside(row) => {
                assert!(row.raw.len() <= RAW_MAX);
                assert!(!row.reason.to_string().contains('\n'), "{row:?}");
                aside.write(&row).expect("memory does not fail");
                reached.insert(kind(&row.reason));
                row.line
            }
        };
        assert!(line > last, "line {line} after {last}");
        last = line;
    }
    let counts = reader.counts();
    assert_eq!(counts.rows, counts.read + counts.set_aside);
    assert_eq!(counts.read, shares.len() as u64);
    assert!(reader.unknown_columns().len() <= UNKNOWN_MAX);
    if !reader.unknown_columns().is_empty() {
        reached.insert("unknown column");
    }
    for format in [Format::Csv, Format::JsonLines] {
        let mut writer =
            RowWriter::new(format, Vec::new(), Replay::new(2)).expect("memory does not fail");
        for share in &shares {
            writer.write(share, &names).expect("memory does not fail");
        }
        let written = writer.finish().expect("memory does not fail");
        let lines = written.split(|byte| *byte == b'\n');
        assert!(lines.into_iter().all(|line| line.len() < LINE_MAX));
        let mut reader = RowReader::new(format, &*written).expect("our own header");
        for share in &shares {
            let row = reader.next_row(&mut names).expect("memory does not fail");
            assert!(
                matches!(&row, Some(Row::Share { entry, .. }) if **entry == *share),
                "{share:?} came back as {row:?}"
            );
        }
    }
    reached
}

const fn kind(reason: &Reason) -> &'static str {
    match reason {
        Reason::LineTooLong => "line too long",
        Reason::NotUtf8 => "not UTF-8",
        Reason::OpenQuote => "open quote",
        Reason::Cells { .. } => "cells",
        Reason::NotAnObject(_) => "not an object",
        Reason::GivenTwice => "given twice",
        Reason::TooManyNames => "too many names",
        Reason::NotAValue => "not a value",
        Reason::Missing => "missing",
        Reason::NotATime => "not a time",
        Reason::NotWhole { .. } | Reason::NotANumber { .. } => "not a number",
        Reason::NotHex(_) => "not hex",
        Reason::NotYesNo => "not yes or no",
        Reason::UnknownName(_) => "unknown name",
        Reason::WithoutReason => "without reason",
        Reason::Alone(_) => "alone",
        Reason::TextTooLong => "text too long",
        Reason::TooManyUpstreams => "too many upstreams",
    }
}
