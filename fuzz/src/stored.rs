//! Files of the store after a crash, a full disk or a hand that meant well.

use std::io::BufReader;

use zartrux_models::ledger::rows::{Format, LINE_MAX, Replay, RowReader, RowWriter, UpstreamList};
use zartrux_models::ledger::{
    Cell, FRAME_ENTRIES, Frame, JournalEntry, Kind, Level, Mark, OpenCells, Page, RigEntry,
    RigRecord, ShareEntry, Tenancy, read_journal, read_shares, write_block, write_journal,
    write_tail,
};
use zartrux_models::share::RigKey;

use crate::Reached;
use crate::words::assert_one_line;

/// Reads what the store reads. The first byte of `data` says what: `t` a frame of shares, `b` a
/// packed one, `j` one of the journal, `r` a rig, `p` a page of counters, `m` a mark, each with its
/// schema in the second byte and its body in the rest, so that no checksum has to be guessed; anything
/// else a file of frames as it is.
///
/// # Panics
/// What was read is not what is written of it; more is kept than may be; a fault without words; a
/// share that no file of rows can hold.
pub fn stored(data: &[u8]) -> Reached {
    let (which, schema, body) = match data {
        [
            which @ (b't' | b'b' | b'j' | b'r' | b'p' | b'm'),
            schema,
            body @ ..,
        ] => (*which, *schema, body),
        _ => return file(data),
    };
    let framed = |kind| Frame::wrap(kind, schema, |out| out.extend_from_slice(body));
    let reached = match which {
        b't' => shares(&framed(Kind::Tail), "shares"),
        b'b' => shares(&framed(Kind::Block), "packed shares"),
        b'j' => journal(&framed(Kind::Journal)),
        b'r' => rig(&framed(Kind::Rig)),
        b'p' => page(&framed(Kind::Rollup)),
        _ => mark(&framed(Kind::Mark)),
    };
    Reached::from([reached])
}

/// Frames between bytes that are none.
fn file(bytes: &[u8]) -> Reached {
    let mut end = 0;
    let mut reached = Reached::new();
    for (at, frame) in Frame::scan(bytes) {
        assert!(at >= end, "frames overlap");
        end = at + frame.length();
        let whole = &bytes[at..end];
        assert_eq!(Frame::read(whole).as_ref(), Ok(&frame));
        assert!(!Frame::is_begun_by(whole));
        assert!(whole.len() < 3 || Frame::is_begun_by(&whole[..whole.len() - 1]));
        let again = Frame::wrap(frame.kind, frame.schema, |out| {
            out.extend_from_slice(frame.body);
        });
        assert_eq!(again, whole);
        reached.insert("frame");
        let _ = (read_shares(whole), read_journal(whole));
    }
    assert!(end <= bytes.len());
    if let Err(fault) = Frame::read(bytes) {
        assert_one_line(&fault.to_string());
        reached.insert("no frame");
    }
    if Frame::is_begun_by(bytes) {
        reached.insert("begun");
    }
    reached
}

