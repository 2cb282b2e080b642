//! Which nonce is tried when.

use rand::Rng;

use super::chance;
use crate::filter::Scanner;
use crate::work::Slot;

/// In which order a program tries the nonces of its slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScanOrder {
    /// As xmrig: each thread reserves the next block of 32,768 nonces and goes through it.
    Blocks,
    /// Of n threads each takes every n-th nonce.
    Interleaved,
    /// Of n threads each takes its n-th of the slot.
    Partitioned,
    /// Nonces at random.
    Random,
}

const BLOCK: f64 = Scanner::BLOCK as f64;
const BLOCKS: u32 = Slot::NONCES / Scanner::BLOCK;

/// Adding and taking away 2⁵² rounds to a whole number, and unlike `floor` it does so for two
/// numbers at once on any x86-64.
const ROUNDING: f64 = (1u64 << 52) as f64;

/// A scan of one job under one lease by all threads of a rig.
///
/// Time is counted in hashes of the whole rig. A thread's part of them is constant during a scan,
/// so that its place follows in closed form, without stepping.
#[derive(Debug, Clone)]
pub(super) struct Scan {
    order: ScanOrder,
    /// Speeds of the threads, in any unit.
    speeds: Vec<f64>,
    /// Of the rig's hashes in this scan, each thread's part.
    parts: Vec<f64>,
    /// The order in which the threads reserved their first blocks.
    ranks: Vec<u32>,
}

impl Scan {
    /// Of `threads` threads whose speeds differ by up to `spread`.
    pub(super) fn new(order: ScanOrder, threads: u32, spread: f64, rng: &mut impl Rng) -> Self {
        let speeds: Vec<f64> = (0..threads.max(1))
            .map(|_| chance::log_uniform(rng, 1.0, spread.max(1.0)))
            .collect();
        let mut scan = Self {
            order,
            parts: speeds.clone(),
            ranks: (0..threads.max(1)).collect(),
            speeds,
        };
        scan.begin(rng);
        scan
    }

