//! From a model to its file.

use bincode::config::{Configuration, Fixint, LittleEndian};
use sha2::{Digest as _, Sha256};

use super::{DataFacts, Header, Learnt, MAGIC, Metric, VERSION};
use crate::filter::ModelId;

pub(super) const CONFIG: Configuration<LittleEndian, Fixint> =
    bincode::config::legacy().with_little_endian();

/// The file of a model.
///
/// # Errors
/// Its numbers can't be a model's, or can't be written: what is amiss, in words.
pub fn write<T: Learnt>(
    model: &T,
    data: DataFacts,
    seed: u64,
    warm_from: Option<ModelId>,
    metrics: Vec<Metric>,
) -> Result<Vec<u8>, String> {
    model.check()?;
    let header = Header {
        slot: T::SLOT,
        schema: T::SCHEMA,
        features: T::features(),
        data,
        seed,
        warm_from,
        metrics,
        answers: model.answers(),
    };
    let mut out = Vec::new();
    out.extend(MAGIC);
    out.extend(VERSION.to_le_bytes());
    append(&mut out, &header)?;
    append(&mut out, model)?;
    let digest: [u8; 32] = Sha256::digest(&out).into();
    out.extend(digest);
    if out.len() > super::FILE_MAX {
        return Err(format!("{} bytes are too many for a model", out.len()));
    }
    Ok(out)
}

fn append(out: &mut Vec<u8>, part: &impl serde::Serialize) -> Result<(), String> {
    let bytes = bincode::serde::encode_to_vec(part, CONFIG).map_err(|fault| fault.to_string())?;
    let length = u32::try_from(bytes.len()).map_err(|fault| fault.to_string())?;
    out.extend(length.to_le_bytes());
    out.extend(bytes);
    Ok(())
}
