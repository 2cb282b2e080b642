//! `zartrux alert-test`: a test message by every way of the settings.

use anyhow::Result;
use zartrux_actors::alerts::delivery::try_out;
use zartrux_actors::clock::Clock;

use super::SettingsArgs;
use super::check::settings;
use crate::console::{complain, say};
use crate::node::ExitCode;

pub(super) fn alert_test(args: &SettingsArgs) -> Result<ExitCode> {
    let settings = match settings(args) {
        Ok(settings) => settings,
        Err(faults) => {
            complain(&faults);
            return Ok(ExitCode::Configuration);
        }
    };
    let tried = try_out(&settings, Clock);
    if tried.is_empty() {
        complain(&"[alerts] names no way: set `webhook`, `mail_server` or `heartbeat`");
        return Ok(ExitCode::Failed);
    }
    if !settings.alerts.enabled {
        complain(&"warning: alerts.enabled is false: `run` sends nothing");
    }
    let mut code = ExitCode::Done;
    for one in tried {
        let (way, target) = (one.way, one.target);
        match one.came_of_it {
            Ok(()) => say(&format_args!("{way} {target}: delivered")),
            Err(why) => {
                say(&format_args!("{way} {target}: FAILED: {why}"));
                code = ExitCode::Failed;
            }
        }
    }
    Ok(code)
}
