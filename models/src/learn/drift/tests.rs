//! Change is found, and chance is not taken for it.

use proptest::prelude::*;
use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::histogram::{BINS, Bins, apart};
use super::*;
use crate::filter::Feature;
use crate::share::RigKey;
use crate::work::{Nonce, ResultHash, Slot};

const FEATURES: [Feature; 3] = [
    Feature {
        name: "even",
        unit: "ratio",
        low: 0.0,
        high: 2.0,
        neutral: 0.5,
    },
    Feature {
        name: "yes_or_no",
        unit: "0 or 1",
        low: 0.0,
        high: 1.0,
        neutral: 0.0,
    },
    Feature {
        name: "constant",
        unit: "ratio",
        low: 0.0,
        high: 1.0,
        neutral: 0.0,
    },
];

type Window = DriftWindow<3>;

/// Rigs `first` to `first + rigs` with 40 shares each, around a level that is each rig's own.
fn window(seed: u64, first: u64, rigs: u64, shift: f32) -> Window {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut window = DriftWindow::new(100_000, seed);
    for rig in first..first + rigs {
        let own: f32 = random.gen_range(0.0..0.8);
        let often = random.gen_range(0.0..0.5);
        for _ in 0..40 {
            let even = own + random.gen_range(0.0..0.2) + shift;
            let yes = f32::from(u8::from(random.gen_bool(often)));
            window.take(RigKey(rig), [even, yes, 0.25]);
        }
    }
    window
}

fn settings(level: f64) -> DriftSettings {
    DriftSettings {
        level,
        psi_least: 0.0,
        shuffles: 199,
        rigs_least: 12,
    }
}

/// 99.9 % of binomial counts with these odds lie at or below.
fn most_by_chance(tries: u64, odds: f64) -> u64 {
    use statrs::distribution::{Binomial, DiscreteCDF as _};
    Binomial::new(odds, tries).unwrap().inverse_cdf(0.999)
}

#[test]
fn where_nothing_has_changed_drift_is_called_no_more_often_than_the_level() {
    let level = 0.05;
    for (what, first) in [("other rigs", 1_000), ("half of the rigs the same", 15)] {
        let called = (0..200u64)
            .filter(|seed| {
                let before = window(2 * seed, 0, 30, 0.0);
                let now = window(2 * seed + 1, first, 30, 0.0);
                let report = compare(&FEATURES, &before, &now, &settings(level), *seed).unwrap();
                report.drifted()
            })
            .count() as u64;
        println!("drift, {what}: called {called} times of 200 at a level of {level}");
        assert!(called <= most_by_chance(200, level), "{called}");
    }
}

#[test]
fn shuffling_single_shares_would_cry_wolf() {
    let called = (0..200u64)
        .filter(|seed| {
            let shares = |seed, first| {
                let mut single = DriftWindow::new(100_000, 0);
                for (number, (_, values)) in (first..).zip(window(seed, 0, 30, 0.0).rows()) {
                    single.take(RigKey(number), *values);
                }
                single
            };
            let (before, now) = (shares(2 * seed, 0), shares(2 * seed + 1, 1_000_000));
            compare(&FEATURES, &before, &now, &settings(0.05), *seed)
                .unwrap()
                .drifted()
        })
        .count();
    println!("drift, single shares shuffled: called {called} times of 200 at a level of 0.05");
    assert!(called > 100, "{called}");
}

#[test]
fn a_planted_shift_is_found_in_its_feature_and_a_small_one_is_not_called_by_its_size() {
    let settings = DriftSettings {
        shuffles: 999,
        ..DriftSettings::default()
    };
    let report = compare(
        &FEATURES,
        &window(1, 0, 60, 0.0),
        &window(2, 0, 60, 0.5),
        &settings,
        3,
    )
    .unwrap();
    println!("{report:#?}");
    assert!(report.features[0].drifted && report.features[0].psi > 0.1);
    assert!(!report.features[2].drifted);
    assert!(report.features[2].psi.abs() < 1e-12);
    let huge = DriftSettings {
        psi_least: 1e9,
        ..settings
    };
    let report = compare(
        &FEATURES,
        &window(1, 0, 60, 0.0),
        &window(2, 0, 60, 0.5),
        &huge,
        3,
    )
    .unwrap();
    assert!(!report.drifted());
}

#[test]
fn the_same_windows_and_seed_have_the_same_report() {
    let report = || {
        compare(
            &FEATURES,
            &window(1, 0, 30, 0.0),
            &window(2, 9, 30, 0.1),
            &settings(0.05),
            3,
        )
    };
    assert_eq!(report().unwrap(), report().unwrap());
}

#[test]
fn too_little_is_told_with_its_numbers() {
    let (one, none) = (window(1, 0, 30, 0.0), window(1, 0, 0, 0.0));
    let of = |a: &Window, b: &Window, settings: DriftSettings| {
        compare(&FEATURES, a, b, &settings, 1).unwrap_err()
    };
    let fair = settings(0.05);
    assert_eq!(
        of(&one, &none, fair),
        CannotCompare::Empty {
            reference: 1_200,
            current: 0
        }
    );
    let few = window(1, 0, 5, 0.0);
    assert_eq!(
        of(&few, &few, fair),
        CannotCompare::TooFewRigs {
            found: 5,
            least: 12
        }
    );
    for level in [1e-6, 0.0, f64::NAN] {
        assert!(matches!(
            of(&one, &one, settings(level)),
            CannotCompare::TooFewShuffles { .. }
        ));
    }
}

