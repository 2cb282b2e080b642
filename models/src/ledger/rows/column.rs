//! The columns, their names and their order.

use crate::filter::{OutcomeFeatures, Stage};

/// A column of a file of shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Column {
    Timestamp,
    Nonce,
    Job,
    Rig,
    Arm,
    Odometer,
    Age,
    Difficulty,
    /// By its place in [`OutcomeFeatures::FEATURES`]; the one named `late` is [`Column::Late`].
    Feature(usize),
    Late,
    Verdict,
    Seq,
    Node,
    Run,
    Id,
    Upstream,
    JobKey,
    BlockHeight,
    Found,
    Rate,
    Class,
    Corrected,
    Retargeted,
    Imported,
    ScanKnown,
    Said(Stage),
    Rule,
    Told,
    Chance,
    Proof,
    ProofWaited,
    ProofTook,
    PoolSaid,
    StageTime(Stage),
    JudgeTime,
    TotalTime,
    BehaviourModel,
    OutcomeModel,
    OwnBlob,
}

impl Column {
    /// All of them in the order in which they are written.
    pub(super) fn all() -> Vec<Self> {
        let mut all = vec![
            Self::Timestamp,
            Self::Nonce,
            Self::Job,
            Self::Rig,
            Self::Arm,
            Self::Odometer,
            Self::Age,
            Self::Difficulty,
        ];
        all.extend(
            OutcomeFeatures::FEATURES
                .iter()
                .enumerate()
                .map(|(place, feature)| match feature.name {
                    // A fact of the share and a feature at once.
                    "late" => Self::Late,
                    _ => Self::Feature(place),
                }),
        );
        all.extend([
            Self::Verdict,
            Self::Seq,
            Self::Node,
            Self::Run,
            Self::Id,
            Self::Upstream,
            Self::JobKey,
            Self::BlockHeight,
            Self::Found,
            Self::Rate,
            Self::Class,
            Self::Corrected,
            Self::Retargeted,
            Self::Imported,
            Self::ScanKnown,
        ]);
        all.extend(Stage::ALL.map(Self::Said));
        all.extend([
            Self::Rule,
            Self::Told,
            Self::Chance,
            Self::Proof,
            Self::ProofWaited,
            Self::ProofTook,
            Self::PoolSaid,
        ]);
        all.extend(Stage::ALL.map(Self::StageTime));
        all.extend([
            Self::JudgeTime,
            Self::TotalTime,
            Self::BehaviourModel,
            Self::OutcomeModel,
            Self::OwnBlob,
        ]);
        all
    }

    /// The column of a name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|column| column.name() == name)
    }

    /// Without these a row says nothing.
    pub(super) const REQUIRED: [Self; 4] =
        [Self::Timestamp, Self::Rig, Self::Verdict, Self::Difficulty];

    /// Whether its cells are words of someone else.
    pub(super) const fn is_free_text(self) -> bool {
        matches!(self, Self::Job | Self::PoolSaid | Self::Upstream)
    }

    /// Its name in files.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Timestamp => "timestamp",
            Self::Nonce => "nonce",
            Self::Job => "job",
            Self::Rig => "rig",
            Self::Arm => "arm",
            Self::Odometer => "odometer",
            Self::Age => "age",
            Self::Difficulty => "difficulty",
            Self::Feature(place) => OutcomeFeatures::FEATURES[place].name,
            Self::Late => "late",
            Self::Verdict => "verdict",
            Self::Seq => "seq",
            Self::Node => "node",
            Self::Run => "run",
            Self::Id => "id",
            Self::Upstream => "upstream",
            Self::JobKey => "job_key",
            // `height` is a feature: where the result lies below its target.
            Self::BlockHeight => "block_height",
            Self::Found => "found",
            Self::Rate => "rate",
            Self::Class => "class",
            Self::Corrected => "corrected",
            Self::Retargeted => "retargeted",
            Self::Imported => "imported",
            Self::ScanKnown => "scan_known",
            Self::Said(stage) => stage.name(),
            Self::Rule => "rule",
            Self::Told => "told",
            Self::Chance => "chance",
            Self::Proof => "proof",
            Self::ProofWaited => "proof_waited_us",
            Self::ProofTook => "proof_took_us",
            Self::PoolSaid => "pool_said",
            Self::StageTime(stage) => match stage {
                Stage::Entropy => "entropy_ns",
                Stage::Divergence => "divergence_ns",
                Stage::Pattern => "pattern_ns",
                Stage::Pace => "pace_ns",
                Stage::Cluster => "cluster_ns",
                Stage::Classifier => "classifier_ns",
            },
            Self::JudgeTime => "judge_ns",
            Self::TotalTime => "total_us",
            Self::BehaviourModel => "behaviour_model",
            Self::OutcomeModel => "outcome_model",
            Self::OwnBlob => "own_blob",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files that were written are read for ever: add names, change none.
    #[test]
    fn names_never_change() {
        let names: Vec<_> = Column::all().into_iter().map(Column::name).collect();
        assert_eq!(
            names.join(","),
            "timestamp,nonce,job,rig,arm,odometer,age,difficulty,ln_difficulty,ln_interval,height,\
             target_unclear,late,late_before,progress,backward,scanner_unknown,ln_shares_before,\
             stale_before,wrong_before,mostly_wrong,verdict,seq,node,run,id,upstream,job_key,block_height,found,rate,class,corrected,\
             retargeted,imported,scan_known,entropy,divergence,pattern,pace,cluster,classifier,rule,told,\
             chance,proof,proof_waited_us,proof_took_us,pool_said,entropy_ns,divergence_ns,\
             pattern_ns,pace_ns,cluster_ns,classifier_ns,judge_ns,total_us,behaviour_model,\
             outcome_model,own_blob"
        );
    }

    #[test]
    fn every_name_stands_for_one_column() {
        for column in Column::all() {
            assert_eq!(Column::named(column.name()), Some(column));
        }
        assert_eq!(Column::named("Timestamp"), None);
    }
}
