//! The planner's core under churn, without sockets.

use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::world::World;

/// Something that happens.
#[derive(Debug, Clone, Copy)]
enum Event {
    Join(usize),
    Leave(usize),
    UseUp(usize),
    NextJob(usize),
    SameBlob(usize),
    LosePool(usize),
    Fault,
    Wait(u64),
}

fn happen(world: &mut World, event: Event) {
    match event {
        Event::Join(count) => (0..count).for_each(|_| world.join()),
        Event::Leave(which) => world.leave(which),
        Event::UseUp(which) => world.use_up(which),
        Event::NextJob(which) => world.next_job(which),
        Event::SameBlob(which) => world.same_blob(which),
        Event::LosePool(which) => world.lose_pool(which),
        Event::Fault => world.fault(),
        Event::Wait(millis) => world.tick(millis),
    }
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => (1usize..120).prop_map(Event::Join),
        8 => any::<usize>().prop_map(Event::Leave),
        4 => any::<usize>().prop_map(Event::UseUp),
        8 => any::<usize>().prop_map(Event::NextJob),
        1 => any::<usize>().prop_map(Event::SameBlob),
        1 => any::<usize>().prop_map(Event::LosePool),
        1 => Just(Event::Fault),
        4 => (1u64..20_000).prop_map(Event::Wait),
    ]
}

/// Once the pools behave, everybody that is there has a slot.
fn everybody_is_served_in_the_end(world: &mut World) {
    world.calm_down();
    assert_eq!(world.without_lease(), 0, "of {}", world.seats());
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 150,
        // The events of a failure are in its message; no file is left beside the source.
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_slot_of_a_job_is_ever_given_twice(events in proptest::collection::vec(event(), 1..150)) {
        let mut world = World::new();
        for event in events {
            happen(&mut world, event);
        }
        everybody_is_served_in_the_end(&mut world);
    }
}

#[test]
fn no_slot_of_a_job_is_given_twice_while_ten_thousand_miners_come_and_go() {
    for seed in 0..3 {
        let mut random = StdRng::seed_from_u64(seed);
        let mut world = World::new();
        world.next_job(0);
        let mut joined = 0;
        while joined < 10_000 {
            let crowded = world.seats() > 1_500;
            let event = match random.gen_range(0..100) {
                0..20 if !crowded => {
                    let count = random.gen_range(1..100);
                    joined += count;
                    Event::Join(count)
                }
                0..70 => Event::Leave(random.r#gen()),
                70..80 => Event::UseUp(random.r#gen()),
                80..95 => Event::NextJob(random.r#gen()),
                95..98 => Event::Wait(random.gen_range(1..3_000)),
                98 => Event::Fault,
                _ => Event::LosePool(random.r#gen()),
            };
            let times = if matches!(event, Event::Leave(_)) {
                20
            } else {
                1
            };
            for _ in 0..times {
                happen(&mut world, event);
            }
        }
        everybody_is_served_in_the_end(&mut world);
        assert!(world.given() > 10_000, "{}", world.given());
    }
}

#[test]
fn miners_are_sent_away_when_nobody_serves_and_their_slots_are_not_mixed_up() {
    let mut world = World::new();
    world.next_job(0);
    for _ in 0..600 {
        world.join();
    }
    world.calm_down();
    for which in 0..world.pools() {
        world.lose_pool(which);
    }
    world.tick(1_000);
    assert_eq!(world.sent_away, 0, "within the grace");
    world.tick(30_000);
    assert_eq!((world.sent_away, world.seats()), (600, 0));
    for _ in 0..600 {
        world.join();
    }
    everybody_is_served_in_the_end(&mut world);
}
