//! What the pool says to each kind of share, and that it counts each exactly once.

use super::book::{Book, Conn};
use super::session::Check;
use super::{PoolReport, PoolSettings, Refusal};
use crate::demo::target::TargetWidth;
use crate::demo::wire::{Job, LoggedIn, Login, Submit};

/// A result that meets any target, and one that meets none but the easiest.
const GOOD: [u8; 32] = [0; 32];
const POOR: [u8; 32] = [0xff; 32];

fn book(connections: usize) -> Book {
    let width = TargetWidth::Eight;
    Book::new(PoolSettings {
        difficulty: 1_000,
        width,
        connections,
        ..PoolSettings::default()
    })
}

fn log_in(book: &mut Book, login: &str) -> (Conn, LoggedIn) {
    let conn = book.open().unwrap();
    let login = Login {
        login: login.into(),
        pass: "x".into(),
        agent: "test".into(),
        rigid: None,
        algo: vec![],
    };
    let welcome = book.log_in(conn, &login).unwrap();
    (conn, welcome)
}

fn share(id: &str, job: &Job, nonce: u32, result: [u8; 32]) -> Submit {
    Submit {
        id: id.into(),
        job_id: job.job_id.clone(),
        nonce: const_hex::encode(nonce.to_le_bytes()),
        result: const_hex::encode(result),
        algo: Some("rx/0".into()),
    }
}

fn check(book: &mut Book, conn: Conn, share: &Submit) -> Check {
    book.submit(conn, share).unwrap()
}

#[test]
fn a_right_hash_is_accepted_and_a_wrong_one_is_not() {
    let mut book = book(4);
    let (conn, LoggedIn { id, job, .. }) = log_in(&mut book, "farm");
    let right = check(&mut book, conn, &share(&id, &job, 1, GOOD));
    let wrong = check(&mut book, conn, &share(&id, &job, 2, GOOD));
    let unknown = check(&mut book, conn, &share(&id, &job, 3, GOOD));
    assert_eq!(const_hex::encode(&right.input[39..43]), "01000000");
    assert_eq!(book.report().total.pending(), 3);

    assert_eq!(book.settle(right, Some(GOOD)), Ok(()));
    assert_eq!(book.settle(wrong, Some(POOR)), Err(Refusal::WrongHash));
    assert_eq!(book.settle(unknown, None), Err(Refusal::Unchecked));

    let report = book.report();
    assert_eq!(
        (
            report.total.accepted,
            report.total.bad(),
            report.total.pending()
        ),
        (1, 1, 0)
    );
    assert_eq!(report.by_login["farm"], report.total);
    assert_eq!(
        report.bad.len(),
        1,
        "a share that could not be checked is nobody's fault"
    );
    assert_eq!(report.bad[0].randomx, Some(POOR));
}

#[test]
fn every_fault_gets_its_own_answer_and_its_own_count() {
    let mut book = book(4);
    let (conn, LoggedIn { id, job, .. }) = log_in(&mut book, "farm");
    let mut refused = |share: Submit| book.submit(conn, &share).unwrap_err();
    let good = share(&id, &job, 7, GOOD);
    let cases = [
        (
            Submit {
                id: "other".into(),
                ..good.clone()
            },
            Refusal::Unauthenticated,
        ),
        (
            Submit {
                nonce: "0700000".into(),
                ..good.clone()
            },
            Refusal::Malformed,
        ),
        (
            Submit {
                nonce: "0x000007".into(),
                ..good.clone()
            },
            Refusal::Malformed,
        ),
        (
            Submit {
                result: "00".into(),
                ..good.clone()
            },
            Refusal::Malformed,
        ),
        (
            Submit {
                job_id: "other".into(),
                ..good.clone()
            },
            Refusal::UnknownJob,
        ),
        (
            Submit {
                algo: Some("rx/wow".into()),
                ..good
            },
            Refusal::Algorithm,
        ),
        (share(&id, &job, 8, POOR), Refusal::LowDifficulty),
        (share(&id, &job, 8, GOOD), Refusal::Duplicate),
    ];
    let sent = cases.len() as u64;
    for (share, expected) in cases {
        assert_eq!(refused(share), expected);
    }
    let report = book.report();
    assert_eq!(report.total.refused_for(Refusal::Malformed), 3);
    assert_eq!(
        (
            report.total.received,
            report.total.bad(),
            report.total.pending()
        ),
        (sent, sent, 0)
    );
}

