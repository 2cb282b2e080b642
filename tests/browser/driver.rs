//! A headless Chromium, told what to do by WebDriver: JSON over HTTP to a `chromedriver`.
//!
//! <https://www.w3.org/TR/webdriver2/>; what begins with `goog:` is chromedriver's own.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{PATIENCE, clock};

/// Where Debian's packages put them.
const CHROMIUM: &str = "/usr/bin/chromium";
const CHROMEDRIVER: &str = "/usr/bin/chromedriver";

/// A browser needs much of a small machine, more so beside builds.
const LONG: Duration = PATIENCE.saturating_mul(4);

/// Held by the one browser that runs: several at once need more memory than a small machine has.
static TURN: Mutex<()> = Mutex::new(());

/// A size of the window that the page sees, CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) u32, pub(crate) u32);

/// A browser with one tab. It ends with its owner.
pub(crate) struct Browser {
    driver: Child,
    session: String,
    agent: ureq::Agent,
    /// Both outlive its processes.
    _profile: TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl Browser {
    /// Starts one with a profile of its own, in a language such as `en` or `es`.
    ///
    /// Waits until no other one runs; so it comes before whatever else a test starts.
    pub(crate) fn launch(language: &str) -> Self {
        for program in [CHROMIUM, CHROMEDRIVER] {
            assert!(
                std::path::Path::new(program).exists(),
                "{program} is missing: install Debian's packages chromium and chromium-driver \
                 (`make packages-test`)"
            );
        }
        // A test that failed while it had its turn leaves nothing behind that matters.
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let profile = tempfile::tempdir().unwrap();
        let folder = profile.path().display().to_string();
        let mut driver = Command::new(CHROMEDRIVER)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let port = port_of(&mut driver);
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .timeout_global(Some(LONG))
            .proxy(None)
            .http_status_as_error(false)
            .build()
            .into();
        let mut browser = Self {
            driver,
            session: format!("http://127.0.0.1:{port}/session"),
            agent,
            _profile: profile,
            _turn: turn,
        };
        let made = browser.call("POST", "", Some(capabilities(language, &folder)));
        let id = made["sessionId"].as_str().unwrap().to_owned();
        browser.session = format!("{}/{id}", browser.session);
        browser
    }

    /// Asks the driver, and gives the value of its answer.
    fn call(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let url = format!("{}{path}", self.session);
        let answer = match (method, body) {
            ("GET", _) => self.agent.get(&url).call(),
            ("DELETE", _) => self.agent.delete(&url).call(),
            (_, body) => self
                .agent
                .post(&url)
                .header("Content-Type", "application/json")
                .send(body.unwrap_or_else(|| json!({})).to_string()),
        };
        let mut answer = answer.unwrap_or_else(|fault| panic!("chromedriver: {path}: {fault}"));
        let text = answer
            .body_mut()
            .with_config()
            .limit(64 << 20)
            .read_to_string()
            .unwrap();
        let answer: Value = serde_json::from_str(&text).unwrap();
        let value = answer["value"].clone();
        assert!(
            value["error"].is_null(),
            "{path}: {}: {}",
            value["error"],
            value["message"]
        );
        value
    }

    /// Goes to a page, and waits until it is loaded.
    pub(crate) fn goto(&self, url: &str) {
        self.call("POST", "/url", Some(json!({ "url": url })));
    }

    /// Runs the body of a function in the page; what it returns.
    pub(crate) fn script(&self, body: &str, args: &[Value]) -> Value {
        let call = json!({ "script": body, "args": args });
        self.call("POST", "/execute/sync", Some(call))
    }

    /// Waits until an expression is true in the page.
    pub(crate) fn wait_until(&self, what: &str, expression: &str) {
        let end = clock::now() + LONG;
        let body = format!("return Boolean({expression})");
        while self.script(&body, &[]) != Value::Bool(true) {
            assert!(
                clock::now() < end,
                "waited in vain until {what}; the page says: {}",
                self.text("body")
            );
            thread::park_timeout(Duration::from_millis(100));
        }
    }

    /// The text that a reader sees in the first element of a selector.
    pub(crate) fn text(&self, selector: &str) -> String {
        let body = "const found = document.querySelector(arguments[0]);\
                    return found ? found.innerText : null";
        let text = self.script(body, &[json!(selector)]);
        text.as_str()
            .map_or_else(|| panic!("no element {selector}"), str::to_owned)
    }

    /// Clicks on the first element of a selector, as a mouse does.
    pub(crate) fn click(&self, selector: &str) {
        // Not under the head of the page, which stays when one scrolls.
        let body = "document.querySelector(arguments[0])?.scrollIntoView({ block: 'center' })";
        self.script(body, &[json!(selector)]);
        let using = json!({ "using": "css selector", "value": selector });
        let found = self.call("POST", "/element", Some(using));
        let id = found
            .as_object()
            .and_then(|found| found.values().next())
            .and_then(Value::as_str)
            .unwrap();
        self.call("POST", &format!("/element/{id}/click"), None);
    }

    /// A command of Chromium's own protocol.
    pub(crate) fn chromium(&self, command: &str, params: &Value) -> Value {
        let call = json!({ "cmd": command, "params": params });
        self.call("POST", "/goog/cdp/execute", Some(call))
    }

    /// Has the page see a window of this size.
    pub(crate) fn resize(&self, Size(width, height): Size) {
        let metrics = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600,
        });
        self.chromium("Emulation.setDeviceMetricsOverride", &metrics);
    }

    /// Has the page see that its reader prefers `light` or `dark`.
    pub(crate) fn prefer_scheme(&self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.chromium(
            "Emulation.setEmulatedMedia",
            &json!({ "features": features }),
        );
    }

    /// Presses a key where the focus is, such as Escape, by its code in WebDriver.
    pub(crate) fn press(&self, key: char) {
        let actions = json!({ "actions": [{ "type": "key", "id": "keys", "actions": [
            { "type": "keyDown", "value": key }, { "type": "keyUp", "value": key },
        ]}]});
        self.call("POST", "/actions", Some(actions));
    }

    /// The first pixels of the page as PNG, more than fits the window if need be.
    pub(crate) fn screenshot(&self, Size(width, height): Size) -> Vec<u8> {
        let shot = self.chromium(
            "Page.captureScreenshot",
            &json!({
                "format": "png", "captureBeyondViewport": true, "optimizeForSpeed": false,
                "clip": { "x": 0, "y": 0, "width": width, "height": height, "scale": 1 },
            }),
        );
        base64(shot["data"].as_str().unwrap())
    }

    /// What was written to the console as an error since the last time.
    pub(crate) fn console_errors(&self) -> Vec<String> {
        self.log("browser")
            .into_iter()
            .filter(|entry| entry["level"] == "SEVERE")
            .map(|entry| entry["message"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// The addresses that the page has asked for since the last time.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.log("performance")
            .into_iter()
            .filter_map(|entry| {
                let message: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
                let message = &message["message"];
                (message["method"] == "Network.requestWillBeSent").then(|| {
                    message["params"]["request"]["url"]
                        .as_str()
                        .map(str::to_owned)
                })?
            })
            .collect()
    }

    fn log(&self, kind: &str) -> Vec<Value> {
        let entries = self.call("POST", "/se/log", Some(json!({ "type": kind })));
        entries.as_array().cloned().unwrap_or_default()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Without this its processes outlive the driver.
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// The port that a driver says it listens on.
fn port_of(driver: &mut Child) -> u16 {
    let mut lines = BufReader::new(driver.stdout.take().unwrap());
    let mut said = String::new();
    loop {
        let mut line = String::new();
        assert_ne!(
            lines.read_line(&mut line).unwrap(),
            0,
            "chromedriver: {said}"
        );
        said.push_str(&line);
        let port = line
            .split_once("started successfully on port ")
            .and_then(|(_, rest)| rest.trim().trim_end_matches('.').parse().ok());
        if let Some(port) = port {
            // It must not wait for somebody who reads the rest.
            thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
            return port;
        }
    }
}

fn capabilities(language: &str, profile: &str) -> Value {
    let arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--hide-scrollbars",
        // What scrolls smoothly is not where it was when it is clicked.
        "--force-prefers-reduced-motion",
    ];
    let mut arguments: Vec<String> = arguments.map(str::to_owned).into();
    arguments.push(format!("--user-data-dir={profile}"));
    arguments.push(format!("--lang={language}"));
    json!({ "capabilities": { "alwaysMatch": {
        "browserName": "chrome",
        "goog:chromeOptions": {
            "binary": CHROMIUM,
            "args": arguments,
            "prefs": { "intl.accept_languages": language },
        },
        "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
    }}})
}

/// Reads base64 with padding.
fn base64(text: &str) -> Vec<u8> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        other => panic!("no base64: {other}"),
    };
    let digits: Vec<u8> = text
        .bytes()
        .filter(|byte| *byte != b'=')
        .map(value)
        .collect();
    digits
        .chunks(4)
        .flat_map(|four| {
            let bits = four
                .iter()
                .fold(0_u32, |bits, digit| bits << 6 | u32::from(*digit));
            let bits = bits << (6 * (4 - four.len()));
            let [_, bytes @ ..] = bits.to_be_bytes();
            bytes.into_iter().take(four.len() - 1)
        })
        .collect()
}
