//! What is said over the bridge to programs outside, and what they may ask.
//!
//! - [`OutsidePlan`]: an order of nonces that someone else asks for
//! - [`JobTag`]: how jobs are called outside

mod job_tag;
mod outside_plan;

pub use job_tag::{JobTag, NoJobTag};
pub use outside_plan::{OutsidePlan, PlanRefusal};
