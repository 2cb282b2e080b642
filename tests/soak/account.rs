//! The account of every job, lease and share, by the soak's own arithmetic. It knows no clock and no
//! socket: it is told what was seen, and says what must not have been.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Number of a job of some pool's connection, from 1; never given twice.
pub(crate) type JobNumber = u64;
/// Number of a connection of a miner, from 1; never given twice.
pub(crate) type MinerNumber = u64;
/// Number of a connection of the proxy with a pool, from 1; never given twice.
pub(crate) type ConnNumber = u64;
/// A share wherever it is found: its job and its nonce as it is on the wire.
pub(crate) type Key = (JobNumber, u32);

/// Jobs that are remembered at least, so that late shares and leases can be judged.
const JOBS_KEPT: usize = 2_000;

/// What a share should come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Meets the pool's target.
    Upstream,
    /// Meets its miner's target only.
    Local,
    /// Must be refused; the reason.
    Bad(&'static str),
}

/// What the pool said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Taken,
    Refused(String),
    /// It does not answer.
    None,
}

#[derive(Debug)]
struct Entry {
    class: Class,
    result: [u8; 32],
    at_pool: Option<Verdict>,
    oks: u32,
}

#[derive(Debug)]
struct Job {
    conn: ConnNumber,
    /// Place among the jobs of its connection.
    place: u64,
    entries: HashMap<u32, Entry>,
    /// Who holds a slot, by its byte.
    tenants: HashMap<u8, MinerNumber>,
}

#[derive(Debug, Default)]
struct Conn {
    jobs: u64,
    ended: bool,
}

#[derive(Debug)]
struct Asked {
    key: Key,
    class: Class,
}

#[derive(Debug, Default)]
struct Miner {
    asked: HashMap<i64, Asked>,
}

/// An error reply to a good share, for which the reason must be seen yet.
#[derive(Debug)]
struct Doubt {
    key: Key,
    text: String,
    /// Whether its job was old enough when the reply came.
    was_old: bool,
}

/// Counts for the report.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    pub(crate) jobs: u64,
    pub(crate) leases: u64,
    pub(crate) leased_again: u64,
    pub(crate) sent: u64,
    pub(crate) forwarded: u64,
    pub(crate) accepted: u64,
    pub(crate) credited: u64,
    pub(crate) refused_rightly: u64,
    pub(crate) refused_by_pool: u64,
    pub(crate) explained: BTreeMap<String, u64>,
    pub(crate) unknown_end: u64,
    pub(crate) checks: BTreeMap<&'static str, u64>,
}

/// The account.
#[derive(Debug, Default)]
pub(crate) struct Account {
    last_job: JobNumber,
    jobs: BTreeMap<JobNumber, Job>,
    conns: HashMap<ConnNumber, Conn>,
    miners: HashMap<MinerNumber, Miner>,
    doubts: Vec<Doubt>,
    /// Acknowledged since the ledger was last looked at.
    acknowledged: Vec<Key>,
    found: Vec<(&'static str, String)>,
    pub(crate) tally: Tally,
}

impl Account {
    fn say(&mut self, invariant: &'static str, text: String) {
        // The first is what counts; a flood of them says no more.
        if self.found.len() < 100 {
            self.found.push((invariant, text));
        }
    }

    fn checked(&mut self, invariant: &'static str) {
        *self.tally.checks.entry(invariant).or_default() += 1;
    }

    /// What was found since the last call.
    pub(crate) fn take_found(&mut self) -> Vec<(&'static str, String)> {
        std::mem::take(&mut self.found)
    }

    // --- the pool's side ---

    pub(crate) fn conn_opened(&mut self, conn: ConnNumber) {
        self.conns.insert(conn, Conn::default());
    }

    pub(crate) fn conn_ended(&mut self, conn: ConnNumber) {
        self.conns.entry(conn).or_default().ended = true;
    }

    /// A job that is about to be sent to a connection.
    pub(crate) fn new_job(&mut self, conn: ConnNumber) -> JobNumber {
        self.last_job += 1;
        self.tally.jobs += 1;
        let of = self.conns.entry(conn).or_default();
        of.jobs += 1;
        let job = Job {
            conn,
            place: of.jobs,
            entries: HashMap::new(),
            tenants: HashMap::new(),
        };
        self.jobs.insert(self.last_job, job);
        self.last_job
    }

