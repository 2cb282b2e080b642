//! Fast mode, which needs 2.6 GiB and minutes: run with `--ignored`.

use std::num::NonZero;
use std::time::Duration;

use zartrux_actors::prover::{DatasetState, Mode, NotProved, Priority, ProverOptions};
use zartrux_models::work::{ResultHash, SeedHash};

use crate::support::{A, B, Bench};

fn dataset_of(bench: &Bench, seed: SeedHash) -> Option<DatasetState> {
    let seeds = bench.prover.status().seeds;
    seeds
        .iter()
        .find(|status| status.seed == seed.to_string())?
        .dataset
}

/// Asks again and again until the dataset of this seed serves; every proof is had meanwhile.
fn prove_until_fast(bench: &Bench, seed: SeedHash) -> usize {
    let mut proofs = 0;
    while dataset_of(bench, seed) != Some(DatasetState::Ready) {
        bench.ask(1, seed, Priority::Upstream).unwrap();
        assert!(bench.answer().outcome.is_ok());
        proofs += 1;
        assert!(
            bench
                .prover
                .status()
                .seeds
                .iter()
                .filter(|seed| seed.dataset.is_some())
                .count()
                <= 1,
            "never two datasets"
        );
    }
    proofs
}

#[test]
#[ignore = "needs 2.6 GiB of memory and minutes of all processors"]
fn light_mode_serves_until_the_dataset_is_there_and_again_after_a_change_of_seed() {
    let two = NonZero::new(2).unwrap();
    let mut options = ProverOptions::new(Mode::Fast, two, NonZero::new(64).unwrap());
    options.settle = Duration::from_secs(1);
    let bench = Bench::ready(options);
    assert!(prove_until_fast(&bench, A) > 0);

    let proof = |seed| {
        bench.ask(42, seed, Priority::Upstream).unwrap();
        bench.answer().outcome.unwrap()
    };
    let fast_a = proof(A);
    assert!(bench.prover.status().fast_hash_micros.is_some());

    // A lie, and a fault: the dataset is made anew.
    let prove = |claimed| {
        let mut request = bench.request(42, A, Priority::Upstream);
        request.expected = Some(claimed);
        bench.prover.ask(request).unwrap();
        bench.answer().outcome
    };
    let lie = ResultHash::new([7; 32]);
    assert_eq!(prove(lie), Ok(fast_a));
    assert_eq!(dataset_of(&bench, A), Some(DatasetState::Ready));
    bench.prover.inject_wrong_hashes(1);
    assert!(matches!(
        prove(fast_a.as_result()),
        Err(NotProved::Fault(_))
    ));
    assert_ne!(dataset_of(&bench, A), Some(DatasetState::Ready));
    assert_eq!(prove(lie), Ok(fast_a), "by the cache");
    assert!(prove_until_fast(&bench, A) > 0);
    assert_eq!(prove(fast_a.as_result()), Ok(fast_a));

    let light_b = proof(B);
    assert_ne!(fast_a, light_b);
    assert!(prove_until_fast(&bench, B) > 0);
    assert_eq!(proof(B), light_b, "by dataset as by cache");
    assert_eq!(proof(A), fast_a, "by cache as by dataset");
    assert_eq!(dataset_of(&bench, A), None);
    bench.prover.stop();
}
