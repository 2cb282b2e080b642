//! Exit codes, as `sysexits.h` has them.

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitCode {
    /// Done.
    Done = 0,
    /// What was asked for did not come out as it should.
    Failed = 1,
    /// The command line is wrong.
    Usage = 64,
    /// No upstream served at start, and one was required.
    UpstreamUnavailable = 69,
    /// A fault of our own.
    Internal = 70,
    /// The configuration is wrong.
    Configuration = 78,
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}
