//! Which question a node is asked next, and what becomes of its template.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{NodeEffect, NodeQuestion, NodeTrouble};
use crate::node_rpc::{ChainNotice, NodeInfo, TemplateReply};
use crate::stratum::ErrorClass;
use crate::work::{Algorithm, BlockId, TemplatePage, UpstreamJob, Work};

/// How often a node is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeTiming {
    /// Between two looks at its chain while it sends no notices.
    pub poll: Duration,
    /// Before the next attempt while it does not serve.
    pub retry: Duration,
}

/// How a node stands.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Standing {
    /// Never served, or not any more.
    Lost,
    Serves,
    /// Does not answer, and is mined on until then.
    Away {
        until: Instant,
    },
}

/// The state of one node session. Time comes in, questions and effects go out.
#[derive(Debug, Clone)]
pub struct NodeProtocol {
    timing: NodeTiming,
    /// Sets the blocks of this session apart from those of all others at the same node.
    prefix: [u8; Self::PREFIX_LEN],
    standing: Standing,
    asked: Option<NodeQuestion>,
    info_due: Option<Instant>,
    template_due: Option<Instant>,
    /// Notices come: looks are only there to notice when they do not any more.
    noticed: bool,
    top: Option<BlockId>,
    job: Option<Arc<UpstreamJob>>,
    jobs: u64,
}

impl NodeProtocol {
    /// Bytes that set sessions apart, before the lease's extra nonce.
    pub const PREFIX_LEN: usize = 8;
    /// Bytes that the node is asked to reserve: the prefix, the lease's extra nonce, and as many to
    /// spare.
    pub const RESERVE: u8 = 16;
    /// How often a template is taken anew, for the transactions that came meanwhile and the time.
    pub const REFRESH: Duration = Duration::from_secs(20);
    /// Between two looks while notices come.
    pub const SLOW_POLL: Duration = Duration::from_secs(30);
    /// How long the last template of a node that does not answer is mined on: as long as a block
    /// lasts on average. Afterwards it is more likely worthless than not.
    pub const AWAY: Duration = Duration::from_secs(120);

    /// A session that asks at once.
    #[must_use]
    pub const fn new(timing: NodeTiming, prefix: [u8; Self::PREFIX_LEN], now: Instant) -> Self {
        Self {
            timing,
            prefix,
            standing: Standing::Lost,
            asked: None,
            info_due: Some(now),
            template_due: None,
            noticed: false,
            top: None,
            job: None,
            jobs: 0,
        }
    }

    /// Other times from the next question on.
    pub const fn go_by(&mut self, timing: NodeTiming) {
        self.timing = timing;
    }

    /// The job, its template turned to page 0; none while there is nothing to mine.
    #[must_use]
    pub const fn job(&self) -> Option<&Arc<UpstreamJob>> {
        self.job.as_ref()
    }

    /// Whether jobs are given out.
    #[must_use]
    pub fn has_jobs(&self) -> bool {
        self.standing != Standing::Lost
    }

    /// What is asked now; none while an answer is waited for or nothing is due. It counts as asked.
    pub fn next_question(&mut self, now: Instant) -> Option<NodeQuestion> {
        if self.asked.is_some() {
            return None;
        }
        let is_due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        let question = if is_due(self.template_due) {
            self.template_due = None;
            NodeQuestion::Template
        } else if is_due(self.info_due) {
            self.info_due = None;
            NodeQuestion::Info
        } else {
            return None;
        };
        self.asked = Some(question);
        self.asked
    }

