//! The outcome model on farms with planted causes: rows come from the code that computes features
//! in service, and everything is judged on later shares.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use proptest::prelude::*;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use zartrux_models::filter::{OutcomeFeatures, OutcomeModel, STAKED, mean_bet};
use zartrux_models::learn::artifact::{self, Artifact, Learnt};
use zartrux_models::learn::evaluation::{BootstrapSettings, OutcomeReport, temporal_split};
use zartrux_models::learn::outcome::{
    CannotLearn, Deployed, Fitted, LogisticOutcome, OutcomeSettings, Reason, fit,
};
use zartrux_models::learn::{OutcomeClass, OutcomeRow, facts_of_rows};
use zartrux_models::simulation::{PlantedCause, PlantedOutcomes, PlantedRow};

const SETTINGS: OutcomeSettings = OutcomeSettings::new(1);

/// A model, and the shares that it was trained and is judged on.
struct Taught {
    earlier: Vec<PlantedRow>,
    later: Vec<PlantedRow>,
    fitted: Fitted,
}

#[expect(clippy::unwrap_used, reason = "what fails here fails the test")]
fn taught() -> &'static Taught {
    static TAUGHT: OnceLock<Taught> = OnceLock::new();
    TAUGHT.get_or_init(|| {
        let mut earlier: Vec<PlantedRow> = PlantedOutcomes::new(64, 11).take(80_000).collect();
        let later = earlier.split_off(50_000);
        let fitted = fit(&rows(&earlier), &SETTINGS, None).unwrap();
        Taught {
            earlier,
            later,
            fitted,
        }
    })
}

fn rows(planted: &[PlantedRow]) -> Vec<OutcomeRow> {
    planted.iter().map(|planted| planted.row).collect()
}

fn answers(model: &LogisticOutcome, rows: &[OutcomeRow]) -> Vec<f64> {
    rows.iter()
        .map(|row| model.rejection_probability(&row.features()))
        .collect()
}

#[expect(clippy::unwrap_used, reason = "what fails here fails the test")]
fn report(model: &LogisticOutcome, earlier: &[OutcomeRow], later: &[OutcomeRow]) -> OutcomeReport {
    let settings = BootstrapSettings::new(3);
    OutcomeReport::new(earlier, later, &answers(model, later), &settings).unwrap()
}

fn mean(numbers: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for number in numbers {
        sum += number;
        count += 1.0;
    }
    sum / count
}

#[test]
fn on_later_shares_it_is_better_than_the_base_rate_and_than_a_table_of_rigs() {
    let Taught {
        earlier,
        later,
        fitted,
    } = taught();
    let report = report(&fitted.model, &rows(earlier), &rows(later));
    println!(
        "log loss {:?}, of the base rate {:.5}, of the table {:.5}; gains {:?} and {:?}; auc {:?}; calibration error {:.5}",
        report.log_loss,
        report.base_rate.log_loss,
        report.rig_table.log_loss,
        report.base_rate.gain.log_loss_gain,
        report.rig_table.gain.log_loss_gain,
        report.auc,
        report.calibration_error,
    );
    assert!(report.base_rate.gain.log_loss_gain.low > 0.0);
    assert!(report.rig_table.gain.log_loss_gain.low > 0.0);
    assert!(report.rig_table.gain.auc_gain.unwrap().low > 0.0);
    assert!(report.beats_baselines());
    assert!(report.calibration_error < 0.01);
}

#[test]
fn what_was_shuffled_teaches_nothing_and_it_does_not_say_otherwise() {
    let mut shuffled = rows(&taught().earlier);
    let mut classes: Vec<OutcomeClass> = shuffled.iter().map(|row| row.class).collect();
    classes.shuffle(&mut Xoshiro256PlusPlus::seed_from_u64(5));
    for (row, class) in shuffled.iter_mut().zip(classes) {
        row.class = class;
    }
    let (earlier, later) = temporal_split(&shuffled, 0.6);
    let fitted = fit(earlier, &SETTINGS, None).unwrap();
    let report = report(&fitted.model, earlier, later);
    let auc = report.auc.unwrap();
    println!("shuffled: auc {auc:?}, gain {:?}", report.base_rate.gain);
    assert!(auc.covers(0.5), "{auc:?}");
    assert!(report.base_rate.gain.log_loss_gain.low <= 0.0);
    assert!(!report.beats_baselines());
}

