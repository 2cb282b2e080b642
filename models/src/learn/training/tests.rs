//! What is said of what was trained.

use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::*;
use crate::learn::lift::simulated::{Farm, honest};
use crate::simulation::outcome_rows;

#[test]
fn a_model_is_trained_on_the_earlier_shares_and_measured_on_the_later() {
    let rows = outcome_rows(40_000, 1);
    let (trained, report) = train_outcome(&rows, &OutcomeSettings::new(1), None).unwrap();
    let (earlier, later) = temporal_split(&rows, EARLIER);
    assert_eq!(trained.data, facts_of_rows(earlier));
    assert!(trained.data.last_ms <= later[0].at_ms);
    assert_eq!(report.rows, later.len());
    assert!(
        trained.better_than_none.is_ok(),
        "{:?}",
        trained.better_than_none
    );
    let read = artifact::read::<LogisticOutcome>(&trained.file).unwrap();
    assert_eq!((read.id, read.header.seed), (trained.id, 1));
    let settings = OutcomeSettings::new(2);
    let warm = Some((read.id, &read.model));
    let (again, _) = train_outcome(&rows, &settings, warm).unwrap();
    let again = artifact::read::<LogisticOutcome>(&again.file).unwrap();
    assert_eq!(again.header.warm_from, Some(read.id));
}

#[test]
fn of_refusals_without_a_cause_no_model_is_said_to_know_anything() {
    let mut rows = outcome_rows(20_000, 2);
    let mut classes: Vec<_> = rows.iter().map(|row| row.class).collect();
    classes.shuffle(&mut Xoshiro256PlusPlus::seed_from_u64(1));
    for (row, class) in rows.iter_mut().zip(classes) {
        row.class = class;
    }
    let (trained, _) = train_outcome(&rows, &OutcomeSettings::new(1), None).unwrap();
    let said = trained.better_than_none.unwrap_err();
    assert!(said.contains("not better than the base rate"), "{said}");
}

#[test]
fn too_little_is_told_in_words() {
    let rows = outcome_rows(200, 3);
    let why = train_outcome(&rows, &OutcomeSettings::new(1), None).unwrap_err();
    assert!(why.contains("1000"), "{why}");
    let why = train_behaviour(&[], &ClusterSettings::default(), 1, None).unwrap_err();
    assert!(why.contains("too few"), "{why}");
    assert!(train_ranking(&[], 1).is_err());
}

#[test]
fn nothing_is_claimed_of_an_order() {
    let mut farm = Farm::new(1, 10);
    let trials: Vec<Trial> = (0..3_000).filter_map(|_| farm.scan(honest).trial).collect();
    let trained = train_ranking(&trials, 1).unwrap();
    assert!(trained.better_than_none.is_err());
    assert_eq!(trained.data.rows, trials.len() as u64);
}
