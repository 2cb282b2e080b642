//! Parcels that can't be taken up.

use zartrux_actors::handover::{BadParcel, LaneParcel, readable};
use zartrux_actors::lane::LaneFailed;

use crate::lane::{Root, door, packed, plain};
use crate::support::{FakePool, SimMiner};

#[test]
fn a_damaged_parcel_is_refused_with_the_part_and_costs_nobody_the_connection() {
    let pool = FakePool::start();
    let root = Root::start();
    let lane = root.launch(vec![plain(&pool)], None).unwrap();
    let mut miner = SimMiner::joined(door(&lane), "rig");
    let parcel = packed(&lane);
    let facts = readable(&parcel.state).unwrap();
    assert_eq!((facts.miners, facts.pools, facts.descriptors), (1, 1, 2));

    let mut damaged = parcel.try_clone().unwrap();
    *damaged.state.last_mut().unwrap() ^= 1;
    let mut foreign = parcel.try_clone().unwrap();
    foreign.state[0] = 200;
    let lacking = LaneParcel {
        descriptors: Vec::new(),
        state: parcel.state.clone(),
    };
    let refuse = |bad: LaneParcel| match root.launch(vec![plain(&pool)], Some(bad)) {
        Err(LaneFailed::Parcel { lane: 0, why }) => why,
        other => panic!("{other:?}"),
    };
    let why = refuse(damaged);
    assert!(
        matches!(why, BadParcel::Damaged { part: "rigs", .. }),
        "{why}"
    );
    assert_eq!(refuse(foreign), BadParcel::Version(200));
    assert_eq!(refuse(lacking), BadParcel::Descriptors { said: 2, came: 0 });

    let next = root.launch(vec![plain(&pool)], Some(parcel)).unwrap();
    let _ = lane.leave();
    let sent = miner.submit_good(1);
    assert!(miner.reply_to(sent).is_ok());
    assert_eq!(pool.connections().len(), 1);
    next.close();
}
