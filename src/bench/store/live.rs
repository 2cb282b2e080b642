//! The store as the daemon runs it: its actors, told of shares as a lane does.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel, sync_channel};
use std::time::Duration;

use anyhow::{Context as _, Result};
use zartrux_actors::messaging::Post;
use zartrux_actors::store::{RecordShare, SharesRecorded, StoreLink};
use zartrux_actors::supervision::HealthRegistry;

use super::farm::Farm;
use super::gauge::Gauge;
use super::setting::Setting;
use crate::bench::clock::{Clock, Nanos};
use crate::bench::figure::Figures;
use crate::bench::stats::{Samples, nanos_to_f64};
use crate::node::{RunningStore, StoreWays, open_store};

/// From share to share at 1,000 a second.
const APART: Duration = Duration::from_millis(1);
/// Shares under way when there is no pause: fewer than the queue takes.
const UNDER_WAY: usize = 16_384;
/// Shares sent without a pause at most.
const MANY: u64 = 100_000;
/// How long one that waits to be killed goes on, at 1,000 a second.
const GOES_ON: u64 = 600_000;

/// One lane's side of the store.
struct Lane {
    farm: Farm,
    ways: StoreWays,
    gauge: Gauge,
    recorded: Receiver<(u64, Nanos)>,
    /// When those were sent that are not recorded yet.
    sent: VecDeque<(u64, Nanos)>,
    number: u64,
    /// As a lane does: what is not handed over yet, and since when.
    gathered: Vec<RecordShare>,
    gathered_since: Option<Nanos>,
    waited: Samples,
    lost: usize,
}

impl Lane {
    fn send(&mut self, unix_ms: u64) {
        self.number += 1;
        let share = self.farm.share(unix_ms);
        let now = self.gauge.now();
        if let Some(record) = self.ways.link.take_up(0, self.number, share) {
            let first = *self.gathered_since.get_or_insert(now);
            self.gathered.push(record);
            self.sent.push_back((self.number, now));
            if now >= first.after(StoreLink::GATHER) || self.gathered.len() >= StoreLink::GATHERED {
                self.hand_over();
            }
        } else {
            self.lost += 1;
        }
    }

    fn hand_over(&mut self) {
        self.gathered_since = None;
        self.ways.link.hand_over(&mut self.gathered);
    }

    /// Takes what is recorded, waiting for it until a moment at most.
    fn take_until(&mut self, moment: Nanos) -> Result<()> {
        loop {
            let rest = Duration::from_nanos(moment.since(self.gauge.now()));
            match self.recorded.recv_timeout(rest) {
                Ok((through, at)) => self.note(through, at),
                Err(RecvTimeoutError::Timeout) => return Ok(()),
                Err(RecvTimeoutError::Disconnected) => anyhow::bail!("the store has ended"),
            }
        }
    }

    fn note(&mut self, through: u64, at: Nanos) {
        while let Some((number, sent)) = self.sent.front()
            && *number <= through
        {
            self.waited.push(at.since(*sent));
            self.sent.pop_front();
        }
    }

    /// Sends at 1,000 a second.
    fn pace(&mut self, setting: &Setting<'_>, count: u64) -> Result<()> {
        let mut due = self.gauge.now();
        for number in 0..count {
            self.send(setting.clock.unix_millis());
            due = due.after(APART);
            self.take_until(due)?;
            if number.is_multiple_of(500) {
                self.gauge.memory()?;
            }
        }
        Ok(())
    }

    /// Sends without a pause; shares per second.
    fn rush(&mut self, setting: &Setting<'_>, count: u64) -> Result<f64> {
        let began = self.gauge.now();
        for number in 0..count {
            self.send(setting.clock.unix_millis());
            while let Ok((through, at)) = self.recorded.try_recv() {
                self.note(through, at);
            }
            if self.sent.len() >= UNDER_WAY {
                self.hand_over();
            }
            while self.sent.len() >= UNDER_WAY {
                self.take_one()?;
            }
            if number.is_multiple_of(20_000) {
                self.gauge.memory()?;
            }
        }
        self.hand_over();
        while !self.sent.is_empty() {
            self.take_one()?;
        }
        Ok(nanos_to_f64(count) / self.gauge.now().seconds_since(began))
    }

