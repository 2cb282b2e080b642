//! The node's difficulties, an independent oracle's, hostile headers, forecasts held against what
//! came.

use proptest::prelude::*;

use super::testing::{recorded, simulated};
use super::*;
use crate::filter::ModelId;
use crate::learn::artifact::{DataFacts, Learnt as _, read, write};

fn header(height: u64, unix_s: u64, difficulty: u128, cumulative: u128) -> BlockHeader {
    BlockHeader {
        height,
        unix_s,
        difficulty,
        cumulative,
    }
}

/// Headers from a height on, of steps between times and difficulties.
fn chain_of(first_height: u64, start_s: u64, blocks: &[(i64, u128)]) -> HeaderChain {
    let mut cumulative = 1_000;
    let mut now_s = start_s;
    let headers = (first_height..).zip(blocks).map(|(height, block)| {
        cumulative += block.1;
        now_s = now_s.saturating_add_signed(block.0);
        header(height, now_s, block.1, cumulative)
    });
    HeaderChain::new(headers.collect()).unwrap()
}

#[test]
fn the_next_difficulty_is_the_nodes_at_every_block_of_the_recorded_chain() {
    let recorded = recorded();
    assert!(recorded.len() > 1_600, "{}", recorded.len());
    assert_eq!(recorded.first().height, 0);
    for length in 1..recorded.len() {
        let came = recorded.at(length as u64).unwrap().difficulty;
        let next = next_difficulty(&recorded.as_of(length));
        assert_eq!(next, Ok(came), "of block {length}");
    }
    let difficulties = || recorded.iter().skip(800).map(|header| header.difficulty);
    let (least, most) = (difficulties().min().unwrap(), difficulties().max().unwrap());
    assert!(most > 2 * least, "it went up and down: {least} to {most}");
}

/// Found by the fuzzer: work beyond all numbers was none, and so the next difficulty was zero.
#[test]
fn a_chain_whose_work_is_beyond_all_numbers_is_refused() {
    let of = |height, cumulative| header(height, 1_700_000_000, 2, cumulative);
    let most = vec![of(8, u128::MAX - 2), of(9, u128::MAX)];
    let mut chain = HeaderChain::new(most).unwrap();
    let beyond = of(10, u128::MAX);
    assert_eq!(chain.push(beyond), Err(BadHeaders::TooMuch(10)));
    assert_eq!(chain.len(), 2);
}

#[test]
fn the_recorded_chain_has_times_out_of_order() {
    let recorded = recorded();
    let before = recorded.iter().zip(recorded.iter().skip(1));
    let back = before.filter(|(before, after)| after.unix_s < before.unix_s);
    assert!(back.count() > 10);
}

#[test]
fn what_is_known_ahead_comes_whatever_the_blocks_between_are() {
    let recorded = recorded();
    for length in [800, 1_000, 1_300, 1_600] {
        let known = known_ahead(&recorded.as_of(length)).unwrap();
        assert_eq!(known.len(), KNOWN_AHEAD);
        for (height, known) in (length as u64..).zip(known) {
            assert_eq!(recorded.at(height).unwrap().difficulty, known);
        }
    }
    assert_eq!(known_ahead(&recorded.as_of(400)).unwrap().len(), 1);
}

