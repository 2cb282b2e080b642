use std::fmt::Debug;

use proptest::prelude::*;

use super::super::simulated_xmrig::{Life, observation};
use super::super::toy::ToyRig;
use super::super::{
    Classifier, Cluster, Divergence, Entropy, Filter, Pace, Pattern, RIG_STATE_LIMIT,
};
use super::*;

/// Shares that bring a state to where it has something to forget.
fn state_after<F: Filter>(filter: &mut F, shares: usize) -> F::Rig {
    let (mut life, mut toy) = (Life::new(7, 3_000.0), ToyRig::honest(7));
    let mut state = F::Rig::default();
    for _ in 0..shares {
        filter.look(&mut state, &life.next());
        filter.look(&mut state, &toy.next());
    }
    state
}

fn keeps_what_it_wrote<F: Filter + Debug>(mut filter: F) {
    let state = state_after(&mut filter, 300);
    let bytes = write_state::<F>(&state);
    println!("{}: {} bytes", F::STAGE, bytes.len());
    assert!(bytes.len() <= RIG_STATE_LIMIT + 2);
    let read = read_state(&filter, &bytes).unwrap();
    assert_eq!(write_state::<F>(&read), bytes, "{}", F::STAGE);
    let mut resumed = state;
    filter.resumed(&mut resumed);
    assert_eq!(format!("{resumed:?}"), format!("{read:?}"));
}

#[test]
fn what_is_read_is_what_was_written_and_has_let_go_of_what_is_tied_to_the_run() {
    keeps_what_it_wrote(Entropy);
    keeps_what_it_wrote(Divergence);
    keeps_what_it_wrote(Pattern::default());
    keeps_what_it_wrote(Pace);
    keeps_what_it_wrote(Cluster::default());
    keeps_what_it_wrote(Classifier::default());
}

#[test]
fn states_of_another_stage_or_a_later_version_and_parts_of_states_are_refused() {
    let whole = write_state::<Pace>(&state_after(&mut Pace, 100));
    assert!(read_state(&Pattern::default(), &whole).is_err());
    let mut later = whole.to_vec();
    later[0] += 1;
    let refused = read_state(&Pace, &later).unwrap_err();
    assert_eq!(refused, BadRecord::UnknownSchema(later[0]));
    for cut in 0..whole.len() {
        assert!(read_state(&Pace, &whole[..cut]).is_err(), "{cut}");
    }
    let mut more = whole.to_vec();
    more.push(0);
    assert!(read_state(&Pace, &more).is_err());
}

fn takes_any<F: Filter>(mut filter: F, bytes: &[u8]) {
    let mut headed = vec![schema(F::STAGE), stage_code::<F>()];
    headed.extend(bytes);
    for bytes in [bytes, &headed] {
        let Ok(mut state) = read_state(&filter, bytes) else {
            continue;
        };
        for job in 1..20 {
            let log_e = filter.look(&mut state, &observation(job, 7, 1_000)).log_e();
            assert!(log_e.is_none_or(|log_e| !log_e.is_nan()));
        }
        let _ = write_state::<F>(&state);
    }
}

proptest! {
    #[test]
    fn bytes_that_are_no_state_do_no_harm(
        bytes in proptest::collection::vec(
            prop_oneof![Just(0), 0u8..4, any::<u8>()], 0..140,
        ),
    ) {
        takes_any(Entropy, &bytes);
        takes_any(Divergence, &bytes);
        takes_any(Pattern::default(), &bytes);
        takes_any(Pace, &bytes);
        takes_any(Cluster::default(), &bytes);
        takes_any(Classifier::default(), &bytes);
    }

    /// Damage in one place of a state: mostly it reads as a state still.
    #[test]
    fn a_damaged_state_does_no_harm(place: prop::sample::Index, byte: u8) {
        fn damaged<F: Filter>(mut filter: F, place: prop::sample::Index, byte: u8) {
            let mut bytes = write_state::<F>(&state_after(&mut filter, 40));
            let place = place.index(bytes.len());
            bytes[place] = byte;
            takes_any(filter, &bytes);
        }
        damaged(Entropy, place, byte);
        damaged(Divergence, place, byte);
        damaged(Pattern::default(), place, byte);
        damaged(Pace, place, byte);
        damaged(Cluster::default(), place, byte);
        damaged(Classifier::default(), place, byte);
    }
}
