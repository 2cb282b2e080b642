//! What an event says, field by field.

use serde_json::{Map, Value, json};
use zartrux_models::ledger::rows::{UpstreamNames, written_time};
use zartrux_models::ledger::{JournalEntry, JournalEvent, UpstreamId};
use zartrux_models::share::RigKey;

/// The rig that an event is about.
pub(super) const fn rig_of(event: &JournalEvent) -> Option<RigKey> {
    match event {
        JournalEvent::LeaseTaken { rig, .. }
        | JournalEvent::Quarantined { rig, .. }
        | JournalEvent::Released { rig }
        | JournalEvent::Suspected { rig, .. }
        | JournalEvent::Cleared { rig } => Some(*rig),
        JournalEvent::RunBegan { .. }
        | JournalEvent::RunEnded
        | JournalEvent::LeaseGivenUp { .. }
        | JournalEvent::LeaseReturned { .. }
        | JournalEvent::PoolConnectionLost { .. }
        | JournalEvent::EventsMissed { .. }
        | JournalEvent::UpstreamServes { .. }
        | JournalEvent::StageBypassed { .. }
        | JournalEvent::StageBack { .. }
        | JournalEvent::AlertRaised { .. }
        | JournalEvent::AlertCleared { .. }
        | JournalEvent::ModelEvent { .. }
        | JournalEvent::SlotsOrdered { .. }
        | JournalEvent::SlotsUnordered { .. }
        | JournalEvent::RankingInForce { .. }
        | JournalEvent::Block { .. }
        | JournalEvent::OutsideOrderInForce { .. }
        | JournalEvent::SlotsOrderedOutside { .. } => None,
    }
}

/// One line; texts of others are in quotes, and what is not printable in them is escaped.
pub(super) fn as_text(entry: &JournalEntry, names: &impl UpstreamNames) -> String {
    use std::fmt::Write as _;
    let at = written_time(entry.unix_ms);
    let mut line = format!("{at}  {}", entry.event.label());
    for (name, value) in fields(&entry.event, names) {
        // A String can be written to without fault.
        let _ = match value {
            Value::Null => write!(line, "  {name} none"),
            Value::String(text) if is_plain(&text) => write!(line, "  {name} {text}"),
            Value::String(text) => write!(line, "  {name} {text:?}"),
            other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                write!(line, "  {name} {other}")
            }
        };
    }
    line
}

/// A name or hex digits, which nobody takes for anything else.
fn is_plain(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte);
    !text.is_empty() && text.bytes().all(plain)
}

/// An object with all that an entry says.
pub(super) fn as_json(entry: &JournalEntry, names: &impl UpstreamNames) -> Value {
    let mut object = Map::new();
    for (name, value) in [
        ("timestamp", json!(written_time(entry.unix_ms))),
        ("seq", json!(entry.seq)),
        ("node", json!(entry.node)),
        ("run", json!(entry.run)),
        ("event", json!(entry.event.label())),
    ] {
        object.insert(name.to_owned(), value);
    }
    for (name, value) in fields(&entry.event, names) {
        object.insert(name.to_owned(), value);
    }
    Value::Object(object)
}

