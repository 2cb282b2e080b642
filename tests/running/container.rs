//! Files for containers: there is no engine here, so they are read, and held against the program.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Parser as _;
use zartrux::command::Cli;
use zartrux_config::Settings;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|fault| panic!("{path}: {fault}"))
}

/// The instructions of the Containerfile, continued lines joined, without comments.
fn instructions() -> Vec<String> {
    let text = read("packaging/container/Containerfile").replace("\\\n", " ");
    let lines = text.lines().map(str::trim);
    let kept = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    kept.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

/// What is copied from the source.
fn copied() -> Vec<String> {
    let lines = instructions();
    let copies = lines.iter().filter_map(|line| line.strip_prefix("COPY "));
    let copies = copies.filter(|rest| !rest.starts_with("--from"));
    copies
        .flat_map(|rest| {
            let mut paths: Vec<_> = rest.split(' ').map(str::to_owned).collect();
            paths.pop();
            paths
        })
        .collect()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn whatever_is_copied_is_there_and_not_ignored() {
    let ignored = read(".dockerignore");
    let allowed: Vec<_> = ignored
        .lines()
        .filter_map(|line| line.strip_prefix('!'))
        .collect();
    assert!(
        ignored.lines().any(|line| line == "*"),
        "all else stays outside"
    );
    for path in copied() {
        assert!(root().join(&path).exists(), "{path}");
        assert!(allowed.contains(&path.as_str()), "{path} is ignored");
    }
    for path in allowed {
        assert!(
            copied().contains(&path.to_owned()),
            "{path} is copied nowhere"
        );
    }
}

#[test]
fn whatever_the_program_includes_is_copied() {
    let copied = copied();
    let mut files = Vec::new();
    for folder in ["src", "models/src", "config/src", "actors/src"] {
        sources(&root().join(folder), &mut files);
    }
    let mut included = 0;
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        // What only tests include is not built into the program.
        let text = text.split("#[cfg(test)]\nmod ").next().unwrap();
        if file.ends_with("tests.rs")
            || file.ends_with("testing.rs")
            || file.components().any(|it| it.as_os_str() == "tests")
        {
            continue;
        }
        for start in ["include_str!(\"", "include_bytes!(\""] {
            for rest in text.split(start).skip(1) {
                let name = rest.split('"').next().unwrap();
                let path = file.with_file_name(name);
                let path = path
                    .canonicalize()
                    .unwrap_or_else(|_| panic!("{}", path.display()));
                let path = path.strip_prefix(root().canonicalize().unwrap()).unwrap();
                let is_copied = copied.iter().any(|copied| path.starts_with(copied));
                assert!(is_copied, "{} includes {}", file.display(), path.display());
                included += 1;
            }
        }
    }
    assert!(included > 1, "the sources were read");
}

#[test]
fn the_image_runs_the_program_as_nobody_with_the_defaults_ports() {
    let lines = instructions();
    let one = |start: &str| {
        let mut found = lines.iter().filter_map(|line| line.strip_prefix(start));
        let value = found.next().unwrap_or_else(|| panic!("no {start}"));
        assert!(found.next().is_none(), "{start} is there twice");
        value.to_owned()
    };
    let settings = Settings::default();
    assert_eq!(one("EXPOSE "), settings.miners.listen[0].port().to_string());
    assert_ne!(one("USER ").split(':').next().unwrap().parse(), Ok(0));
    assert_eq!(one("STOPSIGNAL "), "SIGTERM");
    assert_eq!(one("VOLUME "), "/data");
    let words = |json: &str| serde_json::from_str::<Vec<String>>(json).unwrap();
    let entry = words(&one("ENTRYPOINT "));
    let command = words(&one("CMD "));
    Cli::try_parse_from(entry.iter().chain(&command)).unwrap_or_else(|fault| panic!("{fault}"));
    assert!(command.ends_with(&["--data".to_owned(), "/data".to_owned()]));
    let health = one("HEALTHCHECK ");
    let health = words(health.split_once(" CMD ").unwrap().1);
    Cli::try_parse_from(health).unwrap_or_else(|fault| panic!("{fault}"));
    let rust = lines[0].split("rust:").nth(1).unwrap();
    let asked = env!("CARGO_PKG_RUST_VERSION");
    assert!(
        rust.starts_with(&format!("{asked}-slim")),
        "{rust} against {asked}"
    );
}

/// The first value of a key in a file of YAML, without quotes.
fn scalar(text: &str, key: &str) -> String {
    let lines = text.lines().map(str::trim);
    let mut values = lines.filter_map(|line| line.strip_prefix(&format!("{key}: ")));
    values
        .next()
        .unwrap_or_else(|| panic!("no {key}"))
        .trim_matches('"')
        .to_owned()
}

#[test]
fn the_pod_is_given_time_to_leave_and_probes_that_the_program_answers() {
    let text = read("packaging/kubernetes/zartrux.yaml");
    let drain = Settings::default().node.drain;
    let grace = scalar(&text, "terminationGracePeriodSeconds")
        .parse()
        .unwrap();
    assert!(Duration::from_secs(grace) > drain);
    assert_eq!(scalar(&text, "runAsNonRoot"), "true");
    let port = Settings::default().miners.listen[0].port().to_string();
    assert_eq!(scalar(&text, "containerPort"), port);
    assert_eq!(scalar(&text, "port"), port);
    let mut probes = 0;
    for rest in text.split("command: ").skip(1) {
        let words: Vec<String> = serde_json::from_str(rest.lines().next().unwrap()).unwrap();
        Cli::try_parse_from(words).unwrap_or_else(|fault| panic!("{fault}"));
        probes += 1;
    }
    assert_eq!(probes, 3, "at the start, living, ready");
    for probe in ["startupProbe:", "livenessProbe:", "readinessProbe:"] {
        assert!(text.contains(probe), "{probe}");
    }
    let args = text.split("args: ").nth(1).unwrap().lines().next().unwrap();
    let args: Vec<String> = serde_json::from_str(args).unwrap();
    let program = ["zartrux".to_owned()];
    Cli::try_parse_from(program.iter().chain(&args)).unwrap_or_else(|fault| panic!("{fault}"));
}

#[test]
fn prometheus_beside_it_asks_where_the_monitor_answers_by_default() {
    let monitor = Settings::default().monitor.listen.unwrap().to_string();
    assert!(read("packaging/container/prometheus.yml").contains(&format!("[\"{monitor}\"]")));
    let compose = read("packaging/container/compose.yaml");
    assert!(compose.contains("network_mode: \"service:zartrux\""));
    let seconds = scalar(&compose, "stop_grace_period");
    let grace = zartrux_config::parse_duration(&seconds).unwrap();
    assert!(grace > Settings::default().node.drain);
    let file = scalar(&compose, "dockerfile");
    assert!(root().join(file).exists());
}

#[test]
fn no_file_that_is_packaged_holds_a_secret() {
    for path in [
        "packaging/container/Containerfile",
        "packaging/container/compose.yaml",
        "packaging/container/prometheus.yml",
        "packaging/kubernetes/zartrux.yaml",
        "packaging/systemd/zartrux.service",
    ] {
        let text = read(path);
        for word in ["pass =", "password:", "token:", "stratum+"] {
            assert!(!text.contains(word), "{path}: {word}");
        }
    }
}
