//! What pools say.

mod dialect;
mod job;
mod request;
mod template_job;

use serde::Deserialize;
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::line::{DEPTH_LIMIT, nests_deeper_than};
use super::text::Text;

pub use dialect::{Dialect, NumberOrder};
pub use job::{BadJob, JobFields};
pub use request::{
    LoginRequest, SubmitRequest, TemplateNumbers, push_keepalive_request, push_login_request,
    push_submit_request,
};

/// Longest line a pool may send, without its newline; a job has well under 2 KiB.
pub const POOL_LINE_LIMIT: usize = 64 * 1024;

/// The same where the pool sends templates, which hold the hash of each transaction: enough for
/// 16,000 of them.
pub const TEMPLATE_LINE_LIMIT: usize = 1024 * 1024;

/// Most bytes of a pool's own words that are kept.
pub const POOL_TEXT_LIMIT: usize = 200;

/// The `id` of a request of ours, repeated in the pool's reply; counted from 1 on each connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PoolRequestId(pub u64);

/// One line from a pool.
#[expect(
    clippy::large_enum_variant,
    reason = "one at a time, on the stack: a box would be an allocation for each job"
)]
#[derive(Debug, Clone, PartialEq)]
pub enum PoolLine<'a> {
    /// The answer to a request.
    Reply {
        /// To which; `None` when the pool does not say, as in an error about the connection.
        id: Option<PoolRequestId>,
        /// What it answered.
        answer: Answer<'a>,
    },
    /// `job`
    Job(JobFields<'a>),
    /// `client.reconnect`
    Reconnect(Reconnect<'a>),
    /// Any other method.
    Other(Text<'a>),
}

/// What a pool answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer<'a> {
    /// A `result` that says yes; its fields matter only for a login.
    Yes(ReplyResult<'a>),
    /// An `error`.
    No(PoolError<'a>),
}

/// An `error`, whatever its form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolError<'a> {
    /// Not every pool sends one.
    pub code: Option<i64>,
    /// The pool's words.
    pub message: Text<'a>,
}

/// A `result` that has not been looked into.
#[derive(Debug, Clone, Copy)]
pub struct ReplyResult<'a>(&'a RawValue);

impl PartialEq for ReplyResult<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

/// The `result` of a login.
#[derive(Debug, Clone, PartialEq)]
pub struct LoginResult<'a> {
    /// To be repeated in every request.
    pub session: Text<'a>,
    /// The first job, where the pool sends one at once.
    pub job: Option<JobFields<'a>>,
    /// What the pool announces.
    pub extensions: Extensions,
}

/// The extensions a pool announces that matter here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extensions {
    /// Submits carry `algo`.
    pub algo: bool,
    /// `keepalived` is welcome.
    pub keepalive: bool,
    /// The pool fixes the last nonce byte itself.
    pub nicehash: bool,
}

/// Where `client.reconnect` points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconnect<'a> {
    /// `None`: where it already is.
    pub host: Option<Text<'a>>,
    /// `None`: the same port.
    pub port: Option<u16>,
}

/// Why a line from a pool can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadLine {
    /// Not JSON, or deeper than any line: the stream can't be trusted any more.
    #[error("not JSON: {0}")]
    NotJson(String),
    /// JSON, but not a message of this protocol.
    #[error("not a message: {0}")]
    Shape(String),
    /// A field has another type than it should.
    #[error("{field}: {what}")]
    Field {
        /// Its path.
        field: &'static str,
        /// What is wrong with it.
        what: String,
    },
}

impl BadLine {
    fn field(field: &'static str) -> impl FnOnce(serde_json::Error) -> Self {
        move |fault| Self::Field {
            field,
            what: fault.to_string(),
        }
    }
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Option<Text<'a>>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

/// Reads a line from a pool.
///
/// # Errors
/// See [`BadLine`].
pub fn parse_pool_line(line: &[u8]) -> Result<PoolLine<'_>, BadLine> {
    if nests_deeper_than(line, DEPTH_LIMIT) {
        return Err(BadLine::NotJson(format!(
            "nested deeper than {DEPTH_LIMIT}"
        )));
    }
    let wire: Wire<'_> = serde_json::from_slice(line).map_err(|fault| match fault.classify() {
        Category::Data => BadLine::Shape(fault.to_string()),
        Category::Io | Category::Syntax | Category::Eof => BadLine::NotJson(fault.to_string()),
    })?;
    // A notification is one whatever its id: some pools send null, some a number.
    match wire.method {
        Some(method) => notification(method, wire.params),
        None => reply(&wire),
    }
}

