//! Miner sessions that everything around them is a function of the test for.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix::{Actor, Addr};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use zartrux_actors::bridge::BridgeTap;
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
use zartrux_actors::store::StoreLink;
use zartrux_actors::supervision::{ActorHealth, Guard};
use zartrux_models::plan::{Lease, SeatKey, VardiffPolicy};
use zartrux_models::share::RigKey;
use zartrux_models::work::{
    Algorithm, Blob, Difficulty, JobOrigin, PoolKey, SeedHash, Slot, UpstreamJob,
};

const BLOB: &str = "1010a6878cd806418015bb9ae982a1975da7d79277c2705727a56894ba0fb246adaabb1f4632e30000000049e62296c011d6a0cc29785b1cf329eb215eb4035154af221e046092a9cd993001";
const POOL: PoolKey = PoolKey(0);

type Introduced = Arc<Mutex<Vec<(RigKey, String)>>>;

pub(crate) struct Farm {
    door: SocketAddr,
    pub(crate) sessions: Addr<MinerSessions>,
    leases: UnboundedReceiver<SeatKey>,
    pub(crate) left: UnboundedReceiver<SeatKey>,
    pub(crate) shares: UnboundedReceiver<ShareTicket>,
    introduced: Introduced,
    slot: u8,
}

impl Farm {
    pub(crate) async fn open() -> Self {
        Self::lane(0, &Namesakes::default()).await
    }

    /// One of the lanes of a process.
    pub(crate) async fn lane(lane: u16, namesakes: &Namesakes) -> Self {
        Self::with(lane, namesakes, None, Arc::new(|_: RigKey| None), None).await
    }

    /// One whose shares are stored.
    pub(crate) async fn storing(store: StoreLink) -> Self {
        let namesakes = Namesakes::default();
        Self::with(0, &namesakes, None, Arc::new(|_: RigKey| None), Some(store)).await
    }

    /// One that paces its miners, and remembers how fast they were.
    pub(crate) async fn remembering(
        lane: u16,
        namesakes: &Namesakes,
        vardiff: Option<VardiffPolicy>,
        remembered_rate: Arc<dyn RateMemory>,
    ) -> Self {
        Self::with(lane, namesakes, vardiff, remembered_rate, None).await
    }

    async fn with(
        lane: u16,
        namesakes: &Namesakes,
        vardiff: Option<VardiffPolicy>,
        remembered_rate: Arc<dyn RateMemory>,
        store: Option<StoreLink>,
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
            doorkeeper: zartrux_actors::doorkeeper::Doorkeeper::new(
                zartrux_actors::doorkeeper::DoorSettings::default(),
                1_000,
                Clock,
            ),
            lane,
            settings: SessionSettings {
                login_timeout: Duration::from_secs(60),
                login_hold: Duration::from_secs(60),
                idle_timeout: Duration::from_secs(60),
                max_connections: 100,
                unsent_limit: 10_000,
                buffer_limit: 16 << 20,
                stall_timeout: Duration::from_secs(60),
                lines_per_second: None,
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
                worked: Post::to_fn(|_| ()),
                verdict: Post::to_fn(|_| ()),
                login_checked: Post::to_fn(|_| ()),
                settled: Arc::new(Post::to_fn(|_| ())),
            },
            credits: Credits::new(100),
            stats: Arc::new(LaneStats::default()),
            records: Arc::new(ShareRecords::new(0)),
            store,
            namesakes: namesakes.clone(),
            unfit: Arc::default(),
            guard: Guard::new(health, Clock),
            clock: Clock,
            journal: Journal::silent(),
            bridge: BridgeTap::default(),
            on_job: Arc::new(|_| ()),
            on_rig: Arc::new(move |who| {
                let names = format!("{}/{}/{}", who.user, who.rig_id, who.agent);
                list.lock().unwrap().push((who.rig, names));
            }),
            remembered_rate,
            order: None,
            outside: zartrux_actors::outside_plans::OutsidePlans::default(),
            random: rand::SeedableRng::seed_from_u64(1),
        })
        .start();
        sessions.send(job("a", 1)).await.unwrap();
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

    /// The pool sends another job, whose blob ends in this byte; the first one's is 1.
    pub(crate) async fn job(&self, id: &str, end: u8) {
        self.job_of(id, end, "rx/0").await;
    }

    /// The same, of another algorithm.
    pub(crate) async fn job_of(&self, id: &str, end: u8, algorithm: &str) {
        let mut next = job(id, end);
        next.job.algorithm = Algorithm::named(algorithm);
        self.sessions.send(next).await.unwrap();
    }

    /// A miner that has logged in.
    pub(crate) async fn miner(&mut self, rig: &str, agent: &str) -> Miner {
        self.miner_at(1, rig, agent).await
    }

    /// A miner at 127.0.0.`host` that has logged in.
    pub(crate) async fn miner_at(&mut self, host: u8, rig: &str, agent: &str) -> Miner {
        self.miner_saying(host, rig, agent, "").await
    }

    /// The same with further parameters of its login, each with a comma before it.
    pub(crate) async fn miner_saying(
        &mut self,
        host: u8,
        rig: &str,
        agent: &str,
        further: &str,
    ) -> Miner {
        let socket = TcpSocket::new_v4().unwrap();
        socket
            .bind(SocketAddr::from(([127, 0, 0, host], 0)))
            .unwrap();
        let stream = BufReader::new(socket.connect(self.door).await.unwrap());
        let mut miner = Miner {
            stream,
            session: String::new(),
            job: String::new(),
            asked: 0,
        };
        let login = format!(
            r#"{{"id":1,"method":"login","params":{{"login":"wallet","pass":"x","rigid":"{rig}","agent":"{agent}"{further}}}}}"#
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
        miner.asked = asked(&reply["result"]["job"]);
        miner
    }

    /// The share with this counter, as it goes to the first filter.
    pub(crate) async fn share(&mut self, miner: &mut Miner, counter: u8) -> ShareTicket {
        let submit = format!(
            r#"{{"id":2,"method":"submit","params":{{"id":"{}","job_id":"{}","nonce":"{counter:02x}0000{}","result":"{}0000"}}}}"#,
            miner.session,
            miner.job,
            miner.byte(),
            "11".repeat(30),
        );
        miner.say(&submit).await;
        self.shares.recv().await.unwrap()
    }

    pub(crate) fn introduced(&self) -> Vec<(RigKey, String)> {
        self.introduced.lock().unwrap().clone()
    }
}

