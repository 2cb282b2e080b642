//! A share as its cells are read one after another.

use super::UpstreamNames;
use super::column::Column;
use super::parse::{
    fraction, hex, log_e, name, rig_key, share_id, text_of, whole, whole_from, yes_no,
};
use super::reason::{Fault, Reason};
use super::time;
use crate::filter::{Cause, ModelId};
use crate::judge::Rule;
use crate::ledger::{
    Arm, Evidence, Flags, Latencies, Outcome, Proof, Ruled, ShareEntry, StageSaid, Told,
};
use crate::share::{ProofOutcome, RefusalReason, RigKey, TargetClass};
use crate::stratum::ErrorClass;
use crate::work::{Difficulty, Nonce};

/// What was read of a share up to now. What a file does not tell is as if nothing were known: no
/// nonce, job or upstream, no evidence, ruling or proof, local class, no arm, zero elsewhere; and
/// it counts as imported.
pub(super) struct Draft {
    entry: ShareEntry,
    has_time: bool,
    has_rig: bool,
    has_difficulty: bool,
    verdict: Option<Outcome>,
    pool_said: Box<str>,
    rule: Option<Rule>,
    told: Option<Told>,
    chance: Option<f32>,
    proof: Option<ProofOutcome>,
    waited_us: Option<u32>,
    took_us: Option<u32>,
}

impl Draft {
    pub(super) fn new() -> Self {
        Self {
            entry: blank(),
            has_time: false,
            has_rig: false,
            has_difficulty: false,
            verdict: None,
            pool_said: Box::default(),
            rule: None,
            told: None,
            chance: None,
            proof: None,
            waited_us: None,
            took_us: None,
        }
    }

    /// Takes what a cell says; an empty one says nothing.
    pub(super) fn put(
        &mut self,
        column: Column,
        cell: &str,
        names: &mut impl UpstreamNames,
    ) -> Result<(), Reason> {
        let free = column.is_free_text();
        let cell = if free { cell } else { cell.trim_ascii() };
        if cell.is_empty() {
            return Ok(());
        }
        let entry = &mut self.entry;
        match column {
            Column::Timestamp => {
                entry.unix_ms = time::read(cell).ok_or(Reason::NotATime)?;
                self.has_time = true;
            }
            Column::Rig => {
                entry.rig = rig_key(cell)?;
                self.has_rig = true;
            }
            Column::Difficulty => {
                entry.asked = Difficulty::new(whole_from(1, cell)?);
                self.has_difficulty = true;
            }
            Column::Verdict => self.verdict = Some(verdict(cell)?),
            Column::Nonce => {
                entry.nonce = Some(Nonce::from_hex(cell).map_err(|_| Reason::NotHex("8"))?);
            }
            Column::Job => entry.job = text_of(cell)?,
            Column::Arm => entry.arm = name("arm", Arm::label, cell)?,
            Column::Age => entry.age_s = whole(cell)?,
            Column::Late => entry.flags.late = yes_no(cell)?,
            Column::Seq => entry.seq = whole(cell)?,
            Column::Node => entry.node = whole(cell)?,
            Column::Run => entry.run = whole(cell)?,
            Column::Id => entry.id = Some(share_id(cell)?),
            Column::Upstream => {
                let id = names.id_of(&text_of(cell)?);
                entry.upstream = Some(id.ok_or(Reason::TooManyUpstreams)?);
            }
            Column::JobKey => entry.job_key = Some(whole(cell)?),
            Column::BlockHeight => entry.height = Some(whole(cell)?),
            Column::Found => entry.found = whole(cell)?,
            Column::Rate => entry.rate = fraction(f32::MAX, "3.4e38", cell)?,
            Column::Class => entry.class = name("class", TargetClass::label, cell)?,
            Column::Corrected => entry.flags.corrected = yes_no(cell)?,
            Column::Retargeted => entry.flags.retargeted = yes_no(cell)?,
            Column::Imported => entry.flags.imported = yes_no(cell)?,
            Column::ScanKnown => entry.flags.scan_known = yes_no(cell)?,
            Column::Said(stage) => entry.evidence[stage.index()] = said(cell)?,
            Column::Rule => self.rule = Some(name("rule", Rule::label, cell)?),
            Column::Told => self.told = Some(name("ruling", Told::label, cell)?),
            Column::Chance => self.chance = Some(fraction(1.0, "1", cell)?),
            Column::Proof => self.proof = Some(name("proof", ProofOutcome::label, cell)?),
            Column::ProofWaited => self.waited_us = Some(whole(cell)?),
            Column::ProofTook => self.took_us = Some(whole(cell)?),
            Column::PoolSaid => self.pool_said = text_of(cell)?,
            Column::StageTime(stage) => entry.latencies.stages_ns[stage.index()] = whole(cell)?,
            Column::JudgeTime => entry.latencies.judge_ns = whole(cell)?,
            Column::TotalTime => entry.latencies.total_us = whole(cell)?,
            Column::BehaviourModel => entry.models[0] = Some(ModelId(hex(cell)?)),
            Column::OutcomeModel => entry.models[1] = Some(ModelId(hex(cell)?)),
            Column::OwnBlob => entry.flags.own_blob = yes_no(cell)?,
            // They follow from the rest and are computed anew.
            Column::Odometer | Column::Feature(_) => {}
        }
        Ok(())
    }

