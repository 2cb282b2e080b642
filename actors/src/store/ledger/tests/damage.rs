//! What damage costs, and what is told of it.

use super::*;

/// A closed ledger of one volume with so many shares, and the names of its files.
fn written(count: u64) -> TempDir {
    let folder = TempDir::new().unwrap();
    let mut ledger = open(folder.path(), 0);
    while ledger.last_seq() < count {
        let some = shares(ledger.last_seq() + 1, 10);
        ledger
            .commit(0, &some, &[journal_entry(ledger.last_journal_seq() + 1)])
            .unwrap();
        ledger.pack().unwrap();
    }
    // The next day seals the volume.
    ledger.commit(DAY_MS, &[], &[]).unwrap();
    ledger.close().unwrap();
    folder
}

fn database_file(ledger: &Path) -> PathBuf {
    ledger.join(Volume::first_of(Day(0)).to_string()).join("db")
}

const WRITTEN: u64 = 3_000;

/// What is read of a damaged ledger is true and in order.
fn assert_true(found: &[ShareEntry]) {
    assert!(found.windows(2).all(|pair| pair[0].seq < pair[1].seq));
    assert!(found.iter().all(|share| *share == share_entry(share.seq)));
}

#[test]
fn no_flipped_byte_costs_more_than_its_record_and_no_loss_goes_untold() {
    let whole = written(WRITTEN);
    let file = database_file(whole.path());
    let bytes = fs::read(&file).unwrap();
    let reader = LedgerReader::new(whole.path());
    let mut random = StdRng::seed_from_u64(1);
    for _ in 0..100 {
        let at = random.gen_range(0..bytes.len());
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << random.gen_range(0..8);
        fs::write(&file, damaged).unwrap();
        let (found, damage) = read(&reader);
        assert_true(&found);
        let missing = usize::try_from(WRITTEN).unwrap() - found.len();
        assert!(missing <= BLOCK_SHARES, "byte {at}: {missing} are missing");
        assert_eq!(damage.is_empty(), missing == 0, "byte {at}: {damage:?}");
    }
}

#[test]
fn a_record_that_is_damaged_wherever_it_stands_is_missed_by_its_numbers() {
    let whole = written(WRITTEN);
    let file = database_file(whole.path());
    let bytes = fs::read(&file).unwrap();
    let mut damaged = bytes.clone();
    // Block 641 to 704, in every place to which the database has written it.
    let mut copies = 0;
    for (at, frame) in Frame::scan(&bytes) {
        let shares = shares_in(&frame).unwrap_or_default();
        if shares.first().is_some_and(|share| share.seq == 641) {
            damaged[at + 40] ^= 4;
            copies += 1;
        }
    }
    assert!(copies > 0);
    fs::write(&file, damaged).unwrap();
    let (found, damage) = read(&LedgerReader::new(whole.path()));
    assert_true(&found);
    assert_eq!(
        found.len(),
        usize::try_from(WRITTEN).unwrap() - BLOCK_SHARES
    );
    let [damage] = &damage[..] else {
        panic!("{damage:?}");
    };
    assert!(
        damage
            .place
            .contains("1970-01-01, shares, numbers 641 to 704"),
        "{damage}"
    );
}

#[test]
fn a_flipped_byte_in_the_commit_log_costs_that_commit_and_is_told() {
    let folder = TempDir::new().unwrap();
    let mut ledger = open(folder.path(), 0);
    for from in (1..100).step_by(10) {
        ledger.commit(0, &shares(from, 10), &[]).unwrap();
    }
    let log = ledger.book.folder().join("commits");
    drop(ledger);
    let mut bytes = fs::read(&log).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&log, bytes).unwrap();
    let ledger = open(folder.path(), 0);
    let (found, _) = read(ledger.reader());
    assert_true(&found);
    assert_eq!((found.len(), ledger.last_seq()), (90, 100));
    let [damage] = ledger.damage() else {
        panic!("{:?}", ledger.damage());
    };
    assert!(damage.place.contains("commits, byte"), "{damage}");
}