    /// A submit that came over `conn`, and what the pool says to it.
    pub(crate) fn at_pool(
        &mut self,
        conn: ConnNumber,
        (job, nonce): Key,
        result: &[u8; 32],
        verdict: Verdict,
    ) {
        self.checked("I1");
        self.tally.forwarded += 1;
        let Some(known) = self.jobs.get_mut(&job) else {
            return self.say(
                "I1",
                format!("the pool got a share for job {job}, which is none"),
            );
        };
        let of = known.conn;
        let wrong = match known.entries.get_mut(&nonce) {
            _ if of != conn => Some(format!("of connection {of} came over connection {conn}")),
            None => Some("was sent by nobody".to_owned()),
            Some(entry) if entry.at_pool.is_some() => Some("came to the pool twice".to_owned()),
            Some(entry) => {
                entry.at_pool = Some(verdict);
                let altered = (entry.result != *result).then(|| "was altered".to_owned());
                altered.or_else(|| match entry.class {
                    Class::Upstream => None,
                    Class::Local => Some("misses the pool's target".to_owned()),
                    Class::Bad(why) => Some(format!("is bad: {why}")),
                })
            }
        };
        if let Some(wrong) = wrong {
            self.say(
                "I1",
                format!("a share at the pool (job {job}, nonce {nonce:08x}) {wrong}"),
            );
        }
    }

    // --- the miners' side ---

    pub(crate) fn miner_came(&mut self, miner: MinerNumber) {
        self.miners.insert(miner, Miner::default());
    }

    /// Its connection is over; what it had asked and not heard of may have ended in any way.
    pub(crate) fn miner_left(&mut self, miner: MinerNumber) {
        if let Some(gone) = self.miners.remove(&miner) {
            self.tally.unknown_end += gone.asked.len() as u64;
        }
    }

    /// A miner has a job, in the slot of this byte.
    pub(crate) fn leased(&mut self, miner: MinerNumber, job: JobNumber, slot: u8) {
        self.checked("I3");
        let Some(known) = self.jobs.get_mut(&job) else {
            return self.say(
                "I3",
                format!("miner {miner} was given job {job}, which is none"),
            );
        };
        let before = known.tenants.insert(slot, miner);
        let Some(before) = before.filter(|before| *before != miner) else {
            self.tally.leases += 1;
            return;
        };
        let used = known.entries.iter().any(|(nonce, entry)| {
            let there = entry.at_pool.is_some() || entry.oks > 0;
            nonce.to_le_bytes()[3] == slot && there
        });
        if self.miners.contains_key(&before) {
            let text =
                format!("slot {slot:02x} of job {job} is held by {before}, and given to {miner}");
            self.say("I3", text);
        } else if used {
            let text = format!(
                "slot {slot:02x} of job {job}, in which {before} has submitted, is given to {miner}"
            );
            self.say("I3", text);
        } else {
            self.tally.leased_again += 1;
        }
    }

    /// A miner is about to submit.
    pub(crate) fn sent(
        &mut self,
        miner: MinerNumber,
        id: i64,
        key: Key,
        class: Class,
        result: [u8; 32],
    ) {
        self.tally.sent += 1;
        if let Some(of) = self.miners.get_mut(&miner) {
            of.asked.insert(id, Asked { key, class });
        }
        let Some(job) = self.jobs.get_mut(&key.0) else {
            return;
        };
        // A nonce that is submitted again is the same share.
        job.entries.entry(key.1).or_insert(Entry {
            class,
            result,
            at_pool: None,
            oks: 0,
        });
    }

    /// A miner is about to submit a nonce that is not its own: whoever has it may submit it too.
    pub(crate) fn sent_nowhere(&mut self, miner: MinerNumber, id: i64, key: Key, class: Class) {
        self.tally.sent += 1;
        if let Some(of) = self.miners.get_mut(&miner) {
            of.asked.insert(id, Asked { key, class });
        }
    }

    /// A miner has read a reply to a submit: the error's text, if it is one.
    pub(crate) fn answered(&mut self, miner: MinerNumber, id: i64, error: Option<&str>) {
        self.checked("I4");
        let asked = self
            .miners
            .get_mut(&miner)
            .and_then(|of| of.asked.remove(&id));
        let Some(Asked { key, class }) = asked else {
            return self.say(
                "I4",
                format!("miner {miner} got an answer to {id}, for which it does not wait"),
            );
        };
        self.checked("I1");
        match (class, error) {
            (Class::Bad(_), Some(_)) => self.tally.refused_rightly += 1,
            // Where the first found its pool gone, the second may be taken.
            (Class::Upstream | Class::Local | Class::Bad("again"), None) => self.acknowledge(key),
            (Class::Bad(why), None) => {
                self.say(
                    "I1",
                    format!("a bad share of miner {miner} was acknowledged: {why}"),
                );
            }
            (Class::Upstream | Class::Local, Some(text)) => self.doubt(key, text),
        }
    }

