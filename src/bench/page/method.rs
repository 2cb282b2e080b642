//! What was measured, on which machine, by which commands; and what speaks against it.

use std::fmt::Write as _;

use super::{
    inputs::{Inputs, Named},
    markdown::{listed, table},
};
use crate::bench::{
    machine::Machine,
    report::{Document, told},
};

/// Runs from which on a spread says something.
const ENOUGH_RUNS: u32 = 3;
/// The load of each core before the first run from which on the machine was not quiet.
const QUIET: f64 = 0.25;

/// The words at the head of the page.
pub(super) fn head(inputs: &Inputs) -> String {
    let all = inputs.all();
    let mut text = String::from(
        "# Performance\n\n\
         <!-- Made by `zartrux bench page`: do not edit, `make bench-performance` makes it anew. -->\n\n\
         This page is made by a command, `make bench-performance`, from the reports beside it in \
         `reports/performance/`; no figure was typed in by hand. One process plays the pool and all miners \
         over loopback; the proxy is another process, and what it costs is read from outside, in `/proc`.\n\n",
    );
    for machine in machines(&all) {
        let Machine {
            cpu,
            cores,
            kernel,
            build,
            ..
        } = machine;
        let _ = writeln!(
            text,
            "Machine: {cpu}, {cores} cores, Linux {kernel}; a {build} build."
        );
    }
    text.push('\n');
    for doubt in doubts(inputs) {
        let _ = write!(text, "> {doubt}\n\n");
    }
    text.push_str(&promises(&all));
    text
}

/// The machines, one if all reports are of the same.
fn machines<'a>(all: &[&'a Named]) -> Vec<&'a Machine> {
    let mut machines: Vec<&Machine> = Vec::new();
    for report in all {
        let machine = &report.document.machine;
        let same = |known: &&Machine| {
            (&known.cpu, known.cores, &known.kernel, &known.build)
                == (&machine.cpu, machine.cores, &machine.kernel, &machine.build)
        };
        if !machines.iter().any(same) {
            machines.push(machine);
        }
    }
    machines
}

/// What speaks against the figures.
fn doubts(inputs: &Inputs) -> Vec<String> {
    let all = inputs.all();
    let names = |is: &dyn Fn(&Document) -> bool| -> Vec<String> {
        let those = all.iter().filter(|report| is(&report.document));
        those.map(|report| format!("`{}`", report.name)).collect()
    };
    let mut doubts = Vec::new();
    let mut say = |of: Vec<String>, words: &str| {
        if !of.is_empty() {
            doubts.push(format!("{words}: {}.", listed(&of)));
        }
    };
    say(
        names(&|it| it.machine.build == "debug"),
        "Debug builds, whose figures say nothing about speed",
    );
    say(
        names(&|it| it.runs < ENOUGH_RUNS),
        "Fewer than three runs, so that the spread says little",
    );
    say(
        names(&Document::generator_was_the_limit),
        "The generator was close to a full core, so that the highest rates are its limit and not the proxy's",
    );
    say(
        names(&|it| it.dirty),
        "Built from a source with changes that are in no commit",
    );
    // Only the first report comes after a rest; the load before the others is that of the bench itself.
    let machine = &inputs.fanout.document.machine;
    let load: f64 = machine.load_before.parse().unwrap_or(0.0);
    if load > QUIET * crate::bench::stats::count(machine.cores) {
        doubts.push(format!(
            "The machine was not quiet when this began (load {}): take all times as too long.",
            machine.load_before
        ));
    }
    let commits: Vec<&Option<String>> = all.iter().map(|it| &it.document.commit).collect();
    if commits
        .windows(2)
        .any(|pair| matches!(pair, [a, b] if a != b))
    {
        doubts.push("The reports are not all of the same commit.".to_owned());
    }
    doubts
}

/// Whether anything happened that must not.
fn promises(all: &[&Named]) -> String {
    let broken: Vec<String> = all
        .iter()
        .flat_map(|report| report.document.broken_promises())
        .collect();
    if broken.is_empty() {
        return "In all these runs every share reached the pool once and unaltered and was answered once, \
                every job came once to every miner, and no two miners had the same slot.\n\n"
            .to_owned();
    }
    let mut text = "**What must not happen has happened:**\n\n".to_owned();
    for line in broken {
        let _ = writeln!(text, "- {line}");
    }
    text.push('\n');
    text
}

/// The last section.
pub(super) fn section(inputs: &Inputs) -> String {
    let mut text = String::from(
        "## How it was measured\n\n\
         - *idle*: the miners connect from 127.0.0.2 to 127.0.0.254 and log in as xmrig 6.26 does, at most \
         128 under way at once. Memory is what is resident some seconds after the last login (`--quiet`, ten \
         unless the command below says otherwise), less what was resident before the first.\n\
         - *fan-out*: the pool writes a new job on all its upstream connections, 30 times (`--jobs`), one \
         second apart; over all pairs of a miner and a job.\n\
         - *submit*: an open loop at a fixed rate for 15 s (`--seconds`), spread evenly over the miners, each \
         share with a nonce of its own; the pool answers at once.\n\
         - *saturate*: a closed loop with 16 to 5,000 shares outstanding (`--outstanding`), 5 s each \
         (`--seconds`); the best level at which nothing was lost.\n\
         - *churn*: miners connect, log in and leave, 64 under way at once, 15 s, no name twice. Memory kept \
         is taken after three seconds of rest.\n\n",
    );
    let lines: Vec<Vec<String>> = inputs.all().into_iter().map(line).collect();
    let head = ["report", "commit", "date", "runs", "load before", "command"];
    text.push_str(&table(&head, 6, &lines));
    text.push_str(
        "\nThe load before a report other than the first is that of the bench itself.\n\n\
         Earlier figures: [22 November 2026](performance-2026-11-22.md), from before there was a store.\n",
    );
    text
}

fn line(report: &Named) -> Vec<String> {
    let document = &report.document;
    let commit = document.commit.as_deref().and_then(|it| it.get(..10));
    let commit = commit.unwrap_or("unknown");
    let changed = if document.dirty { " and changes" } else { "" };
    vec![
        format!("`{}.json`", report.name),
        format!("{commit}{changed}"),
        document.date.clone().unwrap_or_else(|| "–".to_owned()),
        document.runs.to_string(),
        document.machine.load_before.clone(),
        format!("`{}`", told(document.command.split(' '))),
    ]
}
