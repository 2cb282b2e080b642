//! Tests of the router, by what it is asked for.

mod coverage;
mod day;
mod hostile;
mod market;
mod rules;
mod scale;
mod scenes;
mod worth;

use std::sync::Arc;
use std::time::Duration;

use rand::Rng as _;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::*;
use crate::plan::{Capability, SeatKey};
use crate::work::Algorithm;

pub(super) fn seat(number: u32) -> SeatKey {
    SeatKey {
        index: number,
        generation: number,
    }
}

pub(super) fn spec(weight: f64, worth: Option<f64>, rigs: &[&str]) -> RouteSpec {
    RouteSpec {
        name: "route".into(),
        weight,
        worth,
        rigs: rigs.iter().map(|pattern| (*pattern).into()).collect(),
    }
}

pub(super) fn open(algorithm: &Algorithm) -> RouteState {
    RouteState {
        open: true,
        algorithm: Some(algorithm.clone()),
    }
}

pub(super) fn rig(
    name: &str,
    algorithms: &[Algorithm],
    perf: &[(Algorithm, f64)],
) -> Arc<RigTraits> {
    Arc::new(RigTraits {
        names: vec![name.into()],
        capability: Capability::of(algorithms, "XMRig/6.26.0"),
        perf: perf.to_vec(),
    })
}

pub(super) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Number of events where `mean` are expected.
pub(super) fn poisson(random: &mut Xoshiro256PlusPlus, mean: f64) -> u32 {
    let (limit, mut product, mut count) = ((-mean).exp(), random.gen_range(0.0..1.0), 0);
    while product > limit {
        product *= random.gen_range(0.0..1.0);
        count += 1;
    }
    count
}
