//! Routes: from settings to the plan of the lanes, and how they stand over all lanes.

use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;
use zartrux_actors::planner::{PlannedRoute, RoutePlan, RouteShown};
use zartrux_config::{Pool, Route, Settings};
use zartrux_models::plan::routing::{RouteSpec, RouteWork, Split};

use super::NodeView;

/// The routes that there are, with these upstreams by place and places in the order of preference;
/// none where one upstream serves all.
pub(super) fn route_plan(
    settings: &Settings,
    known: &[Pool],
    order: &[usize],
) -> Option<Arc<RoutePlan>> {
    let routes = settings.effective_routes();
    if routes.is_empty() {
        return None;
    }
    let planned = routes.into_iter().map(|route| {
        let is_of = |place: &&usize| {
            let pool = known.get(**place);
            pool.is_some_and(|pool| pool.route == route.name)
        };
        PlannedRoute {
            order: order.iter().filter(is_of).copied().collect(),
            schedule: route.schedule.iter().map(|(_, window)| *window).collect(),
            utc_offset: route.utc_offset.seconds(),
            spec: RouteSpec {
                rigs: rules(settings, &route.rigs),
                name: route.name.into(),
                weight: route.weight,
                worth: route.worth,
            },
        }
    });
    Some(Arc::new(RoutePlan {
        routes: planned.collect(),
    }))
}

/// A route's rules, groups replaced by the names that are in them. A rule that names a group without
/// any name matches no rig: it does not make the route one for all.
fn rules(settings: &Settings, rigs: &[String]) -> Vec<Box<str>> {
    let mut rules: Vec<Box<str>> = Vec::new();
    for rule in rigs {
        let group = rule.strip_prefix('@');
        let group = group.and_then(|name| settings.groups.iter().find(|it| it.name == name));
        match group {
            Some(group) if group.rigs.is_empty() => rules.push(rule.as_str().into()),
            Some(group) => rules.extend(group.rigs.iter().map(|name| name.as_str().into())),
            None => rules.push(rule.as_str().into()),
        }
    }
    rules
}

/// A route over all lanes. Each lane splits the work of its own rigs by itself.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RouteReport {
    /// Its name.
    pub name: String,
    /// Its weight in the settings.
    pub weight: f64,
    /// What a hash there is worth now, in the unit of the settings; null: not compared.
    pub worth: Option<f64>,
    /// Lanes in which it takes rigs now.
    pub open_lanes: usize,
    /// Lanes.
    pub lanes: usize,
    /// Whether its schedule lets it serve now.
    pub in_schedule: bool,
    /// `host:port` of the upstreams that serve there, by lane without repetition.
    pub serving: Vec<String>,
    /// What is hashed there; null: not known.
    pub algorithm: Option<String>,
    /// Miners that are assigned to it.
    pub miners: usize,
    /// Miners that came to it from another route.
    pub moves: u64,
    /// Good shares since routes began.
    pub shares: u64,
    /// Their difficulties, added up, in hashes.
    pub work: f64,
    /// Its part of the work of all routes, 0 to 1.
    pub part: f64,
    /// Lower end of the part's 95 % interval: where the part of the hashes tried lies, which the
    /// shares only sample.
    pub part_low: f64,
    /// Upper end of that interval.
    pub part_high: f64,
    /// The part that the weights ask for among all routes, open or not, 0 to 1.
    pub wanted: f64,
}

impl NodeView {
    /// Names of the routes in their order; without any there is `main` alone.
    pub(crate) fn route_names(&self) -> Vec<String> {
        let routes = self.reloads().running().effective_routes();
        if routes.is_empty() {
            return vec![Route::MAIN.to_owned()];
        }
        routes.into_iter().map(|route| route.name).collect()
    }

    /// Place of the upstream that is preferred on a route.
    pub(crate) fn preferred_of(&self, route: &str) -> Option<usize> {
        let order = self.upstream_order().into_iter();
        let mut mine = order.filter(|place| {
            let facts = self.upstream_facts(*place);
            facts.is_some_and(|facts| facts.route == route)
        });
        mine.next()
    }

