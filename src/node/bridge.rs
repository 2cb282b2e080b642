//! From settings to the bridge.

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
const KEY_FILE_MAX: usize = 4_096;

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

fn read_key(path: &Path) -> Result<[u8; 32]> {
    let text = std::fs::read_to_string(path)?;
    anyhow::ensure!(text.len() <= KEY_FILE_MAX, "is no file with a key alone");
    parsed(text.trim())
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
