//! From settings to the store: what is opened before anything is served, and the actors around it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use actix::{Actor as _, Arbiter};
use anyhow::Result;
use zartrux_actors::clock::Clock;
use zartrux_actors::filters::StatesCollected;
use zartrux_actors::journal::Journal;
use zartrux_actors::lane::Remembered;
use zartrux_actors::messaging::Post;
use zartrux_actors::store::ledger::{Ledger, LedgerReader, Retention};
use zartrux_actors::store::registry::{
    CloseRegistry, Expectation, RateBook, Registry, RegistryArgs, RegistryLink, SilentBoard,
    catch_up,
};
use zartrux_actors::store::state::{self, StateBook, StateBounds, StateError};
use zartrux_actors::store::{
    CloseStore, Damage, Provenance, Store, StoreArgs, StoreLink, StoreStatus,
};
use zartrux_actors::supervision::{Guard, HealthRegistry};
use zartrux_actors::telling::Teller;
use zartrux_config::{Ack, Settings};
use zartrux_models::filter::Stage;
use zartrux_models::ledger::{RigEntry, UpstreamId};

use super::reload::StorePosts;
use super::state_folder::{lost_state, open_state};
use super::store_settings::{StoreFolders, expectation, retention, state_bounds};

/// How long the parts of opening took.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct OpeningTook {
    /// The registry and the sums.
    pub(crate) state: Duration,
    /// The ledger.
    pub(crate) ledger: Duration,
    /// What the ledger has beyond the state.
    pub(crate) catch_up: Duration,
    /// What lanes are given.
    pub(crate) remember: Duration,
}

/// The store, open, before its actors are started.
pub(crate) struct OpenStore {
    folders: StoreFolders,
    ledger: Option<Ledger>,
    /// None while it can't be opened.
    book: Option<StateBook>,
    settings: StoreSettings,
    provenance: Provenance,
    status: Arc<StoreStatus>,
    rates: Arc<RateBook>,
    remembered: Remembered,
    behind: Arc<AtomicBool>,
    took: OpeningTook,
}

/// What the actors need of the settings.
struct StoreSettings {
    retention: Retention,
    bounds: StateBounds,
    expectation: Expectation,
    wait_at_most: Option<Duration>,
    queue: usize,
}

/// Opens what is stored, and brings registry and sums in step with the ledger; none where nothing
/// is to be stored.
///
/// # Errors
/// Another process uses it, or the folder can't be used.
pub(crate) fn open(settings: &Settings, clock: Clock) -> Result<Option<OpenStore>> {
    if !settings.store.enabled {
        return Ok(None);
    }
    let began = clock.now();
    let folders = StoreFolders::below(&settings.node.data);
    let status = Arc::new(StoreStatus::default());
    let (bounds, retention) = (state_bounds(settings), retention(settings));
    let ledger = match Ledger::open(&folders.shares, clock.unix_millis(), retention) {
        Ok((ledger, mended)) => {
            if let Some(mended) = mended {
                status.tell_mended(&mended);
            }
            Some(ledger)
        }
        Err(fault) if fault.is_in_use() => return Err(fault.into()),
        // Shares must flow all the same: the store's actor tries again.
        Err(fault) => {
            tracing::error!(%fault, "the ledger can't be opened now");
            None
        }
    };
    let ledger_open = clock.now();
    let in_ledger = ledger
        .as_ref()
        .map_or(0, |ledger| ledger.last_run(settings.store.node));
    let rates = Arc::new(RateBook::new(bounds.max_rigs));
    let begun = begin(settings, &folders, in_ledger, &status, clock).and_then(|mut begun| {
        let reader = ledger.as_ref().map_or_else(
            || LedgerReader::new(&folders.shares),
            |open| open.reader().clone(),
        );
        catch_up(&mut begun.book, &reader)?;
        begun.in_step = clock.now();
        for state::Damage { key, why, .. } in begun.book.take_damage() {
            let place = format!("{}, key {key}", folders.state.display());
            tracing::error!(place, why, "a part of the registry can't be read");
            status.damaged(&Damage { place, why });
        }
        let remembered = remember(&begun.book, &rates)?;
        Ok((begun, remembered))
    });
    let (book, run, upstreams, remembered, took) = match begun {
        Ok((begun, remembered)) => {
            let took = OpeningTook {
                state: begun.open.duration_since(ledger_open),
                ledger: ledger_open.duration_since(began),
                catch_up: begun.in_step.duration_since(begun.open),
                remember: clock.now().duration_since(begun.in_step),
            };
            let rigs = begun.book.len();
            tracing::info!(?took, rigs, "the store is open");
            (
                Some(begun.book),
                begun.run,
                begun.upstreams,
                remembered,
                took,
            )
        }
        Err(fault) if is_in_use(&fault) => return Err(fault),
        // Likewise: the registry's actor tries again, and nothing is remembered in this run.
        Err(fault) => {
            tracing::error!(
                fault = format!("{fault:#}"),
                "the registry can't be opened now"
            );
            (
                None,
                in_ledger + 1,
                Vec::new(),
                Remembered::default(),
                OpeningTook::default(),
            )
        }
    };
    Ok(Some(OpenStore {
        folders,
        ledger,
        book,
        settings: StoreSettings {
            retention,
            bounds,
            expectation: expectation(settings),
            wait_at_most: wait_at_most(settings),
            queue: settings.store.queue,
        },
        provenance: Provenance {
            node: settings.store.node,
            run,
            upstreams: upstreams.into(),
        },
        status,
        rates,
        remembered,
        behind: Arc::default(),
        took,
    }))
}

