//! What stands in a cell of a share that is written.

use std::borrow::Cow;

use super::column::Column;
use super::replay::KnownFeatures;
use super::{UpstreamNames, text, time};
use crate::filter::Stage;
use crate::ledger::{Outcome, ShareEntry, StageSaid};

/// The content of a cell, with its type.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell<'a> {
    Empty,
    /// A name of ours or hex digits.
    Plain(Cow<'a, str>),
    /// Words of someone else.
    Free(&'a str),
    Whole(u64),
    Single(f32),
    Double(f64),
    YesNo(bool),
}

impl<'a> Cell<'a> {
    /// What a share has in a column.
    pub(super) fn of(
        column: Column,
        entry: &'a ShareEntry,
        features: &KnownFeatures,
        names: &'a impl UpstreamNames,
    ) -> Self {
        match column {
            Column::Timestamp => Self::owned(time::written(entry.unix_ms)),
            Column::Nonce => Self::or_empty(entry.nonce, |nonce| Self::owned(nonce.to_string())),
            Column::Job => Self::Free(&entry.job),
            Column::Rig => Self::owned(entry.rig.to_string()),
            Column::Arm => Self::name(entry.arm.label()),
            Column::Odometer => {
                Self::or_empty(entry.odometer(), |count| Self::Whole(u64::from(count)))
            }
            Column::Age => Self::Whole(u64::from(entry.age_s)),
            Column::Difficulty => Self::Whole(entry.asked.get()),
            Column::Feature(place) => {
                Self::or_empty(features.get(place).copied().flatten(), Self::Double)
            }
            Column::Late => Self::YesNo(entry.flags.late),
            Column::Verdict => verdict(&entry.outcome),
            Column::Seq => Self::Whole(entry.seq),
            Column::Node => Self::Whole(u64::from(entry.node)),
            Column::Run => Self::Whole(u64::from(entry.run)),
            Column::Id => Self::or_empty(entry.id, |id| Self::owned(id.to_string())),
            Column::Upstream => Self::or_empty(entry.upstream, |id| match names.name_of(id) {
                Some(name) if !name.is_empty() => Self::Free(name),
                // Its name is lost; the number still keeps it apart from others.
                Some(_) | None => Self::owned(format!("#{}", id.0)),
            }),
            Column::JobKey => Self::or_empty(entry.job_key, |key| Self::Whole(u64::from(key))),
            Column::BlockHeight => Self::or_empty(entry.height, Self::Whole),
            Column::Found => Self::Whole(entry.found),
            Column::Rate => Self::single(entry.rate),
            Column::Class => Self::name(entry.class.label()),
            Column::Corrected => Self::YesNo(entry.flags.corrected),
            Column::Retargeted => Self::YesNo(entry.flags.retargeted),
            Column::Imported => Self::YesNo(entry.flags.imported),
            Column::ScanKnown => Self::YesNo(entry.flags.scan_known),
            Column::OwnBlob => Self::YesNo(entry.flags.own_blob),
            Column::Said(stage) => said(entry.evidence[stage.index()]),
            Column::Rule => Self::or_empty(entry.ruled, |ruled| Self::name(ruled.rule.label())),
            Column::Told => Self::or_empty(entry.ruled, |ruled| Self::name(ruled.told.label())),
            Column::Chance => Self::or_empty(entry.ruled, |ruled| Self::single(ruled.chance)),
            Column::Proof => Self::or_empty(entry.proof, |proof| Self::name(proof.outcome.label())),
            Column::ProofWaited => {
                Self::or_empty(entry.proof, |proof| Self::Whole(u64::from(proof.waited_us)))
            }
            Column::ProofTook => {
                Self::or_empty(entry.proof, |proof| Self::Whole(u64::from(proof.took_us)))
            }
            Column::PoolSaid => match &entry.outcome {
                Outcome::Rejected { text, .. } => Self::Free(text),
                Outcome::Accepted
                | Outcome::Unanswered
                | Outcome::Credited
                | Outcome::Refused(_)
                | Outcome::Held
                | Outcome::Undeliverable => Self::Empty,
            },
            Column::StageTime(stage) => stage_time(entry, stage),
            Column::JudgeTime => Self::Whole(u64::from(entry.latencies.judge_ns)),
            Column::TotalTime => Self::Whole(u64::from(entry.latencies.total_us)),
            Column::BehaviourModel => {
                Self::or_empty(entry.models[0], |id| Self::owned(id.to_string()))
            }
            Column::OutcomeModel => {
                Self::or_empty(entry.models[1], |id| Self::owned(id.to_string()))
            }
        }
    }

    fn or_empty<T>(value: Option<T>, cell: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Empty, cell)
    }

    const fn name(name: &'static str) -> Self {
        Self::Plain(Cow::Borrowed(name))
    }

    const fn owned(text: String) -> Self {
        Self::Plain(Cow::Owned(text))
    }

    /// What is no number is not known.
    const fn single(value: f32) -> Self {
        if value.is_finite() {
            Self::Single(value)
        } else {
            Self::Empty
        }
    }

    /// As it stands in a line of CSV, before quotes. Numbers have as many digits as it takes to
    /// read the same ones back.
    pub(super) fn written(&self) -> Cow<'_, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::Plain(text) => Cow::Borrowed(text),
            Self::Free(words) => text::written(words),
            Self::Whole(number) => Cow::Owned(number.to_string()),
            Self::Single(number) => Cow::Owned(number.to_string()),
            Self::Double(number) => Cow::Owned(number.to_string()),
            Self::YesNo(yes) => Cow::Borrowed(if *yes { "1" } else { "0" }),
        }
    }
}

fn verdict(outcome: &Outcome) -> Cell<'static> {
    match outcome.reason() {
        Some(reason) => Cell::owned(format!("{}:{reason}", outcome.label())),
        None => Cell::name(outcome.label()),
    }
}

fn said(said: StageSaid) -> Cell<'static> {
    match said {
        StageSaid::Unavailable => Cell::name("unavailable"),
        StageSaid::NoOpinion => Cell::name("no_opinion"),
        StageSaid::Weighed { log_e, cause } => Cell::owned(format!("{}:{log_e}", cause.label())),
    }
}

fn stage_time(entry: &ShareEntry, stage: Stage) -> Cell<'static> {
    Cell::Whole(u64::from(entry.latencies.stages_ns[stage.index()]))
}
