//! The registry: what is known of each rig, and sums over time, kept in step with the ledger.
//!
//! An actor with an arbiter of its own, because a checkpoint may wait for the disk, and the replies
//! to miners wait for the store but not for this. Whatever it misses it reads from the ledger.

mod learnt;
mod link;
mod messages;
mod rates;
mod silent;
mod taking;
mod watch;

use std::fmt;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix::{Actor, ActorContext, AsyncContext, Context, Handler};
use zartrux_models::ledger::ShareEntry;

use super::ledger::{LedgerReader, Reading};
use super::state::{StateBook, StateBounds, StateError};
use crate::clock::Clock;
use crate::supervision::{ActorState, Backoff, Guard};

pub use link::{NoAnswer, RegistryLink};
pub use messages::{
    CloseRegistry, ExpectRigs, LaneMemory, LanesUp, NameUpstreams, Question, RefusalUnlisted,
    RigIntroduced, SharesCommitted,
};
pub use rates::RateBook;
pub use silent::{SilentBoard, SilentRig, SilentRigs};
pub use watch::Expectation;

use learnt::Convictions;
use watch::Watch;

/// What questions are asked of.
#[derive(Debug)]
pub struct State {
    /// Rigs and sums.
    pub book: StateBook,
    /// Which rigs should be there.
    pub expectation: Arc<Expectation>,
}

/// Everything the registry is built from.
pub struct RegistryArgs {
    /// The state's folder.
    pub folder: PathBuf,
    /// Its bounds.
    pub bounds: StateBounds,
    /// Where it reads what it has missed.
    pub ledger: LedgerReader,
    /// Set when it has missed something.
    pub behind: Arc<AtomicBool>,
    /// Rates for whoever logs in.
    pub rates: Arc<RateBook>,
    /// Which rigs should be there.
    pub expectation: Expectation,
    /// Where it is shown which rigs are silent.
    pub silent: Arc<SilentBoard>,
    /// Runs the state's steps.
    pub guard: Guard,
    /// The time.
    pub clock: Clock,
}

impl fmt::Debug for RegistryArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistryArgs")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

/// The actor.
pub struct Registry {
    args: RegistryArgs,
    expectation: Arc<Expectation>,
    state: Option<State>,
    lanes: Vec<LaneMemory>,
    convictions: Convictions,
    watch: Watch,
    /// When pruning goes on, ms since 1970.
    prune_at_ms: u64,
    backoff: Backoff,
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("open", &self.state.is_some())
            .finish_non_exhaustive()
    }
}

impl Registry {
    /// How often everything is written down.
    const CHECKPOINT: Duration = Duration::from_secs(5);
    /// How often some rigs are looked at, and some of what is too old goes.
    const LOOK: Duration = Duration::from_secs(1);
    /// Rigs that are looked at at a time: at least, and at most.
    const RIGS: (usize, usize) = (16, 512);
    /// Looks in which all rigs are looked at once, if these are not too many: silence is counted in
    /// minutes.
    const LOOKS: usize = 30;
    /// Keys that pruning looks at at a time.
    const KEYS: usize = 2048;
    /// When all keys have been looked at, pruning rests for this long, ms: the shortest that is kept
    /// are minutes.
    const PRUNING_RESTS_MS: u64 = 60_000;
    /// Rigs whose standing is taken from a lane at a time.
    const STANDINGS: usize = 1024;
    /// How often the filters are asked for what they have learnt.
    const FILTERS: Duration = Duration::from_secs(15);
    /// Rigs of which a filter tells at a time.
    const STATES: usize = 2048;

    /// Builds the actor around a state that is open already; without one it tries to open it when it
    /// starts.
    #[must_use]
    pub fn new(args: RegistryArgs, book: Option<StateBook>) -> Self {
        let expectation = Arc::new(args.expectation.clone());
        Self {
            state: book.map(|book| State {
                book,
                expectation: Arc::clone(&expectation),
            }),
            args,
            expectation,
            lanes: Vec::new(),
            convictions: Convictions::default(),
            watch: Watch::default(),
            prune_at_ms: 0,
            backoff: Backoff::between(Duration::from_millis(250), Duration::from_secs(30)),
        }
    }

