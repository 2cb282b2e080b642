//! Names that miners give themselves stay text.

use serde_json::json;

use crate::scene::{Scene, assert_clean};

/// What would run, break out of an attribute, or turn the writing round.
const HOSTILE: &str =
    "<img src=x onerror=window.hacked=1>\"'><script>window.hacked=2</script>\u{202e}";

#[test]
fn a_rig_with_a_hostile_name_is_inert() {
    let scene = Scene::with(&[HOSTILE], "en");
    scene.open();
    let shown = format!(
        "document.querySelector('#rig-table').textContent.includes({})",
        json!("onerror=window.hacked")
    );
    scene.browser.wait_until("the rig is in the table", &shown);
    // Its details too.
    scene.browser.click("#rig-table [data-act=rig]");
    scene.browser.wait_until(
        "the details are there",
        "[...document.querySelectorAll('dialog[open], [role=dialog], #rig')].some((node) => node.textContent.includes('onerror'))",
    );
    let elements = "return document.querySelectorAll('img[src=x], script:not([src])').length";
    assert_eq!(scene.browser.script(elements, &[]), 0);
    assert!(
        scene
            .browser
            .script("return window.hacked ?? null", &[])
            .is_null()
    );
    assert_clean(&scene.browser, &scene.url("/"));
}