/// As slow and as plain as can be: heights looked up one by one, sorted by exchange, outliers taken
/// away one by one, division by trial.
fn oracle(chain: &HeaderChain) -> Option<u128> {
    let next = chain.tip().height + 1;
    let mut window: Vec<BlockHeader> = Vec::new();
    for back in (1..=735_u64).rev() {
        if let Some(height) = next.checked_sub(back)
            && height != 0
            && window.len() < 720
        {
            window.push(*chain.at(height).unwrap());
        }
    }
    if window.len() < 2 {
        return Some(1);
    }
    let mut work: Vec<u128> = window.iter().map(|header| header.cumulative).collect();
    let mut times: Vec<u64> = window.iter().map(|header| header.unix_s).collect();
    for end in (1..times.len()).rev() {
        for place in 0..end {
            if times[place] > times[place + 1] {
                times.swap(place, place + 1);
            }
        }
    }
    let mut from_the_front = true;
    while times.len() > 600 {
        let place = if from_the_front { 0 } else { times.len() - 1 };
        times.remove(place);
        work.remove(place);
        from_the_front = !from_the_front;
    }
    let span = u128::from(times.last()? - times[0]).max(1);
    let work = work.last()? - work[0];
    // The least d with d · span ≥ work · 120, bit by bit.
    let wanted = work * 120;
    let mut least_above = 0_u128;
    for bit in (0..100).rev() {
        let tried = least_above + (1 << bit);
        if tried * span < wanted {
            least_above = tried;
        }
    }
    Some(least_above + 1)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_next_difficulty_is_that_of_an_independent_oracle(
        first in prop_oneof![Just(0_u64), Just(1), Just(2_000_000)],
        length in prop_oneof![1_usize..8, 590..610_usize, 700..760_usize],
        steps in proptest::collection::vec((-4_000_i64..5_000, 1_u128..1_000_000_000_000), 760),
    ) {
        let length = if first > 1 { length.max(735) } else { length };
        let chain = chain_of(first, 1_800_000_000, &steps[..length]);
        prop_assert_eq!(next_difficulty(&chain).ok(), oracle(&chain));
    }

    #[test]
    fn no_header_makes_anything_panic(
        raw in proptest::collection::vec((any::<u64>(), any::<u64>(), any::<u128>(), any::<u128>()), 0..8),
    ) {
        let headers = raw.into_iter().map(|(a, b, c, d)| header(a, b, c, d)).collect();
        if let Ok(chain) = HeaderChain::new(headers) {
            let _ = next_difficulty(&chain);
            let _ = DifficultyForecast::learn(&chain, 1);
        }
    }

    #[test]
    fn any_full_window_has_forecasts_in_order(
        steps in proptest::collection::vec((-100_000_i64..1_000_000, 1_u128..1 << 112), 740),
    ) {
        let chain = chain_of(5, 1_800_000_000, &steps);
        let model = DifficultyForecast::learn(&chain, 1).unwrap();
        prop_assert_eq!(model.check(), Ok(()));
        for point in model.forecast(&chain, &TREND_HORIZONS).unwrap() {
            prop_assert!(point.low <= point.middle && point.middle <= point.high, "{:?}", point);
            prop_assert!(point.low > 0.0 && point.high.is_finite(), "{:?}", point);
        }
    }
}

#[test]
fn blocks_of_one_second_count_as_one_second_together() {
    let chain = chain_of(0, 1_800_000_000, &[(0, 7); 40]);
    assert_eq!(next_difficulty(&chain), Ok(38 * 7 * 120));
}

#[test]
fn products_above_128_bits_are_exact_and_results_above_are_told() {
    let half = u128::MAX / 2;
    // (2^127 - 1) · 120 = 120 · 2^127 - 120, over 120.
    assert_eq!(next::over(half, 120), Some(half));
    assert_eq!(
        next::over(half, 121),
        Some(half / 121 * 120 + (half % 121 * 120).div_ceil(121))
    );
    assert_eq!(next::over(u128::MAX, 120), Some(u128::MAX));
    assert_eq!(next::over(u128::MAX, 119), None);
    assert_eq!(next::over(1, u64::MAX), Some(1));
    let chain = chain_of(0, 1_800_000_000, &[(1, 1), (1, 1), (1, 1 << 126)]);
    assert_eq!(next_difficulty(&chain), Err(NoNextDifficulty::TooHigh));
}

#[test]
fn a_chain_without_its_older_part_has_no_next_difficulty() {
    let chain = chain_of(2_000_000, 1_800_000_000, &[(120, 5); 734]);
    let fault = next_difficulty(&chain).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "734 headers are here, and 735 are needed"
    );
    let young = chain_of(2, 1_800_000_000, &[(120, 5); 9]);
    let fault = next_difficulty(&young).unwrap_err();
    assert_eq!(fault.to_string(), "9 headers are here, and 10 are needed");
}