fn job(id: &str, end: u8) -> JobReplaced {
    let blob = format!("{}{end:02x}", &BLOB[..BLOB.len() - 2]);
    let job = UpstreamJob {
        id: id.into(),
        work: Blob::from_hex(&blob).unwrap().into(),
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
    JobReplaced { origin, job }
}

pub(crate) struct Miner {
    stream: BufReader<TcpStream>,
    session: String,
    job: String,
    asked: u32,
}

/// The difficulty of a job, by its target: eight bytes, the lowest first.
fn asked(job: &Value) -> u32 {
    let mut target = [0; 8];
    const_hex::decode_to_slice(job["target"].as_str().unwrap(), &mut target).unwrap();
    u32::try_from(u64::MAX / u64::from_le_bytes(target)).unwrap()
}

impl Miner {
    /// The top nonce byte of its job.
    pub(crate) fn byte(&self) -> &str {
        &self.job[8..]
    }

    /// The difficulty that it was last asked for.
    pub(crate) const fn asked(&self) -> u32 {
        self.asked
    }

    pub(crate) async fn hear_job(&mut self) {
        let line = self.hear().await;
        assert_eq!(line["method"], "job", "{line}");
        self.asked = asked(&line["params"]);
        self.job = line["params"]["job_id"].as_str().unwrap().to_owned();
    }

    pub(crate) async fn say(&mut self, line: &str) {
        self.stream.write_all(line.as_bytes()).await.unwrap();
        self.stream.write_all(b"\n").await.unwrap();
    }

    pub(crate) async fn keep_alive(&mut self, id: u32) {
        let line = format!(
            r#"{{"id":{id},"method":"keepalived","params":{{"id":"{}"}}}}"#,
            self.session
        );
        self.say(&line).await;
    }

    pub(crate) async fn submit_malformed(&mut self) {
        let line = format!(
            r#"{{"id":3,"method":"submit","params":{{"id":"{}","job_id":"{}","nonce":"zz","result":"00"}}}}"#,
            self.session, self.job
        );
        self.say(&line).await;
    }

    pub(crate) async fn hear(&mut self) -> Value {
        let mut line = String::new();
        self.stream.read_line(&mut line).await.unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

/// Far longer than anything here takes: a test that hangs fails instead.
pub(crate) fn run(test: impl Future<Output = ()>) {
    actix::System::new().block_on(async {
        tokio::time::timeout(Duration::from_secs(60), test)
            .await
            .expect("it hangs");
    });
}
