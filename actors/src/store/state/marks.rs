//! What the store says of itself: its run, its machine, the names of upstreams, marks of others.
//! These are written at once, and not with the next checkpoint.

use zartrux_models::ledger::{Mark, UpstreamId, cut};

use super::{StateBook, StateError, keys};

const RUN: &str = "run";
const NODE: &str = "node";

impl StateBook {
    /// The number of the last start of the process; 0 before the first.
    ///
    /// # Errors
    /// The database can't be read.
    pub fn last_run(&self) -> Result<u32, StateError> {
        Ok(self.own_number(RUN)?.unwrap_or(0))
    }

    /// The number of this start of the process, from 1 and above what the ledger knows of: no other
    /// start ever gets it.
    ///
    /// # Errors
    /// The database can't be read or written.
    pub fn next_run(&mut self, in_ledger: u32) -> Result<u32, StateError> {
        let run = self.last_run()?.max(in_ledger).saturating_add(1);
        self.put(keys::SELF, RUN, &run.to_le_bytes())?;
        Ok(run)
    }

    /// The number of this machine among those whose ledgers are brought together; none if it was
    /// given none.
    ///
    /// # Errors
    /// The database can't be read.
    pub fn node(&self) -> Result<Option<u16>, StateError> {
        let node = self.own_number(NODE)?;
        Ok(node.and_then(|node| u16::try_from(node).ok()))
    }

    /// Gives this machine a number.
    ///
    /// # Errors
    /// The database can't be written.
    pub fn put_node(&mut self, node: u16) -> Result<(), StateError> {
        self.put(keys::SELF, NODE, &u32::from(node).to_le_bytes())
    }

    fn own_number(&self, name: &str) -> Result<Option<u32>, StateError> {
        let bytes = self.get(keys::SELF, name)?;
        let number = bytes.and_then(|bytes| bytes.try_into().ok());
        Ok(number.map(u32::from_le_bytes))
    }

    /// The number of an upstream's name, which it keeps for ever. Of a name, at most 200 bytes
    /// count.
    ///
    /// # Errors
    /// The database can't be written, or 65,535 names have a number.
    pub fn upstream_id(&mut self, name: &str) -> Result<UpstreamId, StateError> {
        let name = cut(name);
        if let Some(id) = self.upstreams.get(name) {
            return Ok(*id);
        }
        // From the highest, for a number whose name is damaged is not free.
        let last = self.tree.scan_prefix([keys::UPSTREAM]).keys().next_back();
        let last = last.transpose().map_err(|why| self.failed(why))?;
        let last = last.and_then(|key| Some(u16::from_be_bytes(key.get(1..3)?.try_into().ok()?)));
        let next = last.map_or(Some(0), |last| last.checked_add(1));
        let id = next.filter(|id| *id < u16::MAX).map(UpstreamId);
        let id = id.ok_or(StateError::TooManyUpstreams)?;
        let mark = Mark {
            name: name.into(),
            bytes: id.0.to_le_bytes().to_vec(),
        };
        self.tree
            .insert(keys::upstream(id), mark.to_bytes())
            .map_err(|why| self.failed(why))?;
        self.flush()?;
        self.upstreams.insert(name.into(), id);
        Ok(id)
    }

    /// All names of upstreams that have a number, in no order.
    pub fn upstreams(&self) -> impl Iterator<Item = (UpstreamId, &str)> {
        self.upstreams.iter().map(|(name, id)| (*id, &**name))
    }

    pub(super) fn read_upstreams(&mut self) -> Result<(), StateError> {
        for found in self.tree.scan_prefix([keys::UPSTREAM]) {
            let (key, value) = found.map_err(|why| self.failed(why))?;
            if let Some((id, mark)) = self.upstream_in(&key, &value) {
                self.upstreams.insert(mark.name, id);
            }
        }
        Ok(())
    }

    pub(super) fn upstream_in(&self, key: &[u8], value: &[u8]) -> Option<(UpstreamId, Mark)> {
        let mark = Mark::from_bytes(value).map_err(|why| why.to_string());
        let read = mark.and_then(|mark| match <[u8; 2]>::try_from(&*mark.bytes) {
            Ok(id) => Ok((UpstreamId(u16::from_le_bytes(id)), mark)),
            Err(_) => Err("is no name of an upstream".to_owned()),
        });
        self.or_damaged(key, read, |(id, _)| keys::upstream(*id))
    }

    /// What was put under a name, if it was and can be read.
    ///
    /// # Errors
    /// The database can't be read.
    pub fn get_mark(&self, name: &str) -> Result<Option<Vec<u8>>, StateError> {
        self.get(keys::MARK, name)
    }

    /// Puts bytes under a name.
    ///
    /// # Errors
    /// The database can't be written.
    pub fn put_mark(&mut self, name: &str, bytes: &[u8]) -> Result<(), StateError> {
        self.put(keys::MARK, name, bytes)
    }

    fn get(&self, sort: u8, name: &str) -> Result<Option<Vec<u8>>, StateError> {
        let key = keys::mark(sort, name);
        let found = self.tree.get(&key).map_err(|why| self.failed(why))?;
        let mark = found.and_then(|value| self.mark_in(&key, &value));
        Ok(mark.map(|mark| mark.bytes))
    }

    pub(super) fn mark_in(&self, key: &[u8], value: &[u8]) -> Option<Mark> {
        let read = Mark::from_bytes(value).map_err(|why| why.to_string());
        let sort = key.first().copied().unwrap_or(keys::MARK);
        self.or_damaged(key, read, |mark| keys::mark(sort, &mark.name))
    }

    fn put(&self, sort: u8, name: &str, bytes: &[u8]) -> Result<(), StateError> {
        let mark = Mark {
            name: name.into(),
            bytes: bytes.to_vec(),
        };
        self.tree
            .insert(keys::mark(sort, name), mark.to_bytes())
            .map_err(|why| self.failed(why))?;
        self.flush()
    }
}
