//! When a miner is told OK: not before its share is recorded, unless that takes too long.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use zartrux_actors::messaging::Post;
use zartrux_actors::share_ticket::Settlement;
use zartrux_actors::store::{
    LaneJoined, Provenance, RecordShare, SharesRecorded, StoreLink, StoreStatus,
};
use zartrux_models::ledger::{Outcome, UpstreamId};
use zartrux_models::stratum::ErrorClass;

use crate::farm::{Farm, Miner, run};

/// A store that the test is.
pub(crate) struct Store {
    pub(crate) link: StoreLink,
    status: Arc<StoreStatus>,
    told: UnboundedReceiver<RecordShare>,
}

/// Longer than a test takes.
pub(crate) const LONG: Duration = Duration::from_secs(3_600);
/// So short that it is over at once.
const SHORT: Duration = Duration::from_millis(1);

impl Store {
    pub(crate) fn new(wait_at_most: Option<Duration>, most_waiting: usize) -> Self {
        let (tell, told) = unbounded_channel();
        let status = Arc::new(StoreStatus::default());
        let link = StoreLink::new(
            Post::to_fn(move |record: RecordShare| tell.send(record).unwrap_or_default()),
            Post::to_fn(|_: LaneJoined| ()),
            Post::to_fn(|_| ()),
            most_waiting,
            wait_at_most,
            Provenance {
                node: 7,
                run: 3,
                upstreams: vec![UpstreamId(5)].into(),
            },
            Arc::clone(&status),
        );
        Self { link, status, told }
    }

    pub(crate) async fn next(&mut self) -> RecordShare {
        self.told.recv().await.expect("a share")
    }
}

/// Whether a keepalive that is sent now is answered before anything else.
async fn has_nothing_to_read(miner: &mut Miner) -> bool {
    miner.keep_alive(77).await;
    miner.hear().await["id"] == 77
}

async fn settled(farm: &mut Farm, miner: &mut Miner, counter: u8, how: Settlement) {
    let ticket = farm.share(miner, counter).await;
    farm.sessions.send(ticket.settle(how)).await.unwrap();
}

#[test]
fn ok_is_told_when_the_share_is_recorded_and_not_before() {
    run(async {
        let mut store = Store::new(Some(LONG), 100);
        let mut farm = Farm::storing(store.link.clone()).await;
        let mut miner = farm.miner("rig-1", "").await;
        for counter in 1..=3 {
            settled(&mut farm, &mut miner, counter, Settlement::Accepted).await;
        }
        let mut numbers = Vec::new();
        for _ in 0..3 {
            let record = store.next().await;
            assert_eq!(record.entry.outcome, Outcome::Accepted);
            assert_eq!((record.entry.node, record.entry.run), (7, 3));
            numbers.push(record.number);
        }
        assert!(has_nothing_to_read(&mut miner).await);
        let through = numbers[1];
        farm.sessions
            .send(SharesRecorded { through })
            .await
            .unwrap();
        for _ in 0..2 {
            assert_eq!(miner.hear().await["result"]["status"], "OK");
        }
        assert!(has_nothing_to_read(&mut miner).await, "the third waits");
        let through = numbers[2];
        farm.sessions
            .send(SharesRecorded { through })
            .await
            .unwrap();
        assert_eq!(miner.hear().await["result"]["status"], "OK");
        assert_eq!(store.status.report().acknowledged_unrecorded, 0);
    });
}

#[test]
fn a_refusal_is_told_at_once_and_recorded_all_the_same() {
    run(async {
        let mut store = Store::new(Some(LONG), 100);
        let mut farm = Farm::storing(store.link.clone()).await;
        let mut miner = farm.miner("rig-1", "").await;
        let refused = Settlement::Rejected {
            class: ErrorClass::Rig,
            text: "Low difficulty share".into(),
        };
        settled(&mut farm, &mut miner, 1, refused).await;
        let reply = miner.hear().await;
        assert_eq!(reply["error"]["message"], "Low difficulty share");
        assert!(matches!(
            store.next().await.entry.outcome,
            Outcome::Rejected { .. }
        ));
    });
}

