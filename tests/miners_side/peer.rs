//! Lines recorded with another proxy, told in terms of a session with ours.

use serde_json::Value;
use zartrux::demo::target::Target64;
use zartrux::demo::wire::Job;

use crate::support::sim_miner::slot_of;

/// What a login gave to a miner: with another proxy, or with ours.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// Repeated in each request.
    pub(crate) id: String,
    /// The job under way.
    pub(crate) job: Job,
}

impl Session {
    /// Reads a login's reply.
    pub(crate) fn of_reply(line: &str) -> Self {
        let reply: Value = serde_json::from_str(line).expect("JSON");
        Self {
            id: text(&reply["result"]["id"]),
            job: serde_json::from_value(reply["result"]["job"].clone()).expect("a job"),
        }
    }
}

/// The text of a JSON string.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().expect("a string").to_owned()
}

/// The pool's job of which a proxy gave `job` to a miner: its slot byte is free.
pub(crate) fn as_pool_sent(job: &Job) -> Job {
    Job {
        blob: with_slot(&job.blob, 0),
        ..job.clone()
    }
}

/// A miner's line to another proxy as it would be to ours: session, job and slot byte are ours.
/// A nonce outside its lease there is outside the lease here.
pub(crate) fn to_ours(line: &str, theirs: &Session, ours: &Session) -> String {
    let mut line = line
        .replace(&quoted(&theirs.id), &quoted(&ours.id))
        .replace(&quoted(&theirs.job.job_id), &quoted(&ours.job.job_id));
    if let Some(nonce) = field(&line, "nonce").filter(|nonce| nonce.len() == 8) {
        let slot = u8::from_str_radix(&nonce[6..], 16).expect("hex");
        let off = slot.wrapping_sub(slot_of(&theirs.job));
        let slot = slot_of(&ours.job).wrapping_add(off);
        let upper = nonce.chars().any(|c| c.is_ascii_uppercase());
        let hex = if upper {
            format!("{slot:02X}")
        } else {
            format!("{slot:02x}")
        };
        line = line.replace(&quoted(&nonce), &quoted(&format!("{}{hex}", &nonce[..6])));
    }
    line
}

/// A line of ours as the other proxy would have written it, had it given these ids and this slot.
/// The target is the same one, there perhaps in 4 bytes: ours writes 8 always.
pub(crate) fn to_theirs(line: &str, ours: &Session, theirs: &Session) -> String {
    let target = |job: &Job| Target64::from_wire(&job.target).expect("a target");
    assert_eq!(target(&ours.job), target(&theirs.job), "the same target");
    line.replace(&quoted(&ours.id), &quoted(&theirs.id))
        .replace(&quoted(&ours.job.job_id), &quoted(&theirs.job.job_id))
        .replace(&quoted(&ours.job.target), &quoted(&theirs.job.target))
        .replace(
            &ours.job.blob,
            &with_slot(&ours.job.blob, slot_of(&theirs.job)),
        )
}

/// The value of a string field of a line, spelt as it stands there.
pub(crate) fn field(line: &str, name: &str) -> Option<String> {
    let (_, rest) = line.split_once(&format!("\"{name}\":\""))?;
    rest.split_once('"').map(|(value, _)| value.to_owned())
}

fn with_slot(blob: &str, slot: u8) -> String {
    format!("{}{slot:02x}{}", &blob[..84], &blob[86..])
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}
