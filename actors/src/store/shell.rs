//! The store's shell: gathers what is to be written, and has it written at once.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorContext, AsyncContext, Context, Handler};
use zartrux_models::ledger::{JournalEntry, JournalEvent, ShareEntry};

use super::StoreFault;
use super::disk_sync::DiskSync;
use super::ledger::{Ledger, LedgerReader, Mended, Retention};
use super::link::{Provenance, StoreLink};
use super::messages::{CloseStore, LaneJoined, RecordShare, ReplaceRetention, SharesRecorded};
use super::status::StoreStatus;
use crate::clock::Clock;
use crate::inbox::{Arrived, Batch};
use crate::journal::JournalNoted;
use crate::messaging::{Credit, Post};
use crate::supervision::{ActorState, Backoff, Guard};

/// What is told of shares that were committed, in the order of their places.
pub type CommitListener = Box<dyn Fn(Vec<ShareEntry>) + Send>;

/// Everything the store is built from.
pub struct StoreArgs {
    /// The ledger's folder.
    pub root: PathBuf,
    /// How much is kept.
    pub retention: Retention,
    /// Numbers of shares begin above this one at least.
    pub after_seq: u64,
    /// Whose entries of the journal these are.
    pub provenance: Provenance,
    /// The program's version, for the journal.
    pub version: &'static str,
    /// Hears of what was committed.
    pub on_commit: CommitListener,
    /// What is shown.
    pub status: Arc<StoreStatus>,
    /// Runs the ledger's steps.
    pub guard: Guard,
    /// The time.
    pub clock: Clock,
}

impl fmt::Debug for StoreArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreArgs")
            .field("root", &self.root)
            .finish_non_exhaustive()
    }
}

