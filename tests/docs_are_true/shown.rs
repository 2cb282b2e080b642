//! Commands, settings and output that are shown.

use std::fs;

use clap::Parser as _;
use zartrux::command::Cli;
use zartrux_config::{Overrides, Settings};

use super::{pages, read};

/// Blocks of code of one language, without the comments of commands.
fn blocks(page: &str, language: &str) -> Vec<String> {
    page.split(&format!("```{language}\n"))
        .skip(1)
        .filter_map(|rest| Some(rest.split_once("\n```")?.0))
        .map(|block| {
            let lines = block
                .lines()
                .map(|line| line.split(" # ").next().unwrap_or(line).trim_end());
            lines.collect::<Vec<_>>().join("\n")
        })
        .collect()
}

#[test]
fn the_program_takes_every_command_line_that_is_shown() {
    let mut lines = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for block in blocks(&text, "sh") {
            for line in block.lines() {
                let command = line.trim_start_matches("target/release/");
                if !command.starts_with("zartrux ") {
                    continue;
                }
                let words = command.split_whitespace();
                let words = words.take_while(|word| !["|", ">", ">>"].contains(word));
                if let Err(fault) = Cli::try_parse_from(words) {
                    panic!("{}: {line}: {fault}", page.display());
                }
                lines += 1;
            }
        }
    }
    assert!(lines > 20, "the pages were read: {lines}");
}

#[test]
fn the_settings_of_the_quick_start_are_good_with_every_way_of_alerts() {
    let page = read("docs/src/quickstart.md");
    let text = blocks(&page, "toml").join("\n");
    let all = text.replace("\n# ", "\n");
    assert_ne!(text, all, "there are ways that are commented out");
    for text in [text, all] {
        let settings = Settings::from_toml(&text, &Overrides::default());
        let settings = settings.unwrap_or_else(|faults| panic!("{text}\n{faults}"));
        assert_eq!(settings.pools.len(), 2);
    }
}

#[test]
fn the_page_says_what_its_description_quotes() {
    let words = read("src/http/assets/en.js");
    let quoted = |text: &str| words.contains(&format!("\"{text}\""));
    let page = read("docs/src/page.md");
    for heading in page.lines().filter_map(|line| line.strip_prefix("## ")) {
        assert!(quoted(heading) || heading == "The verdict", "{heading}");
    }
    let said = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let mut rows = 0;
    for text in said.filter_map(|row| row.split('`').next()) {
        let begins = text.split(':').next().unwrap_or(text);
        assert!(words.contains(&format!("\"{begins}")), "{text}");
        if let Some((_, why)) = text.split_once(": ") {
            let why = why.trim_end_matches(" …");
            assert!(words.contains(&format!("\"{why}")), "{text}");
        }
        rows += 1;
    }
    assert!(rows > 9, "the tables were read: {rows}");
}

#[test]
fn both_readmes_show_the_same_commands_and_the_same_output() {
    let (english, spanish) = (read("README.md"), read("README.es.md"));
    for language in ["sh", "text"] {
        let shown = blocks(&english, language);
        assert!(!shown.is_empty());
        assert_eq!(shown, blocks(&spanish, language));
    }
    let headings = |page: &str| {
        let lines = page.lines().filter(|line| line.starts_with('#'));
        lines
            .map(|line| line.chars().take_while(|c| *c == '#').count())
            .collect::<Vec<_>>()
    };
    assert_eq!(headings(&english), headings(&spanish));
}

#[test]
fn every_make_target_that_is_named_exists() {
    let makefile = read("Makefile");
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for named in text.split("make ").skip(1) {
            let target: String = named
                .chars()
                .take_while(|c| c.is_ascii_lowercase() || *c == '-')
                .collect();
            // Words of prose follow "make " too: only code counts.
            let is_code = text.contains(&format!("`make {target}`"))
                || text.contains(&format!("\nmake {target}"));
            if is_code && !target.is_empty() {
                assert!(
                    makefile.contains(&format!("\n{target}:")),
                    "{}: make {target}",
                    page.display()
                );
            }
        }
    }
}
