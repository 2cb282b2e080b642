//! Shares become rows and shares again; rows of any kind are read or set aside.

mod features;
mod hostile;
mod round_trip;

use super::*;
use crate::ledger::{ShareEntry, UpstreamId};

/// Every number is its own name.
pub(super) struct Numbers;

impl UpstreamNames for Numbers {
    fn name_of(&self, _id: UpstreamId) -> Option<&str> {
        None
    }

    fn id_of(&mut self, name: &str) -> Option<UpstreamId> {
        name.strip_prefix('#')?.parse().ok().map(UpstreamId)
    }
}

pub(super) fn written(format: Format, entries: &[ShareEntry]) -> Vec<u8> {
    let mut writer = RowWriter::new(format, Vec::new(), Replay::default()).unwrap();
    for entry in entries {
        writer.write(entry, &Numbers).unwrap();
    }
    writer.finish().unwrap()
}

/// The rows of a file, and what the reader counted.
pub(super) fn rows(format: Format, file: &[u8]) -> (Vec<Row>, Counts) {
    let mut reader = RowReader::new(format, file).unwrap();
    let mut rows = Vec::new();
    while let Some(row) = reader.next_row(&mut Numbers).unwrap() {
        rows.push(row);
    }
    (rows, reader.counts())
}

/// The shares of a file in which every row is one.
pub(super) fn shares(format: Format, file: &[u8]) -> Vec<ShareEntry> {
    let (rows, _) = rows(format, file);
    let shares = rows.into_iter().map(|row| match row {
        Row::Share { entry, .. } => *entry,
        Row::SetAside(row) => panic!("set aside: {row:?}"),
    });
    shares.collect()
}

/// The one row of a file, set aside: its column and reason.
pub(super) fn set_aside(format: Format, file: &str) -> (Option<String>, Reason) {
    let (mut rows, _) = rows(format, file.as_bytes());
    match (rows.pop(), rows.len()) {
        (Some(Row::SetAside(row)), 0) => (row.column.map(String::from), row.reason),
        other => panic!("{other:?}"),
    }
}
