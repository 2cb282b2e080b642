//! Names of upstreams.

use zartrux_models::ledger::UpstreamId;
use zartrux_models::ledger::rows::UpstreamNames;

/// The names that the ledger's numbers stand for. Numbers are their own names, `#3`, until the
/// store keeps a list; a share from a file that names its upstream otherwise is kept without it.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Whether the last row named an upstream that has no number here.
    has_unknown: bool,
}

/// Stands in for a name that has no number, until the share is looked at.
const UNKNOWN: UpstreamId = UpstreamId(u16::MAX);

impl Names {
    /// An upstream as it can be kept.
    pub(super) fn kept(&mut self, id: Option<UpstreamId>) -> Option<UpstreamId> {
        self.has_unknown |= id == Some(UNKNOWN);
        id.filter(|id| *id != UNKNOWN)
    }

    /// Whether any share had to go without its upstream.
    pub(super) const fn has_unknown(&self) -> bool {
        self.has_unknown
    }
}

impl UpstreamNames for Names {
    fn name_of(&self, _id: UpstreamId) -> Option<&str> {
        None
    }

    fn id_of(&mut self, name: &str) -> Option<UpstreamId> {
        let number = name
            .strip_prefix('#')
            .and_then(|digits| digits.parse().ok());
        Some(number.map_or(UNKNOWN, UpstreamId))
    }
}