#[test]
fn a_share_for_a_former_job_is_late_and_not_bad() {
    let mut book = book(4);
    let (conn, LoggedIn { id, job, .. }) = log_in(&mut book, "farm");
    let jobs = book.next_job();
    assert_eq!(jobs.len(), 1);
    assert_ne!(jobs[0].1.blob, job.blob);
    assert_eq!(
        book.submit(conn, &share(&id, &job, 1, GOOD)).unwrap_err(),
        Refusal::Expired
    );
    assert!(book.submit(conn, &share(&id, &jobs[0].1, 1, GOOD)).is_ok());
    assert_eq!(book.report().total.bad(), 0);
}

#[test]
fn a_nonce_in_upper_case_is_the_same_nonce() {
    let mut book = book(4);
    let (conn, LoggedIn { id, job, .. }) = log_in(&mut book, "farm");
    let lower = share(&id, &job, 0xabcd_ef01, GOOD);
    let upper = Submit {
        nonce: lower.nonce.to_uppercase(),
        ..lower.clone()
    };
    assert!(book.submit(conn, &lower).is_ok());
    assert_eq!(book.submit(conn, &upper).unwrap_err(), Refusal::Duplicate);
}

#[test]
fn two_connections_never_get_the_same_work() {
    let mut book = book(4);
    let (_, first) = log_in(&mut book, "farm");
    let (_, second) = log_in(&mut book, "farm");
    assert_ne!(first.job.blob, second.job.blob);
    assert_ne!(first.job.job_id, second.job.job_id);
    assert_eq!(first.job.height, second.job.height);
}

#[test]
fn shares_without_a_login_and_after_the_end_are_counted_too() {
    let mut book = book(4);
    let conn = book.open().unwrap();
    assert_eq!(book.submit_unreadable(conn), Refusal::Unauthenticated);
    book.close(conn);
    assert_eq!(
        book.submit(conn, &Submit::default()).unwrap_err(),
        Refusal::Unauthenticated
    );
    assert_eq!(book.report().by_login["(nobody)"].received, 2);
}

#[test]
fn connections_logins_and_kept_bad_shares_are_bounded() {
    let mut book = book(2);
    let first = book.open().unwrap();
    assert!(book.open().is_some());
    assert!(book.open().is_none());
    book.close(first);
    assert!(book.open().is_some());

    let mut book = self::book(1);
    for number in 0..=PoolReport::MAX_LOGINS {
        let (conn, _) = log_in(&mut book, &format!("farm-{number}"));
        assert_eq!(book.submit_unreadable(conn), Refusal::Malformed);
        book.close(conn);
    }
    let report = book.report();
    assert_eq!(report.by_login.len(), PoolReport::MAX_LOGINS + 1);
    assert_eq!(report.by_login["(others)"].received, 1);
    assert_eq!(report.bad.len(), PoolReport::MAX_BAD);
    assert_eq!(report.total.bad(), PoolReport::MAX_LOGINS as u64 + 1);
}

#[test]
fn a_second_login_and_a_miner_of_other_coins_are_refused() {
    let mut book = book(4);
    let (conn, _) = log_in(&mut book, "farm");
    let mut login = Login {
        login: "again".into(),
        pass: String::new(),
        agent: String::new(),
        rigid: None,
        algo: vec![],
    };
    assert_eq!(
        book.log_in(conn, &login).unwrap_err(),
        "No double login is allowed"
    );
    let conn = book.open().unwrap();
    login.algo = vec!["cn/r".into()];
    assert_eq!(
        book.log_in(conn, &login).unwrap_err(),
        "No compatible algorithm found"
    );
    login.algo = vec![];
    login.login.clear();
    assert!(book.log_in(conn, &login).is_err());
    assert!(!book.is_logged_in(conn));
}
