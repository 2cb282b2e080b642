//! Figures against their definitions, computed the slow way.

use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::blocks::Blocks;
use super::*;
use crate::learn::{OutcomeClass, OutcomeRow};
use crate::simulation::outcome_rows;

fn share(probability: f64, refused: bool) -> Scored {
    Scored {
        probability,
        refused,
        at_ms: 0,
        rig: RigKey(1),
    }
}

/// Shares whose probabilities are true, in steps of a hundredth so that there are ties.
fn calibrated(shares: usize, seed: u64) -> Vec<Scored> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    (0..shares)
        .map(|_| {
            let probability = f64::from(rng.gen_range(0..=100u8)) / 100.0;
            share(probability, rng.gen_bool(probability))
        })
        .collect()
}

fn auc_by_pairs(scored: &[Scored]) -> f64 {
    let (mut won, mut pairs) = (0.0, 0.0);
    for refused in scored.iter().filter(|share| share.refused) {
        for accepted in scored.iter().filter(|share| !share.refused) {
            pairs += 1.0;
            won += match refused.probability.total_cmp(&accepted.probability) {
                std::cmp::Ordering::Less => 0.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Greater => 1.0,
            };
        }
    }
    won / pairs
}

fn near(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-9
}

#[test]
fn a_certainty_that_is_wrong_costs_much_but_not_everything_and_no_number_costs_the_same() {
    assert!(near(log_loss_of(0.25, true), 4f64.ln()));
    assert!(near(log_loss_of(0.25, false), (4.0f64 / 3.0).ln()));
    assert!(near(log_loss_of(0.0, true), 1e9f64.ln()));
    assert!(near(log_loss_of(f64::NAN, true), 1e9f64.ln()));
    assert!(near(log_loss_of(f64::NAN, false), 1e9f64.ln()));
    assert!(log_loss(&[]).is_nan());
    assert!(near(brier(&[share(0.5, true), share(1.0, true)]), 0.125));
}

#[test]
fn true_probabilities_lie_on_the_diagonal_and_others_do_not() {
    let mut shares = calibrated(20_000, 1);
    let bins = calibration_curve(&shares, 20);
    assert_eq!(bins.len(), 20);
    assert!(bins.iter().all(|bin| bin.count == 1_000));
    assert!(bins.is_sorted_by(|a, b| a.predicted <= b.predicted));
    let error = expected_calibration_error(&bins);
    assert!(error < 0.015, "{error}");
    for share in &mut shares {
        share.probability = share.probability.powi(2);
    }
    let error = expected_calibration_error(&calibration_curve(&shares, 20));
    assert!((0.12..0.22).contains(&error), "{error}");
    assert_eq!(calibration_curve(&shares[..3], 20).len(), 3);
    assert!(calibration_curve(&[], 20).is_empty());
}

#[test]
fn curves_begin_and_end_where_they_must_and_have_few_points() {
    let shares: Vec<Scored> = calibrated(5_000, 2)
        .into_iter()
        .zip(0..)
        .map(|(share, place)| Scored {
            probability: share.probability + 1e-7 * f64::from(place),
            ..share
        })
        .collect();
    let ranking = Ranking::new(&shares).unwrap();
    for curve in [ranking.roc(), ranking.gain()] {
        assert_eq!(curve.len(), CURVE_POINTS);
        assert!(near(curve[0].x, 0.0) && near(curve[0].y, 0.0));
        let last = curve[CURVE_POINTS - 1];
        assert!(near(last.x, 1.0) && near(last.y, 1.0));
        assert!(curve.is_sorted_by(|a, b| a.x <= b.x && a.y <= b.y));
    }
    let curve = ranking.precision_recall();
    assert_eq!(curve.len(), CURVE_POINTS);
    assert!(near(curve[CURVE_POINTS - 1].x, 1.0));
    let base = count(shares.iter().filter(|share| share.refused).count()) / 5_000.0;
    assert!(near(curve[CURVE_POINTS - 1].y, base));
    assert!(ranking.average_precision() > base + 0.2);
}

