//! A real Prometheus that scrapes two nodes and loads the rules.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::expressions::{UNMEASURED, metrics_in, of_panels};
use crate::farm::Farm;
use crate::support::{PATIENCE, clock};
use crate::tools::{not_started, packaging};

/// A running Prometheus; killed when dropped.
struct Prometheus {
    child: Child,
    address: SocketAddr,
    folder: TempDir,
}

impl Prometheus {
    fn scraping(nodes: &[SocketAddr]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let targets: Vec<String> = nodes.iter().map(|node| format!("\"{node}\"")).collect();
        let rules = packaging().join("prometheus/alerts.yml");
        let config = format!(
            "global:\n  scrape_interval: 1s\n  evaluation_interval: 1s\n\
             rule_files: [\"{}\"]\n\
             scrape_configs:\n  - job_name: zartrux\n    static_configs:\n      - targets: [{}]\n",
            rules.display(),
            targets.join(", ")
        );
        let file = folder.path().join("prometheus.yml");
        fs::write(&file, config).unwrap();
        // It can't say which port the system picked, so one is picked for it.
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", file.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.path().join("data").display()
            ))
            .arg(format!("--web.listen-address={address}"))
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|fault| panic!("{}", not_started("prometheus", &fault)));
        Self {
            child,
            address,
            folder,
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// An answer of its API; none while it does not answer.
    fn get(&mut self, path: &str) -> Option<Value> {
        if let Ok(Some(status)) = self.child.try_wait() {
            panic!("prometheus ended: {status}\n{}", self.log());
        }
        let mut stream = TcpStream::connect(self.address).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        // Of this version, so that the answer comes in one piece.
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n").ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        let (_, body) = text.split_once("\r\n\r\n")?;
        serde_json::from_str(body).ok()
    }

    fn query(&mut self, expression: &str) -> Value {
        let escaped: String = expression
            .bytes()
            .map(|byte| format!("%{byte:02x}"))
            .collect();
        let path = format!("/api/v1/query?query={escaped}");
        clock::eventually("an answer to a query", || self.get(&path))
    }

    /// Waits until all these metrics were scraped.
    fn wait_names(&mut self, wanted: &BTreeSet<&String>) {
        let mut absent = Vec::new();
        let end = clock::now() + PATIENCE;
        while clock::now() < end {
            let answer = self
                .get("/api/v1/label/__name__/values")
                .unwrap_or_default();
            let names = answer["data"].as_array();
            let names: BTreeSet<&str> = names
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let missing = wanted.iter().filter(|name| !names.contains(name.as_str()));
            absent = missing.map(|name| (*name).clone()).collect();
            if absent.is_empty() {
                return;
            }
            std::thread::park_timeout(Duration::from_millis(200));
        }
        panic!("never scraped: {absent:?}");
    }

    /// Waits until both nodes were scraped and all rules evaluated; the rules.
    fn rules(&mut self, nodes: usize) -> Vec<Value> {
        clock::eventually("all targets to be up", || {
            let targets = self.get("/api/v1/targets?state=active")?;
            let targets = targets["data"]["activeTargets"].as_array()?.clone();
            for target in &targets {
                assert_eq!(target["lastError"], "", "{target}");
            }
            let up = targets.iter().filter(|target| target["health"] == "up");
            (up.count() == nodes).then_some(())
        });
        clock::eventually("all rules to be evaluated", || {
            let answer = self.get("/api/v1/rules")?;
            let groups = answer["data"]["groups"].as_array()?;
            let rules = groups.iter().filter_map(|group| group["rules"].as_array());
            let rules: Vec<Value> = rules.flatten().cloned().collect();
            let done = rules.iter().all(|rule| rule["health"] != "unknown");
            (done && !rules.is_empty()).then_some(rules)
        })
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn prometheus_finds_every_metric_that_rules_and_panels_name() {
    let farm = Farm::start();
    let nodes = [&farm.mining, &farm.proving].map(|proxy| proxy.node().monitor_address().unwrap());
    let mut prometheus = Prometheus::scraping(&nodes);
    let rules = prometheus.rules(nodes.len());
    for rule in &rules {
        assert_eq!(rule["health"], "ok", "{rule}");
    }
    let of_rules = rules
        .iter()
        .map(|rule| rule["query"].as_str().unwrap().to_owned());
    let panels = of_panels();
    let of_panels = panels.iter().map(|(_, expression)| expression.clone());
    let named: BTreeSet<String> = of_rules
        .chain(of_panels)
        .flat_map(|expression| metrics_in(&expression))
        .collect();
    assert!(named.len() > 60, "{named:?}");
    let unmeasured: BTreeSet<String> = UNMEASURED
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    assert!(
        unmeasured.is_subset(&named),
        "an exception that nobody needs"
    );
    let wanted: BTreeSet<&String> = named.difference(&unmeasured).collect();
    prometheus.wait_names(&wanted);
    for (title, expression) in &panels {
        let answer = prometheus.query(expression);
        assert_eq!(
            answer["status"], "success",
            "{title}: {expression}: {answer}"
        );
    }
    let ready = prometheus.query("sum(zartrux_ready)");
    assert_eq!(ready["data"]["result"][0]["value"][1], "2", "{ready}");
}
