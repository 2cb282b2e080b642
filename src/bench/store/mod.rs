//! `bench store`: what the store costs on a real disk, at the size of a large farm's year.
//!
//! Each part is played by this program in a process of its own, so that its memory is its own and
//! it can be killed: `append`, `registry`, `live`, `reading` (start, read, drop) and `churn`;
//! `farm` makes up the shares, `gauge` measures, `setting` is what they have in common.

mod append;
mod args;
mod churn;
mod farm;
mod gauge;
mod live;
mod reading;
mod registry;
mod setting;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

pub use args::{Part, Store};
pub(in crate::bench) use farm::Farm;

use super::figure::{Figures, Label};
use super::machine::Machine;
use super::report::Document;
use crate::console;
use setting::Setting;

/// What the program is called in the report.
const SUBJECT: &str = "zartrux";
/// How long one that is to be killed goes on first.
const GOES_ON: Duration = Duration::from_secs(3);

/// Plays all parts and prints the report; or one part and prints its figures.
///
/// # Errors
/// When the disk refuses, or a share is lost.
pub(super) fn run(args: &Store) -> Result<()> {
    if let Some(part) = args.part {
        return play(args, part);
    }
    // Read before an hour of measuring, not after it.
    let earlier = args.compare.as_deref().map(Document::read).transpose()?;
    let command: Vec<String> = std::env::args().skip(1).collect();
    let machine = Machine::read();
    let mut document = Document::new(command.join(" "), args.date.clone(), machine, args.runs);
    let outcome = (0..args.runs).try_for_each(|_| play_all(args, &mut document));
    console::say(&document.render(earlier.as_ref()));
    if let Some(path) = &args.json {
        document.write(path)?;
    }
    outcome?;
    let broken = document.broken_promises();
    ensure!(
        broken.is_empty(),
        "what must not happen has happened:\n  {}",
        broken.join("\n  ")
    );
    Ok(())
}

/// One run, in a folder that goes away.
fn play_all(args: &Store, document: &mut Document) -> Result<()> {
    let parent = args.folder.as_deref().unwrap_or_else(|| Path::new("."));
    let folder = tempfile::Builder::new()
        .prefix("zartrux-bench-store-")
        .tempdir_in(parent)
        .with_context(|| format!("no folder in {}", parent.display()))?;
    let mut play = |part: Part, workload: Option<&str>| -> Result<()> {
        let figures = of_process(args, part, folder.path())
            .with_context(|| format!("the part {}", part.name()))?;
        document.add(SUBJECT, named(figures, workload));
        Ok(())
    };
    play(Part::Append, None)?;
    play(Part::Registry, None)?;
    play(Part::Start, Some("start after an orderly end"))?;
    play(Part::Live, None)?;
    play(Part::Killed, None)?;
    play(Part::Start, Some("start after kill -9"))?;
    play(Part::Read, None)?;
    play(Part::Retain, None)?;
    play(Part::ChurnSmall, None)?;
    play(Part::ChurnLarge, None)
}

fn named(mut figures: Vec<(Label, f64)>, workload: Option<&str>) -> Figures {
    if let Some(workload) = workload {
        for (label, _) in &mut figures {
            workload.clone_into(&mut label.workload);
        }
    }
    Figures::of_list(figures)
}

/// Plays a part in a process of its own; its figures.
fn of_process(args: &Store, part: Part, folder: &Path) -> Result<Vec<(Label, f64)>> {
    let program = std::env::current_exe().context("this program has no file")?;
    let mut child = Command::new(program)
        .args(["bench", "store", "--part", &part.name()])
        .args(["--shares", &args.shares.to_string()])
        .args(["--rigs", &args.rigs.to_string()])
        .args(["--days", &args.days.to_string()])
        .args(["--seconds", &args.seconds.to_string()])
        .args(["--names", &args.names.to_string()])
        .args(["--seed", &args.seed.to_string()])
        .arg("--folder")
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("this program does not start")?;
    let line = first_line(&mut child);
    if part == Part::Killed {
        std::thread::park_timeout(GOES_ON);
        // One that has ended by itself has failed, which the first line tells.
        let _ = child.kill();
        let _ = child.wait();
    } else {
        let status = child.wait()?;
        ensure!(status.success(), "it ended: {status}");
    }
    serde_json::from_str(&line?).context("its figures can't be read")
}

fn first_line(child: &mut Child) -> Result<String> {
    let output = child.stdout.take().context("it has no output")?;
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line)?;
    Ok(line)
}

/// Plays a part here, and prints its figures.
fn play(args: &Store, part: Part) -> Result<()> {
    let folder = args.folder.as_deref().context("no --folder")?;
    let setting = Setting::new(args, folder);
    for folder in [&setting.folders.shares, &setting.folders.state] {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let tell = |figures: Figures| -> Result<()> {
        let mut list = figures.into_list();
        // JSON knows no other numbers.
        list.retain(|(_, value)| value.is_finite());
        console::say(&serde_json::to_string(&list)?);
        Ok(())
    };
    match part {
        Part::Append => tell(append::play(&setting)?),
        Part::Registry => tell(registry::play(&setting)?),
        Part::Live => live::play(&setting, false, tell),
        Part::Killed => live::play(&setting, true, tell),
        Part::Start => tell(reading::start(&setting)?),
        Part::Read => tell(reading::read(&setting)?),
        Part::Retain => tell(reading::retain(&setting)?),
        Part::ChurnSmall => tell(churn::play(&setting, 10_000)?),
        Part::ChurnLarge => tell(churn::play(&setting, 100_000)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: Store,
    }

    fn args(line: &str) -> Result<Store, clap::Error> {
        Cli::try_parse_from(line.split(' ')).map(|cli| cli.args)
    }

    #[test]
    fn without_options_ten_million_shares_are_written() {
        let args = args("store").unwrap();
        assert_eq!((args.shares, args.rigs), (10_000_000, 10_000));
        assert_eq!((args.names, args.runs), (1_000_000, 1));
    }

    #[test]
    fn the_parts_of_a_small_store_lose_nothing() {
        let args =
            args("store --shares 10000 --rigs 50 --seconds 1 --names 1000 --days 3").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let setting = Setting::new(&args, folder.path());
        for folder in [&setting.folders.shares, &setting.folders.state] {
            fs::create_dir_all(folder).unwrap();
        }
        let appended = append::play(&setting).unwrap();
        let bytes = appended.value("on disk, last volume not sealed");
        assert!((100.0..2_000.0).contains(&bytes), "{bytes}");
        registry::play(&setting).unwrap();
        assert!(reading::start(&setting).unwrap().value("start") > 0.0);
        let read = reading::read(&setting).unwrap();
        for promise in ["shares lost", "places that can't be read"] {
            assert!(read.value(promise) < 0.5, "{promise}");
        }
        let dropped = reading::retain(&setting).unwrap();
        assert!(dropped.value("on disk after") < dropped.value("on disk before"));
        churn::play(&setting, 100).unwrap();
    }
}
