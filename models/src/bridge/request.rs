//! A question for a prediction, and its answer.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// A question as it came: what goes back with the answer, and what is asked, which is what
/// `POST /api/v1/predict` takes.
#[derive(Debug, Clone, PartialEq)]
pub struct PredictRequest {
    /// The asker's own name of it, sent back with the answer.
    pub id: Option<String>,
    /// What is asked, as JSON.
    pub body: Vec<u8>,
}

/// Why a question can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRequest {
    /// Longer than any question.
    #[error("the request is longer than {most} bytes", most = PredictRequest::LONGEST)]
    TooLong,
    /// No JSON object.
    #[error("the request can't be read: {0}")]
    Form(String),
    /// Written for another version.
    #[error("schema: must be {right}", right = PredictRequest::SCHEMA)]
    Schema,
    /// The name is no short text.
    #[error("id: must be a text of at most {most} bytes", most = PredictRequest::ID_MAX)]
    Id,
}

impl BadRequest {
    /// A name of the fault for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "too_large",
            Self::Form(_) | Self::Schema | Self::Id => "bad_request",
        }
    }

    /// The key that is at fault, if it is one.
    #[must_use]
    pub const fn field(&self) -> Option<&'static str> {
        match self {
            Self::Schema => Some("schema"),
            Self::Id => Some("id"),
            Self::TooLong | Self::Form(_) => None,
        }
    }
}

impl PredictRequest {
    /// The version of the form that is read, where it is given.
    pub const SCHEMA: u64 = 1;
    /// Most bytes of a question.
    pub const LONGEST: usize = 16 << 10;
    /// Most bytes of its name.
    pub const ID_MAX: usize = 64;

    /// Reads a question.
    ///
    /// # Errors
    /// It is too long, no JSON object, of another version, or its name is no short text.
    pub fn read(bytes: &[u8]) -> Result<Self, BadRequest> {
        if bytes.len() > Self::LONGEST {
            return Err(BadRequest::TooLong);
        }
        // Values are handed on as they stand: a number must not come to another one on the way.
        let form = |fault: serde_json::Error| BadRequest::Form(fault.to_string());
        let mut asked: BTreeMap<String, Box<RawValue>> =
            serde_json::from_slice(bytes).map_err(form)?;
        if let Some(schema) = asked.remove("schema")
            && schema.get().parse() != Ok(Self::SCHEMA)
        {
            return Err(BadRequest::Schema);
        }
        let id = match asked.remove("id") {
            None => None,
            Some(id) => match serde_json::from_str::<Option<String>>(id.get()) {
                Ok(Some(id)) if id.len() > Self::ID_MAX => return Err(BadRequest::Id),
                Ok(id) => id,
                Err(_) => return Err(BadRequest::Id),
            },
        };
        Ok(Self {
            id,
            body: serde_json::to_vec(&asked).map_err(form)?,
        })
    }
}

/// Why there is no prediction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RequestFault {
    /// `bad_request`, `not_found`, `too_large`, `busy` or `internal`.
    pub code: &'static str,
    /// In words.
    pub message: String,
    /// The key that is at fault, if it is one.
    pub field: Option<String>,
}

impl RequestFault {
    /// One that is no key's.
    #[must_use]
    pub fn plain(code: &'static str, message: &str) -> Self {
        Self {
            code,
            message: message.to_owned(),
            field: None,
        }
    }
}

impl From<&BadRequest> for RequestFault {
    fn from(bad: &BadRequest) -> Self {
        Self {
            code: bad.code(),
            message: bad.to_string(),
            field: bad.field().map(str::to_owned),
        }
    }
}

/// An answer: either `prediction` or `error` is there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PredictAnswer {
    schema: u64,
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prediction: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<RequestFault>,
}

impl PredictAnswer {
    /// The answer to the question of that name.
    #[must_use]
    pub fn new(id: Option<String>, outcome: Result<Value, RequestFault>) -> Self {
        let (prediction, error) = match outcome {
            Ok(prediction) => (Some(prediction), None),
            Err(fault) => (None, Some(fault)),
        };
        Self {
            schema: PredictRequest::SCHEMA,
            id,
            prediction,
            error,
        }
    }

    /// Whether it has a prediction.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        self.error.is_none()
    }

    /// The name of what is amiss, if anything is.
    #[must_use]
    pub fn code(&self) -> Option<&'static str> {
        self.error.as_ref().map(|fault| fault.code)
    }

    /// As it is sent.
    ///
    /// # Errors
    /// Never with these types; the writer's own.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_goes_back_and_the_rest_is_what_the_api_takes() {
        let text = br#"{"schema":1,"id":"q7","rig":"shelf","difficulty":9}"#;
        let asked = PredictRequest::read(text).unwrap();
        assert_eq!(asked.id.as_deref(), Some("q7"));
        let body: Value = serde_json::from_slice(&asked.body).unwrap();
        assert_eq!(body, serde_json::json!({"rig": "shelf", "difficulty": 9}));
        assert_eq!(PredictRequest::read(b"{}").unwrap().id, None);
    }

    #[test]
    fn what_is_no_question_is_refused_with_its_reason() {
        let long = vec![b'['; PredictRequest::LONGEST + 1];
        assert_eq!(PredictRequest::read(&long), Err(BadRequest::TooLong));
        for bytes in [
            &b""[..],
            b"{",
            b"\xff\xfe",
            &long[..PredictRequest::LONGEST],
        ] {
            let refused = PredictRequest::read(bytes);
            assert!(matches!(refused, Err(BadRequest::Form(_))), "{bytes:?}");
        }
        for (text, refusal) in [
            (r#"{"schema":2}"#, BadRequest::Schema),
            (r#"{"id":7}"#, BadRequest::Id),
        ] {
            assert_eq!(PredictRequest::read(text.as_bytes()), Err(refusal));
        }
        let named = format!(r#"{{"id":"{}"}}"#, "a".repeat(PredictRequest::ID_MAX + 1));
        let refused = PredictRequest::read(named.as_bytes()).unwrap_err();
        assert_eq!(RequestFault::from(&refused).field.as_deref(), Some("id"));
    }
}
