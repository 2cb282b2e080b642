//! Other upstreams, or another order of them, under miners that mine.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use zartrux_actors::clock::Clock;
use zartrux_actors::planner::{PlanEffect, PlannerCore};
use zartrux_models::plan::{Lease, SeatKey};
use zartrux_models::work::{JobOrigin, PoolKey};

use crate::farm::{POLICY, blob};

const MOST: usize = 4;

struct Scene {
    core: PlannerCore,
    now: Instant,
    blobs: u64,
    /// Sessions by their upstreams.
    open: BTreeMap<PoolKey, usize>,
    held: BTreeMap<SeatKey, Lease>,
    serving: Option<usize>,
}

impl Scene {
    /// With so many upstreams, of which the first serves, and miners on it.
    fn serving_first(upstreams: usize, miners: u32) -> Self {
        let now = Clock.now();
        let mut scene = Self {
            core: PlannerCore::new(POLICY, vec![MOST; upstreams], BTreeMap::new(), 0, None, now),
            now,
            blobs: 0,
            open: BTreeMap::new(),
            held: BTreeMap::new(),
            serving: None,
        };
        scene.step(|core, now| core.tick(now));
        scene.job(0);
        for index in 1..=miners {
            let seat = SeatKey {
                index,
                generation: index,
            };
            scene.step(|core, now| core.lease_asked(seat, now));
        }
        scene.job(0);
        assert_eq!(scene.held.len(), miners as usize);
        scene
    }

    fn step(&mut self, step: impl FnOnce(&mut PlannerCore, Instant) -> Vec<PlanEffect>) {
        for effect in step(&mut self.core, self.now) {
            match effect {
                PlanEffect::OpenPool { pool, upstream } => {
                    self.open.insert(pool, upstream);
                }
                PlanEffect::ClosePool(pool) => {
                    self.open.remove(&pool);
                }
                PlanEffect::Grant { seat, lease, .. } => {
                    if let Some(left) = self.held.insert(seat, lease) {
                        self.core.lease_given_up(seat, left, 1);
                    }
                }
                PlanEffect::TurnAway { seats, .. } => panic!("{seats:?} are turned away"),
                PlanEffect::Serving { upstream, .. } => self.serving = upstream,
            }
        }
    }

    /// A job for each session with that upstream.
    fn job(&mut self, upstream: usize) {
        for pool in self.sessions(upstream) {
            self.blobs += 1;
            let blob = blob(self.blobs);
            let origin = JobOrigin {
                pool,
                connection: 1,
            };
            self.step(|core, now| core.job_replaced(origin, &blob, now));
        }
    }

    fn replan(&mut self, upstreams: usize, order: &[usize]) {
        self.step(|core, now| core.replace_plan(POLICY, vec![MOST; upstreams], order, now));
    }

    fn wait(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        self.step(|core, now| core.tick(now));
    }

    fn sessions(&self, upstream: usize) -> Vec<PoolKey> {
        let of = self.open.iter().filter(|(_, of)| **of == upstream);
        of.map(|(pool, _)| *pool).collect()
    }

    /// How many miners sit on sessions of that upstream.
    fn miners_on(&self, upstream: usize) -> usize {
        let sessions = self.sessions(upstream);
        let there = |lease: &&Lease| sessions.contains(&lease.pool);
        self.held.values().filter(there).count()
    }
}

#[test]
fn an_upstream_that_was_taken_out_serves_until_another_has_a_job_and_is_left_then() {
    let mut scene = Scene::serving_first(1, 300);
    scene.replan(2, &[1]);
    assert_eq!((scene.serving, scene.miners_on(0)), (Some(0), 300));
    assert_eq!(scene.sessions(1).len(), 1, "it is connected to");
    scene.wait(5);
    assert_eq!(scene.serving, Some(0), "for as long as it takes");
    scene.job(1);
    assert_eq!(scene.serving, Some(1));
    assert_eq!(scene.miners_on(1), 256, "as many as there is room for");
    assert_eq!(scene.miners_on(0), 44, "the others go on where they are");
    scene.job(1);
    assert_eq!(scene.miners_on(1), 300);
    assert!(scene.sessions(0).is_empty());
}

#[test]
fn the_first_of_several_new_ones_is_waited_for_as_at_the_start() {
    let mut scene = Scene::serving_first(1, 3);
    scene.replan(3, &[1, 2]);
    scene.job(2);
    assert_eq!(scene.serving, Some(0), "the first may yet come");
    scene.job(1);
    assert_eq!((scene.serving, scene.miners_on(1)), (Some(1), 3));
    // One that does not come is not waited for.
    let mut scene = Scene::serving_first(1, 3);
    scene.replan(3, &[1, 2]);
    scene.job(2);
    scene.wait(4);
    assert_eq!((scene.serving, scene.miners_on(2)), (Some(2), 3));
}

#[test]
fn one_that_is_preferred_now_must_have_been_good_for_long_enough() {
    let mut scene = Scene::serving_first(2, 3);
    scene.job(1);
    scene.replan(2, &[1, 0]);
    scene.wait(30);
    assert_eq!(scene.serving, Some(0));
    scene.wait(31);
    assert_eq!((scene.serving, scene.miners_on(1)), (Some(1), 3));
    assert_eq!(scene.sessions(0).len(), 1, "it stands by");
}

#[test]
fn one_that_was_taken_out_and_put_back_goes_on() {
    let mut scene = Scene::serving_first(1, 3);
    scene.replan(2, &[1]);
    scene.replan(2, &[0, 1]);
    scene.job(1);
    scene.wait(100);
    assert_eq!((scene.serving, scene.miners_on(0)), (Some(0), 3));
}

#[test]
fn a_place_that_nobody_told_of_is_left_out() {
    let mut scene = Scene::serving_first(1, 1);
    scene.replan(1, &[7, 0]);
    scene.wait(1);
    assert_eq!(scene.serving, Some(0));
}
