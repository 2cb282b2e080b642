//! An order of slots from outside, checked by itself. Whether its job is known, the caller knows.

use serde::Deserialize;
use thiserror::Error;

/// An order of slots, best first, for the blobs that come until it expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutsidePlan {
    name: Box<str>,
    for_job: Box<str>,
    order: Box<[u8]>,
    expires_unix_ms: u64,
}

/// Why a plan from outside is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlanRefusal {
    /// Longer than any plan.
    #[error("a plan has at most {most} bytes, not {0}", most = OutsidePlan::LONGEST)]
    TooLong(usize),
    /// No JSON, or not of a plan's form.
    #[error("not a plan: {0}")]
    Form(String),
    /// Written for another version.
    #[error("`schema` must be {right}, not {0}", right = OutsidePlan::SCHEMA)]
    Schema(u32),
    /// A text that is empty, too long or has other than printable ASCII.
    #[error(
        "`{0}` must be 1 to {most} printable ASCII characters",
        most = OutsidePlan::TEXT_MAX
    )]
    Text(&'static str),
    /// No slot at all.
    #[error("`order` must name a slot")]
    NoSlot,
    /// Slot 0 stays where it is.
    #[error("`order` must not name slot 0")]
    SlotZero,
    /// A slot twice: two leases would overlap.
    #[error("`order` names slot {0} twice")]
    Repeated(u8),
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
    /// Most characters of its name and of its job's key.
    pub const TEXT_MAX: usize = 64;
    /// Longest time that a plan may last, ms.
    pub const LASTS_MAX_MS: u64 = 86_400_000;

    /// Reads a plan as it came, at `now_unix_ms`.
    ///
    /// # Errors
    /// It is too long or not of a plan's form, names a slot twice or slot 0, or its end is past or
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
        check_text("name", &written.name)?;
        check_text("for_job", &written.for_job)?;
        check_order(&written.order)?;
        match written.expires_unix_ms.checked_sub(now_unix_ms) {
            None | Some(0) => return Err(PlanRefusal::Expired),
            Some(left) if left > Self::LASTS_MAX_MS => return Err(PlanRefusal::TooFar),
            Some(_) => {}
        }
        Ok(Self {
            name: written.name.into(),
            for_job: written.for_job.into(),
            order: written.order.into(),
            expires_unix_ms: written.expires_unix_ms,
        })
    }

    /// What its author calls it; printable ASCII.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key of the job that its author saw, as it was published; printable ASCII.
    #[must_use]
    pub fn for_job(&self) -> &str {
        &self.for_job
    }

    /// Slots 1 to 255, best first, none twice; maybe not all of them.
    #[must_use]
    pub fn order(&self) -> &[u8] {
        &self.order
    }

    /// When it ends, ms since 1970.
    #[must_use]
    pub fn expires_unix_ms(&self) -> u64 {
        self.expires_unix_ms
    }
}

fn check_text(key: &'static str, text: &str) -> Result<(), PlanRefusal> {
    let is_printable = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if (1..=OutsidePlan::TEXT_MAX).contains(&text.len()) && is_printable {
        Ok(())
    } else {
        Err(PlanRefusal::Text(key))
    }
}

fn check_order(order: &[u8]) -> Result<(), PlanRefusal> {
    if order.is_empty() {
        return Err(PlanRefusal::NoSlot);
    }
    let mut seen = [false; 256];
    for &slot in order {
        if slot == 0 {
            return Err(PlanRefusal::SlotZero);
        }
        if std::mem::replace(&mut seen[usize::from(slot)], true) {
            return Err(PlanRefusal::Repeated(slot));
        }
    }
    Ok(())
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
        assert_eq!(plan.order(), [9, 1, 255]);
        assert_eq!((plan.name(), plan.for_job()), ("mine", "7"));
        let whole = (1..=255_u8).rev().collect::<Vec<_>>();
        let plan = read(&format!("{whole:?}"), NOW + OutsidePlan::LASTS_MAX_MS).unwrap();
        assert_eq!(plan.order(), whole);
    }

    #[test]
    fn an_order_that_would_overlap_or_touch_slot_zero_is_refused() {
        assert_eq!(read("[]", NOW + 1), Err(PlanRefusal::NoSlot));
        assert_eq!(read("[1,0]", NOW + 1), Err(PlanRefusal::SlotZero));
        assert_eq!(read("[4,5,4]", NOW + 1), Err(PlanRefusal::Repeated(4)));
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
        assert_eq!(OutsidePlan::read(text, NOW), Err(PlanRefusal::Text("name")));
        let text = br#"{"schema":2,"name":"a","for_job":"7","order":[1],"expires_unix_ms":2000}"#;
        assert_eq!(OutsidePlan::read(text, NOW), Err(PlanRefusal::Schema(2)));
    }
}
