//! Where the demo writes: in place on a terminal, line by line elsewhere.

use std::io::{self, IsTerminal, Write};

use super::render;
use super::snapshot::Snapshot;

/// The demo's output.
#[derive(Debug)]
pub struct Screen<W> {
    out: W,
    in_place: bool,
    /// Lines of the block on the screen, to be overwritten by the next.
    shown: usize,
}

impl Screen<io::Stdout> {
    /// Standard output, in place if that is a terminal.
    #[must_use]
    pub fn stdout() -> Self {
        let out = io::stdout();
        let in_place = out.is_terminal();
        Self::new(out, in_place)
    }
}

impl<W: Write> Screen<W> {
    /// Writes to `out`; `in_place` says that it obeys a terminal's cursor movements.
    pub const fn new(out: W, in_place: bool) -> Self {
        Self {
            out,
            in_place,
            shown: 0,
        }
    }

    /// Lines that stay.
    ///
    /// # Errors
    /// The output is closed.
    pub fn say(&mut self, text: &str) -> io::Result<()> {
        // The block above stays as it is.
        self.shown = 0;
        writeln!(self.out, "{text}")?;
        self.out.flush()
    }

    /// The beginning of a line that [`Screen::say`] will end, before work that takes its time.
    ///
    /// # Errors
    /// The output is closed.
    pub fn begin(&mut self, text: &str) -> io::Result<()> {
        self.shown = 0;
        write!(self.out, "{text} ... ")?;
        self.out.flush()
    }

    /// The present state: over the former one, or on a line of its own.
    ///
    /// # Errors
    /// The output is closed.
    pub fn show(&mut self, now: &Snapshot) -> io::Result<()> {
        if !self.in_place {
            writeln!(self.out, "{}", render::line(now))?;
            return self.out.flush();
        }
        if self.shown > 0 {
            // Up to the first line of the block, and clear to the end of the screen.
            write!(self.out, "\x1b[{}A\x1b[J", self.shown)?;
        }
        let block = render::block(now);
        for line in &block {
            writeln!(self.out, "{line}")?;
        }
        self.shown = block.len();
        self.out.flush()
    }

    /// The output itself.
    pub fn into_inner(self) -> W {
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(in_place: bool) -> String {
        let mut screen = Screen::new(Vec::new(), in_place);
        screen.begin("working").unwrap();
        screen.say("done").unwrap();
        screen.show(&Snapshot::default()).unwrap();
        screen.show(&Snapshot::default()).unwrap();
        String::from_utf8(screen.into_inner()).unwrap()
    }

    #[test]
    fn a_pipe_gets_plain_lines_only() {
        let text = shown(false);
        assert!(!text.contains('\x1b'));
        assert_eq!(text.lines().count(), 3);
        assert!(text.starts_with("working ... done\n00:00"));
    }

    #[test]
    fn a_terminal_gets_the_second_block_over_the_first() {
        let text = shown(true);
        // Headline and pool, two lines, are gone back over once.
        assert_eq!(text.matches("\x1b[2A\x1b[J").count(), 1);
        assert_eq!(text.matches('\x1b').count(), 2);
    }
}
