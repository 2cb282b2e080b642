//! Churn: miners connect, log in and leave, as fast as it goes.

use std::time::Duration;

use anyhow::{Result, anyhow};

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
    /// A new job that often; zero for none.
    pub(crate) job_every: Duration,
}

impl Plan {
    fn title(&self) -> String {
        if self.job_every.is_zero() {
            "churn, no new job".to_owned()
        } else {
            format!("churn, a job each {:?}", self.job_every)
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

    /// One turn of the event loop: who is logged in leaves.
    fn turn(&mut self, stage: &mut Stage, wake: Nanos) -> Result<usize> {
        stage.turn(wake, &mut self.seen)?;
        let mut left = 0;
        for event in self.seen.drain(..) {
            if let Seen::LoggedIn { miner, at } = event {
                stage.engine.leave(miner);
                self.last_login = at;
                left += 1;
            }
        }
        self.under_way -= left;
        if stage.engine.now().since(self.last_login) > Nanos::default().after(STUCK).0 {
            let error = anyhow!("no login was answered for {STUCK:?}");
            return Err(stage.proxy.blame(&error));
        }
        Ok(left)
    }
}
