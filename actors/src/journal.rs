//! The way to the journal, for everybody who has something to note in it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use actix::Message;
use zartrux_models::ledger::{JournalEvent, UpstreamId};

use crate::clock::Clock;
use crate::events::Severity;
use crate::messaging::{Credit, Credits, Post};
use crate::telling::Teller;
use crate::upstream_numbers::UpstreamNumbers;

/// Something happened that is to be kept. Goes to the store.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct JournalNoted {
    /// When, milliseconds since 1970.
    pub unix_ms: u64,
    /// What.
    pub event: JournalEvent,
    /// Bounds what the store has not taken yet: to be kept until it has.
    pub credit: Credit,
}

/// A handle that notes events, cheap to copy. All copies share their bound and what they have lost.
///
/// Noting never waits: when the store does not keep up, events are dropped and counted, and the
/// gap is noted as [`JournalEvent::EventsMissed`] as soon as there is room again.
#[derive(Clone)]
pub struct Journal {
    way: Option<Arc<Way>>,
    lane: u16,
    /// The store's numbers of the upstreams, by place.
    upstreams: UpstreamNumbers,
    /// Whoever watches is told of what is noted; none: nobody.
    teller: Option<Teller>,
}

struct Way {
    post: Post<JournalNoted>,
    credits: Credits,
    clock: Clock,
    lost: AtomicU64,
    /// Of those, the ones that no gap was noted for yet.
    untold: AtomicU64,
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal")
            .field("lane", &self.lane)
            .field("silent", &self.way.is_none())
            .field("lost", &self.lost())
            .finish_non_exhaustive()
    }
}

impl Journal {
    /// One that keeps nothing.
    #[must_use]
    pub fn silent() -> Self {
        Self {
            way: None,
            lane: 0,
            upstreams: UpstreamNumbers::default(),
            teller: None,
        }
    }

    /// One that sends what is noted to `post`, of which at most `limit` events may be under way: a
    /// farm of ten thousand miners that moves to another upstream notes twenty thousand at once.
    #[must_use]
    pub fn new(post: Post<JournalNoted>, limit: usize, clock: Clock) -> Self {
        let way = Way {
            post,
            credits: Credits::new(limit),
            clock,
            lost: AtomicU64::new(0),
            untold: AtomicU64::new(0),
        };
        Self {
            way: Some(Arc::new(way)),
            ..Self::silent()
        }
    }

    /// The same journal for another lane.
    #[must_use]
    pub fn for_lane(&self, lane: u16) -> Self {
        Self {
            lane,
            ..self.clone()
        }
    }

    /// The same journal, with the store's numbers of the upstreams by place.
    #[must_use]
    pub fn naming(&self, upstreams: impl Into<UpstreamNumbers>) -> Self {
        Self {
            upstreams: upstreams.into(),
            ..self.clone()
        }
    }

    /// The same journal, of which whoever watches is told too; whether it keeps anything or not.
    #[must_use]
    pub fn telling(&self, teller: Teller) -> Self {
        Self {
            teller: Some(teller),
            ..self.clone()
        }
    }

    /// Tells whoever watches of something that is not kept.
    pub(crate) fn say(
        &self,
        severity: Severity,
        kind: &'static str,
        subject: Option<&str>,
        text: &str,
    ) {
        if let Some(teller) = &self.teller {
            teller.say(severity, kind, subject, text);
        }
    }

    /// The lane whose events are noted.
    #[must_use]
    pub const fn lane(&self) -> u16 {
        self.lane
    }

    /// The store's number of an upstream; its place in the settings where no number was told.
    #[must_use]
    pub fn upstream(&self, place: usize) -> Option<UpstreamId> {
        let named = self.upstreams.get(place);
        named.or_else(|| u16::try_from(place).ok().map(UpstreamId))
    }

    /// Place in the settings of the upstream with a number of the store.
    fn place_of(&self, upstream: UpstreamId) -> usize {
        let named = self.upstreams.place_of(upstream);
        named.unwrap_or(usize::from(upstream.0))
    }

    /// Notes an event.
    pub fn note(&self, event: JournalEvent) {
        self.note_of(event, None);
    }