fn notification<'a>(
    method: Text<'a>,
    params: Option<&'a RawValue>,
) -> Result<PoolLine<'a>, BadLine> {
    match &*method {
        "job" => params
            .ok_or_else(|| missing("params"))
            .and_then(job_of)
            .map(PoolLine::Job),
        "client.reconnect" => reconnect(params).map(PoolLine::Reconnect),
        _ => Ok(PoolLine::Other(method)),
    }
}

/// The job itself, or an object that holds it: so monero-pool sends its templates.
fn job_of(params: &RawValue) -> Result<JobFields<'_>, BadLine> {
    #[derive(Deserialize)]
    struct Around<'a> {
        #[serde(borrow)]
        job: Option<&'a RawValue>,
    }
    let job: JobFields<'_> =
        serde_json::from_str(params.get()).map_err(BadLine::field("params"))?;
    if job.blob.is_some() || job.blocktemplate_blob.is_some() {
        return Ok(job);
    }
    let around: Around<'_> =
        serde_json::from_str(params.get()).map_err(BadLine::field("params"))?;
    around.job.map_or(Ok(job), |inner| {
        serde_json::from_str(inner.get()).map_err(BadLine::field("params.job"))
    })
}

fn reply<'a>(wire: &Wire<'a>) -> Result<PoolLine<'a>, BadLine> {
    let answer = match (wire.error.and_then(error), wire.result) {
        (Some(error), _) => Answer::No(error),
        (None, Some(result)) if result.get() != "false" => Answer::Yes(ReplyResult(result)),
        (None, Some(_)) => Answer::No(PoolError {
            code: None,
            message: "refused without a reason".into(),
        }),
        (None, None) => {
            return Err(BadLine::Shape(
                "neither method nor result nor error".to_owned(),
            ));
        }
    };
    let id = wire
        .id
        .map(|raw| {
            // Some pools return it as a string.
            raw.get()
                .trim_matches('"')
                .parse()
                .map(PoolRequestId)
                .map_err(|_| BadLine::Field {
                    field: "id",
                    what: "not an id of ours".to_owned(),
                })
        })
        .transpose()?;
    Ok(PoolLine::Reply { id, answer })
}

/// An object with a message, a plain string, or a list that holds one; nothing for `null` (which
/// never gets here), `false` and an empty string.
fn error(raw: &RawValue) -> Option<PoolError<'_>> {
    #[derive(Deserialize)]
    struct Fields<'a> {
        code: Option<i64>,
        #[serde(borrow)]
        message: Option<Text<'a>>,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Part<'a> {
        Text(#[serde(borrow)] Text<'a>),
        Other(serde::de::IgnoredAny),
    }
    let json = raw.get();
    if let Ok(fields) = serde_json::from_str::<Fields<'_>>(json) {
        return Some(PoolError {
            code: fields.code,
            message: fields.message.unwrap_or_else(|| json.into()),
        });
    }
    if let Ok(message) = serde_json::from_str::<Text<'_>>(json) {
        return (!message.is_empty()).then_some(PoolError {
            code: None,
            message,
        });
    }
    if json == "false" {
        return None;
    }
    let parts = serde_json::from_str::<Vec<Part<'_>>>(json).unwrap_or_default();
    let words = parts.into_iter().find_map(|part| match part {
        Part::Text(text) => Some(text),
        Part::Other(_) => None,
    });
    Some(PoolError {
        code: None,
        message: words.unwrap_or_else(|| json.into()),
    })
}

fn missing(field: &'static str) -> BadLine {
    BadLine::Field {
        field,
        what: "is missing".to_owned(),
    }
}

