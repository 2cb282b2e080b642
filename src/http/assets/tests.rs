use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderName, IF_NONE_MATCH,
};
use actix_web::{App, test as client};

use zartrux_models::filter::Stage;
use zartrux_models::ledger::AlertKind;
use zartrux_models::share::RefusalReason;
use zartrux_models::stratum::ErrorClass;

use super::*;
use crate::node::{STANDINGS, standing_label};
use crate::overview::RigState;

/// Of all files together, bytes.
const LARGEST: usize = 300 * 1024;

fn every() -> impl Iterator<Item = &'static Asset> {
    std::iter::once(&INDEX).chain(&ASSETS)
}

fn scripts() -> impl Iterator<Item = &'static Asset> {
    ASSETS.iter().filter(|asset| asset.content_type == SCRIPT)
}

/// What stands between each `begin` and the next `"`.
fn quoted<'a>(text: &'a str, begin: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(begin)
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
}

/// The keys of a book of texts, and their texts, a line each.
fn book(name: &str) -> Vec<(&'static str, &'static str)> {
    let asset = ASSETS.iter().find(|asset| asset.name == name).unwrap();
    asset
        .text
        .lines()
        .filter_map(|line| line.strip_prefix("  \"")?.strip_suffix("\","))
        .map(|line| line.split_once("\": \"").unwrap())
        .collect()
}

fn keys(name: &str) -> BTreeSet<&'static str> {
    book(name).into_iter().map(|(key, _)| key).collect()
}

/// The places of a text that are filled, such as `{count}`.
fn places(text: &str) -> BTreeSet<&str> {
    text.split('{')
        .skip(1)
        .filter_map(|rest| rest.split('}').next())
        .collect()
}

/// Keys that the page names: those that stand there whole, and beginnings of such as are made of a
/// kind and a word of the daemon.
fn named() -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut whole, mut begun) = (BTreeSet::new(), BTreeSet::new());
    for attribute in ["data-t=\"", "data-t-label=\"", "data-t-hint=\""] {
        whole.extend(quoted(INDEX.text, attribute).map(str::to_owned));
    }
    for script in scripts() {
        // Not `get("…")` and the like.
        for begin in ["(t(\"", " t(\"", "[t(\"", "{t(\"", "`t(\""] {
            whole.extend(quoted(script.text, begin).map(str::to_owned));
        }
        whole.extend(quoted(script.text, "step(\"").map(str::to_owned));
        for key in quoted(script.text, "tn(\"") {
            whole.insert(format!("{key}_one"));
            whole.insert(format!("{key}_other"));
        }
        begun.extend(quoted(script.text, "word(\"").map(|kind| format!("{kind}.")));
    }
    (whole, begun)
}

