//! Churn: miners connect, log in and leave, as fast as it goes.

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::{Result, anyhow};

use super::scans::{RATE, Scans};
use super::{micros_each, percent_of_core};
use crate::bench::{
    clock::Nanos,
    figure::{Figures, PERCENT_OF_CORE},
    seen::Seen,
    stage::Stage,
    stats::{count, nanos_to_f64},
};

/// How long the proxy rests before its memory is taken for what it keeps for ever.
const REST: Duration = Duration::from_secs(3);
/// How long one login may take.
const STUCK: Duration = Duration::from_secs(15);

/// How a churn is run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Miners under way at once.
    pub(crate) at_once: usize,
    /// How long.
    pub(crate) span: Duration,
    /// How long a miner stays after its login was answered.
    pub(crate) stay: Duration,
    /// A new job that often; zero for none.
    pub(crate) job_every: Duration,
}

impl Plan {
    fn title(&self) -> String {
        let jobs = if self.job_every.is_zero() {
            "churn, no new job".to_owned()
        } else {
            format!("churn, a job each {:?}", self.job_every)
        };
        if self.stay.is_zero() {
            jobs
        } else {
            format!("{jobs}, stays of {:?}", self.stay)
        }
    }
}

/// Runs `plan` on a stage without miners.
///
/// # Errors
/// When a miner is refused, the proxy ends, or no login is answered for long.
pub(crate) fn run(stage: &mut Stage, plan: Plan) -> Result<Figures> {
    let before = stage.proxy.resident()?;
    let opened = stage.engine.pool().opened();
    let cpu = stage.cpu()?;
    let began = stage.engine.now();
    let middle = began.after(plan.span / 2);
    let end = began.after(plan.span);

    let mut churn = Churn::new(plan, began);
    let first_half = churn.until(stage, middle)?;
    let halfway = stage.proxy.resident()?;
    let second_half = churn.until(stage, end)?;
    let full = stage.proxy.resident()?;
    let cycles = first_half + second_half;
    let took = stage.engine.now().seconds_since(began);
    let used = stage.cpu_since(&cpu)?;
    let scans = std::mem::take(&mut churn.scans);
    churn.finish(stage)?;
    // A new job frees the slots of those who left.
    stage.engine.new_job();
    stage.rest(REST)?;
    let after = stage.proxy.resident()?;

    let opened = stage.engine.pool().opened() - opened;
    let mut figures = Figures::of(plan.title(), plan.at_once);
    let per_cycle = |from: u64, to: u64, cycles: usize| {
        (nanos_to_f64(to) - nanos_to_f64(from)) / count(cycles.max(1))
    };
    figures.proxy(
        "connect-login-leave cycles per second",
        "1/s",
        count(cycles) / took,
    );
    figures.proxy("CPU per cycle", "µs", micros_each(used.proxy, cycles));
    figures.proxy("upstream connections opened", "", f64::from(opened));
    figures.proxy(
        "upstream connections left",
        "",
        count(stage.engine.pool().logged_in()),
    );
    figures.proxy(
        "memory kept per cycle",
        "bytes",
        per_cycle(before, after, cycles),
    );
    figures.proxy(
        "memory growth per cycle, second half",
        "bytes",
        per_cycle(halfway, full, second_half),
    );
    // By what the generator saw: from the job read to the connection closed.
    figures.proxy(
        "visits to a slot that another had for the same job",
        "%",
        100.0 * count(scans.visits_again) / count(cycles.max(1)),
    );
    figures.proxy(
        "hashes tried again, of what as many miners of 10 kH/s try",
        "%",
        100.0 * scans.again / (RATE * took * count(plan.at_once)).max(1.0),
    );
    figures.proxy(
        "hashes tried again, of those that visitors of 10 kH/s tried",
        "%",
        100.0 * scans.again / scans.tried.max(1.0),
    );
    figures.generator("CPU per cycle", "µs", micros_each(used.generator, cycles));
    figures.generator(
        "busy",
        PERCENT_OF_CORE,
        percent_of_core(used.busiest, used.wall),
    );
    Ok(figures)
}

/// Miners that come and go.
struct Churn {
    plan: Plan,
    name: u64,
    under_way: usize,
    next_job: Option<Nanos>,
    last_login: Nanos,
    /// Who is logged in, since when, in this order.
    staying: VecDeque<(usize, Nanos)>,
    scans: Scans,
    seen: Vec<Seen>,
}

impl Churn {
    fn new(plan: Plan, now: Nanos) -> Self {
        let every = (!plan.job_every.is_zero()).then_some(plan.job_every);
        Self {
            plan,
            name: 0,
            under_way: 0,
            next_job: every.map(|every| now.after(every)),
            last_login: now,
            staying: VecDeque::new(),
            scans: Scans::default(),
            seen: Vec::new(),
        }
    }

    /// Keeps on until `end`; the number of full cycles.
    fn until(&mut self, stage: &mut Stage, end: Nanos) -> Result<usize> {
        let mut cycles = 0;
        loop {
            let now = stage.engine.now();
            if now >= end {
                return Ok(cycles);
            }
            if self.next_job.is_some_and(|due| due <= now) {
                stage.engine.new_job();
                self.next_job = Some(now.after(self.plan.job_every));
            }
            while self.under_way < self.plan.at_once {
                stage.connect(self.name)?;
                self.name += 1;
                self.under_way += 1;
            }
            let wake = self.next_job.map_or(end, |due| due.min(end));
            cycles += self.turn(stage, wake)?;
        }
    }

    /// Lets those that are under way log in and leave.
    fn finish(&mut self, stage: &mut Stage) -> Result<()> {
        while self.under_way > 0 {
            let wake = stage.engine.now().after(Duration::from_millis(100));
            self.turn(stage, wake)?;
        }
        Ok(())
    }

    /// One turn of the event loop: who is logged in leaves after its stay.
    fn turn(&mut self, stage: &mut Stage, wake: Nanos) -> Result<usize> {
        let first = self.staying.front();
        let due = first.map_or(wake, |(_, since)| since.after(self.plan.stay).min(wake));
        stage.turn(due, &mut self.seen)?;
        for event in self.seen.drain(..) {
            if let Seen::LoggedIn { miner, at } = event {
                self.staying.push_back((miner, at));
                self.last_login = at;
            }
        }
        let mut left = 0;
        while let Some((miner, since)) = self.staying.front().copied()
            && since.after(self.plan.stay) <= stage.engine.now()
        {
            self.staying.pop_front();
            let origin = stage.engine.origin(miner);
            stage.engine.leave(miner);
            let held = stage.engine.now().since(since);
            if let Some(origin) = origin {
                self.scans.note(origin, Duration::from_nanos(held));
            }
            left += 1;
        }
        self.under_way -= left;
        let patience = self.last_login.after(STUCK).after(self.plan.stay);
        if stage.engine.now() > patience {
            let error = anyhow!("no login was answered for {STUCK:?}");
            return Err(stage.proxy.blame(&error));
        }
        Ok(left)
    }
}
