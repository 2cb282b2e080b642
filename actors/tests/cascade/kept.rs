//! What stages remember is told once for all that changed, and goes on in the next run.

use tokio::sync::mpsc::unbounded_channel;
use zartrux_actors::filters::StatesCollected;
use zartrux_actors::messaging::Post;
use zartrux_models::filter::Stage;
use zartrux_models::share::RigKey;

use crate::scene::{Conduct, Scene, run};

fn scene() -> Scene {
    Scene::of([const { Conduct::Counts }; 6])
}

/// What all six have to tell, in the order of the cascade.
async fn collect(scene: &Scene, most: usize) -> Vec<StatesCollected> {
    let (tell, mut told) = unbounded_channel();
    let reply = Post::to_fn(move |states| tell.send(states).unwrap_or_default());
    scene.states.collect(most, &reply);
    let mut all = Vec::new();
    for _ in Stage::ALL {
        all.push(told.recv().await.expect("each answers"));
    }
    all.sort_by_key(|collected| collected.stage);
    all
}

fn rigs_of(collected: &[StatesCollected], place: usize) -> Vec<u64> {
    collected[place]
        .states
        .iter()
        .map(|(rig, _)| rig.0)
        .collect()
}

#[test]
fn rigs_are_told_of_once_for_all_that_changed_a_few_at_a_time() {
    run(async {
        let mut scene = scene();
        for rig in [1, 2, 1, 3, 1] {
            scene.ask(rig).await;
        }
        let first = collect(&scene, 2).await;
        scene.ask(2).await;
        let second = collect(&scene, 2).await;
        let third = collect(&scene, 2).await;
        for (place, stage) in Stage::ALL.into_iter().enumerate() {
            assert_eq!(first[place].stage, stage);
            assert_eq!(rigs_of(&first, place), [1, 2]);
            assert_eq!(rigs_of(&second, place), [3, 2]);
            assert!(rigs_of(&third, place).is_empty());
        }
    });
}

#[test]
fn what_was_told_goes_on_in_the_next_run_before_its_first_share() {
    run(async {
        let mut before = scene();
        for _ in 0..5 {
            before.ask(1).await;
        }
        before.ask(2).await;
        let collected = collect(&before, 100).await;
        let mut next = scene();
        next.states.restore(collected.clone());
        assert_eq!(next.counted(0, 1).await, Some(6));
        assert_eq!(next.counted(5, 2).await, Some(2));
        assert_eq!(next.counted(3, 3).await, Some(1), "a stranger");
        // What is known by now gives way to nothing older.
        next.states.restore(collected);
        assert_eq!(next.counted(0, 1).await, Some(7));
        assert_eq!(rigs_of(&collect(&next, 9).await, 3), [1, 2, 3]);
    });
}

#[test]
fn what_cannot_be_read_is_left_out_and_is_no_fault() {
    run(async {
        let mut before = scene();
        for rig in 1..4 {
            before.ask(rig).await;
        }
        let mut collected = collect(&before, 100).await;
        for of in &mut collected {
            // By a later version; cut off; and of a rig that is whole.
            of.states[0].1[0] = 200;
            of.states[1].1 = Box::new([1]);
        }
        let stranger = (RigKey(9), Box::default());
        collected[2].states.insert(0, stranger);
        let mut next = scene();
        next.states.restore(collected);
        assert_eq!(next.counted(2, 1).await, Some(1));
        assert_eq!(next.counted(2, 2).await, Some(1));
        assert_eq!(next.counted(2, 3).await, Some(2));
        assert_eq!(next.generations(), before.generations());
    });
}
