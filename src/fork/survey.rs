//! Rig after rig: who is ready.

use std::collections::BTreeMap;

use zartrux_actors::miner_sessions::SeatReport;
use zartrux_actors::rigs::RigNames;
use zartrux_actors::unfit_rigs::UnfitRig;
use zartrux_models::ledger::RigEntry;
use zartrux_models::plan::Readiness;
use zartrux_models::share::RigKey;
use zartrux_models::work::Algorithm;

use super::{Fleet, ForkRig, Part};

const DAY_MS: u64 = 86_400_000;

/// What a rig said of itself; wallets masked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Said {
    pub(crate) rig: RigKey,
    pub(crate) names: RigNames,
    pub(crate) algorithms: Vec<Box<str>>,
    /// Hashes per second; 0 where nothing was measured.
    pub(crate) rate: f64,
    pub(crate) last_seen_ms: u64,
    pub(crate) quarantined: bool,
    pub(crate) kept_out: u64,
}

impl Said {
    /// As the registry keeps it.
    pub(crate) fn kept(rig: &RigEntry) -> Self {
        let names = &rig.names;
        Self {
            rig: rig.key,
            names: RigNames::of_login(&names.user, &names.rig_id, &names.agent),
            algorithms: rig.algorithms.clone(),
            rate: f64::from(rig.rate),
            last_seen_ms: rig.last_seen_ms,
            quarantined: rig.quarantined,
            kept_out: 0,
        }
    }

    /// As a lane keeps it that has no job for it.
    pub(crate) fn unfit(rig: &UnfitRig) -> Self {
        Self {
            rig: rig.rig,
            names: RigNames::of_login(&rig.user, &rig.rig_id, &rig.agent),
            algorithms: names_in(&rig.algorithms),
            rate: 0.0,
            last_seen_ms: rig.last_unix_ms,
            quarantined: false,
            kept_out: rig.times,
        }
    }

    /// As a lane has it that is connected now.
    pub(crate) fn seated(seat: SeatReport, now_ms: u64) -> Self {
        Self {
            rig: seat.rig,
            names: seat.names,
            algorithms: names_in(&seat.algorithms),
            rate: 0.0,
            last_seen_ms: now_ms,
            quarantined: false,
            kept_out: 0,
        }
    }
}

/// Names of algorithms out of one text.
fn names_in(list: &str) -> Vec<Box<str>> {
    let names = list.split(',').filter(|name| !name.is_empty());
    names.map(Box::from).collect()
}

/// Counts rigs in the order of their keys, and keeps some of them for a list.
#[derive(Debug)]
pub(crate) struct Survey {
    /// Rigs not seen since then do not count.
    since_ms: u64,
    wanted: Option<&'static str>,
    limit: usize,
    /// Rigs that lanes know, and the registry not yet or not as they are now.
    live: BTreeMap<RigKey, Said>,
    /// Everything up to here was looked at.
    done: Option<RigKey>,
    fleet: Fleet,
    rigs: Vec<ForkRig>,
    /// The last one in the list, once there was another that was wanted.
    next: Option<RigKey>,
}

impl Survey {
    /// Nothing is counted yet. `after`: the rigs up to this one are left out; `wanted`: one of
    /// [`Readiness::LABELS`], all without it.
    pub(crate) fn new(
        now_ms: u64,
        days: u64,
        wanted: Option<&'static str>,
        after: Option<RigKey>,
        limit: usize,
    ) -> Self {
        Self {
            since_ms: now_ms.saturating_sub(days.saturating_mul(DAY_MS)),
            wanted,
            limit,
            live: BTreeMap::new(),
            done: after,
            fleet: Fleet::default(),
            rigs: Vec::new(),
            next: None,
        }
    }

    /// A rig as a lane knows it now: what it says is newer than what the registry has. Of one that
    /// several lanes know, what was said last.
    pub(crate) fn add_live(&mut self, said: Said) {
        if self.done.is_some_and(|done| said.rig <= done) {
            return;
        }
        match self.live.get_mut(&said.rig) {
            Some(known) => {
                let kept_out = known.kept_out.saturating_add(said.kept_out);
                if said.last_seen_ms >= known.last_seen_ms {
                    *known = said;
                }
                known.kept_out = kept_out;
            }
            None => {
                self.live.insert(said.rig, said);
            }
        }
    }

