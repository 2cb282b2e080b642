//! The fields of a pool's job, and the checks that make them work for miners.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::stratum::text::Text;
use crate::work::{
    Algorithm, BadBlob, BadTarget, BadTemplate, Blob, NotHex32, SeedHash, Target, UpstreamJob,
};

/// A job as a pool sent it, unchecked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct JobFields<'a> {
    /// Hex.
    #[serde(borrow)]
    pub blob: Option<Text<'a>>,
    /// The pool's own.
    #[serde(borrow)]
    pub job_id: Option<Text<'a>>,
    /// 8 or 16 hex digits, little-endian.
    #[serde(borrow)]
    pub target: Option<Text<'a>>,
    /// Name of the algorithm; some pools leave it out.
    #[serde(borrow)]
    pub algo: Option<Text<'a>>,
    /// Of the block being mined. Nothing depends on it, so that a strange one is none.
    #[serde(default, deserialize_with = "lenient_number")]
    pub height: Option<u64>,
    /// 64 hex digits.
    #[serde(borrow)]
    pub seed_hash: Option<Text<'a>>,
    /// 64 hex digits, or empty.
    #[serde(borrow)]
    pub next_seed_hash: Option<Text<'a>>,
    /// A whole block template in hex: the template dialect alone has this and all that follows.
    #[serde(borrow)]
    pub blocktemplate_blob: Option<Text<'a>>,
    /// Which sort of coin's template; left out by some pools.
    #[serde(default, borrow, deserialize_with = "lenient_text")]
    pub blob_type: Option<Text<'a>>,
    /// First of the bytes that are free, the pool's own among them.
    #[serde(default, deserialize_with = "lenient_number")]
    pub reserved_offset: Option<u64>,
    /// Where the lease's number goes.
    #[serde(default, deserialize_with = "lenient_number")]
    pub client_nonce_offset: Option<u64>,
    /// Where our number goes.
    #[serde(default, deserialize_with = "lenient_number")]
    pub client_pool_offset: Option<u64>,
    /// What the pool pays for, in hashes.
    #[serde(default, deserialize_with = "lenient_number")]
    pub target_diff: Option<u64>,
    /// What a block takes, in hashes.
    #[serde(default, deserialize_with = "lenient_number")]
    pub difficulty: Option<u64>,
    /// Whether the pool gives out its own number instead of the lease's.
    #[serde(default, deserialize_with = "lenient_yes")]
    pub using_dynamic_nonce: bool,
}

fn lenient_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Text<'de>>, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?;
    Ok(serde_json::from_str(raw.get()).ok())
}

fn lenient_yes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(<&RawValue>::deserialize(deserializer)?.get() == "true")
}

fn lenient_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?;
    Ok(raw.get().trim_matches('"').parse().ok())
}

