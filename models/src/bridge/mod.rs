//! What is said over the bridge to programs outside, and what they may ask.
//!
//! - [`BridgeEvent`], [`Envelope`]: what they are told
//! - [`PredictRequest`], [`PredictAnswer`]: what they ask, and what they get
//! - [`OutsidePlan`]: an order of nonces that someone else asks for
//! - [`JobTag`]: how jobs are called outside

mod event;
mod job_tag;
mod outside_plan;
mod request;
#[cfg(test)]
mod tests;

pub use event::{
    AlertEvent, ArmBytes, BridgeEvent, Envelope, EventKind, JobEvent, ModelEvent, PlanEvent,
    PlanOutcome, ShareEvent, TEXT_MAX, VerdictEvent, printable,
};
pub use job_tag::{JobTag, NoJobTag};
pub use outside_plan::{OutsidePlan, PlanRefusal};
pub use request::{BadRequest, PredictAnswer, PredictRequest, RequestFault};
