//! House rules that the build enforces.
#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Names under `[dependencies]` of a crate.
fn dependencies(manifest: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(manifest)).unwrap();
    text.lines()
        .skip_while(|line| line.trim() != "[dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split(['=', '.', ' ']).next())
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

/// Rust sources below a folder.
fn sources(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn dependencies_point_one_way() {
    let order = ["zartrux-models", "zartrux-config", "zartrux-actors"];
    let manifests = [
        "models/Cargo.toml",
        "config/Cargo.toml",
        "actors/Cargo.toml",
    ];
    for (place, manifest) in manifests.iter().enumerate() {
        let named = dependencies(manifest);
        assert!(!named.is_empty(), "{manifest} was read");
        for above in &order[place..] {
            assert!(
                !named.iter().any(|name| name == above),
                "{manifest} needs {above}"
            );
        }
    }
}

#[test]
fn models_know_no_framework_socket_or_store() {
    let named = dependencies("models/Cargo.toml");
    for banned in [
        "actix",
        "actix-web",
        "tokio",
        "mio",
        "socket2",
        "sled",
        "tracing",
    ] {
        assert!(
            !named.iter().any(|name| name == banned),
            "models need {banned}"
        );
    }
}

#[test]
fn models_touch_no_socket_file_or_clock() {
    for source in sources("models/src") {
        let text = fs::read_to_string(&source).unwrap();
        for banned in [
            "std::net",
            "std::fs",
            "Instant::now",
            "SystemTime",
            "thread::spawn",
        ] {
            let in_tests = text.find("#[cfg(test)]").unwrap_or(text.len());
            let is_test_file = source.file_name().is_some_and(|name| name == "tests.rs")
                || text.contains("\n#![cfg(test)]\n");
            assert!(
                is_test_file || !text[..in_tests].contains(banned),
                "{} uses {banned}",
                source.display()
            );
        }
    }
}

#[test]
fn foreign_code_is_called_in_one_place_only() {
    for folder in ["models/src", "config/src", "actors/src", "src"] {
        for source in sources(folder) {
            let foreign = fs::read_to_string(&source)
                .unwrap()
                .contains("extern \"C\"");
            let place = root().join("models/src/proof");
            assert!(
                !foreign || source.starts_with(place),
                "{}",
                source.display()
            );
        }
    }
}

#[test]
fn files_stay_small_enough_to_read() {
    let mut lengths: Vec<usize> = ["models/src", "config/src", "actors/src", "src"]
        .iter()
        .flat_map(|folder| sources(folder))
        .map(|source| fs::read_to_string(source).unwrap().lines().count())
        .collect();
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    let ninth_of_ten = lengths[lengths.len() * 9 / 10];
    assert!(median <= 150, "median {median} lines");
    assert!(ninth_of_ten <= 450, "nine in ten: {ninth_of_ten} lines");
}