/// The actor.
///
/// What it was told and could not write yet stays with it, each share with its credit, so that
/// there is a bound. While the ledger can't be written nobody waits for it; when it can again, what
/// stayed is written first.
pub struct Store {
    args: StoreArgs,
    ledger: Option<Ledger>,
    backoff: Backoff,
    lanes: HashMap<u16, Post<SharesRecorded>>,
    /// With their places, which are final: a commit that failed half-way is tried again with them.
    pending: Vec<ShareEntry>,
    pending_journal: Vec<JournalEntry>,
    batch: Batch<RecordShare>,
    /// Committed, and not told of yet.
    untold: Vec<ShareEntry>,
    telling_is_set: bool,
    credits: Vec<Credit>,
    /// The last number of each lane among what is pending.
    through: HashMap<u16, u64>,
    last_seq: u64,
    last_journal_seq: u64,
    commit_is_set: bool,
    /// It has opened the ledger once: what is pending has its place.
    was_open: bool,
    disk: DiskSync,
    /// Something was committed that the disk was not told to write down yet.
    unsynced: bool,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("pending", &self.pending.len())
            .field("last_seq", &self.last_seq)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// What is noted within this time is written at once, with what lanes have gathered.
    const GATHER: Duration = StoreLink::GATHER;
    /// How long shares are gathered before whoever listens is told of them, and how many.
    const TELL: Duration = Duration::from_millis(50);
    const UNTOLD: usize = 1024;
    /// How often the disk is to write down what the system has.
    const SYNC: Duration = Duration::from_millis(500);
    /// How often it is looked what has to go.
    const RETAIN: Duration = Duration::from_secs(60);
    /// How often the ledger's size is looked at.
    const MEASURE: Duration = Duration::from_secs(10);
    /// From one try to open the ledger again to the next: doubling.
    const REOPEN: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(30));

    /// Builds the actor; the ledger is opened when it starts, or is given.
    #[must_use]
    pub fn new(args: StoreArgs, ledger: Option<Ledger>) -> Self {
        let (floor, ceiling) = Self::REOPEN;
        let mut store = Self {
            last_seq: args.after_seq,
            last_journal_seq: 0,
            args,
            ledger: None,
            backoff: Backoff::between(floor, ceiling),
            lanes: HashMap::new(),
            pending: Vec::new(),
            pending_journal: Vec::new(),
            batch: Batch::default(),
            untold: Vec::new(),
            telling_is_set: false,
            credits: Vec::new(),
            through: HashMap::new(),
            commit_is_set: false,
            was_open: false,
            disk: DiskSync::default(),
            unsynced: true,
        };
        if let Some(ledger) = ledger {
            store.take_over(ledger);
            store.args.guard.health().set_state(ActorState::Running);
        }
        store
    }

    fn take_over(&mut self, ledger: Ledger) {
        if !self.was_open {
            // Nobody knew where the numbers go on.
            self.was_open = true;
            self.last_seq = self.args.after_seq.max(ledger.last_seq());
            for share in &mut self.pending {
                self.last_seq += 1;
                share.seq = self.last_seq;
            }
            self.last_journal_seq = ledger.last_journal_seq();
            for entry in &mut self.pending_journal {
                self.last_journal_seq += 1;
                entry.seq = self.last_journal_seq;
            }
        }
        self.last_seq = self.last_seq.max(ledger.last_seq());
        self.last_journal_seq = self.last_journal_seq.max(ledger.last_journal_seq());
        for damage in ledger.damage() {
            tracing::error!(%damage, "a part of the ledger can't be read");
            self.args.status.damaged(damage);
        }
        self.ledger = Some(ledger);
    }

    /// What was pending is written.
    fn work_again(&mut self) {
        self.backoff.reset();
        self.args.guard.health().set_state(ActorState::Running);
        self.args.guard.health().set_note(String::new());
        if self.args.status.works().is_some() {
            tracing::info!("the store writes again");
        }
    }

    fn note(&mut self, event: JournalEvent, unix_ms: u64) {
        self.last_journal_seq += 1;
        self.pending_journal.push(JournalEntry {
            seq: self.last_journal_seq,
            node: self.args.provenance.node,
            run: self.args.provenance.run,
            unix_ms,
            event,
        });
    }

    fn commit_soon(&mut self, ctx: &mut Context<Self>) {
        if !self.commit_is_set {
            self.commit_is_set = true;
            ctx.run_later(Self::GATHER, |this, ctx| {
                this.commit_is_set = false;
                this.commit(ctx);
            });
        }
    }

    /// Writes what is pending.
    fn commit(&mut self, ctx: &mut Context<Self>) {
        if self.pending.is_empty() && self.pending_journal.is_empty() || self.ledger.is_none() {
            return;
        }
        let began = self.args.clock.now();
        let now_ms = self.args.clock.unix_millis();
        let (shares, journal) = (&self.pending, &self.pending_journal);
        let written = self.args.guard.run(&mut self.ledger, |ledger| {
            ledger.commit(now_ms, shares, journal)
        });
        match written {
            Ok(Ok(())) => {}
            Ok(Err(fault)) => return self.fail(&fault, ctx),
            // What was written is found when the ledger is opened again.
            Err(_) => return self.reopen_later("its core failed", ctx),
        }
        self.unsynced = true;
        let took = self.args.clock.now().duration_since(began);
        let (count, entries) = (self.pending.len() as u64, self.pending_journal.len() as u64);
        self.args
            .status
            .committed(count, entries, self.last_seq, took);
        for (lane, through) in self.through.drain() {
            if let Some(lane) = self.lanes.get(&lane) {
                lane.send(SharesRecorded { through });
            }
        }
        self.tell_soon(ctx);
        self.pending_journal.clear();
        self.credits.clear();
        if self.pending.capacity() > 4096 {
            self.pending.shrink_to(256);
            self.credits.shrink_to(256);
        }
        if let Ok(Err(fault)) = self.args.guard.run(&mut self.ledger, Ledger::pack) {
            self.fail(&fault, ctx);
        } else if self.ledger.is_none() {
            self.reopen_later("its core failed", ctx);
        }
    }

    /// Whoever listens is on another thread, which is woken for many shares at a time.
    fn tell_soon(&mut self, ctx: &mut Context<Self>) {
        self.untold.append(&mut self.pending);
        if self.untold.len() >= Self::UNTOLD {
            self.tell();
        } else if !self.untold.is_empty() && !self.telling_is_set {
            self.telling_is_set = true;
            ctx.run_later(Self::TELL, |this, _| {
                this.telling_is_set = false;
                this.tell();
            });
        }
    }

    fn tell(&mut self) {
        if !self.untold.is_empty() {
            (self.args.on_commit)(std::mem::take(&mut self.untold));
        }
    }

    /// The ledger can't be written: nobody waits for it until it can.
    fn fail(&mut self, fault: &StoreFault, ctx: &mut Context<Self>) {
        // Dropping it may panic as well, in the database's destructor.
        let ledger = self.ledger.take();
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(ledger))).is_err() {
            tracing::warn!("the ledger failed while it was closed");
        }
        self.reopen_later(&fault.to_string(), ctx);
    }

    fn reopen_later(&mut self, why: &str, ctx: &mut Context<Self>) {
        let now_ms = self.args.clock.unix_millis();
        if self.args.status.fails(why.to_owned(), now_ms) {
            tracing::error!(
                why,
                "the store can't write: shares go on, acknowledged unrecorded"
            );
        }
        self.args.guard.health().set_state(ActorState::Degraded);
        self.args
            .guard
            .health()
            .set_note(format!("can't write: {why}"));
        let delay = self.backoff.next_delay();
        ctx.run_later(delay, Self::reopen);
    }

    fn reopen(&mut self, ctx: &mut Context<Self>) {
        if self.ledger.is_some() {
            return;
        }
        match self.open() {
            Ok((ledger, mended)) => {
                if let Some(mended) = mended {
                    self.args.status.tell_mended(&mended);
                }
                self.take_over(ledger);
                self.commit(ctx);
                // Not before: a full disk is opened easily.
                if self.ledger.is_some() {
                    self.work_again();
                }
            }
            Err(fault) => self.reopen_later(&fault.to_string(), ctx),
        }
    }

    fn open(&self) -> Result<(Ledger, Option<Mended>), StoreFault> {
        let now_ms = self.args.clock.unix_millis();
        Ledger::open(&self.args.root, now_ms, self.args.retention)
    }

    fn on_sync(&mut self) {
        if !self.unsynced {
            // Nothing was written since: a proxy that has nothing to do wakes no disk.
            return;
        }
        if let Some(Ok(Some(file))) = self.ledger.as_ref().map(Ledger::log_handle) {
            self.unsynced = !self.disk.write_down(file);
        }
    }

    fn on_measure(&mut self) {
        let Some(ledger) = &self.ledger else {
            return;
        };
        for mended in ledger.found_damaged() {
            self.args.status.tell_mended(&mended);
        }
        let reader: &LedgerReader = ledger.reader();
        let volumes = reader.volumes();
        let bytes = volumes.iter().map(|volume| reader.bytes(*volume)).sum();
        self.args.status.measured(volumes.len() as u64, bytes);
    }

    fn on_retain(&mut self) {
        let now_ms = self.args.clock.unix_millis();
        let Some(ledger) = self.ledger.as_ref().filter(|ledger| !ledger.is_sealing()) else {
            return;
        };
        match ledger.retain(now_ms) {
            Ok(dropped) => {
                for volume in dropped {
                    tracing::info!(%volume, "a volume of the ledger is over its time or too much, and gone");
                }
            }
            Err(fault) => tracing::warn!(%fault, "the ledger can't drop what is too old"),
        }
    }

    fn close(&mut self, ctx: &mut Context<Self>) {
        // There may be room by now, and there is no later.
        self.reopen(ctx);
        self.note(JournalEvent::RunEnded, self.args.clock.unix_millis());
        self.commit(ctx);
        self.tell();
        if let Some(ledger) = self.ledger.take()
            && let Err(fault) = ledger.close()
        {
            tracing::warn!(%fault, "the ledger was not closed in order; what was committed is there");
        }
        self.args.guard.health().set_state(ActorState::Stopped);
    }
}

