//! Whatever comes, in whatever order.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn no_seat_is_on_a_route_that_it_may_not_be_on(
        steps in prop::collection::vec((0_u8..6, 0_u32..12, 0_usize..4, 0.0_f64..9.0), 1..200)
    ) {
        let algorithms = [Algorithm::Rx0, Algorithm::Rx2, Algorithm::named("rx/wow")];
        let mut router = Router::new(vec![
            spec(7.0, None, &[]),
            spec(2.0, Some(1.0), &["a*"]),
            spec(0.0, Some(2.0), &[]),
            spec(1.0, None, &["b"]),
        ]);
        let mut last = BTreeMap::new();
        for (at, (what, number, route, amount)) in steps.into_iter().enumerate() {
            let now = seconds(7 * u64::try_from(at).unwrap());
            let key = seat(number);
            let kind = usize::try_from(number).unwrap() % 3;
            match what {
                0 => {
                    let listed = &algorithms[kind..];
                    let perf = [(algorithms[kind].clone(), amount)];
                    let name = ["a1", "b", "c"][kind];
                    router.seat_came(key, rig(name, listed, &perf), now);
                    last.insert(key, ());
                }
                1 => {
                    router.seat_left(key);
                    last.remove(&key);
                }
                2 => router.set_state(route, open(&algorithms[kind])),
                3 => router.set_state(route, RouteState::default()),
                4 => router.credit(route, amount),
                _ => router.set_worth(route, Some(amount)),
            }
            let moves = router.round(now);
            prop_assert!(moves.iter().all(|moved| moved.from != moved.to));
            for key in last.keys() {
                match router.route_of(*key) {
                    Some(on) => prop_assert!(router.may(*key, on)),
                    None => prop_assert!((0..4).all(|on| !router.may(*key, on))),
                }
            }
        }
    }
}
