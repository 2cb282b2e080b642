//! The command line of `bench`.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Subcommand, ValueEnum};

use super::crew::Work;
use super::filters::Filters;
use super::learn::Learn;
use super::limits::MOST_GENERATORS;
use super::page::Page;
use super::store::Store;
use super::subject::{ConfigFormat, Peer};
use super::watch::Watch;

/// `bench`: measures a proxy from outside, policies of proving against simulated farms, the
/// store, what it costs to learn, or to be watched.
#[derive(Debug, Subcommand)]
pub enum BenchCommand {
    /// What loads a proxy.
    #[command(flatten)]
    Proxy(BenchArgs),
    /// Simulated farms with failing and hostile rigs: bad shares that each policy of proving lets
    /// through at the same budget. No proxy is started
    Filters(Filters),
    /// The store on a real disk: shares and names written, read, opened, dropped. No proxy is started
    Store(Store),
    /// What it costs to learn which shares are refused: time and memory. No proxy is started
    Learn(Learn),
    /// What it costs the daemon to be watched: pages with streams, table and series, against none
    Watch(Watch),
    /// Makes the page of figures, with its pictures, from the reports that the others wrote
    Page(Page),
    /// A process that plays miners for another one
    #[command(hide = true)]
    Crew(Work),
}

/// Loads a proxy over loopback, as pool and as all miners, and measures it from outside.
#[derive(Debug, Subcommand)]
pub enum BenchArgs {
    /// Miners connect, log in and stay: logins, memory, idle CPU
    Idle(Common),
    /// Idle, then the pool sends jobs: how soon every miner has one
    Fanout(Fanout),
    /// Idle, then shares at a fixed rate: latency, CPU per share
    #[command(visible_alias = "submit")]
    Share(Share),
    /// Idle, then shares at a fixed rate while another process takes the proxy's place: what is lost
    Upgrade(Share),
    /// Shares as fast as they are answered: the most per second
    Saturate(Saturate),
    /// Miners connect, log in and leave: cycles, upstream connections, memory kept
    Churn(Churn),
}

/// Whether miners use TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Tls {
    /// Plain connections.
    No,
    /// TLS with whatever certificate the proxy shows.
    Yes,
}

/// Options of all workloads.
#[derive(Debug, Args)]
pub struct Common {
    /// How many miners; several numbers make several measurements
    #[arg(long, value_delimiter = ',', default_value = "1000", value_parser = clap::value_parser!(u32).range(1..=200_000))]
    pub miners: Vec<u32>,
    /// Runs, each on a freshly started proxy
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub runs: u32,
    /// Processes that play the miners, of idle and fanout; as many as their connections take, if left out
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=i64::from(MOST_GENERATORS)))]
    pub generators: Option<u16>,
    /// Lanes of the proxy
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub lanes: u16,
    /// Seconds of quiet after the last login, before memory is read
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub quiet: u32,
    /// Measure this proxy instead of this program: a shell command in which {config}, {data},
    /// {listen} and {pool} are filled in. The process measured is the command's own
    #[arg(long, value_name = "COMMAND")]
    pub proxy_command: Option<String>,
    /// What {config} of --proxy-command is to be
    #[arg(
        long,
        value_enum,
        default_value = "zartrux",
        requires = "proxy_command"
    )]
    pub proxy_config: ConfigFormat,
    /// Measure another proxy in turn with the first: xmrig-proxy=PATH
    #[arg(long, value_name = "NAME=PATH")]
    pub peer: Vec<Peer>,
    /// Measure this program also with its six filters off, in turn: what they cost
    #[arg(long)]
    pub without_filters: bool,
    /// Measure this program also without its store, in turn: as peers are, which write nothing down
    #[arg(long)]
    pub without_store: bool,
    /// Whether miners use TLS
    #[arg(long, value_enum, default_value = "no")]
    pub tls: Tls,
    /// Write all figures of all runs to this file
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Show the figures of an earlier --json file beside the new ones
    #[arg(long, value_name = "FILE")]
    pub compare: Option<PathBuf>,
    /// A date or note to be kept in the report
    #[arg(long)]
    pub date: Option<String>,
}

