//! The page of the demo: real RandomX, a failing rig, and the pictures that the book shows.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::driver::{Browser, Size};
use crate::looks::{DESK, PHONE};
use crate::scene::{assert_clean, wait_data};

/// The demo, ended when dropped.
struct Demo {
    child: Child,
    url: String,
}

impl Demo {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_zartrux"))
            .args(["demo", "--for", "10m", "--monitor", "127.0.0.1:0"])
            .args(["--difficulty", "10", "--seconds-per-job", "20"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let url = loop {
            let mut line = String::new();
            assert_ne!(lines.read_line(&mut line).unwrap(), 0, "the demo ended");
            if let Some((_, url)) = line.split_once("monitor page: ") {
                break url.trim().to_owned();
            }
        };
        // It must not wait for somebody who reads the rest.
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        Self { child, url }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // Fails when it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where pictures go, if they are wanted.
fn folder() -> Option<PathBuf> {
    std::env::var_os("ZARTRUX_SCREENSHOTS").map(PathBuf::from)
}

#[test]
fn the_demos_page_names_the_failing_rig_and_shows_what_is_proved() {
    let browser = Browser::launch("en");
    let demo = Demo::start();
    browser.resize(DESK);
    browser.goto(&demo.url);
    wait_data(&browser);
    browser.wait_until(
        "the failing rig is named",
        "document.querySelector('#attention').textContent.includes('rig-3-failing')",
    );
    browser.wait_until(
        "hashes were recomputed",
        "document.querySelector('[data-field=\"prover.hashes\"]')?.dataset.value > 0",
    );
    browser.wait_until(
        "shares were accepted",
        "document.querySelector('[data-field=\"shares.accepted\"]')?.dataset.value > 0",
    );
    assert_clean(&browser, &demo.url);
    if let Some(folder) = folder() {
        std::fs::create_dir_all(&folder).unwrap();
        for many in [40, 80, 120] {
            browser.wait_until(
                "there is something to see",
                &format!(
                    "document.querySelector('[data-field=\"shares.accepted\"]')?.dataset.value > {many}"
                ),
            );
        }
        let desk = Size(DESK.0, 1600);
        for (name, size, shown, scheme, lang) in [
            ("monitor-en", DESK, desk, "light", "en"),
            ("monitor-es", DESK, desk, "dark", "es"),
            ("phone-en", PHONE, PHONE, "dark", "en"),
            ("phone-es", PHONE, PHONE, "light", "es"),
        ] {
            browser.click(&format!("[data-act=lang][data-lang={lang}]"));
            browser.prefer_scheme(scheme);
            browser.resize(size);
            browser.wait_until(
                "the charts are drawn",
                "document.querySelector('#chart-rate svg[data-points]')?.dataset.points > 0",
            );
            std::fs::write(
                folder.join(format!("{name}.png")),
                browser.screenshot(shown),
            )
            .unwrap();
        }
    }
}
