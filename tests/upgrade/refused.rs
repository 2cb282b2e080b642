//! Programs and settings that can't take over: the daemon that runs goes on.

use std::process::Output;

use crate::farm::{Farm, PROGRAM};
use crate::support::{Answer, Config, FakePool, OnSubmit, Script, SimMiner, clock};

fn said(output: &Output) -> (Option<i32>, String) {
    let words = String::from_utf8(output.stderr.clone()).unwrap();
    (output.status.code(), words)
}

/// The miner's next share is taken by the process that served before, which says what has failed.
fn goes_on(farm: &mut Farm, miner: &mut SimMiner, low: u32, why: &str) {
    let id = miner.submit_good(low);
    assert!(miner.reply_to(id).is_ok());
    assert!(!farm.first_has_ended());
    let health = farm.json("/health");
    let last = &health["last_upgrade"];
    assert_eq!(last["done"], false);
    assert!(last["text"].as_str().unwrap().contains(why), "{last}");
    let events = farm.json("/api/v1/events").to_string();
    assert!(events.contains("upgrade_failed"), "{events}");
    assert_eq!(health["readiness"]["ready"], true);
}

#[test]
fn a_program_that_is_none_or_ends_at_once_or_says_nothing_leaves_the_old_one_serving() {
    let pool = FakePool::start();
    let mut farm = Farm::start(&Config::on(&pool));
    let mut miner = SimMiner::joined(farm.miners, "rig");
    let (code, words) = said(&farm.upgrade(&["--binary", "/bin/false"]));
    assert_eq!(code, Some(1), "{words}");
    assert!(words.contains("ended by itself: exit status: 1"), "{words}");
    assert!(words.contains("nothing has changed"), "{words}");
    goes_on(&mut farm, &mut miner, 1, "ended by itself");

    let (code, words) = said(&farm.upgrade(&["--binary", "no-such-file"]));
    assert_eq!(code, Some(1), "{words}");
    assert!(words.contains("no-such-file can't be started"), "{words}");
    goes_on(&mut farm, &mut miner, 2, "can't be started");

    let silent = farm.script("silent", "echo $$ > silent.pid; exec sleep 600");
    let (code, words) = said(&farm.upgrade(&["--binary", silent.to_str().unwrap()]));
    assert_eq!(code, Some(1), "{words}");
    assert!(words.contains("it says nothing"), "{words}");
    goes_on(&mut farm, &mut miner, 3, "it says nothing");
    let pid = std::fs::read_to_string(farm.folder().join("silent.pid")).unwrap();
    let alive = std::path::Path::new("/proc").join(pid.trim()).exists();
    assert!(!alive, "it was ended");

    let chatty = farm.script("chatty", "echo nonsense >&0; cat >/dev/null");
    let (code, words) = said(&farm.upgrade(&["--binary", chatty.to_str().unwrap()]));
    assert_eq!(code, Some(1), "{words}");
    assert!(words.contains("something too long"), "{words}");
    goes_on(&mut farm, &mut miner, 4, "something too long");
    assert!(pool.duplicates().is_empty());
    // And then one that is good.
    farm.upgraded();
}