#[test]
fn bad_headers_are_told_by_height_and_field() {
    let good = [
        header(7, 1_800_000_000, 10, 100),
        header(8, 1_800_000_100, 20, 120),
    ];
    let told = |change: fn(&mut BlockHeader)| {
        let mut headers = good.to_vec();
        change(&mut headers[1]);
        HeaderChain::new(headers).unwrap_err().to_string()
    };
    assert!(HeaderChain::new(good.to_vec()).is_ok());
    assert_eq!(told(|h| h.height = 9), "height: 9 stands where 8 should");
    assert_eq!(told(|h| h.difficulty = 0), "block 8: difficulty: is zero");
    assert_eq!(
        told(|h| h.cumulative = 121),
        "block 8: cumulative difficulty: is 121, and the sum is 120"
    );
    assert_eq!(
        told(|h| h.unix_s = 0),
        "block 8: timestamp: 0 s since 1970 is no time of a block"
    );
    assert_eq!(
        told(|h| h.unix_s = u64::MAX),
        "block 8: timestamp: 18446744073709551615 s since 1970 is no time of a block"
    );
    assert_eq!(HeaderChain::new(Vec::new()), Err(BadHeaders::None));
    let many = vec![good[0]; HeaderChain::MOST + 1];
    assert_eq!(HeaderChain::new(many), Err(BadHeaders::TooMany(50_001)));
}

#[test]
fn a_header_that_does_not_follow_leaves_the_chain_as_it_was() {
    let mut chain = chain_of(3, 1_800_000_000, &[(120, 5); 4]);
    let before = chain.clone();
    assert!(chain.push(header(9, 1_800_000_900, 5, 1_025)).is_err());
    assert_eq!(chain, before);
    chain.push(header(7, 1_800_000_900, 5, 1_025)).unwrap();
    chain.keep_newest(2);
    assert_eq!((chain.first().height, chain.tip().height), (6, 7));
    assert_eq!((chain.at(5), chain.at(8)), (None, None));
}

fn shown(title: &str, scores: &[HorizonScore]) {
    println!("{title}");
    println!("blocks forecasts error% as-now% gain% [95 %] coverage class-right");
    for s in scores {
        let (low, high) = s.gain_interval.unwrap_or((f64::NAN, f64::NAN));
        println!(
            "{} {} {:.4} {:.4} {:.4} [{:.4}, {:.4}] {:.3} {:.3}",
            s.blocks,
            s.forecasts,
            s.error * 100.0,
            s.error_as_now * 100.0,
            s.gain * 100.0,
            low * 100.0,
            high * 100.0,
            s.coverage,
            s.class_right
        );
    }
}

/// Of several simulated networks together, weighted by their forecasts.
fn mean_of(runs: &[Vec<HorizonScore>], blocks: usize, what: fn(&HorizonScore) -> f64) -> f64 {
    let scores = || runs.iter().flatten().filter(|score| score.blocks == blocks);
    let count: usize = scores().map(|score| score.forecasts).sum();
    scores()
        .map(|score| what(score) * score.forecasts as f64)
        .sum::<f64>()
        / count as f64
}

#[test]
fn intervals_hold_nine_of_ten_and_near_horizons_beat_as_now_on_simulated_networks() {
    let ahead = [1, 10, 60, 120, 360, 720];
    let runs: Vec<_> = (11..=16)
        .map(|seed| {
            let chain = simulated(9_000, seed);
            let scores = evaluate(&chain, 3_000, &ahead, 60, 7).unwrap();
            shown(&format!("simulated network {seed}"), &scores);
            scores
        })
        .collect();
    for blocks in ahead {
        println!(
            "{blocks}: error {:.4} %, as now {:.4} %, coverage {:.3}",
            mean_of(&runs, blocks, |score| score.error) * 100.0,
            mean_of(&runs, blocks, |score| score.error_as_now) * 100.0,
            mean_of(&runs, blocks, |score| score.coverage)
        );
    }
    for blocks in [1, 10] {
        // The lag decides alone.
        assert!(mean_of(&runs, blocks, |score| score.error) < 1e-12);
        assert!(mean_of(&runs, blocks, |score| score.coverage) >= 1.0);
    }
    // So do the cuts, but for clocks that are wrong.
    assert!(mean_of(&runs, 60, |score| score.error) < 1e-3);
    assert!(mean_of(&runs, 60, |score| score.coverage) >= 0.85);
    for blocks in [120, 360] {
        let coverage = mean_of(&runs, blocks, |score| score.coverage);
        assert!((0.85..=0.95).contains(&coverage), "{blocks}: {coverage}");
    }
    for scores in &runs {
        for score in scores
            .iter()
            .filter(|score| (10..=120).contains(&score.blocks))
        {
            let (low, _) = score.gain_interval.expect("enough of them");
            assert!(low > 0.0, "{score:?}");
        }
    }
}

