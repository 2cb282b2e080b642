//! `bench learn`: what it costs to learn which shares are refused, and to say so of one share.
//! Shares are those of a simulated farm with planted causes. Each run is a process of its own, so
//! that its memory is its own.
//!
//! `args` the command line, `outcome` what is measured.

mod args;
mod outcome;

use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

pub use args::Learn;

use super::figure::{Figures, Label};
use super::machine::Machine;
use super::report::Document;
use crate::console;

/// What the program is called in the report.
const SUBJECT: &str = "zartrux";

/// Learns as often as asked for and prints the report; or once and prints its figures.
///
/// # Errors
/// When nothing can be learnt, or a file cannot be read or written.
pub(super) fn run(args: &Learn) -> Result<()> {
    if args.once {
        let mut figures = outcome::measure(args)?.into_list();
        // JSON knows no other numbers.
        figures.retain(|(_, value)| value.is_finite());
        console::say(&serde_json::to_string(&figures)?);
        return Ok(());
    }
    let earlier = args.compare.as_deref().map(Document::read).transpose()?;
    let command: Vec<String> = std::env::args().skip(1).collect();
    let machine = Machine::read();
    let mut document = Document::new(command.join(" "), args.date.clone(), machine, args.runs);
    let outcome = (0..args.runs).try_for_each(|_| -> Result<()> {
        document.add(SUBJECT, of_process(args)?);
        Ok(())
    });
    console::say(&document.render(earlier.as_ref()));
    if let Some(path) = &args.json {
        document.write(path)?;
    }
    outcome
}

/// Learns in a process of its own; its figures.
fn of_process(args: &Learn) -> Result<Figures> {
    let program = std::env::current_exe().context("this program has no file")?;
    let output = Command::new(program)
        .args(["bench", "learn", "--once"])
        .args(["--rows", &args.rows.to_string()])
        .args(["--seed", &args.seed.to_string()])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("this program does not start")?;
    ensure!(output.status.success(), "it ended: {}", output.status);
    let list: Vec<(Label, f64)> =
        serde_json::from_slice(&output.stdout).context("its figures can't be read")?;
    Ok(Figures::of_list(list))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: Learn,
    }

    fn args(line: &str) -> Result<Learn, clap::Error> {
        Cli::try_parse_from(line.split(' ')).map(|cli| cli.args)
    }

    #[test]
    fn without_options_a_million_shares_are_learnt_from() {
        let args = args("learn").unwrap();
        assert_eq!((args.rows, args.runs), (1_000_000, 3));
        assert!(self::args("learn --rows 10").is_err());
    }

    #[test]
    fn a_few_shares_give_all_figures_and_a_model_that_is_better_than_the_base_rate() {
        let figures = outcome::measure(&args("learn --rows 20000").unwrap()).unwrap();
        for figure in [
            "trained from nothing",
            "trained for the next day",
            "peak memory",
            "one prediction",
            "one explanation",
        ] {
            assert!(figures.value(figure) > 0.0, "{figure}");
        }
        let gain = figures.value("gain over the base rate, at least");
        assert!(gain > 0.0, "{gain}");
    }
}
