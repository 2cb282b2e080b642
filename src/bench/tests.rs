//! The generator against a stand-in proxy: what it measures, and that it tells what is wrong.

use std::time::Duration;

use super::{
    args::{BenchArgs, Common},
    figure::Figures,
    machine::Machine,
    plan,
    report::Document,
    stage::Stage,
    stand_in::{Fault, subject},
    subject::Terms,
    workload::{churn, fanout, idle, saturate, share},
};

/// Over one upstream's 256 slots, so that there are two.
const MINERS: usize = 300;
const TERMS: Terms = Terms {
    lanes: 1,
    miners: MINERS,
    tls: false,
    generators: 1,
};
const QUIET: Duration = Duration::from_millis(200);
const SECOND: Duration = Duration::from_secs(1);

fn stage(fault: Fault) -> Stage {
    super::limits::raise().unwrap();
    let mut stage = Stage::raise(&subject(fault), TERMS).unwrap();
    // What a fault keeps back never comes: no need to wait for it for long.
    stage.patience = Duration::from_secs(3);
    stage
}

/// A stage with all miners logged in.
fn farm(fault: Fault) -> (Stage, Figures) {
    let mut stage = stage(fault);
    let figures = idle::run(&mut stage, MINERS, QUIET).unwrap();
    (stage, figures)
}

fn is(figures: &Figures, figure: &str, expected: f64) -> bool {
    (figures.value(figure) - expected).abs() < 1e-9
}

fn broken(figures: Figures) -> Vec<String> {
    let mut document = Document::new(String::new(), None, Machine::read(), 1);
    document.add("stand-in", figures);
    document.broken_promises()
}

#[test]
fn idle_counts_every_login_and_upstream_and_sees_memory_and_processor_time() {
    let (_stage, figures) = farm(Fault::None);
    assert!(is(&figures, "upstream connections", 2.0));
    // 300 miners, two upstreams, and what any process has open.
    assert!(figures.value("descriptors") > 302.0);
    assert!(figures.value("logins per second") > 0.0);
    assert!(figures.value("CPU per login") > 0.0);
    assert!(figures.value("resident memory of the whole process") > 0.5);
    assert_eq!(broken(figures), [""; 0]);
}

#[test]
fn fan_out_sees_every_job_at_every_miner() {
    let (mut stage, _) = farm(Fault::None);
    let figures = fanout::run(&mut stage, MINERS, 5, Duration::from_millis(200)).unwrap();
    let (first, middle, last) = (
        figures.value("first miner of a job, 50 %"),
        figures.value("pool's write → miner has it, 50 %"),
        figures.value("longest"),
    );
    assert!(0.0 < first && first <= middle && middle <= last);
    assert_eq!(broken(figures), [""; 0]);
}

#[test]
fn several_processes_play_the_miners_as_one_does() {
    super::limits::raise().unwrap();
    let terms = Terms {
        generators: 3,
        ..TERMS
    };
    let mut stage = Stage::raise(&subject(Fault::None), terms).unwrap();
    let figures = idle::run(&mut stage, MINERS, QUIET).unwrap();
    assert!(is(&figures, "upstream connections", 2.0));
    assert!(figures.value("descriptors") > 302.0);
    assert_eq!(broken(figures), [""; 0]);
    let figures = fanout::run(&mut stage, MINERS, 5, Duration::from_millis(200)).unwrap();
    // Were the clocks not one, the miners would have had jobs before they were written.
    assert!(figures.value("first miner of a job, 50 %") > 0.0);
    assert_eq!(broken(figures), [""; 0]);
}

#[test]
fn a_miner_of_another_process_that_is_refused_ends_the_run_too() {
    let terms = Terms {
        generators: 2,
        ..TERMS
    };
    let mut stage = Stage::raise(&subject(Fault::RefusesTheTenthLogin), terms).unwrap();
    let error = idle::run(&mut stage, MINERS, QUIET).unwrap_err();
    assert!(error.to_string().contains("Permission denied"), "{error}");
}

