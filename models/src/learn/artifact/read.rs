//! From a file to a model.

use sha2::{Digest as _, Sha256};

use super::write::CONFIG;
use super::{BadArtifact, Digest, FILE_MAX, Header, Learnt, MAGIC, VERSION};
use crate::filter::ModelId;

/// Bytes of a SHA-256.
const DIGEST: usize = 32;

/// Answers that differ by less are the same: the order of sums is not.
const SAME: f64 = 1e-9;

/// A model that was read and found whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Artifact<T> {
    /// Which it is.
    pub id: ModelId,
    /// Of its file.
    pub digest: Digest,
    /// What it says of itself.
    pub header: Header,
    /// The model.
    pub model: T,
}

/// The parts of a file whose checksum is right.
struct Parts<'a> {
    header: Header,
    body: &'a [u8],
    digest: Digest,
}

/// What a file says of itself, checked as far as that goes without knowing its model: for lists.
///
/// # Errors
/// It is no model, or is damaged.
pub fn read_header(file: &[u8]) -> Result<(ModelId, Header), BadArtifact> {
    let parts = parts(file)?;
    Ok((parts.digest.model_id(), parts.header))
}

/// Reads a model and checks everything that its file says of it.
///
/// # Errors
/// Why it is not to be trusted.
pub fn read<T: Learnt>(file: &[u8]) -> Result<Artifact<T>, BadArtifact> {
    let Parts {
        header,
        body,
        digest,
    } = parts(file)?;
    if header.slot != T::SLOT {
        return Err(BadArtifact::OtherSlot {
            found: header.slot,
            wanted: T::SLOT,
        });
    }
    if header.schema != T::SCHEMA {
        return Err(BadArtifact::Schema {
            found: header.schema,
            known: T::SCHEMA,
        });
    }
    if header.features != T::features() {
        return Err(BadArtifact::Features);
    }
    let model: T = decoded("body", body)?;
    model.check().map_err(BadArtifact::Numbers)?;
    let answers = model.answers();
    if answers.len() != header.answers.len() {
        return Err(BadArtifact::Answers(answers.len()));
    }
    for (place, (now, then)) in answers.iter().zip(&header.answers).enumerate() {
        let scale = then.abs().max(1.0);
        let differ = (now - then).abs();
        // What is no number is not the same either.
        if differ.is_nan() || differ > SAME * scale {
            return Err(BadArtifact::Answers(place));
        }
    }
    Ok(Artifact {
        id: digest.model_id(),
        digest,
        header,
        model,
    })
}

/// A file under a checksum that is right again, whatever was done to it: for tests of what is
/// checked besides.
#[must_use]
pub fn signed_anew(file: &[u8]) -> Vec<u8> {
    let mut signed = file[..file.len().saturating_sub(DIGEST)].to_vec();
    let digest: [u8; DIGEST] = Sha256::digest(&signed).into();
    signed.extend(digest);
    signed
}

fn parts(file: &[u8]) -> Result<Parts<'_>, BadArtifact> {
    if file.len() > FILE_MAX {
        return Err(BadArtifact::TooLong {
            length: file.len(),
            max: FILE_MAX,
        });
    }
    let rest = file.strip_prefix(&MAGIC).ok_or(BadArtifact::NoModel)?;
    let (version, rest) = rest
        .split_first_chunk()
        .ok_or(BadArtifact::CutShort("beginning"))?;
    let version = u16::from_le_bytes(*version);
    if version != VERSION {
        return Err(BadArtifact::Layout(version));
    }
    let (header, rest) = part("header", rest)?;
    let (body, rest) = part("body", rest)?;
    let (digest, rest) = rest
        .split_first_chunk::<DIGEST>()
        .ok_or(BadArtifact::CutShort("checksum"))?;
    if !rest.is_empty() {
        return Err(BadArtifact::TooMuch(rest.len()));
    }
    let said = &file[..file.len() - DIGEST];
    let computed: [u8; DIGEST] = Sha256::digest(said).into();
    if computed != *digest {
        return Err(BadArtifact::Damaged);
    }
    Ok(Parts {
        header: decoded("header", header)?,
        body,
        digest: Digest(*digest),
    })
}

fn part<'a>(name: &'static str, bytes: &'a [u8]) -> Result<(&'a [u8], &'a [u8]), BadArtifact> {
    let (length, rest) = bytes
        .split_first_chunk()
        .ok_or(BadArtifact::CutShort(name))?;
    usize::try_from(u32::from_le_bytes(*length))
        .ok()
        .and_then(|length| rest.split_at_checked(length))
        .ok_or(BadArtifact::CutShort(name))
}

/// Reads no more memory than the file has: lengths are believed up to its own limit.
fn decoded<T: serde::de::DeserializeOwned>(
    part: &'static str,
    bytes: &[u8],
) -> Result<T, BadArtifact> {
    let unreadable = |why: String| BadArtifact::Unreadable { part, why };
    let config = CONFIG.with_limit::<FILE_MAX>();
    let (value, read) = bincode::serde::decode_from_slice(bytes, config)
        .map_err(|fault| unreadable(fault.to_string()))?;
    if read == bytes.len() {
        Ok(value)
    } else {
        Err(unreadable(format!("{} bytes too many", bytes.len() - read)))
    }
}
