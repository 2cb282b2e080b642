//! What was written reads back, and what others write is read as far as it says anything.

use proptest::prelude::*;

use super::*;
use crate::ledger::tests::any_entry;
use crate::ledger::{Outcome, StageSaid};
use crate::share::{RefusalReason, RigKey, TargetClass};
use crate::stratum::ErrorClass;
use crate::work::Nonce;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_shares_read_back_from_csv(entries in proptest::collection::vec(any_entry(), 0..8)) {
        prop_assert_eq!(shares(Format::Csv, &written(Format::Csv, &entries)), entries);
    }

    #[test]
    fn any_shares_read_back_from_json(entries in proptest::collection::vec(any_entry(), 0..8)) {
        prop_assert_eq!(shares(Format::JsonLines, &written(Format::JsonLines, &entries)), entries);
    }

    #[test]
    fn a_row_is_a_line_and_far_below_the_limit(entry in any_entry()) {
        let file = written(Format::Csv, std::slice::from_ref(&entry));
        prop_assert_eq!(file.iter().filter(|byte| **byte == b'\n').count(), 2);
        prop_assert!(file.split(|byte| *byte == b'\n').all(|line| line.len() < LINE_MAX / 10));
        let file = written(Format::JsonLines, &[entry]);
        prop_assert_eq!(file.iter().filter(|byte| **byte == b'\n').count(), 1);
        prop_assert!(file.len() < LINE_MAX / 10);
    }
}

const LEAST: &str = "rig,difficulty,verdict,timestamp\n\
                     00000000000000ff,1000,rejected:stale,2026-11-24T15:44:26.123Z\n";

#[test]
fn four_columns_in_any_order_make_a_share() {
    let share = shares(Format::Csv, LEAST.as_bytes()).remove(0);
    assert_eq!(share.rig, RigKey(255));
    assert_eq!(share.asked.get(), 1000);
    assert_eq!(share.unix_ms, 1_795_535_066_123);
    let text = Box::default();
    let class = ErrorClass::Stale;
    assert_eq!(share.outcome, Outcome::Rejected { class, text });
    // As if nothing else had been known.
    assert!(share.flags.imported);
    assert_eq!(share.class, TargetClass::Local);
    assert_eq!(share.evidence, [StageSaid::Unavailable; 6]);
    assert_eq!((share.nonce, share.id, share.ruled), (None, None, None));
}

#[test]
fn an_object_with_four_names_makes_a_share() {
    let line = r#"{"difficulty":1000,"rig":"00000000000000ff","verdict":"rejected:stale","timestamp":1795535066123}"#;
    assert_eq!(
        shares(Format::JsonLines, line.as_bytes()),
        shares(Format::Csv, LEAST.as_bytes())
    );
}

#[test]
fn names_that_stand_for_nothing_are_told_once_and_ignored() {
    let file = LEAST
        .replace("rig,", "mood,rig,")
        .replace("00000000000000ff", "fine,00000000000000ff");
    let mut reader = RowReader::new(Format::Csv, file.as_bytes()).unwrap();
    assert_eq!(reader.unknown_columns(), ["mood".into()]);
    let row = reader.next_row(&mut Numbers).unwrap().unwrap();
    assert!(matches!(row, Row::Share { line: 2, .. }), "{row:?}");

    let line =
        r#"{"mood":"fine","rig":"00000000000000ff","difficulty":1,"verdict":"held","timestamp":1}"#;
    let file = format!("{line}\n{line}\n");
    let mut reader = RowReader::new(Format::JsonLines, file.as_bytes()).unwrap();
    while reader.next_row(&mut Numbers).unwrap().is_some() {}
    assert_eq!(reader.unknown_columns(), ["mood".into()]);
    assert_eq!(reader.counts().read, 2);
}

