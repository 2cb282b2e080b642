//! Links lead somewhere, and the book has every page.

use std::collections::BTreeSet;
use std::fs;

use super::{below, pages, read, root};

/// The lines of a page that are no code.
fn prose(page: &str) -> impl Iterator<Item = &str> {
    let mut in_code = false;
    page.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        in_code ^= is_fence;
        !in_code && !is_fence
    })
}

/// The anchors of a page: its headings as they are linked to, and those set by hand. As mdBook makes
/// them: a heading that comes again gets a number.
fn anchors(page: &str) -> BTreeSet<String> {
    let of_heading = |line: &str| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
        title
            .chars()
            .filter(kept)
            .collect::<String>()
            .replace(' ', "-")
    };
    let by_hand = page.split("<a id=\"").skip(1);
    let by_hand = by_hand.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()));
    let mut anchors: BTreeSet<String> = by_hand.collect();
    for heading in prose(page).filter(|line| line.starts_with('#')) {
        let first = of_heading(heading);
        let again = (1..).map(|number| format!("{first}-{number}"));
        let mut names = std::iter::once(first.clone()).chain(again);
        anchors.extend(names.find(|name| !anchors.contains(name)));
    }
    anchors
}

#[test]
fn anchors_are_those_that_the_book_has() {
    let page = "# The API\n## `[miners]`\n```sh\n# no heading\n```\n## What's new?\n## The API\n\
                <a id=\"i1\"></a>\n";
    let expected = ["the-api", "miners", "whats-new", "the-api-1", "i1"];
    assert_eq!(anchors(page), expected.map(str::to_owned).into());
}

#[test]
fn every_link_leads_somewhere() {
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let text = prose(&text).collect::<Vec<_>>().join("\n");
        let of_html = text.split("src=\"").skip(1);
        let of_html = of_html.filter_map(|rest| Some(rest.split_once('"')?.0));
        let links = text.split("](").skip(1);
        let links = links.filter_map(|rest| Some(rest.split_once(')')?.0));
        for target in links.chain(of_html) {
            if target.starts_with("http") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() {
                page.clone()
            } else {
                page.with_file_name(file)
            };
            assert!(path.exists(), "{}: {target}", page.display());
            if !anchor.is_empty() {
                let anchors = anchors(&fs::read_to_string(&path).unwrap());
                assert!(anchors.contains(anchor), "{}: {target}", page.display());
            }
        }
    }
}

#[test]
fn the_book_has_every_page() {
    let summary = read("docs/src/SUMMARY.md");
    for page in below(&root().join("docs/src"), "md") {
        let name = page.strip_prefix(root().join("docs/src")).unwrap();
        let name = name.display().to_string();
        assert!(
            name == "SUMMARY.md" || summary.contains(&format!("({name})")),
            "{name} is not in the book"
        );
    }
}