#[test]
fn a_share_that_is_not_recorded_in_time_is_acknowledged_and_counted() {
    run(async {
        let mut store = Store::new(Some(SHORT), 100);
        let mut farm = Farm::storing(store.link.clone()).await;
        let mut miner = farm.miner("rig-1", "").await;
        settled(&mut farm, &mut miner, 1, Settlement::Credited).await;
        let record = store.next().await;
        assert_eq!(miner.hear().await["result"]["status"], "OK");
        assert_eq!(store.status.report().acknowledged_unrecorded, 1);
        // The record that comes late tells nobody anything twice.
        let through = record.number;
        farm.sessions
            .send(SharesRecorded { through })
            .await
            .unwrap();
        assert!(has_nothing_to_read(&mut miner).await);
    });
}

#[test]
fn where_nobody_is_to_wait_nobody_does() {
    run(async {
        let mut store = Store::new(None, 100);
        let mut farm = Farm::storing(store.link.clone()).await;
        let mut miner = farm.miner("rig-1", "").await;
        settled(&mut farm, &mut miner, 1, Settlement::Accepted).await;
        assert_eq!(miner.hear().await["result"]["status"], "OK");
        store.next().await;
        assert_eq!(store.status.report().acknowledged_unrecorded, 0);
    });
}

#[test]
fn a_store_that_takes_no_more_keeps_nobody_waiting() {
    run(async {
        let mut store = Store::new(Some(LONG), 2);
        let mut farm = Farm::storing(store.link.clone()).await;
        let mut miner = farm.miner("rig-1", "").await;
        // What the store is told it keeps here, and so its room is used up.
        let kept = Arc::new(Mutex::new(Vec::new()));
        for counter in 1..=2 {
            settled(&mut farm, &mut miner, counter, Settlement::Accepted).await;
            let record = store.next().await;
            kept.lock().unwrap().push(record);
        }
        settled(&mut farm, &mut miner, 3, Settlement::Accepted).await;
        assert_eq!(miner.hear().await["result"]["status"], "OK");
        let report = store.status.report();
        assert_eq!((report.shares_lost, report.acknowledged_unrecorded), (1, 1));
        assert!(has_nothing_to_read(&mut miner).await, "two still wait");
    });
}

#[test]
fn one_who_left_meanwhile_is_told_nothing_and_neither_is_who_took_the_place() {
    run(async {
        let mut store = Store::new(Some(LONG), 100);
        let mut farm = Farm::storing(store.link.clone()).await;
        let mut miner = farm.miner("rig-1", "").await;
        settled(&mut farm, &mut miner, 1, Settlement::Accepted).await;
        let record = store.next().await;
        drop(miner);
        farm.left.recv().await.unwrap();
        let mut next = farm.miner("rig-2", "").await;
        let through = record.number;
        farm.sessions
            .send(SharesRecorded { through })
            .await
            .unwrap();
        assert!(has_nothing_to_read(&mut next).await);
    });
}

#[test]
fn refusals_at_the_door_are_listed_up_to_ten_a_minute() {
    run(async {
        let mut store = Store::new(Some(LONG), 100);
        let mut farm = Farm::storing(store.link.clone()).await;
        let mut miner = farm.miner("rig-1", "").await;
        for _ in 0..30 {
            miner.submit_malformed().await;
            assert_eq!(miner.hear().await["error"]["message"], "Malformed share");
        }
        for _ in 0..10 {
            let record = store.next().await;
            assert_eq!(record.entry.outcome.label(), "refused");
            assert_eq!(record.entry.id, None);
        }
        // A minute may have turned meanwhile; then there are ten more, and no others.
        let mut more = 0;
        while store.told.try_recv().is_ok() {
            more += 1;
        }
        assert!(more == 0 || more <= 10, "{more} more were listed");
    });
}
