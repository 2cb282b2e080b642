//! The routes as the planner is told them, and as it shows them.

use std::time::Duration;

use zartrux_models::plan::routing::{RouteSpec, RouteWork, Window};
use zartrux_models::work::Algorithm;

/// Routes in the order of the settings.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RoutePlan {
    /// At most [`MOST_ROUTES`](zartrux_models::plan::routing::MOST_ROUTES).
    pub routes: Vec<PlannedRoute>,
}

/// One route.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedRoute {
    /// Its name, weight, worth and rules.
    pub spec: RouteSpec,
    /// Places of its upstreams in the order of preference. No place is in two routes.
    pub order: Vec<usize>,
    /// When it may serve; empty: always.
    pub schedule: Vec<Window>,
    /// Seconds that the schedule's time is later than UTC.
    pub utc_offset: i32,
}

impl RoutePlan {
    /// From one report of work to the next.
    pub const WORK_EVERY: Duration = Duration::from_secs(5);

    /// The place of a route.
    #[must_use]
    pub fn place_of(&self, name: &str) -> Option<usize> {
        self.routes.iter().position(|it| *it.spec.name == *name)
    }

    /// Whether rigs can stay where they are when this plan follows another: only upstreams, worths and
    /// schedules are other ones.
    #[must_use]
    pub fn deals_like(&self, other: &Self) -> bool {
        let without_worth = |it: &PlannedRoute| RouteSpec {
            worth: None,
            ..it.spec.clone()
        };
        let (mine, theirs) = (self.routes.iter(), other.routes.iter());
        mine.map(without_worth).eq(theirs.map(without_worth))
    }
}

/// How a route stands in one lane.
#[derive(Debug, Clone, PartialEq)]
pub struct RouteShown {
    /// Its name.
    pub name: Box<str>,
    /// Its weight.
    pub weight: f64,
    /// What a hash there is worth now.
    pub worth: Option<f64>,
    /// An upstream serves there, and its schedule lets it.
    pub open: bool,
    /// Its schedule lets it serve.
    pub in_window: bool,
    /// What is hashed there, where that is known.
    pub algorithm: Option<Algorithm>,
    /// Place of the upstream that serves.
    pub serving: Option<usize>,
    /// Work of the shares that were found good.
    pub work: RouteWork,
    /// Miners that are assigned to it.
    pub seats: usize,
    /// Miners that came from another route.
    pub moves: u64,
}
