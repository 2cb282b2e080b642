//! From settings to the bridge.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::{Arc, Weak};

use actix_web::http::StatusCode;
use anyhow::{Context as _, Result};
use zartrux_actors::bridge::{Bridge, BridgeArgs, BridgeSettings, Names, Predictor};
use zartrux_actors::outside_plans::OutsidePlans;
use zartrux_actors::rigs::RigNames;
use zartrux_actors::supervision::Guard;
use zartrux_config::{CurveKey, CurveSecret, Settings};
use zartrux_models::bridge::{BadRequest, RequestFault};
use zartrux_models::share::RigKey;
use zartrux_models::work::PoolKey;

use super::NodeView;
use crate::http::api::Refusal;
use crate::http::api::predict::foretell;

/// Most bytes of a file that holds a key.
const KEY_FILE_MAX: u64 = 4_096;

/// Where it listens, and whom it lets in; the file that holds the key is read.
///
/// # Errors
/// The file can't be read, or holds no key.
pub fn bridge_settings(settings: &Settings) -> Result<BridgeSettings> {
    let bridge = &settings.bridge;
    let secret_key = match &bridge.curve_secret_key {
        None => None,
        Some(CurveSecret::Key(key)) => Some(parsed(key.expose())?),
        Some(CurveSecret::File(path)) => Some(
            read_key(path)
                .with_context(|| format!("bridge.curve_secret_key: {}", path.display()))?,
        ),
    };
    Ok(BridgeSettings {
        publish: bridge.publish.as_ref().map(ToString::to_string),
        predict: bridge.predict.as_ref().map(ToString::to_string),
        plans: bridge.plans.as_ref().map(ToString::to_string),
        secret_key,
        allow_keys: bridge
            .allow_keys
            .iter()
            .map(|key| *key.as_bytes())
            .collect(),
        send_queue: bridge.send_queue,
        node: settings.store.node,
    })
}

fn parsed(text: &str) -> Result<[u8; 32]> {
    let key: CurveKey = text.parse()?;
    Ok(*key.as_bytes())
}

/// The key of a file: all there is, or what `zartrux bridge-key` printed.
fn read_key(path: &Path) -> Result<[u8; 32]> {
    let mut text = String::new();
    File::open(path)?
        .take(KEY_FILE_MAX)
        .read_to_string(&mut text)?;
    let printed = text.lines().find_map(|line| {
        let key = line.strip_prefix("secret = \"")?;
        key.strip_suffix('"')
    });
    parsed(printed.unwrap_or(text.trim()))
}

/// The way for plans from outside: open where the bridge takes any.
pub(super) fn outside_plans(settings: &Settings) -> OutsidePlans {
    if settings.bridge.enabled && settings.bridge.plans.is_some() {
        OutsidePlans::open()
    } else {
        OutsidePlans::default()
    }
}

/// Starts the bridge, if there is to be one.
///
/// # Errors
/// An address is taken, its key can't be read, a thread can't be started.
pub(super) fn launch(settings: &Settings, view: &Arc<NodeView>) -> Result<Option<Bridge>> {
    if !settings.bridge.enabled {
        return Ok(None);
    }
    let health = view.health().register(Bridge::NAME, "bridge");
    // Not to keep alive what keeps the threads alive.
    let weak = Arc::downgrade(view);
    let args = BridgeArgs {
        settings: bridge_settings(settings)?,
        queue: settings.bridge.queue,
        names: Box::new(NamesOf(weak.clone())),
        predictor: predictor(weak)?,
        plans: view.outside_plans().clone(),
        guard: Guard::new(health, view.clock()),
        clock: view.clock(),
    };
    Bridge::launch(args).map(Some).context("bridge")
}

struct NamesOf(Weak<NodeView>);

impl Names for NamesOf {
    fn upstream_at(&self, place: usize) -> Option<String> {
        self.0.upgrade()?.upstream_name(place).map(str::to_owned)
    }

