//! Shares at a fixed rate: each is sent when it is due, whatever was answered until then.

use std::time::Duration;

use anyhow::{Result, bail};

use super::{drain, send_next, turn_into};
use crate::bench::{clock::Nanos, ledger::Ledger, seen::Seen, stage::Stage, stats::Samples};

/// The most shares of one run: each is on the books until its end.
const MOST: u128 = 10_000_000;
/// How long a share that is doubled may take to come.
const DOUBLED: Duration = Duration::from_millis(300);

/// A run of them.
pub(super) struct OpenLoop {
    pub(super) ledger: Ledger,
    /// How late each was sent.
    pub(super) late: Samples,
    pub(super) began: Nanos,
    seen: Vec<Seen>,
    interval: Duration,
    total: usize,
    due: Nanos,
}

impl OpenLoop {
    /// Begins to send `rate` shares a second for `span`.
    ///
    /// # Errors
    /// When these are too many for one run, or no beat can be set.
    pub(super) fn begin(stage: &mut Stage, rate: u32, span: Duration) -> Result<Self> {
        let interval = Duration::from_secs(1) / rate.max(1);
        let total = span.as_nanos() / interval.as_nanos().max(1);
        if total > MOST {
            bail!("{rate} shares a second for {span:?} are more than the {MOST} of one run");
        }
        stage.engine.pace(Some(interval))?;
        let began = stage.engine.now();
        Ok(Self {
            ledger: Ledger::from(0),
            late: Samples::default(),
            began,
            seen: Vec::new(),
            interval,
            total: usize::try_from(total)?,
            due: began,
        })
    }

    /// Whether all are sent.
    pub(super) fn has_sent_all(&self) -> bool {
        self.ledger.sent() >= self.total
    }

    /// Sends what is due, of `miners` miners in turn, and hears what there is to hear.
    ///
    /// # Errors
    /// When a miner goes off, or the proxy ends.
    pub(super) fn turn(&mut self, stage: &mut Stage, miners: usize) -> Result<()> {
        let now = stage.engine.now();
        while self.due <= now && !self.has_sent_all() {
            send_next(stage, &mut self.ledger, miners)?;
            self.late.push(now.since(self.due));
            self.due = self.due.after(self.interval);
        }
        // The beat wakes the loop in time; this is for the case that it does not.
        let wake = Nanos(self.due.0.max(now.0)).after(Duration::from_millis(1));
        turn_into(stage, &mut self.ledger, &mut self.seen, wake)
    }

    /// Waits for what is not settled, as long as patience lasts.
    ///
    /// # Errors
    /// When a miner goes off, or the proxy ends.
    pub(super) fn drain(&mut self, stage: &mut Stage) -> Result<()> {
        stage.engine.pace(None)?;
        drain(stage, &mut self.ledger, &mut self.seen)
    }

    /// Waits for shares that are doubled, which would come now.
    ///
    /// # Errors
    /// When a miner goes off, or the proxy ends.
    pub(super) fn await_doubles(&mut self, stage: &mut Stage) -> Result<()> {
        let end = stage.engine.now().after(DOUBLED);
        while stage.engine.now() < end {
            turn_into(stage, &mut self.ledger, &mut self.seen, end)?;
        }
        Ok(())
    }
}