#[test]
fn without_both_kinds_of_share_there_is_no_order_to_judge() {
    assert_eq!(Ranking::new(&[share(0.3, true); 5]), None);
    assert_eq!(Ranking::new(&[]), None);
    let same = [share(0.3, true), share(0.3, false), share(0.3, false)];
    let ranking = Ranking::new(&same).unwrap();
    assert!(near(ranking.auc(), 0.5));
    assert!(near(ranking.average_precision(), 1.0 / 3.0));
}

#[test]
fn average_precision_is_the_mean_of_the_precision_at_each_refused_share() {
    let shares = [
        share(0.9, true),
        share(0.8, false),
        share(0.7, true),
        share(0.6, false),
    ];
    let ranking = Ranking::new(&shares).unwrap();
    assert!(near(
        ranking.average_precision(),
        f64::midpoint(1.0, 2.0 / 3.0)
    ));
}

#[test]
fn a_better_predictor_is_told_from_a_worse_one_and_not_from_itself() {
    let one = calibrated(10_000, 3);
    let other: Vec<Scored> = one
        .iter()
        .map(|share| Scored {
            probability: f64::midpoint(share.probability, 0.5),
            ..*share
        })
        .collect();
    let settings = BootstrapSettings::new(5);
    let found = compare(&one, &other, &settings).unwrap();
    assert!(found.log_loss_gain.low > 0.0, "{found:?}");
    // The order is the same.
    let auc = found.auc_gain.unwrap();
    assert!(auc.covers(0.0) && near(auc.value, 0.0), "{auc:?}");
    let back = compare(&other, &one, &settings).unwrap();
    assert!(back.log_loss_gain.high < 0.0);
    assert_eq!(compare(&one, &other, &settings), Some(found));
    assert_eq!(compare(&one, &other[1..], &settings), None);
    assert_eq!(compare(&[], &[], &settings), None);
}

#[test]
fn the_interval_covers_the_truth_about_as_often_as_it_says() {
    // The log loss of true probabilities, uniform on hundredths, by its formula.
    let truth: f64 = (0..=100)
        .map(|hundredth| {
            let p = f64::from(hundredth) / 100.0;
            p * log_loss_of(p, true) + (1.0 - p) * log_loss_of(p, false)
        })
        .sum::<f64>()
        / 101.0;
    let covered = (0..200)
        .filter(|seed| {
            let shares = calibrated(2_000, 100 + seed);
            let settings = BootstrapSettings::new(*seed);
            let resampled = comparison::Resampled::new(&shares, &settings);
            let log_loss = resampled.estimate(|figures| Some(figures.log_loss));
            log_loss.unwrap().covers(truth)
        })
        .count();
    println!("log loss covered in {covered} of 200");
    assert!((180..=199).contains(&covered), "{covered}");
}

#[test]
fn a_split_is_by_time_and_never_parts_shares_of_the_same_time() {
    let mut rows = outcome_rows(1_000, 1);
    for row in &mut rows[490..520] {
        row.at_ms = 1_760_000_000_000;
    }
    rows.sort_by_key(|row| row.at_ms);
    for part in [0.0, 0.01, 0.5, 0.8, 1.0, 7.0, -1.0, f64::NAN] {
        let (earlier, later) = temporal_split(&rows, part);
        assert_eq!(earlier.len() + later.len(), rows.len());
        if let (Some(last), Some(first)) = (earlier.last(), later.first()) {
            assert!(last.at_ms < first.at_ms);
        }
    }
    assert!(temporal_split(&[], 0.5).0.is_empty());
}

