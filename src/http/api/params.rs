//! What stands behind the question mark.

use actix_web::web::Query;

use super::Refusal;

/// The parameters of a request, each known to its route.
#[derive(Debug)]
pub(super) struct Params(Vec<(String, String)>);

impl Params {
    /// Entries of a list where nothing is said.
    const USUAL: usize = 100;
    /// Most entries of a list.
    pub(super) const MOST: usize = 1_000;

    /// Reads them; a name that the route does not know is told, because it would have no effect.
    pub(super) fn read(query: &str, known: &[&str]) -> Result<Self, Refusal> {
        let Query(given) = Query::<Vec<(String, String)>>::from_query(query)
            .map_err(|fault| Refusal::bad(format!("the parameters can't be read: {fault}")))?;
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in &given {
            if !known.contains(&name.as_str()) {
                return Err(Refusal::bad(format!(
                    "{}: is no parameter here; there are {}",
                    shown(name),
                    known.join(", ")
                )));
            }
            if names.contains(&name.as_str()) {
                return Err(Refusal::bad(format!("{name}: is given twice")));
            }
            names.push(name);
        }
        Ok(Self(given))
    }

    /// The value of one, if it is given and not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(of, _)| of == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// Most entries that are wanted.
    pub(super) fn limit(&self) -> Result<usize, Refusal> {
        let Some(text) = self.get("limit") else {
            return Ok(Self::USUAL);
        };
        text.parse()
            .ok()
            .filter(|limit| (1..=Self::MOST).contains(limit))
            .ok_or_else(|| {
                Refusal::bad(format!(
                    "limit: must be a whole number from 1 to {}, but is {}",
                    Self::MOST,
                    shown(text)
                ))
            })
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(
        &self,
        name: &str,
        choices: impl Iterator<Item = (&'static str, T)> + Clone,
    ) -> Result<Option<T>, Refusal> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        let found = choices.clone().find(|(word, _)| *word == text);
        found.map(|(_, value)| Some(value)).ok_or_else(|| {
            let words: Vec<_> = choices.map(|(word, _)| word).collect();
            Refusal::bad(format!(
                "{name}: must be one of {}, but is {}",
                words.join(", "),
                shown(text)
            ))
        })
    }
}

/// A text from outside as an answer may repeat it: quoted, escaped, cut.
pub(in crate::http) fn shown(text: &str) -> String {
    const LONGEST: usize = 64;
    match text.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{:?} (and more)", &text[..cut]),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["rig", "limit"];

    fn error(query: &str) -> String {
        let read = Params::read(query, KNOWN).and_then(|params| params.limit());
        read.unwrap_err().error
    }

    #[test]
    fn a_limit_is_a_number_that_an_answer_can_hold() {
        let limit = |query| Params::read(query, KNOWN).unwrap().limit();
        assert_eq!(limit(""), Ok(100));
        assert_eq!(limit("limit="), Ok(100));
        assert_eq!(limit("limit=1000"), Ok(1_000));
        for text in ["0", "1001", "-1", "1e2", "ten", "18446744073709551616"] {
            let error = error(&format!("limit={text}"));
            assert!(error.starts_with("limit: must be"), "{error}");
            assert!(error.contains(text), "{error}");
        }
    }

    #[test]
    fn what_would_have_no_effect_is_told() {
        assert_eq!(
            error("limt=3"),
            "\"limt\": is no parameter here; there are rig, limit"
        );
        assert_eq!(error("limit=3&limit=4"), "limit: is given twice");
    }
}