/// How long a miner's OK waits for the record of its share; none: it does not.
pub(super) fn wait_at_most(settings: &Settings) -> Option<Duration> {
    (settings.store.ack == Ack::Durable).then_some(settings.store.ack_wait)
}

/// Registry and sums at the beginning of a run.
struct Begun {
    book: StateBook,
    run: u32,
    upstreams: Vec<UpstreamId>,
    open: Instant,
    in_step: Instant,
}

/// Opens registry and sums, and begins a run in them.
fn begin(
    settings: &Settings,
    folders: &StoreFolders,
    in_ledger: u32,
    status: &StoreStatus,
    clock: Clock,
) -> Result<Begun> {
    let (mut book, aside) = open_state(&folders.state, state_bounds(settings))?;
    if let Some(aside) = &aside {
        tracing::info!(moved_to = %aside.moved_to.display(), "the damaged registry is put aside");
        lost_state(&folders.state, &aside.why.to_string(), status);
    }
    book.put_node(settings.store.node)?;
    let mut upstreams = Vec::new();
    for pool in &settings.pools {
        let name = format!("{}:{}", pool.url.host(), pool.url.port());
        upstreams.push(book.upstream_id(&name)?);
    }
    let last_run = book.last_run()?;
    // One without a run that goes far was mended by command.
    let was_mended = last_run == 0 && book.through_seq() > 0;
    if last_run < in_ledger && !was_mended && aside.is_none() {
        // Its database took what it could not read for the end of what was written.
        let why = "its database has lost what was written last";
        lost_state(&folders.state, why, status);
    }
    let run = book.next_run(in_ledger)?;
    let open = clock.now();
    Ok(Begun {
        book,
        run,
        upstreams,
        open,
        in_step: open,
    })
}

/// Whether another process is in the way.
fn is_in_use(fault: &anyhow::Error) -> bool {
    fault
        .chain()
        .any(|why| matches!(why.downcast_ref(), Some(StateError::InUse { .. })))
}

/// What lanes begin with from an earlier run.
fn remember(book: &StateBook, rates: &Arc<RateBook>) -> Result<Remembered, StateError> {
    let mut judge = Vec::new();
    let mut filters = Stage::ALL.map(|stage| StatesCollected {
        stage,
        states: Vec::new(),
    });
    each_rig(book, |rig| {
        rates.note(rig.key, rig.rate);
        if let Some(standing) = &rig.standing {
            judge.push((rig.key, standing.as_slice().into()));
        }
        for (collected, state) in filters.iter_mut().zip(&rig.filters) {
            let state = state.as_ref().map(|state| (rig.key, state.clone()));
            collected.states.extend(state);
        }
    })?;
    Ok(Remembered {
        rate: Arc::<RateBook>::clone(rates),
        judge,
        filters: filters.into(),
        ..Remembered::default()
    })
}

/// Tells of every rig that the registry knows.
fn each_rig(book: &StateBook, mut tell: impl FnMut(&RigEntry)) -> Result<(), StateError> {
    let mut after = None;
    loop {
        let rigs = book.rigs_from(after, 256)?;
        let Some(last) = rigs.last() else {
            return Ok(());
        };
        after = Some(last.key);
        rigs.iter().for_each(&mut tell);
    }
}

/// The store's actors, running.
#[derive(Debug)]
pub(crate) struct RunningStore {
    close_store: Post<CloseStore>,
    close_registry: Post<CloseRegistry>,
    arbiters: [Arbiter; 2],
}

/// What others are given to reach the store.
#[derive(Debug, Clone)]
pub struct StoreWays {
    /// For lanes.
    pub link: StoreLink,
    /// For whoever asks what is known of rigs.
    pub registry: RegistryLink,
    /// For whoever notes something in the journal.
    pub journal: Journal,
    /// Which rigs are silent.
    pub silent: Arc<SilentBoard>,
    /// How fast rigs were.
    pub rates: Arc<RateBook>,
    /// For whoever reads the ledger.
    pub reader: LedgerReader,
    /// The number of the last share when this run began.
    pub last_seq: u64,
    /// For other settings.
    pub posts: StorePosts,
}

impl OpenStore {
    /// Events of the journal that may wait for the store.
    const JOURNAL: usize = 65_536;

