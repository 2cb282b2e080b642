//! The job of the template dialect.
//!
//! Of the reserved bytes the first eight are the pool's own; our number and the lease's follow, where
//! the job says. Checked here: that both stand within the reserved bytes and apart. The template
//! itself is checked by [`BlockTemplate`].

use std::sync::Arc;

use super::job::{BadJob, JobFields, required};
use crate::stratum::bounded_text;
use crate::work::{BlockTemplate, Difficulty, TemplatePage, UpstreamJob, Work};

/// Bytes at the beginning of the reserved ones by which the pool tells its clients apart.
const POOLS_OWN: u64 = 4;

impl JobFields<'_> {
    /// Whether it is a job of the template dialect and of no other.
    pub(super) const fn has_template_only(&self) -> bool {
        self.blob.is_none() && self.blocktemplate_blob.is_some()
    }

    /// Checks every field of a job of the template dialect. `number` is ours, the same for the whole
    /// connection; the work is the first page.
    ///
    /// # Errors
    /// The first that can't be used, by name.
    pub fn check_template(&self, number: u32) -> Result<UpstreamJob, BadJob> {
        let id = self.checked_id()?;
        if self.blob.is_some() && self.blocktemplate_blob.is_none() {
            return Err(BadJob::NoTemplates);
        }
        let hex = required(self.blocktemplate_blob.as_ref(), "blocktemplate_blob")?;
        if hex.len() / 2 > BlockTemplate::MAX_LEN {
            return Err(crate::work::BadTemplate::Long(hex.len() / 2).into());
        }
        let bytes = const_hex::decode(hex).map_err(|_| BadJob::TemplateForm)?;
        let blob_type = self.blob_type.as_deref().unwrap_or("cryptonote");
        if blob_type != "cryptonote" {
            return Err(BadJob::BlobType(bounded_text(blob_type)));
        }
        let (nonce_at, pool_at) = self.offsets()?;
        let template =
            BlockTemplate::parse(&bytes, nonce_at)?.with_bytes(pool_at, &number.to_be_bytes())?;
        let hashes = whole(self.target_diff, "target_diff")?;
        if hashes == 0 {
            return Err(BadJob::Number("target_diff"));
        }
        let (algorithm, seed) = self.hashing(&bytes)?;
        Ok(UpstreamJob {
            id: id.into(),
            height: Some(template.height()),
            work: Work::Template(TemplatePage::new(Arc::new(template), 0)),
            target: Difficulty::new(hashes).target(),
            algorithm,
            seed,
            next_seed: self.next_seed(),
            // One below the pool's own would make shares that the pool does not want blocks.
            network_difficulty: self
                .difficulty
                .filter(|network| *network >= hashes)
                .map(Difficulty::new),
        })
    }

    /// Where the lease's number and ours stand.
    fn offsets(&self) -> Result<(usize, usize), BadJob> {
        let nonce_at = whole(self.client_nonce_offset, "client_nonce_offset")?;
        let pool_at = whole(self.client_pool_offset, "client_pool_offset")?;
        let reserved = self.reserved_offset;
        let is_pools =
            |at: u64| reserved.is_some_and(|reserved| at < reserved.saturating_add(POOLS_OWN));
        if self.using_dynamic_nonce || is_pools(nonce_at) || is_pools(pool_at) {
            return Err(BadJob::PoolsNonce);
        }
        // What does not fit is far outside of every template.
        let at = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
        Ok((at(nonce_at), at(pool_at)))
    }
}

fn whole(field: Option<u64>, name: &'static str) -> Result<u64, BadJob> {
    field.ok_or(BadJob::Number(name))
}

#[cfg(test)]
mod tests;
