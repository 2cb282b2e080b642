//! What the bridge tells: one JSON object an event, each key of which is always there.

use serde::Serialize;

use crate::ledger::Arm;

/// What sort of event: the topic that a subscriber asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// An upstream has sent a job, which miners get next.
    Job,
    /// The nonces of a job were drawn in arms, or a plan from outside was taken or refused.
    Plan,
    /// A share has ended, however it did.
    Share,
    /// What came of a share that went to its pool.
    Verdict,
    /// A model came, went or was refused.
    Model,
    /// An alert was raised, or is over.
    Alert,
}

impl EventKind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Job,
        Self::Plan,
        Self::Share,
        Self::Verdict,
        Self::Model,
        Self::Alert,
    ];

    /// Place in [`Self::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Its topic, and `kind` of its events.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Job => "job",
            Self::Plan => "plan",
            Self::Share => "share",
            Self::Verdict => "verdict",
            Self::Model => "model",
            Self::Alert => "alert",
        }
    }
}

/// An event's own keys.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum BridgeEvent {
    /// See [`EventKind::Job`].
    Job(JobEvent),
    /// See [`EventKind::Plan`].
    Plan(PlanEvent),
    /// See [`EventKind::Share`].
    Share(ShareEvent),
    /// See [`EventKind::Verdict`].
    Verdict(VerdictEvent),
    /// See [`EventKind::Model`].
    Model(ModelEvent),
    /// See [`EventKind::Alert`].
    Alert(AlertEvent),
}

impl BridgeEvent {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::Job(_) => EventKind::Job,
            Self::Plan(_) => EventKind::Plan,
            Self::Share(_) => EventKind::Share,
            Self::Verdict(_) => EventKind::Verdict,
            Self::Model(_) => EventKind::Model,
            Self::Alert(_) => EventKind::Alert,
        }
    }
}

/// An event as it leaves.
#[derive(Debug, Serialize)]
pub struct Envelope<'a> {
    schema: u32,
    kind: &'static str,
    node: u16,
    seq: u64,
    unix_ms: u64,
    #[serde(flatten)]
    event: &'a BridgeEvent,
}

impl<'a> Envelope<'a> {
    /// Version of the form: a later one may add keys, and changes no other.
    pub const SCHEMA: u32 = 1;

    /// Event number `seq` of its kind that happened at the machine `node`.
    #[must_use]
    pub const fn new(node: u16, seq: u64, unix_ms: u64, event: &'a BridgeEvent) -> Self {
        Self {
            schema: Self::SCHEMA,
            kind: event.kind().label(),
            node,
            seq,
            unix_ms,
            event,
        }
    }

    /// As it is sent.
    ///
    /// # Errors
    /// Never with these types; the writer's own.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }
}

/// An upstream has sent a job.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JobEvent {
    /// Our key of it: what plans from outside and other events name it by.
    pub job: String,
    /// The lane.
    pub lane: u16,
    /// Number of the pool session within the lane.
    pub session: u32,
    /// `host:port` of the upstream, where it is known.
    pub upstream: Option<String>,
    /// The upstream's own id of it.
    pub pool_job: String,
    /// How it is hashed.
    pub algorithm: String,
    /// Height of the block being mined.
    pub height: Option<u64>,
    /// What the upstream pays for.
    pub difficulty: u64,
    /// Difficulty of a block, where the upstream tells it.
    pub network_difficulty: Option<u64>,
    /// `RandomX` key, hex.
    pub seed_hash: Option<String>,
    /// What is hashed, hex; none where each lease has a blob of its own.
    pub blob: Option<String>,
}

/// What a plan event tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanOutcome {
    /// The nonces of a job were drawn.
    Drawn,
    /// A plan from outside was taken.
    Taken,
    /// A plan from outside was refused.
    Refused,
}

/// Top nonce bytes of a job by the arm in which they are given, upward.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ArmBytes {
    /// Drawn from all.
    pub control: Vec<u8>,
    /// By the model's order.
    pub model: Vec<u8>,
    /// By the order of a plan from outside.
    pub outside: Vec<u8>,
}

impl ArmBytes {
    /// Sorts all bytes by the arm that `arm` says.
    #[must_use]
    pub fn of(arm: impl Fn(u8) -> Arm) -> Self {
        let mut sorted = Self::default();
        for byte in 0..=u8::MAX {
            match arm(byte) {
                Arm::None => {}
                Arm::Control => sorted.control.push(byte),
                Arm::Model => sorted.model.push(byte),
                Arm::Outside => sorted.outside.push(byte),
            }
        }
        sorted
    }
}

