//! `zartrux report fork`: which rigs are ready for the fork to `rx/2`.
//!
//! While the daemon runs it alone has the registry open, so it is asked; else the registry is read.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use zartrux_actors::clock::Clock;
use zartrux_actors::store::state::{StateBook, StateError};
use zartrux_config::{ProveMode, Settings};
use zartrux_models::proof::knows_v2;

use crate::client::{Daemon, DaemonArgs};
use crate::command::data::LedgerArgs;
use crate::console::{complain, say};
use crate::fork::{
    ForkReport, MOST_DAYS, ProxyState, Said, Survey, USUAL_DAYS, UpstreamAlgorithms, VersionKnown,
    text,
};
use crate::node::{ExitCode, StoreFolders, state_bounds};
use crate::plain::plain;

/// Flags of `report fork`.
#[derive(Debug, Clone, Args)]
pub struct ForkArgs {
    /// Where the registry is.
    #[command(flatten)]
    pub place: LedgerArgs,
    /// Ask the daemon whose monitor answers here; without it the registry is read, and the daemon of
    /// the settings asked if it has that open
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// File with the token that the monitor asks for
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Count rigs seen within so many days
    #[arg(
        long,
        value_name = "N",
        default_value_t = USUAL_DAYS,
        value_parser = clap::value_parser!(u64).range(1..=MOST_DAYS)
    )]
    pub days: u64,
    /// As JSON, with every rig
    #[arg(long)]
    pub json: bool,
}

/// Rigs in one answer of the daemon.
const PART: usize = 500;
/// Most answers that are asked for.
const PARTS: usize = 2_000;
/// Rigs that are read at a time.
const AT_A_TIME: usize = 1_024;

pub(super) fn report(args: &ForkArgs) -> Result<ExitCode> {
    let settings = match args.place.settings() {
        Ok(settings) => settings,
        Err(faults) => {
            complain(&faults);
            return Ok(ExitCode::Configuration);
        }
    };
    match collected(args, &settings) {
        Ok(report) if args.json => say(&serde_json::to_string_pretty(&report)?),
        Ok(report) => say(&text(&report)),
        Err(fault) => {
            complain(&format_args!("{fault:#}"));
            return Ok(ExitCode::Failed);
        }
    }
    Ok(ExitCode::Done)
}

fn collected(args: &ForkArgs, settings: &Settings) -> Result<ForkReport> {
    if let Some(url) = &args.url {
        return asked(args, url);
    }
    let folder = StoreFolders::below(&settings.node.data).state;
    if !folder.is_dir() {
        bail!(
            "there is no registry at {}: nothing was stored there yet, or --data should name another \
             folder; --url asks a running daemon",
            folder.display()
        );
    }
    match StateBook::open(&folder, state_bounds(settings)) {
        Ok(book) => Ok(read(args, settings, &book)?),
        Err(StateError::InUse { .. }) => {
            let url = monitor_of(settings)
                .ok_or_else(|| anyhow!("the daemon has the registry open, and has no monitor"))?;
            asked(args, &url).context("the daemon has the registry open, so it was asked")
        }
        Err(fault) => Err(fault.into()),
    }
}

