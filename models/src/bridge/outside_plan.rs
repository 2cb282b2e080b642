//! A plan from outside, checked by itself. Whether its job is known, the caller knows.

use std::sync::Arc;

use serde::Deserialize;
use thiserror::Error;

use crate::plan::{BadOutsideOrder, OutsideOrder};

/// An order of top nonce bytes for the blobs that come until it expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutsidePlan {
    order: Arc<OutsideOrder>,
    for_job: Box<str>,
    expires_unix_ms: u64,
}

/// Why a plan from outside is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlanRefusal {
    /// Longer than any plan.
    #[error("a plan has at most {most} bytes, not {0}", most = OutsidePlan::LONGEST)]
    TooLong(usize),
    /// No JSON, or not of a plan's form. The words may have names of the plan in them: hostile bytes,
    /// to be shown escaped.
    #[error("not a plan: {0}")]
    Form(String),
    /// Written for another version.
    #[error("`schema` must be {right}, not {0}", right = OutsidePlan::SCHEMA)]
    Schema(u32),
    /// Its name or its order is none.
    #[error(transparent)]
    Order(#[from] BadOutsideOrder),
    /// The job's key is empty, too long or has other than printable ASCII.
    #[error(
        "`for_job` must be 1 to {most} printable ASCII characters",
        most = OutsidePlan::JOB_MAX
    )]
    JobText,
    /// Its job is none of the current ones, or there is nothing that could take a plan.
    #[error("`for_job` is none of the current jobs: {0:?}")]
    UnknownJob(Box<str>),
    /// Its end has come.
    #[error("`expires_unix_ms` has passed")]
    Expired,
    /// Its end is too far away.
    #[error("`expires_unix_ms` is more than a day away")]
    TooFar,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    schema: u32,
    name: String,
    for_job: String,
    order: Vec<u8>,
    expires_unix_ms: u64,
}

impl OutsidePlan {
    /// The version of the form that is read.
    pub const SCHEMA: u32 = 1;
    /// Most bytes of a plan.
    pub const LONGEST: usize = 4096;
    /// Most characters of its job's key.
    pub const JOB_MAX: usize = 64;
    /// Longest time that a plan may last, ms.
    pub const LASTS_MAX_MS: u64 = 86_400_000;

    /// Reads a plan as it came, at `now_unix_ms`.
    ///
    /// # Errors
    /// It is too long or not of a plan's form, names a byte twice or byte 0, or its end is past or
    /// more than a day away.
    pub fn read(bytes: &[u8], now_unix_ms: u64) -> Result<Self, PlanRefusal> {
        if bytes.len() > Self::LONGEST {
            return Err(PlanRefusal::TooLong(bytes.len()));
        }
        let written: Written =
            serde_json::from_slice(bytes).map_err(|fault| PlanRefusal::Form(fault.to_string()))?;
        if written.schema != Self::SCHEMA {
            return Err(PlanRefusal::Schema(written.schema));
        }
        let order = OutsideOrder::new(&written.name, &written.order)?;
        check_job(&written.for_job)?;
        match written.expires_unix_ms.checked_sub(now_unix_ms) {
            None | Some(0) => return Err(PlanRefusal::Expired),
            Some(left) if left > Self::LASTS_MAX_MS => return Err(PlanRefusal::TooFar),
            Some(_) => {}
        }
        Ok(Self {
            order: Arc::new(order),
            for_job: written.for_job.into(),
            expires_unix_ms: written.expires_unix_ms,
        })
    }

    /// The order, with what its author calls it.
    #[must_use]
    pub fn order(&self) -> &Arc<OutsideOrder> {
        &self.order
    }

    /// The key of the job that its author saw, as it was published; printable ASCII.
    #[must_use]
    pub fn for_job(&self) -> &str {
        &self.for_job
    }

    /// When it ends, ms since 1970.
    #[must_use]
    pub fn expires_unix_ms(&self) -> u64 {
        self.expires_unix_ms
    }
}

fn check_job(text: &str) -> Result<(), PlanRefusal> {
    let is_printable = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if (1..=OutsidePlan::JOB_MAX).contains(&text.len()) && is_printable {
        Ok(())
    } else {
        Err(PlanRefusal::JobText)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_000;

    fn read(order: &str, expires: u64) -> Result<OutsidePlan, PlanRefusal> {
        let text = format!(
            r#"{{"schema":1,"name":"mine","for_job":"7","order":{order},"expires_unix_ms":{expires}}}"#
        );
        OutsidePlan::read(text.as_bytes(), NOW)
    }

    #[test]
    fn a_partial_order_and_a_whole_one_are_read() {
        let plan = read("[9,1,255]", NOW + 1).unwrap();
        assert_eq!(plan.order().bytes(), [9, 1, 255]);
        assert_eq!((plan.order().name(), plan.for_job()), ("mine", "7"));
        let whole = (1..=255_u8).rev().collect::<Vec<_>>();
        let plan = read(&format!("{whole:?}"), NOW + OutsidePlan::LASTS_MAX_MS).unwrap();
        assert_eq!(plan.order().bytes(), whole);
    }

    #[test]
    fn an_order_that_would_overlap_or_touch_byte_zero_is_refused() {
        for (order, why) in [
            ("[]", BadOutsideOrder::Empty),
            ("[1,0]", BadOutsideOrder::Zero),
            ("[4,5,4]", BadOutsideOrder::Twice(4)),
        ] {
            assert_eq!(read(order, NOW + 1), Err(PlanRefusal::Order(why)));
        }
        assert!(matches!(read("[256]", NOW + 1), Err(PlanRefusal::Form(_))));
    }

    #[test]
    fn an_end_that_is_past_or_beyond_a_day_is_refused() {
        assert_eq!(read("[1]", NOW), Err(PlanRefusal::Expired));
        assert_eq!(read("[1]", 0), Err(PlanRefusal::Expired));
        let beyond = NOW + OutsidePlan::LASTS_MAX_MS + 1;
        assert_eq!(read("[1]", beyond), Err(PlanRefusal::TooFar));
        assert_eq!(read("[1]", u64::MAX), Err(PlanRefusal::TooFar));
    }

    #[test]
    fn what_is_hostile_is_refused_with_its_reason() {
        let long = vec![b'['; OutsidePlan::LONGEST + 1];
        let refused = OutsidePlan::read(&long, NOW).unwrap_err();
        assert_eq!(refused, PlanRefusal::TooLong(long.len()));
        for bytes in [&b""[..], b"{", b"\xff", &long[..OutsidePlan::LONGEST]] {
            let refused = OutsidePlan::read(bytes, NOW);
            assert!(matches!(refused, Err(PlanRefusal::Form(_))), "{bytes:?}");
        }
        let text =
            br#"{"schema":1,"name":"\u001b[2J","for_job":"7","order":[1],"expires_unix_ms":2000}"#;
        let refused = OutsidePlan::read(text, NOW);
        assert_eq!(refused, Err(PlanRefusal::Order(BadOutsideOrder::Name)));
        let text =
            br#"{"schema":1,"name":"a","for_job":"\u0000","order":[1],"expires_unix_ms":2000}"#;
        assert_eq!(OutsidePlan::read(text, NOW), Err(PlanRefusal::JobText));
        let text = br#"{"schema":2,"name":"a","for_job":"7","order":[1],"expires_unix_ms":2000}"#;
        assert_eq!(OutsidePlan::read(text, NOW), Err(PlanRefusal::Schema(2)));
    }
}
