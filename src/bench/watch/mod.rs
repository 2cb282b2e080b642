//! `bench watch`: what it costs to watch a large farm.
//!
//! The process that is watched is a child, with as many rigs in its registry and with its judge as
//! are asked for; this one plays the pages. Processor time is read from outside, in `/proc`.

mod answers;
mod args;
mod clients;
mod serve;

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

pub use args::Watch;

use super::clock::Clock;
use super::figure::{Figures, PERCENT_OF_CORE};
use super::machine::Machine;
use super::procfs;
use super::report::Document;
use super::stats::{count, nanos_to_f64};
use crate::console;
use crate::http::page_bytes;
use clients::Pages;

/// What the program is called in the report.
const SUBJECT: &str = "zartrux";
/// What begins with the process is over after that.
const SETTLED: Duration = Duration::from_secs(10);

/// Measures and prints the report; or is the process that is watched.
///
/// # Errors
/// When the process does not start or ends, or a page gets no answer.
pub(super) fn run(args: &Watch) -> Result<()> {
    if let Some(folder) = &args.serve {
        return serve::serve(args, folder);
    }
    let earlier = args.compare.as_deref().map(Document::read).transpose()?;
    let command: Vec<String> = std::env::args().skip(1).collect();
    let machine = Machine::read();
    let mut document = Document::new(command.join(" "), args.date.clone(), machine, args.runs);
    let outcome = (0..args.runs).try_for_each(|_| {
        document.add(SUBJECT, measure(args)?);
        Ok(())
    });
    console::say(&document.render(earlier.as_ref()));
    if let Some(path) = &args.json {
        document.write(path)?;
    }
    outcome
}

/// The process that is watched; killed when it is dropped.
struct Watched(Child);

impl Drop for Watched {
    fn drop(&mut self) {
        // One that has ended by itself is told by what it no longer answers.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(args: &Watch, folder: &Path) -> Result<(Watched, SocketAddr)> {
    let program = std::env::current_exe().context("this program has no file")?;
    let child = Command::new(program)
        .args(["bench", "watch", "--rigs", &args.rigs.to_string()])
        .args(["--seed", &args.seed.to_string()])
        .arg("--serve")
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("this program does not start")?;
    let mut watched = Watched(child);
    let output = watched.0.stdout.take().context("it has no output")?;
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line)?;
    let address = line.trim().parse();
    let address = address.with_context(|| format!("it does not say where it is: {line:?}"))?;
    Ok((watched, address))
}

/// One run, in a folder that goes away.
fn measure(args: &Watch) -> Result<Figures> {
    let folder = tempfile::Builder::new()
        .prefix("zartrux-bench-watch-")
        .tempdir()
        .context("no temporary folder")?;
    let (watched, address) = start(args, folder.path())?;
    let clock = Clock::start();
    let span = Duration::from_secs(args.seconds.into());
    let busy = || -> Result<f64> {
        let (before, began) = (procfs::cpu(watched.0.id())?, clock.now());
        std::thread::park_timeout(span);
        let after = procfs::cpu(watched.0.id())?;
        let used = nanos_to_f64(after.since(&before)) / 1e9;
        Ok(100.0 * used / clock.now().seconds_since(began))
    };
    std::thread::park_timeout(SETTLED);
    let rigs = usize::try_from(args.rigs).unwrap_or(usize::MAX);
    let mut figures = Figures::of("watch", rigs);
    // What the daemon does by itself may change while it is measured: it is taken before and after.
    let before = busy()?;
    let pages = Pages::open(address, args.watchers)?;
    let at_first = busy()?;
    let later = busy()?;
    let seen = pages.close()?;
    let after = busy()?;
    ensure!(
        seen.overviews > 0 && seen.rows > 0 && seen.series > 0,
        "the pages were shown nothing: {seen:?}"
    );
    let alone = f64::midpoint(before, after);
    for (figure, percent) in [
        ("nobody watches, before", before),
        ("pages, at first", at_first),
        ("pages, later", later),
        ("nobody watches, after", after),
        ("cost of watching, at first", at_first - alone),
        ("cost of watching, later", later - alone),
    ] {
        figures.proxy(figure, PERCENT_OF_CORE, percent);
    }
    answers::time(address, &clock, &mut figures)?;
    figures.proxy("the page, all files", "bytes", count(page_bytes()));
    figures.proxy("an overview", "bytes", nanos_to_f64(seen.overview_bytes));
    figures.generator("pages", "", f64::from(args.watchers));
    figures.generator("overviews read", "", nanos_to_f64(seen.overviews));
    figures.generator("parts of the table read", "", nanos_to_f64(seen.tables));
    figures.generator("series read", "", nanos_to_f64(seen.series));
    Ok(figures)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: Watch,
    }

    #[test]
    fn a_small_farm_is_served_and_the_pages_are_shown_its_rigs() {
        let line = "watch --rigs 300 --watchers 2";
        let args = Cli::try_parse_from(line.split(' ')).unwrap().args;
        let folder = tempfile::tempdir().unwrap();
        let node = serve::launch(&args, folder.path()).unwrap();
        let address = node.monitor_address().unwrap();
        assert_eq!(
            node.view().rigs_by_standing().unwrap().iter().sum::<u64>(),
            300
        );
        let pages = Pages::open(address, args.watchers).unwrap();
        let clock = Clock::start();
        while pages.seen().overviews < 2 || pages.seen().rows < 50 || pages.seen().series < 2 {
            assert!(clock.now().0 < 60_000_000_000, "{:?}", pages.seen());
            std::thread::park_timeout(Duration::from_millis(20));
        }
        pages.close().unwrap();
        node.stop();
    }
}