    /// Has the state make a step; one that fails is opened again later.
    fn step<R>(
        &mut self,
        ctx: &mut Context<Self>,
        step: impl FnOnce(&mut StateBook) -> Result<R, StateError>,
    ) -> Option<R> {
        let made = self
            .args
            .guard
            .run(&mut self.state, |state| step(&mut state.book));
        match made {
            Ok(Ok(outcome)) => Some(outcome),
            Ok(Err(why)) => {
                self.state = None;
                self.reopen_later(&why.to_string(), ctx);
                None
            }
            Err(_) if self.state.is_none() => {
                self.reopen_later("its core failed, or is not there", ctx);
                None
            }
            Err(_) => None,
        }
    }

    fn reopen_later(&mut self, why: &str, ctx: &mut Context<Self>) {
        let health = self.args.guard.health();
        if health.report().state == ActorState::Degraded {
            return;
        }
        tracing::error!(why, "the registry of rigs can't go on, and is opened again");
        health.set_state(ActorState::Degraded);
        health.set_note(why.to_owned());
        ctx.run_later(self.backoff.next_delay(), Self::reopen);
    }

    fn reopen(&mut self, ctx: &mut Context<Self>) {
        self.args.guard.health().set_state(ActorState::BackingOff);
        match StateBook::open(&self.args.folder, self.args.bounds) {
            Ok(book) => {
                self.state = Some(self.state_of(book));
                self.args.guard.health().set_state(ActorState::Running);
                self.args.guard.health().set_note(String::new());
                self.catch_up(ctx);
                self.collect_again();
            }
            Err(why) => self.reopen_later(&why.to_string(), ctx),
        }
    }

    /// Takes shares; what is missing before them is read from the ledger.
    fn take(&mut self, shares: &[ShareEntry], ctx: &mut Context<Self>) {
        if self.args.behind.swap(false, Ordering::Acquire) {
            self.catch_up(ctx);
        }
        self.args.rates.note_all(shares);
        let wants = self.step(ctx, |book| {
            for share in shares {
                book.apply(share)?;
            }
            Ok(book.wants_checkpoint())
        });
        if wants == Some(true) {
            self.checkpoint(ctx);
        }
    }

    fn catch_up(&mut self, ctx: &mut Context<Self>) {
        let reader = self.args.ledger.clone();
        self.step(ctx, |book| catch_up(book, &reader));
        if self.state.is_some() {
            self.backoff.reset();
        }
    }

    fn checkpoint(&mut self, ctx: &mut Context<Self>) {
        let wants = self.step(ctx, |book| {
            book.checkpoint(0)?;
            Ok(book.wants_reopening())
        });
        if wants == Some(true) {
            // All is written down: nothing is lost by it.
            self.state = None;
            match StateBook::open(&self.args.folder, self.args.bounds) {
                Ok(book) => self.state = Some(self.state_of(book)),
                Err(why) => self.reopen_later(&why.to_string(), ctx),
            }
        }
    }

    fn state_of(&self, book: StateBook) -> State {
        State {
            book,
            expectation: Arc::clone(&self.expectation),
        }
    }

    fn on_checkpoint(&mut self, ctx: &mut Context<Self>) {
        self.collect_standings(ctx);
        self.checkpoint(ctx);
    }

    /// Looks at some rigs, and drops some of what is too old.
    fn on_look(&mut self, ctx: &mut Context<Self>) {
        if self.args.behind.swap(false, Ordering::Acquire) {
            self.catch_up(ctx);
        }
        let now_ms = self.args.clock.unix_millis();
        let after = self.watch.after();
        let (least, most) = Self::RIGS;
        // Until all have been looked at nobody is told anything.
        let is_first_round = self.watch.report().is_none();
        // The clock may have been put back.
        let rests = self.prune_at_ms.checked_sub(now_ms);
        let prunes = rests.is_none_or(|rests| rests == 0 || rests > Self::PRUNING_RESTS_MS);
        let looked = self.step(ctx, |book| {
            book.settle_quiet(now_ms)?;
            let is_pruned = prunes && book.prune(now_ms, Self::KEYS)?.is_done;
            let limit = if is_first_round {
                most
            } else {
                (book.len() / Self::LOOKS).clamp(least, most)
            };
            Ok((book.rigs_from(after, limit)?, is_pruned))
        });
        let Some((rigs, is_pruned)) = looked else {
            return;
        };
        if is_pruned {
            self.prune_at_ms = now_ms.saturating_add(Self::PRUNING_RESTS_MS);
        }
        self.watch.look(&rigs, &self.expectation, now_ms);
        self.args.silent.show(self.watch.report());
    }
}

