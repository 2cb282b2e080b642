//! The lines of both dialects as far as the generator reads them, with borrowed fields.

use std::borrow::Cow;

use serde::Deserialize;

/// A string that borrows unless it is escaped (`\/` is legal JSON, and some peers write it).
#[derive(Debug, Deserialize)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

impl Text<'_> {
    /// The string.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A line from the proxy to a miner: the reply to a request, or a new job.
#[derive(Debug, Deserialize)]
pub(crate) struct ToMiner<'a> {
    /// The request this answers; none in a job.
    pub(crate) id: Option<u64>,
    /// The job.
    #[serde(borrow)]
    pub(crate) params: Option<JobLine<'a>>,
    /// What a reply brings.
    #[serde(borrow)]
    pub(crate) result: Option<ReplyLine<'a>>,
    /// Why a request was refused.
    #[serde(borrow)]
    pub(crate) error: Option<ErrorLine<'a>>,
}

/// `result` of a reply: of a login with session and job, of a submit with the status alone.
#[derive(Debug, Deserialize)]
pub(crate) struct ReplyLine<'a> {
    /// The session's id.
    #[serde(borrow)]
    pub(crate) id: Option<Text<'a>>,
    /// The first job.
    #[serde(borrow)]
    pub(crate) job: Option<JobLine<'a>>,
}

/// A job as a miner gets it.
#[derive(Debug, Deserialize)]
pub(crate) struct JobLine<'a> {
    /// The hashing blob, hex.
    #[serde(borrow)]
    pub(crate) blob: Cow<'a, str>,
    /// Opaque; goes back with each share.
    #[serde(borrow)]
    pub(crate) job_id: Cow<'a, str>,
    /// 4 or 8 bytes, little-endian, hex.
    #[serde(borrow)]
    pub(crate) target: Cow<'a, str>,
}

/// `error` of a reply.
#[derive(Debug, Deserialize)]
pub(crate) struct ErrorLine<'a> {
    /// The text the miner would log.
    #[serde(borrow)]
    pub(crate) message: Option<Text<'a>>,
}

impl ErrorLine<'_> {
    /// The text, or a word for its absence.
    pub(crate) fn text(&self) -> &str {
        self.message
            .as_ref()
            .map_or("an error without a text", Text::as_str)
    }
}

/// A line from the proxy to the pool.
#[derive(Debug, Deserialize)]
pub(crate) struct ToPool<'a> {
    /// The request's number; goes back with the reply.
    pub(crate) id: u64,
    /// `login`, `submit`, `keepalived`.
    #[serde(borrow)]
    pub(crate) method: Cow<'a, str>,
    /// The request's fields.
    #[serde(borrow)]
    pub(crate) params: Option<ShareLine<'a>>,
}

/// `params` of a submit; those of the other requests leave all of it out.
#[derive(Debug, Deserialize)]
pub(crate) struct ShareLine<'a> {
    /// The job the share is for.
    #[serde(borrow)]
    pub(crate) job_id: Option<Text<'a>>,
    /// 8 hex digits.
    #[serde(borrow)]
    pub(crate) nonce: Option<Text<'a>>,
    /// 64 hex digits.
    #[serde(borrow)]
    pub(crate) result: Option<Text<'a>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// Lines recorded between real programs, as (who wrote it, on which hop, the line).
    fn recorded() -> Vec<(String, String, String)> {
        include_str!("../../tests/fixtures/dialogue-xmrig-proxy.jsonl")
            .lines()
            .filter_map(|entry| {
                let entry: Value = serde_json::from_str(entry).unwrap();
                let field = |name: &str| Some(entry.get(name)?.as_str()?.to_owned());
                Some((field("from")?, field("hop")?, field("line")?))
            })
            .collect()
    }

    #[test]
    fn every_recorded_line_to_a_miner_is_a_reply_or_a_job() {
        let (mut logins, mut jobs, mut replies, mut refusals) = (0, 0, 0, 0);
        for (from, hop, line) in &recorded() {
            if from != "proxy" || hop != "miner-proxy" {
                continue;
            }
            let message: ToMiner<'_> = serde_json::from_str(line).unwrap();
            match (&message.params, &message.result, &message.error) {
                (Some(job), None, None) => {
                    assert_eq!(job.blob.len(), 152);
                    jobs += 1;
                }
                (None, Some(reply), None) if reply.job.is_some() => logins += 1,
                (None, Some(_), None) => replies += 1,
                (None, None, Some(error)) => {
                    assert!(!error.text().is_empty());
                    refusals += 1;
                }
                _ => panic!("neither reply nor job: {line}"),
            }
        }
        assert!(logins >= 2 && jobs >= 2 && replies >= 100 && refusals >= 1);
    }

    #[test]
    fn every_recorded_line_to_a_pool_has_a_number_and_a_method() {
        let mut submits = 0;
        for (from, hop, line) in &recorded() {
            if from != "proxy" || hop != "proxy-pool" {
                continue;
            }
            let message: ToPool<'_> = serde_json::from_str(line).unwrap();
            if message.method == "submit" {
                let share = message.params.unwrap();
                assert_eq!(share.nonce.unwrap().as_str().len(), 8);
                assert_eq!(share.result.unwrap().as_str().len(), 64);
                submits += 1;
            }
        }
        assert!(submits >= 100);
    }

    #[test]
    fn an_escaped_slash_is_read_and_a_plain_string_is_borrowed() {
        let escaped: Text<'_> = serde_json::from_str(r#""a\/b""#).unwrap();
        assert_eq!(escaped.as_str(), "a/b");
        let plain: Text<'_> = serde_json::from_str(r#""ab""#).unwrap();
        assert!(matches!(plain.0, Cow::Borrowed("ab")));
    }
}
