//! Which rig a share is from, as the filters and the judge are told.
#![cfg(test)]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix::{Actor, Addr};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use zartrux_actors::clock::Clock;
use zartrux_actors::counters::LaneStats;
use zartrux_actors::journal::Journal;
use zartrux_actors::messaging::{Credits, Post};
use zartrux_actors::miner_sessions::{
    Door, LeaseGranted, MinerSessions, Namesakes, RateMemory, SessionArgs, SessionPosts,
    SessionSettings, bind,
};
use zartrux_actors::pool_session::JobReplaced;
use zartrux_actors::rigs::ShareRecords;
use zartrux_actors::share_ticket::{ExamineShare, ShareTicket};
use zartrux_actors::supervision::{ActorHealth, Guard};
use zartrux_models::filter::Scanner;
use zartrux_models::plan::{Lease, SeatKey, VardiffPolicy};
use zartrux_models::share::RigKey;
use zartrux_models::work::{
    Algorithm, Blob, Difficulty, JobOrigin, PoolKey, SeedHash, Slot, UpstreamJob,
};

const BLOB: &str = "1010a6878cd806418015bb9ae982a1975da7d79277c2705727a56894ba0fb246adaabb1f4632e30000000049e62296c011d6a0cc29785b1cf329eb215eb4035154af221e046092a9cd993001";
const POOL: PoolKey = PoolKey(0);

type Introduced = Arc<Mutex<Vec<(RigKey, String)>>>;

struct Farm {
    door: SocketAddr,
    sessions: Addr<MinerSessions>,
    leases: UnboundedReceiver<SeatKey>,
    left: UnboundedReceiver<SeatKey>,
    shares: UnboundedReceiver<ShareTicket>,
    introduced: Introduced,
    slot: u8,
}

impl Farm {
    async fn open() -> Self {
        Self::lane(0, &Namesakes::default()).await
    }

    /// One of the lanes of a process.
    async fn lane(lane: u16, namesakes: &Namesakes) -> Self {
        Self::remembering(lane, namesakes, None, Arc::new(|_| None)).await
    }

    /// One that paces its miners, and remembers how fast they were.
    async fn remembering(
        lane: u16,
        namesakes: &Namesakes,
        vardiff: Option<VardiffPolicy>,
        remembered_rate: RateMemory,
    ) -> Self {
        let door = bind("127.0.0.1:0".parse().unwrap(), None, false).unwrap();
        let address = Door::address(&door);
        let introduced = Introduced::default();
        let list = Arc::clone(&introduced);
        let (ask, leases) = unbounded_channel();
        let (leave, left) = unbounded_channel();
        let (tell, shares) = unbounded_channel();
        let health = Arc::new(ActorHealth::new("test", "miner session"));
        let sessions = MinerSessions::new(SessionArgs {
            doors: vec![door],
            lane,
            settings: SessionSettings {
                login_timeout: Duration::from_secs(60),
                login_hold: Duration::from_secs(60),
                idle_timeout: Duration::from_secs(60),
                max_connections: 100,
                unsent_limit: 10_000,
                vardiff,
            },
            posts: SessionPosts {
                cascade: Post::to_fn(move |ExamineShare(ticket)| {
                    tell.send(ticket).unwrap_or_default();
                }),
                lease_asked: Post::to_fn(move |asked: zartrux_actors::planner::LeaseAsked| {
                    ask.send(asked.seat).unwrap_or_default();
                }),
                lease_nearly_used_up: Post::to_fn(|_| ()),
                lease_given_up: Post::to_fn(|_| ()),
                seat_left: Post::to_fn(move |gone: zartrux_actors::planner::SeatLeft| {
                    leave.send(gone.seat).unwrap_or_default();
                }),
                leases_held: Post::to_fn(|_| ()),
                verdict: Post::to_fn(|_| ()),
                settled: Arc::new(Post::to_fn(|_| ())),
            },
            credits: Credits::new(100),
            stats: Arc::new(LaneStats::default()),
            records: Arc::new(ShareRecords::new(0)),
            store: None,
            namesakes: namesakes.clone(),
            guard: Guard::new(health, Clock),
            clock: Clock,
            journal: Journal::silent(),
            on_job: Arc::new(|_| ()),
            on_rig: Arc::new(move |key, user, rig, agent| {
                let names = format!("{user}/{rig}/{agent}");
                list.lock().unwrap().push((key, names));
            }),
            remembered_rate,
        })
        .start();
        let job = UpstreamJob {
            id: "a".into(),
            blob: Blob::from_hex(BLOB).unwrap(),
            target: Difficulty::new(1_000).target(),
            algorithm: Algorithm::Rx0,
            height: Some(3),
            seed: Some(SeedHash::new([0x41; 32])),
            next_seed: None,
            network_difficulty: None,
        };
        let origin = JobOrigin {
            pool: POOL,
            connection: 1,
        };
        sessions.send(JobReplaced { origin, job }).await.unwrap();
        Self {
            door: address,
            sessions,
            leases,
            left,
            shares,
            introduced,
            slot: 0,
        }
    }

