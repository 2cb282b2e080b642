//! Several upstreams at once: which rig mines for which, and that no share goes astray.
#![cfg(test)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

mod support;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use support::swarm::MinerId;
use support::{Config, FakePool, Proxy, SimMiner, Swarm, clock, http};

/// Heights of the pools' jobs are this far apart: a job tells by its height whose it is.
const APART: u64 = 1_000_000;

fn pools<const N: usize>() -> [FakePool; N] {
    std::array::from_fn(|at| {
        let pool = FakePool::start();
        pool.push_job(1_000, at as u64 * APART + 1);
        pool
    })
}

/// Settings in which each pool is a route of its own: `a`, `b`, …, with these keys.
fn routed(pools: &[FakePool], keys: &[&str]) -> Config {
    let names = ["a", "b", "c"];
    let mut config = Config::default()
        .set("miners.login_hold", "\"60s\"")
        .set("failover.failback_after", "\"0s\"");
    let mut routes = String::new();
    for (name, keys) in names.iter().zip(keys) {
        routes += &format!("[[route]]\nname = \"{name}\"\n{keys}\n");
    }
    for (at, (pool, name)) in pools.iter().zip(names).enumerate() {
        // The last section of the file may be followed by others.
        let more = if at + 1 == pools.len() { &*routes } else { "" };
        config = config.pool_with(&pool.url(), &format!("route = \"{name}\"\n{more}"));
    }
    config
}

/// Launches a proxy of which all routes are open when it is returned.
fn launch(config: &Config) -> Proxy {
    let proxy = Proxy::launch(config);
    clock::eventually("all routes to open", || {
        let routes = routes(&proxy);
        let open = |route: &Value| route["open_lanes"] == 1;
        (!routes.is_empty() && routes.iter().all(open)).then_some(())
    });
    proxy
}

fn routes(proxy: &Proxy) -> Vec<Value> {
    let page: Value = serde_json::from_str(&proxy.page("/api/v1/routes")).unwrap();
    page["routes"].as_array().unwrap().clone()
}

/// The pool, by its place, whose job each miner has.
fn places(swarm: &Swarm) -> BTreeMap<MinerId, u64> {
    swarm.with(|state| {
        let place = |(miner, member): (MinerId, &support::swarm::Member)| {
            let height = member.job.as_ref()?.height?;
            Some((miner, height / APART))
        };
        state.all().filter_map(place).collect()
    })
}

fn submit_all(swarm: &Swarm, low: u32) {
    let miners: Vec<MinerId> = places(swarm).into_keys().collect();
    let submit = |miner: &MinerId| swarm.submit_good(*miner, &swarm.job(*miner), low);
    let sent: Vec<i64> = miners.iter().map(submit).collect();
    for (miner, id) in miners.iter().zip(sent) {
        let reply = swarm.reply(*miner, id);
        assert!(reply.is_ok(), "miner {miner}: {reply:?}");
    }
}

fn put(proxy: &Proxy, path: &str, text: &str) -> (u16, Value) {
    let answer = http::put_text(proxy.node().monitor_address().unwrap(), path, text);
    (answer.status, serde_json::from_str(&answer.body).unwrap())
}

#[test]
fn three_pools_get_their_parts_and_each_share_reaches_the_pool_that_it_was_mined_for() {
    const MINERS: usize = 50;
    let pools = pools::<3>();
    let proxy = launch(&routed(
        &pools,
        &["weight = 70", "weight = 20", "weight = 10"],
    ));
    let mut swarm = Swarm::watching(proxy.miners());
    swarm.join_all(MINERS);
    let places = places(&swarm);
    let at = |place: u64| places.values().filter(|at| **at == place).count();
    // Equal as far as is known: dealt by the weights, but for a rig or two.
    let counts = [at(0), at(1), at(2)];
    for (count, wanted) in counts.iter().zip([35, 10, 5]) {
        assert!(count.abs_diff(wanted) <= 2, "{counts:?}");
    }
    submit_all(&swarm, 1);
    submit_all(&swarm, 2);
    for (pool, count) in pools.iter().zip(counts) {
        let submits = pool.submits();
        assert_eq!(submits.len(), 2 * count);
        assert!(submits.iter().all(|submit| submit.job.is_some()), "I1");
        assert!(pool.duplicates().is_empty());
    }
    let shown = clock::eventually("the work of all shares", || {
        let routes = routes(&proxy);
        let shares = routes.iter().map(|route| route["shares"].as_u64().unwrap());
        (shares.sum::<u64>() == 2 * MINERS as u64).then_some(routes)
    });
    for (route, (name, count)) in shown.iter().zip(["a", "b", "c"].iter().zip(counts)) {
        assert_eq!(route["name"], **name);
        assert_eq!(route["miners"], count);
        assert_eq!(
            route["work"],
            2_000.0 * f64::from(u32::try_from(count).unwrap())
        );
        let [part, low, high] =
            ["part", "part_low", "part_high"].map(|key| route[key].as_f64().unwrap());
        assert!(low <= part && part <= high && low < high, "{route}");
    }
    let metrics = proxy.page("/metrics");
    assert!(metrics.contains("zartrux_route_work_total{route=\"c\"}"));
    swarm.with(|state| assert_eq!(state.overlaps, Vec::<String>::new(), "I3"));
    let shares = proxy.shares_when("all to be settled", |shares| shares.pending == 0);
    assert!(shares.balances() && shares.accepted == 2 * MINERS as u64);
}

