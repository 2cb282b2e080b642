//! All cases again and again: what they leave behind is nothing.

use crate::beside::{Beside, Faults};
use crate::miners::{Way, config, run_all};
use crate::monitor;
use crate::support::{Daemon, FakePool, clock};

const WARM_UP: usize = 2;
const ROUNDS: usize = 6;
/// What the process may grow by after the warm-up, bytes: some 2 KiB for each case of each round.
const ALLOWANCE: u64 = 1 << 20;

#[test]
fn rounds_of_all_hostile_cases_leave_neither_memory_nor_descriptors_behind() {
    let pool = FakePool::start();
    let proxy = Daemon::start(&config(&pool).set("store.enabled", "false"));
    proxy.wait_ready();
    let mut beside = Beside::of(proxy.miners);
    let way = Way {
        to: proxy.miners,
        pin: None,
    };
    let at_first = proxy.descriptors();
    let mut sizes = Vec::new();
    for _ in 0..ROUNDS {
        run_all(way, &mut beside, &mut Faults::default());
        for case in monitor::cases() {
            monitor::answer(proxy.monitor(), case.bytes());
        }
        clock::eventually("the good one only", || {
            (proxy.connections("open") == 1).then_some(())
        });
        sizes.push(proxy.resident());
    }
    let (warm, end) = (sizes[WARM_UP - 1], sizes[ROUNDS - 1]);
    assert!(
        end.saturating_sub(warm) < ALLOWANCE,
        "grows: {sizes:?} bytes after each round"
    );
    clock::eventually("the descriptors to be given back", || {
        (proxy.descriptors() <= at_first).then_some(())
    });
}
