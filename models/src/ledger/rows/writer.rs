//! Shares in, rows out.

use std::io::{self, Write};

use serde::ser::{SerializeMap as _, Serializer as _};

use super::cell::Cell;
use super::column::Column;
use super::replay::Replay;
use super::{Format, UpstreamNames};
use crate::ledger::ShareEntry;

/// Writes shares to a stream, in the order of the ledger.
pub struct RowWriter<W: Write> {
    out: Form<W>,
    columns: Vec<Column>,
    replay: Replay,
}

enum Form<W: Write> {
    Csv(Box<csv::Writer<W>>),
    JsonLines(W),
}

impl<W: Write> RowWriter<W> {
    /// Begins a file; of CSV this writes the first line. `replay` computes the features: one that
    /// was shown the shares before has known the rigs for longer.
    ///
    /// # Errors
    /// The stream fails.
    pub fn new(format: Format, out: W, replay: Replay) -> io::Result<Self> {
        let columns = Column::all();
        let out = match format {
            Format::Csv => {
                let mut out = csv::WriterBuilder::new().from_writer(out);
                out.write_record(columns.iter().map(|column| column.name()))
                    .map_err(fault_of)?;
                Form::Csv(Box::new(out))
            }
            Format::JsonLines => Form::JsonLines(out),
        };
        Ok(Self {
            out,
            columns,
            replay,
        })
    }

    /// Writes a share.
    ///
    /// # Errors
    /// The stream fails.
    pub fn write(&mut self, entry: &ShareEntry, names: &impl UpstreamNames) -> io::Result<()> {
        let features = self.replay.next(entry);
        let cells = self
            .columns
            .iter()
            .map(|column| Cell::of(*column, entry, &features, names));
        match &mut self.out {
            Form::Csv(out) => {
                for cell in cells {
                    out.write_field(&*cell.written()).map_err(fault_of)?;
                }
                out.write_record(None::<&[u8]>).map_err(fault_of)?;
            }
            Form::JsonLines(out) => {
                let mut json = serde_json::Serializer::new(&mut *out);
                let mut map = json.serialize_map(None)?;
                for (column, cell) in self.columns.iter().zip(cells) {
                    let name = column.name();
                    match cell {
                        Cell::Empty => map.serialize_entry(name, &())?,
                        Cell::Plain(text) => map.serialize_entry(name, &text)?,
                        Cell::Free(text) => map.serialize_entry(name, text)?,
                        Cell::Whole(number) => map.serialize_entry(name, &number)?,
                        Cell::Single(number) => map.serialize_entry(name, &number)?,
                        Cell::Double(number) => map.serialize_entry(name, &number)?,
                        Cell::YesNo(yes) => map.serialize_entry(name, &yes)?,
                    }
                }
                map.end()?;
                out.write_all(b"\n")?;
            }
        }
        Ok(())
    }

    /// Passes a share over that is not wanted in the file but is part of its rig's past.
    pub fn pass_over(&mut self, entry: &ShareEntry) {
        self.replay.next(entry);
    }

    /// Writes what is still held back and gives the stream back.
    ///
    /// # Errors
    /// The stream fails.
    pub fn finish(self) -> io::Result<W> {
        match self.out {
            Form::Csv(mut out) => {
                out.flush()?;
                out.into_inner().map_err(|why| why.error().kind().into())
            }
            Form::JsonLines(mut out) => {
                out.flush()?;
                Ok(out)
            }
        }
    }
}

/// The stream's own fault, so that a reader that has gone away is known as such.
pub(super) fn fault_of(fault: csv::Error) -> io::Error {
    let told = fault.to_string();
    if let csv::ErrorKind::Io(why) = fault.into_kind() {
        why
    } else {
        io::Error::other(told)
    }
}