#[test]
fn what_a_spreadsheet_saved_is_read() {
    let file = format!("\u{feff}{}", LEAST.replace('\n', "\r\n"));
    assert_eq!(
        shares(Format::Csv, file.as_bytes()),
        shares(Format::Csv, LEAST.as_bytes())
    );
}

#[test]
fn a_bad_row_says_where_and_why_and_the_next_is_read() {
    let file = format!("{LEAST}zz,0,accepted,1\n00000000000000ff,1,held,1\n");
    let (rows, counts) = rows(Format::Csv, file.as_bytes());
    assert_eq!((counts.rows, counts.read, counts.set_aside), (3, 2, 1));
    let Row::SetAside(row) = &rows[1] else {
        panic!("{rows:?}");
    };
    assert_eq!(row.line, 3);
    assert_eq!(row.column.as_deref(), Some("rig"));
    assert_eq!(row.reason, Reason::NotHex("16"));
    assert_eq!(&*row.raw, b"zz,0,accepted,1");
}

#[test]
fn rows_that_say_too_little_or_too_much_are_set_aside() {
    let head = "timestamp,rig,verdict,difficulty,rule,told,proof,proof_took_us,job\n";
    for (row, column, reason) in [
        (
            ",00000000000000ff,held,1,,,,,",
            "timestamp",
            Reason::Missing,
        ),
        ("1,,held,1,,,,,", "rig", Reason::Missing),
        ("1,00000000000000ff,,1,,,,,", "verdict", Reason::Missing),
        (
            "1,00000000000000ff,refused,1,,,,,",
            "verdict",
            Reason::WithoutReason,
        ),
        (
            "1,00000000000000ff,held,,,,,,",
            "difficulty",
            Reason::Missing,
        ),
        (
            "1,00000000000000ff,held,1,sampled,,,,",
            "rule",
            Reason::Alone("told"),
        ),
        (
            "1,00000000000000ff,held,1,,wait,,,",
            "told",
            Reason::Alone("rule"),
        ),
        (
            "1,00000000000000ff,held,1,,,,7,",
            "proof_took_us",
            Reason::Alone("proof"),
        ),
        (
            "1,00000000000000ff,held,1,,,perhaps,,",
            "proof",
            Reason::UnknownName("proof"),
        ),
        (
            "yesterday,00000000000000ff,held,1,,,,,",
            "timestamp",
            Reason::NotATime,
        ),
    ] {
        let told = set_aside(Format::Csv, &format!("{head}{row}\n"));
        assert_eq!(told, (Some(column.to_owned()), reason), "{row}");
    }
    let long = format!("{head}1,00000000000000ff,held,1,,,,,{}\n", "j".repeat(201));
    assert_eq!(
        set_aside(Format::Csv, &long),
        (Some("job".to_owned()), Reason::TextTooLong)
    );
    let zero = format!("{head}1,00000000000000ff,held,0,,,,,\n");
    let most = u64::MAX;
    assert_eq!(
        set_aside(Format::Csv, &zero).1,
        Reason::NotWhole { least: 1, most }
    );
}

#[test]
fn a_header_without_what_a_share_needs_is_refused_in_words() {
    let refusal = |file: &str| RowReader::new(Format::Csv, file.as_bytes()).err().unwrap();
    assert!(matches!(refusal(""), BadHeader::Empty));
    assert!(matches!(
        refusal("timestamp;rig;verdict"),
        BadHeader::Missing("timestamp")
    ));
    assert!(matches!(refusal("timestamp,rig,rig"), BadHeader::Twice(_)));
    assert!(matches!(
        refusal(&",".repeat(300)),
        BadHeader::TooManyColumns(_)
    ));
    assert!(matches!(refusal(&"x".repeat(65)), BadHeader::LongName(1)));
    assert!(matches!(
        refusal("\"timestamp"),
        BadHeader::Line(Reason::OpenQuote)
    ));
}

