//! Who is remembered, and for how long.

use std::time::Duration;

use super::*;
use crate::judge::Standing;
use crate::judge::fixtures::{ASKED, Bench, RIG};
use crate::share::TargetClass::{Local, Upstream};

#[test]
fn the_memory_is_bounded_and_keeps_the_bad_and_the_busy() {
    let mut bench = Bench::new();
    bench.policy.max_rigs = 100;
    bench.fail();
    let busy = RigKey(2);
    for key in 3..2_000 {
        bench.now += Duration::from_secs(1);
        for rig in [busy, RigKey(key)] {
            let case = Case {
                rig,
                ..bench.case(Local)
            };
            bench.decide(&case);
        }
        assert!(bench.core.known() <= 100);
    }
    assert!(bench.core.rig(busy, bench.now).is_some());
    assert!(bench.core.rig(RIG, bench.now).is_some());
    assert_eq!(bench.core.quarantined(), 1);
}

#[test]
fn rigs_in_quarantine_take_up_half_of_the_memory_and_the_idlest_go() {
    let mut bench = Bench::new();
    bench.policy.max_rigs = 10;
    for key in 0..1_000 {
        bench.now += Duration::from_secs(1);
        bench.prove(RigKey(key), ASKED, false);
        assert!(bench.core.known() <= 5);
        assert_eq!(bench.core.quarantined(), bench.core.known());
    }
    let known = |key| bench.core.rig(RigKey(key), bench.now).is_some();
    assert_eq!([999, 995, 994].map(known), [true, true, false]);
}

#[test]
fn names_made_up_to_be_proved_bad_cost_no_active_rig_its_file() {
    let mut bench = Bench::new();
    bench.policy.max_rigs = 1_600;
    // Eleven sixteenths of the table: as many as are safe.
    let honest = |key: u64| RigKey(key % 1_100);
    for key in 0..1_100 {
        bench.prove(honest(key), ASKED, true);
    }
    for name in 0..20_000 {
        bench.now += Duration::from_millis(10);
        let stranger = RigKey(1_000_000 + name);
        for rig in [honest(name), stranger] {
            let case = Case {
                rig,
                ..bench.case(Upstream)
            };
            bench.decide(&case);
        }
        bench.prove(stranger, ASKED, false);
        assert!(bench.core.known() <= 1_600 && bench.core.quarantined() <= 800);
    }
    for key in 0..1_100 {
        let report = bench.core.rig(honest(key), bench.now).expect("is known");
        assert_eq!(report.proofs.good, 1, "and was never forgotten");
    }
    let last = RigKey(1_000_000 + 19_999);
    let standing = bench.core.rig(last, bench.now).unwrap().standing;
    assert_eq!(standing, Standing::Quarantined);
}

#[test]
fn names_made_up_get_nobody_out_of_quarantine() {
    let mut bench = Bench::new();
    bench.policy.max_rigs = 1_600;
    for key in 0..400 {
        bench.prove(RigKey(key), ASKED, false);
    }
    for name in 0..20_000 {
        bench.now += Duration::from_millis(10);
        let case = Case {
            rig: RigKey(1_000_000 + name),
            ..bench.case(Local)
        };
        bench.decide(&case);
    }
    assert_eq!(bench.core.quarantined(), 400);
}

#[test]
fn idle_rigs_are_forgotten_and_those_in_quarantine_later() {
    let mut bench = Bench::new();
    bench.fail();
    bench.prove(RigKey(2), ASKED, true);
    bench.now += bench.policy.forget_after;
    assert_eq!(bench.core.forget_idle(&bench.policy, bench.now), 0);
    bench.now += Duration::from_secs(1);
    assert_eq!(bench.core.forget_idle(&bench.policy, bench.now), 1);
    assert_eq!((bench.core.known(), bench.core.quarantined()), (1, 1));
    bench.now += 3 * bench.policy.forget_after;
    assert_eq!(bench.core.forget_idle(&bench.policy, bench.now), 1);
    assert_eq!((bench.core.known(), bench.core.quarantined()), (0, 0));
}