/// Why a pool's job can't be mined.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadJob {
    /// A field that every job needs.
    #[error("job.{0} is missing")]
    Missing(&'static str),
    /// Empty, or longer than any pool's.
    #[error("job.job_id of {0} bytes: 1 to {max} are taken", max = JobFields::MAX_ID)]
    Id(usize),
    /// See [`BadBlob`].
    #[error("job.blob: {0}")]
    Blob(#[from] BadBlob),
    /// See [`BadTarget`].
    #[error("job.target: {0}")]
    Target(#[from] BadTarget),
    /// Neither named nor to be guessed.
    #[error("job.algo is missing, and so is job.seed_hash, which would tell that it is rx/0")]
    Algorithm,
    /// Without it no RandomX hash can be computed.
    #[error("job.seed_hash is missing, which {0} needs")]
    NoSeed(Algorithm),
    /// See [`NotHex32`].
    #[error("job.seed_hash: {0}")]
    Seed(#[from] NotHex32),
    /// A number that the template dialect needs.
    #[error("job.{0} is missing, or is no whole number above zero")]
    Number(&'static str),
    /// Not an even number of hex digits.
    #[error("job.blocktemplate_blob is not hexadecimal")]
    TemplateForm,
    /// See [`BadTemplate`].
    #[error("job.blocktemplate_blob: {0}")]
    Template(#[from] BadTemplate),
    /// Of a coin whose blocks are hashed otherwise.
    #[error("job.blob_type is {0}: templates of this sort are not understood")]
    BlobType(Box<str>),
    /// The pool keeps for itself what leases need.
    #[error(
        "the pool's job leaves no number to hand out (using_dynamic_nonce, or an offset among the \
         pool's own bytes): set dialect = \"stratum\" for it"
    )]
    PoolsNonce,
    /// Asked for templates, it sent a blob.
    #[error("the pool does not speak the template dialect: set dialect = \"stratum\" for it")]
    NoTemplates,
    /// Asked for blobs, it sent a template.
    #[error("the pool sends block templates only: set dialect = \"template\" for it")]
    OnlyTemplates,
}

impl JobFields<'_> {
    /// Longest job id taken, bytes; known pools use up to 36.
    pub const MAX_ID: usize = 128;

    /// Checks every field.
    ///
    /// # Errors
    /// The first that can't be used, by name.
    pub fn check(&self) -> Result<UpstreamJob, BadJob> {
        let id = self.checked_id()?;
        if self.has_template_only() {
            return Err(BadJob::OnlyTemplates);
        }
        let blob = Blob::from_hex(required(self.blob.as_ref(), "blob")?)?;
        let target = Target::from_hex(required(self.target.as_ref(), "target")?)?;
        let (algorithm, seed) = self.hashing(blob.as_bytes())?;
        Ok(UpstreamJob {
            id: id.into(),
            work: blob.into(),
            target,
            algorithm,
            height: self.height,
            seed,
            next_seed: self.next_seed(),
            network_difficulty: None,
        })
    }

    pub(super) fn checked_id(&self) -> Result<&str, BadJob> {
        let id = required(self.job_id.as_ref(), "job_id")?;
        if id.is_empty() || id.len() > Self::MAX_ID {
            return Err(BadJob::Id(id.len()));
        }
        Ok(id)
    }

    /// The algorithm, and its key where it needs one. Blobs and templates begin with the block's
    /// version.
    pub(super) fn hashing(&self, block: &[u8]) -> Result<(Algorithm, Option<SeedHash>), BadJob> {
        let seed = present(self.seed_hash.as_ref())
            .map(SeedHash::from_hex)
            .transpose()?;
        let algorithm = match present(self.algo.as_ref()) {
            Some(name) => Algorithm::named(name),
            // One of Monero's: the block says which. A version of several bytes begins with one
            // above 127.
            None if seed.is_some() => {
                let major = block.first().copied().unwrap_or_default();
                Algorithm::of_block_version(major.into())
            }
            None => return Err(BadJob::Algorithm),
        };
        if seed.is_none() && algorithm.name().starts_with("rx/") {
            return Err(BadJob::NoSeed(algorithm));
        }
        Ok((algorithm, seed))
    }

    /// Only a hint to prepare early: a strange one is none.
    pub(super) fn next_seed(&self) -> Option<SeedHash> {
        present(self.next_seed_hash.as_ref()).and_then(|text| SeedHash::from_hex(text).ok())
    }
}

pub(super) fn required<'t>(
    field: Option<&'t Text<'_>>,
    name: &'static str,
) -> Result<&'t str, BadJob> {
    field.map(|text| &**text).ok_or(BadJob::Missing(name))
}

