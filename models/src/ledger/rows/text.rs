//! Free text in a cell: one line, and nothing that a spreadsheet would compute.
//!
//! A backslash stands before what could be mistaken, and is doubled where it stands for itself:
//! `\n`, `\r`, and `\=`, `\+`, `\-`, `\@`, `\t` at the beginning of a text. Every text reads back
//! as it was; a backslash before anything else, as other programs write it, stays.

use std::borrow::Cow;

/// What a spreadsheet may take for the beginning of a formula; the wide ones as some input methods
/// write them (OWASP, "CSV injection").
const FORMULA: [char; 9] = ['=', '+', '-', '@', '\t', '＝', '＋', '－', '＠'];

fn begins_a_formula(text: &str) -> bool {
    text.starts_with(FORMULA)
}

/// A text as it stands in a cell.
pub(super) fn written(text: &str) -> Cow<'_, str> {
    if !begins_a_formula(text) && !text.contains(['\\', '\n', '\r']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    if begins_a_formula(text) {
        out.push('\\');
        // The one tab that would be in doubt; others stay as they are.
        if let Some(after) = text.strip_prefix('\t') {
            out.push('t');
            rest = after;
        }
    }
    for character in rest.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            other => out.push(other),
        }
    }
    Cow::Owned(out)
}

/// A cell as the text that was meant.
pub(super) fn read(cell: &str) -> Cow<'_, str> {
    if !cell.contains('\\') {
        return Cow::Borrowed(cell);
    }
    let mut out = String::with_capacity(cell.len());
    let mut rest = cell.chars();
    while let Some(character) = rest.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        match rest.clone().next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') if out.is_empty() => out.push('\t'),
            Some(mark) if mark == '\\' || (out.is_empty() && FORMULA.contains(&mark)) => {
                out.push(mark);
            }
            Some(_) | None => {
                out.push('\\');
                continue;
            }
        }
        rest.next();
    }
    Cow::Owned(out)
}

/// A line of someone else's file, for people to look at: a spreadsheet computes nothing in it.
pub(super) fn shown(raw: &str) -> Cow<'_, str> {
    if begins_a_formula(raw) {
        Cow::Owned(format!("\\{raw}"))
    } else {
        Cow::Borrowed(raw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_a_spreadsheet_would_compute_has_a_backslash_before_it() {
        assert_eq!(written("=HYPERLINK(1)"), "\\=HYPERLINK(1)");
        assert_eq!(written("\t=1"), "\\t=1");
        assert_eq!(written("a\nb\\"), "a\\nb\\\\");
        assert_eq!(written("Low difficulty share"), "Low difficulty share");
    }

    #[test]
    fn a_backslash_that_another_program_wrote_stays() {
        assert_eq!(read("C:\\data\\"), "C:\\data\\");
        assert_eq!(read("a\\=b"), "a\\=b");
    }

    proptest! {
        #[test]
        fn any_text_reads_back_and_is_neither_a_formula_nor_of_two_lines(
            text in prop_oneof![any::<String>(), "[-=+@\t\r\n\\\\ntr＝a]{0,8}"],
        ) {
            let cell = written(&text);
            prop_assert!(!begins_a_formula(&cell) && !cell.contains(['\n', '\r']), "{cell:?}");
            prop_assert_eq!(read(&cell), text.as_str());
        }

        #[test]
        fn any_cell_is_read(cell: String) {
            let _ = read(&cell);
        }
    }
}