    /// Notes an event of a rig whose name is known: escaped, as for the log.
    pub fn note_named(&self, event: JournalEvent, name: &str) {
        self.note_of(event, Some(name));
    }

    fn note_of(&self, event: JournalEvent, name: Option<&str>) {
        if let Some(teller) = &self.teller {
            teller.tell(&event, name, |upstream| self.place_of(upstream));
        }
        if let Some(way) = &self.way {
            way.tell_of_gap();
            if !way.send(event) {
                way.lost.fetch_add(1, Ordering::Relaxed);
                way.untold.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Events that were dropped because too many were under way.
    #[must_use]
    pub fn lost(&self) -> u64 {
        let lost = |way: &Arc<Way>| way.lost.load(Ordering::Relaxed);
        self.way.as_ref().map_or(0, lost)
    }

    /// Events under way.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.way.as_ref().map_or(0, |way| way.credits.out())
    }
}

impl Way {
    /// False when there is no room.
    fn send(&self, event: JournalEvent) -> bool {
        let Some(credit) = self.credits.take() else {
            return false;
        };
        self.post.send(JournalNoted {
            unix_ms: self.clock.unix_millis(),
            event,
            credit,
        });
        true
    }

    fn tell_of_gap(&self) {
        if self.untold.load(Ordering::Relaxed) == 0 {
            return;
        }
        let count = self.untold.swap(0, Ordering::Relaxed);
        if count > 0 && !self.send(JournalEvent::EventsMissed { count }) {
            self.untold.fetch_add(count, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use zartrux_models::share::RigKey;

    const fn released(rig: u64) -> JournalEvent {
        JournalEvent::Released { rig: RigKey(rig) }
    }

    type Noted = Arc<Mutex<Vec<JournalNoted>>>;

    fn journal(limit: usize) -> (Journal, Noted) {
        let noted = Noted::default();
        let list = Arc::clone(&noted);
        let post = Post::to_fn(move |event| list.lock().unwrap().push(event));
        (Journal::new(post, limit, Clock), noted)
    }

    /// The store takes what is there.
    fn take(noted: &Noted) -> Vec<JournalEvent> {
        let taken = std::mem::take(&mut *noted.lock().unwrap());
        taken.into_iter().map(|noted| noted.event).collect()
    }

    #[test]
    fn what_finds_no_room_is_dropped_and_the_gap_is_noted_where_it_is() {
        let (journal, noted) = journal(2);
        let lane = journal.for_lane(1);
        for rig in 1..=5 {
            lane.note(released(rig));
        }
        assert_eq!((journal.lost(), journal.under_way()), (3, 2));
        assert_eq!(take(&noted), [released(1), released(2)]);
        assert_eq!(journal.under_way(), 0);
        lane.note(released(6));
        let gap = JournalEvent::EventsMissed { count: 3 };
        assert_eq!(take(&noted), [gap, released(6)]);
        lane.note(released(7));
        assert_eq!(take(&noted), [released(7)]);
        assert_eq!(lane.lost(), 3);
    }

    #[test]
    fn a_gap_that_itself_leaves_no_room_is_told_and_the_next_one_counted_anew() {
        let (journal, noted) = journal(1);
        journal.note(released(1));
        journal.note(released(2));
        take(&noted);
        journal.note(released(3));
        assert_eq!(take(&noted), [JournalEvent::EventsMissed { count: 1 }]);
        journal.note(released(4));
        assert_eq!(take(&noted), [JournalEvent::EventsMissed { count: 1 }]);
        assert_eq!(journal.lost(), 3);
    }

    #[test]
    fn a_silent_journal_loses_nothing() {
        let journal = Journal::silent().for_lane(7);
        journal.note(released(1));
        assert_eq!((journal.lost(), journal.lane()), (0, 7));
    }

    #[test]
    fn upstreams_have_the_numbers_of_the_store_where_it_has_told_them() {
        let journal = Journal::silent();
        assert_eq!(journal.upstream(1), Some(UpstreamId(1)));
        let named = journal.naming(vec![UpstreamId(9), UpstreamId(4)]);
        assert_eq!(named.upstream(1), Some(UpstreamId(4)));
        assert_eq!(named.upstream(70_000), None);
    }
}
