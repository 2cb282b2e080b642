//! Six scripted filters in cascade, before a judge that keeps what it gets.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use zartrux_actors::clock::Clock;
use zartrux_actors::filters::{Cascade, Factory, ModelReplaced, StageSettings, StatePosts};
use zartrux_actors::journal::{Journal, JournalNoted};
use zartrux_actors::messaging::{Credits, Post};
use zartrux_actors::share_ticket::{ExamineShare, Sender, ShareTicket};
use zartrux_actors::supervision::{ActorHealth, HealthRegistry};
use zartrux_models::filter::{Cause, Evidence, Filter, Observation, Scanner, Stage};
use zartrux_models::ledger::JournalEvent;
use zartrux_models::plan::SeatKey;
use zartrux_models::share::{RigKey, Share, ShareId, TargetClass};
use zartrux_models::stratum::RequestId;
use zartrux_models::work::{
    Algorithm, Blob, Difficulty, IssuedJob, JobKey, JobOrigin, Lateness, Nonce, NonceSetId,
    PoolKey, ResultHash, Slot, UpstreamJob,
};

/// What a scripted filter does.
#[derive(Debug, Clone)]
pub(crate) enum Conduct {
    /// Says how many shares of the rig it remembers.
    Counts,
    /// Panics at every share.
    Panics,
    /// Panics at the shares of this rig.
    PanicsAt(RigKey),
    /// Panics while this is set.
    PanicsWhile(Arc<AtomicBool>),
    /// Says what is no number.
    Says(f64),
    /// Says that it has failed.
    GivesUp,
}

/// A filter in place `PLACE` of the cascade.
#[derive(Debug)]
pub(crate) struct Scripted<const PLACE: usize>(pub(crate) Conduct);

impl<const PLACE: usize> Filter for Scripted<PLACE> {
    const STAGE: Stage = Stage::ALL[PLACE];

    type Rig = u32;

    fn look(&mut self, rig: &mut u32, seen: &Observation) -> Evidence {
        *rig += 1;
        let cause = Cause::OddBehaviour;
        match &self.0 {
            Conduct::Counts => Evidence::weighed(f64::from(*rig), cause),
            Conduct::Panics => panic!("scripted"),
            Conduct::PanicsAt(hostile) if *hostile == seen.rig => panic!("scripted"),
            Conduct::PanicsWhile(set) if set.load(Ordering::Relaxed) => panic!("scripted"),
            Conduct::PanicsAt(_) | Conduct::PanicsWhile(_) => {
                Evidence::weighed(f64::from(*rig), cause)
            }
            // Built past the check on purpose.
            Conduct::Says(log_e) => Evidence::Weighed {
                log_e: *log_e,
                cause,
            },
            Conduct::GivesUp => Evidence::Unavailable,
        }
    }
}

/// What was noted in the journal.
pub(crate) type Noted = Arc<Mutex<Vec<JournalEvent>>>;

/// A running cascade.
pub(crate) struct Scene {
    first: Post<ExamineShare>,
    passed: UnboundedReceiver<ShareTicket>,
    pub(crate) health: HealthRegistry,
    pub(crate) credits: Credits,
    /// To the third stage.
    pub(crate) pattern: Post<ModelReplaced<Scripted<2>>>,
    pub(crate) noted: Noted,
    /// To what all remember.
    pub(crate) states: StatePosts,
    sent: u64,
}

pub(crate) const SETTINGS: StageSettings = StageSettings {
    max_rigs: 1_000,
    forget_after: Duration::from_secs(3_600),
};

/// All count, except the one in this place.
pub(crate) fn all_count_but(place: usize, conduct: Conduct) -> [Conduct; 6] {
    let mut all = [const { Conduct::Counts }; 6];
    all[place] = conduct;
    all
}

impl Scene {
    pub(crate) fn of(conducts: [Conduct; 6]) -> Self {
        Self::with(conducts, SETTINGS)
    }

    pub(crate) fn with(conducts: [Conduct; 6], settings: StageSettings) -> Self {
        let [entropy, divergence, pattern, pace, cluster, classifier] = conducts;
        Self::made_by(
            (entropy, divergence, pace, cluster, classifier),
            Arc::new(move || Scripted(pattern.clone())),
            settings,
        )
    }

