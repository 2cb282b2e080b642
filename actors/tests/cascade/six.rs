//! The six of a lane.

use zartrux_actors::clock::Clock;
use zartrux_actors::filters::{Cascade, FilterModels};
use zartrux_actors::journal::Journal;
use zartrux_actors::messaging::Post;
use zartrux_actors::share_ticket::ExamineShare;
use zartrux_actors::supervision::{ActorState, HealthRegistry};
use zartrux_models::filter::{Evidence, Stage};

use crate::scene::{SETTINGS, run, share_of};

#[test]
fn all_six_look_at_a_share_and_show_themselves_by_name() {
    run(async {
        let (tell, mut passed) = tokio::sync::mpsc::unbounded_channel();
        let judge = Post::to_fn(move |ExamineShare(ticket)| tell.send(ticket).unwrap_or_default());
        let health = HealthRegistry::default();
        let mut cascade =
            Cascade::before(judge, 3, SETTINGS, health.clone(), Journal::silent(), Clock);
        let models = cascade.put_all(&FilterModels::default());
        let (first, alive) = cascade.finish();
        assert_eq!(alive.len(), 6);
        for number in 1..=20 {
            first.send(ExamineShare(share_of(1, number)));
            let ticket = passed.recv().await.unwrap();
            for stage in Stage::ALL {
                assert_ne!(ticket.evidence.of(stage), Evidence::Unavailable, "{stage}");
                let modelled = matches!(stage, Stage::Cluster | Stage::Classifier);
                let silent = ticket.evidence.of(stage) == Evidence::NoOpinion;
                assert!(silent || !modelled, "{stage} has no model to go by");
            }
            models.replace(&FilterModels::default());
        }
        for stage in Stage::ALL {
            let report = health.get(&format!("lane3/{stage}")).unwrap().report();
            assert_eq!((report.kind, report.generation), (stage.name(), 1));
            assert_eq!(report.state, ActorState::Running);
        }
    });
}
