//! Other replies, refusals, and requests.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::notice::frames;
use super::{CHAIN, INFO, MINER, SUBMITS, TEMPLATES, TOP, change, json};
use crate::node_rpc::*;
use crate::work::BlockId;

#[test]
fn a_busy_node_is_told_from_a_broken_one() {
    let busy = br#"{"id":"0","jsonrpc":"2.0","result":{"status":"BUSY"}}"#;
    for fault in [
        parse_block_template(busy, 0).unwrap_err(),
        parse_get_info(busy).unwrap_err(),
        parse_submit_block(busy).unwrap_err(),
    ] {
        assert_eq!(fault, NodeFault::Status("BUSY".into()));
    }
    for (body, told) in [
        (&b""[..], "not JSON"),
        (b"<html>502 Bad Gateway</html>", "not JSON"),
        (b"{}", "neither result nor error"),
        (br#"{"result":null}"#, "neither result nor error"),
        (br#"{"result":["OK"]}"#, "an array instead of an object"),
        (br#"{"result":7}"#, "not a reply"),
        (br#"{"error":"no"}"#, "not a reply"),
        (br#"{"result":{},"result":{}}"#, "duplicate field `result`"),
        (
            br#"{"result":{"status":"OK","status":"OK"}}"#,
            "duplicate field `status`",
        ),
        (b"[[[[[[[[[[]]]]]]]]]]", "nested deeper than 8"),
    ] {
        let fault = parse_submit_block(body).unwrap_err();
        assert!(matches!(fault, NodeFault::Bad(_)), "{fault}");
        assert!(fault.to_string().contains(told), "{fault}");
    }
    let long = vec![b' '; REPLY_LIMIT + 1];
    let fault = parse_get_info(&long).unwrap_err().to_string();
    assert!(fault.contains("longer than"), "{fault}");
}

#[test]
fn each_recorded_answer_to_a_submit_has_its_class() {
    let replies = json(SUBMITS);
    let replies = replies.as_object().unwrap();
    let classes = [
        ("submit_block: accepted", None),
        (
            "submit_block: the same block again",
            Some(NodeErrorClass::NotAccepted),
        ),
        (
            "submit_block: hash above the target",
            Some(NodeErrorClass::NotAccepted),
        ),
        ("submit_block: not hex", Some(NodeErrorClass::Malformed)),
        ("submit_block: no block", Some(NodeErrorClass::Malformed)),
        ("submit_block: empty params", Some(NodeErrorClass::Request)),
        (
            "get_block_template: bad address",
            Some(NodeErrorClass::Wallet),
        ),
        (
            "get_block_template: reserve_size 256",
            Some(NodeErrorClass::Request),
        ),
        (
            "get_block_template: reserve_size and extra_nonce",
            Some(NodeErrorClass::Request),
        ),
        ("unknown method", Some(NodeErrorClass::Request)),
    ];
    assert_eq!(replies.len(), classes.len());
    for (case, class) in classes {
        let answer = parse_submit_block(replies[case].to_string().as_bytes());
        match (answer, class) {
            (Ok(()), None) => {}
            (Err(NodeFault::Refused(refusal)), Some(class)) => {
                assert_eq!(refusal.class(), class, "{case}");
                assert_eq!(
                    *refusal.message,
                    *replies[case]["error"]["message"].as_str().unwrap()
                );
            }
            (other, _) => panic!("{case}: {other:?}"),
        }
    }
}

#[test]
fn a_refusal_tells_the_operator_what_to_do_and_never_a_wallet() {
    let wallet = "4".repeat(95);
    let error = |code: i64, message: &str| {
        let body = json!({"error": {"code": code, "message": message}});
        parse_get_info(body.to_string().as_bytes())
            .unwrap_err()
            .to_string()
    };
    let told = error(-4, &format!("Failed to parse {wallet}\n"));
    assert!(
        told.contains("another network") && !told.contains(&wallet),
        "{told}"
    );
    assert!(error(-12, "Mining to subaddress is not supported yet").contains("primary address"));
    assert!(error(-9, "Core is busy").contains("syncing"));
    assert!(error(-7, &"x y ".repeat(500)).len() < 300);
}

#[test]
fn every_code_of_a_node_has_a_class() {
    let of = |code| {
        NodeRefusal {
            code,
            message: "".into(),
        }
        .class()
    };
    // core_rpc_server_error_codes.h has 1 to 21 but for 8.
    for code in (-21..=-1).filter(|code| *code != -8) {
        assert_ne!(of(code), NodeErrorClass::Unknown, "{code}");
    }
    assert_eq!(of(-19), NodeErrorClass::Forbidden);
    for code in [-8, 0, 1, i64::MIN, i64::MAX] {
        assert_eq!(of(code), NodeErrorClass::Unknown, "{code}");
    }
    let labels: std::collections::BTreeSet<_> = NodeErrorClass::ALL
        .iter()
        .map(|class| class.label())
        .collect();
    assert_eq!(labels.len(), NodeErrorClass::ALL.len());
}

#[test]
fn a_recorded_state_of_a_node_keeps_every_field() {
    let info = parse_get_info(INFO.as_bytes()).unwrap();
    let expected = NodeInfo {
        height: 3,
        target_height: 0,
        synchronized: true,
        busy_syncing: false,
        top: BlockId::from_hex(TOP).unwrap(),
        network: NodeNetwork::Fakechain,
        untrusted: false,
        version: "0.18.0.0-unknown".into(),
    };
    assert_eq!(info, expected);
    assert!(info.is_ready());
}

#[test]
fn a_node_that_follows_behind_or_another_is_not_ready() {
    for (field, value) in [
        ("synchronized", json!(false)),
        ("busy_syncing", json!(true)),
        ("untrusted", json!(true)),
        ("target_height", json!(4)),
    ] {
        let info = parse_get_info(&change(INFO, field, Some(value))).unwrap();
        assert!(!info.is_ready(), "{field}");
    }
    for (field, told) in [
        ("height", "height is missing"),
        ("target_height", "target_height is missing"),
        ("synchronized", "synchronized is missing"),
        ("top_block_hash", "top_block_hash is missing"),
    ] {
        let fault = parse_get_info(&change(INFO, field, None)).unwrap_err();
        assert_eq!(fault.to_string(), told);
    }
    let hidden = parse_get_info(&change(INFO, "version", Some(json!("")))).unwrap();
    assert_eq!(&*hidden.version, "");
    for (name, network) in [
        ("mainnet", NodeNetwork::Mainnet),
        ("stagenet", NodeNetwork::Stagenet),
        ("elsewhere", NodeNetwork::Other),
    ] {
        let info = parse_get_info(&change(INFO, "nettype", Some(json!(name)))).unwrap();
        assert_eq!(info.network, network);
    }
}

#[test]
fn requests_are_those_that_the_node_answered() {
    let wallet = r#"4"},{"wallet"#;
    let body = json(&render_get_block_template(wallet, 60));
    assert_eq!(
        body,
        json!({"jsonrpc": "2.0", "id": "0", "method": "get_block_template",
            "params": {"wallet_address": wallet, "reserve_size": 60}})
    );
    assert_eq!(json(render_get_info())["method"], "get_info");
    let body = json(&render_submit_block(&[0x10, 0x0a]));
    assert_eq!(body["params"], json!(["100a"]));
    assert_eq!(body["method"], "submit_block");
}

proptest! {
    #[test]
    fn any_change_of_a_reply_is_read_or_refused(
        which in 0usize..6,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut: Option<prop::sample::Index>,
    ) {
        let chain = String::from_utf8(frames(CHAIN).remove(0)).unwrap();
        let mut body = [TEMPLATES[0], TEMPLATES[2], INFO, SUBMITS, MINER, &chain][which]
            .as_bytes()
            .to_vec();
        for (at, byte) in changes {
            let at = at.index(body.len());
            body[at] = byte;
        }
        if let Some(cut) = cut {
            body.truncate(cut.index(body.len()));
        }
        if let Ok(reply) = parse_block_template(&body, 0) {
            let given = reply.template.extra_as_given();
            let json: Value = serde_json::from_slice(&body).unwrap();
            let hashing = const_hex::decode(json["result"]["blockhashing_blob"].as_str().unwrap()).unwrap();
            let blob = reply.template.blob(given);
            prop_assert_eq!(&blob.as_bytes()[43..], &hashing[43..]);
        }
        let _ = parse_get_info(&body);
        let _ = parse_submit_block(&body);
        let _ = parse_notice(&body);
    }
}
