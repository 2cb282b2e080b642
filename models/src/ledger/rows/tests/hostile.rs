//! Bytes of any kind: every row is read or set aside, and nothing is lost count of.

use proptest::prelude::*;

use super::*;
use crate::ledger::tests::any_entry;

/// Reads whatever it is; the rows add up and what was kept of them is bounded.
fn check(format: Format, file: &[u8]) -> Result<Counts, TestCaseError> {
    let Ok(mut reader) = RowReader::new(format, file) else {
        return Ok(Counts::default());
    };
    let mut names = UpstreamList::default();
    let mut aside = SetAsideWriter::new(Vec::new()).unwrap();
    let mut last = 0;
    let (mut read, mut set_aside) = (Vec::new(), 0);
    while let Some(row) = reader.next_row(&mut names).unwrap() {
        let line = match row {
            Row::Share { line, entry } => {
                read.push(*entry);
                line
            }
            Row::SetAside(row) => {
                set_aside += 1;
                prop_assert!(row.raw.len() <= RAW_MAX);
                aside.write(&row).unwrap();
                row.line
            }
        };
        prop_assert!(line > last);
        last = line;
    }
    let counts = reader.counts();
    let blank_or_not = file.split(|byte| *byte == b'\n').count();
    prop_assert!(counts.rows <= blank_or_not as u64);
    prop_assert_eq!(counts.read, read.len() as u64);
    prop_assert_eq!(counts.set_aside, set_aside);
    prop_assert_eq!(counts.rows, counts.read + counts.set_aside);
    prop_assert!(reader.unknown_columns().len() <= UNKNOWN_MAX);
    // Whatever was read can be written and read again.
    for format in [Format::Csv, Format::JsonLines] {
        let mut writer = RowWriter::new(format, Vec::new(), Replay::new(2)).unwrap();
        for entry in &read {
            writer.write(entry, &names).unwrap();
        }
        let again = writer.finish().unwrap();
        let mut reader = RowReader::new(format, again.as_slice()).unwrap();
        for entry in &read {
            match reader.next_row(&mut names).unwrap() {
                Some(Row::Share { entry: again, .. }) => prop_assert_eq!(&*again, entry),
                other => prop_assert!(false, "{:?}", other),
            }
        }
    }
    Ok(counts)
}

const HEADER: &str = "timestamp,rig,verdict,difficulty,job,entropy,pool_said\n";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes_are_read_or_set_aside(
        body in proptest::collection::vec(any::<u8>(), 0..400), json: bool,
    ) {
        if json {
            check(Format::JsonLines, &body)?;
        } else {
            check(Format::Csv, &body)?;
            check(Format::Csv, &[HEADER.as_bytes(), &body].concat())?;
        }
    }

    #[test]
    fn any_marks_are_read_or_set_aside(body in "[,\"\n\r\\\\=1a\0é]{0,200}") {
        check(Format::Csv, &[HEADER.as_bytes(), body.as_bytes()].concat())?;
    }

    #[test]
    fn damaged_files_lose_no_more_than_the_damaged_rows(
        entries in proptest::collection::vec(any_entry(), 1..6),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        json: bool,
    ) {
        let format = if json { Format::JsonLines } else { Format::Csv };
        let mut file = written(format, &entries);
        let header = if json { 0 } else { file.iter().position(|byte| *byte == b'\n').unwrap() + 1 };
        let mut hit = 0;
        for (at, byte) in damage {
            let at = header + at.index(file.len() - header);
            // A line that is split or joined to the next counts as another.
            if file[at] != b'\n' && byte != b'\n' {
                file[at] = byte;
                hit += 1;
            }
        }
        let counts = check(format, &file)?;
        prop_assert_eq!(counts.rows, entries.len() as u64);
        prop_assert!(counts.set_aside <= hit);
    }

    #[test]
    fn files_cut_anywhere_are_read_up_to_there(
        entries in proptest::collection::vec(any_entry(), 1..4), cut: prop::sample::Index, json: bool,
    ) {
        let format = if json { Format::JsonLines } else { Format::Csv };
        let file = written(format, &entries);
        let counts = check(format, &file[..cut.index(file.len())])?;
        prop_assert!(counts.set_aside <= 1);
    }
}

#[test]
fn an_endless_line_is_one_row_set_aside() {
    let mut file = HEADER.as_bytes().to_vec();
    file.extend(vec![b'"'; 5 * LINE_MAX]);
    file.extend(b"\n1,00000000000000ff,held,1,,,\n");
    let (rows, counts) = rows(Format::Csv, &file);
    assert_eq!((counts.read, counts.set_aside), (1, 1));
    assert!(matches!(&rows[0], Row::SetAside(row) if row.reason == Reason::LineTooLong));
}

#[test]
fn an_object_that_gives_a_name_twice_or_nests_is_set_aside() {
    let row = |more: &str| {
        format!(
            r#"{{"timestamp":1,"rig":"00000000000000ff","verdict":"held","difficulty":1{more}}}"#
        )
    };
    let told = set_aside(Format::JsonLines, &row(r#","job":"a","job":"b""#));
    assert_eq!(told, (Some("job".to_owned()), Reason::GivenTwice));
    let told = set_aside(Format::JsonLines, &row(r#","job":["a"]"#));
    assert_eq!(told, (Some("job".to_owned()), Reason::NotAValue));
    let many: String = (0..300).map(|number| format!(",\"x{number}\":1")).collect();
    assert_eq!(
        set_aside(Format::JsonLines, &row(&many)),
        (None, Reason::TooManyNames)
    );
}

#[test]
fn upstreams_without_end_are_set_aside_and_not_kept() {
    let mut file = b"timestamp,rig,verdict,difficulty,upstream\n".to_vec();
    for number in 0..=UpstreamList::MOST {
        file.extend(format!("1,00000000000000ff,held,1,pool-{number}\n").into_bytes());
    }
    let mut reader = RowReader::new(Format::Csv, file.as_slice()).unwrap();
    let mut names = UpstreamList::default();
    while reader.next_row(&mut names).unwrap().is_some() {}
    assert_eq!(reader.counts().set_aside, 1);
}
