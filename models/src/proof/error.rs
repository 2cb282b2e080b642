//! What can go wrong before a hash is computed.

/// Why a cache, dataset or virtual machine could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The system refused the memory of a cache.
    #[error("no memory for a RandomX cache (256 MiB)")]
    CacheMemory,
    /// The system refused the memory of a dataset.
    #[error("no memory for a RandomX dataset (2080 MiB)")]
    DatasetMemory,
    /// The system refused the memory of a virtual machine.
    #[error("no memory for a RandomX virtual machine (2 MiB)")]
    VmMemory,
    /// The linked library computes version 1 only.
    #[error("this build does not know RandomX version 2")]
    NoVersion2,
    /// A machine in fast mode has a dataset and takes no cache.
    #[error("a RandomX virtual machine in fast mode takes no cache")]
    NotLight,
}

/// Why this machine must not judge shares: its own hashes are not to be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelfTestError {
    /// Nothing could be computed.
    #[error("the RandomX self-test could not run: {0}")]
    NotRun(#[from] ProofError),
    /// A published test vector was not reproduced.
    #[error("RandomX is broken here: the hash of {input:?} came to {computed}, not {published}")]
    WrongHash {
        /// What was hashed.
        input: &'static str,
        /// What this machine made of it.
        computed: crate::work::ResultHash,
        /// What it should have been.
        published: crate::work::ResultHash,
    },
}
