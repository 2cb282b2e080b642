//! Plans from outside, on their way in.

use serde_json::json;
use zmq::SocketType;

use crate::client::{bridged, endpoints, event_when, hears, plan, socket};
use crate::support::{FakePool, Proxy, SimMiner};

#[test]
fn a_plan_for_a_current_job_is_taken_and_the_next_blob_is_drawn_by_it_in_an_arm_of_its_own() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&bridged(&pool));
    proxy.wait_ready();
    let at = endpoints(&proxy);
    let subscriber = socket(SocketType::SUB, at.publish.as_ref(), None);
    let job = hears(&pool, &subscriber);
    let planner = socket(SocketType::PUSH, at.plans.as_ref(), None);
    let order: Vec<u8> = (1..=255).rev().collect();
    let text = plan(&proxy, &job["job"], &order, 60_000);
    planner.send(&*text, 0).unwrap();
    let told = event_when(&subscriber, "plan", |_| true);
    assert_eq!(told["outcome"], "taken", "{told}");
    assert_eq!((&told["name"], &told["job"]), (&json!("mine"), &job["job"]));

    pool.push_job(1, 9_000_000);
    let drawn = event_when(&subscriber, "plan", |told| told["outcome"] == "drawn");
    assert_eq!(drawn["outside"], told["outside"], "{drawn}");
    let count = |arm: &str| drawn["arms"][arm].as_array().unwrap().len();
    assert_eq!(count("control") + count("outside"), 255, "{drawn}");
    assert!(count("control") > 60 && count("outside") > 60, "{drawn}");
    // Whoever mines mines in one of the arms, which is told of its shares.
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    let id = miner.submit_good(1);
    miner.reply_to(id).expect("an accepted share");
    let share = event_when(&subscriber, "share", |_| true);
    let arm = share["arm"].as_str().unwrap();
    let byte = u8::from_str_radix(&share["nonce"].as_str().unwrap()[6..], 16).unwrap();
    let of_arm = drawn["arms"][arm].as_array().unwrap();
    assert!(of_arm.contains(&json!(byte)), "{arm} {byte:#x} {drawn}");
}

#[test]
fn a_plan_that_is_none_is_refused_with_its_reason_and_counted() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&bridged(&pool));
    proxy.wait_ready();
    let at = endpoints(&proxy);
    let subscriber = socket(SocketType::SUB, at.publish.as_ref(), None);
    let job = hears(&pool, &subscriber)["job"].clone();
    let planner = socket(SocketType::PUSH, at.plans.as_ref(), None);
    let good = plan(&proxy, &job, &[1, 2], 60_000);
    let cases = [
        (plan(&proxy, &job, &[], 60_000), "must name a byte"),
        (plan(&proxy, &job, &[3, 4, 3], 60_000), "byte 3 twice"),
        (plan(&proxy, &job, &[0], 60_000), "byte 0"),
        (plan(&proxy, &job, &[1], 0), "has passed"),
        (plan(&proxy, &job, &[1], 100_000_000), "more than a day"),
        (
            plan(&proxy, &json!("0-ffffffff"), &[1], 60_000),
            "none of the current jobs",
        ),
        (plan(&proxy, &json!("\u{1b}[2J"), &[1], 60_000), "printable"),
        (good.replace("\"schema\":1", "\"schema\":9"), "`schema`"),
        (good.replace("\"order\"", "\"odor\""), "not a plan"),
        ("[".repeat(4_000), "not a plan"),
        (" ".repeat(5_000), "at most 4096 bytes"),
        (String::new(), "not a plan"),
    ];
    for (text, reason) in &cases {
        planner.send(&**text, 0).unwrap();
        let told = event_when(&subscriber, "plan", |_| true);
        assert_eq!(told["outcome"], "refused", "{text:.60}: {told}");
        let said = told["reason"].as_str().unwrap();
        assert!(said.contains(reason), "{text:.60}: {said}");
        assert!(!said.contains('\u{1b}'));
    }
    planner.send_multipart([&*good, &*good], 0).unwrap();
    let told = event_when(&subscriber, "plan", |_| true);
    assert_eq!(told["reason"], "a plan is a message of one frame");
    // A frame beyond the limit ends the connection; the next one brings a good plan.
    planner.send(vec![b'['; 1 << 20], 0).unwrap();
    let other = socket(SocketType::PUSH, at.plans.as_ref(), None);
    other.send(&*good, 0).unwrap();
    let told = event_when(&subscriber, "plan", |told| told["outcome"] == "taken");
    assert_eq!(told["job"], job);
    let report = proxy.node().view().bridge().unwrap().report();
    assert_eq!(report.plans_refused, cases.len() as u64 + 1);
    assert_eq!(report.plans_taken, 1);
}
