//! Whatever comes, in whatever order.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::trials::MOST_TRIALS;
use super::super::weights::MOST_MOVES;
use super::super::worth::MOST_WORTH_MOVES;
use super::*;

/// What is done, to which seat and which route, with which amount.
type Step = (u8, u32, usize, f64);

/// Any float, the odd ones often.
pub(super) fn any_float() -> impl Strategy<Value = f64> {
    let odd = vec![
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::MAX,
        f64::MIN_POSITIVE,
        -0.0,
        1e300,
    ];
    prop_oneof![4 => 0.0..1e4, 1 => any::<f64>(), 1 => prop::sample::select(odd)]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec((0_u8..10, 0_u32..24, 0_usize..5, any_float()), 1..250)
}

fn router(odd: f64) -> Router {
    Router::new(vec![
        spec(7.0, Some(1.0), &[]),
        spec(2.0, Some(1.0), &["a*"]),
        spec(odd, Some(odd), &[]),
        spec(1.0, None, &["b"]),
    ])
}

/// Does one; gives the moves of the round that follows.
fn act(router: &mut Router, (what, number, route, amount): Step, now: Duration) -> Vec<Move> {
    let algorithms = [
        Algorithm::Rx0,
        Algorithm::Rx2,
        Algorithm::named("rx/wow"),
        Algorithm::named("gr"),
    ];
    let (key, kind) = (seat(number), usize::try_from(number).unwrap() % 3);
    match what {
        0 | 1 => {
            let perf = [(algorithms[kind].clone(), amount)];
            let name = ["a1", "b", "c"][kind];
            router.seat_came(key, rig(name, &algorithms[kind..], &perf), now);
        }
        2 => router.seat_left(key),
        3 => router.set_state(route, open(&algorithms[kind])),
        4 => router.set_state(
            route,
            RouteState {
                open: amount > 1.0,
                algorithm: None,
            },
        ),
        5 => router.credit(route, amount),
        6 => router.credit_many(route, u64::from(number), amount, amount * 3.0),
        7 => router.set_worth(route, Some(amount)),
        _ => router.seat_rate(key, amount),
    }
    router.round(now)
}

/// Half a minute to half an hour from step to step.
fn later(now: Duration, step: &Step) -> Duration {
    now + seconds(30 * (1 + u64::from(step.1) % 3 * 30))
}

proptest! {
    #[test]
    fn no_seat_is_on_a_route_that_it_may_not_be_on(steps in steps(), odd in any_float()) {
        let (mut router, mut now) = (router(odd), seconds(0));
        let mut places: BTreeMap<SeatKey, Option<usize>> = BTreeMap::new();
        for step in steps {
            now = later(now, &step);
            let key = seat(step.1);
            let moves = act(&mut router, step, now);
            match step.0 {
                // The round that follows may have moved it already.
                0 | 1 => {
                    let first = moves.iter().find(|moved| moved.seat == key);
                    let came = first.map_or(router.route_of(key), |moved| moved.from);
                    places.insert(key, came);
                }
                2 => {
                    places.remove(&key);
                }
                _ => {}
            }
            // The moves are all that happens, and each begins where the seat is.
            for moved in moves {
                prop_assert_ne!(moved.from, moved.to);
                prop_assert_eq!(places.insert(moved.seat, moved.to), Some(moved.from));
            }
            for (key, place) in &places {
                prop_assert_eq!(router.route_of(*key), *place);
                match place {
                    Some(on) => prop_assert!(router.may(*key, *on)),
                    None => prop_assert!((0..4).all(|on| !router.may(*key, on))),
                }
            }
            for split in router.splits() {
                let Split { part, low, high } = split;
                prop_assert!((0.0..=1.0).contains(&part), "{:?}", split);
                prop_assert!(0.0 <= low && low <= part && part <= high && high <= 1.0);
            }
            let wanted: f64 = router.wanted().iter().sum();
            prop_assert!(wanted.abs() < 1e-9 || (wanted - 1.0).abs() < 1e-9, "{}", wanted);
        }
    }

    #[test]
    fn the_same_calls_give_the_same_moves(steps in steps(), odd in any_float()) {
        let (mut one, mut other, mut now) = (router(odd), router(odd), seconds(0));
        for step in steps {
            now = later(now, &step);
            prop_assert_eq!(act(&mut one, step, now), act(&mut other, step, now));
        }
    }
}

#[test]
fn moves_in_a_round_are_bounded_whatever_the_market_does() {
    const SEATS: u32 = 2_000;
    let algorithms = [
        Algorithm::Rx0,
        Algorithm::named("rx/wow"),
        Algorithm::named("gr"),
    ];
    let mut router = Router::new(vec![spec(1.0, Some(1.0), &[]); 4]);
    for (at, algorithm) in [0, 1, 2, 2].into_iter().zip(0..) {
        router.set_state(algorithm, open(&algorithms[at]));
    }
    for number in 0..SEATS {
        // The rate with the third is never said.
        let perf = [0, 1].map(|at| (algorithms[at].clone(), 1_000.0));
        router.seat_came(seat(number), rig("r", &algorithms, &perf), seconds(0));
    }
    let most = 2 * MOST_TRIALS + MOST_MOVES + MOST_WORTH_MOVES + 2_000 / 16;
    let (mut all, mut on_trial) = (0, 0);
    for round in 0..1_000_u64 {
        let now = seconds(10 * round);
        // The market turns each five minutes, and rigs are four times as fast with the third.
        let high = if round / 30 % 2 == 0 { 2.0 } else { 0.5 };
        router.set_worth(1, Some(high));
        let moves = router.round(now).len();
        assert!(moves <= most, "{moves}");
        all += moves;
        on_trial = on_trial.max(
            router
                .seats
                .values()
                .filter(|it| it.trial.is_some())
                .count(),
        );
        for number in 0..SEATS {
            let fast = router.route_of(seat(number)).is_some_and(|at| at >= 2);
            router.seat_rate(seat(number), if fast { 4_000.0 } else { 1_000.0 });
        }
    }
    assert!(on_trial > 0 && on_trial <= 500, "{on_trial}");
    // Each found the third.
    assert!(all >= 2_000);
    let there = (0..SEATS).filter(|it| router.route_of(seat(*it)).is_some_and(|at| at >= 2));
    assert_eq!(there.count(), 2_000);
}
