use super::*;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use std::collections::HashSet;
use std::net::{Ipv4Addr, Ipv6Addr};

const SESSION: SessionId = SessionId(7);

fn ip(last: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(10, 0, 0, last))
}

/// A login as "wallet" with a rig id.
fn join(namesakes: &Namesakes, rig: &str, address: IpAddr) -> Standing {
    namesakes.join("wallet", rig, address, SESSION)
}

#[test]
fn a_rig_has_the_same_key_for_ever() {
    // printf '\0\0\0\0\0\0\0\x06wallet\0\0\0\0\0\0\0\x05rig-1' | sha256sum | cut -c1-16
    let known = RigKey::from_hex("9ef2043da74925eb").unwrap();
    // … and with `\x03` behind it
    let fourth = RigKey::from_hex("c851cd3bd705b0ec").unwrap();
    let namesakes = Namesakes::default();
    let keys = [1; 4].map(|last| join(&namesakes, "rig-1", ip(last)).key);
    assert_eq!((keys[0], keys[3]), (known, fourth), "whatever its session");
}

#[test]
fn names_that_run_into_each_other_are_different_names() {
    assert_ne!(key_of("ab", "c", &[]), key_of("a", "bc", &[]));
    assert_ne!(key_of("ab", "", &[]), key_of("", "ab", &[]));
}

#[test]
fn after_an_outage_forty_namesakes_come_back_as_themselves_in_any_order() {
    let namesakes = Namesakes::default();
    let mut rigs: Vec<(u8, Standing)> = (0..40)
        .map(|rig| (rig, join(&namesakes, "", ip(rig))))
        .collect();
    let keys: Vec<RigKey> = rigs.iter().map(|(_, standing)| standing.key).collect();
    assert_eq!(keys.iter().collect::<HashSet<_>>().len(), 40);
    let mut random = StdRng::seed_from_u64(1);
    for _ in 0..10 {
        for (_, standing) in &rigs {
            namesakes.leave("wallet", "", *standing);
        }
        rigs.shuffle(&mut random);
        for (rig, standing) in &mut rigs {
            *standing = join(&namesakes, "", ip(*rig));
            assert_eq!(standing.key, keys[usize::from(*rig)], "rig {rig}");
        }
    }
}

#[test]
fn a_rig_with_a_name_of_its_own_is_itself_at_any_address() {
    let namesakes = Namesakes::default();
    let home = join(&namesakes, "rig-1", ip(1));
    namesakes.leave("wallet", "rig-1", home);
    let away = join(&namesakes, "rig-1", ip(2));
    assert_eq!(away.key, home.key);
    let other = Namesakes::default();
    assert_eq!(join(&other, "rig-1", ip(3)).key, home.key, "a restart");
}

#[test]
fn who_logs_in_under_the_names_of_a_connected_rig_does_not_get_its_key() {
    let namesakes = Namesakes::default();
    let victim = join(&namesakes, "rig-1", ip(1));
    let thief = join(&namesakes, "rig-1", ip(2));
    assert_ne!(thief.key, victim.key);
    namesakes.leave("wallet", "rig-1", victim);
    let again = join(&namesakes, "rig-1", ip(2));
    assert_ne!(again.key, victim.key, "nor when it has left");
    assert_eq!(join(&namesakes, "rig-1", ip(1)), victim);
}

#[test]
fn an_address_is_the_same_within_ipv6() {
    let namesakes = Namesakes::default();
    join(&namesakes, "x", ip(1));
    let v4 = join(&namesakes, "x", ip(2));
    namesakes.leave("wallet", "x", v4);
    let mapped = Ipv4Addr::new(10, 0, 0, 2).to_ipv6_mapped();
    assert_eq!(join(&namesakes, "x", IpAddr::V6(mapped)), v4);
    let v6 = join(&namesakes, "x", IpAddr::V6(Ipv6Addr::LOCALHOST));
    assert_ne!(v6.key, v4.key);
}

