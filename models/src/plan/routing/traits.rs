//! What is known of rigs and of routes.

use wildmatch::WildMatch;

use crate::plan::Capability;
use crate::work::Algorithm;

/// What a rig said of itself at login, as far as routes go by it.
#[derive(Debug, Clone, PartialEq)]
pub struct RigTraits {
    /// Names that rules match: its own, and `@group` of each group it is in.
    pub names: Vec<Box<str>>,
    /// What it can hash.
    pub capability: Capability,
    /// Hashes a second by algorithm, as it sent them in `algo-perf`. A rate that is not a positive
    /// number counts as unknown.
    pub perf: Vec<(Algorithm, f64)>,
}

impl RigTraits {
    /// Hashes a second with an algorithm, where the rig said so.
    #[must_use]
    pub fn rate(&self, algorithm: &Algorithm) -> Option<f64> {
        let said = self.perf.iter().find(|(of, _)| of == algorithm);
        said.map(|(_, rate)| *rate)
            .filter(|rate| rate.is_finite() && *rate > 0.0)
    }
}

/// One route as the settings have it.
#[derive(Debug, Clone, PartialEq)]
pub struct RouteSpec {
    /// Its name.
    pub name: Box<str>,
    /// Its part of the work among routes of equal worth; zero or more. A route of weight zero takes
    /// rigs only where no other can.
    pub weight: f64,
    /// What a hash there is worth, in any unit that all routes share. None: not compared.
    pub worth: Option<f64>,
    /// Only rigs of which a name matches one of these (`*` and `?` are wild); empty: any.
    pub rigs: Vec<Box<str>>,
}

impl RouteSpec {
    /// Whether the route is for some rigs only, and this is one of them.
    #[must_use]
    pub fn names(&self, rig: &RigTraits) -> bool {
        self.rigs.iter().any(|pattern| {
            let pattern = WildMatch::new(pattern);
            rig.names.iter().any(|name| pattern.matches(name))
        })
    }
}

/// How a route stands now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RouteState {
    /// One of its upstreams serves, and the time is within its schedule.
    pub open: bool,
    /// The algorithm of the job there; none is known before the first.
    pub algorithm: Option<Algorithm>,
}
