//! A prover under test: tickets are numbers, answers come through a channel.

use std::num::NonZero;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use zartrux_actors::clock::Clock;
use zartrux_actors::prover::{
    Busy, Mode, Priority, ProofAnswer, ProofRequest, ProofSink, Prover, ProverOptions, SeedState,
};
use zartrux_models::work::{Algorithm, SeedHash};

pub(crate) const A: SeedHash = SeedHash::new([0xa; 32]);
pub(crate) const B: SeedHash = SeedHash::new([0xb; 32]);
pub(crate) const C: SeedHash = SeedHash::new([0xc; 32]);

/// Far more than anything here takes: only a hang reaches it.
const HANG: Duration = Duration::from_secs(300);

pub(crate) fn options(threads: usize, queue: usize) -> ProverOptions {
    let threads = NonZero::new(threads).unwrap();
    ProverOptions::new(Mode::Light, threads, NonZero::new(queue).unwrap())
}

/// A running prover and its answers. Tests take turns: each prover holds up to 512 MiB.
pub(crate) struct Bench {
    pub(crate) prover: Prover<u32>,
    pub(crate) answers: Receiver<ProofAnswer<u32>>,
    pub(crate) sink: Arc<dyn ProofSink<u32>>,
    pub(crate) sender: Sender<ProofAnswer<u32>>,
    _turn: MutexGuard<'static, ()>,
}

impl Bench {
    pub(crate) fn start(options: ProverOptions) -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let (sender, answers) = mpsc::channel();
        let sink = {
            let sender = sender.clone();
            // Answers to a test that has ended go nowhere.
            Arc::new(move |answer| drop(sender.send(answer)))
        };
        Self {
            prover: Prover::start(options, Clock).unwrap(),
            answers,
            sink,
            sender,
            _turn: turn,
        }
    }

    /// A prover whose cache for seed `A` is ready.
    pub(crate) fn ready(options: ProverOptions) -> Self {
        let bench = Self::start(options);
        bench.ask(u32::MAX, A, Priority::Local).unwrap();
        let answer = bench.answer();
        assert!(answer.outcome.is_ok(), "{answer:?}");
        bench
    }

    pub(crate) fn request(
        &self,
        ticket: u32,
        seed: SeedHash,
        priority: Priority,
    ) -> ProofRequest<u32> {
        ProofRequest {
            seed,
            algorithm: Algorithm::Rx0,
            blob: Box::new(ticket.to_le_bytes()),
            expected: None,
            priority,
            deadline: in_time(),
            ticket,
            reply: Arc::clone(&self.sink),
        }
    }

    pub(crate) fn ask(
        &self,
        ticket: u32,
        seed: SeedHash,
        priority: Priority,
    ) -> Result<(), Busy<u32>> {
        self.prover.ask(self.request(ticket, seed, priority))
    }

    /// The next answer, whenever it comes.
    pub(crate) fn answer(&self) -> ProofAnswer<u32> {
        match self.answers.recv_timeout(HANG) {
            Ok(answer) => answer,
            Err(error @ (RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected)) => {
                panic!("no answer ({error}): {:#?}", self.prover.status())
            }
        }
    }

    pub(crate) fn tickets(&self, count: usize) -> Vec<u32> {
        (0..count).map(|_| self.answer().ticket).collect()
    }

    /// Asks for a proof whose answer keeps its thread until the gate is opened; returns when a
    /// thread is kept.
    pub(crate) fn occupy(&self, ticket: u32) -> Gate {
        let (entered, has_entered) = mpsc::channel();
        let (open, opened) = mpsc::channel::<()>();
        let opened = Mutex::new(opened);
        let sender = self.sender.clone();
        let reply = move |answer| {
            entered.send(()).unwrap();
            // Ends when the gate is dropped, too.
            let _ = opened.lock().unwrap().recv();
            drop(sender.send(answer));
        };
        let mut request = self.request(ticket, A, Priority::BlockCandidate);
        request.reply = Arc::new(reply);
        self.prover.ask(request).unwrap();
        has_entered.recv_timeout(HANG).unwrap();
        Gate { _open: open }
    }

    pub(crate) fn state_of(&self, seed: SeedHash) -> Option<SeedState> {
        let seeds = self.prover.status().seeds;
        let found = seeds
            .into_iter()
            .find(|status| status.seed == seed.to_string());
        found.map(|status| status.state)
    }
}

/// Keeps a thread of the prover until it is dropped.
pub(crate) struct Gate {
    _open: Sender<()>,
}

/// A deadline that nothing misses.
pub(crate) fn in_time() -> Instant {
    Clock.now() + HANG
}

/// A deadline that passes before anything is done.
pub(crate) fn at_once() -> Instant {
    Clock.now() + Duration::from_millis(5)
}