/// The nonces of a job were drawn, or a plan from outside was taken or refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanEvent {
    /// Which of the three.
    pub outcome: PlanOutcome,
    /// The job: whose nonces were drawn, or that the plan names.
    pub job: Option<String>,
    /// The lane of a job that was drawn.
    pub lane: Option<u16>,
    /// Of the draw, 16 hex digits.
    pub draw_seed: Option<String>,
    /// The model whose order the draw went by.
    pub ranking: Option<String>,
    /// The order from outside that the draw went by, or that a plan was taken for: 16 hex digits.
    pub outside: Option<String>,
    /// Which bytes were drawn in which arm.
    pub arms: Option<ArmBytes>,
    /// What its author calls a plan from outside.
    pub name: Option<String>,
    /// When a plan that was taken ends, ms since 1970.
    pub expires_unix_ms: Option<u64>,
    /// Why a plan was refused, in words.
    pub reason: Option<String>,
}

impl PlanEvent {
    /// One of which nothing is known but its outcome.
    #[must_use]
    pub const fn bare(outcome: PlanOutcome) -> Self {
        Self {
            outcome,
            job: None,
            lane: None,
            draw_seed: None,
            ranking: None,
            outside: None,
            arms: None,
            name: None,
            expires_unix_ms: None,
            reason: None,
        }
    }
}

/// A share has ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShareEvent {
    /// What it is called, hex.
    pub share: String,
    /// The lane it came in at.
    pub lane: u16,
    /// Its rig's key, hex.
    pub rig: String,
    /// The rig's login, masked and escaped.
    pub user: Option<String>,
    /// The rig's name, masked and escaped.
    pub rig_id: Option<String>,
    /// Our key of its job.
    pub job: String,
    /// `host:port` of the upstream, where it is known.
    pub upstream: Option<String>,
    /// Height of the block being mined.
    pub height: Option<u64>,
    /// By the targets that it claimed to meet.
    pub class: &'static str,
    /// In which arm its nonces were given.
    pub arm: &'static str,
    /// The difficulty that its rig was asked for.
    pub difficulty_asked: u64,
    /// The difficulty of its result.
    pub difficulty_found: u64,
    /// Hex, as it stands in the blob.
    pub nonce: String,
    /// For the job before the current one.
    pub late: bool,
    /// The logarithm of the joined evidence of the filters; none if no filter was there.
    pub log_e: Option<f64>,
    /// What came of its proof; none if it was not to be proved.
    pub proof: Option<&'static str>,
    /// How it ended.
    pub outcome: &'static str,
    /// The class of the pool's words, or the reason of our refusal.
    pub reason: Option<&'static str>,
    /// From its line to its end, µs.
    pub took_micros: u64,
}

/// What came of a share that went to its pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerdictEvent {
    /// What the share is called, hex.
    pub share: String,
    /// The lane it came in at.
    pub lane: u16,
    /// Its rig's key, hex.
    pub rig: String,
    /// Our key of its job.
    pub job: String,
    /// `host:port` of the upstream, where it is known.
    pub upstream: Option<String>,
    /// `accepted`, `rejected` or `unanswered`.
    pub verdict: &'static str,
    /// The class of the pool's words.
    pub reason: Option<&'static str>,
    /// The pool's own words, escaped.
    pub pool_said: Option<String>,
    /// From the judge's ruling to the verdict without the proof, µs.
    pub pool_micros: u64,
}

/// A model came, went or was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelEvent {
    /// What became of it.
    pub change: &'static str,
    /// What it is for.
    pub slot: &'static str,
    /// Which; none where there is none.
    pub model: Option<String>,
    /// Why, in words.
    pub why: String,
}

/// An alert was raised, or is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlertEvent {
    /// `raised` or `cleared`.
    pub state: &'static str,
    /// What sort of thing.
    pub alert: &'static str,
    /// Whom or what it is about, escaped.
    pub subject: String,
}

/// Longest text of an event, characters before they are escaped.
pub const TEXT_MAX: usize = 200;

/// A text that others gave, for a terminal to show: cut, and what can't be printed escaped.
#[must_use]
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len().min(TEXT_MAX));
    for c in text.chars().take(TEXT_MAX) {
        if matches!(c, '"' | '\'') {
            shown.push(c);
        } else {
            shown.extend(c.escape_debug());
        }
    }
    shown
}
