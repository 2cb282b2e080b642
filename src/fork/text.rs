//! The report for terminals.

use std::fmt::Write as _;

use super::{ForkReport, ForkRig, Part, VersionKnown};
use crate::plain::plain;
use crate::top::{percent, rate};

/// Rigs that are listed one by one; JSON has them all.
const LISTED: usize = 200;

/// Writes it: who is ready is only counted, who is not is listed.
#[must_use]
pub(crate) fn text(report: &ForkReport) -> String {
    let mut out = format!(
        "Ready for the fork to rx/2? Rigs seen within {} days.\n\n",
        report.days
    );
    if let Some(fleet) = &report.fleet {
        part(&mut out, "ready", fleet.ready);
        part(&mut out, "not ready", fleet.not_ready);
        part(&mut out, "unknown", fleet.unknown);
        let _ = match fleet.ready_share {
            Some(share) => writeln!(out, "{} of the hash rate is ready.", percent(share)),
            None => writeln!(out, "No hash rate was measured yet."),
        };
    }
    let _ = writeln!(out, "\nThis proxy: {}", proxy(report));
    let quarantined = report.fleet.as_ref().map_or(0, |fleet| fleet.quarantined);
    if quarantined > 0 && report.proxy.randomx_v2 == VersionKnown::Unknown {
        let _ = writeln!(
            out,
            "{quarantined} rigs are in quarantine: none of their shares of rx/2 could be proved, so all \
             would be held."
        );
    }
    for upstream in &report.upstreams {
        let algorithms = match &upstream.algorithms[..] {
            [] if report.proxy.running => "no job".to_owned(),
            [] => "not known: the daemon was not asked".to_owned(),
            algorithms => plain(&algorithms.join(", ")),
        };
        let _ = writeln!(out, "Upstream {}: {algorithms}", plain(&upstream.name));
    }
    for (readiness, title) in [("not_ready", "Not ready"), ("unknown", "Unknown")] {
        list(&mut out, title, report, readiness);
    }
    out.trim_end().to_owned()
}

fn part(out: &mut String, name: &str, part: Part) {
    let _ = writeln!(
        out,
        "{name:<10} {:>7} rigs  {:>12}",
        part.rigs,
        rate(part.hashes_per_second)
    );
}

fn proxy(report: &ForkReport) -> String {
    let proxy = &report.proxy;
    let version = plain(&proxy.version);
    let can = match (proxy.randomx_v2, &proxy.proves) {
        (VersionKnown::Known, Some(_)) => "its RandomX knows version 2: shares of rx/2 are proved",
        (VersionKnown::Known, None) => "its RandomX knows version 2, but proving is off",
        (VersionKnown::Unknown, _) => {
            "its RandomX does not know version 2: shares of rx/2 are passed on unproved"
        }
        (VersionKnown::NotTested, _) => "proving is off: shares are passed on unproved",
    };
    format!("Zartrux {version}, {can}.")
}

fn list(out: &mut String, title: &str, report: &ForkReport, readiness: &str) {
    let rigs: Vec<&ForkRig> = report
        .rigs
        .iter()
        .filter(|rig| rig.readiness == readiness)
        .collect();
    if rigs.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{title}:");
    for rig in rigs.iter().take(LISTED) {
        let name = match (&*rig.user, &*rig.rig_id) {
            (user, "") => plain(user),
            (user, id) if user == id => plain(id),
            (user, id) => format!("{}/{}", plain(user), plain(id)),
        };
        let agent = match rig.agent.split_whitespace().next() {
            Some(agent) => plain(agent),
            None => "no agent".to_owned(),
        };
        let _ = writeln!(out, "  {}  {name} ({agent}): {}", rig.rig, plain(&rig.why));
    }
    if rigs.len() > LISTED {
        let _ = writeln!(out, "  … and {} more (--json)", rigs.len() - LISTED);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fork::{Fleet, ProxyState, UpstreamAlgorithms};

    fn rig(name: &str, readiness: &str) -> ForkRig {
        ForkRig {
            rig: "00000000000000aa".to_owned(),
            user: "farm".to_owned(),
            rig_id: name.to_owned(),
            agent: "XMRig/6.21.0 (Linux)".to_owned(),
            algorithms: vec!["rx/0".to_owned()],
            readiness: readiness.to_owned(),
            why: "too old".to_owned(),
            hashes_per_second: None,
            last_seen_unix_ms: 0,
            quarantined: false,
            kept_out: 0,
        }
    }

    fn report(rigs: Vec<ForkRig>) -> ForkReport {
        ForkReport {
            at_unix_ms: 0,
            days: 7,
            proxy: ProxyState {
                version: "1.2.3".to_owned(),
                running: true,
                proves: Some("light".to_owned()),
                randomx_v2: VersionKnown::Unknown,
            },
            upstreams: vec![UpstreamAlgorithms {
                name: "pool:3333".to_owned(),
                algorithms: vec!["rx/2\u{1b}[2J".to_owned()],
            }],
            fleet: Some(Fleet {
                ready_share: Some(0.75),
                quarantined: 3,
                ..Fleet::default()
            }),
            rigs,
            next: None,
        }
    }

    #[test]
    fn who_is_not_ready_is_named_and_hostile_names_are_made_harmless() {
        let text = text(&report(vec![
            rig("shelf\u{1b}[31m", "not_ready"),
            rig("b", "ready"),
        ]));
        assert!(
            text.contains("farm/shelf\\u{1b}[31m (XMRig/6.21.0): too old"),
            "{text}"
        );
        assert!(!text.contains("farm/b"), "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
        assert!(text.contains("Upstream pool:3333: rx/2\\u{1b}"), "{text}");
        assert!(text.contains("passed on unproved"), "{text}");
        assert!(text.contains("3 rigs are in quarantine"), "{text}");
        assert!(text.contains("of the hash rate is ready"), "{text}");
    }

    #[test]
    fn a_long_list_ends_with_how_many_are_left() {
        let text = text(&report(vec![rig("x", "unknown"); LISTED + 7]));
        assert!(text.ends_with("… and 7 more (--json)"), "{text}");
    }
}
