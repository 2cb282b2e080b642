//! Shares: late, repeated, outside the lease, below the pool's target.

use crate::support::sim_miner::slot_of;
use crate::support::{
    Answer, Config, FakePool, OnSubmit, Proxy, Script, SimMiner, result_meeting, result_missing,
};

fn refusal(miner: &mut SimMiner, id: i64) -> String {
    miner.reply_to(id).unwrap_err().message
}

#[test]
fn a_share_for_the_previous_job_goes_to_the_pool_and_is_counted_as_stale() {
    let pool = FakePool::start();
    let proxy = Proxy::before(&pool);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    let (former, nonce, result) = (
        miner.job().job_id.clone(),
        miner.nonce(7),
        const_hex::encode(result_meeting(miner.target())),
    );
    pool.push_job(1_000, 2);
    miner.expect_job();
    let id = miner.submit_for(&former, &nonce, &result);
    assert!(miner.reply_to(id).is_ok());
    let submits = pool.wait_submits(1);
    assert_eq!(
        submits[0].parts().job_id,
        pool.connections()[0].jobs[0].job_id,
        "under the pool's own id of the former job"
    );
    assert_eq!(proxy.shares().stale, 1);
    let id = miner.submit_good(1);
    assert!(miner.reply_to(id).is_ok());
    assert_eq!((proxy.shares().accepted, proxy.shares().stale), (2, 1));
}

#[test]
fn a_share_for_an_older_job_is_expired_and_the_miner_stays() {
    let pool = FakePool::start();
    let proxy = Proxy::before(&pool);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    let (oldest, nonce, result) = (
        miner.job().job_id.clone(),
        miner.nonce(7),
        const_hex::encode(result_meeting(miner.target())),
    );
    for height in 2..9 {
        pool.push_job(1_000, height);
        miner.expect_job();
        if height > 2 {
            let id = miner.submit_for(&oldest, &nonce, &result);
            assert_eq!(refusal(&mut miner, id), "Block expired");
        }
    }
    assert!(miner.keep_alive().is_ok(), "still connected");
    assert!(pool.submits().is_empty());
    let shares = proxy.shares();
    assert_eq!(shares.refused["expired"], 6);
    assert!(shares.balances());
}

#[test]
fn a_job_that_this_miner_was_never_given_is_unknown() {
    let pool = FakePool::start();
    let proxy = Proxy::before(&pool);
    // Somebody had a job before this miner came.
    let mut early = SimMiner::joined(proxy.miners(), "early");
    let before = early.job().job_id.clone();
    for height in 2..4 {
        pool.push_job(1_000, height);
        assert_eq!(early.expect_job().height, Some(height));
    }
    let mut miner = SimMiner::connect(proxy.miners());
    proxy.connections_when("the newcomer", |counts| counts.open == 2);
    miner.log_in("late").unwrap();
    let (nonce, result) = (
        miner.nonce(1),
        const_hex::encode(result_meeting(miner.target())),
    );
    let not_made_yet = "ffffffff01";
    for foreign in ["", "zz", "0", "36283eb5ddc3426d", not_made_yet, &before] {
        let id = miner.submit_for(foreign, &nonce, &result);
        assert_eq!(refusal(&mut miner, id), "Invalid job id", "{foreign:?}");
    }
    assert!(miner.keep_alive().is_ok());
    assert!(pool.submits().is_empty());
}

#[test]
fn a_job_under_a_neighbours_lease_does_not_help() {
    let pool = FakePool::start();
    let proxy = Proxy::before(&pool);
    let neighbour = SimMiner::joined(proxy.miners(), "neighbour");
    let mut thief = SimMiner::joined(proxy.miners(), "thief");
    let theirs = neighbour.job().job_id.clone();
    let result = const_hex::encode(result_meeting(neighbour.target()));
    let id = thief.submit_for(&theirs, &neighbour.nonce(5), &result);
    assert!(thief.reply_to(id).is_err(), "a job of another session");
    let own = thief.job().job_id.clone();
    let id = thief.submit_for(&own, &neighbour.nonce(5), &result);
    assert_eq!(
        refusal(&mut thief, id),
        "Invalid nonce; is miner not compatible with NiceHash?"
    );
    assert!(thief.keep_alive().is_ok());
    assert!(pool.submits().is_empty());
    assert_eq!(proxy.shares().refused["outside_lease"], 1);
}

#[test]
fn the_same_share_in_other_letters_is_a_duplicate() {
    let pool = FakePool::start();
    let proxy = Proxy::before(&pool);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    let job = miner.job().job_id.clone();
    let (nonce, result) = (miner.nonce(0xab_cdef), result_meeting(miner.target()));
    let result = const_hex::encode(result);
    let first = miner.submit_for(&job, &nonce, &result.to_uppercase());
    assert!(miner.reply_to(first).is_ok());
    for (nonce, result) in [
        (nonce.to_uppercase(), result.clone()),
        (nonce.clone(), result.to_uppercase()),
        (
            nonce.to_uppercase(),
            const_hex::encode(result_meeting(miner.target())),
        ),
    ] {
        let id = miner.submit_for(&job, &nonce, &result);
        assert_eq!(refusal(&mut miner, id), "Duplicate share");
    }
    let submits = pool.submits();
    assert_eq!(submits.len(), 1);
    assert_eq!(
        (&submits[0].parts().nonce, &submits[0].parts().result),
        (&nonce, &result)
    );
    assert_eq!(proxy.shares().refused["duplicate"], 3);
}