#[test]
fn a_commit_that_a_kill_broke_off_is_no_damage_and_the_next_one_takes_its_place() {
    let folder = TempDir::new().unwrap();
    let mut ledger = open(folder.path(), 0);
    ledger.commit(0, &shares(1, 10), &[]).unwrap();
    let log = ledger.book.folder().join("commits");
    let whole = fs::metadata(&log).unwrap().len();
    ledger.commit(0, &shares(11, 10), &[]).unwrap();
    drop(ledger);
    let bytes = fs::read(&log).unwrap();
    for cut in (whole + 1..bytes.len() as u64).rev().step_by(7) {
        fs::write(&log, &bytes[..usize::try_from(cut).unwrap()]).unwrap();
        for _ in 0..2 {
            let mut ledger = open(folder.path(), 0);
            assert_eq!(ledger.damage(), [], "cut at {cut}");
            let next = ledger.last_seq() + 1;
            ledger.commit(0, &shares(next, 10), &[]).unwrap();
            let (found, damage) = read(ledger.reader());
            assert_true(&found);
            assert_eq!((found.len() as u64, damage.len()), (next + 9, 0));
        }
    }
}

#[test]
fn a_torn_file_costs_what_was_torn_off_and_that_is_told() {
    let whole = written(WRITTEN);
    let file = database_file(whole.path());
    let bytes = fs::read(&file).unwrap();
    for eighths in 1..8 {
        let kept = &bytes[..bytes.len() * eighths / 8 + 7];
        let there: BTreeSet<u64> = Frame::scan(kept)
            .flat_map(|(_, frame)| shares_in(&frame).unwrap_or_default())
            .map(|share| share.seq)
            .collect();
        fs::write(&file, kept).unwrap();
        let (found, damage) = read(&LedgerReader::new(whole.path()));
        assert_true(&found);
        assert_eq!(found.len(), there.len());
        assert_eq!(damage.is_empty(), there.len() as u64 == WRITTEN);
    }
}

#[test]
fn a_daemon_starts_on_a_damaged_volume_with_all_that_can_be_found() {
    let folder = TempDir::new().unwrap();
    let mut ledger = open(folder.path(), 0);
    for from in (1..=WRITTEN).step_by(10) {
        ledger
            .commit(0, &shares(from, 10), &[journal_entry(from)])
            .unwrap();
        ledger.pack().unwrap();
    }
    ledger.close().unwrap();
    // Opened once more, the database has a snapshot, without which it takes what it can't read for
    // the end of what was written.
    drop(open(folder.path(), 0));
    let file = database_file(folder.path());
    let mut bytes = fs::read(&file).unwrap();
    for segment in (0..bytes.len()).step_by(512 << 10) {
        bytes[segment] ^= 0xff;
    }
    fs::write(&file, bytes).unwrap();

    let (mut ledger, mended) = Ledger::open(folder.path(), 0, KEEP_ALL).unwrap();
    if let Some(mended) = mended {
        assert_eq!(mended.shares, WRITTEN);
        assert!(mended.moved_to.exists());
    }
    let (found, damage) = read(ledger.reader());
    assert_eq!((found.len() as u64, damage.len()), (WRITTEN, 0));
    ledger.commit(0, &shares(WRITTEN + 1, 10), &[]).unwrap();
    assert_eq!(read(ledger.reader()).0.len() as u64, WRITTEN + 10);
}

#[test]
fn a_volume_that_lost_records_is_made_anew_from_the_rest() {
    let whole = written(WRITTEN);
    let file = database_file(whole.path());
    let mut bytes = fs::read(&file).unwrap();
    for at in (0..bytes.len()).step_by(5_000) {
        bytes[at] ^= 1;
    }
    fs::write(&file, bytes).unwrap();
    let (before, _) = read(&LedgerReader::new(whole.path()));
    assert!(before.len() > 100 && (before.len() as u64) < WRITTEN);
    let mended = mend(whole.path(), Volume::first_of(Day(0)), "test").unwrap();
    assert_eq!(mended.shares, before.len() as u64);
    let (after, _) = read(&LedgerReader::new(whole.path()));
    assert_eq!(after, before);
}
