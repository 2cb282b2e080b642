//! `bench filters`: simulated farms of honest and hostile rigs, and what each policy of proving
//! lets through to the pool. No proxy is started and no hash computed.
//!
//! `args` the command line, `threads` the contests over all cores, `figures` what is told of them,
//! `table`, `report` and `plot` how.

mod args;
mod figures;
mod plot;
mod report;
mod table;
mod threads;

use anyhow::{Context as _, Result};
use zartrux_models::simulation::contest::{
    BURST_SECONDS, Contest, Entrant, Entry, FarmKind, Group, Terms, honest, mixed,
};

pub use args::Filters;

use super::clock::{Clock, Nanos};
use crate::console;
use figures::Figure;
use plot::Panel;
use report::{Document, FarmReport, HonestReport};

/// Probability that an honest rig is ever suspected: the judge's default.
const ALPHA: f64 = 1e-6;

/// Seeds of farms of honest rigs only begin here, so that they are others than the mixed ones'.
const HONEST_SEEDS: u64 = 1_000_001;

/// Plays the contests, prints the tables, and writes what was asked for.
///
/// # Errors
/// When a file cannot be written, or an honest rig was brought into quarantine: no proof of a true
/// share may do that.
pub(super) fn run(args: &Filters) -> Result<()> {
    let command: Vec<String> = std::env::args().skip(1).collect();
    let mut document = Document::new(args, command.join(" "), BURST_SECONDS);
    let clock = Clock::start();
    let rigs = usize::try_from(args.rigs).context("rigs")?;
    let groups = mixed(rigs);
    for kind in FarmKind::ALL {
        let contests = play(args, kind, &groups, &Entry::ALL, 1, args.seeds)?;
        document.farms.push(farm_report(kind, &groups, &contests));
    }
    if args.honest_shares > 0 {
        document.honest = Some(honest_report(args, rigs)?);
    }
    document.seconds = clock.now().seconds_since(Nanos::default());
    let text = document.render();
    console::say(&text);
    if let Some(path) = &args.json {
        document.write(path)?;
    }
    if let Some(path) = &args.markdown {
        write(path, &text)?;
    }
    if let Some(path) = &args.svg {
        write(path, &plot::draw(&panels(&document))?)?;
    }
    let quarantined = document.honest.map_or(0, |honest| honest.quarantined);
    anyhow::ensure!(
        quarantined == 0,
        "{quarantined} honest rigs were brought into quarantine"
    );
    Ok(())
}

fn write(path: &std::path::Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// One contest for each of so many seeds from `first` on.
fn play(
    args: &Filters,
    kind: FarmKind,
    groups: &[Group],
    entries: &[Entry],
    first: u64,
    seeds: u64,
) -> Result<Vec<Contest>> {
    let terms = Terms {
        kind,
        shares: u64::from(args.rigs) * u64::from(args.shares),
        budget: args.budget,
        alpha: ALPHA,
    };
    let start = Clock::start().origin();
    let contests = threads::over_seeds(first..first + seeds, |seed| {
        terms.play(groups, entries, seed, start)
    });
    contests
        .into_iter()
        .collect::<Result<_, _>>()
        .with_context(|| format!("the {} farm", kind.name()))
}

fn farm_report(kind: FarmKind, groups: &[Group], contests: &[Contest]) -> FarmReport {
    let bad_at_pool = |entry: Entry| -> Vec<f64> {
        let place = Entry::ALL.iter().position(|other| *other == entry);
        contests
            .iter()
            .filter_map(|contest| contest.outcomes.get(place?))
            .map(|outcome| figures::float(outcome.total(|group| group.bad_at_pool)))
            .collect()
    };
    let ours = bad_at_pool(Entry::at_budget(Entrant::Ours));
    let times_fewer = [Entrant::NodejsPool, Entrant::NodejsPoolBans]
        .map(|other| Figure::ratio(other.name(), &bad_at_pool(Entry::at_budget(other)), &ours));
    FarmReport {
        farm: kind.name(),
        policies: Entry::ALL
            .iter()
            .enumerate()
            .map(|(place, entry)| figures::of_policy(*entry, place, groups, contests))
            .collect(),
        groups: groups
            .iter()
            .enumerate()
            .map(|(place, group)| figures::of_group(place, group, contests))
            .collect(),
        times_fewer: times_fewer.to_vec(),
    }
}

/// Farms of the same size as the mixed ones, as many as it takes, half of them of either kind.
fn honest_report(args: &Filters, rigs: usize) -> Result<HonestReport> {
    let groups = [honest(rigs)];
    let entries = [Entry::at_budget(Entrant::Ours)];
    let of_one_farm = u64::from(args.rigs) * u64::from(args.shares);
    let farms = args.honest_shares.div_ceil(of_one_farm).max(1);
    let split = farms.div_ceil(2);
    let mut contests = play(
        args,
        FarmKind::Split,
        &groups,
        &entries,
        HONEST_SEEDS,
        split,
    )?;
    let (first, flat) = (HONEST_SEEDS + split, farms - split);
    contests.extend(play(args, FarmKind::Flat, &groups, &entries, first, flat)?);
    let mut report = HonestReport::default();
    for contest in &contests {
        for stream in &contest.stream {
            report.rigs += stream.rigs;
            report.shares += stream.sent;
            report.suspected += stream.rigs_suspected;
        }
        for outcome in &contest.outcomes {
            report.quarantined += outcome.total(|group| group.rigs_quarantined);
        }
    }
    Ok(report)
}

fn panels(document: &Document) -> Vec<Panel<'_>> {
    document
        .farms
        .iter()
        .map(|farm| Panel {
            title: format!("Farm: {}", farm.farm),
            policies: &farm.policies,
        })
        .collect()
}
