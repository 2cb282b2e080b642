//! Who may do what: the one place where requests are let through or refused.
//!
//! Three questions, in this order. Is the request meant for this server, or does a page of others
//! call it under a name of theirs (DNS rebinding)? Does a page of others post to it? Does whoever
//! asks have the role that the route needs?

mod failures;
mod needs;
mod origin;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, HttpResponse, web};
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};
use zartrux_actors::clock::Clock;
use zartrux_config::{Anonymous, ApiAccess, Monitor, Settings, TokenDigest};

use super::answer::ErrorAnswer;
use crate::node::{Prepared, Taker};
use failures::Failures;
use needs::needed;
use origin::Names;

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    /// What is open to everybody: whether the process lives, and pages without any data.
    Nobody,
    /// To read.
    Read,
    /// Everything.
    Admin,
}

/// Longest token that is looked at, bytes.
const TOKEN_MAX: usize = 512;

/// What the settings say.
#[derive(Debug, PartialEq, Eq)]
struct Rules {
    access: ApiAccess,
    names: Names,
}

impl Rules {
    fn of(monitor: &Monitor) -> Self {
        Self {
            access: monitor.access.clone(),
            names: Names::new(&monitor.hosts, monitor.reaches_out()),
        }
    }
}

/// Decides on requests.
#[derive(Debug)]
pub(super) struct Gate {
    rules: RwLock<Arc<Rules>>,
    failures: Mutex<Failures>,
    clock: Clock,
}

/// That somebody was let through, for as long as the settings that said so are in force.
#[derive(Debug, Clone)]
pub(super) struct Pass {
    gate: Arc<Gate>,
    rules: Arc<Rules>,
}

impl Pass {
    /// Whether other settings are in force by now: who goes on for long must ask anew.
    pub(super) fn is_over(&self) -> bool {
        !Arc::ptr_eq(&self.rules, &self.gate.rules())
    }
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refused {
    /// It calls us by a name that is not ours.
    ForeignHost,
    /// A page of others posts.
    ForeignPage,
    /// It has no token.
    NoToken,
    /// Its token is none of ours.
    WrongToken,
    /// Too many wrong tokens came from there; it may try again in so many seconds.
    TooMany(u64),
    /// Its token lets it read only.
    ReadOnly,
    /// There is no token that would let anybody.
    NobodyMay,
}

impl Gate {
    /// The gate that the settings ask for.
    pub(super) fn new(monitor: &Monitor, clock: Clock) -> Self {
        Self {
            rules: RwLock::new(Arc::new(Rules::of(monitor))),
            failures: Mutex::default(),
            clock,
        }
    }

    fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.rules.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn replace(&self, rules: Rules) {
        let mut now = self.rules.write().unwrap_or_else(PoisonError::into_inner);
        // Passes are good until something is different.
        if **now != rules {
            *now = Arc::new(rules);
        }
    }

    fn decide(&self, rules: &Rules, request: &ServiceRequest) -> Result<Role, Refused> {
        if !rules.names.are_ours(request.request()) {
            return Err(Refused::ForeignHost);
        }
        if origin::is_foreign(request.request()) {
            return Err(Refused::ForeignPage);
        }
        let needed = needed(request.method(), request.path());
        let role = self.role(&rules.access, request)?;
        if role >= needed {
            return Ok(role);
        }
        Err(match (role, needed) {
            (_, Role::Admin) if rules.access.admin_tokens.is_empty() => Refused::NobodyMay,
            (Role::Read, _) if has_token(request) => Refused::ReadOnly,
            (Role::Nobody | Role::Read | Role::Admin, _) => Refused::NoToken,
        })
    }

