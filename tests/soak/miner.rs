//! Miners: each has a hash rate and finds shares as often as its difficulty lets expect. Some are
//! late, some submit what is bad.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::Rng;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use tokio::io::{AsyncWriteExt, Interest};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::time;
use zartrux::demo::lines::Lines;
use zartrux::demo::target::Target64;
use zartrux::demo::wire::{self, FromPool, Job, LoggedIn};

use crate::account::{Class, JobNumber, MinerNumber};
use crate::share::Work;
use crate::support::clock;
use crate::world::{POOL_DIFFICULTY, Phase, World};

/// Counters of leases that are remembered, so that no nonce is used again.
const LEASES: usize = 64;
/// Least time from one share to the next, s.
const LEAST_WAIT: f64 = 0.03;

/// What kind of a miner it is.
#[derive(Debug, Clone)]
pub(crate) struct Role {
    pub(crate) name: String,
    pub(crate) algos: &'static [&'static str],
    /// Hashes per second.
    pub(crate) rate: f64,
    /// How many nonces it goes through for each hash: above 1 its nonces claim more than its shares
    /// are worth, so that it gets no other lease, and waits for the next job once they are used up.
    pub(crate) stride: f64,
    /// When it leaves; none if it stays.
    pub(crate) until: Option<Instant>,
}

impl Role {
    /// Whether it can't follow a fork, and may be told so and closed.
    fn is_narrow(&self) -> bool {
        !self.algos.contains(&"rx/2")
    }
}

/// Why a session was over.
enum Over {
    /// It left.
    Left,
    /// The other side closed, or said no.
    Lost(String),
}

/// Lives until it is to leave; whoever stays comes again when it was disconnected.
pub(crate) async fn live(world: Arc<World>, role: Role, mut random: StdRng) {
    let mut proxy = world.proxy.subscribe();
    let mut phase = world.phase.subscribe();
    loop {
        let at = *proxy.borrow_and_update();
        let over = match at {
            Some(at) => visit(&world, &role, at, &mut random).await,
            None => Over::Left,
        };
        let alive = proxy.borrow().is_some() && at == *proxy.borrow();
        if let Over::Lost(why) = over {
            let excused = world.is_excused() || role.is_narrow() || !alive;
            world.with(|state| state.count("miners turned away or disconnected"));
            if !excused {
                world.violated(
                    "run",
                    format!("miner {:?} lost its place: {why}", role.name),
                );
            }
        }
        if role.until.is_some() || *phase.borrow_and_update() == Phase::End {
            return;
        }
        if alive {
            time::sleep(Duration::from_millis(random.gen_range(20..120))).await;
        } else {
            tokio::select! {
                _ = proxy.changed() => {}
                _ = phase.changed() => {}
            }
        }
    }
}

/// Takes its account back however the visit ends.
struct There<'a> {
    world: &'a World,
    miner: MinerNumber,
    has_job: bool,
}

impl Drop for There<'_> {
    fn drop(&mut self) {
        // Before the socket closes, so that a slot is never seen at two.
        self.world
            .with(|state| state.account.miner_left(self.miner));
        if self.has_job {
            self.world.logged_in(false);
        }
    }
}

async fn visit(world: &World, role: &Role, to: SocketAddr, random: &mut StdRng) -> Over {
    let Ok(Ok(stream)) = time::timeout(Duration::from_secs(10), TcpStream::connect(to)).await
    else {
        return Over::Lost("it can't connect".to_owned());
    };
    let _ = stream.set_nodelay(true);
    let _ = stream.ready(Interest::WRITABLE).await;
    let (incoming, out) = stream.into_split();
    let miner = world.next_miner();
    world.with(|state| state.account.miner_came(miner));
    let mut session = Session {
        world,
        role,
        out,
        session: String::new(),
        login: world.next_request(),
        work: None,
        former: None,
        counters: Vec::new(),
        there: There {
            world,
            miner,
            has_job: false,
        },
    };
    let mut lines = Lines::new(incoming);
    let mut phase = world.phase.subscribe();
    let login = json!({
        "login": role.name, "pass": "x", "agent": "XMRig/6.26.0 (soak)", "algo": role.algos,
    });
    let login = wire::request(session.login, "login", &login);
    if session.send(&login).await.is_err() {
        return Over::Lost("its login can't be sent".to_owned());
    }
    let forever = clock::now() + Duration::from_secs(1 << 30);
    let until = time::Instant::from_std(role.until.unwrap_or(forever));
    let mut next = time::Instant::from_std(clock::now());
    loop {
        let now = *phase.borrow_and_update();
        if now == Phase::End || (now == Phase::Quiet && role.until.is_some()) {
            return Over::Left;
        }
        let mines = now == Phase::Run && session.can_mine();
        tokio::select! {
            _ = phase.changed() => {}
            () = time::sleep_until(until) => return Over::Left,
            () = time::sleep_until(next), if mines => {
                let wait = session.wait(random);
                next = time::Instant::from_std(clock::now()) + Duration::from_secs_f64(wait);
                if session.mine(wait, random).await.is_err() {
                    return Over::Lost("its share can't be sent".to_owned());
                }
            }
            line = lines.next() => match line {
                Ok(Some(line)) => if let Err(why) = session.hear(&line) {
                    return Over::Lost(why);
                },
                Ok(None) => return Over::Lost("the proxy closed".to_owned()),
                Err(error) => return Over::Lost(error.to_string()),
            },
        }
    }
}

