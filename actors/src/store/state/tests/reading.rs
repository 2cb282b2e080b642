//! Marks, names, and values that do not check out.

use super::*;
use crate::rigs::RigNames;
use crate::store::state::{StateError, keys};
use zartrux_models::ledger::{Owner, PageKey, UpstreamId};

#[test]
fn marks_runs_and_numbers_of_upstreams_outlive_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let mut book = open(folder.path());
    assert_eq!((book.next_run(0).unwrap(), book.node().unwrap()), (1, None));
    book.put_node(7).unwrap();
    book.put_mark("run", b"not the run").unwrap();
    assert_eq!(book.upstream_id("pool a").unwrap(), UpstreamId(0));
    assert_eq!(book.upstream_id("pool b").unwrap(), UpstreamId(1));
    drop(book);
    let mut book = open(folder.path());
    assert_eq!(book.next_run(0).unwrap(), 2);
    assert_eq!(book.node().unwrap(), Some(7));
    assert_eq!(book.get_mark("run").unwrap().unwrap(), b"not the run");
    assert_eq!(book.get_mark("nothing").unwrap(), None);
    assert_eq!(book.upstream_id("pool b").unwrap(), UpstreamId(1));
    assert_eq!(book.upstream_id("pool c").unwrap(), UpstreamId(2));
    assert_eq!(book.upstreams().count(), 3);
}

#[test]
fn a_rig_keeps_its_name_and_what_was_only_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut book = open(folder.path());
    let names = RigNames::of_login("user", "shelf 3", "XMRig/6.26.0");
    let key = RigKey(5);
    book.note_names(key, &names, &["rx/0", "rx/wow"], T0)
        .unwrap();
    book.note_refusals_unlisted(key, RefusalReason::Malformed, 12, T0 + 1)
        .unwrap();
    book.checkpoint(0).unwrap();
    drop(book);
    let book = open(folder.path());
    let rig = book.rig(key).unwrap().unwrap();
    assert_eq!(&*rig.names.rig_id, "shelf 3");
    assert_eq!(rig.algorithms.len(), 2);
    assert_eq!((rig.first_seen_ms, rig.last_seen_ms), (T0, T0 + 1));
    assert_eq!(rig.lifetime.refusals_unlisted.iter().sum::<u64>(), 12);
    assert_eq!(rig.lifetime.shares(), 0);
    let total = book.history(None, Level::Hour, 0, u64::MAX).unwrap();
    assert_eq!(total, [(T0, rig.lifetime)]);
}

#[test]
fn rigs_come_in_chunks_in_order_written_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut book = open(folder.path());
    for seq in 1..=40u64 {
        book.apply(&entry(seq, seq * 7 % 41, T0, Outcome::Accepted))
            .unwrap();
        if seq == 20 {
            book.checkpoint(20).unwrap();
        }
    }
    let mut seen = Vec::new();
    while let Some(last) = {
        let rigs = book.rigs_from(seen.last().copied().map(RigKey), 7).unwrap();
        assert!(rigs.len() <= 7);
        seen.extend(rigs.iter().map(|rig| rig.key.0));
        rigs.last().cloned()
    } {
        assert_eq!(seen.last(), Some(&last.key.0));
    }
    assert_eq!(seen, (1..=40).collect::<Vec<_>>());
}

#[test]
fn a_value_that_does_not_check_out_is_told_by_its_key_and_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut book = open(folder.path());
    // An hour apart, for pages.
    for (seq, rig, after) in [(1, 1, 0), (2, 2, 0), (3, 3, 0), (4, 1, 3_600_000)] {
        let share = entry(seq, rig, T0 + after, Outcome::Accepted);
        book.apply(&share).unwrap();
    }
    book.put_mark("mine", b"1").unwrap();
    book.checkpoint(4).unwrap();
    let whole = book.verify(|damage| panic!("{damage:?}")).unwrap();
    let at = |rig, level| keys::page(PageKey::at(Owner::Rig(RigKey(rig)), level, T0));
    let spoil = |key: &[u8]| {
        let mut value = book.tree.get(key).unwrap().unwrap().to_vec();
        *value.last_mut().unwrap() ^= 1;
        book.tree.insert(key, value).unwrap();
    };
    spoil(&keys::rig(RigKey(2)));
    spoil(&at(1, Level::Hour));
    spoil(&keys::mark(keys::MARK, "mine"));
    // A whole value, but another rig's.
    let other = book.tree.get(keys::rig(RigKey(1))).unwrap().unwrap();
    book.tree.insert(keys::rig(RigKey(3)), other).unwrap();
    book.tree.insert(b"?", b"what").unwrap();

    assert!(book.rig(RigKey(2)).unwrap().is_none());
    assert_eq!(book.get_mark("mine").unwrap(), None);
    let hours = book.history(Some(RigKey(1)), Level::Hour, 0, u64::MAX);
    assert_eq!(hours.unwrap(), []);
    let damage = book.take_damage();
    assert_eq!(damage.len(), 3);
    assert_eq!(damage[0].key, "520000000000000002");
    assert!(damage[0].why.contains("checksum"), "{}", damage[0].why);

    let mut told = Vec::new();
    let verified = book.verify(|damage| told.push(damage)).unwrap();
    assert_eq!(told.len(), 5);
    assert!(told.iter().any(|damage| damage.why.starts_with("belongs")));
    assert_eq!(verified.rigs, whole.rigs - 2);
    assert_eq!(verified.pages, whole.pages - 1);
    assert_eq!(verified.marks, whole.marks - 1);
    // And what comes next is counted, as of a rig that is new.
    book.apply(&entry(5, 2, T0, Outcome::Accepted)).unwrap();
    book.checkpoint(5).unwrap();
    assert_eq!(book.rig(RigKey(2)).unwrap().unwrap().lifetime.shares(), 1);
}

#[test]
fn a_state_that_does_not_say_how_far_it_has_come_is_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    let mut book = open(folder.path());
    book.apply(&entry(1, 1, T0, Outcome::Accepted)).unwrap();
    book.checkpoint(1).unwrap();
    let key = keys::mark(keys::SELF, "checkpoint");
    book.tree.insert(key, b"zL").unwrap();
    assert!(matches!(
        StateBook::open(folder.path(), BOUNDS),
        Err(StateError::InUse { .. })
    ));
    drop(book);
    let refused = StateBook::open(folder.path(), BOUNDS).unwrap_err();
    assert!(matches!(refused, StateError::NoCheckpoint { .. }));
    let text = refused.to_string();
    assert!(text.starts_with(folder.path().to_str().unwrap()), "{text}");
}
