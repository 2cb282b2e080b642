//! `zartrux demo`: the real proxy between an embedded pool and embedded miners.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use zartrux_config::{Overrides, Settings};

use crate::demo::{self, DemoArgs, RunningProxy};
use crate::node::{ExitCode, Node, NodeOptions};

pub(super) fn demo(args: &DemoArgs) -> Result<ExitCode> {
    let data = tempfile::tempdir().context("no temporary folder")?;
    let data_path = data.path().display().to_string();
    let launch = |pool: SocketAddr| {
        let overrides = Overrides {
            pool: Some(format!("stratum+tcp://{pool}")),
            user: Some("zartrux-demo".to_owned()),
            listen: vec![args.listen.to_string()],
            monitor: Some(args.monitor.to_string()),
            data: Some(data_path),
            ..Overrides::default()
        };
        let text = demo_settings(args.monitor, args.bridge);
        let settings = Settings::from_toml(&text, &overrides)?;
        let node = Node::launch(
            &settings,
            NodeOptions {
                drill: false,
                watchdog: true,
            },
        )?;
        Ok(RunningProxy {
            miners: node.plain_addresses()[0],
            monitor: node.monitor_address(),
            stop: Box::new(move || {
                node.stop();
                Ok(())
            }),
        })
    };
    let passed = demo::run(args, launch)?;
    Ok(if passed == std::process::ExitCode::SUCCESS {
        ExitCode::Done
    } else {
        ExitCode::Failed
    })
}

/// Everybody may look at a demo, wherever it is shown.
fn demo_settings(monitor: SocketAddr, bridge: Option<u16>) -> String {
    let mut settings = DEMO_SETTINGS.to_owned();
    if !monitor.ip().to_canonical().is_loopback() {
        settings.push_str("\n[monitor]\nanonymous = \"read\"\n");
    }
    if let Some(first) = bridge {
        settings.push_str("\n[bridge]\nenabled = true\n");
        for (key, port) in ["publish", "predict", "plans"].iter().zip(first..) {
            settings.push_str(&format!("{key} = \"tcp://127.0.0.1:{port}\"\n"));
        }
    }
    settings
}

/// What differs from the defaults: every miner gets the pool's difficulty, so that every share is
/// proved; one prover thread beside three that mine; and patience, for slow machines.
const DEMO_SETTINGS: &str = r#"
[miners]
share_goal = "off"

[prove]
threads = 1
deadline = "20s"
deadline_unknown = "20s"
"#;
