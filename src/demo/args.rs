//! What `zartrux demo` takes on the command line.

use std::net::SocketAddr;
use std::time::Duration;

/// Options of `zartrux demo`.
#[derive(Debug, Clone, PartialEq, clap::Args)]
pub struct DemoArgs {
    /// How long to run, such as 60s, 5m or 1h; without it until Ctrl-C.
    #[arg(long = "for", value_name = "DURATION", value_parser = parse_duration)]
    pub run_for: Option<Duration>,

    /// Where the proxy listens for miners; port 0 takes a free one. Real miners may join.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,

    /// Where the monitor page is.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub monitor: SocketAddr,

    /// Turn the bridge on, with its three sockets on this port of this machine and the next two.
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..=65533))]
    pub bridge: Option<u16>,

    /// Time from one job of the pool to the next.
    #[arg(long, value_name = "SECONDS", default_value_t = 20,
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub seconds_per_job: u64,

    /// Hashes per share on average, as the pool asks for.
    #[arg(long, value_name = "HASHES", default_value_t = 30,
          value_parser = clap::value_parser!(u64).range(1..))]
    pub difficulty: u64,

    /// Most hashes per second of each of the three miners.
    #[arg(long, value_name = "RATE", default_value_t = 10.0, value_parser = parse_rate)]
    pub hashes_per_second: f64,

    /// Seed of what is random in the demo's pool and miners.
    #[arg(long, hide = true, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,
}

/// Reads `90`, `90s`, `5m` or `1h`.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let seconds = match &text[digits.len()..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err("use a number of seconds (s), minutes (m) or hours (h)".to_owned()),
    };
    let number: u64 = digits
        .parse()
        .map_err(|_| format!("{digits:?} is no whole number"))?;
    match number.checked_mul(seconds) {
        Some(0) => Err("nothing can be shown in no time".to_owned()),
        Some(seconds) if seconds <= MAX_SECONDS => Ok(Duration::from_secs(seconds)),
        Some(_) | None => Err("longer than a year".to_owned()),
    }
}

/// A year; keeps deadlines within what clocks can add up.
const MAX_SECONDS: u64 = 366 * 24 * 3600;

fn parse_rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if (0.1..=10_000.0).contains(&rate) => Ok(rate),
        Ok(_) => Err("use a rate from 0.1 to 10000".to_owned()),
        Err(fault) => Err(fault.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        demo: DemoArgs,
    }

    fn parse(words: &[&str]) -> Result<DemoArgs, clap::Error> {
        Cli::try_parse_from([&["demo"], words].concat()).map(|cli| cli.demo)
    }

    #[test]
    fn nothing_needs_to_be_configured() {
        let args = parse(&[]).unwrap();
        assert_eq!(
            (args.run_for, args.listen.port(), args.monitor.port()),
            (None, 0, 8080)
        );
    }

    #[test]
    fn durations_are_read_with_and_without_unit() {
        for (text, seconds) in [("60s", 60), ("60", 60), ("5m", 300), ("1h", 3600)] {
            let args = parse(&["--for", text]).unwrap();
            assert_eq!(args.run_for, Some(Duration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused_when_it_is_read() {
        for (flag, value) in [
            ("--for", ""),
            ("--for", "0s"),
            ("--for", "1d"),
            ("--for", "-1s"),
            ("--for", "99999999999999999999s"),
            ("--for", "9999999999999999h"),
            ("--difficulty", "0"),
            ("--seconds-per-job", "0"),
            ("--hashes-per-second", "0"),
            ("--hashes-per-second", "NaN"),
            ("--monitor", "localhost"),
        ] {
            assert!(
                parse(&[&format!("{flag}={value}")]).is_err(),
                "{flag} {value:?}"
            );
        }
    }
}
