//! The order of runs: every run starts each proxy afresh, and all proxies take turns.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::console;

use super::{
    args::{BenchArgs, Common, Tls},
    figure::Figures,
    limits::{self, Wanted},
    report::Document,
    stage::Stage,
    subject::{Subject, Terms},
    workload::{churn, fanout, idle, saturate, share, upgrade},
};

/// The proxies that `args` ask for.
///
/// # Errors
/// When a program's path is unknown.
pub(crate) fn subjects(args: &Common) -> Result<Vec<Subject>> {
    let first = match &args.proxy_command {
        Some(command) => Subject::by_command(command, args.proxy_config),
        None => Subject::own()?,
    };
    let without_filters = args.without_filters.then(Subject::own_without_filters);
    let without_store = args.without_store.then(Subject::own_without_store);
    std::iter::once(Ok(first))
        .chain(without_filters)
        .chain(without_store)
        .chain(args.peer.iter().map(Subject::peer))
        .collect()
}

/// Runs all there is to run, adding figures to `document` as they come.
///
/// # Errors
/// When a proxy cannot be measured; `document` then holds what was measured before.
pub(crate) fn carry_out(
    args: &BenchArgs,
    subjects: &[Subject],
    document: &mut Document,
) -> Result<()> {
    let common = args.common();
    let scenes = scenes(args);
    let most = scenes.iter().map(|scene| scene.miners).max().unwrap_or(0);
    let generators = limits::make_room_for(Wanted {
        miners: most,
        lanes: common.lanes,
        generators: common.generators,
        own: common.proxy_command.is_none(),
    })?;
    if generators > 1 && !args.may_be_divided() {
        bail!(
            "{most} miners in {generators} processes: only idle and fanout can be divided, the other \
             workloads are played by one process"
        );
    }
    for scene in &scenes {
        for run in 1..=common.runs {
            // Who goes first changes from run to run: a machine that drifts favours nobody.
            let mut order: Vec<&Subject> = subjects.iter().collect();
            if run % 2 == 0 {
                order.reverse();
            }
            for subject in order {
                let name = &subject.name;
                console::complain(&format!(
                    "{name}: {}, run {run} of {}",
                    scene.title, common.runs
                ));
                let figures = scene
                    .play(args, subject, generators)
                    .with_context(|| format!("{name}: {}, run {run}", scene.title))?;
                for mut figures in figures {
                    if common.tls == Tls::Yes {
                        figures.by_tls();
                    }
                    document.add(name, figures);
                }
            }
        }
    }
    Ok(())
}

/// One measurement of one proxy.
struct Scene {
    title: String,
    miners: usize,
    job_every: Duration,
}

fn scenes(args: &BenchArgs) -> Vec<Scene> {
    let size = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    if let BenchArgs::Churn(churn) = args {
        let scene = |&seconds: &u32| Scene {
            title: format!("churn of {} at once, a job each {seconds} s", churn.at_once),
            miners: size(churn.at_once),
            job_every: Duration::from_secs(seconds.into()),
        };
        return churn.job_every.iter().map(scene).collect();
    }
    let scene = |&miners: &u32| Scene {
        title: format!("{miners} miners"),
        miners: size(miners),
        job_every: Duration::ZERO,
    };
    args.common().miners.iter().map(scene).collect()
}

impl Scene {
    /// Starts the proxy, measures, ends it.
    fn play(&self, args: &BenchArgs, subject: &Subject, generators: u16) -> Result<Vec<Figures>> {
        let common = args.common();
        let miners = self.miners;
        let seconds = |n: u32| Duration::from_secs(n.into());
        let mut stage = Stage::raise(
            subject,
            Terms {
                lanes: common.lanes,
                miners,
                tls: common.tls == Tls::Yes,
                generators,
            },
        )?;
        if let BenchArgs::Churn(churn) = args {
            let plan = churn::Plan {
                at_once: miners,
                span: seconds(churn.seconds),
                stay: Duration::from_millis(churn.stay.into()),
                job_every: self.job_every,
            };
            return Ok(vec![churn::run(&mut stage, plan)?]);
        }
        let mut all = vec![idle::run(&mut stage, miners, common.quiet())?];
        match args {
            BenchArgs::Idle(_) | BenchArgs::Churn(_) => {}
            BenchArgs::Fanout(args) => {
                let interval = Duration::from_millis(args.job_interval.into());
                all.push(fanout::run(&mut stage, miners, args.jobs, interval)?);
            }
            BenchArgs::Share(args) => {
                let span = seconds(args.seconds);
                all.push(share::run(&mut stage, miners, args.rate, span)?);
            }
            BenchArgs::Upgrade(args) => {
                let span = seconds(args.seconds);
                all.push(upgrade::run(&mut stage, miners, args.rate, span)?);
            }
            BenchArgs::Saturate(args) => {
                let levels: Vec<usize> = args
                    .outstanding
                    .iter()
                    .map(|&n| usize::try_from(n))
                    .collect::<Result<_, _>>()?;
                let span = seconds(args.seconds);
                all.push(saturate::run(&mut stage, miners, &levels, span)?);
            }
        }
        Ok(all)
    }
}
