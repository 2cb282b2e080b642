//! The six stages and the judge, hit by panics and stalls at random while miners work.
//!
//! `ZARTRUX_CHAOS_SECONDS=600 cargo test --test chaos stages -- --nocapture` is the long run; it
//! prints how long the actors took to come back.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rand::Rng;
use rand::seq::SliceRandom;
use zartrux_actors::supervision::ActorState;

use crate::storm::Storm;
use crate::support::clock;
use crate::watch::{Watch, check_health, check_metrics};

const HIT: [&str; 7] = [
    "lane0/entropy",
    "lane0/divergence",
    "lane0/pattern",
    "lane0/pace",
    "lane0/cluster",
    "lane0/classifier",
    "lane0/judge",
];

/// Shares of a run, however long.
const MOST_SHARES: f64 = 600_000.0;

fn seconds() -> u64 {
    let wanted = std::env::var("ZARTRUX_CHAOS_SECONDS").ok();
    wanted
        .and_then(|seconds| seconds.parse().ok())
        .unwrap_or(20)
}

/// Whether the actor looks at shares: a stage that is left out has no steps to fail at.
fn works(storm: &Storm, actor: &str) -> bool {
    let health = storm.proxy.node().view().health().get(actor);
    health.is_some_and(|health| health.state() == ActorState::Running)
}

#[test]
fn panics_and_stalls_of_any_stage_lose_no_share_and_touch_no_other_actor() {
    crate::hush_forced_panics();
    let mut storm = Storm::new(77);
    let mut watch = Watch::new(&storm.proxy);
    let (mut panics, mut stalls, mut left_out) = (BTreeMap::<&str, u32>::new(), 0, 0);
    let mut returns = Vec::new();
    let mut next_panic: BTreeMap<&str, Instant> = HIT.map(|actor| (actor, clock::now())).into();
    let until = clock::now() + Duration::from_secs(seconds());
    let mut rounds = 0;
    while clock::now() < until {
        rounds += 1;
        // The pool remembers every share: as many as it has room for, over the whole time.
        let due = 1.0 - (until - clock::now()).as_secs_f64() / seconds() as f64;
        if storm.sent() as f64 <= due * MOST_SHARES {
            let load = storm.random.gen_range(1..40);
            storm.mine(load);
        }
        let actor = *HIT.choose(&mut storm.random).unwrap();
        if storm.random.gen_bool(0.3) {
            let stall = storm.random.gen_range(1..60);
            storm.proxy.drill_stall(actor, stall);
            stalls += 1;
        } else if works(&storm, actor) && next_panic[actor] <= clock::now() {
            // Now and then four within a minute: then the stage is left out for a while.
            let gap = storm.random.gen_range(0.01..0.05) * seconds() as f64;
            next_panic.insert(actor, clock::now() + Duration::from_secs_f64(gap));
            storm.proxy.drill_panics(actor, 1);
            storm.mine(12);
            storm.mine_one_good();
            watch.wait_fault(&storm.proxy, actor);
            *panics.entry(actor).or_default() += 1;
            if works(&storm, actor) {
                storm.mine_one_good();
                returns.push(storm.micros_to_come_back(actor));
            } else {
                left_out += 1;
            }
        }
        check_metrics(&storm.proxy);
        check_health(&storm.proxy);
        watch.check_generations(&storm.proxy);
        if rounds % 5 == 0 {
            storm.next_job();
        }
    }
    returns.sort_unstable();
    println!("{rounds} rounds, panics {panics:?}, stalls {stalls}, left out {left_out} times");
    println!(
        "from a panic to the next step that succeeded: median {} µs, longest {} µs",
        returns[returns.len() / 2],
        returns[returns.len() - 1]
    );
    for actor in HIT {
        assert!(panics.contains_key(actor), "{actor} was never hit");
    }
    assert!(
        left_out > 0 && stalls > 0,
        "left out {left_out}, stalls {stalls}"
    );
    let shares = storm.finish();
    println!("{shares} good shares, each once at the pool");
}
