//! Whether a miner is ready for the fork to `rx/2`, by what it said of itself.

use super::Capability;
use super::capability::{Program, program_of};
use crate::work::Algorithm;

/// Whether a miner is going to follow when jobs are of `rx/2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Readiness {
    /// It said that it can hash `rx/2`, or is a program that can.
    Ready(ReadyBy),
    /// It can't: it gets no job from the fork on.
    NotReady(NotReadyBy),
    /// Nothing that it said tells.
    Unknown(UnknownBy),
}

/// Why a miner is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReadyBy {
    /// `rx/2` is among its algorithms.
    List,
    /// It has no list, but is a version of XMRig that knows `rx/2`.
    Version,
}

/// Why a miner is not ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotReadyBy {
    /// It lists algorithms without `rx/2`, and its program is too old or not known.
    List,
    /// It lists algorithms without `rx/2`, although its program knows it: its settings leave it out.
    Settings,
    /// It has no list, and is a version of XMRig or xmrig-proxy that does not know `rx/2`.
    Version,
}

/// Why nothing is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnknownBy {
    /// It has told neither a list nor a program.
    Silence,
    /// It has no list, and its program is none whose versions are known.
    Program,
    /// A proxy that knows `rx/2` and has no list: what its miners can do it does not say.
    Proxy,
}

impl Readiness {
    /// All names of [`Self::label`].
    pub const LABELS: [&str; 3] = ["ready", "not_ready", "unknown"];

    /// Of a miner with this list (empty: none) and agent.
    #[must_use]
    pub fn of(algorithms: &[Algorithm], agent: &str) -> Self {
        let program = program_of(agent);
        if !algorithms.is_empty() {
            return if algorithms.contains(&Algorithm::Rx2) {
                Self::Ready(ReadyBy::List)
            } else if Capability::of(&[], agent).can(&Algorithm::Rx2) {
                Self::NotReady(NotReadyBy::Settings)
            } else {
                Self::NotReady(NotReadyBy::List)
            };
        }
        match program {
            Some((Program::Xmrig, true)) => Self::Ready(ReadyBy::Version),
            Some((Program::XmrigProxy, true)) => Self::Unknown(UnknownBy::Proxy),
            Some((Program::Xmrig | Program::XmrigProxy, false)) => {
                Self::NotReady(NotReadyBy::Version)
            }
            None if agent.trim().is_empty() => Self::Unknown(UnknownBy::Silence),
            None => Self::Unknown(UnknownBy::Program),
        }
    }

    /// `ready`, `not_ready` or `unknown`.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Ready(_) => Self::LABELS[0],
            Self::NotReady(_) => Self::LABELS[1],
            Self::Unknown(_) => Self::LABELS[2],
        }
    }

    /// Why, in words for the operator.
    #[must_use]
    pub const fn why(self) -> &'static str {
        match self {
            Self::Ready(ReadyBy::List) => "it lists rx/2",
            Self::Ready(ReadyBy::Version) => "it lists nothing, but its version knows rx/2",
            Self::NotReady(NotReadyBy::List) => {
                "it does not list rx/2: update to XMRig 6.26 or later"
            }
            Self::NotReady(NotReadyBy::Settings) => {
                "its version knows rx/2, but it does not list it: see its own settings"
            }
            Self::NotReady(NotReadyBy::Version) => {
                "its version does not know rx/2: update to XMRig 6.26 or later"
            }
            Self::Unknown(UnknownBy::Silence) => "it has told neither its program nor algorithms",
            Self::Unknown(UnknownBy::Program) => {
                "it lists nothing, and its program is not known here: it gets no job of rx/2"
            }
            Self::Unknown(UnknownBy::Proxy) => {
                "a proxy that knows rx/2: what the miners behind it can hash it does not say"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "XMRig/6.25.0 (Linux x86_64)";
    const NEW: &str = "XMRig/6.26.0 (Linux x86_64)";

    #[test]
    fn a_list_says_it_all() {
        let both = [Algorithm::Rx0, Algorithm::Rx2];
        let old = [Algorithm::Rx0, Algorithm::named("cn/r")];
        for (list, agent, readiness) in [
            (&both, NEW, Readiness::Ready(ReadyBy::List)),
            (&both, "", Readiness::Ready(ReadyBy::List)),
            (&old, OLD, Readiness::NotReady(NotReadyBy::List)),
            (&old, "other/1.0", Readiness::NotReady(NotReadyBy::List)),
            (&old, NEW, Readiness::NotReady(NotReadyBy::Settings)),
        ] {
            assert_eq!(Readiness::of(list, agent), readiness, "{agent}");
        }
    }

    #[test]
    fn without_a_list_the_program_says_what_can_be_said() {
        for (agent, readiness) in [
            (NEW, Readiness::Ready(ReadyBy::Version)),
            (OLD, Readiness::NotReady(NotReadyBy::Version)),
            ("xmrig-proxy/6.26.0", Readiness::Unknown(UnknownBy::Proxy)),
            (
                "xmrig-proxy/6.22.0",
                Readiness::NotReady(NotReadyBy::Version),
            ),
            ("", Readiness::Unknown(UnknownBy::Silence)),
            (" ", Readiness::Unknown(UnknownBy::Silence)),
            ("xmr-stak/2.10", Readiness::Unknown(UnknownBy::Program)),
            ("XMRig", Readiness::Unknown(UnknownBy::Program)),
        ] {
            assert_eq!(Readiness::of(&[], agent), readiness, "{agent:?}");
        }
    }

    #[test]
    fn whoever_is_called_ready_or_not_gets_jobs_of_version_2_accordingly() {
        let lists: [&[Algorithm]; 3] = [&[], &[Algorithm::Rx0], &[Algorithm::Rx0, Algorithm::Rx2]];
        for list in lists {
            for agent in [OLD, NEW, "xmrig-proxy/6.22.0", "", "x/1"] {
                let can = Capability::of(list, agent).can(&Algorithm::Rx2);
                match Readiness::of(list, agent) {
                    Readiness::Ready(_) => assert!(can, "{agent}"),
                    Readiness::NotReady(_) => assert!(!can, "{agent}"),
                    Readiness::Unknown(why) => assert_eq!(can, why == UnknownBy::Proxy),
                }
            }
        }
    }
}
