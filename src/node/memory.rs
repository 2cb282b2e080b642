//! The memory ceiling: above it no further miners are let in, and those that are in stay.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use zartrux_actors::doorkeeper::Doorkeeper;
use zartrux_actors::events::Severity;

use super::NodeView;

/// How often it is looked.
const LOOK: Duration = Duration::from_secs(1);
/// While it is over its ceiling, memory is given back to the system every so many looks.
const GIVE_BACK_EVERY: u32 = 30;
/// Nobody pretends.
const AS_READ: u64 = u64::MAX;

/// What was last seen of the process's memory.
#[derive(Debug)]
pub struct Memory {
    /// Resident, bytes; 0 before the first look.
    resident: AtomicU64,
    full: AtomicBool,
    /// Taken for what is read, in rehearsals.
    feigned: AtomicU64,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            resident: AtomicU64::new(0),
            full: AtomicBool::new(false),
            feigned: AtomicU64::new(AS_READ),
        }
    }
}

/// What a look comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    /// As before.
    None,
    /// From now on nobody is let in.
    Full,
    /// From now on miners are let in again.
    Free,
}

/// A ceiling is reached at it, and left below nine tenths of it: memory that goes up and down about
/// the ceiling does not open and shut the door with it.
const fn change(full: bool, resident: u64, ceiling: Option<u64>) -> Change {
    match ceiling {
        None if full => Change::Free,
        Some(ceiling) if !full && resident >= ceiling => Change::Full,
        Some(ceiling) if full && resident < ceiling - ceiling / 10 => Change::Free,
        None | Some(_) => Change::None,
    }
}

impl Memory {
    /// Whether no further miners are let in.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }

    /// What the process had at the last look, bytes; 0 where nobody looks, since there is no ceiling.
    #[must_use]
    pub fn resident(&self) -> u64 {
        self.resident.load(Ordering::Relaxed)
    }

    /// For rehearsals: so many bytes are taken for what is read from now on; none: what is read.
    pub fn feign(&self, bytes: Option<u64>) {
        self.feigned
            .store(bytes.unwrap_or(AS_READ), Ordering::Relaxed);
    }

    fn read(&self) -> Option<u64> {
        match self.feigned.load(Ordering::Relaxed) {
            AS_READ => resident(&fs::read_to_string("/proc/self/statm").ok()?),
            feigned => Some(feigned),
        }
    }
}

/// From `/proc/self/statm` (see proc(5)): its second number, in pages.
fn resident(statm: &str) -> Option<u64> {
    let pages: u64 = statm.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(pages.saturating_mul(rustix::param::page_size() as u64))
}

/// Has the thread that runs this system look until it ends.
pub(super) fn watch(view: Arc<NodeView>, doorkeeper: Arc<Doorkeeper>) {
    actix::spawn(async move {
        let mut looks: u32 = 0;
        loop {
            tokio::time::sleep(LOOK).await;
            look(&view, &doorkeeper);
            if view.memory().is_full() {
                if looks.is_multiple_of(GIVE_BACK_EVERY) {
                    give_back();
                }
                looks = looks.wrapping_add(1);
            } else {
                looks = 0;
            }
        }
    });
}

fn look(view: &NodeView, doorkeeper: &Doorkeeper) {
    let ceiling = view.reloads().running().node.memory_ceiling;
    let ceiling = ceiling.map(|size| size.bytes() as u64);
    let memory = view.memory();
    let resident = match ceiling {
        None => 0,
        // What can't be read is no reason to turn anybody away, nor to let anybody in.
        Some(_) => match memory.read() {
            Some(resident) => resident,
            None => return,
        },
    };
    memory.resident.store(resident, Ordering::Relaxed);
    let (full, severity, text) = match change(memory.is_full(), resident, ceiling) {
        Change::None => return,
        Change::Full => (
            true,
            Severity::Warning,
            format!(
                "{} MiB are in use, as many as node.memory_ceiling allows: no further miners are let \
                 in, those that are in stay",
                resident >> 20
            ),
        ),
        Change::Free => (
            false,
            Severity::Info,
            "there is memory again below node.memory_ceiling: miners are let in".to_owned(),
        ),
    };
    memory.full.store(full, Ordering::Relaxed);
    doorkeeper.set_full(full);
    if full {
        tracing::warn!(resident, "{text}");
    } else {
        tracing::info!(resident, "{text}");
    }
    let now = view.clock().unix_millis();
    view.events()
        .tell(now, severity, "memory_ceiling", None, &text);
}

/// Asks the allocator to give the system what is free: it keeps that otherwise, and the ceiling would
/// be reached for ever after one crowd.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "the allocator has no safe way to be asked")]
fn give_back() {
    // SAFETY: no precondition; the allocator locks its own arenas.
    unsafe {
        libc::malloc_trim(0);
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
const fn give_back() {}

#[cfg(test)]
mod tests {
    use super::*;

    const CEILING: Option<u64> = Some(1_000);

    #[test]
    fn the_door_is_shut_at_the_ceiling_and_opened_below_nine_tenths_of_it() {
        assert_eq!(change(false, 999, CEILING), Change::None);
        assert_eq!(change(false, 1_000, CEILING), Change::Full);
        assert_eq!(change(true, 1_000, CEILING), Change::None);
        assert_eq!(change(true, 900, CEILING), Change::None);
        assert_eq!(change(true, 899, CEILING), Change::Free);
    }

    #[test]
    fn without_a_ceiling_nobody_is_kept_out() {
        assert_eq!(change(false, u64::MAX, None), Change::None);
        assert_eq!(change(true, u64::MAX, None), Change::Free);
    }

    #[test]
    fn the_second_number_is_what_is_resident_in_pages() {
        let page = rustix::param::page_size() as u64;
        assert_eq!(resident("1000 25 3 4 0 6 0\n"), Some(25 * page));
        assert_eq!(resident(""), None);
        assert_eq!(resident("1000 x"), None);
    }

    #[test]
    fn this_process_has_some() {
        let memory = Memory::default();
        assert!(memory.read().is_some_and(|bytes| bytes > 1 << 20));
        memory.feign(Some(7));
        assert_eq!(memory.read(), Some(7));
    }
}
