//! Bogus results for a nonce, with every share proved: what is right reaches the pool once, in
//! whatever order and however often somebody claims something else.

use zartrux::demo::target::{TargetWidth, to_wire};
use zartrux::demo::wire::{self, Job, Submit};

use crate::support::sim_miner::slot_of;
use crate::support::{
    Answer, Config, FakePool, OnSubmit, Oracle, Proxy, Script, SimMiner, result_meeting,
};

/// Finds nonces whose true hash is a share, or is none.
struct Search {
    oracle: Oracle,
    low: u32,
}

impl Search {
    fn next(&mut self, miner: &SimMiner, good: bool) -> (String, [u8; 32]) {
        loop {
            self.low += 1;
            let (job, nonce) = (miner.job(), miner.nonce(self.low));
            let seed = job.seed_hash.as_ref().unwrap();
            let hash = self.oracle.hash(seed, &job.blob, &nonce).unwrap();
            if miner.target().is_met_by(&hash) == good {
                return (nonce, hash);
            }
        }
    }
}

/// Every share is proved before the pool sees it.
fn proving(pool: &FakePool) -> Config {
    Config::on(pool)
        .set("prove.mode", "\"light\"")
        .set("prove.threads", 1)
        .set("prove.deadline", "\"60s\"")
        .set("prove.deadline_unknown", "\"60s\"")
}

/// The pool sends the blob of its last job under another id; the job as the miner gets it.
fn send_again(pool: &FakePool, id: &str, difficulty: u64, miner: &mut SimMiner) -> Job {
    let conn = pool.live()[0];
    let job = Job {
        job_id: id.to_owned(),
        target: to_wire(difficulty, TargetWidth::Four),
        ..pool.job_of(conn)
    };
    pool.push_job_to(conn, &job);
    let again = miner.expect_job();
    assert_eq!(pool.job_of(conn).blob, job.blob);
    again
}

/// Submits a claim for each of two jobs in one write, so that the second is heard before anything
/// can become of the first.
fn submit_both(miner: &mut SimMiner, nonce: &str, claims: [(&Job, &[u8; 32]); 2]) -> [i64; 2] {
    let ids = [1000, 1001];
    let lines: String = ids
        .iter()
        .zip(claims)
        .map(|(id, (job, result))| {
            let submit = Submit {
                id: miner.session().to_owned(),
                job_id: job.job_id.clone(),
                nonce: nonce.to_owned(),
                result: const_hex::encode(result),
                algo: None,
            };
            wire::request(*id, "submit", &submit) + "\n"
        })
        .collect();
    miner.send_raw(lines.as_bytes());
    ids
}

#[test]
fn a_bogus_share_does_not_poison_the_honest_one_with_the_same_nonce() {
    let pool = FakePool::start();
    // Half of all hashes are shares, so that both sorts are soon found.
    pool.set_difficulty(2);
    let proxy = Proxy::launch(&proving(&pool));
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    let mut search = Search {
        oracle: Oracle::new(),
        low: 0,
    };
    let bogus = |miner: &SimMiner| result_meeting(miner.target());

    // Three claims at once, of which the last is true: one is forwarded, with the true result.
    let (nonce, hash) = search.next(&miner, true);
    let claims = [bogus(&miner), bogus(&miner), hash];
    let ids = claims.map(|result| miner.submit(&nonce, &result));
    let verdicts: Vec<_> = ids.iter().map(|id| miner.reply_to(*id)).collect();
    let accepted = verdicts.iter().filter(|verdict| verdict.is_ok()).count();
    assert_eq!(accepted, 1, "{verdicts:?}");
    let submits = pool.submits();
    assert_eq!(submits.len(), 1);
    assert_eq!(submits[0].parts().result, const_hex::encode(hash));

    // The true one first: no claim after it counts.
    let (nonce, hash) = search.next(&miner, true);
    let ids = [hash, bogus(&miner)].map(|result| miner.submit(&nonce, &result));
    assert!(miner.reply_to(ids[0]).is_ok());
    let refused = miner.reply_to(ids[1]).unwrap_err();
    assert_eq!(refused.message, "Duplicate share");
    assert_eq!(pool.submits()[1].parts().result, const_hex::encode(hash));

    // Bogus results where there is no share: each is refused for what it is, none as the copy of
    // another, and the pool hears of none.
    let (nonce, poor) = search.next(&miner, false);
    let ids: Vec<_> = (0..3)
        .map(|_| miner.submit(&nonce, &bogus(&miner)))
        .collect();
    for id in ids {
        assert_eq!(miner.reply_to(id).unwrap_err().message, "Invalid result");
    }
    let id = miner.submit(&nonce, &poor);
    let refused = miner.reply_to(id).unwrap_err();
    assert_eq!(refused.message, "Low difficulty share");
    assert_eq!(pool.submits().len(), 2);
    let shares = proxy.shares();
    assert_eq!(shares.refused["invalid_result"], 3);
    assert!(shares.balances());
}