    fn acknowledge(&mut self, key: Key) {
        let Some(entry) = self
            .jobs
            .get_mut(&key.0)
            .and_then(|job| job.entries.get_mut(&key.1))
        else {
            return;
        };
        entry.oks += 1;
        let wrong = match (entry.class, &entry.at_pool) {
            _ if entry.oks > 1 => Some("twice".to_owned()),
            (Class::Upstream, Some(Verdict::Taken)) | (Class::Local, None) => None,
            (class, at_pool) => Some(format!("while it is {class:?}, at the pool: {at_pool:?}")),
        };
        if entry.class == Class::Local {
            self.tally.credited += 1;
        } else {
            self.tally.accepted += 1;
        }
        self.acknowledged.push(key);
        if let Some(wrong) = wrong {
            self.say("I1", format!("share {key:x?} was acknowledged {wrong}"));
        }
    }

    fn doubt(&mut self, key: Key, text: &str) {
        let Some(job) = self.jobs.get(&key.0) else {
            return;
        };
        let at_pool = job
            .entries
            .get(&key.1)
            .and_then(|entry| entry.at_pool.as_ref());
        if let Some(Verdict::Refused(_)) = at_pool {
            self.tally.refused_by_pool += 1;
            return;
        }
        let newest = self.conns.get(&job.conn).map_or(0, |conn| conn.jobs);
        let doubt = Doubt {
            key,
            text: text.to_owned(),
            was_old: newest >= job.place + 2,
        };
        self.doubts.push(doubt);
    }

    /// Looks whether each error that a good share was answered with has its reason: its job was
    /// two or more behind, the connection that brought it has ended, or the pool has it and is silent.
    ///
    /// One that has none yet is kept, and found once it is the `last` time to ask: the end of a
    /// connection is seen later at one of its sides.
    pub(crate) fn settle_doubts(&mut self, last: bool) {
        for doubt in std::mem::take(&mut self.doubts) {
            let job = self.jobs.get(&doubt.key.0);
            let conn = job.and_then(|job| self.conns.get(&job.conn));
            let ended = conn.is_none_or(|conn| conn.ended);
            let entry = job.and_then(|job| job.entries.get(&doubt.key.1));
            let at_pool = entry.and_then(|entry| entry.at_pool.as_ref());
            let silent = at_pool == Some(&Verdict::None);
            let excused = match doubt.text.as_str() {
                "Block expired" => doubt.was_old || ended,
                "Bad gateway" => ended || silent,
                _ => false,
            };
            if excused {
                let why = match (doubt.was_old, ended) {
                    (true, _) => "job too old",
                    (false, true) => "connection gone",
                    (false, false) => "pool silent",
                };
                let said = format!("{} ({why})", doubt.text);
                *self.tally.explained.entry(said).or_default() += 1;
            } else if last {
                let (job, nonce) = doubt.key;
                let text = format!(
                    "a good share (job {job}, nonce {nonce:08x}) was answered {:?}, and neither is \
                     its job old nor its connection gone; at the pool: {at_pool:?}",
                    doubt.text
                );
                self.say("I1", text);
            } else {
                self.doubts.push(doubt);
            }
        }
        self.forget();
    }

    /// Errors to good shares that have no reason yet.
    pub(crate) const fn doubts(&self) -> usize {
        self.doubts.len()
    }

    /// Submits that wait for their answer.
    pub(crate) fn outstanding(&self) -> usize {
        self.miners.values().map(|miner| miner.asked.len()).sum()
    }

    /// Connections of miners that are open.
    pub(crate) fn miners(&self) -> usize {
        self.miners.len()
    }

    /// A submit that was not answered, in words.
    pub(crate) fn one_outstanding(&self) -> Option<String> {
        let mut all = self.miners.iter();
        all.find_map(|(miner, of)| {
            let (id, asked) = of.asked.iter().next()?;
            let ((job, nonce), class) = (asked.key, asked.class);
            Some(format!(
                "miner {miner}, request {id}, job {job}, nonce {nonce:08x}, {class:?}"
            ))
        })
    }

    /// What was acknowledged since the last call.
    pub(crate) fn take_acknowledged(&mut self) -> Vec<Key> {
        std::mem::take(&mut self.acknowledged)
    }

    /// Old jobs go, whose connection has gone or is far beyond them.
    fn forget(&mut self) {
        while self.jobs.len() > JOBS_KEPT {
            self.jobs.pop_first();
        }
        let of: HashSet<ConnNumber> = self.jobs.values().map(|job| job.conn).collect();
        self.conns
            .retain(|conn, state| !state.ended || of.contains(conn));
    }

    /// Which connections are open.
    pub(crate) fn open_conns(&self) -> BTreeSet<ConnNumber> {
        let open = self.conns.iter().filter(|(_, conn)| !conn.ended);
        open.map(|(conn, _)| *conn).collect()
    }
}
