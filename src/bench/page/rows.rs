//! The figures that are held beside the peer's, and where each is to be found.

use super::inputs::{Inputs, Named};
use super::verdict::Better;

/// Sizes of the farms that the peer was measured with.
pub(super) const SIZES: [usize; 2] = [1_000, 10_000];
/// Miners under way at once in churn.
const AT_ONCE: usize = 64;

/// A figure of a workload.
#[derive(Clone, Copy)]
pub(super) struct Figure {
    /// What the workload is called on the page.
    pub(super) title: &'static str,
    /// What it is called in a report.
    pub(super) workload: &'static str,
    pub(super) figure: &'static str,
    /// What the figure is called on the page.
    pub(super) words: &'static str,
    pub(super) unit: &'static str,
    pub(super) better: Better,
    /// Whether it is a time, which differs from hour to hour.
    pub(super) drifts: bool,
    source: Source,
}

#[derive(Clone, Copy)]
enum Source {
    Fanout,
    Share,
    Saturate,
    Churn,
}

impl Figure {
    /// The report that has it.
    pub(super) const fn report<'a>(&self, inputs: &'a Inputs) -> &'a Named {
        match self.source {
            Source::Fanout => &inputs.fanout,
            Source::Share => &inputs.share,
            Source::Saturate => &inputs.saturate,
            Source::Churn => &inputs.churn,
        }
    }
}

/// A part of the table.
pub(super) struct Part {
    pub(super) title: String,
    pub(super) miners: usize,
    pub(super) figures: Vec<Figure>,
}

/// All parts, in the order of the page.
pub(super) fn parts() -> Vec<Part> {
    let of_size = |miners: usize| Part {
        title: format!("{} miners", super::show(miners)),
        miners,
        figures: OF_MINERS.to_vec(),
    };
    let mut parts: Vec<Part> = SIZES.map(of_size).into();
    parts.push(Part {
        title: "Coming and going".to_owned(),
        miners: AT_ONCE,
        figures: OF_CHURN.to_vec(),
    });
    parts
}

const fn figure(
    (title, workload, source): (&'static str, &'static str, Source),
    (figure, words, unit): (&'static str, &'static str, &'static str),
    better: Better,
    drifts: bool,
) -> Figure {
    Figure {
        title,
        workload,
        figure,
        words,
        unit,
        better,
        drifts,
        source,
    }
}

const IDLE: (&str, &str, Source) = ("idle", "idle", Source::Fanout);
const FANOUT: (&str, &str, Source) = ("fan-out", "fan-out", Source::Fanout);
const SHARE: (&str, &str, Source) = ("submit, 1,000/s", "share, 1000/s", Source::Share);
const SATURATE: (&str, &str, Source) = ("saturate", "saturate", Source::Saturate);
const QUIET: (&str, &str, Source) = ("churn, no new job", "churn, no new job", Source::Churn);
const BUSY: (&str, &str, Source) = (
    "churn, a job each second",
    "churn, a job each 1s",
    Source::Churn,
);

const OF_MINERS: [Figure; 15] = [
    figure(IDLE, same("logins per second", "1/s"), Better::More, true),
    figure(IDLE, same("CPU per login", "µs"), Better::Less, true),
    figure(
        IDLE,
        same("resident memory per miner", "KiB"),
        Better::Less,
        false,
    ),
    figure(
        IDLE,
        same("resident memory of the whole process", "MiB"),
        Better::Less,
        false,
    ),
    figure(
        IDLE,
        same("CPU when nothing happens", "% of a core"),
        Better::Less,
        true,
    ),
    figure(IDLE, same("upstream connections", ""), Better::Less, false),
    figure(
        FANOUT,
        same("pool's write → miner has it, 50 %", "ms"),
        Better::Less,
        true,
    ),
    figure(
        FANOUT,
        ("99 %", "pool's write → miner has it, 99 %", "ms"),
        Better::Less,
        true,
    ),
    figure(
        FANOUT,
        same("CPU per miner and job", "µs"),
        Better::Less,
        true,
    ),
    figure(SHARE, same("miner → pool, 50 %", "µs"), Better::Less, true),
    figure(SHARE, same("miner → pool, 99 %", "µs"), Better::Less, true),
    figure(SHARE, same("miner → reply, 50 %", "µs"), Better::Less, true),
    figure(SHARE, same("CPU per share", "µs"), Better::Less, true),
    figure(
        SATURATE,
        ("highest, nothing lost", "most shares, nothing lost", "1/s"),
        Better::More,
        true,
    ),
    figure(
        SATURATE,
        ("CPU per share at the highest", "CPU per share", "µs"),
        Better::Less,
        true,
    ),
];

/// The same three of both forms.
const OF_CHURN: [Figure; 6] = [
    figure(QUIET, CYCLES, Better::More, true),
    figure(QUIET, OPENED, Better::Less, false),
    figure(QUIET, KEPT, Better::Less, false),
    figure(BUSY, CYCLES, Better::More, true),
    figure(BUSY, OPENED, Better::Less, false),
    figure(BUSY, KEPT, Better::Less, false),
];

const CYCLES: (&str, &str, &str) = same("connect-login-leave cycles per second", "1/s");
const OPENED: (&str, &str, &str) = same("upstream connections opened", "");
const KEPT: (&str, &str, &str) = same("memory kept per cycle", "bytes");

/// A figure that the page calls what the report calls it.
const fn same(
    name: &'static str,
    unit: &'static str,
) -> (&'static str, &'static str, &'static str) {
    (name, name, unit)
}