#[test]
fn each_planted_cause_is_named_first_in_at_least_nine_of_ten_of_its_refusals() {
    let Taught { later, fitted, .. } = taught();
    for (cause, class, reason) in [
        (PlantedCause::Latency, OutcomeClass::Stale, Reason::Latency),
        (
            PlantedCause::FailingHardware,
            OutcomeClass::Invalid,
            Reason::FailingHardware,
        ),
        (
            PlantedCause::OtherHash,
            OutcomeClass::Invalid,
            Reason::OtherHash,
        ),
    ] {
        let mut named: BTreeMap<&str, usize> = BTreeMap::new();
        let refused = later
            .iter()
            .filter(|planted| planted.cause == cause && planted.row.class == class);
        for planted in refused.clone() {
            let explanation = fitted.model.explain(&planted.row.features());
            *named.entry(explanation.first_reason().words()).or_default() += 1;
        }
        let all = refused.count();
        println!("{cause:?}: {named:?} of {all}");
        assert!(all > 50, "{all} of {cause:?}");
        let right = named.get(reason.words()).copied().unwrap_or(0);
        assert!(right * 10 >= all * 9, "{right} of {all} of {cause:?}");
    }
}

#[test]
fn an_explanation_is_ordered_and_its_reasons_are_sums_of_its_contributions() {
    let Taught { later, fitted, .. } = taught();
    for planted in later.iter().take(500) {
        let features = planted.row.features();
        let found = fitted.model.explain(&features);
        assert!(found.class.is_refusal());
        let all = fitted.model.probabilities(&features);
        assert!((found.probability - all[found.class.index()]).abs() < 1e-12);
        assert!(all[1..].iter().all(|other| *other <= found.probability));
        assert!(
            found
                .contributions
                .is_sorted_by(|a, b| a.log_odds >= b.log_odds)
        );
        assert!(found.reasons.is_sorted_by(|a, b| a.log_odds >= b.log_odds));
        for share in found.reasons {
            let own = found
                .contributions
                .iter()
                .filter(|it| Reason::of_feature(it.feature, &features) == share.reason);
            let sum: f64 = own.map(|it| it.log_odds).sum();
            assert!((sum - share.log_odds).abs() < 1e-9);
        }
    }
}

/// Found on a ledger on which a rig went wrong after the training: the model was worse than the base
/// rate, since the one feature that told had never varied.
#[test]
fn a_rig_that_begins_to_compute_another_hash_is_foretold_though_none_like_it_was_learnt_from() {
    let Taught { earlier, later, .. } = taught();
    let known: Vec<PlantedRow> = earlier
        .iter()
        .filter(|planted| planted.cause != PlantedCause::OtherHash)
        .copied()
        .collect();
    let model = fit(&rows(&known), &SETTINGS, None).unwrap().model;
    let new: Vec<OutcomeRow> = later
        .iter()
        .filter(|planted| planted.cause == PlantedCause::OtherHash)
        .map(|planted| planted.row)
        .filter(|row| row.features().mostly_wrong() > 0.5)
        .collect();
    let told = mean(answers(&model, &new).into_iter());
    println!("another hash, never seen in training: refused with a mean probability of {told:.3}");
    assert!(new.len() > 100 && told > 0.5, "{told} of {}", new.len());
    let gain = report(&model, &rows(&known), &rows(later)).base_rate.gain;
    assert!(gain.log_loss_gain.low > 0.0, "{gain:?}");
}

#[test]
fn each_class_is_as_probable_on_the_whole_as_it_was_seen() {
    let Taught { later, fitted, .. } = taught();
    for class in OutcomeClass::ALL {
        let told = mean(
            later
                .iter()
                .map(|it| fitted.model.probabilities(&it.row.features())[class.index()]),
        );
        let seen = mean(
            later
                .iter()
                .map(|it| f64::from(u8::from(it.row.class == class))),
        );
        println!("{}: told {told:.5}, seen {seen:.5}", class.label());
        assert!((told - seen).abs() < 0.01, "{}", class.label());
    }
    assert_eq!(fitted.lines, [OutcomeClass::Stale, OutcomeClass::Invalid]);
}

