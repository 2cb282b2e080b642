//! What the program says of its own making: for reports of faults, and to see at a glance which build
//! runs where.

use std::fmt;
use std::sync::LazyLock;

use serde::Serialize;
use utoipa::ToSchema;
use zartrux_models::proof::{Features, SelfTestError, knows_v2, self_test};

use crate::fork::VersionKnown;

/// What stands for a fact that could not be found out when the program was built.
pub const UNKNOWN: &str = "unknown";

/// How this program was made, and what it works with on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BuildFacts {
    /// Of the program.
    pub version: &'static str,
    /// The commit, 40 hex digits, or `unknown`.
    pub commit: &'static str,
    /// Whether the source had changes that are in no commit; none where that is not known.
    pub dirty: Option<bool>,
    /// When the commit was made, RFC 3339, or `unknown`.
    pub commit_date: &'static str,
    /// The compiler.
    pub rustc: &'static str,
    /// For which system, such as `x86_64-unknown-linux-gnu`.
    pub target: &'static str,
    /// `release` or `debug`.
    pub profile: &'static str,
    /// How far the compiler optimised: `0` to `3`, `s` or `z`.
    pub opt_level: &'static str,
    /// Optional parts that it was built with.
    pub features: Vec<&'static str>,
    /// The RandomX library, by the crate that brings it.
    pub randomx: &'static str,
    /// Whether RandomX compiles its programs on this machine, rather than interpret them.
    pub randomx_jit: bool,
    /// Whether it uses the processor's AES on this machine.
    pub randomx_hard_aes: bool,
    /// The OpenSSL library that is loaded.
    pub openssl: &'static str,
}

/// Which versions of RandomX come out right on this machine: each computes its published hashes, or
/// does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct RandomxVersions {
    /// `rx/0`.
    pub v1: VersionKnown,
    /// `rx/2`.
    pub v2: VersionKnown,
}

impl RandomxVersions {
    /// Computes the published hashes: 256 MiB for about a second.
    #[must_use]
    pub fn tried() -> Self {
        match self_test() {
            Ok(()) => Self::of_prover(Some(knows_v2())),
            Err(SelfTestError::WrongHash { .. }) => Self {
                v1: VersionKnown::Unknown,
                v2: VersionKnown::of(Some(knows_v2())),
            },
            Err(SelfTestError::NotRun(_)) => Self::of_prover(None),
        }
    }

    /// Of a prover that runs, which begins with that test: whether it knows version 2. None: nothing is
    /// proved, and nobody has tried.
    #[must_use]
    pub fn of_prover(knows_v2: Option<bool>) -> Self {
        Self {
            v1: VersionKnown::of(knows_v2.map(|_| true)),
            v2: VersionKnown::of(knows_v2),
        }
    }
}

/// One line, as those of [`BuildFacts`].
impl fmt::Display for RandomxVersions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "proves:   rx/0 {}, rx/2 {}", self.v1, self.v2)
    }
}

/// What is known of this program.
#[must_use]
pub fn build_facts() -> BuildFacts {
    let machine = Features::detect();
    let features = env!("ZARTRUX_FACT_FEATURES");
    BuildFacts {
        version: env!("CARGO_PKG_VERSION"),
        commit: env!("ZARTRUX_FACT_COMMIT"),
        dirty: match env!("ZARTRUX_FACT_DIRTY") {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        },
        commit_date: env!("ZARTRUX_FACT_COMMIT_DATE"),
        rustc: env!("ZARTRUX_FACT_RUSTC"),
        target: env!("ZARTRUX_FACT_TARGET"),
        profile: env!("ZARTRUX_FACT_PROFILE"),
        opt_level: env!("ZARTRUX_FACT_OPT_LEVEL"),
        features: features.split(',').filter(|it| !it.is_empty()).collect(),
        randomx: concat!("randomx-rs ", env!("ZARTRUX_FACT_RANDOMX_RS")),
        randomx_jit: machine.jit(),
        randomx_hard_aes: machine.hard_aes(),
        openssl: openssl::version::version(),
    }
}

/// All facts, one a line, the version first, for `--version`.
#[must_use]
pub fn long_version() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| build_facts().to_string());
    &TEXT
}

/// One fact a line, the version first.
impl fmt::Display for BuildFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dirty = match self.dirty {
            Some(true) => " with changes that are in no commit",
            Some(false) | None => "",
        };
        let yes_no = |it: bool| if it { "yes" } else { "no" };
        let features = if self.features.is_empty() {
            "none".to_owned()
        } else {
            self.features.join(", ")
        };
        writeln!(f, "{}", self.version)?;
        writeln!(f, "commit:   {}{dirty}", self.commit)?;
        writeln!(f, "date:     {}", self.commit_date)?;
        writeln!(f, "compiler: {}", self.rustc)?;
        writeln!(f, "target:   {}", self.target)?;
        let (profile, level) = (self.profile, self.opt_level);
        writeln!(f, "profile:  {profile}, optimisation {level}")?;
        writeln!(f, "features: {features}")?;
        let (jit, aes) = (yes_no(self.randomx_jit), yes_no(self.randomx_hard_aes));
        writeln!(f, "RandomX:  {}, JIT {jit}, AES {aes}", self.randomx)?;
        write!(f, "OpenSSL:  {}", self.openssl)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commit_is_whole_or_unknown() {
        let facts = build_facts();
        let is_hash =
            facts.commit.len() == 40 && facts.commit.bytes().all(|b| b.is_ascii_hexdigit());
        assert!(is_hash || facts.commit == UNKNOWN, "{facts:?}");
        assert_eq!(
            facts.commit == UNKNOWN,
            facts.commit_date == UNKNOWN,
            "{facts:?}"
        );
    }

    #[test]
    fn what_any_build_knows_is_known() {
        let facts = build_facts();
        assert!(facts.rustc.starts_with("rustc 1."), "{facts:?}");
        assert!(facts.target.contains('-'), "{facts:?}");
        assert!(facts.randomx.starts_with("randomx-rs 1."), "{facts:?}");
        assert!(facts.openssl.starts_with("OpenSSL "), "{facts:?}");
        assert!(["debug", "release"].contains(&facts.profile), "{facts:?}");
    }

    #[test]
    fn each_fact_has_a_line_and_the_version_comes_first() {
        let facts = build_facts();
        let text = facts.to_string();
        assert_eq!(text.lines().next(), Some(facts.version));
        assert_eq!(text.lines().count(), 9, "{text}");
    }
}
