//! Which rig a share is from, as the filters and the judge are told.

use std::sync::Arc;
use std::time::Duration;

use zartrux_actors::miner_sessions::Namesakes;
use zartrux_models::filter::Scanner;
use zartrux_models::plan::VardiffPolicy;
use zartrux_models::share::RigKey;
use zartrux_models::work::Difficulty;

use crate::farm::{Farm, run};

#[test]
fn a_rig_that_is_remembered_is_asked_for_what_its_rate_comes_to_and_its_shares_say_so() {
    run(async {
        let policy = VardiffPolicy {
            goal: Duration::from_secs(10),
            floor: Difficulty::ONE,
        };
        let known = RigKey::from_hex("9ef2043da74925eb");
        let memory = move |rig: RigKey| (Some(rig) == known).then_some(50.0);
        let namesakes = Namesakes::default();
        let mut farm = Farm::remembering(0, &namesakes, Some(policy), Arc::new(memory)).await;
        let mut miner = farm.miner("rig-1", "").await;
        let share = farm.share(&mut miner, 1).await;
        assert_eq!((Some(share.rig), share.share.asked.get()), (known, 500));
        assert!((share.rate - 50.0).abs() < 1e-3, "{}", share.rate);
        assert!(share.age_s < 60);
        let mut stranger = farm.miner("rig-2", "").await;
        let share = farm.share(&mut stranger, 1).await;
        assert_eq!(share.share.asked.get(), 20);
        assert!((share.rate - 2.0).abs() < 1e-3, "{}", share.rate);
    });
}

#[test]
fn a_rig_keeps_its_key_over_connections_and_is_introduced_once_on_each() {
    run(async {
        let mut farm = Farm::open().await;
        let mut miner = farm.miner("rig-1", "XMRig/6.26.0 (Linux x86_64)").await;
        assert!(farm.introduced().is_empty(), "it has not mined yet");
        let first = farm.share(&mut miner, 1).await;
        // printf '\0\0\0\0\0\0\0\x06wallet\0\0\0\0\0\0\0\x05rig-1' | sha256sum
        assert_eq!(first.rig.to_string(), "9ef2043da74925eb");
        assert_eq!(first.seen.rig, first.rig);
        assert_eq!(first.seen.scanner, Scanner::XmrigBlocks);
        let names = "wallet/rig-1/XMRig/6.26.0 (Linux x86_64)".to_owned();
        farm.share(&mut miner, 2).await;
        assert_eq!(farm.introduced(), [(first.rig, names)]);
        drop(miner);
        farm.left.recv().await.unwrap();
        let mut back = farm.miner("rig-1", "another").await;
        let again = farm.share(&mut back, 3).await;
        assert_eq!(again.rig, first.rig);
        assert_eq!(again.seen.scanner, Scanner::Unknown);
        assert_eq!(farm.introduced().len(), 2);
    });
}

#[test]
fn namesakes_are_rigs_of_their_own_and_the_place_of_one_that_left_is_taken_again() {
    run(async {
        let mut farm = Farm::open().await;
        let mut first = farm.miner("x", "a").await;
        let mut second = farm.miner("x", "a").await;
        let one = farm.share(&mut first, 1).await.rig;
        let other = farm.share(&mut second, 1).await.rig;
        assert_ne!(one, other);
        drop(first);
        farm.left.recv().await.unwrap();
        let mut third = farm.miner("x", "a").await;
        assert_eq!(farm.share(&mut third, 1).await.rig, one);
        assert_eq!(farm.share(&mut second, 2).await.rig, other);
    });
}

#[test]
fn namesakes_come_back_as_themselves_in_another_order_after_an_outage() {
    run(async {
        let mut farm = Farm::open().await;
        let mut keys = Vec::new();
        for order in [[1, 2, 3], [3, 1, 2], [2, 3, 1]] {
            let mut rigs = Vec::new();
            for host in order {
                let mut rig = farm.miner_at(host, "", "a").await;
                keys.push((host, farm.share(&mut rig, 1).await.rig));
                rigs.push(rig);
            }
            for rig in rigs {
                drop(rig);
                farm.left.recv().await.unwrap();
            }
        }
        keys.sort_unstable();
        keys.dedup();
        let hosts: Vec<u8> = keys.iter().map(|(host, _)| *host).collect();
        assert_eq!(hosts, [1, 2, 3], "each host is one rig: {keys:?}");
        assert!(keys[0].1 != keys[1].1 && keys[0].1 != keys[2].1 && keys[1].1 != keys[2].1);
    });
}

#[test]
fn namesakes_in_two_lanes_are_two_rigs() {
    run(async {
        let namesakes = Namesakes::default();
        let mut lanes = [
            Farm::lane(0, &namesakes).await,
            Farm::lane(1, &namesakes).await,
        ];
        let mut keys = Vec::new();
        let mut rigs = Vec::new();
        for (lane, host) in [(0, 1), (1, 1), (1, 2)] {
            let farm = &mut lanes[lane];
            let mut rig = farm.miner_at(host, "x", "a").await;
            keys.push(farm.share(&mut rig, 1).await.rig);
            rigs.push(rig);
        }
        assert!(keys[0] != keys[1] && keys[0] != keys[2] && keys[1] != keys[2]);
        drop(rigs);
    });
}
