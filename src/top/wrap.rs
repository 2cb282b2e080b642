//! Lines that are longer than the terminal is wide.

use ratatui::text::{Line, Span};

/// Columns before what goes on in the next line.
const INDENT: usize = 8;

/// The line in as many as it takes, broken between words where there are any; styles stay.
pub(super) fn wrapped(line: Line<'static>, columns: usize) -> Vec<Line<'static>> {
    if line.width() <= columns || columns <= 2 * INDENT {
        return vec![line];
    }
    let mut lines: Vec<Line<'static>> = Vec::new();
    let mut current = Line::default();
    let mut used = 0;
    for span in line.spans {
        for word in span.content.split_inclusive(' ') {
            let width = Span::raw(word.trim_end()).width();
            if used + width > columns && used > INDENT {
                lines.push(std::mem::take(&mut current));
                current.push_span(Span::raw(" ".repeat(INDENT)));
                used = INDENT;
            }
            // A word that is longer than a line is cut by the terminal's edge.
            current.push_span(Span::styled(word.to_owned(), span.style));
            used += Span::raw(word).width();
        }
    }
    lines.push(current);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::{Color, Style};

    #[test]
    fn a_long_line_goes_on_below_with_all_its_words_and_styles() {
        let red = Style::new().fg(Color::Red);
        let line = Line::from(vec![
            Span::raw("  one two three four five "),
            Span::styled("six seven eight nine ten", red),
        ]);
        let lines = wrapped(line.clone(), 30);
        assert!(lines.len() > 1);
        assert!(
            lines
                .iter()
                .all(|line| line.to_string().trim_end().len() <= 30)
        );
        let words = |text: String| {
            text.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let all: String = lines.iter().map(|line| format!("{line} ")).collect();
        assert_eq!(words(all), words(line.to_string()));
        let spans = lines.iter().flat_map(|line| &line.spans);
        let ten = spans.into_iter().find(|span| span.content == "ten");
        assert_eq!(ten.map(|span| span.style), Some(red));
    }

    #[test]
    fn a_line_that_fits_stays_as_it_is() {
        let line = Line::from("  short");
        assert_eq!(wrapped(line.clone(), 80), [line]);
    }
}
