//! What is known of the miners of a swarm.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;
use zartrux::demo::wire::{FromPool, Job, LoggedIn};

/// Number of a miner, from 0 in the order in which they were told to join.
pub type MinerId = usize;

/// The request that logs a miner in.
pub(super) const LOGIN: i64 = 1;

/// One miner.
#[derive(Debug, Default)]
pub struct Member {
    /// Session id of its login; empty before.
    pub session: String,
    /// The job it got last.
    pub job: Option<Job>,
    /// Jobs that came, the login's counted too.
    pub jobs: u64,
    /// Replies by request, each a result or the text of an error. More than one is a fault.
    pub replies: BTreeMap<i64, Vec<Result<Value, String>>>,
    /// Whether the other side has closed, or the connection could not be made.
    pub closed: bool,
    last_request: i64,
    /// Blobs of the shares that were sent, by request.
    sent: HashMap<i64, String>,
}

/// All miners.
#[derive(Debug)]
pub struct SwarmState {
    members: HashMap<MinerId, Member>,
    owners: Option<HashMap<String, MinerId>>,
    /// Blobs, slot and all, of shares that were taken.
    used: HashSet<String>,
    /// What must never be: a blob, slot and all, that two miners were given, or one miner twice,
    /// unless the first one had left without a share that was taken.
    pub overlaps: Vec<String>,
    /// Lines that nobody could read.
    pub oddities: Vec<String>,
}

impl SwarmState {
    pub(super) fn new(owners: Option<HashMap<String, MinerId>>) -> Self {
        Self {
            members: HashMap::new(),
            owners,
            used: HashSet::new(),
            overlaps: Vec::new(),
            oddities: Vec::new(),
        }
    }

    /// A miner that has not left.
    pub fn of(&self, miner: MinerId) -> &Member {
        &self.members[&miner]
    }

    /// All that have not left.
    pub fn all(&self) -> impl Iterator<Item = (MinerId, &Member)> {
        self.members.iter().map(|(miner, member)| (*miner, member))
    }

    pub(super) fn join(&mut self, miner: MinerId) {
        let member = Member {
            last_request: LOGIN,
            ..Member::default()
        };
        self.members.insert(miner, member);
    }

    pub(super) fn leave(&mut self, miner: MinerId) {
        self.members.remove(&miner);
    }

    pub(super) fn next_request(&mut self, miner: MinerId) -> i64 {
        let member = self.members.get_mut(&miner).expect("a miner that is there");
        member.last_request += 1;
        member.last_request
    }

    /// A share for a blob is about to be sent.
    pub(super) fn sends(&mut self, miner: MinerId, request: i64, blob: &str) {
        if let Some(member) = self.members.get_mut(&miner)
            && self.owners.is_some()
        {
            member.sent.insert(request, blob.to_owned());
        }
    }

    pub(super) fn closed(&mut self, miner: MinerId) {
        if let Some(member) = self.members.get_mut(&miner) {
            member.closed = true;
        }
    }

    pub(super) fn heard(&mut self, miner: MinerId, line: &[u8]) {
        let Ok(heard) = serde_json::from_slice::<FromPool>(line) else {
            let line = String::from_utf8_lossy(line);
            self.oddities.push(format!("{miner}: {line}"));
            return;
        };
        if heard.method.as_deref() == Some("job") {
            let job = serde_json::from_value(heard.params).expect("a job");
            self.note_job(miner, job);
            return;
        }
        let id = heard.id.expect("a reply names its request");
        if id == LOGIN && heard.error.is_none() {
            let welcome: LoggedIn =
                serde_json::from_value(heard.result.clone()).expect("a login's reply");
            self.note_job(miner, welcome.job);
            if let Some(member) = self.members.get_mut(&miner) {
                member.session = welcome.id;
            }
        }
        if let Some(member) = self.members.get_mut(&miner) {
            let reply = match heard.error {
                None => Ok(heard.result),
                Some(fault) => Err(fault.message),
            };
            if let Some(blob) = member.sent.remove(&id).filter(|_| reply.is_ok()) {
                self.used.insert(blob);
            }
            member.replies.entry(id).or_default().push(reply);
        }
    }

    fn is_there(members: &HashMap<MinerId, Member>, miner: MinerId) -> bool {
        members.get(&miner).is_some_and(|member| !member.closed)
    }

    fn note_job(&mut self, miner: MinerId, job: Job) {
        if let Some(owners) = &mut self.owners
            && let Some(owner) = owners.insert(job.blob.clone(), miner)
            && (self.used.contains(&job.blob) || Self::is_there(&self.members, owner))
        {
            let again = format!("miner {miner} was given a job that miner {owner} had: {job:?}");
            self.overlaps.push(again);
        }
        if let Some(member) = self.members.get_mut(&miner) {
            member.job = Some(job);
            member.jobs += 1;
        }
    }
}
