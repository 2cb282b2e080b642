//! What whoever watches hears of what is noted in the journal: a sentence for each event that an
//! operator would want to read; leases and orders of nonces are none of them.

use std::fmt;
use std::sync::Arc;

use zartrux_models::ledger::{JournalEvent, ModelChange, ModelSlot, UpstreamId};
use zartrux_models::share::RigKey;

use crate::bridge::BridgeTap;
use crate::clock::Clock;
use crate::events::{EventLog, Severity};

/// Puts events of the journal into words.
#[derive(Clone)]
pub struct Teller {
    events: EventLog,
    /// `host:port` of the upstream at a place.
    upstream: Arc<dyn Fn(usize) -> Option<String> + Send + Sync>,
    /// Programs outside hear of it too.
    bridge: BridgeTap,
    clock: Clock,
}

/// An event in words.
#[derive(Debug, PartialEq, Eq)]
struct Words {
    severity: Severity,
    subject: Option<String>,
    text: String,
}

impl Words {
    fn new(severity: Severity, subject: impl Into<Option<String>>, text: String) -> Self {
        Self {
            severity,
            subject: subject.into(),
            text,
        }
    }
}

impl fmt::Debug for Teller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Teller").finish_non_exhaustive()
    }
}

impl Teller {
    /// One that tells there, and calls the upstream at a place as `upstream` says: `host:port`.
    #[must_use]
    pub fn new(
        events: EventLog,
        upstream: impl Fn(usize) -> Option<String> + Send + Sync + 'static,
        clock: Clock,
    ) -> Self {
        Self {
            events,
            upstream: Arc::new(upstream),
            bridge: BridgeTap::default(),
            clock,
        }
    }

    /// The same, which tells the bridge too.
    #[must_use]
    pub fn bridging(self, bridge: BridgeTap) -> Self {
        Self { bridge, ..self }
    }

    /// Tells of something that is no event of the journal.
    pub(crate) fn say(
        &self,
        severity: Severity,
        kind: &'static str,
        subject: Option<&str>,
        text: &str,
    ) {
        let now = self.clock.unix_millis();
        self.events.tell(now, severity, kind, subject, text);
    }

    /// Tells of an event, if it is one to tell of. `name` is that of its rig, escaped; `place_of`
    /// says which place in the settings has the upstream with a number of the store.
    pub(crate) fn tell(
        &self,
        event: &JournalEvent,
        name: Option<&str>,
        place_of: impl Fn(UpstreamId) -> usize,
    ) {
        self.bridge.journal(event);
        let upstream = |id| {
            let place = place_of(id);
            let name = (self.upstream)(place);
            name.unwrap_or_else(|| format!("upstream {place}"))
        };
        if let Some(words) = words(event, name, upstream) {
            self.events.tell(
                self.clock.unix_millis(),
                words.severity,
                event.label(),
                words.subject.as_deref(),
                &words.text,
            );
        }
    }
}

fn words(
    event: &JournalEvent,
    name: Option<&str>,
    upstream: impl Fn(UpstreamId) -> String,
) -> Option<Words> {
    let rig_words = |severity, rig: &RigKey, what: String| {
        let name = name.map_or_else(String::new, |name| format!(" {name}"));
        Words::new(
            severity,
            rig.to_string(),
            format!("Rig{name} ({rig}) {what}"),
        )
    };
    Some(match event {
        JournalEvent::RunBegan { version, .. } => {
            let text = format!("The store began to write: version {version}");
            Words::new(Severity::Info, None, text)
        }
        JournalEvent::RunEnded => {
            let text = "The store was closed in order".to_owned();
            Words::new(Severity::Info, None, text)
        }
        JournalEvent::EventsMissed { count } => {
            let text = format!("{count} events were not noted in the journal: too many at once");
            Words::new(Severity::Warning, None, text)
        }
        JournalEvent::UpstreamServes { lane, upstream: id } => match id.map(upstream) {
            Some(name) => {
                let text = format!("{name} serves lane {lane}");
                Words::new(Severity::Info, name, text)
            }
            None => {
                let text = format!("No upstream serves lane {lane}: its miners get no jobs");
                Words::new(Severity::Critical, None, text)
            }
        },
        JournalEvent::Quarantined { rig, share } => {
            let what = format!("is in quarantine: share {share} of it was proved bad");
            rig_words(Severity::Critical, rig, what)
        }
        JournalEvent::Released { rig } => {
            let what = "has left quarantine: it has proved enough good work".to_owned();
            rig_words(Severity::Info, rig, what)
        }
        JournalEvent::Suspected {
            rig, stage, cause, ..
        } => {
            let what = format!("is suspect: {stage} says {}", cause.text());
            rig_words(Severity::Warning, rig, what)
        }
        JournalEvent::Cleared { rig } => {
            rig_words(Severity::Info, rig, "is suspect no longer".to_owned())
        }
        JournalEvent::StageBypassed { lane, stage } => {
            let text =
                format!("Shares of lane {lane} pass the filter {stage} by: it failed too often");
            Words::new(Severity::Warning, stage.name().to_owned(), text)
        }
        JournalEvent::StageBack { lane, stage } => {
            let text = format!("The filter {stage} looks at the shares of lane {lane} again");
            Words::new(Severity::Info, stage.name().to_owned(), text)
        }
        JournalEvent::ModelEvent {
            change,
            slot,
            id,
            why,
        } => {
            let id = id.map(|id| id.to_string());
            let which = id.as_ref().map_or_else(String::new, |id| format!(" {id}"));
            let (severity, what) = model_words(*change);
            let of = slot_words(*slot);
            Words::new(
                severity,
                id,
                format!("The model{which} of {of} {what}: {why}"),
            )
        }
        // Whoever raises alerts tells of them, many at once as one, and node sessions of blocks.
        JournalEvent::Block { .. }
        | JournalEvent::AlertRaised { .. }
        | JournalEvent::AlertCleared { .. }
        | JournalEvent::LeaseTaken { .. }
        | JournalEvent::LeaseGivenUp { .. }
        | JournalEvent::LeaseReturned { .. }
        | JournalEvent::PoolConnectionLost { .. }
        | JournalEvent::SlotsOrdered { .. }
        | JournalEvent::SlotsUnordered { .. }
        | JournalEvent::RankingInForce { .. }
        | JournalEvent::OutsideOrderInForce { .. }
        | JournalEvent::SlotsOrderedOutside { .. } => return None,
    })
}