#[test]
fn a_copy_of_a_share_that_is_still_under_way_is_a_duplicate() {
    let pool = FakePool::with(Script::answering(OnSubmit::Always(Answer::Silent)));
    let proxy = Proxy::before(&pool);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    let (nonce, result) = (miner.nonce(9), result_meeting(miner.target()));
    let first = miner.submit(&nonce, &result);
    let copy = miner.submit(&nonce, &result);
    assert_eq!(refusal(&mut miner, copy), "Duplicate share");
    pool.answer(&pool.wait_submits(1)[0], Answer::Accept);
    assert!(miner.reply_to(first).is_ok());
    assert_eq!(pool.submits().len(), 1);
    assert!(proxy.shares().balances());
}

/// Invariant I4.
#[test]
fn a_verdict_for_a_miner_that_left_reaches_nobody_else() {
    let pool = FakePool::with(Script::answering(OnSubmit::Always(Answer::Silent)));
    let proxy = Proxy::before(&pool);
    let mut leaver = SimMiner::joined(proxy.miners(), "leaver");
    let ids: Vec<_> = (1..=3).map(|low| leaver.submit_good(low)).collect();
    let submits = pool.wait_submits(3);
    drop(leaver);
    proxy.connections_when("nobody", |counts| counts.open == 0);
    // Takes the place that has just become free.
    let mut next = SimMiner::joined(proxy.miners(), "next");
    let own = next.submit_good(1);
    assert!(
        ids.contains(&own),
        "a request with the same number is under way"
    );
    for submit in &submits {
        pool.answer(submit, Answer::refuse("Low difficulty share"));
    }
    proxy.shares_when("the leaver's verdicts", |shares| shares.pending == 1);
    pool.answer(&pool.wait_submits(4)[3], Answer::Accept);
    assert!(next.reply_to(own).is_ok(), "its own verdict");
    assert!(next.keep_alive().is_ok());
    let shares = proxy.shares();
    assert_eq!((shares.accepted, shares.rejected["rig"]), (1, 3));
    assert!(shares.balances());
}

#[test]
fn a_share_that_is_too_easy_is_refused_here() {
    let pool = FakePool::start();
    let proxy = Proxy::before(&pool);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    let id = miner.submit_poor(1);
    assert_eq!(refusal(&mut miner, id), "Low difficulty share");
    let (job, nonce) = (miner.job().job_id.clone(), miner.nonce(1));
    // The nonce of a refused share is free for the right result.
    let id = miner.submit_for(
        &job,
        &nonce,
        &const_hex::encode(result_meeting(miner.target())),
    );
    assert!(miner.reply_to(id).is_ok());
    assert_eq!(pool.submits().len(), 1);
}

#[test]
fn with_a_difficulty_of_its_own_a_miner_is_credited_for_what_is_too_easy_for_the_pool() {
    let pool = FakePool::start();
    pool.set_difficulty(1_000_000);
    let config = Config::on(&pool)
        .set("miners.share_goal", "\"30s\"")
        .set("miners.min_difficulty", 100);
    let proxy = Proxy::launch(&config);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    assert_eq!(miner.target().difficulty(), 2_000);
    let pools = zartrux::demo::target::Target64::from_wire(&pool.job_of(1).target).unwrap();
    let between = loop {
        let result = result_meeting(miner.target());
        if !pools.is_met_by(&result) {
            break result;
        }
    };
    let id = miner.submit(&miner.nonce(1), &between);
    assert!(miner.reply_to(id).is_ok());
    let id = miner.submit(&miner.nonce(2), &result_meeting(pools));
    assert!(miner.reply_to(id).is_ok());
    let id = miner.submit(&miner.nonce(3), &result_missing(miner.target()));
    assert_eq!(refusal(&mut miner, id), "Low difficulty share");
    assert_eq!(pool.submits().len(), 1);
    let shares = proxy.shares();
    assert_eq!((shares.credited, shares.accepted), (1, 1));
    assert!(shares.balances());
}

#[test]
fn no_miner_gets_slot_0_while_there_are_others() {
    let pool = FakePool::start();
    let proxy = Proxy::before(&pool);
    let miners: Vec<_> = (0..5)
        .map(|number| SimMiner::joined(proxy.miners(), &format!("rig{number}")))
        .collect();
    let slots: Vec<u8> = miners.iter().map(|miner| slot_of(miner.job())).collect();
    assert_eq!(slots, [1, 2, 3, 4, 5]);
}
