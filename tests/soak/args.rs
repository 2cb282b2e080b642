//! What a soak is told by the environment.

use std::path::PathBuf;

/// How long, with which seed, of which program.
#[derive(Debug, Clone)]
pub(crate) struct Args {
    /// Seconds, about: what is under way is brought to its end.
    pub(crate) seconds: u64,
    /// Of the sequence of events, and of what miners and pools draw.
    pub(crate) seed: u64,
    /// The daemon's binary.
    pub(crate) program: PathBuf,
    /// Where the report goes as JSON.
    pub(crate) json: Option<PathBuf>,
    /// Miners that stay all the time.
    pub(crate) miners: usize,
}

/// Seconds of the short form.
const SHORT: u64 = 20;

impl Args {
    pub(crate) fn from_environment() -> Self {
        let number = |name: &str, default: u64| {
            let text = std::env::var(name).ok().filter(|text| !text.is_empty());
            text.map_or(default, |text| {
                text.parse()
                    .unwrap_or_else(|_| panic!("{name} is no whole number: {text:?}"))
            })
        };
        let path = |name: &str| std::env::var_os(name).filter(|path| !path.is_empty());
        let program = path("ZARTRUX_SOAK_PROGRAM");
        Self {
            seconds: number("ZARTRUX_SOAK_SECONDS", SHORT).max(SHORT),
            seed: number("ZARTRUX_SOAK_SEED", 1),
            program: program.map_or_else(|| env!("CARGO_BIN_EXE_zartrux").into(), PathBuf::from),
            json: path("ZARTRUX_SOAK_JSON").map(PathBuf::from),
            miners: usize::try_from(number("ZARTRUX_SOAK_MINERS", 40)).expect("a number of miners"),
        }
    }

    /// What repeats this run.
    pub(crate) fn command(&self) -> String {
        format!(
            "make soak SOAK_SECONDS={} SOAK_SEED={}",
            self.seconds, self.seed
        )
    }
}
