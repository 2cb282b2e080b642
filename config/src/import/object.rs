//! An object of which key after key is taken.

use super::Json;
use super::note::Ledger;
use crate::reader::key_name;

/// An object of the source. What is left at the end is reported by [`Self::close`].
pub(super) struct Object {
    path: String,
    entries: Vec<(String, Json)>,
    taken: Vec<&'static str>,
}

/// A value and the key it was taken from.
pub(super) struct Given<T> {
    pub(super) path: String,
    pub(super) value: T,
}

impl Object {
    pub(super) fn new(path: String, entries: Vec<(String, Json)>) -> Self {
        Self {
            path,
            entries,
            taken: Vec::new(),
        }
    }

    /// The value of a key, whatever its kind; the first if it was given twice, as in xmrig.
    pub(super) fn take(&mut self, key: &'static str) -> Option<Given<Json>> {
        self.taken.push(key);
        let at = self.entries.iter().position(|(name, _)| name == key)?;
        let (_, value) = self.entries.remove(at);
        let path = self.path_of(key);
        Some(Given { path, value })
    }

    /// The value of a key if it is of the right kind. Otherwise xmrig takes the default,
    /// and a note says so.
    fn take_as<T>(
        &mut self,
        key: &'static str,
        kind: &str,
        ledger: &mut Ledger,
        read: impl FnOnce(Json) -> Option<T>,
    ) -> Option<Given<T>> {
        let Given { path, value } = self.take(key)?;
        if value == Json::Null {
            ledger.ignored(path, "is not set");
            return None;
        }
        match read(value) {
            Some(value) => Some(Given { path, value }),
            None => {
                let text = format!("is not {kind}, so that xmrig-proxy passes over it too");
                ledger.ignored(path, text);
                None
            }
        }
    }

    pub(super) fn text(&mut self, key: &'static str, ledger: &mut Ledger) -> Option<Given<String>> {
        self.take_as(key, "a text", ledger, Json::into_text)
    }

    pub(super) fn boolean(
        &mut self,
        key: &'static str,
        ledger: &mut Ledger,
    ) -> Option<Given<bool>> {
        self.take_as(key, "true or false", ledger, Json::into_boolean)
    }

    pub(super) fn integer(&mut self, key: &'static str, ledger: &mut Ledger) -> Option<Given<i64>> {
        self.take_as(key, "a whole number", ledger, Json::into_integer)
    }

    pub(super) fn list(
        &mut self,
        key: &'static str,
        ledger: &mut Ledger,
    ) -> Option<Given<Vec<Json>>> {
        self.take_as(key, "a list", ledger, Json::into_list)
    }

    pub(super) fn object(&mut self, key: &'static str, ledger: &mut Ledger) -> Option<Object> {
        let Given { path, value } = self.take_as(key, "an object", ledger, Json::into_entries)?;
        if value.is_empty() {
            ledger.ignored(path.clone(), "is empty");
        }
        Some(Object::new(path, value))
    }

    /// Notes what nobody took.
    pub(super) fn close(self, ledger: &mut Ledger) {
        for (name, _) in &self.entries {
            let path = self.path_of(name);
            if self.taken.contains(&name.as_str()) {
                ledger.ignored(
                    path,
                    "is given twice; the first one counts, as in xmrig-proxy",
                );
            } else {
                ledger.unsupported(path, "is no setting that Zartrux knows of xmrig-proxy");
            }
        }
    }

    /// The path of one of its keys.
    pub(super) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            key_name(key)
        } else {
            format!("{}.{}", self.path, key_name(key))
        }
    }
}
