//! What is said over the bridge to programs outside, and what they may ask.
//!
//! - [`OutsidePlan`]: an order of slots that someone else asks for

mod outside_plan;

pub use outside_plan::{OutsidePlan, PlanRefusal};
