//! `zartrux top` in a real terminal, which `tmux` gives.

use std::fs;
use std::process::Command;

use crate::support::{Config, FakePool, Proxy, clock};

/// A terminal of 100 by 30 with a shell in it; gone when dropped.
struct Terminal {
    socket: String,
}

impl Terminal {
    /// None where tmux is not installed.
    fn open() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let socket = format!("zartrux-{}", folder.path().file_name()?.display());
        let terminal = Self { socket };
        let mut opened = terminal.command();
        opened.args([
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            "100",
            "-y",
            "30",
        ]);
        opened.args(["env", "-u", "PROMPT_COMMAND", "PS1=shell$ ", "sh"]);
        opened.output().ok()?.status.success().then_some(terminal)
    }

    fn command(&self) -> Command {
        let mut command = Command::new("tmux");
        command.args(["-L", &self.socket]);
        command
    }

    /// The process that its shell has started.
    fn child(&self) -> String {
        let asked = ["display-message", "-p", "#{pane_pid}"];
        let output = self.command().args(asked).output().unwrap();
        let shell = String::from_utf8(output.stdout).unwrap();
        let shell = shell.trim();
        let children = fs::read_to_string(format!("/proc/{shell}/task/{shell}/children"));
        let children = children.unwrap();
        children.split_whitespace().next().unwrap().to_owned()
    }

    fn type_in(&self, keys: &[&str]) {
        assert!(
            self.command()
                .arg("send-keys")
                .args(keys)
                .status()
                .unwrap()
                .success()
        );
    }

    fn screen(&self) -> String {
        let output = self
            .command()
            .args(["capture-pane", "-p"])
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn wait(&self, text: &str) -> String {
        clock::eventually(text, || Some(self.screen()).filter(|it| it.contains(text)))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Fails when it is gone.
        let _ = self.command().arg("kill-server").output();
    }
}

/// What the shell shows of the terminal's modes: changed ones would be those of top.
fn modes(terminal: &Terminal, round: usize) -> String {
    let mark = format!("end-{round}");
    terminal.type_in(&[
        &format!("clear; stty -a | tr ';' '\\n' | sort; echo {mark}"),
        "Enter",
    ]);
    let screen = clock::eventually("the modes", || {
        let screen = terminal.screen();
        screen
            .lines()
            .any(|line| line.trim() == mark)
            .then_some(screen)
    });
    let lines = screen
        .lines()
        .filter(|line| !line.contains("end-") && !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn it_shows_the_farm_or_why_not_and_gives_the_terminal_back_however_it_ends() {
    let Some(terminal) = Terminal::open() else {
        eprintln!("tmux is not installed: zartrux top was not tried in a terminal");
        return;
    };
    let pool = FakePool::start();
    let proxy = Proxy::launch(&Config::on(&pool));
    let url = format!("http://{}", proxy.node().monitor_address().unwrap());
    let start = format!("{} top --url {url}", env!("CARGO_BIN_EXE_zartrux"));
    terminal.wait("shell$");
    let before = modes(&terminal, 0);
    assert!(before.contains("icanon"), "{before}");
    let ends: [&[&str]; 3] = [&["q"], &["C-c"], &[]];
    for (round, keys) in (1..).zip(ends) {
        terminal.type_in(&[&start, "Enter"]);
        terminal.wait("q quit   Tab 1-5 view");
        terminal.type_in(&["?"]);
        terminal.wait("Shift-Tab, Left");
        terminal.type_in(&["4"]);
        terminal.wait("faults waiting");
        if keys.is_empty() {
            let pid = terminal.child();
            assert!(Command::new("kill").arg(pid).status().unwrap().success());
        } else {
            terminal.type_in(keys);
        }
        clock::eventually("the shell again", || {
            (!terminal.screen().contains("q quit   Tab")).then_some(())
        });
        assert_eq!(modes(&terminal, round), before);
    }
}

#[test]
fn it_ends_when_its_terminal_is_gone() {
    let Some(terminal) = Terminal::open() else {
        eprintln!("tmux is not installed: zartrux top was not tried in a terminal");
        return;
    };
    terminal.wait("shell$");
    // Nobody answers there: it shows that.
    let start = format!(
        "{} top --url http://127.0.0.1:9",
        env!("CARGO_BIN_EXE_zartrux")
    );
    terminal.type_in(&[&start, "Enter"]);
    terminal.wait("q quit   Tab 1-5 view");
    let process = format!("/proc/{}", terminal.child());
    assert!(fs::exists(&process).unwrap());
    drop(terminal);
    clock::eventually("its end", || (!fs::exists(&process).unwrap()).then_some(()));
}
