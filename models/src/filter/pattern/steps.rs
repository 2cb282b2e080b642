//! Steps between a rig's nonces.

use crate::work::Slot;

/// The last nonce of a scan, and the step that led to it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Steps {
    /// No nonce yet.
    #[default]
    None,
    /// One nonce.
    One(u32),
    /// A nonce, and the step to it from the one before.
    Step(u32, u32),
}

impl Steps {
    /// Whether the step to `counter` is that of the two nonces before it; `None` with fewer. The
    /// nonce is noted.
    pub(super) fn repeats(&mut self, counter: u32) -> Option<bool> {
        let step = |from: u32| counter.wrapping_sub(from) % Slot::NONCES;
        let (next, repeats) = match *self {
            Self::None => (Self::One(counter), None),
            Self::One(last) => (Self::Step(counter, step(last)), None),
            Self::Step(last, had) => {
                let step = step(last);
                (Self::Step(counter, step), Some(step == had))
            }
        };
        *self = next;
        repeats
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_repeats_upward_downward_and_around_the_end_of_the_slot() {
        let answers = |counters: [u32; 4]| {
            let mut steps = Steps::default();
            counters.map(|counter| steps.repeats(counter))
        };
        assert_eq!(
            answers([5, 9, 13, 18]),
            [None, None, Some(true), Some(false)]
        );
        assert_eq!(answers([13, 9, 5, 1]), [None, None, Some(true), Some(true)]);
        let end = Slot::NONCES - 1;
        assert_eq!(
            answers([end - 4, end, 3, 7]),
            [None, None, Some(true), Some(true)]
        );
    }
}
