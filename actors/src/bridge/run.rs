//! The bridge's thread: one turn after another, each bounded.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use zartrux_models::bridge::{BridgeEvent, Envelope, EventKind, PlanEvent, PlanOutcome, printable};
use zmq::{PollEvents, PollItem, Socket};

use super::asking::{Answered, Asking};
use super::counts::{BridgeCounts, add};
use super::frames;
use super::render;
use super::sockets::Sockets;
use super::tap::{Ear, Told};
use super::zap;
use super::{BridgeSettings, Names};
use crate::clock::Clock;
use crate::outside_plans::OutsidePlans;
use crate::supervision::{ActorState, Backoff, Guard};

/// Of each sort, what is done in one turn: the others have theirs after it.
const AT_A_TIME: usize = 256;

/// How long the thread sleeps when nothing comes.
const SLEEP_MS: i64 = 1_000;

/// Everything the thread has.
pub(super) struct Running {
    pub(super) settings: BridgeSettings,
    pub(super) sockets: Sockets,
    pub(super) asking: Option<Asking>,
    pub(super) plans: OutsidePlans,
    pub(super) names: Box<dyn Names>,
    pub(super) told: Receiver<Told>,
    pub(super) ear: Ear,
    pub(super) ends: Arc<AtomicBool>,
    pub(super) counts: Arc<BridgeCounts>,
    pub(super) guard: Guard,
    pub(super) clock: Clock,
    /// More waits to be told than one turn allows.
    pub(super) goes_on: bool,
    /// Events of each kind that were published.
    pub(super) sent: [u64; EventKind::ALL.len()],
}

impl Running {
    /// Until it is told to end. A turn that fails is followed by a pause, which grows.
    pub(super) fn run(mut self) {
        let health = Arc::clone(self.guard.health());
        health.set_state(ActorState::Running);
        let mut backoff = Backoff::of_cores();
        while !self.ends.load(Ordering::Acquire) {
            // Waiting is no work: a step's time is that of the turn.
            let waited = self.wait();
            let guard = self.guard.clone();
            let turned = guard.run_or_reset(&mut (), |()| waited.and_then(|()| self.turn()));
            match turned {
                Ok(Ok(())) => {
                    backoff.reset();
                    health.set_state(ActorState::Running);
                }
                Ok(Err(fault)) => {
                    let now_ms = self.clock.unix_millis();
                    health.faulted(&format!("ZeroMQ: {fault}"), now_ms);
                    self.pause(&mut backoff);
                }
                // The guard has told of it.
                Err(_) => self.pause(&mut backoff),
            }
        }
        // What waits is still told, to those who have room for it.
        let guard = self.guard.clone();
        let _ = guard.run_or_reset(&mut (), |()| {
            self.goes_on = true;
            while self.goes_on && self.publish_waiting().is_ok() {}
        });
        health.set_state(ActorState::Stopped);
    }

    fn pause(&self, backoff: &mut Backoff) {
        self.guard.health().set_state(ActorState::BackingOff);
        let until = self.clock.now() + backoff.next_delay();
        loop {
            let left = until.saturating_duration_since(self.clock.now());
            if left.is_zero() || self.ends.load(Ordering::Acquire) {
                return;
            }
            std::thread::park_timeout(left.min(Duration::from_millis(100)));
        }
    }

    fn turn(&mut self) -> Result<(), zmq::Error> {
        self.ear.hear();
        self.authenticate()?;
        self.publish_waiting()?;
        self.take_questions()?;
        self.give_answers()?;
        self.take_plans()
    }

