//! Chains to test with: recorded, and simulated.

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{BlockHeader, HeaderChain, TARGET_SECONDS, next_difficulty};

/// What a regtest node made, from the genesis block on; see the fixtures' README.
pub(crate) fn recorded() -> HeaderChain {
    let text = include_str!("../../../../tests/fixtures/headers-regtest.csv");
    let header = |line: &str| {
        let cells: Vec<u128> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
        let &[height, unix_s, difficulty, cumulative] = &cells[..] else {
            panic!("{line}");
        };
        BlockHeader {
            height: height.try_into().unwrap(),
            unix_s: unix_s.try_into().unwrap(),
            difficulty,
            cumulative,
        }
    };
    HeaderChain::new(text.lines().skip(1).map(header).collect()).unwrap()
}

/// Blocks found at a hash rate that wanders, swings with the day, and rises once, by miners whose
/// clocks are some seconds off, and a few of them minutes.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "seconds and hashes, above zero and far below 2^53"
)]
pub(crate) fn simulated(blocks: u64, seed: u64) -> HeaderChain {
    const START_S: f64 = 1.7e9;
    const RATE: f64 = 4.2e9;
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut chain = HeaderChain::new(vec![BlockHeader {
        height: 0,
        unix_s: 0,
        difficulty: 1,
        cumulative: 1,
    }])
    .unwrap();
    // The first blocks, as if the difficulty had settled long ago.
    let settled = 800;
    let asked = (RATE * TARGET_SECONDS as f64) as u128;
    let (mut now_s, mut wandered) = (START_S, 0.0);
    for height in 1..=settled + blocks {
        let difficulty = if height <= settled {
            asked
        } else {
            next_difficulty(&chain).unwrap()
        };
        if height > settled {
            wandered += 0.0025 * normal(&mut random);
        }
        let day = 0.03 * (now_s / 86_400.0 * std::f64::consts::TAU).sin();
        let step = if height > settled + blocks * 7 / 10 {
            0.12
        } else {
            0.0
        };
        let rate = RATE * (wandered + day + step).exp();
        now_s -= (1.0 - random.r#gen::<f64>()).ln() * difficulty as f64 / rate;
        let slow = if random.gen_bool(0.02) { 300.0 } else { 8.0 };
        let stamp_s = now_s + slow * normal(&mut random);
        let cumulative = chain.tip().cumulative + difficulty;
        let header = BlockHeader {
            height,
            unix_s: stamp_s as u64,
            difficulty,
            cumulative,
        };
        chain.push(header).unwrap();
    }
    let newest = usize::try_from(blocks + settled).unwrap() - 60;
    chain.keep_newest(newest);
    chain
}

fn normal(random: &mut Xoshiro256PlusPlus) -> f64 {
    (0..12).map(|_| random.r#gen::<f64>()).sum::<f64>() - 6.0
}
