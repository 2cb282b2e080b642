//! Questions out, answers in, and what they lead to.

use std::time::Instant;

use zartrux_models::session::{FoundBlocks, NodeEffect, NodeProtocol};
use zartrux_models::stratum::ErrorClass;

use super::workers::{Answer, Request};
use super::{NodeSession, Threads};
use crate::events::Severity;
use crate::pool_session::PoolState;
use crate::supervision::ActorState;

impl NodeSession {
    pub(super) fn on_tick(&mut self, now: Instant) {
        self.step(|core| core.on_tick(now).into_iter().collect());
    }

    /// Asks what is due. What can't be asked is answered with trouble, which is due later.
    pub(super) fn ask(&mut self, now: Instant) {
        let Some(Threads {
            asker, submitter, ..
        }) = &self.threads
        else {
            return;
        };
        let block = self
            .guard
            .transact(&mut self.blocks, |blocks| blocks.next_question(now));
        let node = self
            .guard
            .transact(&mut self.core, |core| core.next_question(now));
        let unasked = [
            block
                .ok()
                .flatten()
                .and_then(|question| submitter.ask(Request::Block(question))),
            node.ok()
                .flatten()
                .and_then(|question| asker.ask(Request::Node(question))),
        ];
        for answer in unasked.into_iter().flatten() {
            self.on_answer(&answer);
        }
    }

    pub(super) fn on_answer(&mut self, answer: &Answer) {
        let now = self.clock.now();
        match answer {
            Answer::Info(info) => {
                self.step(|core| core.on_info(info.clone(), now).into_iter().collect());
            }
            Answer::Template(reply) => self.step(|core| core.on_template((**reply).clone(), now)),
            Answer::Submitted(said) => {
                self.block_step(|blocks| blocks.on_submitted(said.clone(), now));
            }
            Answer::LookedUp(found) => {
                self.block_step(|blocks| blocks.on_looked_up(found, now));
            }
        }
    }

    pub(super) fn on_notice(&mut self) {
        let noticed = self.threads.as_ref().and_then(|all| all.noticed.as_ref());
        let Some((notice, at)) = noticed.and_then(|noticed| noticed.take()) else {
            return;
        };
        let now = self.clock.now();
        if self.noticed_at.is_none() {
            self.noticed_at = Some(at);
        }
        self.step(|core| {
            core.on_notice(&notice, now);
            Vec::new()
        });
        if self.core.deadline().is_none_or(|at| at > now) {
            // Nothing follows from it.
            self.noticed_at = None;
        }
    }

    fn block_step(
        &mut self,
        step: impl Fn(&mut FoundBlocks) -> Option<(u64, zartrux_models::session::BlockVerdict)>,
    ) {
        if let Ok(verdict) = self.guard.transact(&mut self.blocks, step) {
            self.on_verdict(verdict);
        }
    }

    fn step(&mut self, step: impl Fn(&mut NodeProtocol) -> Vec<NodeEffect>) {
        match self.guard.transact(&mut self.core, step) {
            Ok(effects) => {
                for effect in effects {
                    self.follow(effect);
                }
            }
            Err(fault) => {
                self.core = Self::first_core(&self.endpoint, &self.timeouts, self.clock);
                self.follow(NodeEffect::Lost {
                    class: ErrorClass::Ours,
                    reason: fault.to_string().into(),
                });
            }
        }
    }

    fn follow(&mut self, effect: NodeEffect) {
        match effect {
            NodeEffect::Serves => {
                self.told_lost = false;
                let text = format!("{} gives blocks to mine", self.endpoint.url);
                self.tell(Severity::Info, "upstream_logged_in", &text);
                self.change(PoolState::LoggedIn);
            }
            NodeEffect::ServesAgain => {
                tracing::info!(node = %self.endpoint.url, "the node answers again");
                self.change(PoolState::LoggedIn);
            }
            NodeEffect::Job => {
                self.give_jobs();
                if let Some(at) = self.noticed_at.take() {
                    let took = self.clock.now().saturating_duration_since(at);
                    self.stats.noticed(took);
                    tracing::debug!(node = %self.endpoint.url, ?took, "from notice to new job");
                }
                self.note();
            }
            NodeEffect::Away { reason } => {
                tracing::warn!(node = %self.endpoint.url, %reason, "the last template is mined on");
                self.change(PoolState::Unresponsive);
                self.guard.health().set_note(reason);
            }
            NodeEffect::Lost { class, reason } => self.lose(class, reason),
        }
    }

    fn lose(&mut self, class: ErrorClass, reason: Box<str>) {
        self.noticed_at = None;
        let is_news = !matches!(&self.state, PoolState::Lost { reason: old, .. } if *old == reason);
        if is_news {
            tracing::warn!(node = %self.endpoint.url, %class, %reason, "the node does not serve");
        }
        if !self.told_lost {
            self.told_lost = true;
            let text = format!("{} does not serve: {reason}", self.endpoint.url);
            self.tell(Severity::Warning, "upstream_lost", &text);
        }
        self.change(PoolState::Lost { class, reason });
        self.connection = self.connection.wrapping_add(1);
    }

    fn change(&mut self, state: PoolState) {
        self.state = state;
        self.tell_pages(&self.state);
        self.note();
    }

    /// Shows how the node is.
    pub(super) fn note(&self) {
        let health = self.guard.health();
        let url = &self.endpoint.url;
        health.set_state(match &self.state {
            PoolState::LoggedIn => ActorState::Running,
            PoolState::Connecting | PoolState::Unresponsive | PoolState::Lost { .. } => {
                ActorState::Degraded
            }
        });
        health.set_note(match &self.state {
            PoolState::Connecting => format!("asking {url}"),
            PoolState::LoggedIn => {
                let height = self.core.job().and_then(|job| job.height).unwrap_or(0);
                let (found, waiting) = (self.accepted, self.pending.len());
                format!("mining block {height} at {url}; {found} accepted, {waiting} waiting")
            }
            PoolState::Unresponsive => format!("{url} does not answer; mined on"),
            PoolState::Lost { reason, .. } => format!("{url} does not serve: {reason}"),
        });
    }

    pub(super) fn tell(&self, severity: Severity, kind: &'static str, text: &str) {
        let now_ms = self.clock.unix_millis();
        let health = self.guard.health();
        health.tell(now_ms, severity, kind, &self.endpoint.url, text);
    }
}