    fn wait(&self) -> Result<(), zmq::Error> {
        let sockets = &self.sockets;
        let incoming = [&sockets.zap, &sockets.questions, &sockets.plans];
        let mut items: Vec<PollItem<'_>> = incoming
            .into_iter()
            .flatten()
            .map(|socket| socket.as_poll_item(PollEvents::POLLIN))
            .collect();
        items.push(PollItem::from_fd(self.ear.fd(), PollEvents::POLLIN));
        let patience = if self.goes_on { 0 } else { SLEEP_MS };
        match zmq::poll(&mut items, patience) {
            Ok(_) | Err(zmq::Error::EINTR) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    fn authenticate(&self) -> Result<(), zmq::Error> {
        let Some(socket) = &self.sockets.zap else {
            return Ok(());
        };
        while let Some(asked) = frames::receive(socket)? {
            let allowed = &self.settings.allow_keys;
            let Some(answer) = zap::answer(&asked.frames, allowed) else {
                // libzmq asks otherwise than it says: no answer, and the client stays outside.
                continue;
            };
            if !answer.lets_in {
                add(&self.counts.clients_refused);
            }
            frames::send(socket, &answer.frames.each_ref().map(Vec::as_slice))?;
        }
        Ok(())
    }

    fn publish_waiting(&mut self) -> Result<(), zmq::Error> {
        self.goes_on = false;
        for _ in 0..AT_A_TIME {
            let Ok((unix_ms, item)) = self.told.try_recv() else {
                return Ok(());
            };
            for event in render::events(&item, &*self.names) {
                self.publish(unix_ms, &event)?;
            }
        }
        // Nobody rings again for what still waits.
        self.goes_on = true;
        Ok(())
    }

    fn publish(&mut self, unix_ms: u64, event: &BridgeEvent) -> Result<(), zmq::Error> {
        let Some(socket) = &self.sockets.events else {
            return Ok(());
        };
        let kind = event.kind();
        let sent = &mut self.sent[kind.index()];
        *sent += 1;
        // What was dropped before it has its numbers too, so that a gap is seen.
        let seq = *sent + self.counts.dropped_so_far(kind);
        let envelope = Envelope::new(self.settings.node, seq, unix_ms, event);
        match envelope.to_json() {
            Ok(json) => {
                frames::send(socket, &[kind.label().as_bytes(), &json])?;
                self.counts.published(kind);
            }
            Err(fault) => tracing::error!(%fault, kind = kind.label(), "an event can't be written"),
        }
        Ok(())
    }

    fn take_questions(&self) -> Result<(), zmq::Error> {
        let (Some(socket), Some(asking)) = (&self.sockets.questions, &self.asking) else {
            return Ok(());
        };
        for _ in 0..AT_A_TIME {
            let Some(message) = frames::receive(socket)? else {
                return Ok(());
            };
            if let Some(answered) = asking.ask(message) {
                self.give(socket, &answered)?;
            }
        }
        Ok(())
    }

    fn give_answers(&self) -> Result<(), zmq::Error> {
        let (Some(socket), Some(asking)) = (&self.sockets.questions, &self.asking) else {
            return Ok(());
        };
        while let Some(answered) = asking.next() {
            self.give(socket, &answered)?;
        }
        Ok(())
    }

    fn give(&self, socket: &Socket, answered: &Answered) -> Result<(), zmq::Error> {
        let Answered { envelope, answer } = answered;
        match answer.code() {
            None => add(&self.counts.answered),
            Some(code) => {
                add(&self.counts.refused);
                if code == "busy" {
                    add(&self.counts.busy);
                }
            }
        }
        match answer.to_json() {
            Ok(json) => {
                let mut frames: Vec<&[u8]> = envelope.iter().map(Vec::as_slice).collect();
                frames.push(&json);
                frames::send(socket, &frames)
            }
            Err(fault) => {
                tracing::error!(%fault, "an answer can't be written");
                Ok(())
            }
        }
    }

    fn take_plans(&mut self) -> Result<(), zmq::Error> {
        for _ in 0..AT_A_TIME {
            let Some(socket) = &self.sockets.plans else {
                return Ok(());
            };
            let Some(message) = frames::receive(socket)? else {
                return Ok(());
            };
            let now_ms = self.clock.unix_millis();
            let event = self.take_plan(&message, now_ms);
            self.publish(now_ms, &BridgeEvent::Plan(event))?;
        }
        Ok(())
    }

    fn take_plan(&self, message: &frames::Frames, now_ms: u64) -> PlanEvent {
        let refused = |reason: String| {
            add(&self.counts.plans_refused);
            PlanEvent {
                reason: Some(printable(&reason)),
                ..PlanEvent::bare(PlanOutcome::Refused)
            }
        };
        let [bytes] = &message.frames[..] else {
            return refused("a plan is a message of one frame".to_owned());
        };
        match self.plans.take(bytes, now_ms) {
            Ok(taken) => {
                add(&self.counts.plans_taken);
                PlanEvent {
                    job: Some(taken.for_job.to_string()),
                    outside: Some(taken.order.id().to_string()),
                    name: Some(taken.order.name().to_owned()),
                    expires_unix_ms: Some(taken.expires_unix_ms),
                    ..PlanEvent::bare(PlanOutcome::Taken)
                }
            }
            Err(refusal) => refused(refusal.to_string()),
        }
    }
}
