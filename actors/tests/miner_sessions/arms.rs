//! In which arm of the experiment a share is recorded.

use std::collections::BTreeSet;
use std::sync::Arc;

use zartrux_actors::miner_sessions::ReplaceOrder;
use zartrux_actors::share_ticket::Settlement;
use zartrux_models::filter::ModelId;
use zartrux_models::ledger::Arm;
use zartrux_models::plan::NonceOrder;

use crate::acknowledging::{LONG, Store};
use crate::farm::{Farm, Miner, run};

/// Each miner has one share; the arms they are recorded in, by the plans of their own jobs.
async fn arms(farm: &mut Farm, store: &mut Store, miners: &mut [Miner], counter: u8) -> Vec<Arm> {
    let mut arms = Vec::new();
    for miner in miners {
        let ticket = farm.share(miner, counter).await;
        let planned = ticket.share.job.plan.arm(ticket.share.nonce.slot());
        farm.sessions
            .send(ticket.settle(Settlement::Accepted))
            .await
            .unwrap();
        let recorded = store.next().await.entry.arm;
        assert_eq!(recorded, planned);
        arms.push(recorded);
    }
    arms
}

fn bytes(miners: &[Miner]) -> Vec<String> {
    miners.iter().map(|miner| miner.byte().to_owned()).collect()
}

#[test]
fn a_share_is_recorded_in_the_arm_that_its_own_jobs_plan_gave_it() {
    run(async {
        let mut store = Store::new(Some(LONG), 1_000);
        let mut farm = Farm::storing(store.link.clone()).await;
        let mut miners = Vec::new();
        for rig in 0..24 {
            miners.push(farm.miner(&format!("rig-{rig}"), "").await);
        }
        let order = (0..=u8::MAX).rev().collect::<Vec<u8>>();
        let order = NonceOrder::new(ModelId(7), &order).unwrap();
        farm.sessions
            .send(ReplaceOrder(Some(Arc::new(order))))
            .await
            .unwrap();
        let before = arms(&mut farm, &mut store, &mut miners, 1).await;
        assert_eq!(
            before,
            vec![Arm::None; 24],
            "the blob came before the order"
        );
        // The same blob under another id, and then another.
        farm.job("b", 1).await;
        for miner in &mut miners {
            miner.hear_job().await;
        }
        let same = arms(&mut farm, &mut store, &mut miners, 2).await;
        assert_eq!(same, vec![Arm::None; 24]);
        let in_order: Vec<String> = (0..24).map(|slot| format!("{slot:02x}")).collect();
        assert_eq!(bytes(&miners), in_order);

        farm.job("c", 2).await;
        for miner in &mut miners {
            miner.hear_job().await;
        }
        let drawn = bytes(&miners);
        assert_eq!(drawn.iter().collect::<BTreeSet<_>>().len(), 24);
        let arms_then = arms(&mut farm, &mut store, &mut miners, 3).await;
        assert_eq!(arms_then[0], Arm::None, "slot 0 is in no arm");
        for arm in [Arm::Control, Arm::Model] {
            let count = arms_then.iter().filter(|had| **had == arm).count();
            assert!(count >= 4, "{arms_then:?}");
        }
        // The best bytes that control left, to the first slots.
        let of_model = drawn.iter().zip(&arms_then);
        let of_model = of_model.filter(|(_, arm)| **arm == Arm::Model);
        let ranks: Vec<&String> = of_model.map(|(byte, _)| byte).collect();
        assert!(ranks.is_sorted_by(|one, next| one > next), "{ranks:?}");

        farm.sessions.send(ReplaceOrder(None)).await.unwrap();
        farm.job("d", 2).await;
        for miner in &mut miners {
            miner.hear_job().await;
        }
        assert_eq!(bytes(&miners), drawn, "the same blob");
        let again = arms(&mut farm, &mut store, &mut miners, 4).await;
        assert_eq!(again, arms_then);
    });
}
