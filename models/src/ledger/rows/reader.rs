//! Rows in, shares out.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, BufRead};

use super::cells::Cells;
use super::column::Column;
use super::draft::Draft;
use super::lines::{Line, Lines};
use super::object::{self, Object};
use super::reason::{BadHeader, Fault, Reason, SetAside};
use super::{COLUMNS_MAX, Format, NAME_MAX, RAW_MAX, UNKNOWN_MAX, UpstreamNames, text};
use crate::ledger::ShareEntry;

/// What became of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Row {
    /// It is a share.
    Share {
        /// Its line in the file, from 1.
        line: u64,
        /// The share.
        entry: Box<ShareEntry>,
    },
    /// It is not.
    SetAside(Box<SetAside>),
}

/// How many rows there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Rows that were looked at: read and set aside.
    pub rows: u64,
    /// Rows that are shares.
    pub read: u64,
    /// Rows that are not.
    pub set_aside: u64,
}

/// Reads shares from a stream, a row at a time and in constant memory.
pub struct RowReader<R> {
    lines: Lines<R>,
    form: Form,
    unknown: Vec<Box<str>>,
    counts: Counts,
}

enum Form {
    Csv {
        cells: Box<Cells>,
        /// By place; none where the name is unknown.
        columns: Vec<Option<Column>>,
    },
    JsonLines(HashMap<&'static str, (usize, Column)>),
}

impl<R: BufRead> RowReader<R> {
    /// Begins to read; of CSV this takes the first line, which orders the columns.
    ///
    /// # Errors
    /// The stream fails, or its first line is no header that names what a share cannot be without.
    pub fn new(format: Format, input: R) -> Result<Self, BadHeader> {
        let mut reader = Self {
            lines: Lines::new(input),
            form: Form::JsonLines(HashMap::new()),
            unknown: Vec::new(),
            counts: Counts::default(),
        };
        reader.form = match format {
            Format::Csv => {
                let mut cells = Box::new(Cells::new());
                let line = reader.lines.next()?.ok_or(BadHeader::Empty)?;
                let columns = header(&mut cells, line, &mut reader.unknown)?;
                Form::Csv { cells, columns }
            }
            Format::JsonLines => Form::JsonLines(
                Column::all()
                    .into_iter()
                    .enumerate()
                    .map(|(place, column)| (column.name(), (place, column)))
                    .collect(),
            ),
        };
        Ok(reader)
    }

    /// The next row; none at the end. Names of upstreams get their numbers from `names`.
    ///
    /// # Errors
    /// The stream fails.
    pub fn next_row(&mut self, names: &mut impl UpstreamNames) -> io::Result<Option<Row>> {
        let Some(line) = self.lines.next()? else {
            return Ok(None);
        };
        self.counts.rows += 1;
        let read = if line.is_cut {
            Err(Fault::from(Reason::LineTooLong))
        } else {
            match &mut self.form {
                Form::Csv { cells, columns } => of_cells(cells, columns, line.bytes, names),
                Form::JsonLines(columns) => {
                    of_object(columns, &mut self.unknown, line.bytes, names)
                }
            }
        };
        Ok(Some(match read {
            Ok(entry) => {
                self.counts.read += 1;
                Row::Share {
                    line: line.number,
                    entry: Box::new(entry),
                }
            }
            Err(Fault { column, reason }) => {
                self.counts.set_aside += 1;
                let raw = line.bytes.get(..RAW_MAX).unwrap_or(line.bytes);
                Row::SetAside(Box::new(SetAside {
                    line: line.number,
                    column,
                    reason,
                    raw: raw.into(),
                }))
            }
        }))
    }

    /// Rows up to now.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// Names that stand for no column, each once, as they were met up to now: what stood there is
    /// ignored. Someone else's words, of which [`UNKNOWN_MAX`] are kept.
    #[must_use]
    pub fn unknown_columns(&self) -> &[Box<str>] {
        &self.unknown
    }
}

fn header(
    cells: &mut Cells,
    line: Line<'_>,
    unknown: &mut Vec<Box<str>>,
) -> Result<Vec<Option<Column>>, BadHeader> {
    if line.is_cut {
        return Err(BadHeader::Line(Reason::LineTooLong));
    }
    let mut columns = Vec::new();
    for (place, cell) in cells.split(line.bytes).map_err(bad_line)?.enumerate() {
        let name = str::from_utf8(cell).map_err(|_| BadHeader::Line(Reason::NotUtf8))?;
        let name = name.trim_ascii();
        if name.len() > NAME_MAX {
            return Err(BadHeader::LongName(place + 1));
        }
        let column = Column::named(name);
        if column.is_some() && columns.contains(&column) {
            return Err(BadHeader::Twice(name.into()));
        }
        if column.is_none() {
            note(unknown, name);
        }
        columns.push(column);
    }
    if columns.len() > COLUMNS_MAX {
        return Err(BadHeader::TooManyColumns(columns.len()));
    }
    for required in Column::REQUIRED {
        if !columns.contains(&Some(required)) {
            return Err(BadHeader::Missing(required.name()));
        }
    }
    Ok(columns)
}

fn bad_line(reason: Reason) -> BadHeader {
    if let Reason::Cells { found, .. } = reason {
        BadHeader::TooManyColumns(found)
    } else {
        BadHeader::Line(reason)
    }
}

/// Notes a name that stands for nothing, once; one without letters is only a gap.
fn note(unknown: &mut Vec<Box<str>>, name: &str) {
    let is_new = unknown.len() < UNKNOWN_MAX && !unknown.iter().any(|noted| **noted == *name);
    if is_new && !name.is_empty() && name.len() <= NAME_MAX {
        unknown.push(name.into());
    }
}

fn of_cells(
    cells: &mut Cells,
    columns: &[Option<Column>],
    line: &[u8],
    names: &mut impl UpstreamNames,
) -> Result<ShareEntry, Fault> {
    let mut draft = Draft::new();
    let mut places = columns.iter();
    let mut found = 0;
    for cell in cells.split(line)? {
        found += 1;
        let Some(Some(column)) = places.next() else {
            continue;
        };
        let fault = |reason| Fault::of(column.name(), reason);
        let cell = str::from_utf8(cell).map_err(|_| fault(Reason::NotUtf8))?;
        let cell = if column.is_free_text() {
            text::read(cell)
        } else {
            Cow::Borrowed(cell)
        };
        draft.put(*column, &cell, names).map_err(fault)?;
    }
    if found != columns.len() {
        let expected = columns.len();
        return Err(Reason::Cells { found, expected }.into());
    }
    draft.finish()
}

fn of_object(
    columns: &HashMap<&'static str, (usize, Column)>,
    unknown: &mut Vec<Box<str>>,
    line: &[u8],
    names: &mut impl UpstreamNames,
) -> Result<ShareEntry, Fault> {
    let line = str::from_utf8(line).map_err(|_| Reason::NotUtf8)?;
    let object = Object::of(line)?;
    if object.0.len() > COLUMNS_MAX {
        return Err(Reason::TooManyNames.into());
    }
    let mut draft = Draft::new();
    let mut given = [false; COLUMNS_MAX];
    for (name, value) in &object.0 {
        let Some((place, column)) = columns.get(&**name) else {
            note(unknown, name);
            continue;
        };
        let fault = |reason| Fault::of(column.name(), reason);
        if let Some(given) = given.get_mut(*place)
            && std::mem::replace(given, true)
        {
            return Err(fault(Reason::GivenTwice));
        }
        let cell = object::plain(value).map_err(fault)?;
        draft.put(*column, &cell, names).map_err(fault)?;
    }
    draft.finish()
}