#[test]
fn near_horizons_beat_as_now_on_the_recorded_chain() {
    let recorded = recorded();
    let scores = evaluate(&recorded, 1_400, &[1, 10, 60, 120, 360], 10, 7).unwrap();
    shown("recorded chain", &scores);
    let near = scores
        .iter()
        .filter(|score| (10..=60).contains(&score.blocks));
    for score in near {
        assert!(score.gain_interval.unwrap().0 > 0.0, "{score:?}");
    }
}

#[test]
fn the_same_chain_and_seed_give_the_same_file_which_is_read_again() {
    let chain = simulated(900, 3);
    let file = |seed| {
        let model = DifficultyForecast::learn(&chain, seed).unwrap();
        let file = write(
            &model,
            DataFacts::default(),
            seed,
            None::<ModelId>,
            Vec::new(),
        )
        .unwrap();
        (model, file)
    };
    let (model, bytes) = file(5);
    assert_eq!(file(5).1, bytes);
    assert_ne!(file(6).1, bytes);
    assert_eq!(read::<DifficultyForecast>(&bytes).unwrap().model, model);
    assert_eq!(model.answers().len(), 12);
    assert!(model.answers().iter().all(|answer| answer.is_finite()));
}

#[test]
fn horizons_and_chains_that_allow_no_forecast_are_told() {
    let chain = simulated(100, 3);
    let model = DifficultyForecast::learn(&chain, 1).unwrap();
    assert_eq!(model.forecast(&chain, &[0]), Err(NotForecast::Horizon(0)));
    assert_eq!(
        model.forecast(&chain, &[721]),
        Err(NotForecast::Horizon(721))
    );
    let short = chain.as_of(BLOCKS - 1);
    let fault = model.forecast(&short, &[5]).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "734 headers are here, and a forecast needs 735"
    );
    assert!(DifficultyForecast::learn(&short, 1).is_err());
}

#[test]
fn a_change_of_more_than_a_hundredth_is_up_or_down() {
    let of = |then: f64| Trend::of(100_f64.ln(), then.ln());
    assert_eq!(of(100.9), Trend::Level);
    assert_eq!(of(99.1), Trend::Level);
    assert_eq!(of(101.1), Trend::Up);
    assert_eq!(of(98.9), Trend::Down);
}

#[test]
fn what_came_is_held_against_what_was_forecast_and_old_entries_go() {
    let chain = simulated(1_300, 4);
    let start = 800;
    let model = DifficultyForecast::learn(&chain.as_of(start), 1).unwrap();
    let mut track = ForecastTrack::default();
    for length in start..chain.len() {
        track.note(Some(&model), &chain.as_of(length)).unwrap();
    }
    assert_eq!(track.iter().len(), ForecastTrack::MOST);
    let known: Vec<_> = track
        .iter()
        .filter(|outturn| outturn.blocks <= KNOWN_AHEAD)
        .filter_map(|outturn| Some((outturn.middle, outturn.came?)))
        .collect();
    assert!(known.len() > 900);
    assert!(
        known
            .iter()
            .all(|(middle, came)| (middle / came - 1.0).abs() < 1e-12)
    );
    let came = |blocks| {
        track
            .iter()
            .filter(|o| o.blocks == blocks && o.came.is_none())
            .count()
    };
    assert_eq!([came(1), came(10), came(60)], [1, 10, 60]);
}