#[test]
fn where_refusals_are_the_majority_they_are_the_probable_end() {
    // All refusals and one of thirty accepted shares: the solver turns its labels round.
    let rare = |planted: &[PlantedRow]| -> Vec<OutcomeRow> {
        let kept = planted
            .iter()
            .zip(0..)
            .filter(|(planted, place)| planted.row.class.is_refusal() || place % 30 == 0);
        kept.map(|(planted, _)| planted.row).collect()
    };
    let (earlier, later) = (rare(&taught().earlier), rare(&taught().later));
    let part = mean(
        earlier
            .iter()
            .map(|row| f64::from(u8::from(row.class.is_refusal()))),
    );
    assert!(part > 0.6, "{part}");
    let fitted = fit(&earlier, &SETTINGS, None).unwrap();
    let again = fit(&earlier, &SETTINGS, Some(&fitted.model)).unwrap();
    for model in [&fitted.model, &again.model] {
        let told = |refused: bool| {
            let rows = later.iter().filter(|row| row.class.is_refusal() == refused);
            mean(rows.map(|row| model.rejection_probability(&row.features())))
        };
        println!(
            "majority: {:.3} of refused, {:.3} of accepted",
            told(true),
            told(false)
        );
        assert!(told(true) > 0.85);
        assert!(told(false) < 0.3);
    }
    // The model of a farm where few are refused is a start in the other direction too.
    let from_other = fit(&earlier, &SETTINGS, Some(&taught().fitted.model)).unwrap();
    let report = report(&from_other.model, &earlier, &later);
    assert!(report.base_rate.gain.log_loss_gain.low > 0.0);
}

#[test]
fn going_on_from_an_older_model_ends_where_beginning_anew_does() {
    let Taught { earlier, later, .. } = taught();
    let window = rows(earlier);
    let before = fit(&window[..40_000], &SETTINGS, None).unwrap();
    let cold = fit(&window[10_000..], &SETTINGS, None).unwrap();
    let warm = fit(&window[10_000..], &SETTINGS, Some(&before.model)).unwrap();
    let later = rows(later);
    let differences = || {
        let cold = answers(&cold.model, &later);
        cold.into_iter()
            .zip(answers(&warm.model, &later))
            .map(|(cold, warm)| (cold - warm).abs())
    };
    let largest = differences().fold(0.0, f64::max);
    println!(
        "warm and cold: {:.2e} on average, {largest:.2e} at most",
        mean(differences())
    );
    assert!(mean(differences()) < 1e-4);
    assert!(largest < 0.01, "{largest}");
}

#[test]
fn the_same_seed_and_rows_are_the_same_bytes_and_are_read_back_as_they_were() {
    let Taught {
        earlier,
        later,
        fitted,
    } = taught();
    let (earlier, later) = (rows(earlier), rows(later));
    let file = |fitted: &Fitted| {
        let metrics = report(&fitted.model, &earlier, &later).metrics();
        artifact::write(
            &fitted.model,
            facts_of_rows(&earlier),
            SETTINGS.seed,
            None,
            metrics,
        )
        .unwrap()
    };
    let first = file(fitted);
    let again = file(&fit(&earlier, &SETTINGS, None).unwrap());
    assert_eq!(first, again);
    let read: Artifact<LogisticOutcome> = artifact::read(&first).unwrap();
    assert!(read.header.metric("log_loss_gain_over_base_rate").is_some());
    let id = read.id;
    let deployed = Deployed::from(read);
    assert_eq!(deployed.id(), id);
    assert_eq!(deployed.model, fitted.model);
    for row in later.iter().take(2_000) {
        let features = row.features();
        let before = fitted.model.rejection_probability(&features);
        let now = OutcomeModel::rejection_probability(&deployed, &features);
        assert_eq!(before.to_bits(), now.to_bits());
    }
}

