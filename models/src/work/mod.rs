//! Work: algorithms, blobs, nonces, targets, jobs.

mod algorithm;
mod blob;
mod division;
mod hash;
mod job;
mod job_table;
mod nonce;
mod target;
mod template;

pub use algorithm::Algorithm;
pub use blob::{BadBlob, Blob};
pub use division::{LeasedNonce, TemplatePage, Work};
pub use hash::{BlockId, NotHex32, ResultHash, SeedHash};
pub use job::{IssuedJob, JobKey, JobOrigin, PoolKey, UpstreamJob};
pub use job_table::{Found, JobTable, Lateness, NonceSetId};
pub use nonce::{BadNonce, Nonce, Slot};
pub use target::{BadTarget, Difficulty, Target};
pub use template::{BadTemplate, BlockTemplate};
