//! A server of a few lines in place of a node, for what a node seldom does.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

use super::*;
use crate::dial::{Tls, Way};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
const LONG: Duration = Duration::from_secs(20);
/// As monerod asks: MD5, a fresh nonce.
const PROMPT: &str =
    r#"Digest qop="auth",algorithm=MD5,realm="monero-rpc",nonce="n0nce",stale=false"#;

/// Answers one connection after the other by `answer`, which gets the request's `Authorization`;
/// none: it closes without a word. Returns where it listens, and what it was sent.
fn server(
    answers: usize,
    answer: impl Fn(Option<&str>) -> Option<String> + Send + 'static,
) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serve = move || {
        let mut bodies = Vec::new();
        for _ in 0..answers {
            let (stream, _) = listener.accept().unwrap();
            let (login, body) = request(&stream);
            bodies.push(body);
            if let Some(answer) = answer(login.as_deref()) {
                let _ = (&stream).write_all(
                    answer
                        .replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")
                        .as_bytes(),
                );
            }
        }
        bodies
    };
    (url, std::thread::spawn(serve))
}

fn request(stream: &TcpStream) -> (Option<String>, String) {
    let mut reader = BufReader::new(stream);
    let (mut login, mut length) = (None, 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(": ").unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "authorization" => login = Some(value.to_owned()),
            "content-length" => length = value.parse().unwrap(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (login, String::from_utf8(body).unwrap())
}

fn client(url: &str, login: Option<(&str, &str)>, patience: Duration) -> NodeClient {
    let endpoint = NodeEndpoint {
        url: url.to_owned(),
        wallet: "4".to_owned(),
        login: login.map(|(user, pass)| (user.to_owned(), pass.to_owned())),
        zmq: None,
        tls: Tls::None,
        way: Way::default(),
        poll: LONG,
    };
    NodeClient::new(&endpoint, &Names::of_system(LONG), patience, Clock)
}

/// Whether the proof is that of this name and password, recomputed from what it says of itself.
fn proves(proof: &str, user: &str, pass: &str) -> bool {
    let part = |name: &str| {
        let from = proof.split_once(&format!("{name}=")).unwrap().1;
        from.split(',').next().unwrap().trim_matches('"').to_owned()
    };
    let mut prompt = digest_auth::parse(PROMPT).unwrap();
    prompt.nc = u32::from_str_radix(&part("nc"), 16).unwrap() - 1;
    let mut context = AuthContext::new_post(user, pass, PATH, None::<&[u8]>);
    let cnonce = part("cnonce");
    context.set_custom_cnonce(&cnonce);
    prompt.respond(&context).unwrap().response == part("response")
}

fn unauthorized() -> String {
    format!("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: {PROMPT}\r\nContent-Length: 0\r\n\r\n")
}

#[test]
fn a_node_that_asks_for_a_login_gets_a_proof_and_never_the_password() {
    let (url, served) = server(3, |login| match login {
        Some(proof) if proves(proof, "me", "secret") => {
            assert!(!proof.contains("secret"));
            Some(OK.to_owned())
        }
        Some(_) | None => Some(unauthorized()),
    });
    let mut client = client(&url, Some(("me", "secret")), LONG);
    assert_eq!(client.ask("first").unwrap(), b"{}");
    // The proof of the next question counts on from it.
    assert_eq!(client.ask("second").unwrap(), b"{}");
    assert_eq!(served.join().unwrap(), ["first", "first", "second"]);
}

#[test]
fn a_wrong_login_or_none_is_told_as_such() {
    for (login, words) in [
        (Some(("me", "wrong")), "are not the node's"),
        (None, "there are none"),
    ] {
        let asked = 1 + usize::from(login.is_some());
        let (url, served) = server(asked, |_| Some(unauthorized()));
        let trouble = client(&url, login, LONG).ask("?").unwrap_err();
        served.join().unwrap();
        let NodeTrouble::Login(_) = trouble else {
            panic!("{trouble}");
        };
        let told = trouble.to_string();
        assert!(told.contains(words) && !told.contains("wrong"), "{told}");
    }
}

#[test]
fn whatever_else_a_node_does_is_a_trouble_that_may_pass() {
    let endless = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(REPLY_LIMIT + 1));
    let long_header = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(64 << 10));
    for answer in [
        None,
        Some("nonsense\r\n\r\n".to_owned()),
        Some("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n".to_owned()),
        Some(
            "HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n"
                .to_owned(),
        ),
        Some("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut".to_owned()),
        Some(endless),
        Some(long_header),
    ] {
        let shown: String = answer
            .iter()
            .flat_map(|text| text.chars().take(60))
            .collect();
        let (url, served) = server(1, move |_| answer.clone());
        let trouble = client(&url, None, LONG).ask("?").unwrap_err();
        served.join().unwrap();
        assert!(
            trouble.is_silence() && trouble.to_string().len() < 400,
            "{shown}: {trouble}"
        );
    }
}

#[test]
fn a_node_that_says_nothing_is_waited_for_only_so_long() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let trouble = client(&url, None, Duration::from_millis(200)).ask("?");
    assert!(trouble.unwrap_err().is_silence());
}