#[test]
fn outliers_constants_and_what_is_no_number_break_nothing() {
    let Taught { earlier, later, .. } = taught();
    let (mut bad, later) = (rows(earlier), rows(later));
    for (place, row) in bad.iter_mut().enumerate() {
        row.features[8] = 0.0;
        let wild = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30];
        if place % 500 == 0 {
            row.features[1] = wild[place / 500 % 4];
            row.features[9] = wild[(place / 500 + 1) % 4];
        }
    }
    let fitted = fit(&bad, &SETTINGS, None).unwrap();
    assert_eq!(fitted.model.check(), Ok(()));
    let found = report(&fitted.model, &bad, &later);
    assert!(found.beats_baselines(), "{:?}", found.rig_table);
    // The constant feature says nothing, whatever its value is later.
    let mut values = later[0].features().values();
    values[8] = 0.0;
    let one = fitted
        .model
        .rejection_probability(&OutcomeFeatures::from_values(values));
    values[8] = 1.0;
    let other = fitted
        .model
        .rejection_probability(&OutcomeFeatures::from_values(values));
    assert_eq!(one.to_bits(), other.to_bits());
}

#[test]
fn no_honest_rig_is_suspected_by_bets_at_the_measured_ceiling() {
    let Taught { later, fitted, .. } = taught();
    let ceiling = fitted.model.ceiling();
    println!("{:?}", fitted.ceiling);
    assert!(ceiling > 0.0 && ceiling < 1.0);
    let mut capital: BTreeMap<u64, [f64; STAKED.len()]> = BTreeMap::new();
    let mut most: HashMap<PlantedCause, f64> = HashMap::new();
    for planted in later {
        let score = fitted.model.rejection_probability(&planted.row.features());
        let won = capital
            .entry(planted.row.rig.0)
            .or_insert([1.0; STAKED.len()]);
        for (won, factor) in won.iter_mut().zip(mean_bet(ceiling, score).unwrap()) {
            *won *= f64::from(factor);
        }
        let all = mean(won.iter().copied());
        let most = most.entry(planted.cause).or_default();
        *most = most.max(all);
    }
    println!("most won at ceiling {ceiling:.4}: {most:?}");
    for honest in [PlantedCause::Nothing, PlantedCause::Latency] {
        assert!(most[&honest] < 1_000.0);
    }
    assert!(most[&PlantedCause::OtherHash] > 1e6);
}

#[test]
fn why_nothing_can_be_learnt_is_said_with_numbers() {
    let window = rows(&taught().earlier);
    let few = fit(&window[..999], &SETTINGS, None).unwrap_err();
    assert_eq!(
        few,
        CannotLearn::TooFewRows {
            rows: 999,
            needed: 1_000
        }
    );
    assert!(few.to_string().contains("999") && few.to_string().contains("1000"));
    let with = |class: OutcomeClass| -> Vec<OutcomeRow> {
        window[..2_000]
            .iter()
            .map(|row| OutcomeRow { class, ..*row })
            .collect()
    };
    let all_good = fit(&with(OutcomeClass::Accepted), &SETTINGS, None);
    assert!(matches!(
        all_good,
        Err(CannotLearn::TooFewRefused { refused: 0, .. })
    ));
    let all_bad = fit(&with(OutcomeClass::Stale), &SETTINGS, None);
    assert!(matches!(
        all_bad,
        Err(CannotLearn::TooFewAccepted { accepted: 0, .. })
    ));
    let mut reversed = window[..2_000].to_vec();
    reversed.reverse();
    assert!(matches!(
        fit(&reversed, &SETTINGS, None),
        Err(CannotLearn::NotInOrder { .. })
    ));
}

proptest! {
    #[test]
    fn probabilities_are_between_0_and_1_and_their_sum_is_1(
        values in prop::array::uniform13(prop::num::f64::ANY),
    ) {
        let features = OutcomeFeatures::from_values(values);
        let found = taught().fitted.model.probabilities(&features);
        prop_assert!(found.iter().all(|it| (0.0..=1.0).contains(it)), "{found:?}");
        prop_assert!((found.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        let refused = taught().fitted.model.rejection_probability(&features);
        prop_assert!((1.0 - found[0] - refused).abs() < 1e-12);
    }
}
