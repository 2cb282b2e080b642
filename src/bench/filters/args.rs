//! The command line of `bench filters`.

use std::path::PathBuf;

use clap::Args;

/// Options of `bench filters`.
#[derive(Debug, Clone, Args)]
pub struct Filters {
    /// Farms of each kind, each from a seed of its own, counted from 1
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(2..=10_000))]
    pub seeds: u64,
    /// Rigs of a farm; one in fifty fails or cheats
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(20..=100_000))]
    pub rigs: u32,
    /// Shares that a rig finds, on average
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    pub shares: u32,
    /// Part of the farm's shares that can be proved
    #[arg(long, default_value_t = 0.05, value_parser = part)]
    pub budget: f64,
    /// Shares of farms of honest rigs only, at least; 0 leaves them out
    #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(..=10_000_000_000))]
    pub honest_shares: u64,
    /// Write all figures of all seeds to this file
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Draw the bad shares that reached the pool into this file
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// Write the tables to this file, as Markdown
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
    /// A date or note to be kept in the report
    #[arg(long)]
    pub date: Option<String>,
}

/// A number above 0 and up to 1.
fn part(text: &str) -> Result<f64, String> {
    let part: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if part > 0.0 && part <= 1.0 {
        Ok(part)
    } else {
        Err("not above 0 and up to 1".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_a_part() {
        assert!(part("0.05").is_ok_and(|part| part > 0.04));
        for text in ["0", "-0.1", "1.5", "NaN", "inf", "x", ""] {
            assert!(part(text).is_err(), "{text}");
        }
    }
}
