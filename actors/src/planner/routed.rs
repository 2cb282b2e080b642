//! The planner's shell where there are routes: their plan, the time of the week, work, worths.

use std::collections::HashMap;
use std::sync::Arc;

use actix::{Context, Handler};
use zartrux_models::ledger::JournalEvent;
use zartrux_models::plan::SeatKey;
use zartrux_models::work::PoolKey;

use super::{Planner, RoutePlan, SeatsWorked, SetWorth, Turned};
use crate::miner_sessions::TurnAway;

/// Ticks from one showing of routes to the next.
const SHOWN_EVERY: u32 = 4;

/// What the shell keeps of routes.
#[derive(Debug, Default)]
pub(super) struct Routed {
    /// As the settings have it.
    told: Option<Arc<RoutePlan>>,
    /// With the worths that were told since.
    plan: Option<Arc<RoutePlan>>,
    /// Places of the upstreams of the pool sessions, those that are being closed included.
    places: HashMap<PoolKey, usize>,
    ticks: u32,
}

impl Routed {
    pub(super) fn new(plan: Option<Arc<RoutePlan>>) -> Self {
        Self {
            told: plan.clone(),
            plan,
            ..Self::default()
        }
    }

    pub(super) const fn plan(&self) -> Option<&Arc<RoutePlan>> {
        self.plan.as_ref()
    }

    pub(super) fn place_of(&self, pool: PoolKey) -> Option<usize> {
        self.places.get(&pool).copied()
    }

    pub(super) fn opened(&mut self, pool: PoolKey, upstream: usize) {
        self.places.insert(pool, upstream);
    }

    pub(super) fn closed(&mut self, pool: PoolKey) {
        self.places.remove(&pool);
    }

    /// Other settings: the plan that follows from them. A worth that was told stays until the settings
    /// say another.
    pub(super) fn replace(&mut self, new: Option<Arc<RoutePlan>>) {
        let mut plan = new.clone();
        if let Some(plan) = &mut plan {
            for route in &mut Arc::make_mut(plan).routes {
                let name = &route.spec.name;
                let before = worth_of(self.told.as_deref(), name);
                if before == Some(route.spec.worth)
                    && let Some(worth) = worth_of(self.plan.as_deref(), name)
                {
                    route.spec.worth = worth;
                }
            }
        }
        self.told = new;
        self.plan = plan;
    }

    fn set_worth(&mut self, name: &str, worth: Option<f64>) {
        let place = self.plan.as_ref().and_then(|plan| plan.place_of(name));
        if let (Some(plan), Some(place)) = (&mut self.plan, place)
            && let Some(route) = Arc::make_mut(plan).routes.get_mut(place)
        {
            route.spec.worth = worth;
        }
    }
}

fn worth_of(plan: Option<&RoutePlan>, name: &str) -> Option<Option<f64>> {
    let plan = plan?;
    let route = plan.routes.get(plan.place_of(name)?)?;
    Some(route.spec.worth)
}

impl Planner {
    /// Has the core know which schedules are open.
    pub(super) fn tell_time(&mut self) {
        if self.routed.plan.is_some()
            && let Some(core) = &mut self.core
        {
            let unix = self.clock.unix_millis() / 1_000;
            core.tell_time(i64::try_from(unix).unwrap_or(i64::MAX));
        }
    }

    /// Shows how routes stand, now and then.
    pub(super) fn show_routes(&mut self) {
        self.routed.ticks = self.routed.ticks.wrapping_add(1);
        if self.routed.plan.is_some()
            && self.routed.ticks.is_multiple_of(SHOWN_EVERY)
            && let Some(core) = &self.core
        {
            (self.on_routes)(core.routes());
        }
    }

    pub(super) fn note_serving(&mut self, route: usize, upstream: Option<usize>) {
        let name = self.routed.plan.as_deref();
        let name = name.and_then(|plan| plan.routes.get(route));
        let name = name.map_or("main", |route| &*route.spec.name);
        match upstream {
            Some(upstream) => tracing::info!(upstream, route = name, "upstream serves"),
            None => tracing::warn!(route = name, "no upstream serves"),
        }
        if let Some(serving) = self.serving.get_mut(route) {
            *serving = upstream;
        }
        (self.on_serving)(&self.serving);
        self.journal.note(JournalEvent::UpstreamServes {
            lane: self.journal.lane(),
            upstream: upstream.and_then(|place| self.journal.upstream(place)),
        });
    }

    pub(super) fn turn_away(&self, seats: Vec<SeatKey>, why: &Turned) {
        let miners = seats.len();
        let (text, unable) = match why {
            Turned::NoPool => {
                tracing::warn!(
                    miners,
                    "miners turned away: no upstream has had a job for them for too long"
                );
                ("No active pool".to_owned(), None)
            }
            Turned::Unable(algorithm) => {
                tracing::warn!(
                    miners, %algorithm,
                    "miners turned away: no route is open whose algorithm they can hash"
                );
                let text = format!(
                    "No pool for your algorithms: {} is mined here",
                    algorithm.name().escape_debug()
                );
                (text, Some(algorithm.clone()))
            }
            Turned::NoRoute => {
                tracing::warn!(miners, "miners turned away: no route is for these rigs");
                ("No route is for this rig".to_owned(), None)
            }
        };
        self.posts.turn_away.send(TurnAway {
            seats,
            text: text.into(),
            unable,
        });
    }
}

impl Handler<SeatsWorked> for Planner {
    type Result = ();

    fn handle(&mut self, worked: SeatsWorked, ctx: &mut Context<Self>) {
        self.guard.health().dequeued();
        if self.routed.plan.is_none() {
            return;
        }
        let now = self.clock.now();
        let by_place: Vec<_> = worked
            .pools
            .iter()
            .filter_map(|(pool, work)| Some((*self.routed.places.get(pool)?, *work)))
            .collect();
        self.step(ctx, |core| {
            for (place, work) in &by_place {
                core.upstream_worked(*place, work);
            }
            core.seats_worked(&worked.seats, now);
            Vec::new()
        });
    }
}

impl Handler<SetWorth> for Planner {
    type Result = ();

    fn handle(&mut self, told: SetWorth, ctx: &mut Context<Self>) {
        self.guard.health().dequeued();
        // The shell's plan first: a core that is built anew goes by it.
        self.routed.set_worth(&told.route, told.worth);
        self.step(ctx, |core| {
            core.set_worth(&told.route, told.worth);
            Vec::new()
        });
    }
}
