use actix_web::http::header::ORIGIN;
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, call_service, init_service, read_body_json};
use actix_web::{App, HttpRequest};
use serde_json::Value;

use super::*;

const READ: &str = "a token that lets read";
const ADMIN: &str = "a token that lets do everything";

fn digest(token: &str) -> TokenDigest {
    TokenDigest::new(Sha256::digest(token).into())
}

fn monitor(anonymous: Anonymous) -> Monitor {
    Monitor {
        access: ApiAccess {
            read_tokens: vec![digest("another"), digest(READ)],
            admin_tokens: vec![digest(ADMIN)],
            anonymous,
        },
        ..Monitor::default()
    }
}

/// Status, `WWW-Authenticate` and what is said.
type Told = (u16, Option<String>, String);

/// What a server with these settings says to requests, one after another.
async fn told(monitor: &Monitor, requests: Vec<TestRequest>) -> Vec<Told> {
    let gate = web::Data::new(Gate::new(monitor, Clock));
    let served = async |request: HttpRequest| {
        let role = request.extensions().get::<Role>().copied();
        HttpResponse::Ok().json(ErrorAnswer::new(format!("{role:?}")))
    };
    let app = App::new()
        .app_data(gate)
        .default_service(web::to(served))
        .wrap(from_fn(guard));
    let app = init_service(app).await;
    let mut all = Vec::new();
    for request in requests {
        let response = call_service(&app, request.to_request()).await;
        let status = response.status().as_u16();
        let header = response.headers().get(WWW_AUTHENTICATE);
        let header = header.map(|value| value.to_str().unwrap().to_owned());
        let body: Value = read_body_json(response).await;
        all.push((status, header, body["error"].as_str().unwrap().to_owned()));
    }
    all
}

async fn one(monitor: &Monitor, request: TestRequest) -> Told {
    told(monitor, vec![request]).await.remove(0)
}

fn get(path: &str) -> TestRequest {
    TestRequest::get().uri(path)
}

fn post(path: &str) -> TestRequest {
    TestRequest::post().uri(path)
}

fn with(request: TestRequest, token: &str) -> TestRequest {
    request.insert_header((AUTHORIZATION, format!("Bearer {token}")))
}

#[actix_web::test]
async fn with_tokens_nobody_sees_anything_without_one_but_whether_the_process_lives() {
    let monitor = monitor(Anonymous::Nothing);
    for path in ["/health/live", "/health/ready", "/docs", "/"] {
        assert_eq!(one(&monitor, get(path)).await.0, 200, "{path}");
    }
    for path in ["/health", "/metrics", "/api/v1/rigs", "/1/summary"] {
        let (status, header, _) = one(&monitor, get(path)).await;
        assert_eq!(status, 401, "{path}");
        assert_eq!(header.as_deref(), Some("Bearer realm=\"zartrux\""));
        let (status, _, role) = one(&monitor, with(get(path), READ)).await;
        assert_eq!((status, role.as_str()), (200, "Some(Read)"), "{path}");
        let (status, _, role) = one(&monitor, with(get(path), ADMIN)).await;
        assert_eq!((status, role.as_str()), (200, "Some(Admin)"), "{path}");
    }
}

#[actix_web::test]
async fn a_token_that_lets_read_changes_nothing() {
    let monitor = monitor(Anonymous::Nothing);
    let train = "/api/v1/models/train";
    let (status, _, said) = one(&monitor, with(post(train), READ)).await;
    assert_eq!(status, 403);
    assert!(said.contains("lets read only"), "{said}");
    assert_eq!(one(&monitor, post(train)).await.0, 401);
    assert_eq!(one(&monitor, with(post(train), ADMIN)).await.0, 200);
    assert_eq!(
        one(&monitor, with(post("/api/v1/predict"), READ)).await.0,
        200
    );
}

#[actix_web::test]
async fn without_tokens_everybody_on_this_machine_may_everything() {
    let monitor = Monitor::default();
    assert_eq!(one(&monitor, get("/metrics")).await.0, 200);
    assert_eq!(one(&monitor, post("/api/v1/models/train")).await.0, 200);
    let told = one(&monitor, with(get("/metrics"), "of some panel")).await;
    assert_eq!(told.0, 200, "a token that nobody asks for does no harm");
}