    /// A miner that has logged in.
    async fn miner(&mut self, rig: &str, agent: &str) -> Miner {
        self.miner_at(1, rig, agent).await
    }

    /// A miner at 127.0.0.`host` that has logged in.
    async fn miner_at(&mut self, host: u8, rig: &str, agent: &str) -> Miner {
        let socket = TcpSocket::new_v4().unwrap();
        socket
            .bind(SocketAddr::from(([127, 0, 0, host], 0)))
            .unwrap();
        let stream = BufReader::new(socket.connect(self.door).await.unwrap());
        let mut miner = Miner {
            stream,
            session: String::new(),
            job: String::new(),
            slot: self.slot,
        };
        let login = format!(
            r#"{{"id":1,"method":"login","params":{{"login":"wallet","pass":"x","rigid":"{rig}","agent":"{agent}"}}}}"#
        );
        miner.say(&login).await;
        let seat = self.leases.recv().await.unwrap();
        let lease = Lease {
            pool: POOL,
            slot: Slot(self.slot),
        };
        self.slot += 1;
        self.sessions
            .send(LeaseGranted {
                seat,
                lease,
                connection: 1,
            })
            .await
            .unwrap();
        let reply = miner.hear().await;
        miner.session = reply["result"]["id"].as_str().unwrap().to_owned();
        let job = &reply["result"]["job"]["job_id"];
        miner.job = job.as_str().unwrap().to_owned();
        miner
    }

    /// The share with this counter, as it goes to the first filter.
    async fn share(&mut self, miner: &mut Miner, counter: u8) -> ShareTicket {
        let submit = format!(
            r#"{{"id":2,"method":"submit","params":{{"id":"{}","job_id":"{}","nonce":"{counter:02x}0000{:02x}","result":"{}0000"}}}}"#,
            miner.session,
            miner.job,
            miner.slot,
            "11".repeat(30),
        );
        miner.say(&submit).await;
        self.shares.recv().await.unwrap()
    }

    fn introduced(&self) -> Vec<(RigKey, String)> {
        self.introduced.lock().unwrap().clone()
    }
}

struct Miner {
    stream: BufReader<TcpStream>,
    session: String,
    job: String,
    slot: u8,
}

impl Miner {
    async fn say(&mut self, line: &str) {
        self.stream.write_all(line.as_bytes()).await.unwrap();
        self.stream.write_all(b"\n").await.unwrap();
    }

