//! Bogus results for a nonce, with every share proved: what is right reaches the pool once, in
//! whatever order and however often somebody claims something else.

use crate::support::{Config, FakePool, Oracle, Proxy, SimMiner, result_meeting};

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

#[test]
fn a_bogus_share_does_not_poison_the_honest_one_with_the_same_nonce() {
    let pool = FakePool::start();
    // Half of all hashes are shares, so that both sorts are soon found.
    pool.set_difficulty(2);
    let config = Config::on(&pool)
        .set("prove.mode", "\"light\"")
        .set("prove.threads", 1)
        .set("prove.deadline", "\"60s\"")
        .set("prove.deadline_unknown", "\"60s\"");
    let proxy = Proxy::launch(&config);
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
