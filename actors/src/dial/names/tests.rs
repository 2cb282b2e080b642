//! Resolvers that answer by a script.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::clock::Clock;

const TTL: Duration = Duration::from_secs(30);

/// How long a silent resolver is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Answers in this order; afterwards it fails. `None`: fails.
fn scripted(answers: &[Option<u8>]) -> (Names, Arc<StdMutex<VecDeque<Option<u8>>>>) {
    let left = Arc::new(StdMutex::new(VecDeque::from(answers.to_vec())));
    let script = Arc::clone(&left);
    let resolve: Resolve = Arc::new(move |_| {
        let next = script.lock().unwrap().pop_front().flatten();
        Box::pin(async move {
            // Others get a turn while the name is being looked up.
            tokio::task::yield_now().await;
            let last = next.ok_or(io::ErrorKind::TimedOut)?;
            Ok(vec![address(last)])
        })
    });
    (Names::new(resolve, TTL), left)
}

fn address(last: u8) -> IpAddr {
    Ipv4Addr::new(192, 0, 2, last).into()
}

#[tokio::test]
async fn a_name_is_asked_for_once_in_its_time_and_then_again() {
    let (names, left) = scripted(&[Some(1), Some(2)]);
    let now = Clock.now();
    let (a, b) = tokio::join!(
        names.addresses("a", now, PATIENCE),
        names.addresses("a", now, PATIENCE)
    );
    assert_eq!(a.unwrap(), b.unwrap());
    let later = names.addresses("a", now + TTL / 2, PATIENCE).await.unwrap();
    assert_eq!(later.all, [address(1)]);
    assert_eq!(left.lock().unwrap().len(), 1);
    let moved = names.addresses("a", now + TTL, PATIENCE).await.unwrap();
    assert_eq!((moved.all, moved.are_old), (vec![address(2)], false));
}

#[tokio::test]
async fn where_nobody_answers_the_last_addresses_are_used_and_asked_for_each_time() {
    let (names, left) = scripted(&[Some(1), None, None, Some(3)]);
    let now = Clock.now();
    names.addresses("a", now, PATIENCE).await.unwrap();
    for _ in 0..2 {
        let old = names.addresses("a", now + TTL, PATIENCE).await.unwrap();
        assert_eq!((old.all, old.are_old), (vec![address(1)], true));
        assert!(names.is_old("a"));
    }
    let new = names.addresses("a", now + TTL, PATIENCE).await.unwrap();
    assert_eq!((new.all, new.are_old), (vec![address(3)], false));
    assert!(!names.is_old("a"));
    assert!(left.lock().unwrap().is_empty());
    assert!(names.addresses("b", now, PATIENCE).await.is_err());
}

#[tokio::test]
async fn a_time_of_zero_asks_each_time_and_names_without_an_end_are_forgotten() {
    let (names, _) = scripted(&[Some(1), Some(2)]);
    names.keep_for(Duration::ZERO);
    let now = Clock.now();
    for last in [1, 2] {
        let found = names.addresses("a", now, PATIENCE).await.unwrap();
        assert_eq!(found.all, [address(last)]);
    }
    for number in 0..1_000 {
        let _ = names.addresses(&number.to_string(), now, PATIENCE).await;
    }
    assert!(names.lock().len() <= KEPT);
}

/// Answers once, and then not at all; counts how often it was asked.
fn silent_after_one() -> (Names, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let resolve: Resolve = Arc::new(move |_| {
        let is_first = count.fetch_add(1, Ordering::Relaxed) == 0;
        Box::pin(async move {
            if !is_first {
                std::future::pending::<()>().await;
            }
            Ok(vec![address(1)])
        })
    });
    (Names::new(resolve, TTL), asked)
}

#[tokio::test(start_paused = true)]
async fn a_silent_resolver_is_asked_once_and_waited_for_no_longer_than_there_is_patience() {
    let (names, asked) = silent_after_one();
    let now = Clock.now();
    names.addresses("a", now, PATIENCE).await.unwrap();
    for _ in 0..3 {
        let begun = Clock.now();
        let (old, other) = tokio::join!(
            names.addresses("a", now + TTL, PATIENCE),
            names.addresses("a", now + TTL, PATIENCE)
        );
        assert!(old.unwrap().are_old && other.unwrap().are_old);
        assert!(Clock.now() - begun >= PATIENCE);
    }
    assert_eq!(asked.load(Ordering::Relaxed), 2, "one lookup is under way");
    let never = timeout(PATIENCE * 2, names.addresses("b", now, PATIENCE)).await;
    assert!(never.is_err(), "there is nothing else to wait for");
}

#[tokio::test]
async fn a_lookup_that_ended_with_its_thread_is_made_anew() {
    let (names, asked) = silent_after_one();
    let now = Clock.now();
    names.addresses("a", now, PATIENCE).await.unwrap();
    let there = names.clone();
    let other = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        runtime.block_on(there.addresses("a", now + TTL, Duration::ZERO))
    });
    assert!(other.join().unwrap().unwrap().are_old);
    let old = names.addresses("a", now + TTL, Duration::ZERO).await;
    assert!(old.unwrap().are_old);
    assert_eq!(asked.load(Ordering::Relaxed), 3);
}
