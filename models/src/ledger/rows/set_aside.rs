//! A file of the rows that were not taken.

use std::io::{self, Write};

use super::reason::SetAside;
use super::text;
use super::writer::fault_of;

/// Writes rows that were set aside: `line,column,reason,raw`, so that they are found in the file
/// that they came from, mended and imported again.
///
/// `raw` is the line as it was, cut; bytes that are no text become `U+FFFD`, and a backslash
/// stands before what a spreadsheet would compute.
pub struct SetAsideWriter<W: Write>(csv::Writer<W>);

impl<W: Write> SetAsideWriter<W> {
    /// Begins a file with its first line.
    ///
    /// # Errors
    /// The stream fails.
    pub fn new(out: W) -> io::Result<Self> {
        let mut out = csv::WriterBuilder::new().from_writer(out);
        out.write_record(["line", "column", "reason", "raw"])
            .map_err(fault_of)?;
        Ok(Self(out))
    }

    /// Writes a row.
    ///
    /// # Errors
    /// The stream fails.
    pub fn write(&mut self, row: &SetAside) -> io::Result<()> {
        let raw = String::from_utf8_lossy(&row.raw);
        let column = row.column.as_deref().unwrap_or_default();
        let (line, reason) = (row.line.to_string(), row.reason.to_string());
        self.0
            .write_record([line.as_str(), column, &reason, &text::shown(&raw)])
            .map_err(fault_of)
    }

    /// Writes what is still held back and gives the stream back.
    ///
    /// # Errors
    /// The stream fails.
    pub fn finish(mut self) -> io::Result<W> {
        self.0.flush()?;
        self.0.into_inner().map_err(|why| why.error().kind().into())
    }
}
