//! `/docs`: a page that shows the API's document. Its files are part of the program, and it asks
//! nobody but this daemon.

use actix_web::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use actix_web::{HttpResponse, Responder, get, web};

use super::answer::ErrorAnswer;

const PAGE: &str = include_str!("docs/index.html");
const SCRIPT: &str = include_str!("docs/docs.js");
const STYLE: &str = include_str!("docs/docs.css");

/// The page loads nothing and asks nobody but its own origin.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The routes.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(page).service(asset);
}

/// The page.
#[get("/docs")]
async fn page() -> impl Responder {
    file("text/html; charset=utf-8", PAGE)
}

/// What it is made of.
#[get("/docs/assets/{name}")]
async fn asset(name: web::Path<String>) -> impl Responder {
    match name.as_str() {
        "docs.js" => file("text/javascript; charset=utf-8", SCRIPT),
        "docs.css" => file("text/css; charset=utf-8", STYLE),
        _ => HttpResponse::NotFound().json(ErrorAnswer::new("nothing is here; see /docs")),
    }
}

fn file(kind: &'static str, text: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((CONTENT_TYPE, kind))
        .body(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_small_and_names_no_other_host() {
        assert!(PAGE.len() + SCRIPT.len() + STYLE.len() < 40 << 10);
        for text in [PAGE, SCRIPT, STYLE] {
            assert!(!text.contains("//cdn") && !text.contains("https://"));
            assert!(!text.contains("innerHTML"), "texts are never read as HTML");
            assert!(!text.contains(" style=\""), "the policy refuses it");
        }
    }
}
