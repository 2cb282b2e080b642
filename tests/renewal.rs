//! A rig that is fast enough to scan a whole slot gets another one within the same job before
//! that, and not more often than needed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

mod support;

use std::collections::HashSet;
use std::time::Duration;

use support::sim_miner::{nonce_in_slot, slot_of};
use support::{FakePool, Heard, Proxy, SimMiner, Swarm, clock, result_meeting};
use zartrux::demo::target::Target64;
use zartrux::demo::wire::Job;

/// Nonces of a slot.
const NONCES: u32 = 1 << 24;

/// A share each four million hashes: what a nonce tells is believed only as far as it fits what
/// the shares are worth.
fn pool_for_fast_rigs() -> FakePool {
    let pool = FakePool::start();
    pool.push_job(u64::from(NONCES / 4), 100);
    pool
}

/// The blob without its slot byte: the same for all slots of an upstream's job.
fn work_of(job: &Job) -> String {
    format!("{}{}", &job.blob[..84], &job.blob[86..])
}

fn accepted(miner: &mut SimMiner, low: u32) {
    let id = miner.submit_good(low);
    assert!(miner.reply_to(id).is_ok());
}

/// That no line has come but those that were read.
fn is_quiet(miner: &mut SimMiner) {
    assert!(miner.keep_alive().is_ok());
    assert_eq!(miner.next_line(Duration::from_millis(1)), Heard::Quiet);
}

#[test]
fn a_rig_whose_nonces_run_out_gets_another_slot_of_the_same_job() {
    let pool = pool_for_fast_rigs();
    let proxy = Proxy::before(&pool);
    let mut rig = SimMiner::joined(proxy.miners(), "fast");
    let first = rig.job().clone();
    let mut slots = HashSet::from([slot_of(&first)]);
    for renewals in 1..=3 {
        let before = rig.job().clone();
        for step in 1..=13 {
            accepted(&mut rig, NONCES / 16 * step);
        }
        // 3/16 of the slot are left, and the rig says nothing more until the job comes.
        let job = rig.expect_job();
        assert_eq!(
            work_of(&job),
            work_of(&first),
            "the upstream's job is the same"
        );
        assert_ne!(job.job_id, before.job_id, "to the miner it is another");
        assert!(slots.insert(slot_of(&job)), "a slot that it had already");
        assert_eq!(proxy.connections().leases_renewed, renewals);
        // What it found meanwhile in the former slot counts.
        let nonce = nonce_in_slot(&before, NONCES - 1);
        let result = const_hex::encode(result_meeting(rig.target()));
        let id = rig.submit_for(&before.job_id, &nonce, &result);
        assert!(rig.reply_to(id).is_ok());
    }
    let submits = pool.submits();
    let jobs: HashSet<_> = submits
        .iter()
        .map(|submit| submit.parts().job_id.clone())
        .collect();
    assert_eq!((jobs.len(), submits.len()), (1, 3 * 14));
    assert!(pool.duplicates().is_empty());
    assert_eq!(pool.connections().len(), 1);
}

/// A newcomer would scan again what the rig has scanned.
#[test]
fn a_slot_that_was_used_up_is_given_to_nobody_until_the_next_job() {
    let pool = pool_for_fast_rigs();
    let proxy = Proxy::before(&pool);
    let mut rig = SimMiner::joined(proxy.miners(), "fast");
    let used_up = slot_of(rig.job());
    accepted(&mut rig, NONCES - 1);
    rig.expect_job();
    let mut swarm = Swarm::watching(proxy.miners());
    // As many as the session has slots left, and one more.
    let newcomers = swarm.join_all(255);
    let of_first: Vec<u8> = newcomers
        .iter()
        .map(|miner| swarm.job(*miner))
        .filter(|job| work_of(job) == work_of(rig.job()))
        .map(|job| slot_of(&job))
        .collect();
    assert_eq!(of_first.len(), 254);
    assert!(!of_first.contains(&used_up) && !of_first.contains(&slot_of(rig.job())));
    pool.wait_live(2);
    swarm.with(|state| assert_eq!(state.overlaps, Vec::<String>::new()));
}

