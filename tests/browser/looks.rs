//! How the page looks: languages, colours, a phone.

use serde_json::Value;

use crate::driver::Size;
use crate::scene::{Scene, assert_clean};

/// A phone held upright.
pub(crate) const PHONE: Size = Size(390, 844);
pub(crate) const DESK: Size = Size(1440, 900);

/// How much wider than the window the page is.
fn overflow(scene: &Scene) -> i64 {
    let body = "return document.documentElement.scrollWidth - window.innerWidth";
    scene.browser.script(body, &[]).as_i64().unwrap()
}

#[test]
fn the_page_fits_a_phone_and_a_desk_in_both_colours() {
    let scene = Scene::with(&["north-1", &"long-name-".repeat(18)], "en");
    for scheme in ["light", "dark"] {
        scene.browser.prefer_scheme(scheme);
        for size in [PHONE, DESK] {
            scene.browser.resize(size);
            scene.open();
            assert!(
                overflow(&scene) <= 0,
                "{scheme} {size:?}: {} too wide",
                overflow(&scene)
            );
        }
    }
    let background = |scheme: &str| {
        scene.browser.prefer_scheme(scheme);
        scene.browser.script(
            "return getComputedStyle(document.body).backgroundColor",
            &[],
        )
    };
    assert_ne!(background("light"), background("dark"));
    assert_clean(&scene.browser, &scene.url("/"));
}

#[test]
fn the_language_is_the_readers_and_can_be_switched_for_good() {
    let scene = Scene::with(&["north-1"], "es");
    scene.open();
    let language = || {
        scene
            .browser
            .script("return document.documentElement.lang", &[])
    };
    assert_eq!(language(), "es");
    let spanish = scene.browser.text("#h-farm");
    scene.browser.click("[data-act=lang][data-lang=en]");
    scene
        .browser
        .wait_until("it is English", "document.documentElement.lang === 'en'");
    assert_ne!(scene.browser.text("#h-farm"), spanish);
    scene.open();
    assert_eq!(language(), "en", "the choice outlives a reload");
    // No key of a text shows where its text is missing.
    for lang in ["en", "es"] {
        scene
            .browser
            .click(&format!("[data-act=lang][data-lang={lang}]"));
        scene.browser.wait_until(
            &format!("it is {lang}"),
            &format!("document.documentElement.lang === '{lang}'"),
        );
        let text = scene.browser.text("body");
        for odd in ["undefined", "NaN", "[object", "null"] {
            assert!(!text.contains(odd), "{lang}: {odd:?} in {text}");
        }
    }
    assert_clean(&scene.browser, &scene.url("/"));
}

#[test]
fn the_page_can_be_used_by_keyboard_and_by_a_screen_reader() {
    let scene = Scene::with(&["north-1"], "en");
    scene.open();
    let faults = scene.browser.script(
        "const named = (node) => (node.getAttribute('aria-label') || node.textContent || \
           node.getAttribute('title') || '').trim() !== '' || node.labels?.length > 0 || \
           node.hasAttribute('aria-labelledby');\
         const out = [];\
         for (const node of document.querySelectorAll('button, a[href], input, select, [role=img]'))\
           if (!named(node)) out.push('no name: ' + node.outerHTML.slice(0, 120));\
         for (const node of document.querySelectorAll('[role=button], [onclick]'))\
           out.push('no real button: ' + node.outerHTML.slice(0, 120));\
         for (const table of document.querySelectorAll('table'))\
           if (!table.querySelector('th[scope]') && !table.querySelector('thead th')) out.push('no headers');\
         if (document.querySelectorAll('h1').length !== 1) out.push('not one h1');\
         if (!document.querySelector('main')) out.push('no main');\
         const ids = [...document.querySelectorAll('[id]')].map((node) => node.id);\
         for (const id of ids) if (ids.filter((other) => other === id).length > 1) out.push('twice: ' + id);\
         return out",
        &[],
    );
    assert_eq!(faults, Value::Array(Vec::new()));
    // A table is sorted by a button in its header, which says how.
    scene.browser.wait_until(
        "the table of rigs",
        "document.querySelector('#rig-table th [data-act=sort]')",
    );
    scene.browser.click("#rig-table th [data-act=sort]");
    scene.browser.wait_until(
        "it says how it is sorted",
        "document.querySelector('#rig-table th[aria-sort]')",
    );
    assert_clean(&scene.browser, &scene.url("/"));
}
