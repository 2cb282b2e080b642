//! A config.json of xmrig-proxy that holds anything.

use zartrux_config::import::{ImportError, from_xmrig_proxy};
use zartrux_config::{Overrides, Settings};

use crate::Reached;

/// Converts `data` as xmrig-proxy's settings.
///
/// # Panics
/// The converted settings are not ones that we take; a note that does not fit on its line.
pub fn import_json(data: &[u8]) -> Reached {
    let text = String::from_utf8_lossy(data);
    match from_xmrig_proxy(&text) {
        Ok(imported) => {
            let settings = Settings::from_toml(&imported.toml, &Overrides::default())
                .unwrap_or_else(|faults| panic!("{faults}\n{}", imported.toml));
            for note in &imported.notes {
                let shown = note.to_string();
                assert!(!shown.contains(char::is_control), "{shown:?}");
            }
            Reached::from([if settings.pools.is_empty() {
                "converted without a pool"
            } else {
                "converted"
            }])
        }
        Err(ImportError::Refused(faults)) => panic!("our own reader refused it: {faults}"),
        Err(ImportError::NotJson { line, .. }) => {
            assert!(line >= 1);
            Reached::from(["not JSON"])
        }
        Err(other) => {
            assert!(!other.to_string().is_empty());
            Reached::from(["refused"])
        }
    }
}
