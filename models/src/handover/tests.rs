//! What was taken up answers as what was packed would have.

use std::sync::Arc;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;
use crate::filter::ModelId;
use crate::plan::{NonceOrder, SlotPlan};
use crate::session::{Assignment, Heard, MinerProtocol, PoolProtocol, PoolSettings, SessionId};
use crate::stratum::Dialect;
use crate::work::{
    Algorithm, Blob, Difficulty, JobKey, JobOrigin, JobTable, Nonce, PoolKey, Slot, UpstreamJob,
};

fn job(blob: u8, id: u8) -> UpstreamJob {
    UpstreamJob {
        id: format!("job-{id}").into(),
        work: Blob::from_hex(&format!("{}{blob:02x}", "00".repeat(75)))
            .unwrap()
            .into(),
        target: Difficulty::new(2).target(),
        algorithm: Algorithm::Rx0,
        height: Some(7),
        seed: Some(crate::work::SeedHash::new([3; 32])),
        next_seed: None,
        network_difficulty: Some(Difficulty::new(1 << 40)),
    }
}

fn order() -> NonceOrder {
    let bytes: Vec<u8> = (0..=u8::MAX).rev().collect();
    NonceOrder::new(ModelId(1), &bytes).unwrap()
}

/// Something that happens to a lane with two pool sessions and one miner.
#[derive(Debug, Clone)]
enum Event {
    Job {
        pool: u32,
        blob: u8,
        id: u8,
    },
    Lost(u32),
    Given {
        pool: u32,
        slot: u8,
        difficulty: u64,
    },
    Taken {
        pool: u32,
        slot: u8,
        counter: u8,
    },
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (0u32..2, 0u8..3, 0u8..3).prop_map(|(pool, blob, id)| Event::Job { pool, blob, id }),
        (0u32..2).prop_map(Event::Lost),
        (0u32..2, any::<u8>(), 1u64..4).prop_map(|(pool, slot, difficulty)| Event::Given {
            pool,
            slot,
            difficulty
        }),
        (0u32..2, any::<u8>(), 0u8..4).prop_map(|(pool, slot, counter)| Event::Taken {
            pool,
            slot,
            counter
        }),
    ]
}

struct Lane {
    jobs: JobTable,
    miner: MinerProtocol,
    connections: [u32; 2],
}

impl Lane {
    fn new() -> Self {
        let mut jobs = JobTable::default();
        let origin = JobOrigin {
            pool: PoolKey(0),
            connection: 1,
        };
        jobs.replace(origin, job(0, 0)).unwrap();
        let mut miner = MinerProtocol::new(SessionId(5), jobs.last_key());
        let login = br#"{"id":1,"method":"login","params":{"login":"w","pass":"x","agent":"a"}}"#;
        assert!(matches!(
            miner.on_line(login, &jobs),
            Heard::LoginAsked(_, _)
        ));
        Self {
            jobs,
            miner,
            connections: [1; 2],
        }
    }

    fn happen(&mut self, event: &Event) {
        match *event {
            Event::Job { pool, blob, id } => {
                let origin = JobOrigin {
                    pool: PoolKey(pool),
                    connection: self.connections[pool as usize],
                };
                let seed = u64::from(blob);
                let plan = || SlotPlan::draw(seed, &order());
                self.jobs.replace_planned(origin, job(blob, id), plan);
            }
            Event::Lost(pool) => {
                self.jobs.forget(PoolKey(pool));
                self.connections[pool as usize] += 1;
            }
            Event::Given {
                pool,
                slot,
                difficulty,
            } => {
                if let Some(issued) = self.jobs.current(PoolKey(pool)).cloned() {
                    self.miner.give(Assignment {
                        job: issued.key,
                        slot: issued.plan.byte(Slot(slot)),
                        difficulty: Difficulty::new(difficulty),
                    });
                }
            }
            Event::Taken {
                pool,
                slot,
                counter,
            } => {
                if let Some(issued) = self.jobs.current(PoolKey(pool)).cloned() {
                    let set = self.jobs.find(issued.key).unwrap().nonce_set;
                    let byte = issued.plan.byte(Slot(slot));
                    let nonce = Nonce::in_slot(byte, counter.into());
                    self.jobs.nonces_of(set).unwrap().take(nonce);
                }
            }
        }
    }

