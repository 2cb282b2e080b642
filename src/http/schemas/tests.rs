use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|is| is == "rs") {
            found.push(path);
        }
    }
}

/// The fields of the structs in a source, by the struct's name, with what comes before a field's
/// name.
fn structs(source: &str, start: &str) -> Vec<(String, BTreeSet<String>)> {
    let mut found = Vec::new();
    for part in source.split(&format!("{start}struct ")).skip(1) {
        let Some((name, rest)) = part.split_once(" {\n") else {
            continue;
        };
        let Some((body, _)) = rest.split_once("\n}") else {
            continue;
        };
        let fields = body.lines().filter_map(|line| {
            let field = line.trim().trim_start_matches("pub ");
            let (name, _) = field.split_once(": ")?;
            let is_name = name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
            is_name.then(|| name.to_owned())
        });
        found.push((name.to_owned(), fields.collect()));
    }
    found
}

#[test]
fn every_form_has_the_fields_of_the_type_that_it_stands_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["actors/src", "models/src"] {
        sources(&root.join(folder), &mut files);
    }
    let types: Vec<_> = files
        .iter()
        .flat_map(|file| structs(&fs::read_to_string(file).unwrap(), "pub "))
        .collect();
    let mut compared = 0;
    for group in ["actors", "alerts", "models", "rigs"] {
        let file = root.join("src/http/schemas").join(format!("{group}.rs"));
        let text = fs::read_to_string(file).unwrap();
        let text = text.replace("pub(crate) struct", "pub(in crate::http) struct");
        for form in structs(&text, "pub(in crate::http) ") {
            assert!(types.contains(&form), "{form:?} is of no type any more");
            compared += 1;
        }
    }
    assert!(compared > 30, "the forms were read");
}