/// A pool may send the same blob under another id and difficulty: the nonces are the same, and who
/// waits for a claim waits for it in either job.
#[test]
fn a_bogus_share_does_not_hold_up_the_honest_one_in_another_job_of_the_same_blob() {
    let pool = FakePool::start();
    pool.set_difficulty(2);
    let proxy = Proxy::launch(&proving(&pool));
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    let mut search = Search {
        oracle: Oracle::new(),
        low: 0,
    };
    let first = miner.job().clone();
    let bogus = result_meeting(miner.target());
    // Too poor for the first job, good for the easier one with the same blob.
    let (nonce, hash) = search.next(&miner, false);
    let (good_nonce, good) = search.next(&miner, true);
    let second = send_again(&pool, "again", 1, &mut miner);
    assert_eq!(second.blob, first.blob);
    assert_ne!(second.job_id, first.job_id);

    let ids = submit_both(&mut miner, &nonce, [(&first, &bogus), (&second, &hash)]);
    assert_eq!(
        miner.reply_to(ids[0]).unwrap_err().message,
        "Invalid result"
    );
    assert!(miner.reply_to(ids[1]).is_ok());
    let submits = pool.submits();
    assert_eq!(submits.len(), 1);
    assert_eq!(submits[0].parts().job_id, "again");
    assert_eq!(submits[0].parts().result, const_hex::encode(hash));

    // Where the first is corrected and taken, the second is its duplicate.
    let claims = [(&first, &bogus), (&second, &good)];
    let ids = submit_both(&mut miner, &good_nonce, claims);
    assert!(miner.reply_to(ids[0]).is_ok());
    assert_eq!(
        miner.reply_to(ids[1]).unwrap_err().message,
        "Duplicate share"
    );
    assert_eq!(pool.submits().len(), 2);
    assert!(proxy.shares().balances());
}

#[test]
fn a_share_settles_its_nonce_even_when_only_later_jobs_of_its_blob_are_left() {
    let silent_once = OnSubmit::Nth(1, Answer::Silent, Answer::Accept);
    let pool = FakePool::with(Script::answering(silent_once));
    let proxy = Proxy::before(&pool);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    let forwarded = miner.submit_good(7);
    let submits = pool.wait_submits(1);
    send_again(&pool, "again", 1_000, &mut miner);
    // The first job is older than the one before the current from here on.
    send_again(&pool, "once more", 1_000, &mut miner);

    let waiting = miner.submit_good(7);
    miner.keep_alive().unwrap();
    pool.answer(&submits[0], Answer::Accept);
    assert!(miner.reply_to(forwarded).is_ok());
    let late = miner.submit_good(7);
    for id in [waiting, late] {
        assert_eq!(miner.reply_to(id).unwrap_err().message, "Duplicate share");
    }
    assert_eq!(pool.submits().len(), 1);
    assert!(proxy.shares().balances());
}

#[test]
fn what_was_submitted_before_the_connection_was_lost_is_known_when_the_same_blob_comes_again() {
    let pool = FakePool::start();
    pool.share_jobs();
    let proxy = Proxy::before(&pool);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    let before = miner.job().clone();
    let id = miner.submit_good(7);
    assert!(miner.reply_to(id).is_ok());

    pool.close(1);
    let after = miner.expect_job();
    assert_eq!(after.blob, before.blob, "the same work in the same slot");
    assert_eq!(slot_of(&after), slot_of(&before));
    let [again, fresh] = [7, 8].map(|low| miner.submit_good(low));
    let refused = miner.reply_to(again).unwrap_err();
    assert_eq!(refused.message, "Duplicate share");
    assert!(miner.reply_to(fresh).is_ok());

    // Another blob has nonces of its own.
    pool.push_job(1_000, 2);
    miner.expect_job();
    let id = miner.submit_good(7);
    assert!(miner.reply_to(id).is_ok());
    assert_eq!(pool.submits().len(), 3);
}