    /// Packed, written, read and taken up.
    fn succeeded(&self) -> Self {
        let seat = SeatWire {
            miner: self.miner.pack(),
            ..seat(0)
        };
        let state = LaneState {
            jobs: self.jobs.pack(),
            seats: vec![seat],
            ..LaneState::default()
        };
        let read = LaneState::read(&state.write().unwrap()).unwrap();
        assert_eq!(read, state);
        Self {
            jobs: JobTable::unpack(&read.jobs).unwrap(),
            miner: MinerProtocol::unpack(&read.seats[0].miner).unwrap(),
            connections: self.connections,
        }
    }

    fn hear(&mut self, line: &str) -> String {
        format!("{:?}", self.miner.on_line(line.as_bytes(), &self.jobs))
    }
}

fn seat(descriptor: u32) -> SeatWire {
    SeatWire {
        descriptor,
        miner: MinerWire::default(),
        line: b"{\"id\"".to_vec(),
        unsent: Vec::new(),
        heading: false,
        address: Some([127, 0, 0, 1].into()),
        proxied: false,
        identity: None,
        lease: None,
        leaves_top_byte: true,
        difficulty: Some(9),
        vardiff: Some((1.0, 2.0)),
        hashing: Some("rx/0".into()),
        vardiff_age: 1,
        scan_age: 2,
        renew_in: Some(3),
        scan_work: 4,
        unfit_age: None,
        waiting_age: 5,
        heard_age: 6,
        tally: (1, 1, 0),
        heard: (1, 0, 0),
    }
}

fn submit(job: u32, slot: u8, counter: u8) -> String {
    let id = format!("{job:08x}{slot:02x}");
    let nonce = Nonce::in_slot(Slot(slot), counter.into());
    let result = "00".repeat(32);
    format!(
        r#"{{"id":9,"method":"submit","params":{{"id":"0000000000000005","job_id":"{id}","nonce":"{nonce}","result":"{result}"}}}}"#
    )
}

proptest! {
    #[test]
    fn a_lane_that_was_taken_up_answers_every_line_as_the_one_that_was_packed(
        before in proptest::collection::vec(event(), 0..40),
        after in proptest::collection::vec(event(), 0..8),
        slots in proptest::collection::vec(any::<u8>(), 1..6),
    ) {
        let mut lane = Lane::new();
        for event in &before {
            lane.happen(event);
        }
        let mut next = lane.succeeded();
        for event in &after {
            lane.happen(event);
            next.happen(event);
        }
        prop_assert_eq!(lane.jobs.last_key(), next.jobs.last_key());
        let given: Vec<u8> = lane.miner.pack().recent.iter().map(|given| given.slot).collect();
        let lines = (0..=lane.jobs.last_key().0 + 1)
            .flat_map(|job| slots.iter().chain(&given).map(move |slot| (job, *slot)))
            .flat_map(|(job, slot)| (0..4).map(move |counter| submit(job, slot, counter)));
        for line in lines {
            prop_assert_eq!(lane.hear(&line), next.hear(&line));
        }
        let keep = r#"{"id":2,"method":"keepalived","params":{"id":"0000000000000005"}}"#;
        prop_assert_eq!(lane.hear(keep), next.hear(keep));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = LaneState::read(&bytes);
        let mut versioned = ParcelFacts::VERSION.to_le_bytes().to_vec();
        versioned.extend_from_slice(&bytes);
        prop_assert!(LaneState::read(&versioned).is_err());
    }

    #[test]
    fn a_byte_that_is_another_is_noticed(at in 2usize..4000, other: u8) {
        let mut bytes = some().write().unwrap();
        let at = 2 + at % (bytes.len() - 2);
        prop_assume!(bytes[at] != other);
        bytes[at] = other;
        prop_assert!(LaneState::read(&bytes).is_err());
    }

    #[test]
    fn one_that_is_cut_is_refused(part in 0.0f64..1.0) {
        let bytes = some().write().unwrap();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place")]
        #[expect(clippy::cast_precision_loss, reason = "a place")]
        let end = (bytes.len() as f64 * part) as usize;
        prop_assert!(LaneState::read(&bytes[..end]).is_err());
    }
}

fn some() -> LaneState {
    let mut lane = Lane::new();
    for slot in 0..9 {
        lane.happen(&Event::Taken {
            pool: 0,
            slot,
            counter: 1,
        });
    }
    LaneState {
        counters: CountersWire {
            last_generation: 3,
            last_share: 4,
        },
        jobs: lane.jobs.pack(),
        plan: PlanWire {
            next_pool: 2,
            routes: vec![RouteWire::default()],
        },
        seats: vec![seat(1), seat(0)],
        ..LaneState::default()
    }
}