#[test]
fn namesakes_at_one_address_get_keys_of_their_own_and_their_ordinals_come_free() {
    for first_from in [1, 2] {
        let namesakes = Namesakes::default();
        let first = join(&namesakes, "x", ip(first_from));
        if first_from == 1 {
            namesakes.leave("wallet", "x", first);
        }
        let all: Vec<Standing> = (0..64).map(|_| join(&namesakes, "x", ip(1))).collect();
        let keys: HashSet<RigKey> = all.iter().map(|standing| standing.key).collect();
        assert_eq!(keys.len(), 64);
        assert_eq!(keys.contains(&first.key), first_from == 1);
        for gone in [40, 2] {
            namesakes.leave("wallet", "x", all[gone]);
        }
        let next = join(&namesakes, "x", ip(1));
        assert_eq!(next, all[2], "the lowest that is free");
        assert_eq!(join(&namesakes, "x", ip(1)), all[40]);
    }
}

#[test]
fn beyond_64_at_one_address_each_connection_counts_on_its_own() {
    let namesakes = Namesakes::default();
    let join = |session| namesakes.join("wallet", "", ip(1), SessionId(session));
    let keys: HashSet<RigKey> = (0..200).map(|session| join(session).key).collect();
    assert_eq!(keys.len(), 200);
    let of_crowd = join(1_000);
    namesakes.leave("wallet", "", of_crowd);
    let again = join(1_001);
    assert_ne!(of_crowd.key, again.key, "no ordinal came free by it");
}

#[test]
fn whoever_has_left_costs_nothing() {
    let namesakes = Namesakes::default();
    let names: Vec<String> = (0..1_000).map(|rig| format!("rig-{rig}")).collect();
    let all: Vec<Standing> = names
        .iter()
        .map(|rig| join(&namesakes, rig, ip(1)))
        .collect();
    for (rig, standing) in names.iter().zip(all) {
        namesakes.leave("wallet", rig, standing);
    }
    let table = namesakes.lock();
    assert!(table.single.is_empty() && table.crowds.is_empty());
    assert!(table.single.capacity() < 16);
}

#[test]
fn a_table_of_crowds_that_have_left_is_bounded_and_the_oldest_is_forgotten() {
    let namesakes = Namesakes::default();
    let crowd = |rig: &str| {
        let all = [1, 2].map(|last| join(&namesakes, rig, ip(last)));
        for standing in all {
            namesakes.leave("wallet", rig, standing);
        }
        all
    };
    let [_, second] = crowd("first");
    for rig in 0..Table::REMEMBERED - 1 {
        crowd(&format!("rig-{rig}"));
    }
    let back = join(&namesakes, "first", ip(2));
    assert_eq!(back, second, "still known for a crowd");
    namesakes.leave("wallet", "first", back);
    for rig in 0..Table::REMEMBERED {
        crowd(&format!("another-{rig}"));
    }
    let table = namesakes.lock();
    assert_eq!(table.gone.len(), Table::REMEMBERED);
    assert_eq!(table.crowds.len(), Table::REMEMBERED);
    assert!(table.taken.is_empty() && table.single.is_empty());
    assert!(!table.crowds.contains_key(&key_of("wallet", "first", &[])));
}

#[test]
fn the_operator_is_told_once_of_each_name_and_of_a_few_only() {
    let mut table = Table::default();
    let mut advice = |rig: &str, last| table.join("wallet", rig, ip(last), SESSION).1;
    let lost_its_connection = [advice("a", 1), advice("a", 1)];
    assert_eq!(lost_its_connection, [false, false]);
    assert_eq!([advice("a", 1), advice("a", 1)], [true, false]);
    assert_eq!([advice("b", 1), advice("b", 2)], [false, true]);
    let told = (0..100).filter(|name| {
        let name = format!("c{name}");
        [1, 2, 3].map(|last| advice(&name, last)).contains(&true)
    });
    assert_eq!(told.count(), usize::from(Table::ADVICE) - 2);
}

#[test]
fn an_idle_miner_costs_the_table_a_few_dozen_bytes() {
    // A bucket holds an entry and a byte, and at least seven sixteenths of them are full.
    let bucket = |entry: usize| (entry + 1) * 16 / 7;
    assert!(bucket(size_of::<(RigKey, RigKey)>()) < 40);
    let among_namesakes = bucket(size_of::<(RigKey, Crowd)>()) + bucket(size_of::<(RigKey, u64)>());
    assert!(among_namesakes < 130);
    assert!(size_of::<Standing>() <= 24);
}