#[test]
fn only_what_can_be_divided_is() {
    let divided = |line| arguments(line).may_be_divided();
    assert!(divided("idle") && divided("fanout"));
    assert!(!divided("share") && !divided("saturate") && !divided("churn"));
    let args = arguments("share --generators 2");
    let mut document = Document::new(String::new(), None, Machine::read(), 1);
    let error = plan::carry_out(&args, &[subject(Fault::None)], &mut document).unwrap_err();
    assert!(
        error.to_string().contains("only idle and fanout"),
        "{error}"
    );
}

#[test]
fn shares_are_sent_at_the_rate_asked_for_and_all_are_accounted_for() {
    let (mut stage, _) = farm(Fault::None);
    let figures = share::run(&mut stage, MINERS, 500, SECOND).unwrap();
    assert!(figures.value("miner → pool, 50 %") > 0.0);
    assert!(figures.value("miner → reply, 50 %") >= figures.value("miner → pool, 50 %"));
    assert!(figures.value("CPU per share") > 0.0);
    assert_eq!(broken(figures), [""; 0]);
}

#[test]
fn a_run_that_would_not_fit_the_books_is_refused_before_it_begins() {
    let (mut stage, _) = farm(Fault::None);
    let error = share::run(&mut stage, MINERS, 1_000_000, 11 * SECOND).unwrap_err();
    assert!(error.to_string().contains("10000000"), "{error}");
}

#[test]
fn a_closed_loop_gives_the_best_of_its_levels() {
    let (mut stage, _) = farm(Fault::None);
    let figures = saturate::run(&mut stage, MINERS, &[1, 64], SECOND).unwrap();
    let levels = ["with 1 outstanding", "with 64 outstanding"].map(|l| figures.value(l));
    let best = levels.into_iter().fold(0.0, f64::max);
    assert!(is(&figures, "highest, nothing lost", best));
    assert_eq!(broken(figures), [""; 0]);
}

#[test]
fn churn_counts_whole_cycles_and_upstreams() {
    let mut stage = stage(Fault::None);
    let plan = churn::Plan {
        at_once: 16,
        span: SECOND,
        stay: Duration::ZERO,
        job_every: Duration::from_millis(300),
    };
    let figures = churn::run(&mut stage, plan).unwrap();
    assert!(figures.value("connect-login-leave cycles per second") > 16.0);
    assert!(is(&figures, "upstream connections opened", 0.0));
    assert!(is(&figures, "upstream connections left", 1.0));
}

const LOST: &str = "shares that never reached the pool";
const UNANSWERED: &str = "shares never answered";
const DOUBLED: &str = "shares that reached the pool twice";
const ODD: &str = "shares or answers astray or altered";

/// Submits 100 shares with `fault` and checks what is counted.
fn counts_of(fault: Fault, counts: &[(&str, f64)]) {
    let (mut stage, _) = farm(fault);
    let figures = share::run(&mut stage, MINERS, 100, SECOND).unwrap();
    for (promise, count) in counts {
        let counted = figures.value(promise);
        assert!((counted - count).abs() < 1e-9, "{promise}: {counted}");
    }
    assert!(!broken(figures).is_empty());
}

#[test]
fn a_lost_share_is_counted_on_both_ways() {
    let counts = [(LOST, 2.0), (UNANSWERED, 2.0), (DOUBLED, 0.0)];
    counts_of(Fault::LosesEachFiftiethShare, &counts);
}

#[test]
fn a_doubled_share_is_counted() {
    counts_of(
        Fault::DoublesEachFiftiethShare,
        &[(DOUBLED, 2.0), (LOST, 0.0)],
    );
}

#[test]
fn an_altered_share_is_counted() {
    counts_of(Fault::ChangesANonce, &[(ODD, 2.0), (UNANSWERED, 0.0)]);
}

#[test]
fn an_answer_to_the_wrong_miner_is_astray_and_the_right_one_goes_without() {
    let counts = [(ODD, 1.0), (UNANSWERED, 1.0), (LOST, 0.0)];
    counts_of(Fault::MixesAnswersUp, &counts);
}

