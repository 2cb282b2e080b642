//! What the program says of its own making. Nothing here may fail a build: what can't be found out is
//! "unknown", as where the source is not in a git repository.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// What the program is made from; a change of anything else does not make it another.
const MADE_FROM: [&str; 8] = [
    "build.rs",
    "Cargo.toml",
    "Cargo.lock",
    "src",
    "models/src",
    "config/src",
    "config/zartrux.toml",
    "actors/src",
];

fn main() {
    let folder = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    for path in MADE_FROM {
        // Cargo takes a path that is not there for one that always changes.
        if folder.join(path).exists() {
            line(&format!("rerun-if-changed={path}"));
        }
    }
    // For builds that do not see the repository, such as a container's.
    for name in ["ZARTRUX_COMMIT", "ZARTRUX_COMMIT_DATE"] {
        line(&format!("rerun-if-env-changed={name}"));
    }
    let given = env::var("ZARTRUX_COMMIT").ok().filter(|it| is_plain(it));
    if let Some(commit) = given {
        fact("COMMIT", Some(commit));
        fact("COMMIT_DATE", env::var("ZARTRUX_COMMIT_DATE").ok());
        fact("DIRTY", None);
    } else if is_repository(&folder) {
        for path in repository_files(&folder) {
            line(&format!("rerun-if-changed={}", path.display()));
        }
        fact("COMMIT", git(&folder, &["rev-parse", "HEAD"]));
        let date = git(&folder, &["log", "-1", "--format=%cI"]);
        fact("COMMIT_DATE", date);
        let status = ["status", "--porcelain", "--untracked-files=normal", "--"];
        let changes = git(&folder, &[&status[..], &MADE_FROM[..]].concat());
        fact("DIRTY", changes.map(|it| (!it.is_empty()).to_string()));
    } else {
        for name in ["COMMIT", "COMMIT_DATE", "DIRTY"] {
            fact(name, None);
        }
    }
    fact("RUSTC", output(Command::new(variable("RUSTC")).arg("-V")));
    fact("TARGET", env::var("TARGET").ok());
    fact("PROFILE", env::var("PROFILE").ok());
    fact("OPT_LEVEL", env::var("OPT_LEVEL").ok());
    fact("FEATURES", Some(features()));
    let lock = fs::read_to_string(folder.join("Cargo.lock")).unwrap_or_default();
    fact("RANDOMX_RS", locked_version(&lock, "randomx-rs"));
}

/// Tells Cargo.
fn line(text: &str) {
    // Cargo reads it to the end, or has ended.
    let _ = writeln!(std::io::stdout(), "cargo::{text}");
}

/// Has the program know a fact.
fn fact(name: &str, value: Option<String>) {
    let value = value.filter(|value| is_plain(value) || name == "FEATURES");
    let value = value.as_deref().unwrap_or("unknown");
    line(&format!("rustc-env=ZARTRUX_FACT_{name}={value}"));
}

/// One line that says something.
fn is_plain(value: &str) -> bool {
    !value.is_empty() && value.len() <= 200 && !value.contains(|c: char| c.is_control())
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_default()
}

fn output(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|it| it.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.trim().to_owned())
}

fn git(folder: &Path, args: &[&str]) -> Option<String> {
    // Without its lock, or looking would change the index.
    let mut command = Command::new("git");
    output(
        command
            .env("GIT_OPTIONAL_LOCKS", "0")
            .arg("-C")
            .arg(folder)
            .args(args),
    )
}

/// Whether the folder is the top of a repository, and not a tarball unpacked within another one.
fn is_repository(folder: &Path) -> bool {
    let top = git(folder, &["rev-parse", "--show-toplevel"]);
    let top = top.and_then(|top| fs::canonicalize(top).ok());
    top.is_some() && top == fs::canonicalize(folder).ok()
}

/// Files that change when another commit is checked out or made. In a worktree they lie in the
/// repository that it belongs to.
fn repository_files(folder: &Path) -> Vec<PathBuf> {
    let branch = git(folder, &["symbolic-ref", "-q", "HEAD"]);
    let names = ["HEAD", "logs/HEAD", "packed-refs"].map(str::to_owned);
    let paths = names.into_iter().chain(branch);
    paths
        .filter_map(|name| git(folder, &["rev-parse", "--git-path", &name]))
        .map(|path| folder.join(path))
        .filter(|path| path.exists())
        .collect()
}

fn features() -> String {
    let names = env::vars().filter_map(|(name, _)| {
        let feature = name.strip_prefix("CARGO_FEATURE_")?;
        Some(feature.to_lowercase().replace('_', "-"))
    });
    let mut names: Vec<_> = names.filter(|name| name != "default").collect();
    names.sort();
    names.join(",")
}

fn locked_version(lock: &str, package: &str) -> Option<String> {
    let mut lines = lock.lines();
    lines.find(|line| *line == format!("name = \"{package}\""))?;
    let version = lines.next()?.strip_prefix("version = \"")?;
    Some(version.strip_suffix('"')?.to_owned())
}