    pub(crate) fn made_by(
        others: (Conduct, Conduct, Conduct, Conduct, Conduct),
        pattern: Factory<Scripted<2>>,
        settings: StageSettings,
    ) -> Self {
        let (tell, passed) = unbounded_channel();
        let judge = Post::to_fn(move |ExamineShare(ticket)| tell.send(ticket).unwrap_or_default());
        let health = HealthRegistry::default();
        let noted = Noted::default();
        let list = Arc::clone(&noted);
        let post = Post::to_fn(move |noted: JournalNoted| list.lock().unwrap().push(noted.event));
        let journal = Journal::new(post, 100, Clock);
        let mut cascade = Cascade::before(judge, 0, settings, health.clone(), journal, Clock);
        let (entropy, divergence, pace, cluster, classifier) = others;
        let _ = cascade.put_before::<Scripted<5>>(Arc::new(move || Scripted(classifier.clone())));
        let _ = cascade.put_before::<Scripted<4>>(Arc::new(move || Scripted(cluster.clone())));
        let _ = cascade.put_before::<Scripted<3>>(Arc::new(move || Scripted(pace.clone())));
        let pattern = cascade.put_before::<Scripted<2>>(pattern);
        let _ = cascade.put_before::<Scripted<1>>(Arc::new(move || Scripted(divergence.clone())));
        let _ = cascade.put_before::<Scripted<0>>(Arc::new(move || Scripted(entropy.clone())));
        let states = cascade.state_posts();
        let (first, alive) = cascade.finish();
        assert_eq!(alive.len(), 6);
        assert!(alive.iter().all(|alive| alive()));
        Self {
            first,
            passed,
            health,
            credits: Credits::new(10_000),
            pattern,
            noted,
            states,
            sent: 0,
        }
    }

    /// Sends one more share, of this rig.
    pub(crate) fn send(&mut self, rig: u64) {
        self.sent += 1;
        self.first
            .send(ExamineShare(ticket(&self.credits, self.sent, RigKey(rig))));
    }

    /// The next share that came through.
    pub(crate) async fn next(&mut self) -> ShareTicket {
        let next = tokio::time::timeout(Duration::from_secs(60), self.passed.recv()).await;
        next.expect("no share was lost").expect("the cascade runs")
    }

    /// Sends a share of this rig; what the six said.
    pub(crate) async fn ask(&mut self, rig: u64) -> [Evidence; 6] {
        self.send(rig);
        let ticket = self.next().await;
        assert_eq!(ticket.id, ShareId::new(0, self.sent), "no other came");
        Stage::ALL.map(|stage| ticket.evidence.of(stage))
    }

    /// What the stage in this place counts for one more share of this rig.
    pub(crate) async fn counted(&mut self, place: usize, rig: u64) -> Option<u32> {
        let said = self.ask(rig).await[place].log_e()?;
        (0..=u32::MAX).find(|count| f64::from(*count) >= said)
    }

    /// Nothing more comes, and every credit is home.
    pub(crate) fn is_over(&mut self) -> bool {
        self.passed.try_recv().is_err() && self.credits.out() == 0
    }

    pub(crate) fn health_of(&self, stage: Stage) -> Arc<ActorHealth> {
        self.health.get(&format!("lane0/{stage}")).unwrap()
    }

    /// Generations, in the order of the cascade.
    pub(crate) fn generations(&self) -> [u32; 6] {
        Stage::ALL.map(|stage| self.health_of(stage).generation())
    }
}

/// Share number `number`, of this rig.
pub(crate) fn share_of(rig: u64, number: u64) -> ShareTicket {
    ticket(&Credits::new(1), number, RigKey(rig))
}

fn ticket(credits: &Credits, number: u64, rig: RigKey) -> ShareTicket {
    let job = UpstreamJob {
        id: "a".into(),
        work: Blob::from_hex(&"00".repeat(76)).unwrap().into(),
        target: Difficulty::ONE.target(),
        algorithm: Algorithm::Rx0,
        height: None,
        seed: None,
        next_seed: None,
        network_difficulty: None,
    };
    let origin = JobOrigin {
        pool: PoolKey(0),
        connection: 1,
    };
    let key = JobKey(1);
    let share = Share {
        job: Arc::new(IssuedJob {
            key,
            origin,
            job,
            plan: zartrux_models::plan::SlotPlan::identity(),
        }),
        slot: Slot(1),
        nonce: Nonce::in_slot(Slot(1), u32::try_from(number).unwrap()),
        nonce_set: NonceSetId(1),
        result: ResultHash::new([1; 32]),
        raw_hash: None,
        class: TargetClass::Local,
        lateness: Lateness::Current,
        asked: Difficulty::ONE,
        retargeted: false,
        contested: false,
    };
    let sender = Sender {
        id: ShareId::new(0, number),
        rig,
        scanner: Scanner::Unknown,
        after_gap: false,
        heard: zartrux_models::filter::VerdictsHeard::default(),
        seat: SeatKey {
            index: 0,
            generation: 1,
        },
        request: RequestId(1),
        age_s: 0,
        rate: 0.0,
    };
    let credit = credits.take().expect("a credit");
    ShareTicket::new(sender, share, Clock.now(), number, credit)
}

/// Runs a test in a system whose time only passes when nothing else is to be done.
pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    let system = actix::System::with_tokio_rt(|| {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap()
    });
    system.block_on(test)
}