    /// The role of whoever asks.
    fn role(&self, access: &ApiAccess, request: &ServiceRequest) -> Result<Role, Refused> {
        let Some(token) = token(request).filter(|_| access.has_tokens()) else {
            return Ok(match access.anonymous {
                Anonymous::Nothing => Role::Nobody,
                Anonymous::Read => Role::Read,
                Anonymous::Everything => Role::Admin,
            });
        };
        let unknown = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let from = request.peer_addr().map_or(unknown, |peer| peer.ip());
        let now = self.clock.now();
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let digest = Sha256::digest(token).into();
        if let Some(wait) = failures.must_wait(from, now)
            && !failures.was_right(from, &digest)
        {
            return Err(Refused::TooMany(wait.as_secs().max(1)));
        }
        let role = match (
            is_among(&access.admin_tokens, &digest),
            is_among(&access.read_tokens, &digest),
        ) {
            (true, _) => Role::Admin,
            (false, true) => Role::Read,
            (false, false) => {
                if failures.note(from, now) {
                    tracing::warn!(%from, "many wrong tokens: further ones are not looked at for a while");
                }
                return Err(Refused::WrongToken);
            }
        };
        failures.note_right(from, digest);
        Ok(role)
    }
}

/// Lets the gate go by other tokens and names.
pub(super) struct GateTaker(pub(super) Arc<Gate>);

impl Taker for GateTaker {
    fn prepare(&self, _: &Settings, new: &Settings) -> Result<Prepared, String> {
        let (gate, rules) = (Arc::clone(&self.0), Rules::of(&new.monitor));
        Ok(Prepared {
            note: None,
            take_over: Box::new(move || gate.replace(rules)),
        })
    }
}

/// All are compared, in a time that does not tell how near the token came to any.
fn is_among(tokens: &[TokenDigest], digest: &[u8; 32]) -> bool {
    let none = Choice::from(0);
    let found = tokens
        .iter()
        .fold(none, |found, token| found | token.as_bytes().ct_eq(digest));
    found.into()
}

fn token(request: &ServiceRequest) -> Option<&[u8]> {
    const SCHEME: &[u8] = b"bearer ";
    let header = request.headers().get(AUTHORIZATION)?.as_bytes();
    let (scheme, token) = header.split_at_checked(SCHEME.len())?;
    let token = token.trim_ascii();
    let is_one = scheme.eq_ignore_ascii_case(SCHEME) && (1..=TOKEN_MAX).contains(&token.len());
    is_one.then_some(token)
}

fn has_token(request: &ServiceRequest) -> bool {
    token(request).is_some()
}

impl Refused {
    fn response(self) -> HttpResponse {
        let (status, error) = match self {
            Self::ForeignHost => (
                StatusCode::MISDIRECTED_REQUEST,
                "the monitor does not go by this name: call it by its IP address or as localhost, \
                 or write the name into `hosts` of [monitor]",
            ),
            Self::ForeignPage => (StatusCode::FORBIDDEN, "this is not for web pages of others"),
            Self::NoToken => (
                StatusCode::UNAUTHORIZED,
                "a token is needed: Authorization: Bearer TOKEN",
            ),
            Self::WrongToken => (StatusCode::UNAUTHORIZED, "this token is not known"),
            Self::TooMany(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                "too many wrong tokens came from this address: wait a minute",
            ),
            Self::ReadOnly => (
                StatusCode::FORBIDDEN,
                "this token lets read only: a token of `admin_tokens` is needed",
            ),
            Self::NobodyMay => (
                StatusCode::FORBIDDEN,
                "nobody may do this: `admin_tokens` of [monitor] is empty",
            ),
        };
        let mut response = HttpResponse::build(status);
        match self {
            Self::NoToken => {
                response.insert_header((WWW_AUTHENTICATE, "Bearer realm=\"zartrux\""));
            }
            Self::WrongToken => {
                response.insert_header((
                    WWW_AUTHENTICATE,
                    "Bearer realm=\"zartrux\", error=\"invalid_token\"",
                ));
            }
            Self::TooMany(seconds) => {
                response.insert_header((RETRY_AFTER, seconds.to_string()));
            }
            Self::ForeignHost | Self::ForeignPage | Self::ReadOnly | Self::NobodyMay => {}
        }
        response.json(ErrorAnswer::new(error))
    }
}

/// Lets a request through to its route, which finds the [`Role`] among its extensions, or answers
/// in its place.
pub(super) async fn guard<B: MessageBody + 'static>(
    gate: web::Data<Gate>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let rules = gate.rules();
    match gate.decide(&rules, &request) {
        Ok(role) => {
            request.extensions_mut().insert(role);
            let gate = gate.into_inner();
            request.extensions_mut().insert(Pass { gate, rules });
            let response = next.call(request).await?;
            Ok(response.map_into_left_body())
        }
        Err(refused) => Ok(request
            .into_response(refused.response())
            .map_into_right_body()),
    }
}

#[cfg(test)]
mod tests;