#[test]
fn words_of_others_are_no_formulas_in_a_spreadsheet_and_read_back() {
    let mut share = shares(Format::Csv, LEAST.as_bytes()).remove(0);
    share.job = "=cmd|' /C calc'!A0".into();
    share.outcome = Outcome::Rejected {
        class: ErrorClass::Unknown,
        text: "@SUM(1,\"2\")\r\n\0".into(),
    };
    let file = written(Format::Csv, std::slice::from_ref(&share));
    let text = String::from_utf8(file.clone()).unwrap();
    assert!(text.contains(",\\=cmd|"), "{text}");
    assert!(text.contains(r#","\@SUM(1,""2"")\r\n"#), "{text}");
    assert_eq!(shares(Format::Csv, &file), [share]);
}

#[test]
fn an_upstream_has_its_name_in_files_and_gets_a_number_in_another_ledger() {
    let mut share = shares(Format::Csv, LEAST.as_bytes()).remove(0);
    share.upstream = Some(UpstreamId(1));
    let here = UpstreamList::new(vec!["a.example".into(), "b.example".into()]);
    let mut writer = RowWriter::new(Format::Csv, Vec::new(), Replay::default()).unwrap();
    writer.write(&share, &here).unwrap();
    let file = writer.finish().unwrap();
    let mut there = UpstreamList::default();
    let mut reader = RowReader::new(Format::Csv, file.as_slice()).unwrap();
    let row = reader.next_row(&mut there).unwrap();
    let Some(Row::Share { entry, .. }) = row else {
        panic!("{row:?}");
    };
    assert_eq!(entry.upstream, Some(UpstreamId(0)));
    assert_eq!(there.name_of(UpstreamId(0)), Some("b.example"));
}

#[test]
fn what_follows_from_the_rest_is_computed_and_not_read() {
    let mut share = shares(Format::Csv, LEAST.as_bytes()).remove(0);
    share.nonce = Some(Nonce::new([0x40, 0x81, 0, 7]));
    share.outcome = Outcome::Refused(RefusalReason::InvalidResult);
    let file = String::from_utf8(written(Format::Csv, std::slice::from_ref(&share))).unwrap();
    assert!(file.contains(",33088,"), "{file}");
    let changed = file.replace(",33088,", ",99,");
    assert_eq!(shares(Format::Csv, changed.as_bytes()), [share]);
}

#[test]
fn a_file_of_set_aside_rows_names_line_column_and_reason() {
    let file = "timestamp,rig,verdict,difficulty\n=1+1,\"x\n1,2\n";
    let (rows, _) = rows(Format::Csv, file.as_bytes());
    let mut writer = SetAsideWriter::new(Vec::new()).unwrap();
    for row in &rows {
        let Row::SetAside(row) = row else {
            panic!("{row:?}");
        };
        writer.write(row).unwrap();
    }
    let told = String::from_utf8(writer.finish().unwrap()).unwrap();
    assert_eq!(
        told,
        "line,column,reason,raw\n\
         2,,a quote is not closed on the same line; a break of line in a text is written \\n,\
         \"\\=1+1,\"\"x\"\n\
         3,rig,is not 16 hexadecimal digits; a spreadsheet may have made a number of it,\"1,2\"\n"
    );
}

/// Takes some bytes, and then nobody reads on.
struct Closing(usize);

impl std::io::Write for Closing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self.0.checked_sub(bytes.len()) {
            Some(left) => self.0 = left,
            None => return Err(std::io::ErrorKind::BrokenPipe.into()),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_that_has_gone_away_is_known_as_such_in_both_formats() {
    let share = shares(Format::Csv, LEAST.as_bytes()).remove(0);
    for format in [Format::Csv, Format::JsonLines] {
        let mut writer = RowWriter::new(format, Closing(40_000), Replay::default()).unwrap();
        let fault = (0..1_000).find_map(|_| writer.write(&share, &Numbers).err());
        assert_eq!(fault.unwrap().kind(), std::io::ErrorKind::BrokenPipe);
    }
}
