//! What a miner is asked for when the algorithm of its jobs changes.

use std::sync::Arc;
use std::time::Duration;

use zartrux_actors::miner_sessions::{Namesakes, RateMemory, rig_key_of};
use zartrux_actors::store::registry::RateBook;
use zartrux_models::plan::VardiffPolicy;
use zartrux_models::session::NO_OTHER_JOB;
use zartrux_models::work::{Algorithm, Difficulty};

use crate::farm::{Farm, run};

const NEW: &str = "XMRig/6.26.0 (Linux x86_64)";
const POLICY: VardiffPolicy = VardiffPolicy {
    goal: Duration::from_secs(10),
    floor: Difficulty::ONE,
};
/// What a rig of which nothing is known is asked for.
const START: u32 = 20;

async fn farm(rates: &Arc<RateBook>) -> Farm {
    let memory: Arc<dyn RateMemory> = Arc::<RateBook>::clone(rates);
    Farm::remembering(0, &Namesakes::default(), Some(POLICY), memory).await
}

#[test]
fn at_the_fork_a_rig_goes_on_with_its_rate_and_each_algorithm_has_one_of_its_own() {
    run(async {
        let rates = Arc::new(RateBook::new(10));
        let rig = rig_key_of("wallet/rig-1");
        rates.note(rig, 50.0);
        let mut farm = farm(&rates).await;
        let mut miner = farm.miner("rig-1", NEW).await;
        assert!((499..=501).contains(&miner.asked()), "{}", miner.asked());
        // One more share than was to be expected: three in the time of two.
        farm.share(&mut miner, 1).await;

        farm.job_of("b", 2, "rx/2").await;
        miner.hear_job().await;
        let followed = miner.asked();
        assert!((650..=760).contains(&followed), "{followed}");

        farm.job_of("c", 3, "cn/r").await;
        miner.hear_job().await;
        assert!((START - 1..=START + 1).contains(&miner.asked()));
        farm.share(&mut miner, 1).await;

        farm.job("d", 4).await;
        miner.hear_job().await;
        let back = miner.asked();
        assert!((650..=760).contains(&back), "{back}");
        let other = rates.of(rig, &Algorithm::named("cn/r")).unwrap();
        assert!(other < 10.0, "{other}");
    });
}

#[test]
fn what_a_stranger_says_of_itself_is_where_it_begins() {
    run(async {
        let mut farm = farm(&Arc::new(RateBook::new(10))).await;
        let claims = r#","algo-perf":{"rx/0":40,"cn/r":1e12}"#;
        let mut miner = farm.miner_saying(1, "rig-1", NEW, claims).await;
        assert!((399..=401).contains(&miner.asked()), "{}", miner.asked());
        farm.job_of("b", 2, "cn/r").await;
        miner.hear_job().await;
        let most = miner.asked();
        assert!((999..=1_001).contains(&most), "the pool's at most: {most}");
    });
}

#[test]
fn a_miner_that_learns_another_algorithm_gets_its_jobs_without_logging_in_again() {
    run(async {
        let mut farm = farm(&Arc::new(RateBook::new(10))).await;
        let mut miner = farm
            .miner_saying(1, "rig-1", NEW, r#","algo":["rx/0"]"#)
            .await;
        let can = |algorithms: &str| {
            format!(
                r#"{{"id":1,"method":"getjob","params":{{"algo":[{algorithms}],"algo-perf":{{"cn/r":40}}}}}}"#
            )
        };
        miner.say(&can(r#""rx/0","cn/r""#)).await;
        let answer = miner.hear().await;
        assert_eq!(answer["error"]["message"], NO_OTHER_JOB);
        farm.job_of("b", 2, "cn/r").await;
        miner.hear_job().await;
        assert!((399..=401).contains(&miner.asked()), "{}", miner.asked());

        // It forgets one, and learns it again while the next job of it is kept from it.
        miner.say(&can(r#""rx/0""#)).await;
        assert_eq!(miner.hear().await["error"]["message"], NO_OTHER_JOB);
        farm.job_of("c", 3, "cn/r").await;
        miner.say(&can(r#""cryptonight/r""#)).await;
        assert_eq!(miner.hear().await["error"]["message"], NO_OTHER_JOB);
        miner.hear_job().await;
        farm.share(&mut miner, 1).await;
    });
}
