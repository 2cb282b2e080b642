//! The sequence of events: a deck of cards that is shuffled and dealt again and again, so that even
//! a short run has each kind, and the same seed the same sequence.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

/// Something that happens to the farm. `pool` is a place among the pools; `pick` chooses among
/// what is there at that moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// Miners come, mine for a while and leave.
    Visitors { count: usize },
    /// So many at once that a second upstream connection is needed.
    Crowd { count: usize },
    /// A pool ends all its connections.
    PoolDrops { pool: usize },
    /// It listens no more, for a while.
    PoolDown { pool: usize, ms: u64 },
    /// It says that we are banned.
    PoolBans { pool: usize, ms: u64 },
    /// It takes everything and says nothing.
    PoolSilent { pool: usize, ms: u64 },
    /// It speaks something else.
    PoolGarbage { pool: usize, ms: u64 },
    /// It refuses every fourth share.
    PoolRefuses { pool: usize, ms: u64 },
    /// No pool sends jobs for a while.
    NoJobs { ms: u64 },
    /// All pools are down, for longer than miners are kept.
    NoPool { ms: u64 },
    /// From `rx/0` to `rx/2`, and back.
    Fork { ms: u64 },
    /// Another key of RandomX.
    Seed,
    /// Other settings, which are taken.
    Reload { pick: usize },
    /// Settings that are refused.
    FaultyReload { pick: usize },
    /// Models are read anew.
    ModelsReload,
    /// Models are trained.
    Train,
    /// An actor's next step panics.
    Panic { pick: usize },
    /// An actor's next step takes longer.
    Stall { pick: usize, ms: u64 },
    /// Somebody connects who means no good.
    Hostile { pick: usize },
    /// Everything that is shown is read.
    Scrape,
}

impl Event {
    /// For the table.
    pub(crate) const fn kind(self) -> &'static str {
        match self {
            Self::Visitors { .. } => "visitors",
            Self::Crowd { .. } => "crowd of hundreds",
            Self::PoolDrops { .. } => "pool drops connections",
            Self::PoolDown { .. } => "pool down",
            Self::PoolBans { .. } => "pool bans",
            Self::PoolSilent { .. } => "pool silent",
            Self::PoolGarbage { .. } => "pool sends garbage",
            Self::PoolRefuses { .. } => "pool refuses shares",
            Self::NoJobs { .. } => "no new jobs",
            Self::NoPool { .. } => "no pool at all",
            Self::Fork { .. } => "fork to rx/2 and back",
            Self::Seed => "new seed",
            Self::Reload { .. } => "settings taken",
            Self::FaultyReload { .. } => "settings refused",
            Self::ModelsReload => "models read",
            Self::Train => "training",
            Self::Panic { .. } => "actor panics",
            Self::Stall { .. } => "actor stalls",
            Self::Hostile { .. } => "hostile peer",
            Self::Scrape => "pages read",
        }
    }
}

/// Mean time from one event to the next, milliseconds.
const MEAN_GAP_MS: f64 = 300.0;

/// The cards of one deck, by how many there are of each.
fn deck(random: &mut StdRng) -> Vec<Event> {
    // The first two pools fail; the third is always there, except when none is.
    let pool = |random: &mut StdRng| random.gen_range(0..2);
    let mut cards = vec![
        Event::Crowd {
            count: random.gen_range(260..300),
        },
        Event::PoolDrops { pool: 0 },
        Event::PoolDrops { pool: pool(random) },
        Event::PoolDown {
            pool: pool(random),
            ms: random.gen_range(300..2_500),
        },
        // Who is banned stays away for long: the first must come back.
        Event::PoolBans {
            pool: 1,
            ms: random.gen_range(500..2_000),
        },
        Event::PoolSilent {
            pool: 0,
            ms: random.gen_range(3_500..5_500),
        },
        Event::PoolGarbage {
            pool: pool(random),
            ms: random.gen_range(300..1_500),
        },
        Event::PoolRefuses {
            pool: 0,
            ms: random.gen_range(500..2_000),
        },
        Event::NoJobs {
            ms: random.gen_range(2_000..4_000),
        },
        Event::NoPool {
            ms: random.gen_range(2_500..4_000),
        },
        Event::Fork {
            ms: random.gen_range(1_000..4_000),
        },
        Event::Seed,
        Event::ModelsReload,
        Event::Train,
    ];
    let visits = (0..8).map(|_| Event::Visitors {
        count: random.gen_range(1..12),
    });
    let visits: Vec<_> = visits.collect();
    cards.extend(visits);
    for _ in 0..3 {
        cards.push(Event::Reload {
            pick: random.r#gen(),
        });
        cards.push(Event::Hostile {
            pick: random.r#gen(),
        });
        cards.push(Event::Stall {
            pick: random.r#gen(),
            ms: random.gen_range(1..300),
        });
    }
    cards.push(Event::FaultyReload {
        pick: random.r#gen(),
    });
    for _ in 0..4 {
        cards.push(Event::Panic {
            pick: random.r#gen(),
        });
        cards.push(Event::Scrape);
        cards.push(Event::Hostile {
            pick: random.r#gen(),
        });
    }
    cards.shuffle(random);
    cards
}

/// Events without an end, each with the time since the one before it.
#[derive(Debug)]
pub(crate) struct Sequence {
    random: StdRng,
    dealt: Vec<Event>,
}

impl Sequence {
    /// The sequence of a seed.
    pub(crate) fn of(seed: u64) -> Self {
        Self {
            random: StdRng::seed_from_u64(seed),
            dealt: Vec::new(),
        }
    }
}

impl Iterator for Sequence {
    type Item = (Duration, Event);

    fn next(&mut self) -> Option<Self::Item> {
        if self.dealt.is_empty() {
            self.dealt = deck(&mut self.random);
        }
        let gap = -MEAN_GAP_MS * self.random.gen_range(f64::MIN_POSITIVE..1.0).ln();
        let gap = Duration::from_secs_f64(gap.clamp(5.0, 2_000.0) / 1_000.0);
        Some((gap, self.dealt.pop()?))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_seed_has_one_sequence_and_another_seed_another() {
        let first = |seed| Sequence::of(seed).take(500).collect::<Vec<_>>();
        assert_eq!(first(1), first(1));
        assert_ne!(first(1), first(2));
    }

    #[test]
    fn a_few_dozen_events_have_each_kind() {
        for seed in 0..20 {
            let some = Sequence::of(seed).take(44);
            let kinds: BTreeSet<_> = some.map(|(_, event)| event.kind()).collect();
            assert_eq!(kinds.len(), 20, "seed {seed}: {kinds:?}");
        }
    }
}
