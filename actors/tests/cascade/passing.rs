//! Shares on their way through all six.

use std::collections::HashMap;
use std::time::Duration;

use zartrux_models::filter::{Evidence, Stage};
use zartrux_models::share::ShareId;

use crate::scene::{Conduct, Scene, all_count_but, run};

#[test]
fn every_share_passes_once_in_order_with_six_opinions() {
    run(async {
        let mut scene = Scene::of([const { Conduct::Counts }; 6]);
        for share in 0..1_000u64 {
            scene.send(share % 7);
        }
        let mut counts: HashMap<_, u32> = HashMap::new();
        for number in 1..=1_000 {
            let ticket = scene.next().await;
            assert_eq!(ticket.id, ShareId::new(0, number));
            let count = counts.entry(ticket.rig).or_default();
            *count += 1;
            for stage in Stage::ALL {
                let said = ticket.evidence.of(stage).log_e().unwrap();
                assert!((said - f64::from(*count)).abs() < 1e-9, "{stage}: {said}");
            }
        }
        assert!(scene.is_over());
        assert_eq!(scene.generations(), [1; 6]);
        for report in scene.health.reports() {
            assert_eq!((report.queue_depth, report.steps), (0, 1_000));
        }
    });
}

#[test]
fn whatever_a_filter_says_or_does_every_share_passes_once_in_order() {
    let conducts = [
        Conduct::Panics,
        Conduct::Says(f64::NAN),
        Conduct::Says(f64::NEG_INFINITY),
        Conduct::Says(1e300),
        Conduct::GivesUp,
    ];
    for place in 0..6 {
        for conduct in &conducts {
            run(passes_by(place, conduct));
        }
    }
}

async fn passes_by(place: usize, conduct: &Conduct) {
    let what = format!("{conduct:?} in place {place}");
    let mut scene = Scene::of(all_count_but(place, conduct.clone()));
    for share in 0..50u64 {
        scene.send(share % 5);
    }
    for number in 1..=50 {
        let ticket = scene.next().await;
        assert_eq!(ticket.id, ShareId::new(0, number), "{what}");
        for other in (0..6).filter(|other| *other != place) {
            let count = u32::try_from((number - 1) / 5 + 1).unwrap();
            let said = ticket.evidence.of(Stage::ALL[other]).log_e();
            assert_eq!(said, Some(f64::from(count)), "{what}");
        }
        let said = ticket.evidence.of(Stage::ALL[place]);
        if let Conduct::Says(bad) = conduct
            && bad.is_finite()
        {
            assert_eq!(said.log_e(), Some(*bad));
        } else {
            assert_eq!(said, Evidence::Unavailable, "{what}");
        }
        assert!(ticket.evidence.joined().is_finite());
    }
    assert!(scene.is_over(), "{what}");
    let mut others = scene.generations().to_vec();
    others.remove(place);
    assert_eq!(others, [1; 5], "{what}");
}

#[test]
fn a_filter_that_stalls_delays_shares_and_loses_none() {
    run(async {
        let mut scene = Scene::of([const { Conduct::Counts }; 6]);
        let pace = scene.health_of(Stage::Pace);
        pace.drill.arm_stall(Duration::from_millis(30));
        for share in 0..20 {
            scene.send(share);
        }
        for number in 1..=20 {
            assert_eq!(scene.next().await.id, ShareId::new(0, number));
        }
        assert!(scene.is_over());
        assert_eq!(scene.generations(), [1; 6]);
    });
}