#[test]
fn the_table_learns_how_often_each_rig_is_refused_and_goes_on_learning() {
    let row = |rig: u64, at_ms: u64, refused: bool| OutcomeRow {
        rig: RigKey(rig),
        at_ms,
        class: if refused {
            OutcomeClass::Invalid
        } else {
            OutcomeClass::Accepted
        },
        ..outcome_rows(1, 1)[0]
    };
    let rows: Vec<OutcomeRow> = (0..2_000)
        .map(|at| row(at % 2, at, at % 2 == 0 && at % 4 == 0))
        .collect();
    let mut table = RigTable::learn(&rows);
    assert!((table.next(RigKey(0), false) - 0.5).abs() < 0.01);
    assert!(table.next(RigKey(1), false) < 0.01);
    let unknown = table.next(RigKey(9), true);
    assert!((unknown - 0.25).abs() < 0.01);
    assert!(table.next(RigKey(9), true) > unknown);
    assert!(base_rate(&[]) > 0.0 && base_rate(&[]) < 1.0);
}

#[test]
fn a_report_is_refused_where_there_is_nothing_to_judge_by() {
    let rows = outcome_rows(3_000, 1);
    let (earlier, later) = temporal_split(&rows, 0.5);
    let settings = BootstrapSettings::new(1);
    let probabilities = vec![0.1; later.len()];
    assert_eq!(
        OutcomeReport::new(earlier, &[], &[], &settings).err(),
        Some(NothingToJudge::NoShares)
    );
    assert!(matches!(
        OutcomeReport::new(earlier, later, &[0.1], &settings),
        Err(NothingToJudge::OtherShares { .. })
    ));
    assert_eq!(
        OutcomeReport::new(later, earlier, &vec![0.1; earlier.len()], &settings).err(),
        Some(NothingToJudge::NotLater)
    );
    let report = OutcomeReport::new(earlier, later, &probabilities, &settings).unwrap();
    assert!(!report.beats_baselines());
    let metrics = report.metrics();
    let names: Vec<&str> = metrics.iter().map(|metric| metric.name.as_str()).collect();
    for name in ["log_loss", "log_loss_gain_over_base_rate", "brier", "auc"] {
        assert!(names.contains(&name), "{name}");
    }
    assert!(
        serde_json::to_string(&report)
            .unwrap()
            .contains("rig_table")
    );
    let none = OutcomeReport::new(&[], later, &probabilities, &settings);
    assert!(none.is_ok(), "baselines that learnt nothing are baselines");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_area_is_the_part_of_pairs_in_the_right_order_however_it_is_computed(
        shares in proptest::collection::vec((0..8u8, any::<bool>()), 2..120),
        blocks in 1..12usize,
    ) {
        let shares: Vec<Scored> = shares
            .into_iter()
            .map(|(probability, refused)| share(f64::from(probability) / 8.0, refused))
            .collect();
        let sums = Blocks::new(&shares, blocks);
        let figures = sums.figures(&vec![1.0; sums.len()]);
        prop_assert!(near(figures.log_loss, log_loss(&shares)));
        prop_assert!(near(figures.brier, brier(&shares)));
        let Some(ranking) = Ranking::new(&shares) else {
            prop_assert_eq!(figures.auc, None);
            return Ok(());
        };
        let by_pairs = auc_by_pairs(&shares);
        prop_assert!(near(ranking.auc(), by_pairs));
        prop_assert!(near(figures.auc.unwrap(), by_pairs));
        // The first block twice is the same as its shares twice.
        if blocks > 1 && shares.len() >= blocks {
            let mut times = vec![1.0; sums.len()];
            times[0] = 2.0;
            let first = (0..shares.len()).filter(|place| place * sums.len() / shares.len() == 0);
            let twice: Vec<Scored> = shares.iter().copied().chain(first.map(|place| shares[place])).collect();
            let drawn = sums.figures(&times);
            prop_assert!(near(drawn.log_loss, log_loss(&twice)));
            if let Some(auc) = drawn.auc {
                prop_assert!(near(auc, auc_by_pairs(&twice)));
            }
        }
    }
}
