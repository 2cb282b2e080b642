//! Miners and pools without TLS: the connections themselves go over.

use std::collections::BTreeSet;

use zartrux::demo::wire::{self, Submit};

use crate::lane::{
    Root, assert_balances, door, is_served, packed, plain, succeed, wait_for_miners,
};
use crate::support::sim_miner::slot_of;
use crate::support::{Answer, FakePool, OnSubmit, Script, SimMiner, Swarm, clock, result_meeting};

#[test]
fn miners_and_pool_keep_their_connections_and_shares_for_the_job_before_are_taken() {
    let pool = FakePool::start();
    let root = Root::start();
    let lane = root.launch(vec![plain(&pool)], None).unwrap();
    let mut miners: Vec<SimMiner> = ["a", "b", "c"]
        .map(|name| SimMiner::joined(door(&lane), name))
        .into();
    for miner in &mut miners {
        let sent = miner.submit_good(1);
        assert!(miner.reply_to(sent).is_ok());
    }
    assert_balances(&lane);
    // Another job: the one before is still good, and was worked on.
    let before: Vec<_> = miners.iter().map(|miner| miner.job().clone()).collect();
    pool.push_job(1_000, 2);
    for miner in &mut miners {
        miner.expect_job();
    }

    let (next, carried) = succeed(&root, lane, vec![plain(&pool)]);
    assert_eq!(carried.running(), 0);
    wait_for_miners(&next, 3);

    for (miner, before) in miners.iter_mut().zip(&before) {
        let session = miner.session().to_owned();
        // What was submitted stays so: for the job before, and for the one that is current.
        let twice = miner.submit_for(
            &before.job_id,
            &crate::support::sim_miner::nonce_in_slot(before, 1),
            &const_hex::encode(result_meeting(miner.target())),
        );
        let fault = miner.reply_to(twice).unwrap_err();
        assert_eq!(fault.message, "Duplicate share");
        let late = miner.submit_for(
            &before.job_id,
            &crate::support::sim_miner::nonce_in_slot(before, 2),
            &const_hex::encode(result_meeting(miner.target())),
        );
        assert!(miner.reply_to(late).is_ok(), "late, and taken");
        let fresh = miner.submit_good(3);
        assert!(miner.reply_to(fresh).is_ok());
        let again = miner.submit_good(3);
        assert_eq!(
            miner.reply_to(again).unwrap_err().message,
            "Duplicate share"
        );
        assert!(miner.keep_alive().is_ok());
        assert_eq!(miner.session(), session);
    }
    assert_eq!(pool.connections().len(), 1, "one connection all the time");
    assert!(pool.submits().iter().all(|submit| submit.conn == 1));
    assert_eq!(pool.submits().len(), 3 + 6);
    assert!(pool.duplicates().is_empty() && pool.oddities().is_empty());
    assert_balances(&next);

    // The next job reaches everyone, under a number that no job had before.
    pool.push_job(1_000, 3);
    let mut slots = BTreeSet::new();
    for miner in &mut miners {
        let had = miner.job().job_id.clone();
        let job = miner.expect_job();
        assert_eq!(job.height, Some(3));
        assert!(job.job_id[..8] > had[..8], "{} after {had}", job.job_id);
        slots.insert(slot_of(&job));
        let sent = miner.submit_good(1);
        assert!(miner.reply_to(sent).is_ok());
    }
    assert_eq!(slots.len(), 3);
    // A newcomer gets a slot of its own.
    let mut late = SimMiner::joined(door(&next), "late");
    assert!(slots.insert(slot_of(late.job())));
    let sent = late.submit_good(1);
    assert!(late.reply_to(sent).is_ok());
    next.close();
}

#[test]
fn slots_never_overlap_however_often_a_crowd_is_handed_over() {
    let pool = FakePool::start();
    let root = Root::start();
    let mut lane = root.launch(vec![plain(&pool)], None).unwrap();
    let mut swarm = Swarm::watching(door(&lane));
    // More than one session has slots for.
    let miners = swarm.join_all(300);
    for round in 1..=3_u32 {
        let connections = pool.wait_live(2);
        let (next, _) = succeed(&root, lane, vec![plain(&pool)]);
        lane = next;
        wait_for_miners(&lane, 300);
        for miner in &miners {
            let job = swarm.job(*miner);
            let sent = swarm.submit_good(*miner, &job, round);
            assert!(swarm.reply(*miner, sent).is_ok(), "miner {miner}");
        }
        pool.push_job(1_000, u64::from(round) + 10);
        swarm.wait("the job for all", |state| {
            let all = state.all().all(|(_, member)| {
                let job = member.job.as_ref();
                job.is_some_and(|job| job.height == Some(u64::from(round) + 10))
            });
            all.then_some(())
        });
        assert_eq!(pool.live(), connections);
        assert_balances(&lane);
    }
    swarm.with(|state| {
        assert_eq!(state.overlaps, Vec::<String>::new());
        assert_eq!(state.oddities, Vec::<String>::new());
        assert!(state.all().all(|(_, member)| !member.closed));
    });
    assert_eq!(pool.submits().len(), 900);
    assert!(pool.duplicates().is_empty());
    lane.close();
}

