//! `zartrux top`: a running daemon at a glance, in a terminal.
//!
//! It reads what the page reads, `/api/v1/overview`, once a second in a thread of its own
//! (`fetch`), and draws what it has (`draw`). What comes is read leniently (`seen`): a newer
//! daemon may say more, an older one less.

mod app;
mod draw;
mod fetch;
mod format;
mod seen;
mod signals;
#[cfg(test)]
mod tests;
mod views;
mod wrap;

pub(crate) use format::{percent, rate};

use std::io::IsTerminal as _;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyEventKind};
use zartrux_actors::clock::Clock;

use crate::client::{Daemon, DaemonArgs};
use crate::console::complain;
use crate::node::ExitCode;
use app::{App, Flow};
use fetch::Fetcher;

/// How often it is drawn when nothing is pressed.
const TICK: Duration = Duration::from_millis(250);

/// Flags of `top`.
#[derive(Debug, Clone, Args)]
pub struct TopArgs {
    /// Which daemon is watched.
    #[command(flatten)]
    pub daemon: DaemonArgs,
}

/// Watches until it is told to stop.
///
/// # Errors
/// The terminal can't be had, or the flags are wrong.
pub fn run(args: &TopArgs) -> Result<ExitCode> {
    let daemon = Daemon::new(&args.daemon)?;
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        complain(&"zartrux top needs a terminal; for programs there is GET /api/v1/overview");
        return Ok(ExitCode::Usage);
    }
    let told_to_stop = signals::listen()?;
    let fetcher = Fetcher::start(daemon, Clock)?;
    let mut screen = Screen::take()?;
    let mut app = App::default();
    while !told_to_stop() {
        let seen = fetcher.seen();
        screen
            .terminal
            .draw(|frame| draw::draw(frame, &mut app, &seen))
            .context("the terminal can't be drawn on")?;
        if !event::poll(TICK).context("the terminal can't be read")? {
            continue;
        }
        // A new size is taken over at the next drawing.
        if let Event::Key(key) = event::read().context("the terminal can't be read")?
            && key.kind != KeyEventKind::Release
            && app.press(key) == Flow::Quit
        {
            break;
        }
    }
    Ok(ExitCode::Done)
}

/// The terminal while it is ours; given back as it was, also at a panic.
struct Screen {
    terminal: DefaultTerminal,
}

impl Screen {
    fn take() -> Result<Self> {
        let terminal = match ratatui::try_init() {
            Ok(terminal) => terminal,
            Err(fault) => {
                // It may have been taken in part.
                ratatui::restore();
                return Err(fault).context("the terminal can't be drawn on");
            }
        };
        Ok(Self { terminal })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        ratatui::restore();
    }
}
