//! Which role a route needs.

use actix_web::http::Method;

use super::Role;

/// Pages that hold no data: what they show they ask for, with the reader's token.
const OPEN: [&str; 5] = [
    "/",
    "/docs",
    "/health/live",
    "/health/ready",
    "/api/v1/openapi.json",
];

/// Folders of files that are part of the program.
const OPEN_BELOW: [&str; 2] = ["/assets/", "/docs/assets/"];

/// Posts that change nothing: they ask a question that is too long for an address.
const QUESTIONS: [&str; 1] = ["/api/v1/predict"];

/// The role that a request needs. What is not known needs the highest that its method suggests.
pub(super) fn needed(method: &Method, path: &str) -> Role {
    let is_open = OPEN.contains(&path) || OPEN_BELOW.iter().any(|below| path.starts_with(below));
    if method == Method::GET || method == Method::HEAD {
        if is_open { Role::Nobody } else { Role::Read }
    } else if method == Method::POST && QUESTIONS.contains(&path) {
        Role::Read
    } else {
        Role::Admin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_data_needs_a_reader_and_what_changes_something_an_admin() {
        for (method, path, role) in [
            (Method::GET, "/", Role::Nobody),
            (Method::GET, "/docs", Role::Nobody),
            (Method::GET, "/docs/assets/docs.js", Role::Nobody),
            (Method::GET, "/health/live", Role::Nobody),
            (Method::GET, "/health", Role::Read),
            (Method::GET, "/metrics", Role::Read),
            (Method::GET, "/1/summary", Role::Read),
            (Method::GET, "/api/v1/rigs", Role::Read),
            (Method::GET, "/not/there", Role::Read),
            (Method::GET, "/docsother", Role::Read),
            (Method::GET, "/%61ssets/x", Role::Read),
            (Method::POST, "/api/v1/predict", Role::Read),
            (Method::POST, "/api/v1/models/train", Role::Admin),
            (Method::POST, "/drill/prover/panic", Role::Admin),
            (Method::POST, "/", Role::Admin),
            (Method::DELETE, "/assets/x", Role::Admin),
        ] {
            assert_eq!(needed(&method, path), role, "{method} {path}");
        }
    }
}
