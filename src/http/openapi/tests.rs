use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::*;

/// Pages for people, which are no part of the API.
const PAGES: [&str; 4] = ["/", "/assets/{name}", "/docs", "/docs/assets/{name}"];

fn whole() -> Value {
    serde_json::to_value(&*DOCUMENT).unwrap()
}

/// Every route in the sources, as the document would name it.
fn registered(folder: &Path, found: &mut BTreeSet<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            registered(&path, found);
        } else if path.extension().is_some_and(|is| is == "rs") {
            for line in fs::read_to_string(&path).unwrap().lines() {
                let starts = [
                    ("#[get(\"", "get"),
                    ("#[post(\"", "post"),
                    ("#[put(\"", "put"),
                ];
                for (start, method) in starts {
                    if let Some(route) = line.strip_prefix(start) {
                        let route = route.trim_end_matches("\")]").replace(":.+}", "}");
                        found.insert((method.to_owned(), route));
                    }
                }
            }
        }
    }
}

#[test]
fn every_route_is_in_the_document_and_no_other() {
    let mut routes = BTreeSet::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http");
    registered(&folder, &mut routes);
    assert!(routes.len() > 20, "the sources were read");
    routes.retain(|(_, route)| !PAGES.contains(&route.as_str()));
    let whole = whole();
    let mut told = BTreeSet::new();
    for (path, item) in whole["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            told.insert((method.clone(), path.clone()));
        }
    }
    assert_eq!(told, routes);
}

/// Everything that the document refers to.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(target)) = map.get("$ref") {
                found.insert(target.clone());
            }
            map.values().for_each(|value| references(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn what_the_document_refers_to_is_there() {
    let whole = whole();
    let mut found = BTreeSet::new();
    references(&whole, &mut found);
    assert!(found.len() > 10, "{found:?}");
    for target in found {
        let pointer = target.strip_prefix('#').unwrap();
        assert!(whole.pointer(pointer).is_some(), "{target}");
    }
}

#[test]
fn every_route_tells_of_its_refusals_its_security_and_itself() {
    let whole = whole();
    assert_eq!(whole["openapi"], "3.1.0");
    for (path, item) in whole["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let of = format!("{method} {path}");
            assert!(!operation["summary"].as_str().unwrap().is_empty(), "{of}");
            assert!(
                !operation["security"].as_array().unwrap().is_empty(),
                "{of}"
            );
            assert_eq!(operation["tags"].as_array().unwrap().len(), 1, "{of}");
            let refusal = &operation["responses"]["401"]["content"]["application/json"]["schema"];
            assert_eq!(refusal["$ref"], "#/components/schemas/ErrorAnswer", "{of}");
            for name in path.split('{').skip(1) {
                let name = name.split('}').next().unwrap();
                let parameters = operation["parameters"].as_array().unwrap();
                assert!(parameters.iter().any(|one| one["name"] == name), "{of}");
            }
        }
    }
}

#[test]
fn no_two_routes_have_one_name() {
    let whole = whole();
    let mut names = BTreeSet::new();
    for item in whole["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            let name = operation["operationId"].as_str().unwrap().to_owned();
            assert!(names.insert(name.clone()), "{name}");
        }
    }
}

/// The names that types have in the document, from each `derive` that has `ToSchema`.
fn schemas(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            schemas(&path, found);
        } else if path.extension().is_some_and(|is| is == "rs") {
            let source = fs::read_to_string(&path).unwrap();
            let derives = source.split("#[derive(").skip(1);
            for derived in derives.filter(|rest| {
                let traits = rest.split_once(")]").map(|(traits, _)| traits);
                traits.is_some_and(|traits| traits.contains("ToSchema"))
            }) {
                let named = |begin: &str| {
                    let (before, rest) = derived.split_once(begin)?;
                    let name = rest.split(|c: char| !c.is_ascii_alphanumeric()).next()?;
                    Some((before.len(), name.to_owned()))
                };
                let of_type = ["struct ", "enum "].into_iter().filter_map(named).min();
                let (at, name) = of_type.unwrap();
                let given = named("#[schema(as = ").filter(|(before, _)| *before < at);
                found.push(given.map_or(name, |(_, given)| given));
            }
        }
    }
}

/// Of two the document would keep one, and say it of the answers of both.
#[test]
fn no_two_types_have_one_name() {
    let mut found = Vec::new();
    schemas(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut found,
    );
    let told = whole()["components"]["schemas"].as_object().unwrap().len();
    assert!(found.len() >= told, "the sources were read");
    let mut names = BTreeSet::new();
    for name in found {
        assert!(names.insert(name.clone()), "{name}");
    }
}

#[test]
fn methods_are_found_by_path() {
    assert_eq!(methods_at("/health"), ["GET"]);
    assert_eq!(methods_at("/api/v1/models/train"), ["POST"]);
    assert_eq!(methods_at("/drill/lane0/judge/panic"), ["POST"]);
    assert_eq!(methods_at("/api/v1/rigs/a/b"), ["GET"]);
    assert_eq!(methods_at("/nothing"), Vec::<&str>::new());
    assert_eq!(methods_at("/drill//panic"), Vec::<&str>::new());
}
