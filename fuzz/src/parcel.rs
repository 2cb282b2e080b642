//! What an earlier process left of a lane, in whatever state it comes.

use zartrux_models::handover::{
    AssignmentWire, BadParcel, IdentityWire, LaneState, MinerWire, NamesWire, ParcelFacts, SeatWire,
};
use zartrux_models::session::MinerProtocol;
use zartrux_models::work::JobTable;

use crate::Reached;
use crate::recorded::{MINER_SESSION, job, origin};
use crate::seeds::Seed;
use crate::words::assert_one_line;

/// Parts of a parcel.
const PARTS: u8 = 6;
/// Tag, length, checksum.
const HEAD: usize = 1 + 8 + 4;

/// Reads a parcel. Where `data` begins with `p` its parts follow, each with its length in two bytes,
/// little-endian, so that no checksum has to be guessed; anything else is a parcel as it is.
///
/// # Panics
/// A parcel that is taken and is not what is written of it, or that can't be taken up after all; more
/// sockets than came with it; a fault without words.
pub fn parcel(data: &[u8]) -> Reached {
    match data {
        [b'p', parts @ ..] => read(&framed(parts)),
        whole => read(whole),
    }
}

/// The parts of a parcel, without the frames.
fn unframed(parcel: &[u8]) -> Vec<u8> {
    let mut rest = &parcel[2..];
    let mut out = vec![b'p'];
    while let Some((head, after)) = rest.split_first_chunk::<HEAD>() {
        let length = head[1..9]
            .first_chunk()
            .map_or(0, |it| u64::from_le_bytes(*it));
        let length = u16::try_from(length).expect("a short one");
        out.extend(length.to_le_bytes());
        let (part, after) = after.split_at(usize::from(length));
        out.extend(part);
        rest = after;
    }
    out
}

fn framed(mut parts: &[u8]) -> Vec<u8> {
    let mut out = ParcelFacts::VERSION.to_le_bytes().to_vec();
    for tag in 0..PARTS {
        let (length, rest) = parts.split_first_chunk().unwrap_or((&[0; 2], &[]));
        let (part, rest) = rest.split_at(usize::from(u16::from_le_bytes(*length)).min(rest.len()));
        out.push(tag);
        out.extend((part.len() as u64).to_le_bytes());
        out.extend(crc32fast::hash(part).to_le_bytes());
        out.extend(part);
        parts = rest;
    }
    out
}

fn read(bytes: &[u8]) -> Reached {
    let state = match LaneState::read(bytes) {
        Ok(state) => state,
        Err(bad) => {
            assert_one_line(&bad.to_string());
            return Reached::from([match bad {
                BadParcel::Version(_) => "version",
                BadParcel::Damaged { .. } => "damaged",
                BadParcel::Descriptors { .. } => "descriptors",
            }]);
        }
    };
    // Numbers that are none are unequal to themselves, so bytes are compared.
    let written = state.write().expect("it was as long");
    let again = LaneState::read(&written).expect("we wrote it");
    assert_eq!(again.write().as_deref(), Ok(&*written));
    let facts = state.facts();
    assert_eq!(facts.descriptors, facts.miners + facts.pools);
    let mut reached = Reached::from(["taken"]);
    let jobs = JobTable::unpack(&state.jobs).expect("it was checked");
    let packed = jobs.pack();
    let once_more = JobTable::unpack(&packed).expect("we packed it");
    assert_eq!(once_more.pack(), packed);
    for seat in &state.seats {
        let mut miner = MinerProtocol::unpack(&seat.miner).expect("it was checked");
        assert_eq!(
            MinerProtocol::unpack(&miner.pack()).map(|it| it.pack()),
            Ok(miner.pack())
        );
        for line in [&br#"{"id":1,"method":"keepalived"}"#[..], b"{", br#"{"id":2,"method":"submit","params":{"id":"e34841103589a186","job_id":"0000000100","nonce":"40810000","result":""}}"#] {
            let _ = miner.on_line(line, &jobs);
        }
        reached.insert("miner");
    }
    reached
}

/// Inputs of this target: an empty lane, one with jobs, a pool and two miners, and ones that are
/// damaged, of another version or contradict themselves.
///
/// # Panics
/// Never: all of it is ours.
#[must_use]
pub fn parcel_seeds() -> Vec<Seed> {
    let bytes = |state: &LaneState| state.write().expect("a short one");
    let (empty, full) = (LaneState::default(), full());
    let whole = bytes(&full);
    let mut newer = whole.clone();
    newer[0] = 9;
    let mut broken = whole.clone();
    broken[whole.len() / 2] ^= 1;
    let mut twice = full.clone();
    twice.seats[1].descriptor = 0;
    let mut ahead = full;
    ahead.jobs.last_key = 0;
    vec![
        ("empty".into(), unframed(&bytes(&empty))),
        ("full".into(), unframed(&whole)),
        ("twice".into(), unframed(&bytes(&twice))),
        ("ahead".into(), unframed(&bytes(&ahead))),
        ("cut".into(), whole[..whole.len() - 3].to_vec()),
        ("whole".into(), whole),
        ("newer".into(), newer),
        ("broken".into(), broken),
    ]
}

fn full() -> LaneState {
    let mut jobs = JobTable::default();
    for id in ["a", "b"] {
        let issued = jobs.replace(origin(1), job(id, "rx/0", u8::from(id == "b")));
        assert!(issued.is_some(), "another job");
    }
    let key = jobs.last_key().0;
    let seat = |descriptor, logged_in| SeatWire {
        descriptor,
        miner: MinerWire {
            session: MINER_SESSION.0,
            logged_in,
            login: (!logged_in).then_some(7),
            recent: if logged_in {
                vec![AssignmentWire {
                    job: key,
                    slot: 4,
                    difficulty: 100,
                    retargeted: false,
                }]
            } else {
                Vec::new()
            },
            none_up_to: 0,
        },
        line: b"{\"id\":".to_vec(),
        unsent: Vec::new(),
        heading: false,
        address: Some([127, 0, 0, 1].into()),
        proxied: false,
        identity: Some(IdentityWire {
            user: "wallet".into(),
            rig: "rig".into(),
            agent: "XMRig/6.26.0".into(),
            algorithms: "rx/0".into(),
            perf: vec![("rx/0".into(), 4_000.0)],
            names: NamesWire::default(),
            introduced: logged_in,
            turned_away: false,
        }),
        lease: logged_in.then_some((0, 4)),
        leaves_top_byte: true,
        difficulty: Some(100),
        vardiff: Some((1_000.0, 20.0)),
        hashing: None,
        vardiff_age: 1,
        scan_age: 2,
        renew_in: None,
        scan_work: 3,
        unfit_age: None,
        waiting_age: 4,
        heard_age: 5,
        tally: (1, 2, 3),
        heard: (1, 0, 0),
    };
    LaneState {
        jobs: jobs.pack(),
        seats: vec![seat(0, true), seat(1, false)],
        ..LaneState::default()
    }
}
