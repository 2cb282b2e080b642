//! How many shares it takes until hostile rigs are suspected. `--nocapture` shows the table.
//!
//! The assertions are generous: they are to notice when a filter has gone blind, not to praise it.
#![cfg(test)]

mod cascade;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use zartrux_models::filter::{Scanner, Stage};
use zartrux_models::share::RigKey;
use zartrux_models::simulation::{
    Conduct, Farm, FarmShare, RigPlan, RigTraits, ScanOrder, Surroundings,
};

use cascade::{Cascade, filters};

/// A rig is suspected beyond this: the judge's default, 1 / 10⁻⁶.
const SUSPECT: f64 = 1e6;
const SEEDS: u64 = 100;
/// Nobody waits longer, unless more is expected: at a share in 30 seconds three days and a half.
const PATIENCE: u64 = 10_000;
const THREADS: usize = 2;

/// What is to come of a conduct.
#[derive(Debug, Clone, Copy)]
enum Expected {
    /// Nine of ten are suspected within so many shares, if this stage is there.
    Found(Stage, u64),
    /// It looks exactly like honesty: nobody is suspected, for only a proof can tell.
    NotFound,
}

impl Expected {
    /// Shares after which nobody waits any longer.
    const fn patience(self) -> u64 {
        match self {
            Self::Found(_, within) if within > PATIENCE => within,
            Self::Found(..) | Self::NotFound => PATIENCE,
        }
    }
}

fn withholds(above: f64, part: f64) -> Conduct {
    Conduct::Withholder { above, part }
}

fn cases() -> Vec<(&'static str, Conduct, Expected)> {
    use Expected::{Found, NotFound};
    let after_2000 = |then: Conduct| Conduct::Sleeper {
        honest_shares: 2_000,
        then: Box::new(then),
    };
    vec![
        ("honest", Conduct::Honest, NotFound),
        ("forger", Conduct::Forger, Found(Stage::Pattern, 2_000)),
        ("careful forger", Conduct::CarefulForger, NotFound),
        (
            "2 % wrong hashes",
            Conduct::WrongHashes { part: 0.02 },
            NotFound,
        ),
        (
            "20 % wrong hashes",
            Conduct::WrongHashes { part: 0.2 },
            NotFound,
        ),
        ("replayer", Conduct::Replayer, Found(Stage::Entropy, 500)),
        (
            "constant nonces",
            Conduct::ConstantNonces,
            Found(Stage::Entropy, 500),
        ),
        (
            "withholds all above 4",
            withholds(4.0, 1.0),
            Found(Stage::Divergence, 500),
        ),
        (
            "withholds all above 100",
            withholds(100.0, 1.0),
            Found(Stage::Divergence, 5_000),
        ),
        (
            "withholds half above 100",
            withholds(100.0, 0.5),
            Found(Stage::Divergence, 40_000),
        ),
        (
            "withholds 95 %",
            withholds(1.0, 0.95),
            Found(Stage::Pace, 10_000),
        ),
        (
            "odometer times 50",
            Conduct::OdometerLiar { stride: 50 },
            Found(Stage::Pace, 2_000),
        ),
        (
            "clone",
            Conduct::CloneOf { rig: 0 },
            Found(Stage::Pattern, 500),
        ),
        (
            "sleeper, then forges",
            after_2000(Conduct::Forger),
            Found(Stage::Pattern, 2_000),
        ),
        (
            "sleeper, then replays",
            after_2000(Conduct::Replayer),
            Found(Stage::Entropy, 500),
        ),
    ]
}

/// An xmrig of 1 to 20 kH/s. A faster rig scans so much of its slot that random nonces say less.
fn traits(rng: &mut Xoshiro256PlusPlus) -> RigTraits {
    RigTraits {
        hash_rate: 10f64.powf(rng.gen_range(3.0..4.3)),
        threads: rng.gen_range(2..=32),
        scanner: Scanner::XmrigBlocks,
        order: ScanOrder::Blocks,
        ..RigTraits::random(rng)
    }
}

/// Place of the rig in question, beside an honest one.
const SUBJECT: usize = 1;

/// Shares of the rig until it is suspected, from the first on that is not honest; `None` if it is
/// not within patience.
fn shares_until_suspected(seed: u64, conduct: &Conduct, patience: u64) -> Option<u64> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let plans: Vec<RigPlan> = [Conduct::Honest, conduct.clone()]
        .into_iter()
        .zip(1..)
        .map(|(conduct, key)| RigPlan {
            key: RigKey(key),
            traits: traits(&mut rng),
            conduct,
        })
        .collect();
    let mut farm = Farm::new(seed, Surroundings::new(seed), &plans).unwrap();
    let mut cascade = Cascade::new(filters, 2);
    let always_honest = *conduct == Conduct::Honest;
    let mut shares = 0;
    while shares < patience {
        let FarmShare { place, share } = farm.next().unwrap();
        let evidence = cascade.look(place, &share.seen);
        if place != SUBJECT {
            continue;
        }
        let counts = always_honest || !share.honest;
        shares += u64::from(counts);
        if evidence.joined() >= SUSPECT.ln() {
            assert!(counts, "seed {seed}: suspected while it was honest");
            return Some(shares);
        }
    }
    None
}

/// Shares for each seed, in rising order; those that were not suspected last.
fn all_seeds(conduct: &Conduct, patience: u64) -> Vec<Option<u64>> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    let seeds: Vec<u64> = (1..=SEEDS).collect();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let shares = shares_until_suspected(*seed, conduct, patience);
                    results.lock().unwrap().push(shares);
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap();
    assert_eq!(results.len(), seeds.len());
    results.sort_by_key(|shares| shares.unwrap_or(u64::MAX));
    results
}

fn in_words(shares: Option<u64>) -> String {
    shares.map_or_else(|| "-".to_owned(), |shares| shares.to_string())
}

#[test]
fn hostile_rigs_are_suspected_within_a_stated_number_of_shares() {
    let stages = Cascade::new(filters, 0).stages();
    println!(
        "{:<26} {:>8} {:>8} {:>8}  expected",
        "conduct", "found", "median", "90 %"
    );
    let mut wrong = Vec::new();
    for (name, conduct, expected) in cases() {
        let shares = all_seeds(&conduct, expected.patience());
        let found = shares.iter().flatten().count();
        let nine_of_ten = shares[shares.len() * 9 / 10 - 1];
        let (as_expected, words) = match expected {
            Expected::Found(stage, within) if stages.contains(&stage) => (
                nine_of_ten.is_some_and(|shares| shares <= within),
                format!("90 % within {within}, by {stage}"),
            ),
            Expected::Found(stage, _) => (true, format!("nothing: {stage} is not there")),
            Expected::NotFound => (found == 0, "none: only a proof can tell".to_owned()),
        };
        println!(
            "{name:<26} {found:>8} {:>8} {:>8}  {words}",
            in_words(shares[shares.len() / 2]),
            in_words(nine_of_ten),
        );
        if !as_expected {
            wrong.push(format!("{name}: {words}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