    /// Starts from 0: the threads wake up in any order, and each is 2 % faster or slower than it
    /// was at the last scan.
    pub(super) fn begin(&mut self, rng: &mut impl Rng) {
        let mut total = 0.0;
        let mut left = 0;
        for (place, (part, speed)) in self.parts.iter_mut().zip(&self.speeds).enumerate() {
            let [for_speed, for_rank] = chance::halves(rng.r#gen());
            *part = speed * (0.98 + 0.04 / 4_294_967_296.0 * f64::from(for_speed));
            total += *part;
            // Fisher–Yates, from the start.
            left += 1;
            let other = chance::scaled(for_rank, left);
            self.ranks.swap(place, usize::try_from(other).unwrap_or(0));
        }
        for part in &mut self.parts {
            *part /= total;
        }
    }

    /// The thread that tries any one of the rig's hashes.
    pub(super) fn thread(&self, rng: &mut impl Rng) -> usize {
        let mut at = chance::uniform(rng);
        for (thread, part) in self.parts.iter().enumerate() {
            at -= part;
            if at < 0.0 {
                return thread;
            }
        }
        self.parts.len() - 1
    }

    /// The nonce that a thread tries after so many hashes of the whole rig; `None` if it has none
    /// to try any more.
    pub(super) fn counter(&self, thread: usize, hashes: f64, rng: &mut impl Rng) -> Option<u32> {
        let part = *self.parts.get(thread)?;
        let own = part * hashes;
        let threads = u32::try_from(self.parts.len()).unwrap_or(1);
        let index = u32::try_from(thread).unwrap_or(0);
        match self.order {
            ScanOrder::Blocks => {
                let done = chance::whole(own / BLOCK);
                let block = self.block(thread, part, done)?;
                let offset = chance::whole(f64::from(done).mul_add(-BLOCK, own));
                Some(block * Scanner::BLOCK + offset.min(Scanner::BLOCK - 1))
            }
            ScanOrder::Interleaved => {
                let counter = threads
                    .checked_mul(chance::whole(own))?
                    .checked_add(index)?;
                (counter < Slot::NONCES).then_some(counter)
            }
            ScanOrder::Partitioned => {
                let width = Slot::NONCES / threads;
                let done = chance::whole(own);
                (done < width).then_some(index * width + done)
            }
            ScanOrder::Random => Some(chance::below(rng, Slot::NONCES)),
        }
    }

    /// The block that a thread reserved after `done` blocks: as many as all threads had reserved
    /// by then. `None` if the slot has no more.
    fn block(&self, thread: usize, part: f64, done: u32) -> Option<u32> {
        if done == 0 {
            return self.ranks.get(thread).copied();
        }
        // When it finished the last one, in blocks of the whole rig.
        let when = f64::from(done) / part;
        let finished = |part: f64| (part * when - 0.5 + ROUNDING) - ROUNDING;
        let by_all: f64 = self.parts.iter().map(|part| finished(*part)).sum();
        let by_others = by_all - finished(part);
        let first = u32::try_from(self.parts.len()).unwrap_or(u32::MAX);
        let block = first
            .saturating_add(chance::whole(by_others))
            .saturating_add(done - 1);
        (block < BLOCKS).then_some(block)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;

    /// The blocks of each thread, with the hashes of the whole rig at which it began each: by
    /// playing through all reservations one after another.
    fn played(scan: &Scan) -> Vec<Vec<(f64, u32)>> {
        let mut order: Vec<usize> = (0..scan.parts.len()).collect();
        order.sort_by_key(|thread| scan.ranks[*thread]);
        let mut begun: Vec<Vec<(f64, u32)>> = vec![Vec::new(); scan.parts.len()];
        let mut block = 0;
        for thread in order {
            begun[thread].push((0.0, block));
            block += 1;
        }
        while block < BLOCKS {
            let ends = |thread: usize| begun[thread].len() as f64 * BLOCK / scan.parts[thread];
            let first = (0..scan.parts.len())
                .min_by(|a, b| ends(*a).total_cmp(&ends(*b)))
                .unwrap();
            let when = ends(first);
            begun[first].push((when, block));
            block += 1;
        }
        begun
    }

    #[test]
    fn the_closed_form_reserves_blocks_as_threads_do_one_after_another() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
        for threads in [1, 2, 3, 8, 31, 128] {
            let scan = Scan::new(ScanOrder::Blocks, threads, 4.0, &mut rng);
            let begun = played(&scan);
            for _ in 0..2_000 {
                let hashes = rng.gen_range(0.0..f64::from(Slot::NONCES));
                let thread = scan.thread(&mut rng);
                let last = begun[thread].iter().rposition(|(when, _)| *when <= hashes);
                let (when, block) = begun[thread][last.unwrap()];
                let offset = scan.parts[thread] * (hashes - when);
                let counter = scan.counter(thread, hashes, &mut rng);
                if offset < BLOCK {
                    let counter = counter.unwrap();
                    assert_eq!(counter / Scanner::BLOCK, block, "{threads} threads");
                    let offset_seen = f64::from(counter % Scanner::BLOCK);
                    assert!((offset - offset_seen - 0.5).abs() < 0.51, "{offset}");
                } else {
                    assert_eq!(counter, None, "the slot is used up");
                }
            }
        }
    }

    #[test]
    fn one_thread_counts_upward_from_0_and_several_rise_within_each_block() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(2);
        let scan = Scan::new(ScanOrder::Blocks, 1, 1.0, &mut rng);
        for hashes in [0.0, 1.0, 32_767.0, 32_768.0, 5_000_000.0] {
            let counter = scan.counter(0, hashes, &mut rng);
            assert_eq!(counter, Some(chance::whole(hashes)));
        }
        let scan = Scan::new(ScanOrder::Blocks, 16, 2.0, &mut rng);
        let mut last = [None; 512];
        let mut hashes = 0.0;
        while hashes < 4e6 {
            hashes += 1_000.0 * chance::exponential(&mut rng);
            let thread = scan.thread(&mut rng);
            let counter = scan.counter(thread, hashes, &mut rng).unwrap();
            let block = usize::try_from(counter / Scanner::BLOCK).unwrap();
            assert!(last[block] <= Some(counter), "{hashes}");
            last[block] = Some(counter);
        }
    }

    #[test]
    fn threads_are_as_likely_as_they_are_fast() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
        let scan = Scan::new(ScanOrder::Blocks, 5, 4.0, &mut rng);
        let mut counts = [0; 5];
        for _ in 0..100_000 {
            counts[scan.thread(&mut rng)] += 1;
        }
        for (count, part) in counts.iter().zip(&scan.parts) {
            assert!((f64::from(*count) / 1e5 - part).abs() < 0.01);
        }
    }

    #[test]
    fn first_blocks_are_taken_in_any_order() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(4);
        let mut scan = Scan::new(ScanOrder::Blocks, 4, 1.0, &mut rng);
        let mut seen = std::collections::HashMap::new();
        for _ in 0..24_000 {
            scan.begin(&mut rng);
            *seen.entry(scan.ranks.clone()).or_insert(0) += 1;
        }
        assert_eq!(seen.len(), 24);
        assert!(seen.values().all(|n| (850..1_150).contains(n)), "{seen:?}");
    }

    #[test]
    fn other_orders_stay_within_the_slot() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(5);
        for order in [
            ScanOrder::Interleaved,
            ScanOrder::Partitioned,
            ScanOrder::Random,
        ] {
            let scan = Scan::new(order, 7, 4.0, &mut rng);
            for _ in 0..10_000 {
                let thread = scan.thread(&mut rng);
                let hashes = rng.gen_range(0.0..1e8);
                if let Some(counter) = scan.counter(thread, hashes, &mut rng) {
                    assert!(counter < Slot::NONCES);
                }
            }
        }
    }
}
