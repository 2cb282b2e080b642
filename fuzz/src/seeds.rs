//! Inputs for the corpus that are made, where none was recorded.

use zartrux_models::filter::{Cause, Stage};
use zartrux_models::ledger::rows::{Format, Row, RowReader, UpstreamList};
use zartrux_models::ledger::{
    AlertKind, Arm, BlockFate, Frame, JournalEntry, JournalEvent, LeaseEnd, Level, Mark,
    ModelChange, ModelSlot, Names, OpenCells, Owner, Page, PageKey, RigEntry, RigRecord,
    ShareEntry, UpstreamId, write_block, write_journal, write_tail,
};
use zartrux_models::plan::SeatKey;
use zartrux_models::share::{RigKey, ShareId};
use zartrux_models::work::{BlockId, PoolKey, Slot};

use crate::rig_states;

/// Name and bytes of an input.
pub type Seed = (String, Vec<u8>);

const UNIX_MS: u64 = 1_796_000_000_000;

/// Shares as they are exported, a JSON object a line.
const SHARES: [&str; 4] = [
    r#"{"timestamp":"2026-11-24T15:44:26.123Z","nonce":"408100b2","job":"JhhUuRSTsWh0","rig":"123456789abcdef0","arm":"control","age":17,"difficulty":120001,"late":true,"verdict":"rejected:stale","pool_said":"Block expired","seq":7,"node":1,"run":12,"id":"1000000000007","upstream":"pool.example:3333","job_key":4321,"block_height":3300000,"found":250123,"rate":4000.5,"class":"upstream","corrected":true,"imported":false,"entropy":"biased_bytes:-0.4","pace":"no_opinion","rule":"upstream","told":"prove_first","chance":1,"proof":"corrected","proof_waited_us":900,"proof_took_us":26000,"entropy_ns":900,"judge_ns":1200,"total_us":46,"behaviour_model":"00000000000000aa","outcome_model":"00000000000000bb"}"#,
    r#"{"timestamp":"2026-11-24T15:44:27Z","nonce":"40810100","job":"a","rig":"123456789abcdef0","difficulty":120001,"verdict":"accepted","seq":8,"node":1,"run":12,"id":"1000000000008","job_key":4321,"found":250123,"imported":false,"scan_known":true,"total_us":46}"#,
    r#"{"timestamp":"2026-11-24T15:45:27Z","nonce":"40c10200","job":"a","rig":"123456789abcdef0","difficulty":120001,"verdict":"credited","seq":9,"node":1,"run":12,"id":"1000000000009","job_key":4321,"found":250123,"imported":false,"scan_known":true,"own_blob":true,"total_us":46}"#,
    r#"{"timestamp":"2026-11-24T15:46:27Z","rig":"00000000000000ff","difficulty":1,"verdict":"refused:duplicate"}"#,
];

fn shares() -> Vec<ShareEntry> {
    let text = SHARES.join("\n");
    let mut reader = RowReader::new(Format::JsonLines, text.as_bytes()).expect("no header");
    let mut names = UpstreamList::default();
    let mut shares = Vec::new();
    while let Some(row) = reader.next_row(&mut names).expect("memory does not fail") {
        match row {
            Row::Share { entry, .. } => shares.push(*entry),
            Row::SetAside(aside) => panic!("{aside:?}"),
        }
    }
    shares
}

fn events() -> Vec<JournalEvent> {
    let seat = SeatKey {
        index: 3,
        generation: 9,
    };
    let (pool, slot, rig) = (PoolKey(1), Slot(7), RigKey(5));
    let taken = |job_key| JournalEvent::LeaseTaken {
        lane: 0,
        pool,
        connection: 1,
        slot,
        rig,
        seat,
        arm: Arm::None,
        job_key,
    };
    vec![
        JournalEvent::RunBegan {
            version: "0.1.0".into(),
            started_ms: UNIX_MS,
        },
        JournalEvent::UpstreamServes {
            lane: 0,
            upstream: Some(UpstreamId(2)),
        },
        taken(4),
        JournalEvent::LeaseGivenUp {
            lane: 0,
            pool,
            slot,
            seat,
            why: LeaseEnd::Left,
            job_key: 4,
        },
        taken(5),
        JournalEvent::SlotsUnordered {
            lane: 0,
            pool,
            connection: 1,
            job_key: 5,
        },
        JournalEvent::PoolConnectionLost {
            lane: 0,
            pool,
            connection: 1,
        },
        JournalEvent::EventsMissed { count: 3 },
        JournalEvent::Quarantined {
            rig,
            share: ShareId::new(0, 8),
        },
        JournalEvent::Released { rig },
        JournalEvent::Suspected {
            rig,
            stage: Stage::Pace,
            cause: Cause::FewerSharesThanHashes,
            log_e: 14.5,
        },
        JournalEvent::Cleared { rig },
        JournalEvent::StageBypassed {
            lane: 0,
            stage: Stage::Pattern,
        },
        JournalEvent::AlertRaised {
            kind: AlertKind::DiskLow,
            subject: "disk".into(),
        },
        JournalEvent::ModelEvent {
            change: ModelChange::Refused,
            slot: ModelSlot::Outcome,
            id: None,
            why: "its ceiling is too high".into(),
        },
        JournalEvent::Block {
            lane: 0,
            upstream: None,
            height: 3_300_000,
            id: BlockId::new([9; 32]),
            fate: BlockFate::Found,
        },
        JournalEvent::RunEnded,
    ]
}