#[test]
fn a_line_that_was_begun_is_ended_at_the_successor_at_either_end() {
    let pool = FakePool::start();
    let root = Root::start();
    let lane = root.launch(vec![plain(&pool)], None).unwrap();
    let mut miner = SimMiner::joined(door(&lane), "rig");
    let mut fresh = SimMiner::connect(door(&lane));
    let params = Submit {
        id: miner.session().to_owned(),
        job_id: miner.job().job_id.clone(),
        nonce: miner.nonce(9),
        result: const_hex::encode(result_meeting(miner.target())),
        algo: Some("rx/0".to_owned()),
    };
    let line = format!("{}\n", wire::request(77, "submit", &params));
    let (begun, rest) = line.split_at(line.len() / 2);
    miner.send_raw(begun.as_bytes());
    let login =
        r#"{"id":1,"method":"login","params":{"login":"w","pass":"x","agent":"XMRig/6.26.0"}}"#;
    fresh.send_raw(&login.as_bytes()[..20]);
    pool.send_raw(1, br#"{"jsonrpc":"2.0","method":"#);
    // Whoever comes after them is heard after them.
    let mut last = SimMiner::joined(door(&lane), "last");
    assert!(last.keep_alive().is_ok());

    let (next, _) = succeed(&root, lane, vec![plain(&pool)]);
    // The pool's first: it answers behind it.
    pool.send_raw(1, b"\"nothing.known\",\"params\":{}}\n");
    miner.send_raw(rest.as_bytes());
    assert!(miner.reply_to(77).is_ok());
    fresh.send_raw(&login.as_bytes()[20..]);
    fresh.send_raw(b"\n");
    assert!(fresh.reply_to(1).is_ok());
    pool.push_job(1_000, 5);
    assert_eq!(miner.expect_job().height, Some(5));
    assert_eq!(pool.connections().len(), 1);
    next.close();
}

#[test]
fn a_share_without_a_verdict_is_told_so_and_cannot_be_sent_twice() {
    let pool = FakePool::with(Script::answering(OnSubmit::Always(Answer::Silent)));
    let root = Root::start();
    let lane = root.launch(vec![plain(&pool)], None).unwrap();
    let mut miner = SimMiner::joined(door(&lane), "rig");
    let pending = miner.submit_good(4);
    let submit = pool.wait_submits(1).remove(0);
    let (next, _) = succeed(&root, lane, vec![plain(&pool)]);
    wait_for_miners(&next, 1);
    // The verdict was not there when the lane was packed: as where a pool does not answer.
    let _ = miner.reply_to(pending);
    pool.answer(&submit, Answer::Accept);
    let again = miner.submit_good(4);
    assert_eq!(
        miner.reply_to(again).unwrap_err().message,
        "Duplicate share"
    );
    assert_eq!(pool.submits().len(), 1);
    // The late verdict is nobody's, and does no harm.
    let fresh = miner.submit_good(5);
    let submit = pool.wait_submits(2).remove(1);
    assert_eq!(submit.conn, 1);
    pool.answer(&submit, Answer::Accept);
    assert!(miner.reply_to(fresh).is_ok());
    next.close();
}

#[test]
fn a_parcel_can_be_given_again_when_the_first_successor_fails() {
    let pool = FakePool::start();
    let root = Root::start();
    let lane = root.launch(vec![plain(&pool)], None).unwrap();
    let mut miner = SimMiner::joined(door(&lane), "rig");
    let parcel = packed(&lane);
    // One that could not start: its descriptors are gone, and nothing was said on any.
    drop(parcel.try_clone().unwrap());
    let given = parcel.try_clone().unwrap();
    let next = root.launch(vec![plain(&pool)], Some(given)).unwrap();
    drop(parcel);
    let carried = lane.leave();
    assert!(carried.wait(std::time::Duration::ZERO));
    is_served(&next);
    let sent = miner.submit_good(1);
    assert!(miner.reply_to(sent).is_ok());
    assert_eq!(pool.connections().len(), 1);
    next.close();
    assert!(miner.expect_closed().is_empty());
}

#[test]
fn miners_of_an_upstream_that_the_successor_does_not_know_go_to_another() {
    let (old, new) = (FakePool::start(), FakePool::start());
    new.push_job(1_000, 1_000_000);
    let root = Root::start();
    let lane = root.launch(vec![plain(&old)], None).unwrap();
    let mut miner = SimMiner::joined(door(&lane), "rig");
    let before = miner.job().clone();
    let (next, _) = succeed(&root, lane, vec![plain(&new)]);
    assert!(miner.expect_job().height >= Some(1_000_000));
    old.wait_closed(1);
    // For the job before, nobody is there any more: late, and no fault of the miner's.
    let late = miner.submit_for(
        &before.job_id,
        &crate::support::sim_miner::nonce_in_slot(&before, 2),
        &const_hex::encode(result_meeting(miner.target())),
    );
    assert_eq!(miner.reply_to(late).unwrap_err().message, "Block expired");
    let sent = miner.submit_good(1);
    assert!(miner.reply_to(sent).is_ok());
    clock::eventually("the share at the new pool", || {
        (new.submits().len() == 1).then_some(())
    });
    next.close();
}

#[test]
fn a_miner_that_is_logging_in_while_no_pool_is_there_is_served_by_the_successor() {
    let pool = FakePool::start();
    pool.go_down();
    let root = Root::start();
    let lane = root.launch(vec![plain(&pool)], None).unwrap();
    let mut miner = SimMiner::connect(door(&lane));
    let login =
        r#"{"id":1,"method":"login","params":{"login":"w","pass":"x","agent":"XMRig/6.26.0"}}"#;
    miner.send(login);
    clock::eventually("the connection", || {
        (lane.view().counts().connections.open == 1).then_some(())
    });
    let (next, _) = succeed(&root, lane, vec![plain(&pool)]);
    pool.come_back();
    assert!(miner.reply_to(1).is_ok());
    next.close();
}
