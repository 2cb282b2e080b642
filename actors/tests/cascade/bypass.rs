//! A filter that keeps failing is left out, says so, and comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::advance;
use zartrux_actors::filters::ModelReplaced;
use zartrux_actors::supervision::ActorState;
use zartrux_models::filter::{Evidence, Stage};
use zartrux_models::ledger::JournalEvent;

use crate::scene::{Conduct, Scene, Scripted, all_count_but, run};

const PLACE: usize = 2;

fn scene() -> (Scene, Arc<AtomicBool>) {
    let fails = Arc::new(AtomicBool::new(true));
    let conduct = Conduct::PanicsWhile(Arc::clone(&fails));
    (Scene::of(all_count_but(PLACE, conduct)), fails)
}

async fn fail_four_times(scene: &mut Scene) {
    for _ in 0..4 {
        assert_eq!(scene.ask(1).await[PLACE], Evidence::Unavailable);
    }
}

#[test]
fn after_four_faults_shares_pass_it_by_and_health_says_until_when() {
    run(async {
        let (mut scene, fails) = scene();
        let health = scene.health_of(Stage::Pattern);
        fail_four_times(&mut scene).await;
        assert_eq!(health.state(), ActorState::Bypassed);
        let note = health.report().note;
        assert!(
            note.contains("for 10 s, until") && note.contains("UTC"),
            "{note}"
        );
        fails.store(false, Ordering::Relaxed);
        assert_eq!(scene.ask(1).await[PLACE], Evidence::Unavailable);
        assert_eq!(health.report().steps, 4, "it is not asked");
        assert_eq!(scene.generations(), [1, 1, 5, 1, 1, 1]);
    });
}

#[test]
fn it_comes_back_on_trial_and_is_left_out_twice_as_long_after_one_more_fault() {
    run(async {
        let (mut scene, fails) = scene();
        let health = scene.health_of(Stage::Pattern);
        fail_four_times(&mut scene).await;
        advance(Duration::from_secs(10)).await;
        assert_eq!(scene.ask(1).await[PLACE], Evidence::Unavailable);
        assert_eq!(health.state(), ActorState::Bypassed);
        assert!(health.report().note.contains("for 20 s"));
        fails.store(false, Ordering::Relaxed);
        advance(Duration::from_secs(20)).await;
        assert_eq!(scene.counted(PLACE, 1).await, Some(1));
        assert_eq!(health.state(), ActorState::Running);
        assert!(health.report().note.contains("on trial"));
        advance(Duration::from_secs(60)).await;
        assert_eq!(scene.counted(PLACE, 1).await, Some(2));
        assert_eq!(health.report().note, "");
        assert_eq!(scene.generations(), [1, 1, 6, 1, 1, 1]);
        let (lane, stage) = (0, Stage::Pattern);
        let out = JournalEvent::StageBypassed { lane, stage };
        let back = JournalEvent::StageBack { lane, stage };
        assert_eq!(*scene.noted.lock().unwrap(), [out.clone(), out, back]);
    });
}

#[test]
fn without_shares_health_still_says_when_it_is_on_trial() {
    run(async {
        let (mut scene, _fails) = scene();
        let health = scene.health_of(Stage::Pattern);
        fail_four_times(&mut scene).await;
        tokio::time::sleep(Duration::from_millis(10_001)).await;
        assert_eq!(health.state(), ActorState::Running);
        assert!(health.report().note.contains("on trial"));
    });
}

#[test]
fn a_share_that_it_did_not_see_never_counts_against_its_rig() {
    run(async {
        let (mut scene, fails) = scene();
        fails.store(false, Ordering::Relaxed);
        for _ in 0..3 {
            scene.ask(2).await;
            scene.ask(3).await;
        }
        fails.store(true, Ordering::Relaxed);
        fail_four_times(&mut scene).await;
        scene.ask(2).await;
        fails.store(false, Ordering::Relaxed);
        advance(Duration::from_secs(10)).await;
        assert_eq!(scene.counted(PLACE, 2).await, Some(1), "starts anew");
        assert_eq!(scene.counted(PLACE, 3).await, Some(4), "has missed nothing");
    });
}

#[test]
fn another_model_ends_the_wait() {
    run(async {
        let (mut scene, _fails) = scene();
        fail_four_times(&mut scene).await;
        scene
            .pattern
            .send(ModelReplaced(Arc::new(|| Scripted(Conduct::Counts))));
        assert_eq!(scene.counted(PLACE, 1).await, Some(1));
        assert_eq!(scene.health_of(Stage::Pattern).state(), ActorState::Running);
    });
}
