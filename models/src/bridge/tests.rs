//! What is emitted is what the published schemas say.

use serde_json::{Value, json};

use super::*;
use crate::ledger::Arm;

fn schema_of(kind: EventKind) -> Value {
    let text = match kind {
        EventKind::Job => include_str!("../../../docs/src/bridge/job.schema.json"),
        EventKind::Plan => include_str!("../../../docs/src/bridge/plan.schema.json"),
        EventKind::Share => include_str!("../../../docs/src/bridge/share.schema.json"),
        EventKind::Verdict => include_str!("../../../docs/src/bridge/verdict.schema.json"),
        EventKind::Model => include_str!("../../../docs/src/bridge/model.schema.json"),
        EventKind::Alert => include_str!("../../../docs/src/bridge/alert.schema.json"),
    };
    serde_json::from_str(text).unwrap()
}

fn words(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// Two of each kind: with everything there is to tell, and with as little as possible.
fn examples() -> Vec<BridgeEvent> {
    let share = ShareEvent {
        share: "1".into(),
        lane: 0,
        rig: "0a".into(),
        user: words("4aaa…aaaZ"),
        rig_id: words("shelf"),
        job: "0-00000001".into(),
        upstream: words("pool.example:3333"),
        height: Some(3_000_000),
        class: "upstream",
        arm: Arm::Outside.label(),
        difficulty_asked: 1_000,
        difficulty_found: 5_000,
        nonce: "00000001".into(),
        late: true,
        log_e: Some(-0.25),
        proof: Some("good"),
        outcome: "rejected",
        reason: Some("stale"),
        took_micros: 12,
    };
    let little = ShareEvent {
        user: None,
        rig_id: None,
        upstream: None,
        height: None,
        log_e: None,
        proof: None,
        reason: None,
        outcome: "held",
        arm: Arm::None.label(),
        ..share.clone()
    };
    let job = JobEvent {
        job: "0-00000001".into(),
        lane: 0,
        session: 3,
        upstream: words("pool.example:3333"),
        pool_job: "abc".into(),
        algorithm: "rx/0".into(),
        height: Some(1),
        difficulty: 1_000,
        network_difficulty: Some(u64::MAX),
        seed_hash: words("00"),
        blob: words("0c"),
    };
    let bare_job = JobEvent {
        upstream: None,
        height: None,
        network_difficulty: None,
        seed_hash: None,
        blob: None,
        ..job.clone()
    };
    let verdict = VerdictEvent {
        share: "1".into(),
        lane: 0,
        rig: "0a".into(),
        job: "0-00000001".into(),
        upstream: words("pool.example:3333"),
        verdict: "rejected",
        reason: Some("stale"),
        pool_said: words("Block expired"),
        pool_micros: 40_000,
    };
    let bare_verdict = VerdictEvent {
        upstream: None,
        reason: None,
        pool_said: None,
        verdict: "unanswered",
        ..verdict.clone()
    };
    let drawn = PlanEvent {
        job: words("0-00000001"),
        lane: Some(0),
        draw_seed: words("00000000000000ff"),
        ranking: words("ab"),
        outside: words("cd"),
        arms: Some(ArmBytes::of(|byte| match byte % 4 {
            0 => Arm::None,
            1 => Arm::Control,
            2 => Arm::Model,
            _ => Arm::Outside,
        })),
        name: words("mine"),
        expires_unix_ms: Some(1),
        reason: words("no"),
        ..PlanEvent::bare(PlanOutcome::Drawn)
    };
    let model = ModelEvent {
        change: "promoted",
        slot: "ranking",
        model: words("ab"),
        why: "better".into(),
    };
    let gone = ModelEvent {
        model: None,
        ..model.clone()
    };
    let alert = |state| AlertEvent {
        state,
        alert: "rig_silent",
        subject: "0a".into(),
    };
    vec![
        BridgeEvent::Job(job),
        BridgeEvent::Job(bare_job),
        BridgeEvent::Plan(drawn),
        BridgeEvent::Plan(PlanEvent::bare(PlanOutcome::Taken)),
        BridgeEvent::Plan(PlanEvent::bare(PlanOutcome::Refused)),
        BridgeEvent::Share(share),
        BridgeEvent::Share(little),
        BridgeEvent::Verdict(verdict),
        BridgeEvent::Verdict(bare_verdict),
        BridgeEvent::Model(model),
        BridgeEvent::Model(gone),
        BridgeEvent::Alert(alert("raised")),
        BridgeEvent::Alert(alert("cleared")),
    ]
}

/// The words of JSON schema that our schemas use, and no others.
fn check(value: &Value, schema: &Value, path: &str) {
    for (word, says) in schema.as_object().unwrap() {
        match word.as_str() {
            "type" => {
                let is = |name: &str| match name {
                    "string" => value.is_string(),
                    "integer" => value.is_u64(),
                    "number" => value.is_number(),
                    "boolean" => value.is_boolean(),
                    "null" => value.is_null(),
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    other => panic!("type {other}"),
                };
                let fits = match says.as_array() {
                    Some(types) => types.iter().any(|one| is(one.as_str().unwrap())),
                    None => is(says.as_str().unwrap()),
                };
                assert!(fits, "{path} is {value}, not {says}");
            }
            "const" => assert_eq!(value, says, "{path}"),
            "enum" => assert!(says.as_array().unwrap().contains(value), "{path}: {value}"),
            "minimum" => assert!(value.is_null() || value.as_u64() >= says.as_u64(), "{path}"),
            "maximum" => assert!(value.as_u64() <= says.as_u64(), "{path}"),
            "maxItems" => {
                let count = value.as_array().unwrap().len();
                assert!(count as u64 <= says.as_u64().unwrap(), "{path}");
            }
            "items" => {
                for (place, item) in value.as_array().unwrap().iter().enumerate() {
                    check(item, says, &format!("{path}[{place}]"));
                }
            }
            "properties" => {
                let Some(object) = value.as_object() else {
                    continue;
                };
                let mut emitted: Vec<_> = object.keys().collect();
                let mut known: Vec<_> = says.as_object().unwrap().keys().collect();
                let mut required: Vec<_> = schema["required"].as_array().unwrap().clone();
                emitted.sort();
                known.sort();
                required.sort_by_key(ToString::to_string);
                assert_eq!(emitted, known, "{path}: emitted and known");
                assert_eq!(json!(emitted), json!(required), "{path}: required");
                for (key, item) in object {
                    check(item, &says[key], &format!("{path}.{key}"));
                }
            }
            "$schema"
            | "title"
            | "description"
            | "required"
            | "additionalProperties"
            | "uniqueItems" => {}
            other => panic!("{path}: {other} is not looked at"),
        }
    }
}

#[test]
fn every_key_that_is_emitted_is_in_its_schema_and_every_required_one_is_emitted() {
    let examples = examples();
    for kind in EventKind::ALL {
        let of_kind: Vec<_> = examples.iter().filter(|one| one.kind() == kind).collect();
        assert!(of_kind.len() >= 2, "{}", kind.label());
        for event in of_kind {
            let bytes = Envelope::new(65_535, 1, 1_700_000_000_000, event).to_json();
            let value: Value = serde_json::from_slice(&bytes.unwrap()).unwrap();
            assert_eq!(value["kind"], kind.label());
            check(&value, &schema_of(kind), kind.label());
        }
    }
}

#[test]
fn the_words_of_a_schema_are_those_that_can_be_emitted() {
    use crate::ledger::{ModelChange, ModelSlot};
    use crate::share::TargetClass;
    let listed = |kind, key: &str| schema_of(kind)["properties"][key]["enum"].clone();
    assert_eq!(
        listed(EventKind::Share, "arm"),
        json!(Arm::ALL.map(Arm::label))
    );
    assert_eq!(
        listed(EventKind::Model, "change"),
        json!(ModelChange::ALL.map(ModelChange::label))
    );
    assert_eq!(
        listed(EventKind::Model, "slot"),
        json!(ModelSlot::ALL.map(ModelSlot::label))
    );
    let classes = [
        TargetClass::Local,
        TargetClass::Upstream,
        TargetClass::BlockCandidate,
    ];
    assert_eq!(
        listed(EventKind::Share, "class"),
        json!(classes.map(TargetClass::label))
    );
}

#[test]
fn a_schema_that_does_not_fit_is_noticed() {
    let event = &examples()[0];
    let bytes = Envelope::new(0, 1, 1, event).to_json().unwrap();
    let value: Value = serde_json::from_slice(&bytes).unwrap();
    let mut schema = schema_of(EventKind::Job);
    schema["properties"]
        .as_object_mut()
        .unwrap()
        .remove("height");
    let caught = std::panic::catch_unwind(|| check(&value, &schema, "job"));
    assert!(caught.is_err());
}

#[test]
fn what_others_call_themselves_can_not_command_a_terminal() {
    let shown = printable("a\u{1b}[2J\u{202e}\n\"ñ\"\\");
    assert_eq!(shown, "a\\u{1b}[2J\\u{202e}\\n\"ñ\"\\\\");
    assert_eq!(printable(&"x".repeat(5_000)).len(), TEXT_MAX);
}