    async fn hear(&mut self) -> Value {
        let mut line = String::new();
        self.stream.read_line(&mut line).await.unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

/// Far longer than anything here takes: a test that hangs fails instead.
fn run(test: impl Future<Output = ()>) {
    actix::System::new().block_on(async {
        tokio::time::timeout(Duration::from_secs(60), test)
            .await
            .expect("it hangs");
    });
}

#[test]
fn a_rig_that_is_remembered_is_asked_for_what_its_rate_comes_to_and_its_shares_say_so() {
    run(async {
        let policy = VardiffPolicy {
            goal: Duration::from_secs(10),
            floor: Difficulty::ONE,
        };
        let known = RigKey::from_hex("9ef2043da74925eb");
        let memory = move |rig| (Some(rig) == known).then_some(50.0);
        let namesakes = Namesakes::default();
        let mut farm = Farm::remembering(0, &namesakes, Some(policy), Arc::new(memory)).await;
        let mut miner = farm.miner("rig-1", "").await;
        let share = farm.share(&mut miner, 1).await;
        assert_eq!((Some(share.rig), share.share.asked.get()), (known, 500));
        assert!((share.rate - 50.0).abs() < 1e-3, "{}", share.rate);
        assert!(share.age_s < 60);
        let mut stranger = farm.miner("rig-2", "").await;
        let share = farm.share(&mut stranger, 1).await;
        assert_eq!(share.share.asked.get(), 20);
        assert!((share.rate - 2.0).abs() < 1e-3, "{}", share.rate);
    });
}

#[test]
fn a_rig_keeps_its_key_over_connections_and_is_introduced_once_on_each() {
    run(async {
        let mut farm = Farm::open().await;
        let mut miner = farm.miner("rig-1", "XMRig/6.26.0 (Linux x86_64)").await;
        assert!(farm.introduced().is_empty(), "it has not mined yet");
        let first = farm.share(&mut miner, 1).await;
        // printf '\0\0\0\0\0\0\0\x06wallet\0\0\0\0\0\0\0\x05rig-1' | sha256sum
        assert_eq!(first.rig.to_string(), "9ef2043da74925eb");
        assert_eq!(first.seen.rig, first.rig);
        assert_eq!(first.seen.scanner, Scanner::XmrigBlocks);
        let names = "wallet/rig-1/XMRig/6.26.0 (Linux x86_64)".to_owned();
        farm.share(&mut miner, 2).await;
        assert_eq!(farm.introduced(), [(first.rig, names)]);
        drop(miner);
        farm.left.recv().await.unwrap();
        let mut back = farm.miner("rig-1", "another").await;
        let again = farm.share(&mut back, 3).await;
        assert_eq!(again.rig, first.rig);
        assert_eq!(again.seen.scanner, Scanner::Unknown);
        assert_eq!(farm.introduced().len(), 2);
    });
}

#[test]
fn namesakes_are_rigs_of_their_own_and_the_place_of_one_that_left_is_taken_again() {
    run(async {
        let mut farm = Farm::open().await;
        let mut first = farm.miner("x", "a").await;
        let mut second = farm.miner("x", "a").await;
        let one = farm.share(&mut first, 1).await.rig;
        let other = farm.share(&mut second, 1).await.rig;
        assert_ne!(one, other);
        drop(first);
        farm.left.recv().await.unwrap();
        let mut third = farm.miner("x", "a").await;
        assert_eq!(farm.share(&mut third, 1).await.rig, one);
        assert_eq!(farm.share(&mut second, 2).await.rig, other);
    });
}

#[test]
fn namesakes_come_back_as_themselves_in_another_order_after_an_outage() {
    run(async {
        let mut farm = Farm::open().await;
        let mut keys = Vec::new();
        for order in [[1, 2, 3], [3, 1, 2], [2, 3, 1]] {
            let mut rigs = Vec::new();
            for host in order {
                let mut rig = farm.miner_at(host, "", "a").await;
                keys.push((host, farm.share(&mut rig, 1).await.rig));
                rigs.push(rig);
            }
            for rig in rigs {
                drop(rig);
                farm.left.recv().await.unwrap();
            }
        }
        keys.sort_unstable();
        keys.dedup();
        let hosts: Vec<u8> = keys.iter().map(|(host, _)| *host).collect();
        assert_eq!(hosts, [1, 2, 3], "each host is one rig: {keys:?}");
        assert!(keys[0].1 != keys[1].1 && keys[0].1 != keys[2].1 && keys[1].1 != keys[2].1);
    });
}

#[test]
fn namesakes_in_two_lanes_are_two_rigs() {
    run(async {
        let namesakes = Namesakes::default();
        let mut lanes = [
            Farm::lane(0, &namesakes).await,
            Farm::lane(1, &namesakes).await,
        ];
        let mut keys = Vec::new();
        let mut rigs = Vec::new();
        for (lane, host) in [(0, 1), (1, 1), (1, 2)] {
            let farm = &mut lanes[lane];
            let mut rig = farm.miner_at(host, "x", "a").await;
            keys.push(farm.share(&mut rig, 1).await.rig);
            rigs.push(rig);
        }
        assert!(keys[0] != keys[1] && keys[0] != keys[2] && keys[1] != keys[2]);
        drop(rigs);
    });
}