fn journal() -> Vec<JournalEntry> {
    let numbered = (1..).zip(events());
    let entry = |(seq, event)| JournalEntry {
        seq,
        node: 0,
        run: 1,
        unix_ms: UNIX_MS + seq,
        event,
    };
    numbered.map(entry).collect()
}

/// Of the target `stored`: each sort of record, a file of several with a hole, and ones that are
/// damaged or of a later version.
///
/// # Panics
/// Never: all of it is ours.
#[must_use]
pub fn stored_seeds() -> Vec<Seed> {
    let (shares, journal) = (shares(), journal());
    let mut rig = RigEntry::new(RigKey(7), UNIX_MS);
    let mut open = OpenCells::default();
    let mut page = Page::new(PageKey::at(Owner::Rig(RigKey(7)), Level::Minute, UNIX_MS));
    rig.name(
        Names::new("wallet.rig", "rig", "XMRig/6.26.0"),
        &["rx/0", "rx/2"],
    );
    for share in &shares {
        let counted = rig.apply(share);
        open.add(UNIX_MS, &counted);
        open.add(UNIX_MS + 60_000, &counted);
        page.add(UNIX_MS, &counted);
        page.add(UNIX_MS + 60_000, &counted);
    }
    rig.standing = Some(vec![1, 2, 3]);
    rig.filters[0] = Some([1, 0, 7].into());
    let mark = Mark {
        name: "upstreams".into(),
        bytes: b"[\"pool.example:3333\"]".to_vec(),
    };
    let frames = [
        (b't', write_tail(&shares)),
        (b'b', write_block(&shares)),
        (b'j', write_journal(&journal)),
        (b'r', RigRecord { rig, open }.to_bytes()),
        (b'p', page.to_bytes()),
        (b'm', mark.to_bytes()),
    ];
    let mut seeds = Vec::new();
    let mut file = Vec::new();
    for (which, bytes) in frames {
        let frame = Frame::read(&bytes).expect("we wrote it");
        let label = char::from(which);
        let body = [&[which, frame.schema], frame.body].concat();
        seeds.push((
            format!("{label}-later"),
            [&[which, 99], frame.body].concat(),
        ));
        seeds.push((format!("{label}-cut"), body[..body.len() - 1].to_vec()));
        seeds.push((format!("{label}-whole"), body));
        file.extend_from_slice(&bytes);
        file.extend_from_slice(b"zL hole");
    }
    for event in &journal {
        let bytes = write_journal(std::slice::from_ref(event));
        let body = Frame::read(&bytes).expect("we wrote it").body.to_vec();
        let name = format!("j-{}-{}", event.seq, event.event.label());
        seeds.push((name, [b"j\x01", &*body].concat()));
    }
    let mut many = RigEntry::new(RigKey(7), UNIX_MS);
    many.algorithms = (0..40)
        .map(|number| format!("rx/{number}").into())
        .collect();
    many.standing = Some(vec![0; RigEntry::STANDING_MAX + 1]);
    let many = RigRecord::bytes_of(&many, &OpenCells::default());
    let body = Frame::read(&many).expect("we wrote it").body;
    seeds.push(("r-too-many-2".into(), [b"r\x02", body].concat()));
    let begun = [&*write_tail(&shares[..1]), &write_tail(&shares)[..40]].concat();
    seeds.push(("file".into(), file));
    seeds.push(("file-begun".into(), write_tail(&shares)[..40].to_vec()));
    seeds.push(("file-torn".into(), begun));
    seeds.push(("j-twice".into(), {
        let bytes = write_journal(&[&journal[2..3], &journal[2..3], &journal[3..4]].concat());
        [b"j\x01", Frame::read(&bytes).expect("we wrote it").body].concat()
    }));
    seeds
}

/// Of the target `rig_states`: shares of a rig of which nothing is known, and its state after them.
#[must_use]
pub fn rig_state_seeds() -> Vec<Seed> {
    let mut seeds = Vec::new();
    for whose in 0..7u8 {
        for (kind, steps) in [("honest", honest()), ("odd", odd())] {
            let new = [&[whose, u8::MAX], &*steps].concat();
            let state = rig_states::state_after(&new);
            let length = u8::try_from(state.len()).unwrap_or(0);
            let goes_on = [&[whose, length], &*state, &steps].concat();
            seeds.push((format!("{whose}-{kind}-goes-on"), goes_on));
            seeds.push((format!("{whose}-{kind}"), new));
        }
        seeds.push((format!("{whose}-no-state"), vec![whose, 3, 1, whose, 9]));
    }
    seeds
}