const fn model_words(change: ModelChange) -> (Severity, &'static str) {
    match change {
        ModelChange::Loaded => (Severity::Info, "is in force"),
        ModelChange::Shadow => (Severity::Info, "runs beside the one in force"),
        ModelChange::Promoted => (Severity::Info, "was better, and is in force"),
        ModelChange::RolledBack => (
            Severity::Warning,
            "turned worse, and the one before it is in force",
        ),
        ModelChange::Retired => (Severity::Info, "is no longer used"),
        ModelChange::Refused => (Severity::Warning, "was not let in"),
    }
}

const fn slot_words(slot: ModelSlot) -> &'static str {
    match slot {
        ModelSlot::Outcome => "outcomes",
        ModelSlot::Behaviour => "behaviours",
        ModelSlot::Ranking => "the order of nonces",
        ModelSlot::Difficulty => "the network's difficulty",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Journal;
    use zartrux_models::filter::{Cause, Stage};
    use zartrux_models::plan::SeatKey;
    use zartrux_models::share::ShareId;
    use zartrux_models::work::{PoolKey, Slot};

    fn journal() -> (Journal, EventLog) {
        let events = EventLog::default();
        let upstreams = ["a.example:3333", "b.example:443"].map(str::to_owned);
        let teller = Teller::new(
            events.clone(),
            move |place| upstreams.get(place).cloned(),
            Clock,
        );
        (Journal::silent().telling(teller), events)
    }

    #[test]
    fn upstreams_are_told_by_their_names_whatever_numbers_the_store_has_for_them() {
        let (journal, events) = journal();
        let numbered = journal.naming(vec![UpstreamId(9), UpstreamId(4)]);
        for (journal, upstream) in [
            (&numbered, numbered.upstream(1)),
            (&journal, journal.upstream(1)),
            (&journal, Some(UpstreamId(40))),
            (&journal, None),
        ] {
            journal.note(JournalEvent::UpstreamServes { lane: 2, upstream });
        }
        let told = events.after(0, 10);
        let texts: Vec<&str> = told.iter().map(|event| &*event.text).collect();
        assert_eq!(
            texts,
            [
                "b.example:443 serves lane 2",
                "b.example:443 serves lane 2",
                "upstream 40 serves lane 2",
                "No upstream serves lane 2: its miners get no jobs",
            ]
        );
        assert_eq!(told[0].subject.as_deref(), Some("b.example:443"));
        assert_eq!(told[0].kind, "upstream_serves");
        assert_eq!(
            (told[0].severity, told[3].severity),
            (Severity::Info, Severity::Critical)
        );
    }

    #[test]
    fn a_rig_is_told_by_its_name_where_it_is_known_and_its_key() {
        let (journal, events) = journal();
        let rig = RigKey(0xbbbb);
        let share = ShareId::new(1, 7);
        journal.note_named(JournalEvent::Quarantined { rig, share }, "\"shelf 3\"");
        journal.note(JournalEvent::Suspected {
            rig,
            stage: Stage::Pace,
            cause: Cause::FewerSharesThanHashes,
            log_e: 9.0,
        });
        let told = events.after(0, 10);
        assert_eq!(
            told[0].text,
            format!("Rig \"shelf 3\" ({rig}) is in quarantine: share {share} of it was proved bad")
        );
        assert_eq!(told[0].subject, Some(rig.to_string()));
        assert_eq!(told[0].severity, Severity::Critical);
        let cause = Cause::FewerSharesThanHashes.text();
        assert_eq!(
            told[1].text,
            format!("Rig ({rig}) is suspect: pace says {cause}")
        );
    }

    #[test]
    fn who_holds_which_nonces_is_told_to_nobody() {
        let (journal, events) = journal();
        journal.note(JournalEvent::LeaseGivenUp {
            lane: 0,
            pool: PoolKey(1),
            slot: Slot(3),
            seat: SeatKey {
                index: 0,
                generation: 1,
            },
            why: zartrux_models::ledger::LeaseEnd::Left,
            job_key: 1,
        });
        assert_eq!(events.last_seq(), 0);
    }
}
