//! How little a model foretells what comes: by which of two the better one is known.

use proptest::prelude::*;

use super::tests::{plans, rows, three_groups, trained};
use super::*;

fn mean_surprise(model: &ClusterModel, rows: &[BehaviourRow]) -> f64 {
    let surprises = rows.iter().map(|row| model.surprise(&row.behaviour()));
    surprises.sum::<f64>() / real(rows.len())
}

fn of_groups(seed: u64) -> ClusterModel {
    let rows = three_groups(seed).0;
    fit(&rows, &ClusterSettings::default(), 1, None)
        .unwrap()
        .model
}

#[test]
fn a_model_of_the_same_kind_of_rigs_is_surprised_less_by_later_blocks_than_one_of_others() {
    let of_farm = &trained().model;
    let later = rows(77, &plans(77, 60, &[]), 10);
    let [right, wrong] = [of_farm, &of_groups(1)].map(|model| mean_surprise(model, &later));
    println!("surprise by a farm: {right:.2} by its own kind, {wrong:.2} by another");
    assert!(right < wrong - 1.0, "{right} {wrong}");
    let later = three_groups(4).0;
    let [right, wrong] = [&of_groups(1), of_farm].map(|model| mean_surprise(model, &later));
    println!("surprise by three groups: {right:.2} by its own kind, {wrong:.2} by another");
    assert!(right < wrong - 1.0, "{right} {wrong}");
}

#[test]
fn the_order_of_clusters_does_not_matter() {
    let model = &trained().model;
    let mut turned = model.clone();
    turned.clusters.reverse();
    for row in &three_groups(1).0[..200] {
        let behaviour = row.behaviour();
        let difference = model.surprise(&behaviour) - turned.surprise(&behaviour);
        assert!(difference.abs() < 1e-9, "{difference}");
    }
}

#[test]
fn the_same_groups_split_in_two_like_halves_surprise_no_less() {
    let model = of_groups(1);
    let mut split = model.clone();
    for shape in &mut split.clusters {
        shape.blocks *= 2;
    }
    let whole = split.clusters.clone();
    split.clusters.extend(whole);
    let rows = three_groups(2).0;
    let [one, two] = [&model, &split].map(|model| mean_surprise(model, &rows));
    assert!((one - two).abs() < 1e-9, "{one} {two}");
}

#[test]
fn a_model_with_spreads_twice_too_wide_or_too_narrow_is_surprised_more() {
    let rows = three_groups(3).0;
    let model = of_groups(1);
    let right = mean_surprise(&model, &rows);
    for factor in [4.0, 0.25] {
        let mut other = model.clone();
        other.rest *= factor;
        for shape in &mut other.clusters {
            shape.variance = shape.variance.map(|variance| variance * factor);
        }
        let wrong = mean_surprise(&other, &rows);
        println!("surprise: {right:.2}, with {factor} times the variances {wrong:.2}");
        assert!(wrong > right + 0.5, "{wrong} {right}");
    }
}

proptest! {
    #[test]
    fn no_behaviour_surprises_without_bound(values: [f64; Behaviour::LEN]) {
        let behaviour = Behaviour::from_values(values);
        let surprise = trained().model.surprise(&behaviour);
        prop_assert!(surprise.is_finite(), "{surprise}");
    }
}