#[test]
fn rigs_of_a_group_mine_for_their_route_alone_and_go_elsewhere_only_while_it_has_no_pool() {
    let pools = pools::<2>();
    let proxy = launch(&routed(
        &pools,
        &[
            "weight = 9",
            "rigs = [\"@rack\"]\n[[group]]\nname = \"rack\"\nrigs = [\"worker-1*\"]",
        ],
    ));
    let mut swarm = Swarm::watching(proxy.miners());
    swarm.join_all(20);
    let belongs = |miner: &MinerId| u64::from(format!("worker-{miner}").starts_with("worker-1"));
    let as_ruled = |swarm: &Swarm| {
        let places = places(swarm);
        places.iter().all(|(miner, place)| *place == belongs(miner))
    };
    assert!(as_ruled(&swarm), "{:?}", places(&swarm));
    submit_all(&swarm, 1);
    pools[1].go_down();
    let on_first = || places(&swarm).values().all(|place| *place == 0);
    clock::eventually("all on the first", || on_first().then_some(()));
    submit_all(&swarm, 2);
    pools[1].come_back();
    clock::eventually("the group to come back", || as_ruled(&swarm).then_some(()));
    submit_all(&swarm, 3);
    swarm.with(|state| {
        assert_eq!(state.overlaps, Vec::<String>::new(), "I3");
        assert!(state.all().all(|(_, member)| !member.closed));
    });
    assert!(pools.iter().all(|pool| pool.duplicates().is_empty()));
}

/// Logs in with hash rates as `MoneroOcean`'s miner does; the job's height.
fn log_in_with_perf(miner: &mut SimMiner, algorithms: &[&str]) -> Result<u64, String> {
    let id = miner.request(
        "login",
        &json!({
            "login": "rig", "pass": "x", "agent": "XMRig/6.26.0", "algo": algorithms,
            "algo-perf": {"rx/0": 1_000.0},
        }),
    );
    let welcome = miner.reply_to(id).map_err(|fault| fault.message)?;
    Ok(welcome["job"]["height"].as_u64().unwrap())
}

#[test]
fn a_rig_goes_where_its_hashes_are_worth_most_and_follows_when_that_changes() {
    let pools = pools::<2>();
    let proxy = launch(&routed(&pools, &["worth = 1.0", "worth = 2.0"]));
    let mut miner = SimMiner::connect(proxy.miners());
    let height = log_in_with_perf(&mut miner, &["rx/0"]).unwrap();
    assert_eq!(height / APART, 1);
    let (status, answer) = put(&proxy, "/api/v1/routes/a/worth", "{\"worth\": 8}");
    assert_eq!((status, &answer["worth"]), (200, &json!(8.0)), "{answer}");
    let job = miner.expect_job();
    assert_eq!(job.height.unwrap() / APART, 0);
    for (path, text, status) in [
        ("/api/v1/routes/z/worth", "{\"worth\": 1}", 404),
        ("/api/v1/routes/a/worth", "{\"worth\": -1}", 400),
        ("/api/v1/routes/a/worth", "{\"value\": 1}", 400),
        ("/api/v1/routes/a/worth", "", 400),
    ] {
        assert_eq!(put(&proxy, path, text).0, status, "{path} {text}");
    }
}

#[test]
fn a_rig_that_can_hash_nothing_of_what_is_mined_is_told_so() {
    let pools = pools::<2>();
    let config = routed(&pools, &["", ""]).set("failover.grace", "\"1s\"");
    let proxy = launch(&config);
    let mut miner = SimMiner::connect(proxy.miners());
    let text = log_in_with_perf(&mut miner, &["cn/r"]).unwrap_err();
    assert!(
        text.starts_with("No pool for your algorithms: rx/0"),
        "{text}"
    );
    assert!(miner.expect_closed().is_empty());
}

#[test]
fn routes_come_and_go_with_the_settings_and_nobody_is_disconnected() {
    let pools = pools::<2>();
    let before = Config::default()
        .set("failover.failback_after", "\"0s\"")
        .pool(&pools[0].url());
    let proxy = Proxy::launch(&before);
    let mut swarm = Swarm::watching(proxy.miners());
    swarm.join_all(12);
    assert!(routes(&proxy).is_empty());
    submit_all(&swarm, 1);
    // The rigs' rule, so that it shows at once: weights are followed in their own time.
    let rule = "rigs = [\"worker-1*\"]";
    proxy.reload(&routed(&pools, &["", rule])).unwrap();
    let ruled = |swarm: &Swarm| {
        let places = places(swarm);
        let right = |(miner, place): (&MinerId, &u64)| {
            *place == u64::from(format!("worker-{miner}").starts_with("worker-1"))
        };
        places.iter().all(right)
    };
    clock::eventually("the rule to be followed", || ruled(&swarm).then_some(()));
    submit_all(&swarm, 2);
    proxy.reload(&before).unwrap();
    let on_first = || places(&swarm).values().all(|place| *place == 0);
    clock::eventually("all on the first", || on_first().then_some(()));
    submit_all(&swarm, 3);
    clock::eventually("no routes to be shown", || {
        routes(&proxy).is_empty().then_some(())
    });
    swarm.with(|state| {
        assert_eq!(state.overlaps, Vec::<String>::new(), "I3");
        assert!(state.all().all(|(_, member)| !member.closed));
    });
    assert!(pools.iter().all(|pool| pool.duplicates().is_empty()));
}