fn present<'t>(field: Option<&'t Text<'_>>) -> Option<&'t str> {
    field.map(|text| &**text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::Difficulty;

    fn fields() -> JobFields<'static> {
        JobFields {
            blob: Some("1010a6878cd806418015bb9ae982a1975da7d79277c2705727a56894ba0fb246adaabb1f4632e30000000049e62296c011d6a0cc29785b1cf329eb215eb4035154af221e046092a9cd993001".into()),
            job_id: Some("bcc6cb09e3a13772".into()),
            target: Some("44444404".into()),
            algo: Some("rx/0".into()),
            height: Some(3),
            seed_hash: Some("418015bb9ae982a1975da7d79277c2705727a56894ba0fb246adaabb1f4632e3".into()),
            ..JobFields::default()
        }
    }

    #[test]
    fn a_good_job_keeps_every_field() {
        let job = fields().check().unwrap();
        assert_eq!(&*job.id, "bcc6cb09e3a13772");
        assert_eq!(job.target.difficulty(), Difficulty::new(60));
        assert_eq!((job.algorithm, job.height), (Algorithm::Rx0, Some(3)));
        assert!(job.seed.is_some());
        assert_eq!(job.next_seed, None);
    }

    #[test]
    fn each_bad_field_is_named() {
        type Change = fn(&mut JobFields<'static>);
        let cases: [(Change, &str); 12] = [
            (|job| job.blob = None, "job.blob is missing"),
            (|job| job.job_id = None, "job.job_id is missing"),
            (|job| job.target = None, "job.target is missing"),
            (|job| job.job_id = Some("".into()), "job.job_id of 0 bytes"),
            (
                |job| job.job_id = Some(Text("x".repeat(129).into())),
                "job.job_id of 129 bytes",
            ),
            (
                |job| job.blob = Some("zz".into()),
                "job.blob: blob is not hex",
            ),
            (
                |job| job.blob = Some("00".into()),
                "job.blob: blob of 1 bytes",
            ),
            (
                |job| job.blob = Some(Text("ff".repeat(76).into())),
                "simple mode",
            ),
            (
                |job| job.target = Some("00000000".into()),
                "job.target: target is zero",
            ),
            (
                |job| job.seed_hash = Some("0x12".into()),
                "job.seed_hash: not 64",
            ),
            (
                |job| job.seed_hash = None,
                "job.seed_hash is missing, which rx/0 needs",
            ),
            (
                |job| (job.seed_hash, job.algo) = (None, None),
                "job.algo is missing, and so is",
            ),
        ];
        for (change, expected) in cases {
            let mut job = fields();
            change(&mut job);
            let refused = job.check().unwrap_err().to_string();
            assert!(
                refused.contains(expected),
                "{refused:?} should contain {expected:?}"
            );
        }
    }

    #[test]
    fn a_seed_alone_means_moneros_by_its_block_and_foreign_algorithms_need_none() {
        let mut job = fields();
        job.algo = None;
        assert_eq!(job.check().unwrap().algorithm, Algorithm::Rx0);
        let forked = format!("11{}", &job.blob.as_ref().unwrap()[2..]);
        job.blob = Some(forked.as_str().into());
        assert_eq!(job.check().unwrap().algorithm, Algorithm::Rx2);
        job.algo = Some("rx/0".into());
        assert_eq!(job.check().unwrap().algorithm, Algorithm::Rx0, "its word");
        (job.algo, job.seed_hash) = (Some("cn/r".into()), None);
        assert_eq!(job.check().unwrap().algorithm.name(), "cn/r");
        job.algo = Some("rx/wow".into());
        assert_eq!(job.check(), Err(BadJob::NoSeed(Algorithm::named("rx/wow"))));
    }

    #[test]
    fn what_is_only_a_hint_never_spoils_a_job() {
        let line = r#"{"blob":"","height":"3","next_seed_hash":""}"#;
        assert_eq!(
            serde_json::from_str::<JobFields<'_>>(line).unwrap().height,
            Some(3)
        );
        for height in ["-1", "1.5", "null", "[]", "\"many\""] {
            let line = format!(r#"{{"height":{height}}}"#);
            assert_eq!(
                serde_json::from_str::<JobFields<'_>>(&line).unwrap().height,
                None
            );
        }
        let mut job = fields();
        job.next_seed_hash = Some("soon".into());
        assert_eq!(job.check().unwrap().next_seed, None);
    }
}
