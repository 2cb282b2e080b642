//! Foreign text made harmless, and numbers made readable.

use std::time::Duration;

/// `text` in printable ASCII, at most `longest` characters: names and error texts come from
/// whoever connects, and a terminal obeys control characters.
pub(super) fn harmless(text: &str, longest: usize) -> String {
    let mut shown = String::new();
    for c in text.chars() {
        let piece = if c.is_ascii_graphic() || c == ' ' {
            c.to_string()
        } else {
            c.escape_default().to_string()
        };
        if shown.len() + piece.len() > longest {
            // Everything in here is ASCII, so that any place is good for a cut.
            shown.truncate(longest.saturating_sub(2));
            shown.push_str("..");
            break;
        }
        shown.push_str(&piece);
    }
    shown
}

/// `1 234 567` as `1,234,567`.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// Minutes and seconds, and hours where there are any.
pub(super) fn clock(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes:02}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_look_alikes_never_reach_the_terminal() {
        assert_eq!(harmless("rig-1 ok", 40), "rig-1 ok");
        assert_eq!(harmless("\x1b[2Jgone\r\n", 40), "\\u{1b}[2Jgone\\r\\n");
        assert_eq!(harmless("a\u{202e}b", 40), "a\\u{202e}b");
    }

    #[test]
    fn long_text_is_cut_and_says_so() {
        assert_eq!(harmless("abcdefgh", 8), "abcdefgh");
        assert_eq!(harmless("abcdefghi", 8), "abcdef..");
        assert!(harmless(&"\u{7f}".repeat(100), 10).len() <= 10);
    }

    #[test]
    fn numbers_and_times_are_grouped() {
        assert_eq!(
            [0, 999, 1_000, 1_234_567].map(thousands),
            ["0", "999", "1,000", "1,234,567"]
        );
        assert_eq!(clock(Duration::from_secs(61)), "01:01");
        assert_eq!(clock(Duration::from_secs(3_661)), "1:01:01");
    }
}