fn shares(bytes: &[u8], kind: &'static str) -> &'static str {
    let entries = match read_shares(bytes) {
        Ok(entries) => entries,
        Err(fault) => {
            assert_one_line(&fault.to_string());
            return "bad shares";
        }
    };
    for entry in &entries {
        assert!(entry.job.len() <= ShareEntry::TEXT_MAX);
    }
    // Numbers that are none are unequal to themselves, so bytes are compared.
    let tail = write_tail(&entries);
    if tail.len() <= Frame::BODY_MAX {
        let again = read_shares(&tail).expect("we wrote it");
        assert_eq!(again.len(), entries.len());
        assert_eq!(write_tail(&again), tail);
        let packed = read_shares(&write_block(&entries)).expect("we wrote it");
        assert_eq!(write_tail(&packed), tail);
    }
    counted(&entries);
    for format in [Format::Csv, Format::JsonLines] {
        exported(&entries, format);
    }
    kind
}

/// Counters, the odometer and a rig's entry take any share.
fn counted(entries: &[ShareEntry]) {
    let mut rig = RigEntry::new(RigKey(7), 0);
    let mut all = Cell::default();
    let mut open = OpenCells::default();
    for entry in entries {
        let counted = rig.apply(entry);
        open.add(Level::Minute.cell_start(entry.unix_ms), &counted);
        all.merge(&counted);
    }
    assert_eq!(all.shares(), rig.lifetime.shares());
    assert!(rig.first_seen_ms <= rig.last_seen_ms);
    let written = RigRecord::bytes_of(&rig, &open);
    let read = RigRecord::from_bytes(&written).expect("we wrote it");
    assert_eq!(read.to_bytes(), written);
    assert_eq!(read.open, open);
}

/// A file of rows has a line for each share, and each line is read or set aside.
fn exported(entries: &[ShareEntry], format: Format) {
    let mut names = UpstreamList::new(vec!["=a\n\"b,".into(), "pool.example:3333".into()]);
    let mut writer =
        RowWriter::new(format, Vec::new(), Replay::new(2)).expect("memory does not fail");
    for entry in entries {
        writer.write(entry, &names).expect("memory does not fail");
    }
    let written = writer.finish().expect("memory does not fail");
    let lines = written.split(|byte| *byte == b'\n');
    assert!(lines.into_iter().all(|line| line.len() < LINE_MAX));
    let mut reader = RowReader::new(format, BufReader::new(&*written)).expect("our own header");
    while let Some(row) = reader.next_row(&mut names).expect("memory does not fail") {
        drop(row);
    }
    assert_eq!(reader.counts().rows, entries.len() as u64);
}

fn journal(bytes: &[u8]) -> &'static str {
    let entries = match read_journal(bytes) {
        Ok(entries) => entries,
        Err(fault) => {
            assert_one_line(&fault.to_string());
            return "bad journal";
        }
    };
    for part in entries.chunks(FRAME_ENTRIES) {
        let written = write_journal(part);
        assert!(written.len() <= Frame::BODY_MAX);
        let again = read_journal(&written).expect("we wrote it");
        assert_eq!(write_journal(&again), written);
    }
    replayed(&entries);
    "journal"
}

/// Who held what is told of any journal, or where it contradicts itself.
fn replayed(entries: &[JournalEntry]) {
    let mut tenancy = Tenancy::default();
    for entry in entries {
        if let Err(clash) = tenancy.apply(entry) {
            assert_one_line(&clash.to_string());
        }
    }
    let last = entries.iter().map(|entry| entry.unix_ms).max();
    let _ = Tenancy::at(entries, last.unwrap_or_default());
}

fn rig(bytes: &[u8]) -> &'static str {
    match RigRecord::from_bytes(bytes) {
        Ok(record) => {
            let written = record.to_bytes();
            assert_eq!(
                RigRecord::from_bytes(&written)
                    .expect("we wrote it")
                    .to_bytes(),
                written
            );
            assert_eq!(record.open.cells().count(), record.open.len());
            let rig = record.rig;
            assert!(rig.names.user.len() <= zartrux_models::ledger::Names::MAX);
            assert!(rig.algorithms.len() <= RigEntry::ALGORITHMS_MAX);
            let states = rig.filters.iter().flatten();
            assert!(
                states
                    .clone()
                    .all(|state| state.len() <= RigEntry::FILTER_MAX)
            );
            assert!(
                rig.standing
                    .is_none_or(|kept| kept.len() <= RigEntry::STANDING_MAX)
            );
            "rig"
        }
        Err(fault) => {
            assert_one_line(&fault.to_string());
            "bad rig"
        }
    }
}

fn page(bytes: &[u8]) -> &'static str {
    match Page::from_bytes(bytes) {
        Ok(page) => {
            let written = page.to_bytes();
            assert_eq!(Page::from_bytes(&written).as_ref(), Ok(&page));
            let mut sum = Cell::default();
            let mut last = None;
            for (at, cell) in page.cells() {
                assert!(last.is_none_or(|last| last <= at), "out of order");
                assert!(page.key.start_ms <= at && at <= page.key.end_ms());
                last = Some(at);
                sum.merge(cell);
            }
            let _ = (sum.shares(), sum.good());
            "page"
        }
        Err(fault) => {
            assert_one_line(&fault.to_string());
            "bad page"
        }
    }
}

fn mark(bytes: &[u8]) -> &'static str {
    match Mark::from_bytes(bytes) {
        Ok(mark) => {
            assert_eq!(Mark::from_bytes(&mark.to_bytes()), Ok(mark));
            "mark"
        }
        Err(fault) => {
            assert_one_line(&fault.to_string());
            "bad mark"
        }
    }
}