    /// Where the next rigs of the registry begin.
    pub(crate) const fn done(&self) -> Option<RigKey> {
        self.done
    }

    /// Whether the list is as long as it may be, and the next one is known.
    pub(crate) const fn is_full(&self) -> bool {
        self.next.is_some()
    }

    /// Takes the following rigs of the registry, in the order of their keys.
    pub(crate) fn take(&mut self, kept: Vec<Said>) {
        for mut said in kept {
            self.take_live_below(said.rig);
            if let Some(live) = self.live.remove(&said.rig) {
                said.names = live.names;
                said.algorithms = live.algorithms;
                said.last_seen_ms = said.last_seen_ms.max(live.last_seen_ms);
                said.kept_out = live.kept_out;
            }
            self.count(said);
        }
    }

    /// The registry has no more: what came of it.
    pub(crate) fn finish(mut self) -> (Fleet, Vec<ForkRig>, Option<RigKey>) {
        for (_, said) in std::mem::take(&mut self.live) {
            self.count(said);
        }
        self.finish_early()
    }

    /// What there is so far; the sums are not of all rigs.
    pub(crate) fn finish_early(mut self) -> (Fleet, Vec<ForkRig>, Option<RigKey>) {
        let fleet = &mut self.fleet;
        let parts = [fleet.ready, fleet.not_ready, fleet.unknown];
        let all: f64 = parts.iter().map(|part| part.hashes_per_second).sum();
        fleet.ready_share = (all > 0.0).then(|| fleet.ready.hashes_per_second / all);
        (self.fleet, self.rigs, self.next)
    }

    fn take_live_below(&mut self, rig: RigKey) {
        while let Some(first) = self.live.first_entry()
            && *first.key() < rig
        {
            let said = first.remove();
            self.count(said);
        }
    }