#[test]
fn a_window_holds_an_even_sample_of_what_came() {
    let mut places = 0.0;
    for seed in 0..200 {
        let mut window: DriftWindow<1> = DriftWindow::new(50, seed);
        for number in 0..1_000u16 {
            window.take(RigKey(1), [f32::from(number)]);
        }
        window.take(RigKey(1), [f32::NAN]);
        assert_eq!((window.rows().len(), window.came()), (50, 1_000));
        places += window
            .rows()
            .iter()
            .map(|(_, [value])| f64::from(*value))
            .sum::<f64>();
    }
    // 10,000 draws of a mean of 499.5, each with a standard deviation of 289.
    let mean = places / 10_000.0;
    assert!((mean - 499.5).abs() < 12.0, "{mean}");
}

fn facts(bytes: impl Iterator<Item = u8>) -> ByteFacts {
    let mut table = EntropyTable::new(1);
    for byte in bytes {
        let nonce = Nonce::in_slot(Slot(1), 0x00ab_cd00 | u32::from(byte));
        table.take(SentBytes {
            rig: RigKey(1),
            nonce,
            result: None,
        });
    }
    table.rigs().next().unwrap().nonces.unwrap()
}

#[test]
fn even_bytes_have_eight_bits_and_uneven_ones_fewer() {
    let all = facts((0..=255).cycle().take(256 * 10));
    assert!((all.entropy - 8.0).abs() < 1e-12 && all.kl.abs() < 1e-12);
    let one = facts(std::iter::repeat_n(7, 2_000));
    assert!(one.entropy.abs() < 1e-12 && (one.kl - 8.0).abs() < 1e-12);
    assert!(one.p.unwrap() < 1e-12);
    let few = facts([1, 2, 3].into_iter());
    assert_eq!(few.p, None);
}

#[test]
fn random_bytes_are_called_uneven_no_more_often_than_by_chance() {
    let uneven = (0..400u64)
        .filter(|seed| {
            let mut random = Xoshiro256PlusPlus::seed_from_u64(*seed);
            let facts = facts(std::iter::repeat_with(move || random.r#gen()).take(10_000));
            assert!((facts.entropy - 8.0).abs() < 0.01, "{}", facts.entropy);
            assert!((facts.kl / facts.kl_by_chance - 1.0).abs() < 0.5);
            facts.p.unwrap() <= 0.05
        })
        .count() as u64;
    println!("bytes: {uneven} of 400 random streams called uneven at 0.05");
    // The likelihood ratio's distribution is only nearly that of chi-square.
    assert!(uneven <= most_by_chance(400, 0.06), "{uneven}");
}

#[test]
fn rigs_beyond_the_tables_room_are_counted_and_no_more() {
    let mut table = EntropyTable::new(2);
    let result = ResultHash::new([3; 32]);
    for rig in [1, 2, 3, 1] {
        let nonce = Nonce::in_slot(Slot(0), 1);
        table.take(SentBytes {
            rig: RigKey(rig),
            nonce,
            result: Some(&result),
        });
    }
    assert_eq!(table.untold(), 1);
    let rigs: Vec<RigBytes> = table.rigs().collect();
    assert_eq!(rigs.len(), 2);
    assert_eq!(rigs[0].results.unwrap().bytes, 48);
    assert_eq!(rigs[0].nonces.unwrap().bytes, 2);
}

proptest! {
    #[test]
    fn divergences_are_never_negative_and_nothing_is_apart_from_itself(
        a in prop::array::uniform10(0..1_000u64), b in prop::array::uniform10(0..1_000u64), bins in 1..=BINS,
    ) {
        let found = apart(&a, &b, bins);
        prop_assert!(found.psi >= 0.0 && found.kl >= 0.0 && found.psi.is_finite());
        prop_assert!((apart(&b, &a, bins).psi - found.psi).abs() < 1e-9);
        prop_assert!(apart(&a, &a, bins).psi.abs() < 1e-12);
    }

    #[test]
    fn every_value_has_a_bin_and_greater_values_have_no_lower_one(
        values in prop::collection::vec(-100.0..100.0f32, 0..300), others in prop::collection::vec(any::<f32>(), 2),
    ) {
        let bins = Bins::of(values);
        prop_assert!((1..=BINS).contains(&bins.count()));
        let [one, other] = [others[0], others[1]];
        prop_assert!(bins.of_value(one) < bins.count());
        if one < other {
            prop_assert!(bins.of_value(one) <= bins.of_value(other));
        }
    }
}

#[test]
fn each_value_of_yes_or_no_has_its_own_bin() {
    let mut values: Vec<f32> = std::iter::repeat_n(0.0, 99).chain([1.0]).collect();
    values.shuffle(&mut Xoshiro256PlusPlus::seed_from_u64(1));
    let bins = Bins::of(values);
    assert_eq!(
        (bins.count(), bins.of_value(0.0), bins.of_value(1.0)),
        (2, 0, 1)
    );
}
