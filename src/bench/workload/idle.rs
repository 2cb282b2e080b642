//! Idle: N miners connect, log in and stay, and nothing happens.

use std::{collections::HashSet, time::Duration};

use anyhow::{Result, anyhow};

use super::{micros_each, percent_of_core};
use crate::bench::{
    figure::{Figures, PERCENT_OF_CORE},
    seen::Seen,
    stage::Stage,
    stats::{count, nanos_to_f64},
};

/// Logins under way at once.
const AT_ONCE: usize = 128;
/// Rest before the proxy's processor time counts as that of an idle one.
const REST: Duration = Duration::from_secs(1);

/// Logs `miners` miners in, lets `quiet` pass and measures what they cost. Afterwards they are
/// there, with keys 0 to `miners` − 1.
///
/// # Errors
/// When a miner is refused, the proxy ends, or the logins take too long.
pub(crate) fn run(stage: &mut Stage, miners: usize, quiet: Duration) -> Result<Figures> {
    let mut figures = Figures::of("idle", miners);
    let before = stage.proxy.resident()?;
    let cpu = stage.cpu()?;
    let began = stage.engine.now();
    let ended = log_in(stage, miners)?;
    let used = stage.cpu_since(&cpu)?;

    stage.rest(REST.min(quiet / 2))?;
    let cpu = stage.cpu()?;
    stage.rest(quiet.saturating_sub(REST.min(quiet / 2)))?;
    let idle = stage.cpu_since(&cpu)?;
    let after = stage.proxy.resident()?;

    let grown = nanos_to_f64(after) - nanos_to_f64(before);
    figures.proxy(
        "logins per second",
        "1/s",
        count(miners) / ended.seconds_since(began),
    );
    figures.proxy("CPU per login", "µs", micros_each(used.proxy, miners));
    figures.proxy(
        "resident memory per miner",
        "KiB",
        grown / 1024.0 / count(miners),
    );
    figures.proxy(
        "resident memory of the whole process",
        "MiB",
        nanos_to_f64(after) / 1_048_576.0,
    );
    figures.proxy(
        "CPU when nothing happens",
        PERCENT_OF_CORE,
        percent_of_core(idle.proxy, idle.wall),
    );
    figures.proxy(
        "upstream connections",
        "",
        count(stage.engine.pool().logged_in()),
    );
    figures.proxy("descriptors", "", count(stage.proxy.descriptors()?));
    figures.generator("CPU per login", "µs", micros_each(used.generator, miners));
    figures.generator(
        "busy at login",
        PERCENT_OF_CORE,
        percent_of_core(used.busiest, used.wall),
    );
    figures.must_be_zero("miners with another's slot", overlaps(stage, miners));
    Ok(figures)
}

/// Logs miners 0 to `miners` − 1 in; the moment the last was.
fn log_in(stage: &mut Stage, miners: usize) -> Result<crate::bench::clock::Nanos> {
    let allowed = Duration::from_secs(30) + Duration::from_millis(5) * u32::try_from(miners)?;
    let limit = stage.engine.now().after(allowed);
    let (mut begun, mut done) = (0, 0);
    let mut seen = Vec::new();
    loop {
        while begun < miners && begun - done < AT_ONCE {
            stage.connect(u64::try_from(begun)?)?;
            begun += 1;
        }
        stage.turn(limit, &mut seen)?;
        for event in seen.drain(..) {
            if let Seen::LoggedIn { at, .. } = event {
                done += 1;
                if done == miners {
                    return Ok(at);
                }
            }
        }
        if stage.engine.now() >= limit {
            let error = anyhow!("only {done} of {miners} miners were logged in after {allowed:?}");
            return Err(stage.proxy.blame(&error));
        }
    }
}

/// Miners whose upstream and slot another miner has too, among those on the same round.
fn overlaps(stage: &Stage, miners: usize) -> usize {
    let mut taken = HashSet::with_capacity(miners);
    (0..miners)
        .filter_map(|key| stage.engine.origin(key))
        .filter(|origin| !taken.insert(*origin))
        .count()
}