#[test]
fn settings_that_are_wrong_are_told_with_key_and_line_and_leave_the_old_one_serving() {
    let pool = FakePool::start();
    let config = Config::on(&pool);
    let mut farm = Farm::start(&config);
    let mut miner = SimMiner::joined(farm.miners, "rig");
    let good = config.toml(farm.folder());
    farm.write_settings(&good.replace("share_goal", "share_gaol"));
    let line = 1 + good
        .lines()
        .position(|line| line.starts_with("share_goal"))
        .unwrap();
    let (code, words) = said(&farm.upgrade(&[]));
    assert_eq!(code, Some(78), "{words}");
    assert!(words.contains("miners.share_gaol"), "{words}");
    assert!(words.contains(&format!("{line}")), "{words}");
    goes_on(&mut farm, &mut miner, 1, "miners.share_gaol");

    let lanes = config.clone().set("node.lanes", 2);
    farm.write_settings(&lanes.toml(farm.folder()));
    let (code, words) = said(&farm.upgrade(&[]));
    assert_eq!(code, Some(78), "{words}");
    assert!(words.contains("node.lanes: it is 1"), "{words}");
    goes_on(&mut farm, &mut miner, 2, "node.lanes");

    let elsewhere = tempfile::tempdir().unwrap();
    farm.write_settings(&config.toml(elsewhere.path()));
    let (code, words) = said(&farm.upgrade(&[]));
    assert_eq!(code, Some(78), "{words}");
    assert!(words.contains("node.data: it is "), "{words}");
    goes_on(&mut farm, &mut miner, 3, "node.data");

    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = other.local_addr().unwrap();
    let both = format!("[\"127.0.0.1:0\", \"{taken}\"]");
    farm.write_settings(&config.set("miners.listen", both).toml(farm.folder()));
    let (code, words) = said(&farm.upgrade(&[]));
    assert_eq!(code, Some(78), "{words}");
    assert!(
        words.contains(&format!("can't listen on {taken}")),
        "{words}"
    );
    goes_on(&mut farm, &mut miner, 4, "can't listen on");

    farm.write_settings(&good);
    farm.upgraded();
}

#[test]
fn a_successor_that_is_killed_after_the_point_of_no_return_is_replaced_by_the_old_program() {
    let pool = FakePool::with(Script::answering(OnSubmit::Always(Answer::Silent)));
    let mut farm = Farm::start(&Config::on(&pool).set("node.drain", "\"60s\""));
    let mut miner = SimMiner::joined(farm.miners, "rig");
    let under_way = miner.submit_good(1);
    let submits = pool.wait_submits(1);
    farm.signal(farm.first(), "USR2");
    let successor = farm.wait_successor();
    // Before it is given anything it stops, and then it is gone.
    farm.signal(successor, "STOP");
    pool.answer(&submits[0], Answer::Accept);
    farm.wait_line("handing over");
    farm.signal(successor, "KILL");
    farm.wait_line("the program that ran before serves as process ");
    assert_eq!(farm.wait_first_end().code(), Some(0), "{:#?}", farm.log());
    assert!(miner.reply_to(under_way).is_ok());
    let next = miner.submit_good(2);
    pool.answer(&pool.wait_submits(2)[1], Answer::Accept);
    assert!(miner.reply_to(next).is_ok());
    let health = farm.json("/health");
    assert_eq!(health["last_upgrade"]["done"], false);
    assert!(pool.duplicates().is_empty());
}

#[test]
fn told_to_stop_while_a_successor_gets_ready_it_stops_and_so_does_the_successor() {
    let pool = FakePool::start();
    let mut farm = Farm::start(&Config::on(&pool));
    let slow = farm.script("slow", "echo $$ > slow.pid; exec sleep 600");
    let asking = {
        let mut command = std::process::Command::new(PROGRAM);
        command.args(["upgrade", "--data"]).arg(farm.folder());
        command.arg("--binary").arg(slow);
        command
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap()
    };
    let pid = clock::eventually("the slow one", || {
        let text = std::fs::read_to_string(farm.folder().join("slow.pid")).ok()?;
        text.trim().parse::<u32>().ok()
    });
    let (code, words) = said(&farm.upgrade(&[]));
    assert_eq!(code, Some(1), "{words}");
    assert_eq!(words, "an upgrade is under way\n");
    farm.signal(farm.first(), "TERM");
    assert_eq!(farm.wait_first_end().code(), Some(0));
    let (code, words) = said(&asking.wait_with_output().unwrap());
    assert_eq!((code, words.as_str()), (Some(1), "the daemon is leaving\n"));
    let alive = std::path::Path::new("/proc").join(pid.to_string()).exists();
    assert!(!alive, "it was ended");
}
