//! How a job is called outside.

use std::fmt;
use std::str::FromStr;

use crate::work::JobKey;

/// A job of a lane, as programs outside are told of it: `LANE-KEY`, such as `0-0000001f`. The key is
/// that of [`JobKey`], never used twice in a run of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobTag {
    /// The lane.
    pub lane: u16,
    /// The lane's number of it.
    pub job: JobKey,
}

impl fmt::Display for JobTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.lane, self.job)
    }
}

/// A text that names no job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no key of a job")]
pub struct NoJobTag;

impl FromStr for JobTag {
    type Err = NoJobTag;

    /// Only as it is shown: with 8 hex digits in lower case, and no needless digit of the lane.
    fn from_str(text: &str) -> Result<Self, NoJobTag> {
        let (lane, job) = text.split_once('-').ok_or(NoJobTag)?;
        let tag = Self {
            lane: lane.parse().map_err(|_| NoJobTag)?,
            job: JobKey(u32::from_str_radix(job, 16).map_err(|_| NoJobTag)?),
        };
        if tag.to_string() == text {
            Ok(tag)
        } else {
            Err(NoJobTag)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_read_as_it_is_shown_and_no_other_text_is_one() {
        for (lane, job) in [(0, 31), (u16::MAX, u32::MAX)] {
            let tag = JobTag {
                lane,
                job: JobKey(job),
            };
            assert_eq!(tag.to_string().parse(), Ok(tag));
        }
        let tag = "0-0000001f".parse::<JobTag>().unwrap();
        assert_eq!((tag.lane, tag.job), (0, JobKey(31)));
        for text in [
            "",
            "-",
            "0",
            "0-1f",
            "0-0000001F",
            "00-0000001f",
            "+0-0000001f",
            "0-+000001f",
            "65536-0000001f",
            "0-0000001f ",
            "0-00000001f",
        ] {
            assert_eq!(text.parse::<JobTag>(), Err(NoJobTag), "{text:?}");
        }
    }
}
