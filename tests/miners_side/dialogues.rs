//! What xmrig sent in recorded dialogues, sent to us: the answers are those that it got then.

use std::collections::{HashMap, HashSet, VecDeque};

use serde_json::Value;
use zartrux::demo::wire::Job;

use crate::peer::{Session, as_pool_sent, field, text, to_ours, to_theirs};
use crate::support::fixtures::{self, Moment};
use crate::support::{
    Answer, Config, FakePool, Heard, OnLogin, OnSubmit, PATIENCE, Proxy, Script, SimMiner, clock,
};

/// A miner of the recording, played again.
struct Actor {
    miner: SimMiner,
    /// Lines that came before the one that was waited for.
    early: VecDeque<String>,
    /// Each job as it was given there and here, by its id there.
    jobs: HashMap<String, (Session, Session)>,
}

impl Actor {
    fn hear(&mut self, wanted: impl Fn(&Value) -> bool) -> String {
        let fits = |line: &String| wanted(&serde_json::from_str(line).expect("JSON"));
        if let Some(at) = self.early.iter().position(fits) {
            return self.early.remove(at).unwrap();
        }
        loop {
            match self.miner.next_line(PATIENCE) {
                Heard::Line(line) if fits(&line) => return line,
                Heard::Line(line) => self.early.push_back(line),
                other @ (Heard::Closed | Heard::Quiet) => panic!("{other:?} instead of a line"),
            }
        }
    }

    fn pair_of(&self, line: &str) -> &(Session, Session) {
        let job = field(line, "job_id").expect("a submit");
        &self.jobs[&job]
    }
}

struct Stage {
    /// Who served the miners in the recording.
    server: &'static str,
    pool: FakePool,
    proxy: Proxy,
    actors: HashMap<u64, Actor>,
    /// Jobs that our pool has sent, by their id in the recording.
    sent: HashSet<String>,
    replies: usize,
    lost_meanwhile: usize,
}

impl Stage {
    fn new(server: &'static str, moments: &[Moment]) -> Self {
        let refused = refused_results(moments);
        let pool = FakePool::with(Script {
            on_login: OnLogin::AcceptWithoutJob,
            on_submit: OnSubmit::decide(move |submit| match &submit.submit {
                Some(submit) if refused.contains(&submit.result) => {
                    Answer::refuse("Low difficulty share")
                }
                _ => Answer::Accept,
            }),
            ..Script::default()
        });
        let proxy = Proxy::launch(&Config::on(&pool));
        Self {
            server,
            pool,
            proxy,
            actors: HashMap::new(),
            sent: HashSet::new(),
            replies: 0,
            lost_meanwhile: 0,
        }
    }

    /// Has our pool send a job of the recording, once.
    fn send_job(&mut self, job: &Job) {
        if self.sent.insert(job.job_id.clone()) {
            let conn = *self.pool.wait_live(1).last().unwrap();
            self.pool.push_job_to(conn, &as_pool_sent(job));
            let jobs = self.sent.len() as u64;
            clock::eventually("the job at the proxy", || {
                let pools = self.proxy.node().view().pools();
                (pools[0].report.jobs == jobs).then_some(())
            });
        }
    }

    fn play(&mut self, moments: &[Moment]) {
        for (at, moment) in moments.iter().enumerate() {
            let of_server = moment.from == self.server;
            match (&moment.line, moment.event.as_deref()) {
                (Some(line), _) if of_server => self.server_says(moment.conn, line),
                (Some(line), _) => {
                    if line.contains("\"method\":\"login\"") {
                        let first = first_job_after(&moments[at..], moment.conn, self.server);
                        self.send_job(&first);
                        self.proxy.wait_ready();
                    }
                    self.miner_says(moment.conn, line);
                }
                (None, Some("open")) => {
                    let actor = Actor {
                        miner: SimMiner::connect(self.proxy.miners()),
                        early: VecDeque::new(),
                        jobs: HashMap::new(),
                    };
                    self.actors.insert(moment.conn, actor);
                }
                (None, Some("close")) => {
                    let actor = self.actors.remove(&moment.conn).unwrap();
                    assert!(actor.early.is_empty(), "never said: {:?}", actor.early);
                }
                other => panic!("{other:?}"),
            }
        }
    }

    fn miner_says(&mut self, conn: u64, line: &str) {
        let actor = self.actors.get_mut(&conn).unwrap();
        let line = if line.contains("\"method\":\"submit\"") {
            let (theirs, ours) = actor.pair_of(line);
            to_ours(line, theirs, ours)
        } else if let Some((theirs, ours)) = actor.jobs.values().next() {
            to_ours(line, theirs, ours)
        } else {
            line.to_owned()
        };
        actor.miner.send(&line);
    }