    fn take_one(&mut self) -> Result<()> {
        let (through, at) = self.recorded.recv().context("the store has ended")?;
        self.note(through, at);
        Ok(())
    }

    /// Waits until the registry has written down what is recorded; seconds.
    fn wait_for_registry(&mut self, last: u64) -> Result<f64> {
        const PATIENCE: u32 = 6_000;
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let began = self.gauge.now();
        for _ in 0..PATIENCE {
            let through = self.ways.registry.ask(|state| state.book.through_seq());
            if runtime.block_on(through)? >= last {
                return Ok(self.gauge.now().seconds_since(began));
            }
            self.gauge.memory()?;
            std::thread::park_timeout(Duration::from_millis(50));
        }
        anyhow::bail!("the registry does not come to an end");
    }
}

/// Starts the actors on a thread of their own.
fn launch(setting: &Setting<'_>) -> Result<(RunningStore, StoreWays)> {
    let open = open_store(&setting.settings, setting.clock)?.context("nothing is stored")?;
    let (ready, started) = sync_channel(1);
    let clock = setting.clock;
    std::thread::spawn(move || {
        actix::System::new().block_on(async move {
            let (running, ways, _) = open.launch(&HealthRegistry::default(), None, clock);
            // Whoever started it waits for it.
            let _ = ready.send((running, ways));
            std::future::pending::<()>().await;
        });
    });
    started.recv().context("the store's actors did not start")
}

/// Plays it; `tell` is told of the figures before anything is closed.
///
/// # Errors
/// When the store ends, or does not keep up.
pub(super) fn play(
    setting: &Setting<'_>,
    until_killed: bool,
    tell: impl FnOnce(Figures) -> Result<()>,
) -> Result<()> {
    let mut figures = setting.figures("live");
    let gauge = Gauge::start()?;
    let (running, ways) = launch(setting)?;
    let (told, recorded) = channel();
    let clock: Clock = gauge.clock();
    ways.link.join(
        0,
        Post::to_fn(move |SharesRecorded { through }| {
            // Who counts may have ended.
            let _ = told.send((through, clock.now()));
        }),
    );
    let mut lane = Lane {
        farm: setting.farm(),
        ways,
        gauge,
        recorded,
        sent: VecDeque::new(),
        number: 0,
        gathered: Vec::new(),
        gathered_since: None,
        waited: Samples::default(),
        lost: 0,
    };
    lane.gauge.memory()?;
    lane.pace(setting, u64::from(setting.args.seconds) * 1_000)?;
    if until_killed {
        tell(figures)?;
        return lane.pace(setting, GOES_ON);
    }
    for (name, per_mille) in [("p50", 500), ("p99", 990), ("max", 1000)] {
        let took = lane.waited.millis(per_mille);
        figures.proxy(&format!("recorded at 1,000/s, {name}"), "ms", took);
    }
    figures.proxy("memory at 1,000/s", "MiB", lane.gauge.memory()?);
    lane.waited = Samples::default();
    let many = MANY.min(setting.args.shares / 10);
    let rate = lane.rush(setting, many)?;
    figures.proxy("recorded without a pause", "shares/s", rate);
    let took = lane.waited.millis(990);
    figures.proxy("recorded without a pause, p99", "ms", took);
    let last = lane.ways.link.status().report().last_seq;
    let late = lane.wait_for_registry(last)?;
    figures.proxy("until the registry has that too", "s", late);
    figures.proxy("memory of the whole store", "MiB", lane.gauge.memory()?);
    figures.proxy("memory of the whole store, most", "MiB", lane.gauge.peak());
    figures.must_be_zero("shares lost", lane.lost);
    running.close();
    tell(figures)
}