    fn count(&mut self, said: Said) {
        let before = self.done.replace(said.rig);
        if said.last_seen_ms < self.since_ms {
            return;
        }
        let listed: Vec<Algorithm> = said
            .algorithms
            .iter()
            .map(|name| Algorithm::named(name))
            .collect();
        let readiness = Readiness::of(&listed, &said.names.agent);
        let part: &mut Part = match readiness {
            Readiness::Ready(_) => &mut self.fleet.ready,
            Readiness::NotReady(_) => &mut self.fleet.not_ready,
            Readiness::Unknown(_) => &mut self.fleet.unknown,
        };
        let rate = Some(said.rate).filter(|rate| rate.is_finite() && *rate > 0.0);
        part.rigs += 1;
        self.fleet.quarantined += u64::from(said.quarantined);
        part.hashes_per_second += rate.unwrap_or(0.0);
        if self
            .wanted
            .is_some_and(|wanted| wanted != readiness.label())
        {
            return;
        }
        if self.rigs.len() == self.limit {
            if self.next.is_none() {
                self.next = before;
            }
            return;
        }
        self.rigs.push(ForkRig {
            rig: said.rig.to_string(),
            user: said.names.user.into(),
            rig_id: said.names.rig_id.into(),
            agent: said.names.agent.as_ref().into(),
            algorithms: said.algorithms.into_iter().map(String::from).collect(),
            readiness: readiness.label().to_owned(),
            why: readiness.why().to_owned(),
            hashes_per_second: rate,
            last_seen_unix_ms: said.last_seen_ms,
            quarantined: said.quarantined,
            kept_out: said.kept_out,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 100 * DAY_MS;
    const OLD: &str = "XMRig/6.21.0";
    const NEW: &str = "XMRig/6.26.0";

    fn said(rig: u64, agent: &str, list: &str, rate: f64) -> Said {
        Said {
            rig: RigKey(rig),
            names: RigNames::of_login("farm", &rig.to_string(), agent),
            algorithms: names_in(list),
            rate,
            last_seen_ms: NOW - 1_000,
            quarantined: rig == 2,
            kept_out: 0,
        }
    }

    fn farm() -> Vec<Said> {
        vec![
            said(1, NEW, "rx/0,rx/2", 3_000.0),
            said(2, OLD, "rx/0", 500.0),
            said(3, "", "", 500.0),
            said(4, NEW, "", 0.0),
        ]
    }

    fn ids(rigs: &[ForkRig]) -> Vec<&str> {
        rigs.iter().map(|rig| &*rig.rig_id).collect()
    }

    #[test]
    fn the_hash_rate_that_is_ready_is_told_with_the_rigs_that_are_not() {
        let mut survey = Survey::new(NOW, 7, None, None, 100);
        survey.take(farm());
        let (fleet, rigs, next) = survey.finish();
        let part = |rigs, hashes_per_second| Part {
            rigs,
            hashes_per_second,
        };
        assert_eq!(fleet.ready, part(2, 3_000.0));
        assert_eq!(fleet.not_ready, part(1, 500.0));
        assert_eq!(fleet.unknown, part(1, 500.0));
        assert_eq!((fleet.ready_share, fleet.quarantined), (Some(0.75), 1));
        assert_eq!((ids(&rigs), next), (vec!["1", "2", "3", "4"], None));
        assert_eq!(rigs[1].readiness, "not_ready");
        assert_eq!(rigs[3].hashes_per_second, None);
    }

    #[test]
    fn without_rates_there_is_no_share_of_them() {
        let mut survey = Survey::new(NOW, 7, None, None, 100);
        survey.take(vec![said(4, NEW, "", f64::NAN)]);
        assert_eq!(survey.finish().0.ready_share, None);
    }

    #[test]
    fn a_rig_that_was_not_seen_for_long_does_not_count() {
        let mut survey = Survey::new(NOW, 7, None, None, 100);
        let mut gone = said(1, OLD, "", 9.0);
        gone.last_seen_ms = NOW - 8 * DAY_MS;
        survey.take(vec![gone]);
        assert_eq!(survey.finish().0, Fleet::default());
    }

    #[test]
    fn what_a_lane_knows_of_a_rig_counts_once_and_is_newer_than_the_registry() {
        let mut survey = Survey::new(NOW, 7, None, None, 100);
        // Downgraded since; unknown to the registry, before, between and behind its rigs.
        for rig in [1, 0, 3, 9] {
            let mut live = said(rig, OLD, "rx/0", 0.0);
            live.kept_out = 2;
            survey.add_live(live);
        }
        let mut again = said(9, NEW, "rx/2", 0.0);
        again.last_seen_ms -= 500;
        again.kept_out = 1;
        survey.add_live(again);
        survey.take(vec![said(1, NEW, "rx/0,rx/2", 3_000.0)]);
        survey.take(vec![said(4, NEW, "", 0.0)]);
        let (fleet, rigs, _) = survey.finish();
        assert_eq!(ids(&rigs), ["0", "1", "3", "4", "9"]);
        assert_eq!((fleet.ready.rigs, fleet.not_ready.rigs), (1, 4));
        assert_eq!(rigs[1].hashes_per_second, Some(3_000.0));
        assert_eq!((rigs[1].kept_out, rigs[4].kept_out), (2, 3));
        assert_eq!(rigs[4].agent, OLD, "what was said last counts");
    }

    #[test]
    fn a_list_goes_on_where_it_ended_and_no_rig_is_left_out_or_told_twice() {
        for limit in 1..6 {
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let mut survey = Survey::new(NOW, 7, Some("not_ready"), after, limit);
                for rig in [0, 6] {
                    survey.add_live(said(rig, OLD, "", 0.0));
                }
                let all = [1, 2, 3, 4, 5].map(|rig| {
                    let agent = if rig == 3 { NEW } else { OLD };
                    said(rig, agent, "", 1.0)
                });
                survey.take(
                    all.into_iter()
                        .filter(|said| Some(said.rig) > after)
                        .collect(),
                );
                let (_, rigs, next) = survey.finish();
                assert!(rigs.len() <= limit);
                found.extend(rigs.into_iter().map(|rig| rig.rig_id));
                after = next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(found, ["0", "1", "2", "4", "5", "6"], "{limit} at a time");
        }
    }
}
