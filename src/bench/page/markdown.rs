//! Tables in Markdown.

/// A table; every row has as many cells as the head. Numbers stand at the right, after so many columns
/// of words.
pub(super) fn table(head: &[&str], words: usize, rows: &[Vec<String>]) -> String {
    let mut text = line(head.iter().copied());
    let marks = (0..head.len()).map(|column| if column < words { "---" } else { "--:" });
    text.push_str(&line(marks));
    for row in rows {
        text.push_str(&line(row.iter().map(String::as_str)));
    }
    text
}

fn line<T: AsRef<str>>(cells: impl Iterator<Item = T>) -> String {
    let mut text = String::from("|");
    for cell in cells {
        text.push(' ');
        // A bar would end the cell, and a break the table.
        text.push_str(&cell.as_ref().replace('|', "\\|").replace(['\n', '\r'], " "));
        text.push_str(" |");
    }
    text.push('\n');
    text
}

/// Words in a row, as people write them: `a`, `a and b`, `a, b and c`.
pub(super) fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_cannot_break_a_table() {
        let rows = [vec!["a|b".to_owned(), "1\n2".to_owned()]];
        let text = table(&["what", "value"], 1, &rows);
        assert_eq!(text, "| what | value |\n| --- | --: |\n| a\\|b | 1 2 |\n");
    }

    #[test]
    fn lists_read_as_sentences() {
        let of =
            |words: &[&str]| listed(&words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&[]), "");
        assert_eq!(of(&["a"]), "a");
        assert_eq!(of(&["a", "b"]), "a and b");
        assert_eq!(of(&["a", "b", "c"]), "a, b and c");
    }
}
