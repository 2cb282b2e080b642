//! Quiet points: nothing is under way, those who stay are there and nobody else. Then every share
//! must have ended, the ledger must have what was acknowledged, and memory can be compared.

use std::time::Duration;

use crate::driver::Driver;
use crate::flat::Look;
use crate::support::clock;
use crate::world::Phase;

/// How long anything may take to end.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long descriptors may take to be given back.
const CLOSING: Duration = Duration::from_secs(8);
/// Descriptors that may be more than at the first quiet point: sled opens files as it grows.
const MORE: u64 = 4;

/// Waits until `ready`, or says that it is not.
fn wait(limit: Duration, mut ready: impl FnMut() -> bool) -> bool {
    let end = clock::now() + limit;
    loop {
        if ready() {
            return true;
        }
        if clock::now() >= end {
            return false;
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

impl Driver<'_> {
    /// Brings everything to rest, checks it, and lets it go on.
    pub(crate) fn quiet(&mut self) {
        let world = self.world;
        if world.is_broken() || !self.runs() {
            return;
        }
        self.calm();
        self.reload_usual();
        world.phase.send_replace(Phase::Quiet);
        let stay = self.args.miners as u64;
        let mut there = || {
            let open = self.daemon.json("/health")["counts"]["connections"]["open"].as_u64();
            world.miners_in() == stay && open == Some(stay)
        };
        if !wait(PATIENCE, &mut there) {
            let (is, open) = (
                world.miners_in(),
                &self.daemon.json("/health")["counts"]["connections"],
            );
            world.violated(
                "run",
                format!("of {stay} miners that stay {is} are there; {open}"),
            );
        }
        if !wait(PATIENCE, || {
            world.with(|state| state.account.outstanding() == 0)
        }) {
            let one = world.with(|state| state.account.one_outstanding());
            world.violated(
                "I1",
                format!("a share was never answered: {}", one.unwrap_or_default()),
            );
        }
        wait(PATIENCE, || {
            world.with(|state| {
                state.account.settle_doubts(false);
                state.account.doubts() == 0
            })
        });
        world.with(|state| state.account.settle_doubts(true));
        self.look();
        if !world.is_broken() {
            self.look_at_ledger();
            self.measure();
        }
        world.phase.send_replace(Phase::Run);
    }

    /// Looks for what was acknowledged since the last look.
    pub(crate) fn look_at_ledger(&mut self) {
        let acknowledged = self.world.with(|state| state.account.take_acknowledged());
        self.world.checked("I5");
        match self.books.look(self.folder, &acknowledged) {
            Ok(shares) => self.world.with(|state| {
                *state
                    .counts
                    .entry("shares in the ledger".to_owned())
                    .or_default() += shares;
                let found = acknowledged.len() as u64;
                *state
                    .counts
                    .entry("acknowledged and found there".to_owned())
                    .or_default() += found;
            }),
            Err(wrong) => self.world.violated("I5", wrong),
        }
    }

    fn measure(&mut self) {
        let baseline = self
            .looks
            .first()
            .map_or(u64::MAX, |look| look.descriptors + MORE);
        if !wait(CLOSING, || self.daemon.descriptors() <= baseline) {
            let is = self.daemon.descriptors();
            let links = self.daemon.open_files();
            self.world.violated(
                "I7",
                format!("{is} descriptors are open, and at most {baseline} should be: {links}"),
            );
        }
        self.world.checked("I7");
        self.looks.push(Look {
            at_ms: self.world.at_ms(),
            resident: self.daemon.resident(),
            descriptors: self.daemon.descriptors(),
        });
    }
}