fn fields(event: &JournalEvent, names: &impl UpstreamNames) -> Vec<(&'static str, Value)> {
    match event {
        JournalEvent::RunBegan {
            version,
            started_ms,
        } => vec![
            ("version", json!(version)),
            ("started", json!(written_time(*started_ms))),
        ],
        JournalEvent::RunEnded => Vec::new(),
        JournalEvent::LeaseTaken {
            lane,
            pool,
            connection,
            slot,
            rig,
            seat,
            arm,
            job_key,
        } => vec![
            ("lane", json!(lane)),
            ("pool", json!(pool.0)),
            ("connection", json!(connection)),
            ("slot", json!(slot.0)),
            ("rig", json!(rig.to_string())),
            ("seat", json!(format!("{}.{}", seat.index, seat.generation))),
            ("arm", json!(arm.label())),
            ("job_key", json!(job_key)),
        ],
        JournalEvent::LeaseGivenUp {
            lane,
            pool,
            slot,
            seat,
            why,
            job_key,
        } => vec![
            ("lane", json!(lane)),
            ("pool", json!(pool.0)),
            ("slot", json!(slot.0)),
            ("seat", json!(format!("{}.{}", seat.index, seat.generation))),
            ("why", json!(why.label())),
            ("job_key", json!(job_key)),
        ],
        JournalEvent::LeaseReturned {
            lane,
            pool,
            slot,
            seat,
            why,
            job_key,
            tried,
        } => vec![
            ("lane", json!(lane)),
            ("pool", json!(pool.0)),
            ("slot", json!(slot.0)),
            ("seat", json!(format!("{}.{}", seat.index, seat.generation))),
            ("why", json!(why.label())),
            ("job_key", json!(job_key)),
            ("tried", json!(tried)),
        ],
        JournalEvent::PoolConnectionLost {
            lane,
            pool,
            connection,
        } => vec![
            ("lane", json!(lane)),
            ("pool", json!(pool.0)),
            ("connection", json!(connection)),
        ],
        JournalEvent::EventsMissed { count } => vec![("count", json!(count))],
        JournalEvent::UpstreamServes { lane, upstream } => {
            vec![
                ("lane", json!(lane)),
                ("upstream", upstream_name(*upstream, names)),
            ]
        }
        JournalEvent::Quarantined { rig, share } => vec![
            ("rig", json!(rig.to_string())),
            ("share", json!(share.to_string())),
        ],
        JournalEvent::Released { rig } | JournalEvent::Cleared { rig } => {
            vec![("rig", json!(rig.to_string()))]
        }
        JournalEvent::Suspected {
            rig,
            stage,
            cause,
            log_e,
        } => vec![
            ("rig", json!(rig.to_string())),
            ("stage", json!(stage.name())),
            ("cause", json!(cause.label())),
            ("log_e", json!(log_e)),
        ],
        JournalEvent::StageBypassed { lane, stage } | JournalEvent::StageBack { lane, stage } => {
            vec![("lane", json!(lane)), ("stage", json!(stage.name()))]
        }
        JournalEvent::AlertRaised { kind, subject }
        | JournalEvent::AlertCleared { kind, subject } => {
            vec![("kind", json!(kind.label())), ("subject", json!(subject))]
        }
        JournalEvent::ModelEvent {
            change,
            slot,
            id,
            why,
        } => vec![
            ("change", json!(change.label())),
            ("slot", json!(slot.label())),
            ("id", json!(id.map(|id| id.to_string()))),
            ("why", json!(why)),
        ],
        JournalEvent::SlotsOrdered {
            lane,
            pool,
            connection,
            job_key,
            seed,
            ranking,
        } => vec![
            ("lane", json!(lane)),
            ("pool", json!(pool.0)),
            ("connection", json!(connection)),
            ("job_key", json!(job_key)),
            // As text: readers of JSON take numbers of this size for floats.
            ("seed", json!(format!("{seed:016x}"))),
            ("ranking", json!(ranking.to_string())),
        ],
        JournalEvent::SlotsOrderedOutside {
            lane,
            pool,
            connection,
            job_key,
            seed,
            ranking,
            outside,
        } => vec![
            ("lane", json!(lane)),
            ("pool", json!(pool.0)),
            ("connection", json!(connection)),
            ("job_key", json!(job_key)),
            ("seed", json!(format!("{seed:016x}"))),
            ("ranking", json!(ranking.map(|id| id.to_string()))),
            ("outside", json!(outside.to_string())),
        ],
        JournalEvent::OutsideOrderInForce { lane, order } => vec![
            ("lane", json!(lane)),
            ("outside", json!(order.id().to_string())),
            ("name", json!(order.name())),
            ("order", json!(const_hex::encode(order.bytes()))),
        ],
        JournalEvent::SlotsUnordered {
            lane,
            pool,
            connection,
            job_key,
        } => vec![
            ("lane", json!(lane)),
            ("pool", json!(pool.0)),
            ("connection", json!(connection)),
            ("job_key", json!(job_key)),
        ],
        JournalEvent::RankingInForce { lane, order } => vec![
            ("lane", json!(lane)),
            ("ranking", json!(order.id().to_string())),
            ("order", json!(const_hex::encode(order.bytes()))),
        ],
        JournalEvent::Block {
            lane,
            upstream,
            height,
            id,
            fate,
        } => vec![
            ("lane", json!(lane)),
            ("upstream", upstream_name(*upstream, names)),
            ("height", json!(height)),
            ("id", json!(const_hex::encode(id.as_bytes()))),
            ("fate", json!(fate.label())),
        ],
    }
}

/// What an upstream was called, or its number in the store.
fn upstream_name(upstream: Option<UpstreamId>, names: &impl UpstreamNames) -> Value {
    json!(upstream.map(|id| {
        let known = names.name_of(id).map(str::to_owned);
        known.unwrap_or_else(|| format!("#{}", id.0))
    }))
}

#[cfg(test)]
mod tests {
    use zartrux_models::ledger::AlertKind;
    use zartrux_models::ledger::rows::UpstreamList;

    use super::super::EventKind;
    use super::*;

    #[test]
    fn a_block_is_told_by_its_place_in_the_chain_and_its_fate() {
        use zartrux_models::ledger::BlockFate;
        use zartrux_models::work::BlockId;

        let entry = JournalEntry {
            seq: 1,
            node: 0,
            run: 1,
            unix_ms: 0,
            event: JournalEvent::Block {
                lane: 0,
                upstream: Some(UpstreamId(4)),
                height: 3_512_345,
                id: BlockId::new([0xab; 32]),
                fate: BlockFate::Accepted,
            },
        };
        let line = as_text(&entry, &UpstreamList::default());
        let id = "ab".repeat(32);
        let told =
            format!(r##"block  lane 0  upstream "#4"  height 3512345  id {id}  fate accepted"##);
        assert!(line.ends_with(&told), "{line}");
        assert_eq!(EventKind::of(&entry.event), EventKind::Blocks);
    }

    #[test]
    fn words_of_others_are_escaped_and_stay_on_their_line() {
        let entry = JournalEntry {
            seq: 1,
            node: 0,
            run: 1,
            unix_ms: 0,
            event: JournalEvent::AlertRaised {
                kind: AlertKind::RigSilent,
                subject: "rig\n\u{1b}[31m\u{202e} one".into(),
            },
        };
        let names = UpstreamList::default();
        let line = as_text(&entry, &names);
        assert!(
            line.ends_with(r#"kind rig_silent  subject "rig\n\u{1b}[31m\u{202e} one""#),
            "{line}"
        );
        let object = as_json(&entry, &names);
        assert_eq!(object["event"], "alert_raised");
        assert_eq!(object["seq"], 1);
        assert!(!object.to_string().contains(['\n', '\u{1b}']));
    }
}
