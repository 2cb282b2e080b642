//! The page against reports that are known: what stands on it, and that the book's own was not edited.

use std::path::{Path, PathBuf};

use super::*;
use crate::bench::figure::Figures;
use crate::bench::report::Document;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn fixture() -> PathBuf {
    root().join("tests/fixtures/performance")
}

/// The page that stands in a folder, with the pictures it should have.
fn stands(page: &Path, made: &Made) {
    let text = fs::read_to_string(page).unwrap();
    for (line, (is, should)) in text.lines().zip(made.text.lines()).enumerate() {
        assert_eq!(is, should, "{}, line {}", page.display(), line + 1);
    }
    assert_eq!(text, made.text, "{}", page.display());
    for (name, svg) in &made.images {
        let path = page.with_file_name(IMAGES).join(name);
        assert_eq!(
            &fs::read_to_string(&path).unwrap(),
            svg,
            "{}",
            path.display()
        );
    }
}

#[test]
fn the_page_of_known_reports_is_the_known_page() {
    let page = fixture().join("page.md");
    let made = make(&fixture()).unwrap();
    stands(&page, &made);
}

#[test]
fn the_page_in_the_book_is_what_its_reports_make_and_nobody_edited_it() {
    let results = root().join("docs/src/results");
    let made = make(&results.join("reports/performance")).unwrap();
    stands(&results.join("performance.md"), &made);
}

/// The fixture's reports in a folder of their own, where one may be changed.
fn copied() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(fixture()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|it| it == "json") {
            fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
        }
    }
    folder
}

fn change(folder: &Path, report: &str, change: impl FnOnce(&mut Document)) {
    let path = folder.join(format!("{report}.json"));
    let mut document = Document::read(&path).unwrap();
    change(&mut document);
    document.write(&path).unwrap();
}

#[test]
fn a_peer_that_was_measured_in_turn_takes_the_place_of_what_was_published() {
    let folder = copied();
    assert!(
        make(folder.path())
            .unwrap()
            .text
            .contains("not measured side by side")
    );
    change(folder.path(), "fanout", |document| {
        let mut figures = Figures::of("idle", 1_000);
        figures.proxy("logins per second", "1/s", 777_777.0);
        document.add(peer::MEASURED, figures);
    });
    let text = make(folder.path()).unwrap().text;
    assert!(text.contains("was measured in turn with this program"));
    let line = text.lines().find(|line| line.contains("777,777")).unwrap();
    assert!(line.contains("**behind**"), "{line}");
}

#[test]
fn a_broken_promise_stands_at_the_head() {
    let folder = copied();
    change(folder.path(), "share", |document| {
        let mut figures = Figures::of("share, 1000/s", 1_000);
        figures.must_be_zero("shares refused", 3);
        document.add("zartrux", figures);
    });
    let text = make(folder.path()).unwrap().text;
    let (head, _) = text.split_once("\n## ").unwrap();
    assert!(head.contains("What must not happen has happened"), "{head}");
    assert!(head.contains("shares refused: up to 3"), "{head}");
}

#[test]
fn what_speaks_against_the_figures_is_told() {
    let folder = copied();
    change(folder.path(), "fanout", |document| {
        document.machine.load_before = "3.10".to_owned();
        document.machine.build = "debug".to_owned();
        document.dirty = true;
    });
    change(folder.path(), "churn", |document| document.commit = None);
    let text = make(folder.path()).unwrap().text;
    for words in [
        "not quiet when this began (load 3.10)",
        "say nothing about speed: `fanout`.",
        "changes that are in no commit: `fanout`.",
        "not all of the same commit",
        "its limit and not the proxy's: `saturate`.",
    ] {
        assert!(text.contains(words), "{words}");
    }
}

#[test]
fn a_farm_of_a_hundred_thousand_needs_no_extrapolation() {
    let folder = copied();
    change(folder.path(), "growth-fanout", |document| {
        for subject in [WITHOUT_STORE, AS_IT_COMES] {
            let mut figures = Figures::of("idle", 100_000);
            figures.proxy("resident memory of the whole process", "MiB", 60.0);
            document.add(subject, figures);
        }
    });
    let text = make(folder.path()).unwrap().text;
    assert!(text.contains("Farms of up to 100,000 miners were measured. One lane."));
    assert!(!text.contains("an extrapolation"));
}

#[test]
fn a_missing_report_and_one_of_other_lanes_are_named() {
    let folder = copied();
    change(folder.path(), "lanes-2-fanout", |document| {
        document.lanes = Some(3);
    });
    let error = make(folder.path()).err().unwrap();
    assert!(
        format!("{error:#}").contains("lanes-2-fanout.json is not of 2 lanes"),
        "{error:#}"
    );
    fs::remove_file(folder.path().join("lanes-2-fanout.json")).unwrap();
    let error = make(folder.path()).err().unwrap();
    assert!(
        format!("{error:#}").contains("lanes-2-fanout.json"),
        "{error:#}"
    );
}

#[test]
fn published_figures_that_cannot_be_are_refused() {
    let folder = copied();
    let path = folder.path().join("xmrig-proxy-6.26.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("16400", "99999")).unwrap();
    let error = make(folder.path()).err().unwrap();
    let words = format!("{error:#}");
    assert!(words.contains("logins per second"), "{words}");
    assert!(words.contains("not between the extremes"), "{words}");
}

#[test]
fn pictures_hold_nothing_that_is_no_number_and_know_the_dark() {
    for (name, svg) in make(&fixture()).unwrap().images {
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{name}");
        assert!(svg.contains("prefers-color-scheme: dark"), "{name}");
    }
}

#[test]
fn the_page_is_written_with_its_pictures_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("page.md");
    let reports = fixture();
    run(&Page {
        reports,
        out: out.clone(),
    })
    .unwrap();
    stands(&out, &make(&fixture()).unwrap());
}