    fn server_says(&mut self, conn: u64, line: &str) {
        let said: Value = serde_json::from_str(line).unwrap();
        if said["result"]["job"].is_object() {
            let theirs = Session::of_reply(line);
            self.on_given(conn, line, theirs, |heard| heard["id"] == said["id"]);
        } else if said["method"] == "job" {
            let actor = self.actors.get_mut(&conn).unwrap();
            let theirs = Session {
                id: actor.jobs.values().next().unwrap().0.id.clone(),
                job: serde_json::from_value(said["params"].clone()).unwrap(),
            };
            self.send_job(&theirs.job);
            self.on_given(conn, line, theirs, |heard| heard["method"] == "job");
        } else {
            let actor = self.actors.get_mut(&conn).unwrap();
            let heard = actor.hear(|heard| heard["id"] == said["id"]);
            if said["error"]["message"] == "Bad gateway" {
                // The job died with the upstream that sent it; the miner stays, as there.
                self.lost_meanwhile += 1;
                let heard: Value = serde_json::from_str(&heard).unwrap();
                assert_eq!(heard["error"]["message"], "Block expired");
            } else {
                self.replies += 1;
                assert_eq!(heard, line);
            }
        }
    }

    /// A login's reply or a job.
    fn on_given(
        &mut self,
        conn: u64,
        line: &str,
        theirs: Session,
        wanted: impl Fn(&Value) -> bool,
    ) {
        let actor = self.actors.get_mut(&conn).unwrap();
        let heard = actor.hear(wanted);
        let said: Value = serde_json::from_str(&heard).unwrap();
        let known = actor.jobs.values().next().map(|(_, ours)| ours.id.clone());
        let ours = match known {
            None => Session::of_reply(&heard),
            Some(id) => Session {
                id,
                job: serde_json::from_value(said["params"].clone()).unwrap(),
            },
        };
        let as_theirs = to_theirs(&heard, &ours, &theirs);
        if self.server == "proxy" {
            assert_eq!(as_theirs, line);
        } else {
            // A pool names other extensions and leaves fields out; the job is the same.
            let job = |line: &str| -> Job {
                let said: Value = serde_json::from_str(line).unwrap();
                let job = [&said["result"]["job"], &said["params"]]
                    .into_iter()
                    .find(|job| job.is_object())
                    .cloned();
                serde_json::from_value(job.unwrap()).unwrap()
            };
            assert_eq!(job(&as_theirs), job(line));
        }
        actor.jobs.insert(theirs.job.job_id.clone(), (theirs, ours));
    }
}

fn refused_results(moments: &[Moment]) -> HashSet<String> {
    let mut asked = HashMap::new();
    let mut refused = HashSet::new();
    for moment in moments {
        let Some(line) = &moment.line else { continue };
        let said: Value = serde_json::from_str(line).unwrap();
        if said["method"] == "submit" {
            let request = (moment.conn, said["id"].as_i64());
            asked.insert(request, text(&said["params"]["result"]));
        } else if said["error"]["message"] == "Low difficulty share" {
            refused.insert(asked[&(moment.conn, said["id"].as_i64())].clone());
        }
    }
    refused
}

fn first_job_after(moments: &[Moment], conn: u64, server: &str) -> Job {
    let welcome = moments.iter().find_map(|moment| {
        let line = moment.line.as_ref()?;
        let wanted = moment.conn == conn && moment.from == server && line.contains("\"job\":");
        wanted.then(|| Session::of_reply(line))
    });
    welcome.expect("a login's reply").job
}

#[test]
fn two_xmrigs_behind_a_proxy_hear_what_they_heard_behind_the_other_one() {
    let moments = fixtures::dialogue_through_proxy();
    let mut stage = Stage::new("proxy", &moments);
    let lost = moments
        .iter()
        .position(|moment| {
            moment.hop.as_deref() == Some("proxy-pool")
                && moment.from == "pool"
                && moment.event.as_deref() == Some("close")
        })
        .unwrap();
    let back = lost
        + moments[lost..]
            .iter()
            .position(|moment| moment.event.as_deref() == Some("open"))
            .unwrap();
    let of_miners = |moments: &[Moment]| -> Vec<Moment> {
        moments
            .iter()
            .filter(|moment| moment.hop.as_deref() == Some("miner-proxy"))
            .cloned()
            .collect()
    };
    stage.play(&of_miners(&moments[..lost]));
    stage.pool.go_down();
    clock::eventually("the loss to be noticed", || {
        (!stage.proxy.node().view().readiness().ready).then_some(())
    });
    stage.play(&of_miners(&moments[lost..back]));
    stage.pool.come_back();
    stage.play(&of_miners(&moments[back..]));
    assert_eq!(
        (stage.replies, stage.lost_meanwhile),
        (106 - 2 + 13 + 11, 1),
        "all but the logins"
    );
    assert_eq!(
        stage.pool.submits().len(),
        117,
        "as many as the pool saw then"
    );
    assert!(stage.proxy.shares().balances());
}

#[test]
fn what_xmrig_sends_to_a_pool_is_answered_as_by_the_pool() {
    let moments = fixtures::dialogue_with_pool();
    let mut stage = Stage::new("pool", &moments);
    stage.play(&moments);
    assert_eq!(stage.replies, 106 - 2 + 12 + 4, "all but the logins");
    assert_eq!(stage.pool.submits().len(), 116);
    assert!(stage.proxy.shares().balances());
}
