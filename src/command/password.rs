//! `zartrux password`: a line for the file of miners' credentials.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _};

use anyhow::{Context as _, Result};
use clap::Args;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::crossterm::terminal;
use zartrux_actors::doorkeeper::{Credentials, hash_password};

use crate::console::{complain, say};
use crate::node::ExitCode;

/// Longest password, bytes, as in the settings.
const LONGEST: usize = 512;

/// Flags of `password`.
#[derive(Debug, Clone, Args)]
pub struct PasswordArgs {
    /// Write a whole line for this name: a user, or user/rig-id
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
}

pub(super) fn password(args: &PasswordArgs) -> Result<ExitCode> {
    let Some(password) = asked()? else {
        return Ok(ExitCode::Failed);
    };
    if let Some(why) = unusable(&password) {
        complain(&why);
        return Ok(ExitCode::Failed);
    }
    let hash = hash_password(&password).context("can't hash it")?;
    let Some(name) = &args.name else {
        say(&hash);
        return Ok(ExitCode::Done);
    };
    let line = format!("{name}:{hash}");
    if name.starts_with('#') || name.trim() != name {
        complain(&"a name can't begin with # or have blanks around it");
        return Ok(ExitCode::Failed);
    }
    if let Err(faults) = Credentials::parse(&line) {
        for fault in faults {
            complain(&fault.what);
        }
        return Ok(ExitCode::Failed);
    }
    say(&line);
    Ok(ExitCode::Done)
}

fn unusable(password: &str) -> Option<String> {
    if password.is_empty() {
        Some("the password is empty".to_owned())
    } else if password.len() > LONGEST {
        Some(format!("the password is longer than {LONGEST} bytes"))
    } else if password.contains(char::is_control) {
        Some("the password has control characters".to_owned())
    } else {
        None
    }
}

/// The password: the first line of the standard input, or asked for twice at a terminal.
fn asked() -> Result<Option<String>> {
    if !io::stdin().is_terminal() {
        let mut line = String::new();
        let limit = u64::try_from(LONGEST + 2).unwrap_or(u64::MAX);
        io::stdin()
            .lock()
            .take(limit)
            .read_line(&mut line)
            .context("can't read the password")?;
        return Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()));
    }
    let Some(first) = unseen("Password: ")? else {
        return Ok(None);
    };
    let second = unseen("Once more: ")?;
    if second.as_ref().is_some_and(|second| *second != first) {
        complain(&"the two are not the same");
    }
    Ok(second.filter(|second| *second == first))
}

/// What is typed, without showing it; nothing when that is given up.
fn unseen(prompt: &str) -> Result<Option<String>> {
    complain(&prompt);
    terminal::enable_raw_mode().context("can't hide what is typed")?;
    let typed = typed();
    terminal::disable_raw_mode().context("can't show what is typed again")?;
    typed
}

fn typed() -> Result<Option<String>> {
    let mut text = String::new();
    loop {
        let Event::Key(key) = event::read().context("can't read the password")? else {
            continue;
        };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        let KeyEvent {
            code, modifiers, ..
        } = key;
        if let KeyCode::Char(c) = code {
            let control = modifiers.contains(KeyModifiers::CONTROL);
            if control && matches!(c, 'c' | 'd') {
                return Ok(None);
            }
            if !control && text.len() <= LONGEST {
                text.push(c);
            }
        } else if code == KeyCode::Enter {
            return Ok(Some(text));
        } else if code == KeyCode::Backspace {
            text.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_miner_can_send_is_a_password() {
        assert_eq!(unusable("hunter2 ñ"), None);
        let long = "x".repeat(LONGEST + 1);
        for unfit in ["", "a\tb", long.as_str()] {
            assert!(unusable(unfit).is_some(), "{unfit:?}");
        }
    }
}
