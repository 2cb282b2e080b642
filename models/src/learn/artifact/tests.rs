//! Files that are whole, cut, changed, of another kind.

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::*;
use crate::filter::{ModelId, OutcomeFeatures};

/// A model as small as can be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Line {
    slope: f64,
    weights: Vec<f64>,
}

impl Learnt for Line {
    const SLOT: ModelSlot = ModelSlot::Outcome;
    const SCHEMA: u16 = 3;

    fn features() -> Digest {
        digest_of_features(OutcomeFeatures::FEATURES)
    }

    fn check(&self) -> Result<(), String> {
        if self.slope.is_finite() {
            Ok(())
        } else {
            Err("its slope is no number".to_owned())
        }
    }

    fn answers(&self) -> Vec<f64> {
        vec![
            self.slope,
            self.slope * 2.0 + self.weights.iter().sum::<f64>(),
        ]
    }
}

/// The same file in another version of the program.
macro_rules! another {
    ($name:ident, $slot:ident, $schema:literal, $features:expr) => {
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        struct $name(Line);

        impl Learnt for $name {
            const SLOT: ModelSlot = ModelSlot::$slot;
            const SCHEMA: u16 = $schema;

            fn features() -> Digest {
                $features
            }

            fn check(&self) -> Result<(), String> {
                self.0.check()
            }

            fn answers(&self) -> Vec<f64> {
                self.0.answers()
            }
        }
    };
}

another!(OtherUse, Behaviour, 3, Line::features());
another!(Later, Outcome, 4, Line::features());
another!(
    OtherFeatures,
    Outcome,
    3,
    digest_of_features(crate::filter::Behaviour::FEATURES)
);

fn line() -> Line {
    Line {
        slope: 1.5,
        weights: vec![0.1, -0.2, 0.3],
    }
}

fn file() -> Vec<u8> {
    let metrics = vec![Metric {
        name: "log_loss".to_owned(),
        value: 0.1,
        interval: Some((0.05, 0.2)),
    }];
    write(&line(), DataFacts::default(), 7, None, metrics).unwrap()
}

#[test]
fn what_was_written_is_read_back_with_everything_that_it_said_of_itself() {
    let read: Artifact<Line> = read(&file()).unwrap();
    assert_eq!(read.model, line());
    assert_eq!(read.header.seed, 7);
    assert_eq!(
        read.header.metric("log_loss").unwrap().interval,
        Some((0.05, 0.2))
    );
    assert_eq!(read.id, read.digest.model_id());
    assert_eq!(read_header(&file()).unwrap(), (read.id, read.header));
}

#[test]
fn the_same_model_has_the_same_bytes_and_another_has_another_id() {
    assert_eq!(file(), file());
    let other = Line {
        slope: 1.6,
        ..line()
    };
    let other = write(&other, DataFacts::default(), 7, None, Vec::new()).unwrap();
    assert_ne!(
        read_header(&other).unwrap().0,
        read_header(&file()).unwrap().0
    );
}

#[test]
fn a_model_of_another_use_schema_or_of_other_features_is_refused_with_its_reason() {
    let file = file();
    assert!(matches!(
        read::<OtherUse>(&file),
        Err(BadArtifact::OtherSlot { .. })
    ));
    assert_eq!(
        read::<Later>(&file).unwrap_err(),
        BadArtifact::Schema { found: 3, known: 4 }
    );
    assert_eq!(
        read::<OtherFeatures>(&file).unwrap_err(),
        BadArtifact::Features
    );
}

#[test]
fn numbers_that_cannot_be_a_models_are_neither_written_nor_read() {
    let bad = Line {
        slope: f64::NAN,
        ..line()
    };
    assert!(write(&bad, DataFacts::default(), 0, None, Vec::new()).is_err());
}

#[test]
fn a_changed_number_under_a_new_checksum_is_found_by_what_the_model_answers() {
    let mut file = file();
    let place = file
        .windows(8)
        .rposition(|bytes| bytes == 0.3f64.to_le_bytes())
        .unwrap();
    file[place..place + 8].copy_from_slice(&0.4f64.to_le_bytes());
    assert_eq!(read::<Line>(&file).unwrap_err(), BadArtifact::Damaged);
    assert_eq!(
        read::<Line>(&signed_anew(&file)).unwrap_err(),
        BadArtifact::Answers(1)
    );
}

#[test]
fn every_cut_and_every_flipped_byte_is_refused() {
    let whole = file();
    for length in 0..whole.len() {
        assert!(read::<Line>(&whole[..length]).is_err(), "{length}");
    }
    for place in 0..whole.len() {
        let mut changed = whole.clone();
        changed[place] ^= 1;
        assert!(read::<Line>(&changed).is_err(), "{place}");
    }
    let mut longer = whole;
    longer.push(0);
    assert_eq!(read::<Line>(&longer).unwrap_err(), BadArtifact::TooMuch(1));
    assert!(matches!(
        read::<Line>(&vec![0; FILE_MAX + 1]),
        Err(BadArtifact::TooLong { .. })
    ));
}

#[test]
fn an_id_is_the_first_eight_bytes_of_the_files_checksum() {
    let mut digest = Digest::default();
    digest.0[7] = 1;
    assert_eq!(digest.model_id(), ModelId(1));
}

proptest! {
    #[test]
    fn whatever_stands_in_a_file_reading_ends_with_a_model_or_a_reason(
        bytes in proptest::collection::vec(any::<u8>(), 0..400), headed: bool,
    ) {
        let mut file = if headed { [&MAGIC[..], &VERSION.to_le_bytes()].concat() } else { Vec::new() };
        file.extend(bytes);
        file.extend([0; 32]);
        let _ = read::<Line>(&file);
        let _ = read::<Line>(&signed_anew(&file));
    }
}
