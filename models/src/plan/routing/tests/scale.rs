//! What it costs, counted in seats that are looked at.

use proptest::prelude::*;

use super::super::sums::Sums;
use super::hostile::any_float;
use super::*;

/// Of the router as it stands, made from nothing.
fn sums(router: &Router) -> Sums {
    let mut sums = Sums::default();
    for sitting in router.seats.values() {
        sums.add(sitting.route, sitting.rate);
    }
    sums
}

fn three() -> Router {
    let specs = [0.7, 0.2, 0.1].map(|weight| spec(weight, None, &[]));
    let mut router = Router::new(specs.to_vec());
    for at in 0..3 {
        router.set_state(at, open(&Algorithm::Rx0));
    }
    router
}

#[test]
fn a_hundred_thousand_seats_log_in_without_a_look_at_the_others() {
    const SEATS: u32 = 100_000;
    let traits = rig("r", &[Algorithm::Rx0], &[]);
    let mut router = three();
    // All come, while rounds go on.
    for number in 0..SEATS {
        router.seat_came(seat(number), Arc::clone(&traits), seconds(1));
        router.seat_rate(seat(number), f64::from(number % 977) + 1.0);
        if number % 100 == 0 {
            router.round(seconds(1));
        }
    }
    // The first call found routes that had opened, and the seat that was there by then.
    assert!(router.walked() <= 2, "{}", router.walked());
    // Nor does a rate, or a seat that goes and comes again.
    for number in 0..SEATS {
        router.seat_rate(seat(number), f64::from(number % 1_013) + 1.0);
        if number % 10 == 0 {
            router.seat_left(seat(number));
            router.seat_came(seat(number), Arc::clone(&traits), seconds(2));
        }
    }
    assert!(router.walked() <= 2, "{}", router.walked());
    // A round looks at each seat once, though it moves many.
    let mut moves = 0;
    for round in 0..5 {
        router.credit_many(1, 1_000, 1e9, 1e15);
        let before = router.walked();
        moves += router.round(seconds(1_000 + 10 * round)).len();
        assert!(router.walked() - before <= u64::from(SEATS));
    }
    assert_eq!(moves, 5 * 64);
    // A route that closes is one look more, whoever calls meanwhile.
    router.set_state(0, RouteState::default());
    let before = router.walked();
    let moved = router.round(seconds(1_041)).len();
    assert!(moved > 50_000, "{moved}");
    for _ in 0..1_000 {
        assert!(router.round(seconds(1_042)).is_empty());
    }
    assert_eq!(router.walked() - before, u64::from(SEATS));
    assert_eq!(router.sums, sums(&router));
}

#[test]
fn seats_that_come_at_once_spread_by_weight() {
    let traits = rig("r", &[Algorithm::Rx0], &[]);
    let mut router = three();
    let mut places = [0; 3];
    for number in 0..1_000 {
        let at = router.seat_came(seat(number), Arc::clone(&traits), seconds(0));
        places[at.unwrap()] += 1;
    }
    assert_eq!(places, [700, 200, 100]);
}

proptest! {
    #[test]
    fn running_sums_are_those_made_from_nothing(
        steps in prop::collection::vec((0_u8..8, 0_u32..40, any_float()), 1..300)
    ) {
        let wow = Algorithm::named("rx/wow");
        let mut router = three();
        router.set_worth(0, Some(1.0));
        router.set_worth(1, Some(1.0));
        for (at, (what, number, amount)) in steps.into_iter().enumerate() {
            let now = seconds(60 * u64::try_from(at).unwrap());
            let route = usize::try_from(number).unwrap() % 3;
            match what {
                0 | 1 => {
                    let known = [Algorithm::Rx0, wow.clone()];
                    let listed = &known[..usize::try_from(number % 2).unwrap() + 1];
                    router.seat_came(seat(number), rig("r", listed, &[]), now);
                }
                2 => router.seat_left(seat(number)),
                3 | 4 => router.seat_rate(seat(number), amount),
                5 => router.set_state(route, open(if number % 4 == 0 { &wow } else { &Algorithm::Rx0 })),
                6 => router.set_state(route, RouteState::default()),
                _ => router.credit(route, amount),
            }
            prop_assert_eq!(&router.sums, &sums(&router));
            router.round(now);
            prop_assert_eq!(&router.sums, &sums(&router));
        }
    }
}