#[test]
fn the_pace_of_a_rig_tells_when_it_will_need_another_slot() {
    let pool = pool_for_fast_rigs();
    let proxy = Proxy::before(&pool);
    let mut rig = SimMiner::joined(proxy.miners(), "fast");
    let first = rig.job().clone();
    let begun = clock::now();
    while clock::now() < begun + Duration::from_millis(2_100) {
        assert_eq!(rig.next_line(Duration::from_millis(50)), Heard::Quiet);
    }
    // Half of the slot in two or three seconds: the rest will not last, though no share says so.
    accepted(&mut rig, NONCES / 2);
    let job = rig.expect_job();
    assert_eq!(work_of(&job), work_of(&first));
    assert_ne!(slot_of(&job), slot_of(&first));
}

/// Renewals come with a timer. When this rig has its own, those asked for before have come too.
fn fence(rig: &mut SimMiner) {
    accepted(rig, NONCES - 1);
    rig.expect_job();
}

fn late_share(rig: &mut SimMiner, of: &Job, low: u32) {
    let nonce = nonce_in_slot(of, low);
    let target = Target64::from_wire(&of.target).unwrap();
    let result = const_hex::encode(result_meeting(target));
    let id = rig.submit_for(&of.job_id, &nonce, &result);
    assert!(rig.reply_to(id).is_ok());
}

#[test]
fn late_shares_of_the_former_slot_do_not_use_up_the_next_one() {
    let pool = pool_for_fast_rigs();
    let proxy = Proxy::before(&pool);
    let mut rig = SimMiner::joined(proxy.miners(), "fast");
    let mut other = SimMiner::joined(proxy.miners(), "other");
    let former = rig.job().clone();
    accepted(&mut rig, NONCES - 10);
    let next = rig.expect_job();
    for low in 1..5 {
        late_share(&mut rig, &former, NONCES - low);
    }
    fence(&mut other);
    is_quiet(&mut rig);
    // The same when the slot is of a former job.
    pool.push_job(u64::from(NONCES / 4), 101);
    assert_eq!(slot_of(&rig.expect_job()), slot_of(&next));
    other.expect_job();
    late_share(&mut rig, &next, NONCES - 1);
    fence(&mut other);
    is_quiet(&mut rig);
    assert_eq!(proxy.connections().leases_renewed, 3);
}

/// The rig that needs it may find no further share in what is left of its slot.
#[test]
fn when_the_session_has_no_slot_left_the_rig_goes_over_to_another_without_asking_again() {
    let pool = pool_for_fast_rigs();
    let proxy = Proxy::before(&pool);
    let mut rig = SimMiner::joined(proxy.miners(), "fast");
    let first = rig.job().clone();
    let mut swarm = Swarm::watching(proxy.miners());
    swarm.join_all(255);
    assert_eq!(
        pool.live().len(),
        1,
        "all slots of one session, and no more"
    );
    accepted(&mut rig, NONCES / 16 * 13);
    let job = rig.expect_job();
    assert_ne!(work_of(&job), work_of(&first), "a job of another session");
    pool.wait_live(2);
    accepted(&mut rig, 1);
    assert_eq!(pool.wait_submits(2)[1].conn, 2);
    is_quiet(&mut rig);
}

/// Other miners scan in other ways, and hostile ones name any nonce: neither may use slots up.
#[test]
fn a_nonce_far_beyond_what_a_rig_can_have_tried_renews_nothing() {
    let pool = FakePool::start();
    pool.push_job(1_000, 100);
    let proxy = Proxy::before(&pool);
    let mut rig = SimMiner::joined(proxy.miners(), "random");
    for low in 1..=20 {
        accepted(&mut rig, NONCES - low);
    }
    // Timers are looked at twice a second: a renewal would have come by now.
    assert_eq!(rig.next_line(Duration::from_millis(1_500)), Heard::Quiet);
    assert_eq!(proxy.connections().leases_renewed, 0);
}
