//! `bench page`: makes the page of figures from the reports, pictures and all, so that none is typed in.
//!
//! `inputs` the reports, `peer` the peer's figures, `rows` which are held beside which, `verdict` the rule
//! by which one is ahead; `compare`, `growth`, `lanes`, `method` the sections, `plot` the pictures.

mod args;
mod compare;
mod growth;
mod inputs;
mod lanes;
mod markdown;
mod method;
mod peer;
mod plot;
mod rows;
mod verdict;

#[cfg(test)]
mod tests;

use std::{fs, path::Path};

use anyhow::{Context as _, Result};

pub use args::Page;

use self::{inputs::Inputs, plot::Chart};
use super::{
    report::{number, table},
    stats::{Spread, count},
};

/// The subject that writes nothing down.
const WITHOUT_STORE: &str = "without store";
/// The subject as it comes.
const AS_IT_COMES: &str = "zartrux";
/// Both, with what they are called on the page.
const SUBJECTS: [(&str, &str); 2] = [
    (WITHOUT_STORE, "Without store"),
    (AS_IT_COMES, "As it comes"),
];

/// The folder of the pictures, beside the page.
const IMAGES: &str = "images";

/// The page and its pictures.
struct Made {
    text: String,
    /// By the names of their files.
    images: Vec<(String, String)>,
}

/// Makes the page and writes it.
///
/// # Errors
/// When a report is missing or is none, or a file cannot be written.
pub(super) fn run(args: &Page) -> Result<()> {
    let made = make(&args.reports)?;
    let folder = args.out.parent().unwrap_or(Path::new("")).join(IMAGES);
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for (name, svg) in &made.images {
        write(&folder.join(name), svg)?;
    }
    write(&args.out, &made.text)
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// The page of the reports in a folder.
fn make(reports: &Path) -> Result<Made> {
    let inputs = Inputs::read(reports)?;
    let mut text = method::head(&inputs);
    for section in [
        compare::section(&inputs),
        growth::section(&inputs),
        lanes::section(&inputs),
        method::section(&inputs),
    ] {
        text.push_str(section.trim_end());
        text.push_str("\n\n");
    }
    let images = growth::charts(&inputs)
        .iter()
        .chain(&lanes::charts(&inputs))
        .map(|chart| Ok((file_name(chart), chart.draw()?)))
        .collect::<Result<_>>()?;
    Ok(Made {
        text: format!("{}\n", text.trim_end()),
        images,
    })
}

fn file_name(chart: &Chart) -> String {
    format!("performance-{}.svg", chart.file)
}

/// A picture in the text.
fn picture(chart: &Chart) -> String {
    let title = &chart.title;
    format!("![{title}]({IMAGES}/{})\n\n", file_name(chart))
}

/// A count, thousands apart.
fn show(value: usize) -> String {
    number::show(count(value))
}

/// The median, with the extremes where there are any.
fn show_spread(spread: Spread) -> String {
    table::show(spread)
}