/// An object, or a list of host, port and wait as older protocols have it; the port is a number or
/// a string of one.
fn reconnect(params: Option<&RawValue>) -> Result<Reconnect<'_>, BadLine> {
    #[derive(Deserialize)]
    struct Fields<'a> {
        #[serde(borrow)]
        host: Option<Text<'a>>,
        #[serde(borrow)]
        port: Option<&'a RawValue>,
    }
    let Some(raw) = params else {
        return Ok(Reconnect {
            host: None,
            port: None,
        });
    };
    let (host, port) = if raw.get().starts_with('[') {
        let parts: Vec<&RawValue> =
            serde_json::from_str(raw.get()).map_err(BadLine::field("params"))?;
        let host = parts.first().map(|host| serde_json::from_str(host.get()));
        let host = host.transpose().map_err(BadLine::field("params[0]"))?;
        (host, parts.get(1).copied())
    } else {
        let fields: Fields<'_> =
            serde_json::from_str(raw.get()).map_err(BadLine::field("params"))?;
        (fields.host, fields.port)
    };
    let port = port
        .map(|raw| raw.get().trim_matches('"').parse::<u16>())
        .transpose()
        .map_err(|_| BadLine::Field {
            field: "params.port",
            what: "is no port".to_owned(),
        })?;
    Ok(Reconnect { host, port })
}

impl<'a> ReplyResult<'a> {
    /// Reads the result as that of a login.
    ///
    /// # Errors
    /// Not an object, no `id`, or a field of another type.
    pub fn login(self) -> Result<LoginResult<'a>, BadLine> {
        #[derive(Deserialize)]
        struct Fields<'a> {
            #[serde(borrow)]
            id: Option<Text<'a>>,
            #[serde(borrow)]
            job: Option<&'a RawValue>,
            #[serde(borrow)]
            extensions: Option<&'a RawValue>,
        }
        let fields: Fields<'a> =
            serde_json::from_str(self.0.get()).map_err(BadLine::field("result"))?;
        let job = fields
            .job
            .map(|raw| serde_json::from_str(raw.get()))
            .transpose()
            .map_err(BadLine::field("result.job"))?;
        Ok(LoginResult {
            session: fields.id.ok_or_else(|| missing("result.id"))?,
            job,
            extensions: fields.extensions.map(Extensions::read).unwrap_or_default(),
        })
    }
}

impl Extensions {
    /// Takes the names it knows from a list; anything else announces nothing.
    fn read(raw: &RawValue) -> Self {
        let names: Vec<&RawValue> = serde_json::from_str(raw.get()).unwrap_or_default();
        let announces = |quoted: &str| names.iter().any(|name| name.get() == quoted);
        Self {
            algo: announces(r#""algo""#),
            keepalive: announces(r#""keepalive""#),
            nicehash: announces(r#""nicehash""#),
        }
    }
}

/// Letters and digits in a row from which on a pool's words could hold a wallet: the shortest of a
/// Monero address's forms has 95.
const WALLET: usize = 80;

/// A pool's words as they may be logged, shown and passed on: at most [`POOL_TEXT_LIMIT`] bytes,
/// nothing in them that could write a line of its own, and of what could be a wallet only the first
/// and last four characters.
#[must_use]
pub fn bounded_text(text: &str) -> Box<str> {
    let mut out = String::with_capacity(text.len().min(POOL_TEXT_LIMIT));
    let mut rest = text.trim();
    while !rest.is_empty() && out.len() < POOL_TEXT_LIMIT {
        let plain = |c: char| c.is_ascii_alphanumeric();
        let run = rest.find(|c| !plain(c)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(run);
        let other = behind.find(plain).unwrap_or(behind.len());
        let (between, next) = behind.split_at(other);
        if word.len() >= WALLET {
            push_bounded(&mut out, &word[..4]);
            push_bounded(&mut out, "…");
            push_bounded(&mut out, &word[word.len() - 4..]);
        } else {
            push_bounded(&mut out, word);
        }
        push_bounded(&mut out, between);
        rest = next;
    }
    out.into_boxed_str()
}

/// Appends characters for which there is room.
fn push_bounded(out: &mut String, text: &str) {
    for c in text.chars() {
        let c = if c.is_control() { ' ' } else { c };
        if out.len() + c.len_utf8() > POOL_TEXT_LIMIT {
            break;
        }
        out.push(c);
    }
}

#[cfg(test)]
mod tests;
