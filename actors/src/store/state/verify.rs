//! A look at every value.

use super::{Damage, StateBook, StateError, keys};

/// What was found whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Verified {
    /// Rigs, the forgotten ones together counted as one.
    pub rigs: u64,
    /// Pages of roll-ups.
    pub pages: u64,
    /// Marks and names of upstreams.
    pub marks: u64,
}

impl StateBook {
    /// Reads everything that is written, and tells of each value that does not check out.
    ///
    /// # Errors
    /// The database can't be read.
    pub fn verify(&self, mut tell: impl FnMut(Damage)) -> Result<Verified, StateError> {
        let mut verified = Verified::default();
        let earlier = std::mem::take(&mut *self.damage.borrow_mut());
        for found in &self.tree {
            let (key, value) = found.map_err(|why| self.failed(why))?;
            let (count, whole) = match key.first().copied().unwrap_or(0) {
                keys::RIG => (&mut verified.rigs, self.rig_in(&key, &value).is_some()),
                keys::PAGE | keys::TOTAL => {
                    (&mut verified.pages, self.page_in(&key, &value).is_some())
                }
                keys::MARK | keys::SELF => {
                    (&mut verified.marks, self.mark_in(&key, &value).is_some())
                }
                keys::UPSTREAM => (
                    &mut verified.marks,
                    self.upstream_in(&key, &value).is_some(),
                ),
                _ => {
                    let unknown: Result<(), _> = Err("is under a key of no known sort".to_owned());
                    let none = self.or_damaged(&key, unknown, |()| Vec::new());
                    (&mut verified.marks, none.is_some())
                }
            };
            *count += u64::from(whole);
            self.damage.borrow_mut().drain(..).for_each(&mut tell);
        }
        *self.damage.borrow_mut() = earlier;
        Ok(verified)
    }
}
