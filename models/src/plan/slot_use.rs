//! What a tenant did to its slot: whether the slot can be leased again for the same work.

use std::time::Duration;

/// What the tenant of a slot did to its nonces, as far as it is known.
///
/// A slot whose tenant left after a moment has hardly been scanned. Whoever has it next scans it
/// from the beginning again, and loses what was scanned: no more hashes than [`LIMIT`](Self::LIMIT).
/// Where a share was admitted the slot is spent, however little was scanned: the next tenant would
/// find the same share again, and be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotUse {
    /// No share was admitted, and so many hashes have been tried at most.
    Tried(u16),
    /// A share was admitted, or too much was scanned, or nobody knows: dead until the next blob.
    Spent,
}

impl SlotUse {
    /// Its tenant never got a job there.
    pub const UNTOUCHED: Self = Self::Tried(0);

    /// Most hashes that may have been tried in a slot that is leased again: a thousandth of its 2²⁴
    /// nonces, so that who scans a slot to its end loses less than 0.1 %.
    pub const LIMIT: u16 = 16_777;

    /// No rig is taken to be slower than this, hashes per second: more than one machine does today.
    /// What is known of a rig only counts where it is faster. So who stays for more than 168 ms
    /// spends its slot.
    pub const ASSUMED_RATE: f64 = 100_000.0;

    /// What a tenant did that held a slot for so long and had no share admitted there; `rate` is
    /// what is known of its hashes per second.
    #[must_use]
    pub fn held_for(held: Duration, rate: Option<f64>) -> Self {
        let rate = rate.map_or(Self::ASSUMED_RATE, |rate| rate.max(Self::ASSUMED_RATE));
        let tried = (held.as_secs_f64() * rate).ceil();
        if tried <= f64::from(Self::LIMIT) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "neither negative nor beyond the limit"
            )]
            let tried = tried as u16;
            Self::Tried(tried)
        } else {
            Self::Spent
        }
    }

    /// The same slot after another tenant: both began at its first nonce.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Tried(one), Self::Tried(other)) => Self::Tried(one.max(other)),
            (Self::Spent, _) | (_, Self::Spent) => Self::Spent,
        }
    }

    /// Hashes that the next tenant may try again; none where there must be no next tenant.
    #[must_use]
    pub const fn tried(self) -> Option<u16> {
        match self {
            Self::Tried(hashes) if hashes <= Self::LIMIT => Some(hashes),
            Self::Tried(_) | Self::Spent => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::Slot;

    #[test]
    fn who_leaves_at_once_has_hardly_scanned_and_who_stays_has() {
        let held = |ms, rate| SlotUse::held_for(Duration::from_millis(ms), rate);
        assert_eq!(held(0, None), SlotUse::UNTOUCHED);
        assert_eq!(held(3, None), SlotUse::Tried(300));
        assert_eq!(held(3, Some(1_000.0)), SlotUse::Tried(300));
        assert_eq!(held(3, Some(1_000_000.0)), SlotUse::Tried(3_000));
        assert_eq!(held(3, Some(f64::NAN)), SlotUse::Tried(300));
        assert_eq!(held(3, Some(f64::INFINITY)), SlotUse::Spent);
        assert_eq!(held(167, None), SlotUse::Tried(16_700));
        assert_eq!(held(168, None), SlotUse::Spent);
        assert_eq!(
            SlotUse::held_for(Duration::MAX, Some(f64::MAX)),
            SlotUse::Spent
        );
    }

    #[test]
    fn a_thousandth_of_a_slot_may_be_tried_again_and_nothing_of_a_spent_one() {
        assert_eq!(u32::from(SlotUse::LIMIT), Slot::NONCES / 1_000);
        assert_eq!(SlotUse::Tried(SlotUse::LIMIT).tried(), Some(16_777));
        assert_eq!(SlotUse::Tried(SlotUse::LIMIT + 1).tried(), None);
        assert_eq!(SlotUse::Spent.tried(), None);
    }

    #[test]
    fn two_tenants_have_scanned_as_far_as_the_one_that_came_further() {
        let tried = SlotUse::Tried;
        assert_eq!(tried(5).and(tried(7)), tried(7));
        assert_eq!(tried(7).and(tried(5)), tried(7));
        assert_eq!(tried(7).and(SlotUse::Spent), SlotUse::Spent);
        assert_eq!(SlotUse::Spent.and(tried(0)), SlotUse::Spent);
    }
}
