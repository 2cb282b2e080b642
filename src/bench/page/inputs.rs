//! The reports that the page is made from.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use super::peer::{MEASURED, Published};
use crate::bench::report::{Document, Row};

/// The most lanes that a report is looked for of.
const MOST_LANES: u16 = 64;

/// All that is on the page.
pub(super) struct Inputs {
    pub(super) peer: Published,
    /// `bench fanout`, which begins with all of `bench idle`.
    pub(super) fanout: Named,
    pub(super) share: Named,
    pub(super) saturate: Named,
    pub(super) churn: Named,
    /// `bench fanout` of farms of many sizes.
    pub(super) growth: Named,
    /// `bench share` of farms of many sizes.
    pub(super) growth_share: Named,
    /// By the number of lanes.
    pub(super) lanes: Vec<OfLanes>,
}

/// What was measured with so many lanes.
pub(super) struct OfLanes {
    pub(super) lanes: u16,
    pub(super) saturate: Named,
    pub(super) fanout: Named,
}

/// A report and its file's name, without what says the type.
pub(super) struct Named {
    pub(super) name: String,
    pub(super) document: Document,
}

impl Named {
    fn read(folder: &Path, name: &str) -> Result<Self> {
        Ok(Self {
            name: name.to_owned(),
            document: Document::read(&folder.join(format!("{name}.json")))?,
        })
    }
}

impl Inputs {
    /// Reads all of them.
    ///
    /// # Errors
    /// When one is missing or holds something else; when a report of lanes is not of as many as its
    /// name says.
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let read = |name: &str| Named::read(folder, name);
        let mut lanes = Vec::new();
        for number in 1..=MOST_LANES {
            let name = format!("lanes-{number}-saturate");
            if !folder.join(format!("{name}.json")).exists() {
                continue;
            }
            let of_lanes = OfLanes {
                lanes: number,
                saturate: read(&name)?,
                fanout: read(&format!("lanes-{number}-fanout"))?,
            };
            for report in [&of_lanes.saturate, &of_lanes.fanout] {
                ensure!(
                    report.document.lanes == Some(number),
                    "{}.json is not of {number} lanes",
                    report.name
                );
            }
            lanes.push(of_lanes);
        }
        ensure!(
            !lanes.is_empty(),
            "{}: no report lanes-1-saturate.json or of any other number of lanes",
            folder.display()
        );
        let inputs = Self {
            peer: Published::read(&folder.join("xmrig-proxy-6.26.json"))?,
            fanout: read("fanout")?,
            share: read("share")?,
            saturate: read("saturate")?,
            churn: read("churn")?,
            growth: read("growth-fanout")?,
            growth_share: read("growth-share")?,
            lanes,
        };
        inputs.check().context("the reports")?;
        Ok(inputs)
    }

    fn check(&self) -> Result<()> {
        for report in self.all() {
            ensure!(
                !report.document.figures.is_empty(),
                "{}.json has no figures",
                report.name
            );
        }
        Ok(())
    }

    /// Whether a report has the peer's figures too, measured in turn with ours.
    pub(super) fn peer_is_measured(&self) -> bool {
        let is_peer = |row: &Row| row.subject == MEASURED;
        self.all()
            .iter()
            .any(|report| report.document.figures.iter().any(is_peer))
    }

    /// All reports, in the order in which they are made.
    pub(super) fn all(&self) -> Vec<&Named> {
        let mut all = vec![
            &self.fanout,
            &self.share,
            &self.saturate,
            &self.churn,
            &self.growth,
            &self.growth_share,
        ];
        for of_lanes in &self.lanes {
            all.extend([&of_lanes.saturate, &of_lanes.fanout]);
        }
        all
    }
}
