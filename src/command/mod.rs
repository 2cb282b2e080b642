//! The commands of `zartrux`, one file each.

mod alert_test;
mod bridge_key;
mod check;
mod data;
mod demo;
mod health;
mod import_config;
mod lift;
mod models;
mod password;
mod report;
mod run;
mod token;
mod train;
mod upgrade;
mod version;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use zartrux_config::Overrides;

use crate::bench::BenchCommand;
use crate::build_facts::long_version;
use crate::demo::DemoArgs;
use crate::node::ExitCode;
use crate::top::TopArgs;

pub use data::{DataCommand, LedgerArgs};
pub use health::HealthArgs;
pub use models::ModelsCommand;
pub use password::PasswordArgs;
pub use report::{ReportArgs, ReportFormat};
pub use run::RunArgs;
pub use token::TokenArgs;
pub use train::TrainArgs;
pub use upgrade::UpgradeArgs;

/// The Monero mining proxy that proves every share before it leaves the farm.
#[derive(Debug, Parser)]
#[command(
    name = "zartrux",
    version,
    long_version = long_version(),
    about,
    arg_required_else_help = true
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the proxy until it is told to stop
    Run(RunArgs),
    /// Try it: an embedded pool and miners with real RandomX; nothing to configure
    Demo(DemoArgs),
    /// Check a configuration without running it
    Check(SettingsArgs),
    /// Send a test message by every way that alerts leave, and say what came of it
    AlertTest(SettingsArgs),
    /// Convert xmrig-proxy's config.json
    ImportConfig {
        /// The file to convert
        file: PathBuf,
        /// Where to write the result; without it, to the standard output
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Hash a password of a miner for the file of credentials
    Password(PasswordArgs),
    /// Take shares out of the ledger, bring them in, or look after what is stored
    #[command(subcommand)]
    Data(DataCommand),
    /// Train models from the ledger or from a file of shares
    Train(TrainArgs),
    /// Models: which there are, how good they are, and which are in force
    #[command(subcommand)]
    Models(ModelsCommand),
    /// Say what the order of nonces has brought, with its interval
    Lift(LedgerArgs),
    /// Write what the ledger holds as a page with plots or as text; also while the daemon runs
    Report(ReportArgs),
    /// Watch a running daemon in the terminal
    Top(TopArgs),
    /// Ask a running daemon whether it is well: code 0 if so, else 1 and the reasons
    Health(HealthArgs),
    /// Have another program take the place of a running daemon, without dropping a miner
    Upgrade(UpgradeArgs),
    /// Say how this program was made
    Version {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a token for the API, and the line for the settings that lets it in
    Token(TokenArgs),
    /// Make a pair of keys for the bridge or one of its clients
    BridgeKey,
    /// Measure the proxy from outside
    #[command(subcommand)]
    Bench(BenchCommand),
}

/// Where settings come from: a file, and flags that take the place of its keys.
#[derive(Debug, Clone, Default, Args)]
pub struct SettingsArgs {
    /// Settings file; without it ./zartrux.toml is read if it is there
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The one upstream: stratum+tcp://host:port, or stratum+ssl:// for TLS
    #[arg(long, value_name = "URL")]
    pub pool: Option<String>,
    /// Wallet or account at the upstream
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    /// Password at the upstream
    #[arg(long, value_name = "PASS")]
    pub pass: Option<String>,
    /// Where miners connect; may be given several times
    #[arg(long, value_name = "ADDR")]
    pub listen: Vec<String>,
    /// Where miners connect with TLS; may be given several times
    #[arg(long, value_name = "ADDR")]
    pub tls_listen: Vec<String>,
    /// Where the monitor answers, or "off"
    #[arg(long, value_name = "ADDR")]
    pub monitor: Option<String>,
    /// Folder for everything that outlives the process
    #[arg(long, value_name = "DIR")]
    pub data: Option<String>,
    /// Recompute hashes before shares leave: off, light or fast
    #[arg(long, value_name = "MODE")]
    pub prove: Option<String>,
    /// Threads that serve miners
    #[arg(long, value_name = "N")]
    pub lanes: Option<u32>,
}

impl SettingsArgs {
    fn overrides(&self) -> Overrides {
        Overrides {
            pool: self.pool.clone(),
            user: self.user.clone(),
            pass: self.pass.clone(),
            listen: self.listen.clone(),
            tls_listen: self.tls_listen.clone(),
            monitor: self.monitor.clone(),
            data: self.data.clone(),
            prove: self.prove.clone(),
            lanes: self.lanes,
            require_pool: true,
        }
    }
}

/// Carries out a command.
///
/// # Errors
/// What could not be done, with its causes; ends the process with [`ExitCode::Internal`].
pub fn carry_out(cli: Cli) -> Result<ExitCode> {
    match cli.command {
        Command::Run(args) => run::run(&args),
        Command::Demo(args) => demo::demo(&args),
        Command::Check(args) => check::check(&args),
        Command::AlertTest(args) => alert_test::alert_test(&args),
        Command::ImportConfig { file, output } => import_config::import(&file, output.as_deref()),
        Command::Password(args) => password::password(&args),
        Command::Data(command) => data::carry_out(&command),
        Command::Train(args) => train::train(&args),
        Command::Models(command) => models::carry_out(&command),
        Command::Lift(args) => lift::lift(&args),
        Command::Report(args) => report::report(&args),
        Command::Top(args) => crate::top::run(&args),
        Command::Health(args) => health::health(&args),
        Command::Upgrade(args) => upgrade::upgrade(&args),
        Command::Version { json } => version::version(json),
        Command::Token(args) => token::token(args),
        Command::BridgeKey => bridge_key::bridge_key(),
        Command::Bench(args) => crate::bench::run(args).map(|()| ExitCode::Done),
    }
}