    fn upstream_of(&self, lane: u16, pool: PoolKey) -> Option<String> {
        let view = self.0.upgrade()?;
        let place = view.lanes().get(usize::from(lane))?.upstream_of(pool)?;
        view.upstream_name(place).map(str::to_owned)
    }

    fn rig(&self, lane: u16, rig: RigKey) -> Option<Arc<RigNames>> {
        let view = self.0.upgrade()?;
        view.lanes().get(usize::from(lane))?.rigs().names(rig)
    }
}

/// Answers as `POST /api/v1/predict` does.
fn predictor(view: Weak<NodeView>) -> Result<Predictor> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .context("no runtime for predictions")?;
    Ok(Box::new(move |body| {
        let Some(view) = view.upgrade() else {
            return Err(RequestFault::plain("internal", "the process is leaving"));
        };
        let foretold = runtime.block_on(foretell(&view, body));
        let prediction = foretold.map_err(fault_of)?;
        serde_json::to_value(&prediction)
            .map_err(|fault| RequestFault::plain("internal", &fault.to_string()))
    }))
}

/// A refusal of the API in the bridge's form.
fn fault_of(Refusal { status, error }: Refusal) -> RequestFault {
    let code = match status {
        StatusCode::BAD_REQUEST => "bad_request",
        StatusCode::NOT_FOUND => "not_found",
        StatusCode::PAYLOAD_TOO_LARGE => BadRequest::TooLong.code(),
        StatusCode::SERVICE_UNAVAILABLE => "busy",
        _ => "internal",
    };
    let named = error.split_once(": ").map(|(field, _)| field);
    let field = named.filter(|field| ["rig", "difficulty", "features"].contains(field));
    RequestFault {
        code,
        field: field.map(str::to_owned),
        message: error,
    }
}

#[cfg(test)]
mod tests {
    use zartrux_config::Overrides;

    use super::*;

    const KEY: &str = "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6";
    const CLIENT: &str = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";

    fn keyed(key: &str) -> Result<BridgeSettings> {
        let text = format!("[bridge]\ncurve_secret_key = {key:?}\nallow_keys = [{CLIENT:?}]\n");
        bridge_settings(&Settings::from_toml(&text, &Overrides::default())?)
    }

    #[test]
    fn a_key_is_the_same_from_the_settings_and_from_a_file_however_it_was_written_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let file = format!("file:{}", path.display());
        let expected = keyed(KEY).unwrap();
        assert_eq!(expected.allow_keys.len(), 1);
        let printed = format!("secret = \"{KEY}\"\npublic = \"{CLIENT}\"\n");
        for text in [KEY, &format!(" {KEY}\n"), &printed] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(keyed(&file).unwrap(), expected, "{text}");
        }
        let long = "a".repeat(10_000);
        for text in ["", "secret = \"\"", &long] {
            std::fs::write(&path, text).unwrap();
            let said = format!("{:#}", keyed(&file).unwrap_err());
            assert!(said.starts_with("bridge.curve_secret_key: "), "{said}");
        }
        std::fs::remove_file(&path).unwrap();
        assert!(keyed(&file).is_err());
    }

    #[test]
    fn a_refusal_of_the_api_keeps_its_words_and_names_its_key() {
        let told = |status, error: &str| {
            let fault = fault_of(Refusal {
                status,
                error: error.to_owned(),
            });
            (fault.code, fault.field)
        };
        let bad = told(StatusCode::BAD_REQUEST, "features: \"luck\" is none");
        assert_eq!(bad, ("bad_request", Some("features".to_owned())));
        let bad = told(StatusCode::BAD_REQUEST, "the request can't be read: EOF");
        assert_eq!(bad, ("bad_request", None));
        assert_eq!(told(StatusCode::NOT_FOUND, "rig: no").0, "not_found");
        assert_eq!(told(StatusCode::PAYLOAD_TOO_LARGE, "").0, "too_large");
        assert_eq!(told(StatusCode::SERVICE_UNAVAILABLE, "").0, "busy");
        assert_eq!(told(StatusCode::BAD_GATEWAY, "").0, "internal");
    }
}
