//! Lines of the log, as they go to the standard error: each in one write, with its priority before it
//! where the journal of systemd reads it.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::OnceLock;

use serde_json::json;
use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use zartrux_config::LogFormat;

/// How lines are written; set once, when the log is started.
static MANNER: OnceLock<Lines> = OnceLock::new();

/// How lines of the log are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lines {
    format: LogFormat,
    journal: bool,
}

impl Lines {
    /// Lines of this format on the standard error. From now on the last words of the process go by it as well.
    #[must_use]
    pub fn to_stderr(format: LogFormat) -> Self {
        let journal = std::env::var("JOURNAL_STREAM").is_ok_and(|stream| stderr_is(&stream));
        *MANNER.get_or_init(|| Self { format, journal })
    }

    fn line(self, level: Level) -> Line {
        Line {
            prefix: self.journal.then(|| priority(level)),
        }
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        self.line(Level::INFO)
    }

    fn make_writer_for(&'a self, meta: &Metadata<'_>) -> Line {
        self.line(*meta.level())
    }
}

/// One entry of the log on its way to the standard error.
#[derive(Debug)]
pub struct Line {
    prefix: Option<&'static str>,
}

impl Write for Line {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let mut stderr = io::stderr().lock();
        match self.prefix {
            Some(prefix) => stderr.write_all(&prefixed(prefix, text))?,
            None => stderr.write_all(text)?,
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().lock().flush()
    }
}

/// What a thread says when the process is about to end and the log itself may be what hangs: at once,
/// without anything but the standard error.
pub(crate) fn last_words(target: &str, message: &str, details: &[String]) {
    let manner = MANNER.get().copied().unwrap_or(Lines {
        format: LogFormat::Text,
        journal: false,
    });
    let text = written(manner.format, target, message, details);
    // Nothing is left to do about a stderr that can't be written.
    let _ = manner.line(Level::ERROR).write_all(text.as_bytes());
}

fn written(format: LogFormat, target: &str, message: &str, details: &[String]) -> String {
    match format {
        LogFormat::Text => {
            let mut text = format!("{message}\n");
            for detail in details {
                // A String takes text.
                let _ = writeln!(text, "  {detail}");
            }
            text
        }
        LogFormat::Json => {
            let mut timestamp = String::new();
            // A clock that can't be written is an empty one.
            let _ = SystemTime.format_time(&mut Writer::new(&mut timestamp));
            let entry = json!({
                "timestamp": timestamp,
                "level": "ERROR",
                "fields": { "message": message, "details": details },
                "target": target,
            });
            format!("{entry}\n")
        }
    }
}

/// The text with the prefix before each of its lines.
fn prefixed(prefix: &str, text: &[u8]) -> Vec<u8> {
    let mut all = Vec::with_capacity(text.len() + prefix.len());
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        all.extend_from_slice(prefix.as_bytes());
        all.extend_from_slice(line);
    }
    all
}

/// The priority of syslog.
const fn priority(level: Level) -> &'static str {
    match level {
        Level::ERROR => "<3>",
        Level::WARN => "<4>",
        Level::INFO => "<6>",
        Level::DEBUG | Level::TRACE => "<7>",
    }
}

/// Whether the standard error is this stream, `DEVICE:INODE`: the variable is inherited, also by a
/// process whose output goes elsewhere.
fn stderr_is(stream: &str) -> bool {
    let Some((device, inode)) = stream.split_once(':') else {
        return false;
    };
    let Ok(stat) = rustix::fs::fstat(io::stderr()) else {
        return false;
    };
    device.parse() == Ok(stat.st_dev) && inode.parse() == Ok(stat.st_ino)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_that_the_journal_reads_has_its_priority() {
        let text = prefixed(priority(Level::WARN), b"one\n  two\n");
        assert_eq!(text, b"<4>one\n<4>  two\n");
    }

    #[test]
    fn a_stream_that_is_not_the_standard_error_is_not_taken_for_it() {
        assert!(!stderr_is(""));
        assert!(!stderr_is("7"));
        assert!(!stderr_is("0:0"));
        let stat = rustix::fs::fstat(io::stderr()).unwrap();
        assert!(stderr_is(&format!("{}:{}", stat.st_dev, stat.st_ino)));
    }

    #[test]
    fn last_words_are_one_object_with_the_keys_of_any_other_line() {
        let details = ["lane0/pool: \"stuck\"\nhere".to_owned()];
        let text = written(
            LogFormat::Json,
            "zartrux::node::watchdog",
            "leaving",
            &details,
        );
        assert_eq!(text.matches('\n').count(), 1, "{text}");
        let entry: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(entry["level"], "ERROR");
        assert_eq!(entry["fields"]["message"], "leaving");
        assert_eq!(entry["fields"]["details"][0], details[0]);
        assert!(entry["timestamp"].as_str().unwrap().starts_with("20"));
        assert_eq!(entry["target"], "zartrux::node::watchdog");
    }
}
