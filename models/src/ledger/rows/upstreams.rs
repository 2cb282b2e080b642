//! Names of upstreams, for the numbers that are stored.

use crate::ledger::UpstreamId;

/// Who knows the names behind the numbers.
pub trait UpstreamNames {
    /// The name of an upstream; none if its number stands for nothing.
    fn name_of(&self, id: UpstreamId) -> Option<&str>;

    /// The number of a name, given to it if it has none; none if there are no numbers left.
    fn id_of(&mut self, name: &str) -> Option<UpstreamId>;
}

/// Names in the order of their numbers, kept in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpstreamList(Vec<Box<str>>);

impl UpstreamList {
    /// Most names: imported files bring their own, and a search goes through all.
    pub const MOST: usize = 1024;

    /// The names in the order of their numbers.
    #[must_use]
    pub const fn new(names: Vec<Box<str>>) -> Self {
        Self(names)
    }
}

impl UpstreamNames for UpstreamList {
    fn name_of(&self, id: UpstreamId) -> Option<&str> {
        self.0.get(usize::from(id.0)).map(|name| &**name)
    }

    fn id_of(&mut self, name: &str) -> Option<UpstreamId> {
        let known = self.0.iter().position(|known| **known == *name);
        let place = match known {
            Some(place) => place,
            None if self.0.len() < Self::MOST => {
                self.0.push(name.into());
                self.0.len() - 1
            }
            None => return None,
        };
        u16::try_from(place).ok().map(UpstreamId)
    }
}
