//! The job as miners get it: rendered once per upstream job, patched per miner.

use crate::work::{Blob, Difficulty, IssuedJob, JobKey, Slot, Target, Work};

/// The id under which a miner gets a job: the job's number and the miner's slot, so that a lease
/// renewed within a job is another job to the miner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MinerJobId {
    /// The upstream job.
    pub job: JobKey,
    /// The lease.
    pub slot: Slot,
}

impl MinerJobId {
    /// Length of the text.
    pub const LEN: usize = 10;

    /// Reads 8 hex digits of the job's number and 2 of the slot, in lower case as given out.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != Self::LEN || text.bytes().any(|b| b == b'x') {
            return None;
        }
        let mut bytes = [0; Self::LEN / 2];
        const_hex::decode_to_slice(text, &mut bytes).ok()?;
        let [a, b, c, d, slot] = bytes;
        Some(Self {
            job: JobKey(u32::from_be_bytes([a, b, c, d])),
            slot: Slot(slot),
        })
    }
}

const NOTIFY_HEAD: &[u8] = br#"{"jsonrpc":"2.0","method":"job","params":"#;
const NOTIFY_TAIL: &[u8] = b"}\n";

/// One upstream job as JSON with the three places that differ between miners.
#[derive(Debug, Clone)]
pub struct JobLine {
    /// The whole notification, newline included.
    notify: Vec<u8>,
    work: Work,
    blob_at: usize,
    id_slot_at: usize,
    target_at: usize,
}

impl JobLine {
    /// Renders a job; the fields and their order are xmrig-proxy's.
    #[must_use]
    pub fn render(issued: &IssuedJob) -> Self {
        let job = &issued.job;
        let mut notify = Vec::with_capacity(512);
        notify.extend_from_slice(NOTIFY_HEAD);
        notify.extend_from_slice(br#"{"blob":""#);
        let blob_at = notify.len();
        notify.extend_from_slice(job.work.blob_for(Slot(0)).to_hex().as_bytes());
        notify.extend_from_slice(br#"","job_id":""#);
        notify.extend_from_slice(issued.key.to_string().as_bytes());
        let id_slot_at = notify.len();
        notify.extend_from_slice(br#"00","target":""#);
        let target_at = notify.len();
        notify.extend_from_slice(&job.target.to_hex_ascii());
        notify.extend_from_slice(br#"","algo":""#);
        super::reply::push_escaped(&mut notify, job.algorithm.name());
        notify.push(b'"');
        if let Some(height) = job.height {
            notify.extend_from_slice(br#","height":"#);
            notify.extend_from_slice(height.to_string().as_bytes());
        }
        if let Some(seed) = job.seed {
            notify.extend_from_slice(br#","seed_hash":""#);
            notify.extend_from_slice(&seed.to_hex_ascii());
            notify.push(b'"');
        }
        notify.push(b'}');
        notify.extend_from_slice(NOTIFY_TAIL);
        Self {
            notify,
            work: job.work.clone(),
            blob_at,
            id_slot_at,
            target_at,
        }
    }

    /// The notification line for one miner.
    pub fn patch(&mut self, slot: Slot, difficulty: Difficulty) -> &[u8] {
        let slot_hex = hex_of(slot);
        match &self.work {
            Work::Sliced(_) => {
                let at = self.blob_at + 2 * Blob::SLOT_OFFSET;
                self.notify[at..][..2].copy_from_slice(&slot_hex);
            }
            Work::Template(page) => {
                // As long as that of any other lease.
                let blob = page.blob(slot).to_hex();
                self.notify[self.blob_at..][..blob.len()].copy_from_slice(blob.as_bytes());
            }
        }
        self.notify[self.id_slot_at..][..2].copy_from_slice(&slot_hex);
        self.notify[self.target_at..][..Target::HEX_LEN]
            .copy_from_slice(&difficulty.target().to_hex_ascii());
        &self.notify
    }

    /// The job object alone for one miner, as the login reply holds it.
    pub fn patch_object(&mut self, slot: Slot, difficulty: Difficulty) -> &[u8] {
        self.patch(slot, difficulty);
        &self.notify[NOTIFY_HEAD.len()..self.notify.len() - NOTIFY_TAIL.len()]
    }
}

const fn hex_of(slot: Slot) -> [u8; 2] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    [
        DIGITS[(slot.0 >> 4) as usize],
        DIGITS[(slot.0 & 15) as usize],
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::{Algorithm, JobOrigin, PoolKey, SeedHash, UpstreamJob};

    #[test]
    fn the_patched_line_is_the_job_with_this_miners_slot_and_target() {
        let issued = IssuedJob {
            key: JobKey(0x1f),
            plan: crate::plan::SlotPlan::identity(),
            origin: JobOrigin {
                pool: PoolKey(0),
                connection: 1,
            },
            job: UpstreamJob {
                id: "pool-id".into(),
                work: Blob::from_hex(&"00".repeat(77)).unwrap().into(),
                target: Difficulty::new(1000).target(),
                algorithm: Algorithm::Rx0,
                height: Some(3),
                seed: Some(SeedHash::new([0xab; 32])),
                next_seed: None,
                network_difficulty: None,
            },
        };
        let mut line = JobLine::render(&issued);
        for slot in [Slot(0xb2), Slot(0x07)] {
            let text = std::str::from_utf8(line.patch(slot, Difficulty::new(20))).unwrap();
            assert!(text.ends_with("}}\n"));
            let json: serde_json::Value = serde_json::from_str(text).unwrap();
            let params = &json["params"];
            assert_eq!(params["target"], "cccccccccccccc0c");
            assert_eq!(params["height"], 3);
            assert_eq!(params["seed_hash"], "ab".repeat(32));
            let blob = const_hex::decode(params["blob"].as_str().unwrap()).unwrap();
            assert_eq!((blob.len(), blob[42]), (77, slot.0));
            let id = MinerJobId::parse(params["job_id"].as_str().unwrap()).unwrap();
            assert_eq!(
                id,
                MinerJobId {
                    job: JobKey(0x1f),
                    slot
                }
            );
            let object: serde_json::Value =
                serde_json::from_slice(line.patch_object(slot, Difficulty::new(20))).unwrap();
            assert_eq!(&object, params);
        }
    }

    #[test]
    fn foreign_job_ids_are_not_ours() {
        for text in [
            "",
            "zz",
            "0x0000001f",
            "0000001f0",
            "0000001f000",
            "g000001f00",
        ] {
            assert_eq!(MinerJobId::parse(text), None, "{text}");
        }
    }
}
