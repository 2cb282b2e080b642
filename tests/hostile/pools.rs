//! Hostile pools.
//!
//! The garbage that any peer may send is tried on every place of a pool's dialogue in `upstream`
//! (`garbage.rs`); here is what only a pool can do.

use serde_json::{Value, json};
use zartrux_models::session::JobPace;

use crate::beside::{Beside, Faults};
use crate::pool_cases::Does::{Attempt, Job, Leaves, Passes};
use crate::pool_cases::{cases, login};
use crate::scene::{
    assert_in_balance, before, expect_job_of, launch, send_good, serving, told, told_lost,
    told_when, two_pools,
};
use crate::support::{FakePool, OnConnect, OnLogin, Script, SimMiner, clock};

#[test]
fn a_pool_that_never_lets_anybody_work_is_left_with_its_reason_and_the_next_serves() {
    let (hostile, standby) = two_pools();
    let config = before(&[&hostile, &standby])
        .set("failover.failback_after", "\"1h\"")
        .set("failover.response_timeout", "\"1s\"");
    hostile.set_script(Script::opening(OnConnect::Close));
    let proxy = launch(&config, 1);
    let mut beside = Beside::of(proxy.miners());
    for (name, does) in cases() {
        let (script, reason) = match does {
            Attempt(script, reason) => (script, reason),
            Job(fields, reason) => {
                let job = with_fields(&standby, standby.wait_live(1)[0], &fields);
                (
                    login(&json!({"id": "s", "status": "OK", "job": job})),
                    reason,
                )
            }
            Leaves(lines, reason) => {
                let then = OnLogin::AcceptThenSend(lines.into_bytes());
                (Script::greeting(then), reason)
            }
            Passes(_) => continue,
        };
        hostile.go_down();
        told_lost(&proxy, &hostile, "can't connect");
        beside.mines(name);
        hostile.set_script(script);
        hostile.come_back();
        told_lost(&proxy, &hostile, reason);
        beside.mines(name);
    }
    assert_eq!(serving(&proxy), Some(1));
    assert!(hostile.submits().is_empty());
    assert_in_balance(&proxy);
}

/// A good job in which fields are replaced; those of null are left out.
fn with_fields(pool: &FakePool, connection: usize, fields: &Value) -> Value {
    let mut job = serde_json::to_value(pool.job_of(connection)).unwrap();
    let job_fields = job.as_object_mut().unwrap();
    job_fields.insert("job_id".into(), "another".into());
    for (key, value) in fields.as_object().unwrap() {
        if value.is_null() {
            job_fields.remove(key);
        } else {
            job_fields.insert(key.clone(), value.clone());
        }
    }
    if fields.get("seed_hash").is_some_and(Value::is_null) {
        job_fields.insert("algo".into(), "rx/0".into());
    }
    job
}

fn job_with(pool: &FakePool, connection: usize, fields: &Value) -> String {
    let job = with_fields(pool, connection, fields);
    format!("{{\"jsonrpc\":\"2.0\",\"method\":\"job\",\"params\":{job}}}\n")
}

#[test]
fn what_a_hostile_pool_sends_costs_at_most_its_connection_and_no_miner_leaves() {
    let (pool, _) = two_pools();
    let proxy = launch(&before(&[&pool]), 0);
    let mut miner = SimMiner::joined(proxy.miners(), "good");
    let mut faults = Faults::default();
    let mut height = 10;
    for (name, does) in cases() {
        let connection = pool.wait_live(1)[0];
        let lost = told(&proxy, &pool)[0].lost("pool");
        let (bytes, reason) = match does {
            Attempt(..) => continue,
            Job(fields, reason) => (job_with(&pool, connection, &fields), Some(reason)),
            Passes(line) => (line, None),
            Leaves(line, reason) => (line, Some(reason)),
        };
        pool.send_raw(connection, bytes.as_bytes());
        if reason.is_some() {
            pool.wait_closed(connection);
            told_when(&proxy, &pool, name, |told| told.lost("pool") == lost + 1);
        } else {
            height += 1;
            pool.push_job(1_000, height);
        }
        expect_job_of(&mut miner, &pool);
        send_good(&mut miner, 1);
        let still = pool.wait_live(1)[0] == connection;
        faults.check(name, still == reason.is_none(), still);
    }
    assert_in_balance(&proxy);
}

/// Latest wins: a miner that reads is not closed for jobs that it was not fast enough to take, and it
/// gets a burst of them and then a few in each second, however many come.
#[test]
fn a_flood_of_jobs_closes_no_miner_and_the_last_one_is_mined() {
    const JOBS: u64 = 3_000;
    let (pool, _) = two_pools();
    let proxy = launch(&before(&[&pool]), 0);
    let mut miner = SimMiner::joined(proxy.miners(), "good");
    let mut sleepy = SimMiner::joined(proxy.miners(), "sleepy");
    let begin = clock::now();
    for height in 0..JOBS {
        pool.push_job(1_000, 100 + height);
    }
    let last = pool.job_of(pool.wait_live(1)[0]);
    let mut jobs = 1;
    while miner.expect_job().height != last.height {
        jobs += 1;
    }
    let passed = begin.elapsed().as_millis() / JobPace::EVERY.as_millis();
    let most = u128::from(JobPace::BURST) + passed + 1;
    assert!(jobs <= most, "{jobs} of at most {most}");
    send_good(&mut miner, 1);
    while sleepy.expect_job().height != last.height {}
    send_good(&mut sleepy, 2);
    assert_eq!(proxy.connections().dropped, 0);
    assert_in_balance(&proxy);
}

/// Jobs that go back and forth, the same blob under other ids, and difficulties from one end to the
/// other.
#[test]
fn jobs_that_change_without_sense_are_mined_as_they_come() {
    let (pool, _) = two_pools();
    let proxy = launch(&before(&[&pool]), 0);
    let mut miner = SimMiner::joined(proxy.miners(), "good");
    let connection = pool.wait_live(1)[0];
    for (low, difficulty) in (1..).zip([1, u64::from(u32::MAX), 2, 1_000_000, 1]) {
        pool.push_job(difficulty, 50 - u64::from(low));
        expect_job_of(&mut miner, &pool);
        send_good(&mut miner, low);
    }
    let mut job = pool.job_of(connection);
    for number in 0..50 {
        job.job_id = format!("again-{number}");
        pool.push_job_to(connection, &job);
    }
    pool.push_job(1_000, 77);
    while miner.expect_job().height != Some(77) {}
    send_good(&mut miner, 9);
    assert_eq!(pool.wait_live(1)[0], connection);
    assert_in_balance(&proxy);
}