    /// The share, if enough was said.
    pub(super) fn finish(self) -> Result<ShareEntry, Fault> {
        for (column, given) in [
            (Column::Timestamp, self.has_time),
            (Column::Rig, self.has_rig),
            (Column::Difficulty, self.has_difficulty),
        ] {
            if !given {
                return Err(Fault::of(column.name(), Reason::Missing));
            }
        }
        let mut entry = self.entry;
        entry.outcome = match self.verdict {
            Some(Outcome::Rejected { class, .. }) => Outcome::Rejected {
                class,
                text: self.pool_said,
            },
            Some(other) => other,
            None => return Err(Fault::of(Column::Verdict.name(), Reason::Missing)),
        };
        entry.ruled = match (self.rule, self.told) {
            (Some(rule), Some(told)) => Some(Ruled {
                rule,
                told,
                chance: self.chance.unwrap_or(0.0),
            }),
            (None, None) => only_with(Column::Chance, self.chance.is_some(), Column::Rule)?,
            (Some(_), None) => only_with(Column::Rule, true, Column::Told)?,
            (None, Some(_)) => only_with(Column::Told, true, Column::Rule)?,
        };
        entry.proof = match self.proof {
            Some(outcome) => Some(Proof {
                outcome,
                waited_us: self.waited_us.unwrap_or(0),
                took_us: self.took_us.unwrap_or(0),
            }),
            None => {
                only_with::<()>(Column::ProofWaited, self.waited_us.is_some(), Column::Proof)?;
                only_with(Column::ProofTook, self.took_us.is_some(), Column::Proof)?
            }
        };
        Ok(entry)
    }
}

/// Nothing, unless a column has a value that says nothing without another's.
fn only_with<T>(column: Column, given: bool, other: Column) -> Result<Option<T>, Fault> {
    if given {
        Err(Fault::of(column.name(), Reason::Alone(other.name())))
    } else {
        Ok(None)
    }
}

fn blank() -> ShareEntry {
    ShareEntry {
        seq: 0,
        node: 0,
        run: 0,
        id: None,
        unix_ms: 0,
        rig: RigKey(0),
        upstream: None,
        job_key: None,
        job: Box::default(),
        height: None,
        nonce: None,
        age_s: 0,
        asked: Difficulty::ONE,
        found: 0,
        rate: 0.0,
        class: TargetClass::Local,
        flags: Flags {
            imported: true,
            ..Flags::default()
        },
        arm: Arm::None,
        evidence: Evidence::default(),
        ruled: None,
        proof: None,
        outcome: Outcome::Unanswered,
        latencies: Latencies::default(),
        models: [None, None],
    }
}

/// `accepted`, `rejected:stale`, `refused:duplicate` and so on; a refusal by the pool may go
/// without its class.
fn verdict(cell: &str) -> Result<Outcome, Reason> {
    const UNKNOWN: Reason = Reason::UnknownName("verdict");
    let (outcome, reason) = match cell.split_once(':') {
        Some((outcome, reason)) => (outcome, Some(reason)),
        None => (cell, None),
    };
    match (outcome, reason) {
        ("accepted", None) => Ok(Outcome::Accepted),
        ("unanswered", None) => Ok(Outcome::Unanswered),
        ("credited", None) => Ok(Outcome::Credited),
        ("held", None) => Ok(Outcome::Held),
        ("undeliverable", None) => Ok(Outcome::Undeliverable),
        ("rejected", class) => Ok(Outcome::Rejected {
            class: match class {
                Some(class) => name("class of refusals", ErrorClass::label, class)?,
                None => ErrorClass::Unknown,
            },
            text: Box::default(),
        }),
        ("refused", Some(reason)) => {
            name("reason of refusals", RefusalReason::label, reason).map(Outcome::Refused)
        }
        ("refused", None) => Err(Reason::WithoutReason),
        _ => Err(UNKNOWN),
    }
}

/// `unavailable`, `no_opinion`, or a cause with its weight, `biased_bytes:-0.25`.
fn said(cell: &str) -> Result<StageSaid, Reason> {
    match (cell, cell.split_once(':')) {
        ("unavailable", _) => Ok(StageSaid::Unavailable),
        ("no_opinion", _) => Ok(StageSaid::NoOpinion),
        (_, Some((cause, weight))) => Ok(StageSaid::Weighed {
            cause: name("cause", Cause::label, cause)?,
            log_e: log_e(weight)?,
        }),
        (_, None) => Err(Reason::UnknownName("evidence")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::code::Coded as _;

    #[test]
    fn every_outcome_has_a_verdict_that_reads_back() {
        for class in ErrorClass::CODES {
            let cell = format!("rejected:{}", class.label());
            let text = Box::default();
            assert_eq!(
                verdict(&cell),
                Ok(Outcome::Rejected {
                    class: *class,
                    text
                })
            );
        }
        for reason in RefusalReason::CODES {
            let cell = format!("refused:{}", reason.label());
            assert_eq!(verdict(&cell), Ok(Outcome::Refused(*reason)));
        }
        for outcome in [
            Outcome::Accepted,
            Outcome::Unanswered,
            Outcome::Credited,
            Outcome::Held,
            Outcome::Undeliverable,
        ] {
            assert_eq!(verdict(outcome.label()), Ok(outcome));
        }
    }

    #[test]
    fn a_verdict_says_neither_more_nor_less_than_it_can() {
        assert_eq!(verdict("refused"), Err(Reason::WithoutReason));
        for cell in [
            "accepted:stale",
            "rejected:nonsense",
            "refused:",
            "Accepted",
        ] {
            assert!(
                matches!(verdict(cell), Err(Reason::UnknownName(_))),
                "{cell}"
            );
        }
    }

    #[test]
    fn evidence_has_a_cause_that_is_known_and_a_weight_that_is_a_number() {
        assert!(matches!(
            said("biased_bytes:-0.25"),
            Ok(StageSaid::Weighed { .. })
        ));
        for cell in [
            "biased_bytes",
            "biased_bytes:",
            "biased_bytes:NaN",
            "x:1",
            "no opinion",
        ] {
            assert!(said(cell).is_err(), "{cell}");
        }
    }
}
