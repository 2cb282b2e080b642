//! Pools that send us elsewhere, and where the operator allows it.

use crate::scene::{expect_job_of, launch, pool_at, send_good};
use crate::support::{Config, SimMiner};

#[test]
fn a_redirect_is_followed_to_a_host_that_the_settings_name() {
    let (home, elsewhere) = (pool_at(1), pool_at(1_000_000));
    let config = Config::default()
        .set("miners.login_hold", "\"60s\"")
        .set("failover.grace", "\"60s\"")
        .pool_with(
            &format!("stratum+tcp://127.0.0.1:{}", home.address().port()),
            "allow_reconnect_to = [\"localhost\"]",
        );
    let proxy = launch(&config, 0);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    send_good(&mut miner, 1);
    home.order_reconnect(1, "localhost", elsewhere.address().port());
    expect_job_of(&mut miner, &elsewhere);
    let result = send_good(&mut miner, 2);
    assert_eq!(elsewhere.submits()[0].parts().result, result);
    assert_eq!(home.connections().len(), 1);
}
