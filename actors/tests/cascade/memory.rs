//! What stages remember is bounded.

use std::time::Duration;

use tokio::time::advance;
use zartrux_actors::filters::StageSettings;

use crate::scene::{Conduct, Scene, run};

const SMALL: StageSettings = StageSettings {
    max_rigs: 8,
    forget_after: Duration::from_secs(600),
};

fn scene() -> Scene {
    Scene::with([const { Conduct::Counts }; 6], SMALL)
}

#[test]
fn a_crowd_of_newcomers_drives_out_the_idle_and_not_the_busy() {
    run(async {
        let mut scene = scene();
        assert_eq!(scene.counted(0, 1).await, Some(1));
        assert_eq!(scene.counted(0, 2).await, Some(1));
        let mut busy = 1;
        for newcomer in 100..200 {
            advance(Duration::from_secs(1)).await;
            scene.ask(newcomer).await;
            busy += 1;
            assert_eq!(scene.counted(0, 1).await, Some(busy));
        }
        assert_eq!(scene.counted(0, 2).await, Some(1), "was forgotten");
    });
}

#[test]
fn a_rig_that_was_away_for_long_starts_anew() {
    run(async {
        let mut scene = scene();
        scene.ask(1).await;
        tokio::time::sleep(Duration::from_secs(500)).await;
        assert_eq!(scene.counted(0, 1).await, Some(2));
        tokio::time::sleep(Duration::from_secs(901)).await;
        assert_eq!(scene.counted(0, 1).await, Some(1));
    });
}
