//! The hand-made cases that xmrig-proxy was tried with, tried with us. Each is answered as there
//! byte for byte, or better, and then it is said how.

use crate::peer::{Session, as_pool_sent, to_ours, to_theirs};
use crate::support::fixtures::{self, ReplyCase};
use crate::support::{
    Answer, Config, FakePool, Heard, OnLogin, OnSubmit, PATIENCE, Proxy, Script, SimMiner,
};

/// How the last line of a case is answered here.
enum Ours {
    /// As xmrig-proxy answered.
    Same,
    /// Not as there.
    Better {
        /// In what the answer is better.
        how: &'static str,
        /// Our answer; `None`: there is none.
        line: Option<String>,
        /// Whether the connection is closed after it.
        closed: bool,
    },
}

fn refused(how: &'static str, id: i64, text: &str) -> Ours {
    Ours::Better {
        how,
        line: Some(refusal(id, text)),
        closed: false,
    }
}

fn refusal(id: i64, text: &str) -> String {
    format!(r#"{{"id":{id},"jsonrpc":"2.0","error":{{"code":-1,"message":"{text}"}}}}"#)
}

const MALFORMED: &str =
    "the miner's operator is told that the share can't be read, not that it is too easy";

fn ours(case: &str) -> Ours {
    match case {
        "keepalived before login" => Ours::Better {
            how: "closed as there, but said why",
            line: Some(refusal(1, "Unauthenticated")),
            closed: true,
        },
        "valid JSON of fewer than 32 bytes" => refused(
            "a line that names its request is answered, and does not cost the connection",
            1,
            "Malformed request: no method",
        ),
        "submit: result of 63 digits"
        | "submit: result that is not hex"
        | "submit: nonce of 6 digits" => refused(MALFORMED, 7, "Malformed share"),
        "submit: nonce with another fixed byte" => refused(
            "the same words, but the rig stays: closing would only make it come back and do it again",
            7,
            "Invalid nonce; is miner not compatible with NiceHash?",
        ),
        "submit: result whose last 8 bytes are zero" => Ours::Better {
            how: "zero is below every target: the share is as good as any",
            line: Some(
                r#"{"id":7,"jsonrpc":"2.0","error":null,"result":{"status":"OK"}}"#.to_owned(),
            ),
            closed: false,
        },
        "submit for the previous job" => Ours::Better {
            how: "every submit gets an answer, and the pool decides about a late one",
            line: Some(
                r#"{"id":7,"jsonrpc":"2.0","error":null,"result":{"status":"OK"}}"#.to_owned(),
            ),
            closed: false,
        },
        "login with an algo list that lacks the algorithm of the job" => Ours::Better {
            how: "a miner that can't hash the job is told so, and not given it",
            line: Some(
                concat!(
                    r#"{"id":1,"jsonrpc":"2.0","error":{"code":-1,"message":"Algorithm rx/0 is "#,
                    r#"not supported by this miner (test/1.0): it does not list it"}}"#
                )
                .to_owned(),
            ),
            closed: true,
        },
        // The recording took MoneroOcean's `getjob` for one.
        "unknown method" => refused(
            "what the miner says of its algorithms with it is heard, and it is told that its job stays",
            8,
            "There is no other job for now",
        ),
        _ => Ours::Same,
    }
}

/// Cases whose answer is the upstream's.
fn upstreams_words(case: &str, number: u64) -> Answer {
    let twice = "submit: the same share twice (the pool answers)";
    match case {
        "submit: result below the target, but not the hash (the pool answers)"
        | "submit: nonce in upper case"
        | "submit: no field algo" => Answer::refuse("Invalid share"),
        _ if case == twice && number == 1 => Answer::refuse("Invalid share"),
        "submit of a result below the target that is not the hash" => {
            Answer::refuse("Block not accepted")
        }
        _ => Answer::Accept,
    }
}

struct Trial {
    case: ReplyCase,
    pool: FakePool,
    proxy: Proxy,
    miner: SimMiner,
    theirs: Option<Session>,
    ours: Option<Session>,
}

impl Trial {
    fn of(case: ReplyCase) -> Self {
        let name = case.case.clone();
        let pool = FakePool::with(Script {
            on_login: OnLogin::AcceptWithoutJob,
            on_submit: OnSubmit::decide(move |submit| upstreams_words(&name, submit.number)),
            ..Script::default()
        });
        let proxy = Proxy::launch(&Config::on(&pool).set("miners.login_timeout", "\"1s\""));
        pool.wait_live(1);
        // The pool of the recording had given its job before the miner came.
        let first = case.dialogue.iter().find_map(|moment| {
            let line = moment
                .line
                .as_ref()
                .filter(|_| moment.from == "proxy")
                .filter(|line| line.contains("\"job\":"))?;
            Some(Session::of_reply(line))
        });
        if let Some(theirs) = &first {
            pool.push_job_to(1, &as_pool_sent(&theirs.job));
            proxy.wait_ready();
        }
        let miner = SimMiner::connect(proxy.miners());
        Self {
            case,
            pool,
            proxy,
            miner,
            theirs: None,
            ours: None,
        }
    }

    fn line(&mut self) -> String {
        match self.miner.next_line(PATIENCE) {
            Heard::Line(line) => line,
            other @ (Heard::Closed | Heard::Quiet) => {
                panic!("{}: {other:?} instead of a line", self.case.case)
            }
        }
    }

    fn send(&mut self, line: &str) {
        let line = match (&self.theirs, &self.ours) {
            (Some(theirs), Some(ours)) => to_ours(line, theirs, ours),
            _ => line.to_owned(),
        };
        self.miner.send(&line);
    }

    /// Hears what the other proxy said in this place.
    fn hear_same(&mut self, their_line: &str) {
        let mut line = self.line();
        if their_line.contains("\"job\":") && self.theirs.is_none() {
            self.theirs = Some(Session::of_reply(their_line));
            self.ours = Some(Session::of_reply(&line));
        } else if their_line.contains("\"method\":\"job\"") {
            self.new_job(their_line, &line);
        }
        if let (Some(theirs), Some(ours)) = (&self.theirs, &self.ours) {
            line = to_theirs(&line, ours, theirs);
        }
        assert_eq!(line, their_line, "{}", self.case.case);
    }

    fn new_job(&mut self, their_line: &str, line: &str) {
        let job = |line: &str| {
            let notice: serde_json::Value = serde_json::from_str(line).unwrap();
            serde_json::from_value(notice["params"].clone()).unwrap()
        };
        self.theirs.as_mut().unwrap().job = job(their_line);
        self.ours.as_mut().unwrap().job = job(line);
    }

    /// That the connection is open and nothing else was said.
    fn is_quiet_and_open(&mut self) {
        self.miner
            .send(r#"{"id":99,"jsonrpc":"2.0","method":"keepalived","params":{"id":"x"}}"#);
        assert_eq!(
            self.line(),
            r#"{"id":99,"jsonrpc":"2.0","error":null,"result":{"status":"KEEPALIVED"}}"#,
            "{}",
            self.case.case
        );
    }

    fn run(mut self) {
        let moments = self.case.dialogue.clone();
        let last = moments.iter().rposition(|moment| moment.from == "client");
        let head = last.map_or(0, |last| last);
        // After a submit for the previous job, that job is told by its id.
        let mut before: Option<(Session, Session)> = None;
        for moment in &moments[..head] {
            match (moment.from.as_str(), &moment.line) {
                ("client", Some(line)) => self.send(line),
                ("proxy", Some(line)) => {
                    if line.contains("\"method\":\"job\"") {
                        before = self.theirs.clone().zip(self.ours.clone());
                        let notice: serde_json::Value = serde_json::from_str(line).unwrap();
                        let job = serde_json::from_value(notice["params"].clone()).unwrap();
                        self.pool.push_job_to(1, &as_pool_sent(&job));
                    }
                    self.hear_same(line);
                }
                other => panic!("{other:?}"),
            }
        }
        let closed_there = self.case.closed_by_proxy;
        let answer = moments[head..]
            .iter()
            .find(|moment| moment.from == "proxy" && moment.line.is_some())
            .and_then(|moment| moment.line.clone());
        if last.is_some() {
            let line = moments[head].line.clone().unwrap();
            match &before {
                Some((theirs, ours)) => self.miner.send(&to_ours(&line, theirs, ours)),
                None => self.send(&line),
            }
        }
        let (expected, closed) = match ours(&self.case.case) {
            Ours::Same => (answer.clone(), closed_there),
            Ours::Better { how, line, closed } => {
                assert!(
                    (&line, closed) != (&answer, closed_there),
                    "{}: no difference any more, so not {how:?}",
                    self.case.case
                );
                (line, closed)
            }
        };
        match expected {
            Some(line) if answer.as_ref() == Some(&line) => self.hear_same(&line),
            Some(line) => assert_eq!(self.line(), line, "{}", self.case.case),
            None => {}
        }
        if closed {
            let rest = self.miner.expect_closed();
            assert_eq!(rest, Vec::<String>::new(), "{}", self.case.case);
        } else {
            self.is_quiet_and_open();
        }
        self.check_upstream();
    }

    /// What of it the pool saw.
    fn check_upstream(&self) {
        let submits = self.pool.submits();
        let nonce = |place: usize| submits[place].parts().nonce.clone();
        match self.case.case.as_str() {
            "submit: the same share twice (the pool answers)" => {
                assert_eq!(submits.len(), 1, "the copy stays here");
            }
            "submit: nonce in upper case" => {
                assert_eq!(nonce(0), nonce(0).to_lowercase());
            }
            "submit for the previous job" => {
                assert_eq!(submits.len(), 1);
                assert_eq!(self.proxy.shares().stale, 1);
            }
            _ => {}
        }
    }
}

#[test]
fn every_hand_made_case_is_answered_as_by_the_other_proxy_or_better() {
    let cases = fixtures::replies();
    assert_eq!(cases.len(), 27);
    let mut better = 0;
    for case in cases {
        better += usize::from(!matches!(ours(&case.case), Ours::Same));
        Trial::of(case).run();
    }
    assert_eq!(better, 10, "each difference is a case of the recording");
}