    /// When there is something to do if no answer comes before.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let away = match self.standing {
            Standing::Away { until } => Some(until),
            Standing::Lost | Standing::Serves => None,
        };
        let due = [self.template_due, self.info_due].into_iter().flatten();
        let due = due.filter(|_| self.asked.is_none());
        due.chain(away).min()
    }

    /// The time has come.
    pub fn on_tick(&mut self, now: Instant) -> Option<NodeEffect> {
        match self.standing {
            Standing::Away { until } if until <= now => Some(self.lose(
                ErrorClass::Pool,
                format!("the node has not answered for {} s", Self::AWAY.as_secs()).into(),
            )),
            Standing::Away { .. } | Standing::Lost | Standing::Serves => None,
        }
    }

    /// Blocks were added to the chain.
    pub fn on_notice(&mut self, notice: &ChainNotice, now: Instant) {
        self.noticed = true;
        if self.top != Some(notice.top) && self.standing != Standing::Lost {
            self.template_due = Some(now);
        }
    }

    /// The answer to [`NodeQuestion::Info`].
    pub fn on_info(
        &mut self,
        answer: Result<NodeInfo, NodeTrouble>,
        now: Instant,
    ) -> Option<NodeEffect> {
        self.asked = None;
        let info = match answer {
            Ok(info) => info,
            Err(trouble) => return self.on_trouble(&trouble, now),
        };
        if let Some(trouble) = NodeTrouble::of(&info) {
            return self.on_trouble(&trouble, now);
        }
        let is_new = self.top != Some(info.top);
        if is_new
            && self.standing == Standing::Serves
            && self.template_due.is_none_or(|at| at > now)
        {
            // No notice had come of it.
            self.noticed = false;
        }
        if is_new || self.standing != Standing::Serves {
            self.template_due = Some(now);
        }
        self.look_later(now);
        None
    }

    /// The answer to [`NodeQuestion::Template`].
    pub fn on_template(
        &mut self,
        answer: Result<TemplateReply, NodeTrouble>,
        now: Instant,
    ) -> Vec<NodeEffect> {
        self.asked = None;
        let reply = match answer {
            Ok(reply) if reply.untrusted => Err(NodeTrouble::Untrusted),
            other => other,
        };
        match reply.and_then(|reply| self.job_of(reply)) {
            Ok(job) => self.job = Some(Arc::new(job)),
            Err(trouble) => return self.on_trouble(&trouble, now).into_iter().collect(),
        }
        let before = std::mem::replace(&mut self.standing, Standing::Serves);
        self.template_due = self.template_due.or(Some(now + Self::REFRESH));
        self.look_later(now);
        let first = match before {
            Standing::Lost => Some(NodeEffect::Serves),
            Standing::Away { .. } => Some(NodeEffect::ServesAgain),
            Standing::Serves => None,
        };
        first.into_iter().chain([NodeEffect::Job]).collect()
    }

    fn job_of(&mut self, reply: TemplateReply) -> Result<UpstreamJob, NodeTrouble> {
        let (height, top) = (reply.height(), reply.previous_id());
        let algorithm = Algorithm::of_block_version(reply.template.major_version());
        let template = reply
            .template
            .with_bytes(reply.reserved_offset, &self.prefix)
            .map_err(|fault| NodeTrouble::Fault(crate::node_rpc::BadReply::from(fault).into()))?;
        self.jobs += 1;
        self.top = Some(top);
        Ok(UpstreamJob {
            id: format!("{:x}", self.jobs).into(),
            work: Work::Template(TemplatePage::new(Arc::new(template), 0)),
            target: reply.difficulty.value.target(),
            algorithm,
            height: Some(height),
            seed: Some(reply.seed),
            next_seed: reply.next_seed,
            network_difficulty: Some(reply.difficulty.value),
        })
    }

    fn look_later(&mut self, now: Instant) {
        let between = if self.noticed {
            self.timing.poll.max(Self::SLOW_POLL)
        } else {
            self.timing.poll
        };
        self.info_due = Some(now + between);
    }

    fn on_trouble(&mut self, trouble: &NodeTrouble, now: Instant) -> Option<NodeEffect> {
        self.template_due = None;
        self.info_due = Some(now + self.timing.retry);
        match self.standing {
            Standing::Serves if trouble.is_silence() => {
                self.standing = Standing::Away {
                    until: now + Self::AWAY,
                };
                Some(NodeEffect::Away {
                    reason: trouble.to_string().into(),
                })
            }
            Standing::Away { .. } if trouble.is_silence() => None,
            Standing::Serves | Standing::Away { .. } | Standing::Lost => {
                Some(self.lose(trouble.class(), trouble.to_string().into()))
            }
        }
    }

    fn lose(&mut self, class: ErrorClass, reason: Box<str>) -> NodeEffect {
        self.standing = Standing::Lost;
        self.job = None;
        self.top = None;
        NodeEffect::Lost { class, reason }
    }
}
