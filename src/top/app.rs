//! What the person at the keyboard has chosen to see.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A part of what is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum View {
    /// Is the farm earning, who serves it, and which rig needs somebody?
    #[default]
    Farm,
    /// What became of the shares.
    Shares,
    /// Filters, prover, models, difficulty.
    Learning,
    /// Every actor.
    Actors,
    /// Alerts that are open, and what happened lately.
    Events,
}

impl View {
    pub(super) const ALL: [Self; 5] = [
        Self::Farm,
        Self::Shares,
        Self::Learning,
        Self::Actors,
        Self::Events,
    ];

    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Farm => "1 Farm",
            Self::Shares => "2 Shares",
            Self::Learning => "3 Learning",
            Self::Actors => "4 Actors",
            Self::Events => "5 Events",
        }
    }

    pub(super) const fn place(self) -> usize {
        self as usize
    }

    fn shifted(self, by: usize) -> Self {
        let count = Self::ALL.len();
        Self::ALL[(self.place() + by) % count]
    }
}

/// Whether it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Go,
    Quit,
}

/// What is to be seen.
#[derive(Debug, Default)]
pub(super) struct App {
    pub(super) view: View,
    /// Whether the keys are shown in place of the view.
    pub(super) help: bool,
    /// Lines above the first that is shown, of each view.
    scroll: [usize; View::ALL.len()],
    /// Lines that were shown last.
    page: usize,
}

impl App {
    /// A key was pressed.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "all other keys mean nothing, those of later terminals included"
    )]
    pub(super) fn press(&mut self, key: KeyEvent) -> Flow {
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            // In raw mode the terminal makes no signal of it.
            KeyCode::Char('c') if is_control => return Flow::Quit,
            KeyCode::Esc if self.help => self.help = false,
            KeyCode::Char('q') | KeyCode::Esc => return Flow::Quit,
            KeyCode::Char('?' | 'h') => self.help = !self.help,
            KeyCode::Char(digit @ '1'..='5') => {
                self.show(View::ALL[digit as usize - '1' as usize]);
            }
            KeyCode::Tab | KeyCode::Right => self.show(self.view.shifted(1)),
            KeyCode::BackTab | KeyCode::Left => {
                self.show(self.view.shifted(View::ALL.len() - 1));
            }
            KeyCode::Down | KeyCode::Char('j') => self.move_by(1, true),
            KeyCode::Up | KeyCode::Char('k') => self.move_by(1, false),
            KeyCode::PageDown | KeyCode::Char(' ') => self.move_by(self.page.max(1), true),
            KeyCode::PageUp => self.move_by(self.page.max(1), false),
            KeyCode::Home => self.scroll[self.view.place()] = 0,
            KeyCode::End => self.scroll[self.view.place()] = usize::MAX,
            _ => {}
        }
        Flow::Go
    }

    fn show(&mut self, view: View) {
        self.view = view;
        self.help = false;
    }

    fn move_by(&mut self, lines: usize, down: bool) {
        let at = &mut self.scroll[self.view.place()];
        *at = if down {
            at.saturating_add(lines)
        } else {
            at.saturating_sub(lines)
        };
    }

    /// The first line to be shown of so many, with room for `page`: never beyond the last page.
    pub(super) fn first_line(&mut self, lines: usize, page: usize) -> usize {
        self.page = page;
        let at = &mut self.scroll[self.view.place()];
        *at = (*at).min(lines.saturating_sub(page));
        *at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressed(app: &mut App, code: KeyCode) -> Flow {
        app.press(KeyEvent::new(code, KeyModifiers::NONE))
    }

    #[test]
    fn views_are_chosen_by_number_and_by_tab_in_a_circle() {
        let mut app = App::default();
        pressed(&mut app, KeyCode::Char('5'));
        assert_eq!(app.view, View::Events);
        pressed(&mut app, KeyCode::Tab);
        assert_eq!(app.view, View::Farm);
        pressed(&mut app, KeyCode::BackTab);
        assert_eq!(app.view, View::Events);
    }

    #[test]
    fn each_view_keeps_its_place_and_none_goes_beyond_its_end() {
        let mut app = App::default();
        app.first_line(50, 10);
        pressed(&mut app, KeyCode::PageDown);
        pressed(&mut app, KeyCode::Down);
        assert_eq!(app.first_line(50, 10), 11);
        pressed(&mut app, KeyCode::Char('2'));
        assert_eq!(app.first_line(50, 10), 0);
        pressed(&mut app, KeyCode::Char('1'));
        pressed(&mut app, KeyCode::End);
        assert_eq!(app.first_line(50, 10), 40);
        assert_eq!(app.first_line(12, 10), 2, "there is less to show now");
        pressed(&mut app, KeyCode::Up);
        assert_eq!(
            app.first_line(12, 10),
            1,
            "at once, not forty presses later"
        );
    }

    #[test]
    fn quitting_takes_one_key_and_help_is_left_first() {
        let mut app = App::default();
        let control_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(app.press(control_c), Flow::Quit);
        assert_eq!(pressed(&mut app, KeyCode::Char('c')), Flow::Go);
        assert_eq!(pressed(&mut app, KeyCode::Char('q')), Flow::Quit);
        pressed(&mut app, KeyCode::Char('?'));
        assert!(app.help);
        assert_eq!(pressed(&mut app, KeyCode::Esc), Flow::Go);
        assert_eq!(pressed(&mut app, KeyCode::Esc), Flow::Quit);
    }
}