impl Common {
    /// The quiet after the last login.
    pub(crate) fn quiet(&self) -> Duration {
        Duration::from_secs(self.quiet.into())
    }
}

/// Options of `bench fanout`.
#[derive(Debug, Args)]
pub struct Fanout {
    /// Options of all workloads.
    #[command(flatten)]
    pub common: Common,
    /// Jobs to send
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub jobs: u32,
    /// Milliseconds from job to job
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=600_000))]
    pub job_interval: u32,
}

/// Options of `bench share` and `bench upgrade`.
#[derive(Debug, Args)]
pub struct Share {
    /// Options of all workloads.
    #[command(flatten)]
    pub common: Common,
    /// Shares per second, over all miners
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub rate: u32,
    /// Seconds of shares
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub seconds: u32,
}

/// Options of `bench saturate`.
#[derive(Debug, Args)]
pub struct Saturate {
    /// Options of all workloads.
    #[command(flatten)]
    pub common: Common,
    /// Shares outstanding; each number is a level of its own
    #[arg(long, value_delimiter = ',', default_value = "16,64,256,1000,5000", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub outstanding: Vec<u32>,
    /// Seconds of each level
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=60))]
    pub seconds: u32,
}

/// Options of `bench churn`.
#[derive(Debug, Args)]
pub struct Churn {
    /// Options of all workloads; --miners is not used.
    #[command(flatten)]
    pub common: Common,
    /// Miners under way at once
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub at_once: u32,
    /// Seconds of churn
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub seconds: u32,
    /// Milliseconds that a miner stays after its login was answered
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=60_000))]
    pub stay: u32,
    /// Seconds from job to job, 0 for none; each number is a measurement of its own
    #[arg(long, value_delimiter = ',', default_value = "0,1", value_parser = clap::value_parser!(u32).range(0..=3600))]
    pub job_every: Vec<u32>,
}

impl BenchArgs {
    /// The options that all workloads have.
    pub(crate) const fn common(&self) -> &Common {
        match self {
            Self::Idle(common) => common,
            Self::Fanout(args) => &args.common,
            Self::Share(args) | Self::Upgrade(args) => &args.common,
            Self::Saturate(args) => &args.common,
            Self::Churn(args) => &args.common,
        }
    }

    /// Whether several processes may play the miners: none of them submits or leaves.
    pub(crate) const fn may_be_divided(&self) -> bool {
        match self {
            Self::Idle(_) | Self::Fanout(_) => true,
            Self::Share(_) | Self::Saturate(_) | Self::Churn(_) | Self::Upgrade(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(subcommand)]
        args: BenchArgs,
    }

    fn parse(line: &str) -> Result<BenchArgs, clap::Error> {
        let words = std::iter::once("bench").chain(line.split(' '));
        Cli::try_parse_from(words).map(|cli| cli.args)
    }

    #[test]
    fn lists_of_miners_are_read() {
        let args = parse("share --miners 1000,10000 --rate 500").unwrap();
        assert_eq!(args.common().miners, [1_000, 10_000]);
        assert!(matches!(args, BenchArgs::Share(Share { rate: 500, .. })));
    }

    #[test]
    fn submit_is_share_by_another_name() {
        let args = parse("submit --rate 7").unwrap();
        assert!(matches!(args, BenchArgs::Share(Share { rate: 7, .. })));
    }

    #[test]
    fn without_options_the_published_workloads_run() {
        let BenchArgs::Saturate(args) = parse("saturate").unwrap() else {
            panic!("not saturate");
        };
        assert_eq!(args.outstanding, [16, 64, 256, 1_000, 5_000]);
        assert_eq!((args.seconds, args.common.runs), (5, 5));
    }

    #[test]
    fn what_cannot_be_run_is_refused_on_the_command_line() {
        for line in [
            "share --rate 0",
            "share --miners 0",
            "fanout --jobs 0",
            "saturate --outstanding 16,x",
            "idle --tls maybe",
            "idle --peer nginx=/x",
            "idle --proxy-config xmrig-proxy",
            "idle --runs 0",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
