//! Models that rise and fall over days of a farm, by what they really answer.

use rand::{Rng as _, SeedableRng as _};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::*;
use crate::learn::gain_of;
use crate::learn::roster::{Change, PromotionPolicy, Roster, State};
use crate::learn::{OutcomeClass, roster};
use crate::ledger::{ModelChange, ModelSlot};
use crate::simulation::PlantedOutcomes;

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;
const SLOT: ModelSlot = ModelSlot::Outcome;
/// Shares that are trained on.
const WINDOW: usize = 40_000;

/// The days of a farm of 32 rigs.
fn days(seed: u64, count: u64) -> Vec<Vec<OutcomeRow>> {
    let mut days: Vec<Vec<OutcomeRow>> = Vec::new();
    let mut rows = PlantedOutcomes::new(32, seed)
        .map(|planted| planted.row)
        .peekable();
    let first_ms = rows.peek().unwrap().at_ms;
    for day in 1..=count {
        let mut of_day = Vec::new();
        while let Some(row) = rows.next_if(|row| row.at_ms < first_ms + day * DAY_MS) {
            of_day.push(row);
        }
        days.push(of_day);
    }
    days
}

fn last(day: &[OutcomeRow]) -> &[OutcomeRow] {
    &day[day.len().saturating_sub(WINDOW)..]
}

/// The registry with the files of its models.
#[derive(Default)]
struct Models {
    roster: Roster,
    files: Vec<(ModelId, LogisticOutcome)>,
    changes: Vec<Change>,
}

impl Models {
    fn model(&self, id: ModelId) -> &LogisticOutcome {
        &self.files.iter().find(|(known, _)| *known == id).unwrap().1
    }

    /// Trains a model on the end of a day, from the one in force.
    fn train(&mut self, day: &[OutcomeRow]) -> ModelId {
        let champion = self.roster.champion(SLOT).map(|(id, _)| id);
        let warm = champion.map(|id| (id, self.model(id)));
        let (trained, _) = train_outcome(last(day), &OutcomeSettings::new(1), warm).unwrap();
        let read = artifact::read::<LogisticOutcome>(&trained.file).unwrap();
        self.files.push((read.id, read.model));
        let (better, now_ms) = (trained.better_than_none, day[day.len() - 1].at_ms);
        println!("trained: {better:?}");
        let changes = self
            .roster
            .admit(trained.id, SLOT, trained.data, better, now_ms);
        self.changes.extend(changes);
        trained.id
    }

    /// Lets a day pass, with a look at the duels each hour.
    fn pass(&mut self, day: &[OutcomeRow]) {
        for hour in day.chunk_by(|a, b| a.at_ms / HOUR_MS == b.at_ms / HOUR_MS) {
            let champion = self.roster.champion(SLOT).unwrap();
            let (in_force, before) = (champion.0, champion.1.before);
            let shadow = self.roster.shadow(SLOT).map(|(id, _)| id);
            let against = |other: Option<ModelId>| -> Vec<(u64, f64)> {
                let Some(other) = other else {
                    return Vec::new();
                };
                let gain = |row: &OutcomeRow| {
                    let [of_other, of_champion] = [other, in_force]
                        .map(|id| self.model(id).rejection_probability(&row.features()));
                    (
                        row.at_ms,
                        gain_of(row.class.is_refusal(), of_other, of_champion),
                    )
                };
                hour.iter().map(gain).collect()
            };
            let (of_shadow, of_before) = (against(shadow), against(before));
            self.roster.note_gains(SLOT, of_shadow);
            self.roster.note_gains_of_before(SLOT, of_before);
            let now_ms = hour[hour.len() - 1].at_ms;
            let changes = self.roster.decide(SLOT, PromotionPolicy::default(), now_ms);
            self.changes.extend(changes);
        }
    }

    fn entry(&self, id: ModelId) -> &roster::Entry {
        self.roster.get(id).unwrap()
    }

    fn in_force(&self) -> ModelId {
        self.roster.champion(SLOT).unwrap().0
    }
}

#[test]
fn a_challenger_of_a_poisoned_day_is_not_promoted_on_the_clean_days_that_follow() {
    let mut days = days(5, 4);
    for row in &mut days[1] {
        row.class = if row.class.is_refusal() {
            OutcomeClass::Accepted
        } else {
            OutcomeClass::Invalid
        };
    }
    let mut models = Models::default();
    let sound = models.train(&days[0]);
    assert_eq!(models.in_force(), sound);
    let poisoned = models.train(&days[1]);
    // On its own later shares, poisoned as well, it looks good.
    assert_eq!(models.entry(poisoned).state, State::Shadow);
    models.pass(&days[2]);
    models.pass(&days[3]);
    let entry = models.entry(poisoned);
    let advantage = entry.duel.advantage().unwrap();
    println!("poisoned: {advantage:?}, {}", entry.why);
    assert_eq!(entry.state, State::Retired);
    assert!(advantage.high < 0.0, "{advantage:?}");
    assert_eq!(models.in_force(), sound);
    let changed: Vec<_> = models.changes.iter().map(|change| change.change).collect();
    assert_eq!(
        changed,
        [
            ModelChange::Promoted,
            ModelChange::Shadow,
            ModelChange::Retired
        ]
    );
}

#[test]
fn a_challenger_that_saw_the_farm_change_is_promoted_and_stays() {
    let mut days = days(6, 5);
    // The faster half of the machines is overclocked from the second day on: a tenth of its shares
    // is wrong.
    let mut asked: Vec<f32> = days[0].iter().map(|row| row.features[0]).collect();
    asked.sort_unstable_by(f32::total_cmp);
    let fast = asked[asked.len() / 2];
    let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
    for row in days[1..].iter_mut().flatten() {
        if row.features[0] > fast && random.gen_bool(0.1) {
            row.class = OutcomeClass::Invalid;
        }
    }
    let mut models = Models::default();
    let of_before = models.train(&days[0]);
    let challenger = models.train(&days[1]);
    assert_eq!(models.entry(challenger).state, State::Shadow);
    models.pass(&days[2]);
    println!(
        "the farm changed: {:?}",
        models.entry(challenger).duel.advantage()
    );
    models.pass(&days[3]);
    println!("promoted: {}", models.entry(challenger).why);
    assert_eq!(models.in_force(), challenger);
    assert_eq!(models.entry(of_before).state, State::Retired);
    let shadow_ms = models.entry(challenger).since_ms - days[1][days[1].len() - 1].at_ms;
    assert!(shadow_ms >= DAY_MS, "after {shadow_ms} ms");
    models.pass(&days[4]);
    assert_eq!(models.in_force(), challenger);
}