#[actix_web::test]
async fn where_everybody_may_read_nobody_changes_anything() {
    let mut monitor = Monitor::default();
    monitor.access.anonymous = Anonymous::Read;
    assert_eq!(one(&monitor, get("/metrics")).await.0, 200);
    let (status, _, said) = one(&monitor, post("/api/v1/models/train")).await;
    assert_eq!(status, 403);
    assert!(
        said.contains("`admin_tokens` of [monitor] is empty"),
        "{said}"
    );
}

#[actix_web::test]
async fn after_ten_wrong_tokens_not_even_the_right_one_is_looked_at() {
    let monitor = monitor(Anonymous::Read);
    let mut requests: Vec<_> = (0..10)
        .map(|number| with(get("/metrics"), &format!("guess {number}")))
        .collect();
    requests.push(with(get("/metrics"), READ));
    requests.push(get("/metrics"));
    let told = told(&monitor, requests).await;
    for (status, header, said) in &told[..10] {
        assert_eq!((*status, said.as_str()), (401, "this token is not known"));
        assert!(header.as_deref().unwrap().contains("invalid_token"));
    }
    assert_eq!(told[10].0, 429);
    assert_eq!(told[11].0, 200, "who needs no token may go on");
}

#[actix_web::test]
async fn nobody_is_locked_out_by_the_wrong_tokens_of_others_at_the_same_address() {
    let monitor = monitor(Anonymous::Nothing);
    let mut requests = vec![with(get("/metrics"), READ)];
    requests.extend((0..20).map(|number| with(get("/metrics"), &format!("guess {number}"))));
    requests.push(with(get("/metrics"), READ));
    requests.push(with(get("/metrics"), ADMIN));
    let statuses: Vec<u16> = told(&monitor, requests).await.iter().map(|t| t.0).collect();
    assert_eq!(statuses[0], 200);
    assert_eq!(statuses[1..11], [401; 10]);
    assert_eq!(statuses[11..21], [429; 10], "guesses have to wait");
    assert_eq!(statuses[21], 200, "it was right from there before");
    assert_eq!(statuses[22], 429, "this one may be a guess");
}

#[actix_web::test]
async fn a_pass_is_good_until_the_settings_let_others_in() {
    let settings = monitor(Anonymous::Nothing);
    let gate = Arc::new(Gate::new(&settings, Clock));
    let (pass_gate, rules) = (Arc::clone(&gate), gate.rules());
    let pass = Pass {
        gate: pass_gate,
        rules,
    };
    gate.replace(Rules::of(&settings));
    assert!(!pass.is_over(), "nothing is different");
    let mut other = settings;
    other.access.read_tokens.clear();
    gate.replace(Rules::of(&other));
    assert!(pass.is_over());
}

#[actix_web::test]
async fn pages_of_others_are_refused_whatever_token_they_have() {
    let monitor = monitor(Anonymous::Nothing);
    let foreign = with(post("/api/v1/predict"), ADMIN)
        .insert_header(("Host", "127.0.0.1:8080"))
        .insert_header((ORIGIN, "http://evil.example"));
    assert_eq!(one(&monitor, foreign).await.0, 403);
    let rebound = with(get("/metrics"), ADMIN).insert_header(("Host", "evil.example:8080"));
    let (status, _, said) = one(&monitor, rebound).await;
    assert_eq!(status, 421);
    assert!(said.contains("`hosts` of [monitor]"), "{said}");
}

#[actix_web::test]
async fn other_schemes_and_empty_or_endless_tokens_are_none() {
    let monitor = monitor(Anonymous::Nothing);
    for header in [
        "Basic dXNlcjpwYXNz".to_owned(),
        "Bearer ".to_owned(),
        "Bearer".to_owned(),
        format!("Bearer {}", "a".repeat(513)),
    ] {
        let request = get("/metrics").insert_header((AUTHORIZATION, header.clone()));
        let (status, _, said) = one(&monitor, request).await;
        assert_eq!(status, 401, "{header}");
        assert!(said.starts_with("a token is needed"), "{said}");
    }
}
