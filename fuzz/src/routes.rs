//! Seats that come, go and say anything of themselves, on routes whose worth and weight are anything.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use zartrux_models::plan::SeatKey;
use zartrux_models::plan::routing::{
    MOST_ROUTES, Move, RigTraits, RouteSpec, RouteState, Router, Window, is_open,
};
use zartrux_models::plan::{Capability, Vardiff, VardiffPolicy};
use zartrux_models::work::{Algorithm, Difficulty};

use crate::Reached;

/// Bytes of a step in `data`.
const STEP: usize = 12;
/// Steps that are looked at.
const STEPS: usize = 256;
/// Seats at once.
const SEATS: u8 = 24;

/// Plays the steps of `data`, of 12 bytes each, to a router. The first byte is the number of routes.
/// Data that begins with `w` is the text of a window of the week, data that begins with `v` steps of
/// a miner whose difficulty follows its shares.
///
/// # Panics
/// A seat where it may not be, a move that is none, parts that are no numbers.
pub fn routes(data: &[u8]) -> Reached {
    match data {
        [] => Reached::new(),
        [b'w', text @ ..] => Reached::from([window(text)]),
        [b'v', steps @ ..] => Reached::from([vardiff(steps)]),
        [count, steps @ ..] => {
            let count = 1 + usize::from(*count) % MOST_ROUTES;
            let mut farm = Farm::new(count, steps);
            for step in steps.chunks_exact(STEP).take(STEPS) {
                if let Some((head, value)) = step.split_first_chunk()
                    && let Some(value) = value.first_chunk()
                {
                    farm.step(*head, *value);
                }
            }
            farm.reached
        }
    }
}

fn window(text: &[u8]) -> &'static str {
    let text = String::from_utf8_lossy(text);
    match text.parse::<Window>() {
        Ok(window) => {
            let minutes = (0..7 * 1_440).map(|minute| minute * 60);
            let open = minutes.filter(|at| window.is_open(*at, 0)).count();
            assert!((1..=7 * 1_440).contains(&open), "{text:?}: {open}");
            for at in [i64::MIN, -1, 0, i64::MAX] {
                let at_once = window.is_open(at, 14 * 3_600);
                assert_eq!(at_once, is_open(&[window], at, 14 * 3_600));
            }
            "window"
        }
        Err(bad) => {
            assert!(!bad.to_string().is_empty());
            "no window"
        }
    }
}

fn vardiff(steps: &[u8]) -> &'static str {
    let policy = VardiffPolicy {
        goal: Duration::from_secs(20),
        floor: Difficulty::new(1_000),
    };
    let mut asked = Difficulty::new(5_000);
    let mut follows = Vardiff::new(&policy, asked);
    for step in steps.chunks_exact(10).take(STEPS) {
        let Some((head, value)) = step.split_first_chunk::<2>() else {
            break;
        };
        let passes = Duration::from_millis(1 << (head[0] % 40));
        let work = value
            .first_chunk()
            .map_or(0, |work| u64::from_le_bytes(*work));
        follows.note(&policy, passes, work);
        assert!(follows.hash_rate().is_finite() && follows.hash_rate() >= 0.0);
        let upstream = Difficulty::new(1 << (head[1] % 64));
        asked = follows.next(&policy, asked, upstream);
        assert!(asked <= upstream, "{asked:?} of {upstream:?}");
        let (again, first) = Vardiff::resumed(&policy, follows.hash_rate(), upstream);
        assert!(first <= upstream && again.hash_rate().is_finite());
    }
    "vardiff"
}

struct Farm {
    router: Router,
    count: usize,
    worths: Vec<Option<f64>>,
    now: Duration,
    generation: u32,
    seats: BTreeSet<SeatKey>,
    reached: Reached,
}

impl Farm {
    fn new(count: usize, seed: &[u8]) -> Self {
        let weight = |at: usize| seed.get(at).map_or(1.0, |byte| f64::from(*byte));
        let specs = (0..count).map(|at| RouteSpec {
            name: format!("route-{at}").into(),
            weight: weight(at),
            worth: None,
            rigs: if at % 5 == 4 {
                vec!["rig-1*".into(), "*?".into()]
            } else {
                Vec::new()
            },
        });
        let mut farm = Self {
            router: Router::new(specs.collect()),
            count,
            worths: vec![None; count],
            now: Duration::ZERO,
            generation: 0,
            seats: BTreeSet::new(),
            reached: Reached::new(),
        };
        for route in 0..count {
            let algorithm = Some(algorithm(route));
            farm.router.set_state(
                route,
                RouteState {
                    open: true,
                    algorithm,
                },
            );
        }
        farm
    }

