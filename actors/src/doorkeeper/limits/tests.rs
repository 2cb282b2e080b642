use std::net::{IpAddr, Ipv4Addr};

use super::*;

const SECOND: u64 = 1_000_000;
const MINUTE: u64 = 60 * SECOND;

fn place(number: u32) -> Place {
    Place::from(IpAddr::V4(Ipv4Addr::from(number)))
}

fn failing(per_minute: u32) -> AddressLimits {
    AddressLimits {
        failed_logins_per_minute: Some(per_minute),
        ..AddressLimits::default()
    }
}

#[test]
fn an_address_has_so_many_connections_and_gets_back_those_that_it_closes() {
    let limits = AddressLimits {
        connections: Some(2),
        ..AddressLimits::default()
    };
    let table = Limits::new(100);
    let first = table.connect(&limits, place(1), 0).unwrap();
    assert_eq!(table.connect(&limits, place(1), 0), Ok(Counted::Own));
    assert_eq!(
        table.connect(&limits, place(1), 0),
        Err(Turned::Connections)
    );
    assert_eq!(table.connect(&limits, place(2), 0), Ok(Counted::Own));
    table.disconnect(place(1), first);
    assert_eq!(table.connect(&limits, place(1), 0), Ok(Counted::Own));
}

#[test]
fn connects_and_logins_are_counted_by_the_minute() {
    let limits = AddressLimits {
        connects_per_minute: Some(3),
        logins_per_minute: Some(2),
        ..AddressLimits::default()
    };
    let table = Limits::new(100);
    for _ in 0..3 {
        assert_eq!(table.connect(&limits, place(1), 0), Ok(Counted::Nowhere));
    }
    assert_eq!(table.connect(&limits, place(1), 0), Err(Turned::Connects));
    assert!(table.connect(&limits, place(1), 20 * SECOND).is_ok());
    assert!(table.log_in(&limits, place(1), 0).is_ok());
    assert!(table.log_in(&limits, place(1), 0).is_ok());
    assert_eq!(table.log_in(&limits, place(1), 0), Err(Turned::Logins));
    assert!(table.log_in(&limits, place(2), 0).is_ok());
    assert!(table.log_in(&limits, place(1), 30 * SECOND).is_ok());
}

#[test]
fn who_has_failed_too_often_waits_half_a_minute_and_nobody_else_does() {
    let (limits, table) = (failing(4), Limits::new(100));
    for _ in 0..4 {
        assert!(!table.is_barred(&limits, place(1), 0));
        table.failed(&limits, place(1), 0);
    }
    assert!(table.is_barred(&limits, place(1), 0));
    assert!(!table.is_barred(&limits, place(2), 0));
    assert!(table.is_barred(&limits, place(1), 30 * SECOND - 1));
    assert!(!table.is_barred(&limits, place(1), 30 * SECOND));
    // Half of them are there again, and no more.
    table.failed(&limits, place(1), 30 * SECOND);
    assert!(!table.is_barred(&limits, place(1), 30 * SECOND));
    table.failed(&limits, place(1), 30 * SECOND);
    assert!(table.is_barred(&limits, place(1), 30 * SECOND));
}

#[test]
fn a_crowd_of_other_addresses_does_not_reset_a_limit() {
    let (limits, table) = (failing(2), Limits::new(64));
    table.failed(&limits, place(0), 0);
    table.failed(&limits, place(0), 0);
    for number in 1..10_000 {
        table.failed(&limits, place(number), 5 * SECOND);
    }
    assert!(table.is_barred(&limits, place(0), 5 * SECOND));
    assert!(table.remembered() <= 64);
    // The crowd's later ones are as one address, which has failed too often.
    assert!(table.is_barred(&limits, place(9_999), 5 * SECOND));
}

#[test]
fn what_tells_nothing_makes_room() {
    let limits = AddressLimits {
        connections: Some(1),
        connects_per_minute: Some(10),
        ..AddressLimits::default()
    };
    let table = Limits::new(SHARDS);
    let mut open = Vec::new();
    for number in 0..1_000 {
        if let Ok(counted) = table.connect(&limits, place(number), 0) {
            open.push((place(number), counted));
        }
    }
    // One of each part, and one more in common.
    assert_eq!((table.remembered(), open.len()), (SHARDS, 2 * SHARDS));
    for (place, counted) in open {
        table.disconnect(place, counted);
    }
    let newcomer = table.connect(&limits, place(2_000), 2 * MINUTE);
    assert_eq!(newcomer, Ok(Counted::Own));
    assert!(table.remembered() <= SHARDS);
}

#[test]
fn without_limits_nothing_is_remembered() {
    let (limits, table) = (AddressLimits::default(), Limits::new(100));
    for number in 0..1_000 {
        assert_eq!(
            table.connect(&limits, place(number), 0),
            Ok(Counted::Nowhere)
        );
        assert!(table.log_in(&limits, place(number), 0).is_ok());
        table.failed(&limits, place(number), 0);
        assert!(!table.is_barred(&limits, place(number), 0));
    }
    assert_eq!(table.remembered(), 0);
}
