//! Which algorithms a miner can hash, by what it said when it logged in.

use std::sync::Arc;

use crate::work::Algorithm;

/// The first version of XMRig and xmrig-proxy that knows `rx/2`.
const KNOWS_RX2: (u32, u32) = (6, 26);

/// What a miner can hash.
///
/// XMRig lists its algorithms at login; what it lists is all it takes. A miner that lists none takes
/// whatever it is sent, as miners did before there was a list: anything but `rx/2`, which is younger
/// than that, unless its agent is a version that knows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Capability {
    /// None where the miner listed none. Shared by all that list the same, and by copies.
    listed: Option<Arc<[Algorithm]>>,
    /// The agent is a version that knows `rx/2`.
    young: bool,
}

impl Capability {
    /// Most algorithms kept of a list. XMRig lists about thirty.
    pub const MOST: usize = 64;

    /// Of a miner that listed these algorithms at login (none: it has no list) and has this agent.
    #[must_use]
    pub fn of(algorithms: &[Algorithm], agent: &str) -> Self {
        let mut listed: Vec<Algorithm> = Vec::new();
        for algorithm in algorithms {
            if listed.len() < Self::MOST && !listed.contains(algorithm) {
                listed.push(algorithm.clone());
            }
        }
        Self {
            listed: (!listed.is_empty()).then(|| listed.into()),
            young: program_of(agent).is_some_and(|(_, knows)| knows),
        }
    }

    /// Whether the miner can hash this.
    #[must_use]
    pub fn can(&self, algorithm: &Algorithm) -> bool {
        match &self.listed {
            Some(listed) => listed.contains(algorithm),
            None => self.young || *algorithm != Algorithm::Rx2,
        }
    }

    /// What it listed; empty where it has no list.
    #[must_use]
    pub fn listed(&self) -> &[Algorithm] {
        self.listed.as_deref().unwrap_or_default()
    }
}

/// A program whose versions are known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Program {
    Xmrig,
    XmrigProxy,
}

/// The program of an agent such as `XMRig/6.26.0 (Linux x86_64) …` or `xmrig-proxy/6.26.0 …`, and
/// whether its version knows `rx/2`; none for others, and where no version is told.
pub(super) fn program_of(agent: &str) -> Option<(Program, bool)> {
    let name = agent.split_whitespace().next().unwrap_or_default();
    let (program, version) = name.split_once('/')?;
    let program = if program.eq_ignore_ascii_case("xmrig") {
        Program::Xmrig
    } else if program.eq_ignore_ascii_case("xmrig-proxy") {
        Program::XmrigProxy
    } else {
        return None;
    };
    let mut numbers = version
        .trim_start_matches('v')
        .split(|letter: char| !letter.is_ascii_digit())
        .map(|number| number.parse::<u32>().ok());
    let knows = match (numbers.next().flatten()?, numbers.next().flatten()) {
        (major, Some(minor)) => (major, minor) >= KNOWS_RX2,
        (major, None) => major > KNOWS_RX2.0,
    };
    Some((program, knows))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "XMRig/6.25.0 (Linux x86_64) libuv/1.51.0 gcc/13.2.1";
    const NEW: &str = "XMRig/6.26.0 (Linux x86_64) libuv/1.51.0 gcc/13.2.1";

    #[test]
    fn what_a_miner_lists_is_all_it_takes() {
        let wow = Algorithm::named("rx/wow");
        let capability = Capability::of(&[Algorithm::Rx0, wow.clone(), wow.clone()], NEW);
        assert!(capability.can(&Algorithm::Rx0) && capability.can(&wow));
        assert!(!capability.can(&Algorithm::Rx2), "not listed, however new");
        assert_eq!(capability.listed(), [Algorithm::Rx0, wow]);
        assert!(Capability::of(&[Algorithm::Rx2], OLD).can(&Algorithm::Rx2));
    }

    #[test]
    fn without_a_list_anything_goes_but_version_2_for_old_programs() {
        for (agent, knows) in [
            (OLD, false),
            (NEW, true),
            ("xmrig-proxy/6.26.0 (Linux)", true),
            ("xmrig-proxy/6.9.0", false),
            ("XMRig/6.26", true),
            ("XMRig/6.100.1-dev", true),
            ("XMRig/7", true),
            ("XMRig/6", false),
            ("xmr-stak/99.0", false),
            ("XMRig", false),
            ("XMRig/", false),
            ("XMRig/99999999999999999999.1", false),
            ("", false),
        ] {
            let capability = Capability::of(&[], agent);
            assert!(capability.can(&Algorithm::Rx0), "{agent}");
            assert!(capability.can(&Algorithm::named("cn/r")), "{agent}");
            assert_eq!(capability.can(&Algorithm::Rx2), knows, "{agent}");
        }
    }

    #[test]
    fn a_hostile_list_is_bounded() {
        let many: Vec<Algorithm> = (0..5_000)
            .map(|at| Algorithm::named(&format!("x/{at}")))
            .collect();
        let capability = Capability::of(&many, "");
        assert_eq!(capability.listed().len(), Capability::MOST);
        assert!(!capability.can(&Algorithm::Rx0));
    }
}
