//! One demo from start to end: pool, proxy, miners, and what they showed.

use std::future::Future;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::time;

use super::args::DemoArgs;
use super::launch::{LaunchProxy, RunningProxy};
use super::miner::{DemoMiner, MinerSettings};
use super::pool::{self, DemoPool, PoolSettings};
use super::randomx::Caches;
use super::view::{self, MinerView, RateMeter, Screen, Snapshot};
use super::{clock, hex};

/// Portion of its hashes that the failing miner gets wrong.
const FAILING: f64 = 0.1;

/// The screen is brought up to date this often.
const REFRESH: Duration = Duration::from_secs(2);

/// Time for the last shares to be answered.
const GRACE: Duration = Duration::from_secs(3);

/// Runs a demo until `stop` or the time is over; whether it passed.
///
/// # Errors
/// Something could not be started, the proxy could not be stopped, or the output is closed.
pub fn run_until<W: Write>(
    args: &DemoArgs,
    launch: impl LaunchProxy,
    screen: &mut Screen<W>,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<bool> {
    let caches = Arc::new(Caches::default());
    screen.begin("RandomX cache (256 MiB)")?;
    let seed = hex::decode(pool::FIRST_SEED_HASH).context("the demo's own seed is no hash")?;
    let took = caches.prepare(&seed)?;
    screen.say(&format!("{:.1} s", took.as_secs_f64()))?;

    let pool = DemoPool::start(pool_settings(args), Arc::clone(&caches))?;
    screen.say(&format!(
        "pool: {}, difficulty {}",
        pool.address(),
        args.difficulty
    ))?;

    screen.begin("proxy")?;
    let proxy = launch(pool.address()).context("the proxy did not start")?;
    screen.say(&format!("listening for miners on {}", proxy.miners))?;
    if let Some(monitor) = proxy.monitor {
        screen.say(&format!("monitor page: http://{monitor}/"))?;
    }

    let miners = match start_miners(args, &proxy, &caches) {
        Ok(miners) => miners,
        Err(fault) => {
            (proxy.stop)().context("the proxy did not stop")?;
            return Err(fault);
        }
    };
    let end = watch(args, miners, pool, proxy, screen, stop)?;
    let verdict = view::verdict(&end);
    screen.say(&view::summary(&end, &verdict))?;
    Ok(verdict.is_ok())
}

fn pool_settings(args: &DemoArgs) -> PoolSettings {
    PoolSettings {
        difficulty: args.difficulty,
        job_every: Duration::from_secs(args.seconds_per_job),
        random: args.seed,
        ..PoolSettings::default()
    }
}

/// Two sound miners and one whose memory fails.
fn start_miners(
    args: &DemoArgs,
    proxy: &RunningProxy,
    caches: &Arc<Caches>,
) -> anyhow::Result<Vec<DemoMiner>> {
    [
        ("rig-1", None),
        ("rig-2", None),
        ("rig-3-failing", Some(FAILING)),
    ]
    .into_iter()
    .map(|(rig, broken)| {
        let settings = MinerSettings {
            hashes_per_second: Some(args.hashes_per_second),
            broken,
            random: args.seed,
            ..MinerSettings::new(rig, proxy.miners)
        };
        DemoMiner::start(settings, Arc::clone(caches))
    })
    .collect()
}

/// Shows what happens until the end, stops everything in order, and gives the final counts.
fn watch<W: Write>(
    args: &DemoArgs,
    miners: Vec<DemoMiner>,
    pool: DemoPool,
    proxy: RunningProxy,
    screen: &mut Screen<W>,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<Snapshot> {
    let begun = clock::now();
    let mut meter = RateMeter::default();
    let mut look = |miners: &[DemoMiner]| {
        let elapsed = begun.elapsed();
        Snapshot {
            elapsed,
            miners: meter.look(miners, elapsed),
            pool: pool.report(),
            proxy: Some(proxy.miners),
            monitor: proxy.monitor,
        }
    };

    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let shown = runtime.block_on(async {
        let limit = args.run_for.unwrap_or(Duration::MAX);
        tokio::pin!(stop);
        let over = time::sleep(limit);
        tokio::pin!(over);
        let mut refresh = time::interval_at(time::Instant::now() + REFRESH, REFRESH);
        loop {
            tokio::select! {
                () = &mut stop => return Ok(()),
                () = &mut over => return Ok(()),
                _ = refresh.tick() => screen.show(&look(&miners))?,
            }
        }
    });

    // Miners first, so that every share under way still finds proxy and pool.
    for miner in &miners {
        miner.finish(GRACE);
    }
    let last = look(&miners);
    let ends = miners
        .into_iter()
        .zip(last.miners)
        .map(|(miner, view)| MinerView {
            counts: miner.stop(GRACE),
            ..view
        })
        .collect();
    (proxy.stop)().context("the proxy did not stop")?;
    let end = Snapshot {
        miners: ends,
        pool: pool.stop(),
        ..last
    };
    shown
        .map_err(|fault: std::io::Error| fault.into())
        .map(|()| end)
}
