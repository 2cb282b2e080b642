//! The monitor page: its files, which are part of the program. They hold no data; the page asks the
//! API for that.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, Responder, get, web};

/// What a browser may do with the page: load its own files, and ask this daemon. Nothing else, and
/// nobody may show it in a frame.
pub(super) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'";

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// A file of the page.
struct Asset {
    /// As it stands in `/assets/`.
    name: &'static str,
    content_type: &'static str,
    text: &'static str,
    /// Of its text: FNV-1a, told as its `ETag`.
    tag: u64,
}

impl Asset {
    const fn new(name: &'static str, content_type: &'static str, text: &'static str) -> Self {
        Self {
            name,
            content_type,
            text,
            tag: fnv1a(text.as_bytes()),
        }
    }
}

const fn fnv1a(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    hash
}

macro_rules! asset {
    ($name:literal, $content_type:expr) => {
        Asset::new(
            $name,
            $content_type,
            include_str!(concat!("assets/", $name)),
        )
    };
}

static INDEX: Asset = asset!("index.html", "text/html; charset=utf-8");

static ASSETS: [Asset; 19] = [
    asset!("app.js", SCRIPT),
    asset!("boot.js", SCRIPT),
    asset!("charts.js", SCRIPT),
    asset!("dom.js", SCRIPT),
    asset!("en.js", SCRIPT),
    asset!("es.js", SCRIPT),
    asset!("events.js", SCRIPT),
    asset!("farm.js", SCRIPT),
    asset!("fmt.js", SCRIPT),
    asset!("history.js", SCRIPT),
    asset!("ia.js", SCRIPT),
    asset!("icon.svg", "image/svg+xml"),
    asset!("net.js", SCRIPT),
    asset!("rig.js", SCRIPT),
    asset!("rigs.js", SCRIPT),
    asset!("style.css", "text/css; charset=utf-8"),
    asset!("system.js", SCRIPT),
    asset!("text.js", SCRIPT),
    asset!("verdict.js", SCRIPT),
];

/// The page with all its files, bytes as they are sent: nothing is compressed.
#[must_use]
pub fn page_bytes() -> usize {
    let files = ASSETS.iter().map(|asset| asset.text.len());
    INDEX.text.len() + files.sum::<usize>()
}

/// The page for people.
#[get("/")]
pub(super) async fn index(request: HttpRequest) -> impl Responder {
    served(&request, &INDEX)
}

/// A file of it.
#[get("/assets/{name}")]
pub(super) async fn file(request: HttpRequest, name: web::Path<String>) -> impl Responder {
    ASSETS.iter().find(|asset| asset.name == *name).map_or_else(
        || HttpResponse::NotFound().body("no such file"),
        |asset| served(&request, asset),
    )
}

/// The file, or that the browser's copy is still good. It has to ask each time: after an update of
/// the program the parts of the page must fit each other.
fn served(request: &HttpRequest, asset: &Asset) -> HttpResponse {
    let tag = format!("\"{:016x}\"", asset.tag);
    let known = request
        .headers()
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|tags| tags.split(',').any(|one| one.trim() == tag));
    let mut response = if known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header((header::ETAG, tag))
        .insert_header((header::CACHE_CONTROL, "no-cache"));
    if known {
        response.finish()
    } else {
        response.content_type(asset.content_type).body(asset.text)
    }
}

#[cfg(test)]
mod tests;
