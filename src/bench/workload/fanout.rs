//! Fan-out: the pool writes a new job to all its upstream connections; how soon has every miner
//! got it, and at what cost?

use std::time::Duration;

use anyhow::Result;

use super::{micros_each, percent_of_core};
use crate::bench::{
    clock::Nanos,
    figure::{Figures, PERCENT_OF_CORE},
    seen::Seen,
    stage::Stage,
    stats::{Samples, count},
};

/// Who has got which job, and when.
struct Watch {
    miners: usize,
    /// The pool's write of each round, by the round's place.
    written: Vec<(u32, Nanos)>,
    /// (round, miner) pairs that are done.
    got: Vec<bool>,
    count: usize,
    again: usize,
    all: Samples,
    /// First and last arrival of each round, ns after the write.
    ends: Vec<Option<(u64, u64)>>,
}

impl Watch {
    fn over(miners: usize) -> Self {
        Self {
            miners,
            written: Vec::new(),
            got: Vec::new(),
            count: 0,
            again: 0,
            all: Samples::default(),
            ends: Vec::new(),
        }
    }

    fn write(&mut self, round: u32, at: Nanos) {
        self.written.push((round, at));
        self.got.resize(self.miners * self.written.len(), false);
        self.ends.push(None);
    }

    fn expected(&self) -> usize {
        self.got.len()
    }

    fn is_complete(&self) -> bool {
        self.count == self.expected()
    }

    fn take(&mut self, event: &Seen) {
        let Seen::Job {
            miner,
            round,
            again,
            at,
        } = event
        else {
            return;
        };
        let Some(place) = self.written.iter().rposition(|(r, _)| r == round) else {
            return;
        };
        let pair = self.got.get_mut(place * self.miners + miner);
        let (Some(pair), Some((_, sent)), Some(ends)) =
            (pair, self.written.get(place), self.ends.get_mut(place))
        else {
            return;
        };
        if *again || *pair {
            self.again += 1;
            return;
        }
        *pair = true;
        self.count += 1;
        let span = at.since(*sent);
        self.all.push(span);
        let (first, last) = ends.unwrap_or((span, span));
        *ends = Some((first.min(span), last.max(span)));
    }
}

/// Has the pool send `jobs` jobs, one each `interval`, to the `miners` miners that are there.
///
/// # Errors
/// When a miner goes off or the proxy ends.
pub(crate) fn run(
    stage: &mut Stage,
    miners: usize,
    jobs: u32,
    interval: Duration,
) -> Result<Figures> {
    let mut watch = Watch::over(miners);
    let mut seen = Vec::new();
    let cpu = stage.cpu()?;
    let began = stage.engine.now();
    for turn in 0..jobs {
        let due = began.after(interval * turn);
        until(stage, &mut watch, &mut seen, due, false)?;
        let (round, at) = stage.engine.new_job();
        watch.write(round, at);
    }
    let limit = stage.engine.now().after(stage.patience);
    until(stage, &mut watch, &mut seen, limit, true)?;
    let used = stage.cpu_since(&cpu)?;
    // A job that comes twice would come now.
    let end = stage
        .engine
        .now()
        .after(interval.min(Duration::from_secs(1)));
    until(stage, &mut watch, &mut seen, end, false)?;

    let (mut first, mut last) = (Samples::default(), Samples::default());
    for (early, late) in watch.ends.iter().flatten() {
        first.push(*early);
        last.push(*late);
    }
    let mut figures = Figures::of("fan-out", miners);
    figures.proxy(
        "pool's write → miner has it, 50 %",
        "ms",
        watch.all.millis(500),
    );
    figures.proxy("99 %", "ms", watch.all.millis(990));
    figures.proxy("longest", "ms", watch.all.millis(1000));
    figures.proxy("first miner of a job, 50 %", "ms", first.millis(500));
    figures.proxy("last miner of a job, 50 %", "ms", last.millis(500));
    figures.proxy(
        "CPU per miner and job",
        "µs",
        micros_each(used.proxy, watch.expected()),
    );
    figures.generator(
        "CPU per miner and job",
        "µs",
        micros_each(used.generator, watch.expected()),
    );
    figures.generator(
        "busy",
        PERCENT_OF_CORE,
        percent_of_core(used.busiest, used.wall),
    );
    figures.generator("jobs written", "", count(watch.written.len()));
    figures.must_be_zero("jobs that never came", watch.expected() - watch.count);
    figures.must_be_zero("jobs that came twice", watch.again);
    Ok(figures)
}

/// Watches until `end`, or until every miner has every job if that is `enough`.
fn until(
    stage: &mut Stage,
    watch: &mut Watch,
    seen: &mut Vec<Seen>,
    end: Nanos,
    enough: bool,
) -> Result<()> {
    while stage.engine.now() < end && !(enough && watch.is_complete()) {
        stage.turn(end, seen)?;
        for event in seen.drain(..) {
            watch.take(&event);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(miner: usize, round: u32, again: bool, at: u64) -> Seen {
        Seen::Job {
            miner,
            round,
            again,
            at: Nanos(at),
        }
    }

    #[test]
    fn each_pair_of_miner_and_job_counts_once_from_its_own_write() {
        let mut watch = Watch::over(2);
        watch.write(5, Nanos(1_000));
        watch.write(6, Nanos(9_000));
        watch.take(&job(0, 5, false, 1_100));
        watch.take(&job(1, 6, false, 9_300));
        watch.take(&job(0, 6, false, 9_200));
        assert!(!watch.is_complete());
        watch.take(&job(0, 6, true, 9_250));
        watch.take(&job(0, 6, false, 9_260));
        watch.take(&job(1, 4, false, 9_260));
        assert_eq!((watch.count, watch.expected(), watch.again), (3, 4, 2));
        assert_eq!(watch.ends, [Some((100, 100)), Some((200, 300))]);
        watch.take(&job(1, 5, false, 9_400));
        assert!(watch.is_complete());
        assert_eq!(watch.all.percentile(1000), Some(8_400));
    }
}