#[test]
fn jobs_that_are_missed_or_repeated_are_counted() {
    // Slot 3 exists on both upstreams; 300 miners fill the second up to slot 43.
    for (fault, promise, count) in [
        (Fault::KeepsAJobFromMinerThree, "jobs that never came", 4.0),
        (Fault::SendsJobsTwice, "jobs that came twice", 600.0),
    ] {
        let (mut stage, _) = farm(fault);
        let interval = Duration::from_millis(200);
        let figures = fanout::run(&mut stage, MINERS, 2, interval).unwrap();
        let counted = figures.value(promise);
        assert!(
            (counted - count).abs() < 1e-9,
            "{fault:?}: {promise}: {counted}"
        );
    }
}

#[test]
fn one_slot_for_two_miners_is_a_broken_promise() {
    let (_stage, figures) = farm(Fault::GivesOneSlotToAll);
    assert!(is(&figures, "miners with another's slot", 299.0));
}

#[test]
fn a_refused_miner_ends_the_run_with_the_proxys_own_words() {
    let mut stage = stage(Fault::RefusesTheTenthLogin);
    let error = idle::run(&mut stage, MINERS, QUIET)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("the login was refused: Permission denied"),
        "{error}"
    );
}

#[test]
fn a_proxy_that_dies_ends_the_run_with_its_status_and_last_lines() {
    let mut stage = stage(Fault::DiesAtTheTenthLogin);
    let error = idle::run(&mut stage, MINERS, QUIET)
        .unwrap_err()
        .to_string();
    assert!(error.contains("exit status: 70"), "{error}");
    assert!(
        error.contains("the stand-in dies as it was told"),
        "{error}"
    );
}

#[test]
fn a_proxy_that_does_not_start_is_told_at_once() {
    let broken = super::subject::Subject::by_command(
        "/nonexistent/proxy {config}",
        super::subject::ConfigFormat::Zartrux,
    );
    let error = Stage::raise(&broken, TERMS).err().unwrap().to_string();
    assert!(error.contains("exit status: 127"), "{error}");
    assert!(error.contains("/nonexistent/proxy"), "{error}");
}

/// Arguments for the stand-in, as the command line would give them.
fn arguments(line: &str) -> BenchArgs {
    #[derive(clap::Parser)]
    struct Cli {
        #[command(subcommand)]
        args: BenchArgs,
    }
    let words = std::iter::once("bench").chain(line.split(' '));
    <Cli as clap::Parser>::parse_from(words).args
}

#[test]
fn several_proxies_make_one_report_with_all_runs() {
    let args = arguments("fanout --miners 20 --runs 2 --quiet 1 --jobs 2 --job-interval 50");
    let mut second = subject(Fault::None);
    second.name = "other".to_owned();
    let subjects = [subject(Fault::None), second];
    let mut document = Document::new("bench fanout".into(), None, Machine::read(), 2);
    plan::carry_out(&args, &subjects, &mut document).unwrap();
    let text = document.render(None);
    let lines: Vec<&str> = text
        .lines()
        .filter(|l| l.contains("logins per second"))
        .collect();
    assert_eq!(lines.len(), 1, "{text}");
    assert!(
        lines.iter().all(|l| l.matches(" – ").count() == 2),
        "{text}"
    );
    assert_eq!(document.broken_promises(), [""; 0]);
}

#[test]
fn what_was_measured_before_a_failure_stays_in_the_report() {
    let args = arguments("idle --miners 3,5 --runs 1 --quiet 1");
    let works = subject(Fault::None);
    let dies = super::subject::Subject::by_command("false", super::subject::ConfigFormat::Zartrux);
    let mut document = Document::new("bench idle".into(), None, Machine::read(), 1);
    let error = plan::carry_out(&args, &[works, dies], &mut document).unwrap_err();
    assert!(format!("{error:#}").contains("exit status: 1"), "{error:#}");
    assert!(document.render(None).contains("logins per second"));
}

#[test]
fn the_own_program_is_measured_unless_another_is_named() {
    let names = |line: &str| -> Vec<String> {
        let args = arguments(line);
        let common: &Common = args.common();
        let subjects = plan::subjects(common).unwrap();
        subjects.into_iter().map(|subject| subject.name).collect()
    };
    assert_eq!(names("idle"), ["zartrux"]);
    assert_eq!(
        names("idle --peer xmrig-proxy=/x"),
        ["zartrux", "xmrig-proxy"]
    );
    assert_eq!(names("idle --proxy-command x"), ["proxy"]);
}