#[test]
fn a_parcel_of_another_version_names_it_and_one_that_is_damaged_the_part() {
    let bytes = some().write().unwrap();
    assert_eq!(
        LaneState::read(&bytes).unwrap().facts(),
        ParcelFacts {
            version: 1,
            miners: 2,
            pools: 0,
            descriptors: 2
        }
    );
    let mut newer = bytes.clone();
    newer[0] = 9;
    assert_eq!(LaneState::read(&newer), Err(BadParcel::Version(9)));
    let mut broken = bytes;
    let last = broken.len() - 1;
    broken[last] ^= 1;
    let told = LaneState::read(&broken).unwrap_err().to_string();
    assert_eq!(told, "rigs: its checksum is wrong");
}

#[test]
fn a_parcel_that_contradicts_itself_is_refused() {
    let twice = LaneState {
        seats: vec![seat(0), seat(0)],
        ..some()
    };
    let mut ahead = some();
    ahead.jobs.last_key = 0;
    let mut nobody = some();
    nobody.seats[0].lease = Some((0, 3));
    for bad in [twice, ahead, nobody] {
        let read = LaneState::read(&bad.write().unwrap());
        assert!(matches!(read, Err(BadParcel::Damaged { .. })), "{read:?}");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "any instant will do as the origin"
)]
fn origin() -> Instant {
    Instant::now()
}

fn settings() -> Arc<PoolSettings> {
    Arc::new(PoolSettings {
        user: "w".into(),
        pass: "x".into(),
        agent: "a".into(),
        rig_id: None,
        algorithms: vec![],
        keepalive: Some(Duration::from_secs(60)),
        response_timeout: Duration::from_secs(20),
        reconnect_hosts: vec![],
        dialect: Dialect::Stratum,
    })
}

#[test]
fn a_pool_session_that_was_taken_up_goes_on_with_its_numbers_and_its_clock() {
    let start = origin();
    let mut before = PoolProtocol::new(settings());
    let mut out = Vec::new();
    before.on_connected(start, &mut out);
    let blob = "00".repeat(76);
    let login = format!(
        r#"{{"id":1,"result":{{"id":"s1","job":{{"blob":"{blob}","job_id":"j","target":"ffffff00","algo":"rx/0","seed_hash":"{}"}},"extensions":["algo","keepalive"],"status":"OK"}}}}"#,
        "01".repeat(32)
    );
    before.on_line(login.as_bytes());
    assert!(before.is_logged_in());
    let from = JobOrigin {
        pool: PoolKey(4),
        connection: 2,
    };
    let packed = before.pack(from, start + Duration::from_secs(10)).unwrap();
    // The other process's clock.
    let now = start + Duration::from_secs(1_000);
    let mut after = PoolProtocol::unpack(settings(), &packed, now).unwrap();
    assert_eq!(after.job(), before.job());
    assert_eq!(after.deadline(), Some(now + Duration::from_secs(50)));
    let due = after.deadline().unwrap();
    let (mut mine, mut theirs) = (Vec::new(), Vec::new());
    assert!(after.on_tick(due, &mut mine).is_none());
    assert!(
        before
            .on_tick(before.deadline().unwrap(), &mut theirs)
            .is_none()
    );
    assert_eq!(mine, theirs);
    let text = String::from_utf8(mine).unwrap();
    assert!(text.contains(r#""id":2"#) && text.contains("s1"), "{text}");
    let same = format!(
        r#"{{"jsonrpc":"2.0","method":"job","params":{{"blob":"{blob}","job_id":"k","target":"ffffff00","algo":"rx/0","seed_hash":"{}"}}}}"#,
        "01".repeat(32)
    );
    assert_eq!(
        format!("{:?}", after.on_line(same.as_bytes())),
        format!("{:?}", before.on_line(same.as_bytes()))
    );
    assert_eq!(JobKey(packed.job.unwrap().key), JobKey(0));
}

#[test]
fn before_it_is_logged_in_a_pool_session_is_not_worth_a_place_in_the_parcel() {
    let from = JobOrigin {
        pool: PoolKey(0),
        connection: 1,
    };
    let now = origin();
    assert!(PoolProtocol::new(settings()).pack(from, now).is_none());
}
