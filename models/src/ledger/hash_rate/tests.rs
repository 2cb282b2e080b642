use super::*;
use crate::filter::simulated_xmrig::{Rig, exponential, generator};
use crate::ledger::{RigEntry, ShareEntry, tests::usual};
use crate::share::RigKey;
use crate::work::{Difficulty, Nonce};
use rand::Rng;

fn whole(number: f64) -> u64 {
    format!("{number:.0}").parse().unwrap()
}

/// Good shares of these difficulties.
fn cell(difficulties: impl IntoIterator<Item = u64>) -> Cell {
    let mut cell = Cell::default();
    for asked in difficulties {
        cell.add(&ShareEntry {
            asked: Difficulty::new(asked),
            ..usual()
        });
    }
    cell
}

/// How many of 2,000 intervals hold the truth: 4,000 hashes per second, one minute after another,
/// difficulties by turns, so many shares to be expected.
fn covered(expected: f64, difficulties: &[u64]) -> f64 {
    const RATE: f64 = 4_000.0;
    let held = (0..2_000u64).filter(|seed| {
        let mut random = generator(*seed);
        // Spans end by the clock, so each difficulty is asked for in its own part of the time.
        let sum: f64 = difficulties.iter().map(|d| *d as f64).sum();
        let part = expected * sum / RATE / difficulties.len() as f64 / difficulties.len() as f64;
        let mut found = Vec::new();
        for asked in difficulties {
            let mut at = exponential(&mut random, *asked as f64 / RATE);
            while at < part {
                found.push(*asked);
                at += exponential(&mut random, *asked as f64 / RATE);
            }
        }
        let span = whole(part * difficulties.len() as f64 * 1_000.0);
        HashRate::from_shares(&cell(found), span, 0.95)
            .is_some_and(|seen| (seen.low..=seen.high).contains(&RATE))
    });
    held.count() as f64 / 2_000.0
}

#[test]
fn an_interval_of_95_percent_covers_the_truth_about_as_often() {
    for expected in [8.0, 20.0, 100.0, 1_000.0] {
        let part = covered(expected, &[120_000]);
        assert!((0.93..=0.975).contains(&part), "{expected}: {part}");
    }
}

#[test]
fn shares_of_unlike_difficulties_are_covered_too() {
    for expected in [20.0, 200.0] {
        let part = covered(expected, &[60_000, 120_000, 240_000]);
        assert!((0.93..=0.985).contains(&part), "{expected}: {part}");
    }
}

#[test]
fn the_interval_is_garwoods_where_tables_have_it() {
    // Garwood 1936: of 1, 10 and 100 events; the last beyond what is computed exactly.
    for (shares, low, high) in [
        (1u16, 0.025_318, 5.571_643),
        (10, 4.795_389, 18.390_356),
        (100, 81.363_990, 121.627_276),
        (20_000, 19_723.77, 20_279.13),
    ] {
        let counted = cell((0..shares).map(|_| 1 << 20));
        let seen = HashRate::from_shares(&counted, 1_000, 0.95).unwrap();
        let unit = f64::from(1u32 << 20);
        let near = |is: f64, should: f64| (is / unit / should - 1.0).abs() < 1e-4;
        assert!(near(seen.low, low) && near(seen.high, high), "{seen:?}");
        assert!(near(seen.per_second, f64::from(shares)));
    }
}

#[test]
fn without_shares_or_time_there_is_nothing_to_say() {
    assert_eq!(HashRate::from_shares(&Cell::default(), 1_000, 0.95), None);
    assert_eq!(HashRate::from_shares(&cell([5]), 0, 0.95), None);
    let silent = Cell::default();
    assert_eq!(HashRate::from_odometer(&silent, Scanner::XmrigBlocks), None);
}

/// An hour of a simulated xmrig: jobs of two minutes, a share each ten seconds or so.
fn hour_of(seed: u64, threads: u8) -> (f64, Cell) {
    let mut random = generator(seed);
    let rate = f64::from(threads) * random.gen_range(200.0..1_500.0);
    let speeds: Vec<f64> = (0..threads).map(|_| random.gen_range(1.0..1.3)).collect();
    let mut machine = Rig::of_speeds(&speeds, rate);
    let asked = rate * 10.0;
    let mut rig = RigEntry::new(RigKey(1), 0);
    let mut began = 0.0;
    for job in 0..30 {
        let ends = began + 120.0;
        machine.advance(began);
        machine.begin_scan(&mut random);
        let mut at = began;
        loop {
            at += exponential(&mut random, asked / rate);
            if at > ends || machine.is_used_up() {
                break;
            }
            machine.advance(at);
            let Some(counter) = machine.find(&mut random) else {
                continue;
            };
            rig.apply(&ShareEntry {
                job_key: Some(job),
                nonce: Some(Nonce::new((1 << 24 | counter).to_le_bytes())),
                unix_ms: 1_796_000_000_000 + whole(at * 1_000.0),
                asked: Difficulty::new(whole(asked)),
                ..usual()
            });
        }
        began = ends;
    }
    (rate, rig.lifetime)
}

#[test]
fn the_odometer_tells_a_simulated_xmrigs_rate_within_what_it_says() {
    let mut off = 0.0;
    let mut width = 0.0;
    for seed in 0..200u8 {
        let threads = 1 + seed % 24;
        let (rate, cell) = hour_of(u64::from(seed), threads);
        let seen = HashRate::from_odometer(&cell, Scanner::XmrigBlocks).unwrap();
        assert!(
            (seen.low..=seen.high).contains(&rate),
            "{threads} threads, {rate}: {seen:?}"
        );
        off += (seen.per_second / rate).ln() / 200.0;
        width += (seen.high - seen.low) / rate / 200.0;
    }
    println!("mean of the logarithm {off:.3}, mean width {width:.2}");
    assert!(off.abs() < 0.1, "{off}");
    let (_, cell) = hour_of(1, 4);
    assert_eq!(HashRate::from_odometer(&cell, Scanner::Unknown), None);
}