#[actix_web::test]
async fn every_file_is_served_with_its_type_and_asked_for_anew_each_time() {
    let app = App::new()
        .wrap(super::super::security_headers())
        .service(index)
        .service(file);
    let app = client::init_service(app).await;
    for asset in every() {
        let path = if std::ptr::eq(asset, &raw const INDEX) {
            "/".to_owned()
        } else {
            format!("/assets/{}", asset.name)
        };
        let ask = || client::TestRequest::get().uri(&path);
        let response = client::call_service(&app, ask().to_request()).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let told = |name: HeaderName| response.headers().get(name).unwrap().to_str().unwrap();
        assert_eq!(told(CONTENT_TYPE), asset.content_type, "{path}");
        assert_eq!(told(CACHE_CONTROL), "no-cache", "{path}");
        assert_eq!(told(CONTENT_SECURITY_POLICY), POLICY, "{path}");
        let tag = told(ETAG).to_owned();
        assert_eq!(client::read_body(response).await, asset.text, "{path}");

        let again = ask().insert_header((IF_NONE_MATCH, tag)).to_request();
        let response = client::call_service(&app, again).await;
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{path}");
        let other = ask().insert_header((IF_NONE_MATCH, "\"0\"")).to_request();
        let response = client::call_service(&app, other).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
    }
    for path in ["/assets/", "/assets/none.js", "/assets/..%2fmod.rs"] {
        let request = client::TestRequest::get().uri(path).to_request();
        let response = client::call_service(&app, request).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[test]
fn the_policy_lets_the_page_load_nothing_but_its_own_files() {
    for part in POLICY.split("; ") {
        let (what, whence) = part.split_once(' ').unwrap();
        let allowed: &[&str] = match what {
            "script-src" | "style-src" | "connect-src" | "form-action" => &["'self'"],
            "img-src" => &["'self' data:"],
            _ => &["'none'"],
        };
        assert!(allowed.contains(&whence), "{part}");
    }
    assert!(POLICY.starts_with("default-src 'none'; "));
}

#[test]
fn the_files_are_small_together_and_each_has_its_own_tag() {
    let total = page_bytes();
    assert!(total < LARGEST, "{total} bytes");
    let tags: BTreeSet<_> = every().map(|asset| asset.tag).collect();
    assert_eq!(tags.len(), ASSETS.len() + 1);
}

#[test]
fn nothing_refers_to_another_host_and_nothing_is_run_from_within_the_page() {
    for asset in every() {
        for scheme in [
            "http:",
            "https:",
            "ws:",
            "wss:",
            "src=\"//",
            "href=\"//",
            "@import",
            "url(",
        ] {
            // The name of a vocabulary is not fetched.
            let text = asset.text.replace("http://www.w3.org/2000/svg", "");
            assert!(!text.contains(scheme), "{}: {scheme}", asset.name);
        }
        for way in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
        ] {
            assert!(!asset.text.contains(way), "{}: {way}", asset.name);
        }
    }
    for inline in [
        "style=\"",
        "<style",
        "<script>",
        " onclick",
        " onload",
        "javascript:",
    ] {
        assert!(!INDEX.text.contains(inline), "{inline}");
    }
}

#[test]
fn every_file_that_the_page_names_is_served_and_every_file_is_named() {
    let mut named: BTreeSet<&str> = quoted(INDEX.text, "\"/assets/").collect();
    for script in scripts() {
        named.extend(quoted(script.text, "from \"./"));
        named.extend(quoted(script.text, "import \"./"));
    }
    let served: BTreeSet<&str> = ASSETS.iter().map(|asset| asset.name).collect();
    assert_eq!(named, served);
}

#[test]
fn both_languages_have_the_same_keys_with_the_same_places() {
    let (en, es) = (book("en.js"), book("es.js"));
    assert!(en.len() > 100, "the books were read");
    assert_eq!(keys("en.js").len(), en.len(), "no key stands there twice");
    assert_eq!(
        en.iter().map(|(key, _)| key).collect::<Vec<_>>(),
        es.iter().map(|(key, _)| key).collect::<Vec<_>>()
    );
    for ((key, en), (_, es)) in en.iter().zip(&es) {
        assert_eq!(places(en), places(es), "{key}");
        assert!(!en.is_empty() && !es.is_empty(), "{key}");
    }
}

#[test]
fn every_text_that_the_page_names_exists_and_every_text_is_named() {
    let known = keys("en.js");
    let (whole, begun) = named();
    assert!(whole.len() > 100 && begun.len() > 10, "the page was read");
    for key in &whole {
        assert!(
            known.contains(key.as_str()),
            "{key} is named and has no text"
        );
    }
    for kind in &begun {
        assert!(
            known.iter().any(|key| key.starts_with(kind.as_str())),
            "no text begins with {kind}"
        );
    }
    for key in known {
        let used = whole.contains(key)
            || begun.iter().any(|kind| key.starts_with(kind.as_str()))
            || key.starts_with("over_")
            || scripts().any(|script| {
                !matches!(script.name, "en.js" | "es.js")
                    && script.text.contains(&format!("\"{key}\""))
            });
        assert!(used, "{key} is never used");
    }
}

#[test]
fn every_name_that_the_daemon_uses_has_a_word() {
    let known = keys("en.js");
    let named = |kind: &str, labels: &[&str]| {
        for label in labels {
            assert!(
                known.contains(&*format!("{kind}.{label}")),
                "{kind}.{label}"
            );
        }
    };
    named("presence", &RigState::ALL.map(RigState::label));
    named("presence", &STANDINGS.map(standing_label));
    named("refusal", &RefusalReason::ALL.map(RefusalReason::label));
    named("reject", &ErrorClass::ALL.map(ErrorClass::label));
    named("filter", &Stage::ALL.map(Stage::name));
    named("alert", &AlertKind::ALL.map(AlertKind::label));
    for state in RigState::ALL {
        // None is of a rig that has only a name, which is not worth a choice.
        let chosen = format!("<option value=\"{}\"", state.label());
        assert_eq!(
            INDEX.text.contains(&chosen),
            state != RigState::Unknown,
            "{chosen}"
        );
    }
}

#[test]
fn the_first_paint_has_every_section_and_waits_for_nothing() {
    for section in [
        "verdict", "farm", "need", "ia", "history", "rigs", "system", "events",
    ] {
        assert!(
            INDEX.text.contains(&format!("<section id=\"{section}\""))
                || INDEX.text.contains(&format!("id=\"{section}\" data-state")),
            "{section}"
        );
    }
    assert!(INDEX.text.matches("waiting for data").count() > 10);
}
