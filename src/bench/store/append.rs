//! Shares go into the ledger: a few at a time at a farm's rate, then many at a time.

use std::fs::File;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use anyhow::{Context as _, Result};
use zartrux_actors::store::ledger::{DAY_MS, Ledger};
use zartrux_models::ledger::{JournalEntry, JournalEvent, ShareEntry};

use super::farm::Farm;
use super::gauge::{Gauge, bytes_below, per};
use super::setting::Setting;
use crate::bench::clock::Nanos;
use crate::bench::figure::Figures;
use crate::bench::stats::{Samples, nanos_to_f64};

/// From one commit to the next, as in the store's actor.
const GATHER: Duration = Duration::from_millis(4);
/// Shares that come in that time at 1,000 a second.
const FEW: u64 = 4;
/// Shares that come in that time when the disk can't follow: as many as make one frame.
const MANY: u64 = 256;
/// From one look at memory, and one write by the disk, to the next.
const LOOK: u64 = 500_000_000;

/// What is appended, and when it is said to have ended.
struct Stream {
    farm: Farm,
    begins_ms: u64,
    span_ms: u64,
    shares: u64,
    seq: u64,
    journal_seq: u64,
    day: u64,
}

impl Stream {
    /// The next shares, and what stands beside them in the journal; when it is.
    fn next(&mut self, count: u64) -> (u64, Vec<ShareEntry>, Vec<JournalEntry>) {
        let mut now_ms = 0;
        let shares = (0..count.min(self.shares - self.seq))
            .map(|_| {
                let part = u128::from(self.span_ms) * u128::from(self.seq);
                let after = u64::try_from(part / u128::from(self.shares)).unwrap_or(0);
                now_ms = self.begins_ms + after;
                self.seq += 1;
                let mut share = self.farm.share(now_ms);
                share.seq = self.seq;
                share
            })
            .collect();
        let mut journal = Vec::new();
        if self.day != now_ms / DAY_MS {
            self.day = now_ms / DAY_MS;
            self.journal_seq += 1;
            journal.push(JournalEntry {
                seq: self.journal_seq,
                node: 0,
                run: 1,
                unix_ms: now_ms,
                event: JournalEvent::RunBegan {
                    version: env!("CARGO_PKG_VERSION").into(),
                    started_ms: now_ms,
                },
            });
        }
        (now_ms, shares, journal)
    }
}

/// Appends, and has the disk write it down meanwhile as the daemon does.
struct Writer {
    ledger: Ledger,
    gauge: Gauge,
    disk: SyncSender<File>,
    looked: Nanos,
    commits: Samples,
    packs: Samples,
    /// The first share of the volume that is written to.
    begins: u64,
}

impl Writer {
    fn write(&mut self, stream: &mut Stream, count: u64) -> Result<()> {
        let (now_ms, shares, journal) = stream.next(count);
        let volume = self.ledger.volume();
        let ledger = &mut self.ledger;
        self.gauge.time(&mut self.commits, || {
            ledger.commit(now_ms, &shares, &journal)
        })?;
        self.gauge.time(&mut self.packs, || ledger.pack())?;
        if ledger.volume() != volume {
            self.begins = shares.first().map_or(self.begins, |first| first.seq);
        }
        if self.gauge.now().since(self.looked) > LOOK {
            self.looked = self.gauge.now();
            self.gauge.memory()?;
            if let Some(file) = self.ledger.log_handle()? {
                // While it is at one, the next is left out.
                let _ = self.disk.try_send(file);
            }
        }
        Ok(())
    }
}

/// Plays it.
///
/// # Errors
/// When the ledger can't be written.
pub(super) fn play(setting: &Setting<'_>) -> Result<Figures> {
    let mut figures = setting.figures("append");
    let span_ms = u64::from(setting.args.days) * DAY_MS;
    let begins_ms = setting.clock.unix_millis() - span_ms;
    let mut stream = Stream {
        farm: setting.farm(),
        begins_ms,
        span_ms,
        shares: setting.args.shares,
        seq: 0,
        journal_seq: 0,
        day: 0,
    };
    let gauge = Gauge::start()?;
    let (disk, files) = sync_channel::<File>(1);
    let disk_thread = std::thread::spawn(move || {
        for file in files {
            // Told by the commits, should it be more than a hiccup.
            let _ = file.sync_data();
        }
    });
    let (ledger, _) = Ledger::open(&setting.folders.shares, begins_ms, setting.retention())?;
    let mut writer = Writer {
        ledger,
        looked: gauge.now(),
        gauge,
        disk,
        commits: Samples::default(),
        packs: Samples::default(),
        begins: 1,
    };

    let few = (u64::from(setting.args.seconds) * 1_000).min(setting.args.shares / 2);
    let mut due = writer.gauge.now();
    while stream.seq < few {
        due = due.after(GATHER);
        writer.write(&mut stream, FEW)?;
        while let Some(rest) = due.0.checked_sub(writer.gauge.now().0).filter(|ns| *ns > 0) {
            std::thread::park_timeout(Duration::from_nanos(rest));
        }
    }
    latencies(&mut figures, "at 1,000/s", &mut writer);

    let began = stream.seq;
    while stream.seq < setting.args.shares {
        writer.write(&mut stream, MANY)?;
    }
    let busy = writer.commits.sum() + writer.packs.sum();
    let rate = nanos_to_f64(stream.seq - began) / (nanos_to_f64(busy) / 1e9);
    figures.proxy("256 at a time, commit and pack", "shares/s", rate);
    latencies(&mut figures, "256 at a time", &mut writer);

    let mut gauge = writer.gauge;
    let memory = gauge.memory()?;
    figures.proxy("memory of the ledger", "MiB", memory);
    figures.proxy("memory of the ledger, most", "MiB", gauge.peak());
    let open = writer.ledger.reader().bytes(writer.ledger.volume());
    let in_it = stream.seq + 1 - writer.begins;
    figures.proxy("on disk, not sealed", "bytes/share", per(open, in_it));
    let closing = gauge.now();
    writer.ledger.close()?;
    let closed = gauge.now().since(closing);
    figures.proxy("close, sealing awaited", "ms", nanos_to_f64(closed) / 1e6);
    drop(writer.disk);
    disk_thread
        .join()
        .ok()
        .context("the thread that waits for the disk has failed")?;
    let bytes = bytes_below(&setting.folders.shares);
    figures.proxy(
        "on disk, last volume not sealed",
        "bytes/share",
        per(bytes, stream.seq),
    );
    Ok(figures)
}

fn latencies(figures: &mut Figures, how: &str, writer: &mut Writer) {
    let commits = std::mem::take(&mut writer.commits);
    let packs = std::mem::take(&mut writer.packs);
    for (what, mut samples) in [("commit", commits), ("pack", packs)] {
        for (name, per_mille) in [("p50", 500), ("p99", 990), ("max", 1000)] {
            let figure = format!("{what} {how}, {name}");
            figures.proxy(&figure, "µs", samples.micros(per_mille));
        }
    }
}