/// Shares that come every ten seconds, with nonces that go upward.
fn honest() -> Vec<u8> {
    let share = |number: u32| {
        let value = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 12;
        step(4, number / 8, (number % 8) * 90_000, value, 12, 13)
    };
    (1..49).flat_map(share).collect()
}

/// Shares that are all alike, late, of many rigs, with proofs good and bad.
fn odd() -> Vec<u8> {
    let share = |number: u32| {
        let flags = u8::try_from(number * 37 % 256).unwrap_or(0);
        step(flags, 3, 77, 1 << 40, 255, 40)
    };
    (1..33).flat_map(share).collect()
}

fn step(flags: u8, job: u32, counter: u32, value: u64, difficulty: u8, passes: u8) -> Vec<u8> {
    let mut bytes = vec![flags, 5, 1, 0];
    bytes.extend(job.to_le_bytes());
    bytes.extend(counter.to_le_bytes());
    bytes.extend(value.to_le_bytes());
    bytes.extend([difficulty, passes, 0x55, 0]);
    bytes
}

/// Of the target `routes`: a farm on several routes, windows of the week, a miner whose difficulty
/// follows its shares.
#[must_use]
pub fn route_seeds() -> Vec<Seed> {
    let mut farm = vec![3];
    let mut add = |what: u8, which: u8, other: u8, more: u8, value: f64| {
        farm.extend([what, which, other, more]);
        farm.extend(value.to_bits().to_le_bytes());
    };
    for seat in 0..20 {
        add(0, seat, seat, 0, f64::from(seat) * 1_000.0);
    }
    for round in 0..40 {
        add(5, round, 0, 0, f64::from(round % 7) * 0.25);
        add(2, round, 0, 0, 1e3 + f64::from(round));
        add(3, round, 0, 0, 1e5);
        add(4, round, 9, 3, 1e6);
        add(7, 0, 14 + round % 4, 0, 0.0);
        add(6, round, round, round, 0.0);
        add(1, round, 0, 0, 0.0);
        add(0, round, round, 0, f64::INFINITY);
    }
    let mut odd = vec![0];
    for value in [f64::NAN, -1.0, f64::MAX, f64::MIN_POSITIVE, 1e308] {
        for what in 0..8 {
            odd.extend([what, 1, 3, 63]);
            odd.extend(value.to_bits().to_le_bytes());
        }
    }
    let texts = [
        "Mon-Fri 22:00-06:00",
        "Sat 00:00-24:00",
        "fri-mon 00:00-00:00",
        "Mon 24:00-24:00",
        "Mon-Fri",
        "Mon 9:5-10:00",
    ];
    let windows = (0..).zip(texts).map(|(number, text)| {
        let name = format!("window-{number}");
        (name, [b"w", text.as_bytes()].concat())
    });
    let mut vardiff = vec![b'v'];
    for number in 0..60u8 {
        vardiff.extend([number % 40, 40]);
        vardiff.extend((1u64 << (number % 64)).to_le_bytes());
    }
    let mut seeds: Vec<Seed> = windows.collect();
    seeds.push(("farm".into(), farm));
    seeds.push(("odd-numbers".into(), odd));
    seeds.push(("vardiff".into(), vardiff));
    seeds
}

/// Of the target `headers`: chains as they are, with jumps, with times that go back, at the end of
/// what a number holds, and with one header that is wrong.
#[must_use]
pub fn header_seeds() -> Vec<Seed> {
    let run = |count: u8, seconds: u8, back: u8, power: u8, factor: u8, rest: [u8; 3]| {
        [&[count, seconds, back, power, factor][..], &rest].concat()
    };
    let steady = run(200, 120, 0, 38, 2, [0; 3]);
    let mut seeds = vec![
        ("short".into(), run(20, 120, 0, 38, 2, [0; 3])),
        ("jump".into(), {
            [
                run(100, 120, 0, 38, 2, [0; 3]),
                run(100, 60, 0, 40, 3, [0; 3]),
            ]
            .concat()
        }),
        ("back".into(), {
            [
                run(100, 240, 200, 38, 2, [0; 3]),
                run(90, 1, 2, 38, 2, [0; 3]),
            ]
            .concat()
        }),
        ("still".into(), run(200, 0, 0, 1, 1, [0; 3])),
        ("wide".into(), run(200, 120, 0, 116, 1, [0; 3])),
        ("full".into(), run(200, 120, 0, 0, 1, [255, 0, 0])),
        ("slow".into(), run(200, 255, 0, 20, 9, [0, 0x70, 0])),
        ("steady".into(), steady.clone()),
    ];
    for how in 0..4 {
        let bad = [&*steady, &[20, how, 1]].concat();
        seeds.push((format!("damaged-{how}"), bad));
    }
    seeds
}
