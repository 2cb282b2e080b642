//! Connections that end with shares on them.

use std::collections::HashSet;

use crate::scene::{
    assert_harmless, assert_in_balance, before, expect_job_of, launch, pool_at, refusal, results,
    send, send_good, told_when, two_pools,
};
use crate::support::{Answer, OnSubmit, Script, SimMiner, Swarm, clock};

#[test]
fn a_share_whose_pool_hangs_up_before_the_answer_is_counted_as_unanswered() {
    let pool = pool_at(1);
    pool.queue_scripts([Script::answering(OnSubmit::Always(Answer::Close))]);
    let proxy = launch(&before(&[&pool]), 0);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    let sent = send(&mut miner, 1);
    assert_eq!(refusal(&mut miner, sent.id), "Bad gateway");
    expect_job_of(&mut miner, &pool);
    let next = send_good(&mut miner, 1);
    assert_eq!(results(&pool), [sent.result, next]);
    let shares = proxy.shares();
    assert_eq!((shares.unanswered, shares.accepted), (1, 1));
    let told = told_when(&proxy, &pool, "its figures", |_| true);
    assert_eq!((told.count("unanswered"), told.lost("pool")), (1, 1));
    assert_in_balance(&proxy);
}

#[test]
fn an_answer_that_comes_just_before_the_end_counts() {
    let pool = pool_at(1);
    pool.queue_scripts([
        Script::answering(OnSubmit::Always(Answer::AcceptAndClose)),
        Script::answering(OnSubmit::Always(Answer::RefuseAndClose(
            "Low difficulty share".to_owned(),
        ))),
    ]);
    let proxy = launch(&before(&[&pool]), 0);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    send_good(&mut miner, 1);
    expect_job_of(&mut miner, &pool);
    let sent = send(&mut miner, 1);
    assert_eq!(refusal(&mut miner, sent.id), "Low difficulty share");
    expect_job_of(&mut miner, &pool);
    send_good(&mut miner, 1);
    let shares = proxy.shares();
    assert_eq!((shares.accepted, shares.unanswered), (2, 0));
    assert_eq!(shares.rejected["rig"], 1);
    assert_in_balance(&proxy);
}

#[test]
fn shares_for_a_job_of_the_dead_connection_are_expired_and_go_to_no_other_pool() {
    let (primary, standby) = two_pools();
    let proxy = launch(&before(&[&primary, &standby]), 0);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    standby.wait_live(1);
    let (job, nonce) = (miner.job().job_id.clone(), miner.nonce(9));
    primary.go_down();
    expect_job_of(&mut miner, &standby);
    let id = miner.submit_for(&job, &nonce, &"00".repeat(32));
    assert_eq!(refusal(&mut miner, id), "Block expired");
    let result = send_good(&mut miner, 9);
    assert_eq!(results(&standby), [result]);
    assert!(primary.submits().is_empty());
    assert_eq!(proxy.shares().refused["expired"], 1);
    assert_in_balance(&proxy);
}

#[test]
fn of_many_shares_on_a_connection_that_ends_each_gets_exactly_one_reply() {
    const MINERS: usize = 20;
    const EACH: u32 = 20;

    let pool = pool_at(1);
    // The fiftieth of each connection is its end, with whatever is still on its way.
    pool.set_script(Script::answering(OnSubmit::Nth(
        50,
        Answer::Close,
        Answer::Accept,
    )));
    let proxy = launch(&before(&[&pool]), 0);
    let mut swarm = Swarm::watching(proxy.miners());
    let miners = swarm.join_all(MINERS);
    let mut sent = Vec::new();
    for low in 0..EACH {
        for miner in &miners {
            // For the job it has now, which may be dead by the time the share arrives.
            sent.push((*miner, swarm.submit_good(*miner, &swarm.job(*miner), low)));
        }
        if low % 5 == 4 {
            let (miner, id) = sent[sent.len() - 1];
            let _ = swarm.reply(miner, id);
        }
    }
    let mut fates: HashSet<String> = HashSet::new();
    for (miner, id) in &sent {
        match swarm.reply(*miner, *id) {
            Ok(_) => drop(fates.insert("OK".to_owned())),
            Err(text) => {
                assert_harmless(&text);
                fates.insert(text);
            }
        }
    }
    assert!(
        fates.contains("OK") && fates.contains("Bad gateway"),
        "{fates:?}"
    );
    clock::eventually("all settled", || {
        (proxy.shares().pending == 0).then_some(())
    });
    swarm.with(|state| {
        for (miner, id) in &sent {
            assert_eq!(state.of(*miner).replies[id].len(), 1, "replies to {id}");
        }
        assert!(state.all().all(|(_, member)| !member.closed));
    });
    let shares = proxy.shares();
    assert_eq!(shares.received, sent.len() as u64);
    assert!(shares.unanswered > 0);
    // What the pool took is what miners were told.
    let accepted = sent
        .iter()
        .filter(|(miner, id)| swarm.reply(*miner, *id).is_ok());
    assert_eq!(shares.accepted, accepted.count() as u64);
    assert!(pool.duplicates().is_empty());
    assert_in_balance(&proxy);
}
