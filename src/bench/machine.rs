//! The machine a figure was taken on, as far as it matters to read it.

use std::fs;

use serde::{Deserialize, Serialize};

/// Where and with what build the figures were taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// The processor's model name.
    pub(crate) cpu: String,
    /// Cores this process may use.
    pub(crate) cores: usize,
    /// Kernel release.
    pub(crate) kernel: String,
    /// Load average over one minute before the first run: what else was going on.
    pub(crate) load_before: String,
    /// `release` or `debug`: the build of the generator, and of the proxy if it is this program.
    pub(crate) build: String,
    /// Descriptors that one process may have at most; none in old reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) descriptors: Option<u64>,
}

impl Machine {
    /// Reads what there is; unknown parts say so.
    pub(crate) fn read() -> Self {
        let file = |path: &str| fs::read_to_string(path).unwrap_or_default();
        Self {
            cpu: model(&file("/proc/cpuinfo")).unwrap_or_else(|| "unknown".to_owned()),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            kernel: match file("/proc/sys/kernel/osrelease").trim() {
                "" => "unknown".to_owned(),
                release => release.to_owned(),
            },
            load_before: file("/proc/loadavg")
                .split(' ')
                .next()
                .unwrap_or_default()
                .to_owned(),
            build: if cfg!(debug_assertions) {
                "debug".to_owned()
            } else {
                "release".to_owned()
            },
            descriptors: rlimit::Resource::NOFILE.get().ok().map(|(_, hard)| hard),
        }
    }
}

/// The first model name in `/proc/cpuinfo`; ARM kernels give none.
fn model(cpuinfo: &str) -> Option<String> {
    cpuinfo.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == "model name").then(|| value.trim().to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_named_by_its_first_core() {
        let text = "processor\t: 0\nmodel name\t: One\nprocessor\t: 1\nmodel name\t: Two\n";
        assert_eq!(model(text).as_deref(), Some("One"));
        assert_eq!(model("processor: 0\n"), None);
    }

    #[test]
    fn a_machine_has_at_least_one_core() {
        assert!(Machine::read().cores >= 1);
    }
}