    /// Writes down what is there, without any actor.
    ///
    /// # Errors
    /// The disk refuses; what was committed is there nevertheless.
    pub(crate) fn close(mut self) -> Result<()> {
        if let Some(book) = &mut self.book {
            book.checkpoint(0)?;
        }
        if let Some(ledger) = self.ledger {
            ledger.close()?;
        }
        Ok(())
    }

    /// How long opening it took.
    pub(crate) const fn took(&self) -> OpeningTook {
        self.took
    }

    /// Starts the actors; what is noted in the journal is told by `teller` too. Must be called within
    /// the actor system.
    pub(crate) fn launch(
        self,
        health: &HealthRegistry,
        teller: Option<Teller>,
        clock: Clock,
    ) -> (RunningStore, StoreWays, Remembered) {
        let store_guard = Guard::new(health.register("store".to_owned(), "store"), clock);
        let registry_guard = Guard::new(health.register("registry".to_owned(), "registry"), clock);
        let reader = self.ledger.as_ref().map_or_else(
            || LedgerReader::new(&self.folders.shares),
            |open| open.reader().clone(),
        );
        let last_seq = self.ledger.as_ref().map_or(0, Ledger::last_seq);
        let arbiters = [Arbiter::new(), Arbiter::new()];
        let listener = Arc::new(OnceLock::<RegistryLink>::new());
        let (listening, behind) = (Arc::clone(&listener), Arc::clone(&self.behind));
        let args = StoreArgs {
            root: self.folders.shares,
            retention: self.settings.retention,
            after_seq: self.book.as_ref().map_or(0, StateBook::through_seq),
            provenance: self.provenance.clone(),
            version: env!("CARGO_PKG_VERSION"),
            on_commit: Box::new(move |shares| match listening.get() {
                Some(registry) => registry.committed(shares),
                // It reads the ledger when it is there.
                None => behind.store(true, Ordering::Release),
            }),
            status: Arc::clone(&self.status),
            guard: store_guard.clone(),
            clock,
        };
        let ledger = self.ledger;
        let store =
            Store::start_in_arbiter(&arbiters[0].handle(), move |_| Store::new(args, ledger));
        macro_rules! post {
            ($to:ident, $guard:ident) => {
                Post::to_actor($to.clone().recipient(), Arc::clone($guard.health()))
            };
        }
        let mut journal = Journal::new(post!(store, store_guard), Self::JOURNAL, clock)
            .naming(self.provenance.upstreams.clone());
        if let Some(teller) = teller {
            journal = journal.telling(teller);
        }
        let silent = Arc::new(SilentBoard::default());
        let args = RegistryArgs {
            folder: self.folders.state,
            bounds: self.settings.bounds,
            ledger: reader.clone(),
            behind: Arc::clone(&self.behind),
            rates: Arc::clone(&self.rates),
            expectation: self.settings.expectation,
            silent: Arc::clone(&silent),
            guard: registry_guard.clone(),
            clock,
        };
        let book = self.book;
        let registry =
            Registry::start_in_arbiter(&arbiters[1].handle(), move |_| Registry::new(args, book));
        let registry_link = RegistryLink::new(
            post!(registry, registry_guard),
            post!(registry, registry_guard),
            post!(registry, registry_guard),
            post!(registry, registry_guard),
            self.behind,
        );
        // Nobody else has set it.
        let _ = listener.set(registry_link.clone());
        let link = StoreLink::new(
            Post::to_inbox(store.clone().recipient(), Arc::clone(store_guard.health())),
            post!(store, store_guard),
            post!(registry, registry_guard),
            self.settings.queue,
            self.settings.wait_at_most,
            self.provenance,
            self.status,
        );
        let running = RunningStore {
            close_store: post!(store, store_guard),
            close_registry: post!(registry, registry_guard),
            arbiters,
        };
        let posts = StorePosts {
            retention: post!(store, store_guard),
            expect: post!(registry, registry_guard),
            name: post!(registry, registry_guard),
        };
        let ways = StoreWays {
            posts,
            link,
            registry: registry_link,
            journal,
            silent,
            rates: self.rates,
            reader,
            last_seq,
        };
        (running, ways, self.remembered)
    }
}

impl RunningStore {
    /// How long each may take to write down what is there.
    const PATIENCE: Duration = Duration::from_secs(10);

    /// Writes everything down and ends the threads.
    pub(crate) fn close(self) {
        let (done, closed) = sync_channel(1);
        self.close_store.send(CloseStore { done });
        if closed.recv_timeout(Self::PATIENCE).is_err() {
            tracing::warn!("the store does not answer while leaving");
        }
        let (done, closed) = sync_channel(1);
        self.close_registry.send(CloseRegistry { done });
        if closed.recv_timeout(Self::PATIENCE).is_err() {
            tracing::warn!("the registry does not answer while leaving");
        }
        for arbiter in self.arbiters {
            arbiter.stop();
        }
    }
}
