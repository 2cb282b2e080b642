//! What a fault costs, and whom.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use zartrux_actors::filters::{Factory, ModelReplaced};
use zartrux_actors::supervision::ActorState;
use zartrux_models::filter::{Evidence, Stage};
use zartrux_models::share::RigKey;

use crate::scene::{Conduct, SETTINGS, Scene, Scripted, all_count_but, run};

const PLACE: usize = 2;

#[test]
fn a_hostile_share_costs_its_own_rigs_evidence_and_no_others() {
    run(async {
        let hostile = 66;
        let mut scene = Scene::of(all_count_but(PLACE, Conduct::PanicsAt(RigKey(hostile))));
        for _ in 0..3 {
            scene.ask(1).await;
        }
        assert_eq!(scene.ask(hostile).await[PLACE], Evidence::Unavailable);
        assert_eq!(scene.counted(PLACE, 1).await, Some(4));
        assert_eq!(scene.generations(), [1, 1, 2, 1, 1, 1]);
        let health = scene.health_of(Stage::Pattern);
        assert_eq!(
            health.state(),
            ActorState::Running,
            "the next core is there"
        );
        assert!(health.report().recovery_micros.is_some());
    });
}

#[test]
fn a_rig_starts_anew_with_the_core_after_a_fault() {
    run(async {
        let mut scene = Scene::of([const { Conduct::Counts }; 6]);
        for _ in 0..3 {
            scene.ask(1).await;
        }
        // The worst moment: the core has done its work already.
        scene.health_of(Stage::Pattern).drill.arm_panics(1);
        assert_eq!(scene.ask(1).await[PLACE], Evidence::Unavailable);
        assert_eq!(scene.counted(PLACE, 1).await, Some(1));
        assert_eq!(scene.counted(3, 1).await, Some(6), "others go on");
    });
}

#[test]
fn what_is_no_number_costs_the_rigs_memory_and_no_generation() {
    run(async {
        let mut scene = Scene::of(all_count_but(PLACE, Conduct::Says(f64::NAN)));
        for _ in 0..10 {
            assert_eq!(scene.ask(1).await[PLACE], Evidence::Unavailable);
        }
        assert_eq!(scene.generations(), [1; 6]);
        let health = scene.health_of(Stage::Pattern).report();
        assert_eq!(health.state, ActorState::Running);
        assert!(health.note.contains("no number"), "{}", health.note);
    });
}

#[test]
fn a_core_that_cannot_be_built_costs_evidence_until_it_can() {
    run(async {
        let broken = Arc::new(AtomicBool::new(true));
        let seen = Arc::clone(&broken);
        let factory: Factory<Scripted<2>> = Arc::new(move || {
            assert!(!seen.load(Ordering::Relaxed), "no model");
            Scripted(Conduct::Counts)
        });
        let others = const {
            (
                Conduct::Counts,
                Conduct::Counts,
                Conduct::Counts,
                Conduct::Counts,
                Conduct::Counts,
            )
        };
        let mut scene = Scene::made_by(others, factory, SETTINGS);
        assert_eq!(scene.ask(1).await[PLACE], Evidence::Unavailable);
        let health = scene.health_of(Stage::Pattern);
        assert_eq!(health.state(), ActorState::BackingOff);
        broken.store(false, Ordering::Relaxed);
        assert_eq!(scene.counted(PLACE, 1).await, Some(1));
        assert_eq!(health.state(), ActorState::Running);
    });
}

#[test]
fn another_model_takes_over_with_all_that_is_remembered() {
    run(async {
        let mut scene = Scene::of(all_count_but(PLACE, Conduct::PanicsAt(RigKey(66))));
        for _ in 0..3 {
            scene.ask(1).await;
        }
        scene
            .pattern
            .send(ModelReplaced(Arc::new(|| Scripted(Conduct::Counts))));
        assert_eq!(scene.counted(PLACE, 66).await, Some(1), "no panic any more");
        assert_eq!(scene.counted(PLACE, 1).await, Some(4));
        assert_eq!(scene.generations(), [1; 6], "that was no fault");
    });
}

#[test]
fn a_model_that_no_core_can_be_built_with_changes_nothing() {
    run(async {
        let mut scene = Scene::of([const { Conduct::Counts }; 6]);
        scene.ask(1).await;
        scene
            .pattern
            .send(ModelReplaced(Arc::new(|| panic!("bad model"))));
        assert_eq!(scene.counted(PLACE, 1).await, Some(2));
        let health = scene.health_of(Stage::Pattern);
        assert_eq!((health.state(), health.faults()), (ActorState::Running, 1));
    });
}
