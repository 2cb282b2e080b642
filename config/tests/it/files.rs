//! The files that come with Zartrux, and the reading of files.

use std::fs;
use std::path::Path;

use zartrux_config::{ANNOTATED_DEFAULT, MAX_FILE_BYTES, Overrides, Pool, Settings};

fn read(path: &Path) -> Result<Settings, String> {
    Settings::from_file(path, &Overrides::default()).map_err(|faults| faults.to_string())
}

#[test]
fn the_annotated_file_says_the_defaults() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("zartrux.toml");
    assert_eq!(read(&path), Ok(Settings::default()));
    assert_eq!(fs::read_to_string(path).unwrap(), ANNOTATED_DEFAULT);
}

/// The annotated file with its commented keys brought to life.
fn uncommented() -> String {
    let is_setting = |line: &str| {
        line.starts_with("[[")
            || line
                .split_once(" = ")
                .is_some_and(|(key, _)| key.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
    };
    ANNOTATED_DEFAULT
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if is_setting(rest) => rest,
            Some(_) | None => line,
        })
        .flat_map(|line| [line, "\n"])
        .collect()
}

#[test]
fn the_commented_lines_of_the_annotated_file_are_right_too() {
    let settings = Settings::from_toml(&uncommented(), &Overrides::default());
    let settings = settings.unwrap_or_else(|faults| panic!("{faults}"));
    let [pool, daemon] = settings.pools.as_slice() else {
        panic!("not two pools: {settings:?}");
    };
    let default = Pool::new(pool.url.clone(), pool.user.clone());
    let as_written = Pool {
        rig_id: Some("farm".to_owned()),
        tls_fingerprint: pool.tls_fingerprint,
        proxy: Some("socks5://127.0.0.1:9050".parse().unwrap()),
        source: Some([192, 0, 2, 7].into()),
        allow_reconnect_to: vec!["eu.pool.example".parse().unwrap()],
        ..default
    };
    assert_eq!(
        *pool, as_written,
        "the defaults it tells of a pool are wrong"
    );
    assert!(pool.tls_fingerprint.is_some());
    let default = Pool::new(daemon.url.clone(), daemon.user.clone());
    assert_eq!(daemon.daemon.poll, default.daemon.poll);
    assert!(daemon.daemon.zmq.is_some() && daemon.daemon.rpc_pass.is_some());
    assert!(settings.miners.tls_files.is_some());
}

#[test]
fn the_annotated_file_leaves_no_key_out() {
    let text = uncommented();
    let settings = Settings::from_toml(&text, &Overrides::default()).unwrap();
    let summary = settings.summary();
    let keys = |text: &str| -> Vec<(String, String)> {
        let mut section = String::new();
        let mut keys = Vec::new();
        for line in text.lines() {
            if line.starts_with('[') {
                line.clone_into(&mut section);
            } else if let Some((key, _)) = line.split_once(" = ")
                && !key.starts_with('#')
            {
                keys.push((section.clone(), key.to_owned()));
            }
        }
        keys.sort();
        // A key that a pool and a monerod have in common is explained once.
        keys.dedup();
        keys
    };
    assert_eq!(keys(&text), keys(&summary));
}

#[test]
fn every_example_can_run() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let overrides = Overrides {
        require_pool: true,
        ..Overrides::default()
    };
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let outcome = Settings::from_file(&path, &overrides);
        let settings = outcome.unwrap_or_else(|faults| panic!("{faults}"));
        let warnings = settings.warnings();
        let expected = |warning: &String| {
            warning.contains("still the example's") || warning.starts_with("monitor.listen: 10.")
        };
        assert!(
            warnings.iter().all(expected),
            "{}: {warnings:?}",
            path.display()
        );
        count += 1;
    }
    assert!(count >= 4);
}

#[test]
fn a_fault_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("z.toml");
    fs::write(&path, "[node]\nlanes = 0\n").unwrap();
    assert_eq!(
        read(&path),
        Err(format!(
            "{}:2: node.lanes: must be a whole number from 1 to 64, but is 0",
            path.display()
        ))
    );
}

#[test]
fn a_file_that_cannot_be_read_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("z.toml");
    let start = format!("{}: ", path.display());

    let absent = read(&path).unwrap_err();
    assert!(
        absent.starts_with(&format!("{start}cannot be read: ")),
        "{absent}"
    );

    fs::write(&path, "#".repeat(MAX_FILE_BYTES + 1)).unwrap();
    assert_eq!(read(&path), Err(format!("{start}is larger than 1 MiB")));

    fs::write(&path, b"[node]\nlanes = 1\ndata = \"\xff\"\n").unwrap();
    assert_eq!(
        read(&path),
        Err(format!("{}:3: is not UTF-8 text", path.display()))
    );

    let directory = read(folder.path()).unwrap_err();
    assert!(directory.contains("cannot be read: "), "{directory}");
}
