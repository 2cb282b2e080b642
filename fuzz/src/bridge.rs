//! A program outside that asks the bridge anything, or sends any plan.

use std::collections::BTreeSet;

use serde_json::value::RawValue;
use zartrux_models::bridge::{
    BadRequest, OutsidePlan, PlanRefusal, PredictAnswer, PredictRequest, RequestFault, TEXT_MAX,
    printable,
};

use crate::Reached;

const NOW: u64 = 1_800_000_000_000;

/// Reads a message of the bridge. The first byte of `data` says which: `q` a question, anything
/// else a plan; the rest is the message.
///
/// # Panics
/// A question that does not come to JSON, a plan that has a byte twice or lasts too long, words
/// that are not bounded or could command a terminal.
pub fn bridge(data: &[u8]) -> Reached {
    let [which, body @ ..] = data else {
        return Reached::new();
    };
    Reached::from([match which {
        b'q' => question(body),
        _ => plan(body),
    }])
}

fn question(body: &[u8]) -> &'static str {
    match PredictRequest::read(body) {
        Ok(asked) => {
            assert!(body.len() <= PredictRequest::LONGEST);
            assert!(serde_json::from_slice::<&RawValue>(&asked.body).is_ok());
            let id = asked.id.clone();
            assert!(
                id.as_ref()
                    .is_none_or(|id| id.len() <= PredictRequest::ID_MAX)
            );
            let answer = PredictAnswer::new(id, Err(RequestFault::plain("busy", "later")));
            assert!(answer.to_json().is_ok());
            "question"
        }
        Err(bad) => {
            assert_harmless(&bad.to_string());
            match bad {
                BadRequest::TooLong => "long",
                BadRequest::Form(_) => "no question",
                BadRequest::Schema => "schema",
                BadRequest::Id => "id",
            }
        }
    }
}

fn plan(body: &[u8]) -> &'static str {
    match OutsidePlan::read(body, NOW) {
        Ok(plan) => {
            let bytes: BTreeSet<u8> = plan.order().bytes().iter().copied().collect();
            assert_eq!(bytes.len(), plan.order().bytes().len());
            assert!(!bytes.contains(&0) && !bytes.is_empty());
            let lasts = plan.expires_unix_ms() - NOW;
            assert!((1..=OutsidePlan::LASTS_MAX_MS).contains(&lasts));
            "plan"
        }
        Err(refusal) => {
            assert_harmless(&refusal.to_string());
            match refusal {
                PlanRefusal::TooLong(_) => "long plan",
                PlanRefusal::Form(_) => "no plan",
                PlanRefusal::Schema(_) => "other version",
                PlanRefusal::Order(_) => "order",
                PlanRefusal::JobText => "job",
                PlanRefusal::UnknownJob(_) => "unknown job",
                PlanRefusal::Expired => "expired",
                PlanRefusal::TooFar => "too far",
            }
        }
    }
}

fn assert_harmless(words: &str) {
    let shown = printable(words);
    assert!(!shown.contains(char::is_control), "{shown:?}");
    // Of the longest escape of each character.
    assert!(shown.chars().count() <= 10 * TEXT_MAX, "{shown:?}");
}