/// Applies what the ledger has beyond the state.
///
/// # Errors
/// The state can't be read or written.
pub fn catch_up(book: &mut StateBook, ledger: &LedgerReader) -> Result<(), StateError> {
    let mut failed = None;
    let from = book.through_seq();
    for volume in ledger.volumes_above(from) {
        let mut reading = Reading {
            share: |share: ShareEntry| {
                let applied = book.apply(&share).and_then(|_| {
                    if book.wants_checkpoint() {
                        book.checkpoint(0)
                    } else {
                        Ok(())
                    }
                });
                match applied {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(why) => {
                        failed = Some(why);
                        ControlFlow::Break(())
                    }
                }
            },
            damage: |damage| tracing::error!(%damage, "a part of the ledger can't be read"),
        };
        if let Err(fault) = ledger.shares(volume, from, &mut reading) {
            tracing::warn!(%volume, %fault, "a volume of the ledger could not be read");
        }
        if let Some(why) = failed.take() {
            return Err(why);
        }
    }
    Ok(())
}

impl Actor for Registry {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if self.state.is_none() {
            self.reopen_later("it could not be opened at the start", ctx);
        }
        ctx.run_interval(Self::CHECKPOINT, Self::on_checkpoint);
        ctx.run_interval(Self::LOOK, Self::on_look);
        ctx.run_interval(Self::FILTERS, |this, ctx| this.ask_filters(ctx));
    }
}

impl Handler<SharesCommitted> for Registry {
    type Result = ();

    fn handle(&mut self, committed: SharesCommitted, ctx: &mut Self::Context) {
        self.args.guard.health().dequeued();
        self.take(&committed.shares, ctx);
    }
}

impl Handler<RigIntroduced> for Registry {
    type Result = ();

    fn handle(&mut self, introduced: RigIntroduced, ctx: &mut Self::Context) {
        self.args.guard.health().dequeued();
        let now_ms = self.args.clock.unix_millis();
        let RigIntroduced {
            rig,
            names,
            algorithms,
            ..
        } = introduced;
        let algorithms: Vec<&str> = algorithms
            .split(',')
            .filter(|name| !name.is_empty())
            .collect();
        let wants = self.step(ctx, |book| {
            book.note_names(rig, &names, &algorithms, now_ms)?;
            Ok(book.wants_checkpoint())
        });
        if wants == Some(true) {
            self.checkpoint(ctx);
        }
    }
}

impl Handler<RefusalUnlisted> for Registry {
    type Result = ();

    fn handle(&mut self, refused: RefusalUnlisted, ctx: &mut Self::Context) {
        self.args.guard.health().dequeued();
        let now_ms = self.args.clock.unix_millis();
        let RefusalUnlisted { rig, reason, .. } = refused;
        let wants = self.step(ctx, |book| {
            book.note_refusals_unlisted(rig, reason, 1, now_ms)?;
            Ok(book.wants_checkpoint())
        });
        if wants == Some(true) {
            self.checkpoint(ctx);
        }
    }
}

impl Handler<Question> for Registry {
    type Result = ();

    fn handle(&mut self, Question(question): Question, ctx: &mut Self::Context) {
        self.args.guard.health().dequeued();
        // One that panics takes its answer with it.
        let asked = self
            .args
            .guard
            .run(&mut self.state, |state| question(state));
        if asked.is_err() && self.state.is_none() {
            self.reopen_later("a question failed", ctx);
        }
    }
}

impl Handler<CloseRegistry> for Registry {
    type Result = ();

    fn handle(&mut self, close: CloseRegistry, ctx: &mut Self::Context) {
        self.args.guard.health().dequeued();
        self.catch_up(ctx);
        self.on_checkpoint(ctx);
        self.state = None;
        self.args.guard.health().set_state(ActorState::Stopped);
        // Whoever asked may have given up waiting.
        let _ = close.done.try_send(());
        ctx.stop();
    }
}
