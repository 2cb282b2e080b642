//! The account finds what must not be: a check that could not fail would be none.

use crate::account::{Account, Class, Key, Verdict};

const RESULT: [u8; 32] = [7; 32];

/// Connection 1 with one job, and miners 1 and 2 that have slots 0 and 1 of it.
fn farm() -> Account {
    let mut account = Account::default();
    account.conn_opened(1);
    let job = account.new_job(1);
    assert_eq!(job, 1);
    for miner in [1, 2] {
        account.miner_came(miner);
        account.leased(miner, job, u8::try_from(miner).unwrap() - 1);
    }
    account
}

fn key(low: u8, slot: u8) -> Key {
    (1, u32::from_le_bytes([low, 0, 0, slot]))
}

fn found(mut account: Account) -> Vec<&'static str> {
    account.settle_doubts(true);
    account
        .take_found()
        .iter()
        .map(|(which, _)| *which)
        .collect()
}

#[test]
fn shares_that_end_as_they_must_are_no_finding() {
    let mut account = farm();
    account.sent(1, 10, key(1, 0), Class::Upstream, RESULT);
    account.at_pool(1, key(1, 0), &RESULT, Verdict::Taken);
    account.answered(1, 10, None);
    account.sent(2, 11, key(1, 1), Class::Local, RESULT);
    account.answered(2, 11, None);
    account.sent(2, 12, key(2, 1), Class::Bad("too easy"), RESULT);
    account.answered(2, 12, Some("Low difficulty share"));
    account.sent(1, 13, key(3, 0), Class::Upstream, RESULT);
    account.at_pool(
        1,
        key(3, 0),
        &RESULT,
        Verdict::Refused("Block expired".into()),
    );
    account.answered(1, 13, Some("Block expired"));
    assert_eq!(account.outstanding(), 0);
    assert_eq!(account.take_acknowledged(), [key(1, 0), key(1, 1)]);
    assert_eq!(found(account), Vec::<&str>::new());
}

#[test]
fn a_share_at_the_pool_twice_or_altered_or_from_nobody_or_bad_is_found() {
    let mut account = farm();
    account.sent(1, 10, key(1, 0), Class::Upstream, RESULT);
    account.at_pool(1, key(1, 0), &RESULT, Verdict::Taken);
    account.at_pool(1, key(1, 0), &RESULT, Verdict::Taken);
    account.sent(1, 11, key(2, 0), Class::Upstream, RESULT);
    account.at_pool(1, key(2, 0), &[8; 32], Verdict::Taken);
    account.at_pool(1, key(3, 0), &RESULT, Verdict::Taken);
    account.sent(1, 12, key(4, 0), Class::Local, RESULT);
    account.at_pool(1, key(4, 0), &RESULT, Verdict::Taken);
    account.sent(1, 13, key(5, 0), Class::Bad("too easy"), RESULT);
    account.at_pool(1, key(5, 0), &RESULT, Verdict::Taken);
    account.at_pool(2, key(5, 0), &RESULT, Verdict::Taken);
    assert_eq!(found(account), ["I1"; 6]);
}

#[test]
fn an_ok_for_what_the_pool_has_not_or_for_a_bad_share_or_given_twice_is_found() {
    let mut account = farm();
    account.sent(1, 10, key(1, 0), Class::Upstream, RESULT);
    account.answered(1, 10, None);
    account.sent(1, 11, key(2, 0), Class::Bad("too easy"), RESULT);
    account.answered(1, 11, None);
    account.sent(1, 12, key(3, 0), Class::Local, RESULT);
    account.sent(1, 13, key(3, 0), Class::Bad("again"), RESULT);
    account.answered(1, 12, None);
    account.answered(1, 13, None);
    assert_eq!(found(account), ["I1"; 3]);
}

#[test]
fn an_error_for_a_good_share_needs_an_old_job_or_a_lost_connection() {
    for (jobs, ends, text, expected) in [
        (0, false, "Block expired", &["I1"][..]),
        (1, false, "Block expired", &["I1"]),
        (2, false, "Block expired", &[]),
        (0, true, "Block expired", &[]),
        (0, true, "Bad gateway", &[]),
        (2, false, "Bad gateway", &["I1"]),
        (2, true, "Low difficulty share", &["I1"]),
        (2, true, "Duplicate share", &["I1"]),
    ] {
        let mut account = farm();
        account.sent(1, 10, key(1, 0), Class::Upstream, RESULT);
        for _ in 0..jobs {
            account.new_job(1);
        }
        account.answered(1, 10, Some(text));
        account.settle_doubts(false);
        assert_eq!(account.take_found(), [], "it is not too late yet");
        // What is seen of its end may come later.
        if ends {
            account.conn_ended(1);
        }
        assert_eq!(found(account), expected, "{jobs} {ends} {text}");
    }
}

#[test]
fn a_share_that_a_silent_pool_has_may_go_unanswered() {
    for (verdict, expected) in [(Verdict::None, &[][..]), (Verdict::Taken, &["I1"])] {
        let mut account = farm();
        account.sent(1, 10, key(1, 0), Class::Upstream, RESULT);
        account.at_pool(1, key(1, 0), &RESULT, verdict);
        account.answered(1, 10, Some("Bad gateway"));
        assert_eq!(found(account), expected);
    }
}

#[test]
fn a_slot_of_two_is_found_and_one_that_was_left_unused_is_not() {
    let mut account = farm();
    account.miner_came(3);
    account.leased(3, 1, 0);
    assert_eq!(found(account), ["I3"], "miner 1 has it");

    let mut account = farm();
    account.miner_left(1);
    account.miner_came(3);
    account.leased(3, 1, 0);
    assert_eq!(account.tally.leased_again, 1);
    assert_eq!(found(account), Vec::<&str>::new());

    let mut account = farm();
    account.sent(1, 10, key(1, 0), Class::Local, RESULT);
    account.answered(1, 10, None);
    account.miner_left(1);
    account.miner_came(3);
    account.leased(3, 1, 0);
    assert_eq!(found(account), ["I3"], "a nonce of it was submitted");
}

#[test]
fn an_answer_to_somebody_else_or_a_second_one_is_found() {
    let mut account = farm();
    account.sent(1, 10, key(1, 0), Class::Local, RESULT);
    account.answered(2, 10, None);
    account.answered(1, 10, None);
    account.answered(1, 10, None);
    assert_eq!(found(account), ["I4"; 2]);
}

#[test]
fn what_was_never_answered_stays_outstanding_until_its_miner_has_left() {
    let mut account = farm();
    account.sent(1, 10, key(1, 0), Class::Local, RESULT);
    assert_eq!(account.outstanding(), 1);
    assert!(account.one_outstanding().unwrap().contains("request 10"));
    account.miner_left(1);
    assert_eq!((account.outstanding(), account.miners()), (0, 1));
    assert_eq!(account.tally.unknown_end, 1);
}
