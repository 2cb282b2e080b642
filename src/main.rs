//! `zartrux`: see `zartrux --help`.

use clap::Parser as _;
use clap::error::ErrorKind;
use zartrux::command::{Cli, carry_out};
use zartrux::console::complain;
use zartrux::node::ExitCode;

fn main() -> std::process::ExitCode {
    zartrux::allocator::settle();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(usage) => {
            // A closed output leaves nobody to tell.
            let _ = usage.print();
            let asked_for = matches!(
                usage.kind(),
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
            );
            return if asked_for {
                ExitCode::Done
            } else {
                ExitCode::Usage
            }
            .into();
        }
    };
    match carry_out(cli) {
        Ok(code) => code.into(),
        Err(fault) => {
            complain(&format_args!("zartrux: {fault:#}"));
            ExitCode::Internal.into()
        }
    }
}