    /// How routes stand, in the order of the settings; empty where there are none.
    #[must_use]
    pub fn routes(&self) -> Vec<RouteReport> {
        let lanes: Vec<Vec<RouteShown>> = self.lanes().iter().map(|lane| lane.routes()).collect();
        let mut all: Vec<(RouteReport, RouteWork)> = Vec::new();
        for shown in lanes.iter().flatten() {
            let known = all.iter().position(|(it, _)| *it.name == *shown.name);
            let at = known.unwrap_or(all.len());
            if known.is_none() {
                all.push((blank(shown, lanes.len()), RouteWork::default()));
            }
            let (report, work) = &mut all[at];
            let name = shown.serving.and_then(|place| self.upstream_name(place));
            if let Some(name) = name.filter(|name| report.serving.iter().all(|it| it != name)) {
                report.serving.push(name.to_owned());
            }
            report.open_lanes += usize::from(shown.open);
            report.miners += shown.seats;
            report.moves += shown.moves;
            let known = shown.algorithm.as_ref().map(ToString::to_string);
            report.algorithm = report.algorithm.take().or(known);
            work.work += shown.work.work;
            work.variance += shown.work.variance;
            work.shares += shown.work.shares;
        }
        let works: Vec<RouteWork> = all.iter().map(|(_, work)| *work).collect();
        let weights: f64 = all.iter().map(|(report, _)| report.weight).sum();
        let splits = Split::of(&works);
        let finish = |((report, work), split): ((RouteReport, RouteWork), Split)| RouteReport {
            shares: work.shares,
            work: work.work,
            part: split.part,
            part_low: split.low,
            part_high: split.high,
            wanted: if weights > 0.0 {
                report.weight / weights
            } else {
                0.0
            },
            ..report
        };
        all.into_iter().zip(splits).map(finish).collect()
    }

    /// Tells all lanes what a hash is worth on a route from now on, until the settings say another;
    /// none: not compared. False if there is no such route.
    #[must_use]
    pub fn set_worth(&self, route: &str, worth: Option<f64>) -> bool {
        let routes = self.reloads().running().effective_routes();
        if routes.iter().all(|it| it.name != route) {
            return false;
        }
        for way in self.settings_ways() {
            way.set_worth(route, worth);
        }
        tracing::info!(route, ?worth, "another worth is told");
        true
    }
}

fn blank(shown: &RouteShown, lanes: usize) -> RouteReport {
    RouteReport {
        name: shown.name.to_string(),
        weight: shown.weight,
        worth: shown.worth,
        open_lanes: 0,
        lanes,
        in_schedule: shown.in_window,
        serving: Vec::new(),
        algorithm: None,
        miners: 0,
        moves: 0,
        shares: 0,
        work: 0.0,
        part: 0.0,
        part_low: 0.0,
        part_high: 1.0,
        wanted: 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zartrux_config::Overrides;

    const POOLS: &str = "[[pool]]\nurl = \"stratum+tcp://a:1\"\nuser = \"u\"\n\
        [[pool]]\nurl = \"stratum+tcp://b:1\"\nuser = \"u\"\nroute = \"solo\"\n\
        [[pool]]\nurl = \"stratum+tcp://c:1\"\nuser = \"u\"\n";

    fn plan(text: &str) -> Option<Arc<RoutePlan>> {
        let settings = Settings::from_toml(text, &Overrides::default()).unwrap();
        let all: Vec<usize> = (0..settings.pools.len()).collect();
        route_plan(&settings, &settings.pools, &all)
    }

    #[test]
    fn without_any_word_of_routes_there_are_none() {
        let text = "[[pool]]\nurl = \"stratum+tcp://a:1\"\nuser = \"u\"\n";
        assert_eq!(plan(text), None);
        assert_eq!(plan(""), None);
    }

    #[test]
    fn upstreams_of_one_name_make_one_list_and_groups_stand_for_their_names() {
        let text = format!(
            "{POOLS}[[route]]\nname = \"solo\"\nweight = 3\nrigs = [\"x\", \"@r\", \"@none\"]\n\
             [[group]]\nname = \"r\"\nrigs = [\"r1-*\", \"r2\"]\n[[group]]\nname = \"none\"\n"
        );
        let plan = plan(&text).unwrap();
        let orders: Vec<_> = plan
            .routes
            .iter()
            .map(|it| (&*it.spec.name, it.order.clone()))
            .collect();
        assert_eq!(orders, [("solo", vec![1]), ("main", vec![0, 2])]);
        let rigs: Vec<&str> = plan.routes[0].spec.rigs.iter().map(|it| &**it).collect();
        assert_eq!(rigs, ["x", "r1-*", "r2", "@none"]);
        assert!(plan.routes[1].spec.rigs.is_empty());
    }
}
