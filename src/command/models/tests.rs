//! Models are listed, shown, put in force, put back and verified; trained from a file; lift.

use std::fs;

use clap::Parser as _;
use tempfile::TempDir;
use zartrux_actors::trainer::{ModelsFolder, admit};
use zartrux_models::filter::ModelId;
use zartrux_models::learn::outcome::OutcomeSettings;
use zartrux_models::learn::training::{Trained, train_outcome};
use zartrux_models::ledger::ModelSlot;
use zartrux_models::simulation::outcome_rows;

use crate::command::{Cli, carry_out};
use crate::node::ExitCode;

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// With two models of outcomes, the first in force.
    fn with_models() -> (Self, [ModelId; 2]) {
        let place = Self::new();
        let ids = [1, 2].map(|seed| {
            let trained = trained(seed);
            admit(&place.folder(), &[(ModelSlot::Outcome, trained.clone())], 1).unwrap();
            trained.id
        });
        assert_eq!(place.in_force(), Some(ids[0]));
        (place, ids)
    }

    fn folder(&self) -> ModelsFolder {
        ModelsFolder::new(self.0.path().join("models"))
    }

    fn in_force(&self) -> Option<ModelId> {
        let roster = self.folder().roster().unwrap();
        roster.champion(ModelSlot::Outcome).map(|(id, _)| id)
    }

    /// Runs a command with the folder as its data folder.
    fn run(&self, line: &str) -> ExitCode {
        let folder = self.0.path().display().to_string();
        let words = line.split_whitespace().map(str::to_owned);
        let all = ["zartrux".to_owned()]
            .into_iter()
            .chain(words)
            .chain(["--data".to_owned(), folder]);
        carry_out(Cli::try_parse_from(all).unwrap()).unwrap()
    }

    /// A file of shares of which those of every fourth rig are refused, one a second.
    fn shares(&self, count: u64) -> String {
        let mut lines = String::new();
        for number in 1..=count {
            let rig = number % 16;
            let verdict = if rig % 4 == 3 && number % 3 > 0 {
                "rejected:rig"
            } else {
                "accepted"
            };
            lines += &format!(
                r#"{{"timestamp":{},"rig":"{rig:016x}","verdict":"{verdict}","difficulty":120000,"found":{},"run":1,"id":"{number:x}","nonce":"{:08x}","job":"=j","job_key":1,"age":{},"rate":4000,"class":"upstream","block_height":3000000,"late":false,"imported":false,"pool_said":"Low difficulty share"}}"#,
                1_795_521_600_000 + number * 1_000,
                120_000 + number * 7_919 % 900_000,
                number * 997,
                number % 60,
            );
            lines.push('\n');
        }
        let file = self.0.path().join("shares.jsonl");
        fs::write(&file, lines).unwrap();
        file.display().to_string()
    }
}

fn trained(seed: u64) -> Trained {
    let rows = outcome_rows(8_000, seed);
    train_outcome(&rows, &OutcomeSettings::new(seed), None)
        .unwrap()
        .0
}

#[test]
fn models_are_put_in_force_and_back() {
    let (place, [first, second]) = Place::with_models();
    assert_eq!(place.run("models list"), ExitCode::Done);
    assert_eq!(place.run(&format!("models show {first}")), ExitCode::Done);
    assert_eq!(place.run("models rollback outcome"), ExitCode::Failed);
    let activate = format!("models activate {second}");
    assert_eq!(place.run(&activate), ExitCode::Done);
    assert_eq!(place.in_force(), Some(second));
    assert_eq!(place.run(&activate), ExitCode::Failed, "it is already");
    assert_eq!(place.run("models rollback outcome"), ExitCode::Done);
    assert_eq!(place.in_force(), Some(first));
    assert_eq!(place.run("models rollback ranking"), ExitCode::Failed);
}

#[test]
fn a_model_that_is_not_there_or_not_whole_fails_without_a_fault_of_the_program() {
    let (place, [first, second]) = Place::with_models();
    assert_eq!(place.run("models verify"), ExitCode::Done);
    for command in ["show", "activate"] {
        let line = format!("models {command} 0123456789abcdef");
        assert_eq!(place.run(&line), ExitCode::Failed, "{command}");
    }
    let file = place.folder().file_of(ModelSlot::Outcome, second);
    fs::write(&file, b"nonsense").unwrap();
    for command in ["show", "activate"] {
        let line = format!("models {command} {second}");
        assert_eq!(place.run(&line), ExitCode::Failed, "{command}");
    }
    fs::remove_file(&file).unwrap();
    assert_eq!(
        place.run(&format!("models show {second}")),
        ExitCode::Failed
    );
    assert_eq!(place.run("models verify"), ExitCode::Failed);
    assert_eq!(place.in_force(), Some(first));
}

#[test]
fn an_id_or_a_slot_that_is_none_is_a_wrong_command_line() {
    for line in [
        "zartrux models show 12",
        "zartrux models activate 0123456789abcdeg",
        "zartrux models rollback difficulty",
        "zartrux models rollback",
    ] {
        assert!(Cli::try_parse_from(line.split(' ')).is_err(), "{line}");
    }
}

#[test]
fn an_empty_folder_has_no_models_and_no_lift() {
    let place = Place::new();
    for line in ["models list", "models verify", "lift"] {
        assert_eq!(place.run(line), ExitCode::Done, "{line}");
    }
    assert_eq!(
        place.run("train"),
        ExitCode::Failed,
        "nothing to learn from"
    );
    assert!(!place.folder().root().exists(), "and nothing was written");
}

#[test]
fn training_from_a_file_writes_a_model_unless_it_is_dry() {
    let place = Place::new();
    let file = place.shares(4_000);
    let line = format!("train --from {file} --format jsonl");
    assert_eq!(place.run(&format!("{line} --dry-run")), ExitCode::Done);
    assert!(!place.folder().root().exists());
    assert_eq!(place.run(&line), ExitCode::Done);
    let id = place.in_force().unwrap();
    assert_eq!(place.run("models verify"), ExitCode::Done);
    // The same shares and seed: the same model, which stays in force.
    assert_eq!(place.run(&line), ExitCode::Done);
    assert_eq!(place.in_force(), Some(id));
    assert_eq!(place.folder().roster().unwrap().entries().len(), 1);
}

#[test]
fn as_many_shares_as_are_asked_for_are_enough_to_learn_from() {
    let place = Place::new();
    let enough = format!("train --dry-run --from {}", place.shares(2_000));
    assert_eq!(place.run(&enough), ExitCode::Done);
    let too_few = format!("train --dry-run --from {}", place.shares(1_999));
    assert_eq!(place.run(&too_few), ExitCode::Failed);
}