    fn step(&mut self, [what, which, other, more]: [u8; 4], value: [u8; 8]) {
        let wild = f64::from_bits(u64::from_le_bytes(value));
        let route = usize::from(which) % self.count;
        match what % 8 {
            0 => self.comes(which, other, wild),
            1 => {
                if let Some(seat) = self.seat(which) {
                    self.router.seat_left(seat);
                    self.seats.remove(&seat);
                    assert_eq!(self.router.route_of(seat), None);
                }
            }
            2 => {
                if let Some(seat) = self.seat(which) {
                    self.router.seat_rate(seat, wild);
                }
            }
            3 => self.router.credit(route, wild),
            4 => {
                let shares = u64::from(other) << (more % 64);
                self.router.credit_many(route, shares, wild, wild * wild);
            }
            5 => {
                // What the API takes.
                let worth = Some(wild).filter(|worth| (0.0..=1e12).contains(worth));
                self.worths[route] = worth;
                self.router.set_worth(route, worth);
            }
            6 => {
                let algorithm = (!other.is_multiple_of(4)).then(|| algorithm(usize::from(other)));
                let open = !more.is_multiple_of(3);
                self.router.set_state(route, RouteState { open, algorithm });
            }
            _ => self.round(Duration::from_millis(1 << (other % 36))),
        }
    }

    fn seat(&self, which: u8) -> Option<SeatKey> {
        let place = usize::from(which) % self.seats.len().max(1);
        self.seats.iter().nth(place).copied()
    }

    fn comes(&mut self, which: u8, other: u8, rate: f64) {
        self.generation += 1;
        let seat = SeatKey {
            index: u32::from(which % SEATS),
            generation: self.generation,
        };
        self.seats.retain(|held| {
            let stays = held.index != seat.index;
            if !stays {
                self.router.seat_left(*held);
            }
            stays
        });
        let listed: Vec<Algorithm> = (0..usize::from(other % 4)).map(algorithm).collect();
        let traits = RigTraits {
            names: vec![format!("rig-{which}").into()],
            capability: Capability::of(&listed, "XMRig/6.26.0"),
            perf: listed.into_iter().map(|it| (it, rate)).collect(),
        };
        let route = self.router.seat_came(seat, Arc::new(traits), self.now);
        self.seats.insert(seat);
        assert_eq!(route, self.router.route_of(seat));
        self.reached.insert("came");
    }

    fn round(&mut self, passes: Duration) {
        self.now = self.now.saturating_add(passes);
        let before: Vec<_> = self
            .seats
            .iter()
            .map(|seat| (*seat, self.router.route_of(*seat)))
            .collect();
        let moves = self.router.round(self.now);
        for (seat, from) in before {
            // A seat may be moved twice in a round: where it may not stay, and for its worth.
            let own: Vec<&Move> = moves.iter().filter(|it| it.seat == seat).collect();
            let mut at = from;
            for each in own {
                assert_eq!(each.from, at);
                assert_ne!(each.from, each.to);
                at = each.to;
            }
            assert_eq!(self.router.route_of(seat), at);
            if let Some(route) = at {
                assert!(self.router.may(seat, route), "{seat:?} on {route}");
            } else {
                let anywhere = (0..self.count).find(|route| self.router.may(seat, *route));
                assert_eq!(anywhere, None, "{seat:?} is idle");
            }
        }
        if !moves.is_empty() {
            self.reached.insert("moved");
        }
        for (part, split) in self.router.wanted().iter().zip(self.router.splits()) {
            assert!((0.0..=1.0 + 1e-9).contains(part), "{part}");
            for bound in [split.low, split.part, split.high] {
                assert!((0.0..=1.0 + 1e-9).contains(&bound), "{split:?}");
            }
        }
        self.reached.insert("round");
    }
}

fn algorithm(number: usize) -> Algorithm {
    match number % 3 {
        0 => Algorithm::Rx0,
        1 => Algorithm::Rx2,
        _ => Algorithm::of_block_version(1),
    }
}
