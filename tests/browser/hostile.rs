//! Names that miners give themselves stay text.

use serde_json::json;

use crate::scene::{Scene, assert_clean};

/// What would run, break out of an attribute, or turn the writing round: so short that it is not
/// taken for a wallet, and shown whole.
const HOSTILE: [&str; 3] = [
    "<img src=x onerror=h()>",
    "\"'><script>h()</script>",
    "\u{202e}</bdi><b id=main>",
];

#[test]
fn rigs_with_hostile_names_are_inert() {
    let scene = Scene::with(&HOSTILE, "en");
    scene.open();
    for name in HOSTILE {
        // What turns the writing round is spelt out.
        let shown = name.replace('\u{202e}', "\\u{202e}");
        let shown = format!(
            "document.querySelector('#rig-table').textContent.includes({})",
            json!(shown)
        );
        let what = format!("{name:?} is in the table");
        scene.browser.wait_until(&what, &shown);
    }
    // The details of each too.
    for at in 1..=HOSTILE.len() {
        let button = format!("#rig-table tbody tr:nth-child({at}) [data-act=rig]");
        scene.browser.click(&button);
        scene.browser.wait_until(
            "the details are there",
            "document.querySelector('#rig[open] #rig-shares table')",
        );
        // Escape.
        scene.browser.press('\u{e00c}');
        scene
            .browser
            .wait_until("they are closed", "!document.querySelector('#rig').open");
    }
    let made =
        "return document.querySelectorAll('img[src=x], script:not([src]), b[id=main]').length";
    assert_eq!(scene.browser.script(made, &[]), 0);
    // Nothing was even tried: the page's policy would have told so in the console.
    assert_clean(&scene.browser, &scene.url("/"));
}

#[test]
fn all_about_a_rig_opens_and_closes_by_keyboard_and_gives_the_focus_back() {
    let scene = Scene::with(&["north-1", "north-2"], "en");
    scene.open();
    scene.browser.wait_until(
        "the rigs are in the table",
        "document.querySelectorAll('#rig-table [data-act=rig]').length === 2",
    );
    let focus = "document.querySelector('#rig-table tbody tr:nth-child(2) [data-act=rig]')";
    scene.browser.script(&format!("{focus}.focus()"), &[]);
    let id = scene
        .browser
        .script("return document.activeElement.id", &[]);
    // Enter.
    scene.browser.press('\u{e007}');
    scene.browser.wait_until(
        "the details are there",
        "document.querySelector('#rig[open] #rig-shares tbody tr') \
         && document.querySelector('#chart-rig svg[data-points]')",
    );
    let text = scene.browser.text("#rig");
    for odd in ["undefined", "NaN", "[object", "null"] {
        assert!(!text.contains(odd), "{odd:?} in {text}");
    }
    scene.browser.press('\u{e00c}');
    scene
        .browser
        .wait_until("they are closed", "!document.querySelector('#rig').open");
    assert_eq!(
        scene
            .browser
            .script("return document.activeElement.id", &[]),
        id
    );
    assert_clean(&scene.browser, &scene.url("/"));
}
