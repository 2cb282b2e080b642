//! Load generators and simulations, and their reports.
//!
//! `filters` plays simulated farms, `store` measures the store on a disk, `learn` the training of
//! models, `watch` what it costs to be watched; `page` makes a page of the reports; all else measures a
//! proxy: one process, one thread and one event loop play the pool and all miners over loopback;
//! the proxy under test is a child process. What it costs is read from outside, in `/proc`, so
//! that any proxy can be measured and none is asked about itself.
//!
//! - `args` the command line, `plan` the order of runs, `workload` what is played;
//! - `subject` which proxies there are, `child` the process, `stage` a proxy that runs;
//! - `engine` the event loop with `pool` and `miners`, each on `conn`; `crew` plays miners in processes of
//!   their own, if they are too many for one; `seen` what it
//!   tells the workloads; `ledger` the account of every share;
//! - `figure`, `stats` and `report` what comes of it.

mod args;
mod child;
mod clock;
mod conn;
mod crew;
mod engine;
mod figure;
mod filters;
mod learn;
mod ledger;
mod limits;
mod machine;
mod miners;
mod pacer;
mod page;
mod plan;
mod pool;
mod procfs;
mod report;
mod seen;
mod share;
mod shell;
mod source;
mod stage;
mod stats;
mod store;
mod stream;
mod subject;
mod watch;
mod wire;
mod work;
mod workload;

#[cfg(test)]
mod stand_in;
#[cfg(test)]
mod tests;

use anyhow::{Result, bail};

pub use args::{BenchArgs, BenchCommand, Churn, Common, Fanout, Saturate, Share, Tls};
pub use crew::Work;
pub use filters::Filters;
pub use learn::Learn;
pub use page::Page;
pub use store::{Part, Store};
pub use subject::{ConfigFormat, Peer};
pub use watch::Watch;

use report::Document;

use crate::console;

/// Runs a bench: prints the report to standard output, and writes it to files if asked to.
///
/// # Errors
/// When a proxy cannot be started, ends, refuses a miner, or loses, doubles or alters a share or
/// a job; when a file cannot be read or written. What had been measured until then is reported
/// all the same.
pub fn run(command: BenchCommand) -> Result<()> {
    match command {
        BenchCommand::Proxy(args) => measure(&args),
        BenchCommand::Filters(args) => filters::run(&args),
        BenchCommand::Store(args) => store::run(&args),
        BenchCommand::Learn(args) => learn::run(&args),
        BenchCommand::Watch(args) => watch::run(&args),
        BenchCommand::Page(args) => page::run(&args),
        BenchCommand::Crew(args) => crew::work(&args),
    }
}

fn measure(args: &BenchArgs) -> Result<()> {
    let common = args.common();
    // Read before an hour of measuring, not after it.
    let earlier = common.compare.as_deref().map(Document::read).transpose()?;
    let mut document = Document::new(
        report::told(std::env::args().skip(1)),
        common.date.clone(),
        machine::Machine::read(),
        common.runs,
    )
    .with_lanes(common.lanes);
    let subjects = plan::subjects(common)?;
    let outcome = plan::carry_out(args, &subjects, &mut document);
    console::say(&document.render(earlier.as_ref()));
    if let Some(path) = &common.json {
        document.write(path)?;
    }
    outcome?;
    match document.broken_promises().as_slice() {
        [] => Ok(()),
        broken => bail!(
            "what must not happen has happened:\n  {}",
            broken.join("\n  ")
        ),
    }
}