struct Session<'a> {
    world: &'a World,
    role: &'a Role,
    // Dropped before the socket.
    there: There<'a>,
    out: OwnedWriteHalf,
    session: String,
    login: i64,
    work: Option<Work>,
    former: Option<Work>,
    /// How far each lease was scanned, the newest last.
    counters: Vec<((JobNumber, u8), u32)>,
}

impl Session<'_> {
    async fn send(&mut self, line: &str) -> std::io::Result<()> {
        let line = format!("{line}\n");
        let written = time::timeout(Duration::from_secs(20), self.out.write_all(line.as_bytes()));
        written
            .await
            .unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))
    }

    fn can_mine(&self) -> bool {
        self.work.is_some()
    }

    /// Seconds to the next share.
    fn wait(&self, random: &mut StdRng) -> f64 {
        let difficulty = self
            .work
            .as_ref()
            .map_or(1, |work| work.target.difficulty());
        let mean = difficulty as f64 / self.role.rate;
        let drawn = -mean * random.gen_range(f64::MIN_POSITIVE..1.0).ln();
        drawn.clamp(LEAST_WAIT, 5.0)
    }

    /// The next nonce of a lease, after so many hashes; none once it is used up.
    fn count(&mut self, work: &Work, hashes: f64) -> Option<u32> {
        let lease = (work.number, work.slot);
        let at = self.counters.iter().position(|(of, _)| *of == lease);
        let at = at.unwrap_or_else(|| {
            if self.counters.len() == LEASES {
                self.counters.remove(0);
            }
            self.counters.push((lease, 0));
            self.counters.len() - 1
        });
        let counter = &mut self.counters[at].1;
        let scanned = 1.0 + hashes * self.role.stride;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a positive number, clamped to the type"
        )]
        let scanned = scanned as u32;
        *counter = counter.saturating_add(scanned);
        (*counter < 1 << 24).then_some(*counter)
    }

    async fn mine(&mut self, waited: f64, random: &mut StdRng) -> std::io::Result<()> {
        let late = random.gen_bool(0.06);
        let work = match (&self.work, &self.former) {
            (Some(_), Some(former)) if late => former.clone(),
            (Some(work), _) => work.clone(),
            (None, _) => return Ok(()),
        };
        let Some(low) = self.count(&work, waited * self.role.rate) else {
            return Ok(());
        };
        let nonce = Work::nonce(low, work.slot);
        match random.gen_range(0..100) {
            0..3 => self.submit(&work, nonce, false, "too easy", random).await,
            3..5 => {
                let elsewhere = Work::nonce(low, work.slot ^ 0x80);
                self.submit(&work, elsewhere, true, "outside its slot", random)
                    .await
            }
            5..7 => {
                self.submit(&work, nonce, true, "", random).await?;
                self.submit(&work, nonce, true, "again", random).await
            }
            _ => self.submit(&work, nonce, true, "", random).await,
        }
    }

    /// Sends a share: a good one if `bad` says nothing.
    async fn submit(
        &mut self,
        work: &Work,
        nonce: [u8; 4],
        meets: bool,
        bad: &'static str,
        random: &mut StdRng,
    ) -> std::io::Result<()> {
        let found = work.find(nonce, meets, random);
        let id = self.world.next_request();
        let class = if !bad.is_empty() {
            Class::Bad(bad)
        } else if Target64::of_difficulty(POOL_DIFFICULTY).is_met_by(&found.result) {
            Class::Upstream
        } else {
            Class::Local
        };
        let (miner, key) = (self.there.miner, work.key(nonce));
        self.world.with(|state| {
            // What is outside its slot is another's nonce, who may yet submit it.
            if class == Class::Bad("outside its slot") {
                state.account.sent_nowhere(miner, id, key, class);
            } else {
                state.account.sent(miner, id, key, class, found.result);
            }
        });
        let line = wire::request(id, "submit", &work.submit(&self.session, &found));
        self.send(&line).await
    }

    /// Takes a line in.
    fn hear(&mut self, line: &str) -> Result<(), String> {
        let heard: FromPool = serde_json::from_str(line).map_err(|e| format!("{e}: {line}"))?;
        if heard.method.as_deref() == Some("job") {
            let job = serde_json::from_value(heard.params).map_err(|e| format!("{e}: {line}"))?;
            return self.take_job(&job);
        }
        let Some(id) = heard.id else {
            return Ok(());
        };
        if id != self.login {
            let error = heard.error.map(|error| error.message);
            let miner = self.there.miner;
            self.world
                .with(|state| state.account.answered(miner, id, error.as_deref()));
            return Ok(());
        }
        if let Some(error) = heard.error {
            return Err(format!("its login was refused: {}", error.message));
        }
        let welcome: LoggedIn = from_value(heard.result).map_err(|e| format!("{e}: {line}"))?;
        self.session = welcome.id;
        self.there.has_job = true;
        self.world.logged_in(true);
        self.take_job(&welcome.job)
    }

    fn take_job(&mut self, job: &Job) -> Result<(), String> {
        let work = Work::read(job).ok_or_else(|| format!("no job: {job:?}"))?;
        let (miner, number, slot) = (self.there.miner, work.number, work.slot);
        self.world
            .with(|state| state.account.leased(miner, number, slot));
        self.former = self.work.replace(work);
        Ok(())
    }
}

fn from_value<T: serde::de::DeserializeOwned>(value: Value) -> serde_json::Result<T> {
    serde_json::from_value(value)
}
