//! Rigs go where they are worth most.

use super::*;

#[test]
fn each_rig_ends_where_it_is_worth_most() {
    let wow = Algorithm::named("rx/wow");
    let specs = vec![spec(9.0, Some(2.0), &[]), spec(1.0, Some(3.0), &[])];
    let mut router = Router::new(specs);
    router.set_state(0, open(&Algorithm::Rx0));
    router.set_state(1, open(&wow));
    let both = [Algorithm::Rx0, wow.clone()];
    let steady = rig(
        "a",
        &both,
        &[(Algorithm::Rx0, 1_000.0), (wow.clone(), 500.0)],
    );
    let quick = rig(
        "b",
        &both,
        &[(Algorithm::Rx0, 1_000.0), (wow.clone(), 900.0)],
    );
    let bound = rig(
        "c",
        &[Algorithm::Rx0],
        &[(Algorithm::Rx0, 1_000.0), (wow, 9_000.0)],
    );
    assert_eq!(router.seat_came(seat(0), steady, seconds(0)), Some(0));
    assert_eq!(router.seat_came(seat(1), quick, seconds(0)), Some(1));
    assert_eq!(router.seat_came(seat(2), bound, seconds(0)), Some(0));
    // A worth that changes is followed, though not by a rig that can't.
    router.set_worth(1, Some(5.0));
    for round in 0..20 {
        router.round(seconds(round * 10));
    }
    let places = [0, 1, 2].map(|number| router.route_of(seat(number)));
    assert_eq!(places, [Some(1), Some(1), Some(0)]);
}