impl Actor for Store {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if self.ledger.is_none() {
            self.reopen(ctx);
        }
        let now_ms = self.args.clock.unix_millis();
        let began = JournalEvent::RunBegan {
            version: self.args.version.into(),
            started_ms: now_ms,
        };
        self.note(began, now_ms);
        self.commit_soon(ctx);
        self.on_measure();
        ctx.run_interval(Self::SYNC, |this, _| this.on_sync());
        ctx.run_interval(Self::MEASURE, |this, _| this.on_measure());
        ctx.run_interval(Self::RETAIN, |this, _| this.on_retain());
    }
}

impl Handler<Arrived<RecordShare>> for Store {
    type Result = ();

    /// What a lane hands over it has gathered.
    fn handle(&mut self, arrived: Arrived<RecordShare>, ctx: &mut Self::Context) {
        let mut shares = self.batch.take(arrived);
        self.args.guard.health().dequeued_all(shares.len());
        for record in shares.drain(..) {
            let mut entry = record.entry;
            self.last_seq += 1;
            entry.seq = self.last_seq;
            self.pending.push(entry);
            self.credits.push(record.credit);
            self.through.insert(record.lane, record.number);
        }
        self.batch.give_back(shares);
        self.commit(ctx);
    }
}

impl Handler<JournalNoted> for Store {
    type Result = ();

    fn handle(&mut self, noted: JournalNoted, ctx: &mut Self::Context) {
        self.args.guard.health().dequeued();
        self.note(noted.event, noted.unix_ms);
        self.credits.push(noted.credit);
        self.commit_soon(ctx);
    }
}

impl Handler<LaneJoined> for Store {
    type Result = ();

    fn handle(&mut self, joined: LaneJoined, _: &mut Self::Context) {
        self.args.guard.health().dequeued();
        self.lanes.insert(joined.lane, joined.recorded);
    }
}

impl Handler<ReplaceRetention> for Store {
    type Result = ();

    fn handle(&mut self, ReplaceRetention(retention): ReplaceRetention, _: &mut Self::Context) {
        self.args.guard.health().dequeued();
        self.args.retention = retention;
        if let Some(ledger) = &mut self.ledger {
            ledger.keep(retention);
        }
    }
}

impl Handler<CloseStore> for Store {
    type Result = ();

    fn handle(&mut self, close: CloseStore, ctx: &mut Self::Context) {
        self.args.guard.health().dequeued();
        self.close(ctx);
        // Whoever asked may have given up waiting.
        let _ = close.done.try_send(());
        ctx.stop();
    }
}