/// Where the daemon of these settings answers, seen from this machine.
fn monitor_of(settings: &Settings) -> Option<String> {
    let monitor = &settings.monitor;
    let mut address: SocketAddr = monitor.listen?;
    if address.ip().is_unspecified() {
        address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    let scheme = if monitor.tls_files.is_some() {
        "https"
    } else {
        "http"
    };
    Some(format!("{scheme}://{address}"))
}

fn read(args: &ForkArgs, settings: &Settings, book: &StateBook) -> Result<ForkReport, StateError> {
    let now_ms = Clock.unix_millis();
    let mut survey = Survey::new(now_ms, args.days, None, None, usize::MAX);
    loop {
        let rigs = book.rigs_from(survey.done(), AT_A_TIME)?;
        if rigs.is_empty() {
            break;
        }
        survey.take(rigs.iter().map(Said::kept).collect());
    }
    let (fleet, rigs, _) = survey.finish();
    let proves = match settings.prove.mode {
        ProveMode::Light => Some("light"),
        ProveMode::Fast => Some("fast"),
        ProveMode::Off => None,
    };
    let upstreams = settings.pools.iter().map(|pool| UpstreamAlgorithms {
        name: format!("{}:{}", pool.url.host(), pool.url.port()),
        algorithms: Vec::new(),
    });
    Ok(ForkReport {
        at_unix_ms: now_ms,
        days: args.days,
        proxy: ProxyState {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            running: false,
            proves: proves.map(str::to_owned),
            randomx_v2: VersionKnown::of(Some(knows_v2())),
        },
        upstreams: upstreams.collect(),
        fleet: Some(fleet),
        rigs,
        next: None,
    })
}

/// What a running daemon says, its list put together from its parts.
fn asked(args: &ForkArgs, url: &str) -> Result<ForkReport> {
    let daemon = Daemon::new(&DaemonArgs {
        url: url.to_owned(),
        token_file: args.token_file.clone(),
    })?;
    let mut whole: Option<ForkReport> = None;
    let mut after = String::new();
    for _ in 0..PARTS {
        let path = format!("/api/v1/fork?days={}&limit={PART}&after={after}", args.days);
        let answer = daemon.get(&path).with_context(|| url.to_owned())?;
        if answer.status != 200 {
            let says = answer.body.get("error").and_then(|it| it.as_str());
            let says = says.unwrap_or("it is not a Zartrux that tells of the fork");
            bail!("{url}: status {}: {}", answer.status, plain(says));
        }
        let mut part: ForkReport =
            serde_json::from_value(answer.body).with_context(|| format!("{url}: the answer"))?;
        let next = part.next.take();
        match &mut whole {
            Some(whole) => whole.rigs.append(&mut part.rigs),
            None => whole = Some(part),
        }
        match next {
            Some(next) if next > after => after = next,
            Some(next) => bail!("{url}: the list goes back from {after} to {}", plain(&next)),
            None => return whole.ok_or_else(|| anyhow!("{url}: no answer")),
        }
    }
    bail!("{url}: the list does not end")
}

#[cfg(test)]
mod tests {
    use zartrux_actors::rigs::RigNames;
    use zartrux_models::share::RigKey;

    use super::*;

    #[test]
    fn the_daemon_of_the_settings_is_asked_where_this_machine_reaches_it() {
        let mut settings = Settings::default();
        let mut at = |listen: &str| {
            settings.monitor.listen = listen.parse().ok();
            monitor_of(&settings)
        };
        assert_eq!(at("0.0.0.0:81").as_deref(), Some("http://127.0.0.1:81"));
        assert_eq!(at("[::1]:81").as_deref(), Some("http://[::1]:81"));
        assert_eq!(at("off"), None);
    }

    #[test]
    fn without_a_daemon_the_registry_itself_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().to_str().unwrap().to_owned();
        let place = LedgerArgs {
            config: None,
            data: Some(data),
        };
        let settings = place.settings().unwrap();
        let args = ForkArgs {
            place,
            url: None,
            token_file: None,
            days: 7,
            json: false,
        };
        let fault = collected(&args, &settings).unwrap_err().to_string();
        assert!(fault.starts_with("there is no registry at"), "{fault}");

        let state = StoreFolders::below(&settings.node.data).state;
        std::fs::create_dir_all(&state).unwrap();
        let mut book = StateBook::open(&state, state_bounds(&settings)).unwrap();
        let now_ms = Clock.unix_millis();
        let names = RigNames::of_login("farm", "shelf-3", "XMRig/6.21.0");
        book.note_names(RigKey(7), &names, &["rx/0"], now_ms)
            .unwrap();
        book.checkpoint(0).unwrap();
        drop(book);

        let report = collected(&args, &settings).unwrap();
        assert_eq!(report.rigs[0].rig_id, "shelf-3");
        assert_eq!(report.fleet.unwrap().not_ready.rigs, 1);
        assert!(!report.proxy.running);
    }
}
