//! `zartrux health`: whether a running daemon is well, for whoever has no other way to ask.

use anyhow::Result;
use clap::Args;

use crate::client::{Answer, Daemon, DaemonArgs};
use crate::console::{complain, say};
use crate::node::ExitCode;
use crate::plain::plain;

/// Flags of `health`.
#[derive(Debug, Clone, Args)]
pub struct HealthArgs {
    /// Which daemon is asked.
    #[command(flatten)]
    pub daemon: DaemonArgs,
    /// Ask only whether the process answers, not whether miners can be served
    #[arg(long)]
    pub live: bool,
}

pub(super) fn health(args: &HealthArgs) -> Result<ExitCode> {
    let daemon = Daemon::new(&args.daemon)?;
    let path = if args.live {
        "/health/live"
    } else {
        "/health/ready"
    };
    let answer = match daemon.get(path) {
        Ok(answer) => answer,
        Err(fault) => {
            complain(&format_args!("{}: {fault:#}", daemon.url()));
            return Ok(ExitCode::Failed);
        }
    };
    match verdict(&answer) {
        Ok(word) => {
            say(&word);
            Ok(ExitCode::Done)
        }
        Err(reasons) => {
            for reason in reasons {
                complain(&reason);
            }
            Ok(ExitCode::Failed)
        }
    }
}

/// A word if all is well, else the reasons. Only an answer of Zartrux counts: another server may
/// listen there.
fn verdict(answer: &Answer) -> Result<&'static str, Vec<String>> {
    let is = |key: &str| answer.body.get(key).and_then(serde_json::Value::as_bool);
    let told = answer.body.get("reasons").and_then(|it| it.as_array());
    match (answer.status, is("live"), is("ready")) {
        (200, Some(true), _) => Ok("live"),
        (200, _, Some(true)) => Ok("ready"),
        (status, ..) => match told {
            Some(reasons) if !reasons.is_empty() => Err(reasons
                .iter()
                .map(|reason| plain(reason.as_str().unwrap_or_default()))
                .collect()),
            Some(_) | None => Err(vec![format!(
                "the answer is not one of Zartrux that is well: status {status}"
            )]),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_an_answer_that_says_so_is_good() {
        let verdict = |status, body| verdict(&Answer { status, body });
        assert!(verdict(200, json!({"ready": true, "reasons": []})).is_ok());
        assert!(verdict(200, json!({"live": true})).is_ok());
        assert!(verdict(200, json!(null)).is_err(), "some other server");
        assert!(verdict(200, json!({"ready": false, "reasons": []})).is_err());
        assert!(verdict(401, json!({"error": "no token"})).is_err());
        let leaving = json!({"ready": false, "reasons": ["leaving", "lane 0\u{1b}"]});
        let reasons = verdict(503, leaving).unwrap_err();
        assert_eq!(reasons, ["leaving", "lane 0\\u{1b}"]);
    }
}
