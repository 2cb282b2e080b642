//! Who may be where.

use super::*;

#[test]
fn a_route_for_some_rigs_takes_only_those_and_they_go_elsewhere_only_without_it() {
    let mut router = Router::new(vec![spec(1.0, None, &[]), spec(1.0, None, &["@rack*"])]);
    router.set_state(0, open(&Algorithm::Rx0));
    router.set_state(1, open(&Algorithm::Rx0));
    for number in 0..10 {
        let name = if number < 5 { "@rack1" } else { "other" };
        let traits = rig(name, &[Algorithm::Rx0], &[]);
        let route = router.seat_came(seat(number), traits, seconds(0));
        assert_eq!(route, Some(usize::from(number < 5)));
    }
    router.set_state(1, RouteState::default());
    assert_eq!(router.round(seconds(1)).len(), 5);
    assert!((0..10).all(|number| router.route_of(seat(number)) == Some(0)));
    router.set_state(1, open(&Algorithm::Rx0));
    assert_eq!(router.round(seconds(2)).len(), 5);
    // Nobody can hash for the one that is left: all wait, and come back.
    router.set_state(1, RouteState::default());
    router.set_state(0, open(&Algorithm::Rx2));
    assert_eq!(router.round(seconds(3)).len(), 10);
    assert!((0..10).all(|number| router.route_of(seat(number)).is_none()));
    router.set_state(0, open(&Algorithm::Rx0));
    assert_eq!(router.round(seconds(4)).len(), 10);
}

#[test]
fn before_the_first_share_nothing_is_said_of_the_split() {
    let router = Router::new(vec![spec(1.0, None, &[]); 2]);
    let unknown = Split {
        part: 0.0,
        low: 0.0,
        high: 1.0,
    };
    assert_eq!(router.splits(), [unknown; 2]);
}

#[test]
fn shares_by_the_counter_count_as_one_by_one() {
    let specs = vec![spec(3.0, None, &[]), spec(1.0, None, &[])];
    let (mut single, mut many) = (Router::new(specs.clone()), Router::new(specs));
    for router in [&mut single, &mut many] {
        router.set_state(0, open(&Algorithm::Rx0));
    }
    for difficulty in [1_000.0, 3_000.0] {
        single.credit(0, difficulty);
    }
    many.credit_many(0, 2, 4_000.0, 10_000_000.0);
    assert_eq!(single.work(), many.work());
    let before = many.work();
    let bad = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 1e300];
    for bad in bad {
        many.credit(0, bad);
        many.credit_many(0, 2, bad, 1.0);
        many.credit_many(0, 2, 1.0, bad);
    }
    many.credit_many(0, 0, 1.0, 1.0);
    many.credit_many(7, 1, 1.0, 1.0);
    assert_eq!(many.work(), before);
    // Squares that were read before the shares they belong to.
    many.credit_many(1, 2, 20.0, 0.0);
    assert!((many.work()[1].variance - 200.0).abs() < 1e-9);
}
