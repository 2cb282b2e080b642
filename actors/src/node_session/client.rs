//! One request to a node after the other, over HTTP.

use std::time::Duration;

use digest_auth::{AuthContext, WwwAuthenticateHeader};
use ureq::http::Response;
use ureq::{Agent, Body};
use zartrux_models::node_rpc::REPLY_LIMIT;
use zartrux_models::session::NodeTrouble;

use super::NodeEndpoint;
use super::connector::{DialConnector, NoResolver};
use crate::clock::Clock;
use crate::dial::Names;
use crate::http_agent::http_agent_over;

/// Where JSON-RPC is served.
const PATH: &str = "/json_rpc";

/// Most bytes that are read of a page which says that a login is wanted.
const REFUSAL_LIMIT: u64 = 64 << 10;

/// A node's RPC, asked by one thread.
pub(super) struct NodeClient {
    /// None: the system has no more descriptors.
    agent: Option<Agent>,
    url: String,
    login: Option<(String, String)>,
    /// What the node asks for in proof of the password; good for many requests.
    prompt: Option<WwwAuthenticateHeader>,
}

impl NodeClient {
    pub(super) fn new(
        endpoint: &NodeEndpoint,
        names: &Names,
        patience: Duration,
        clock: Clock,
    ) -> Self {
        let way = (endpoint.tls, endpoint.way.clone());
        let connector = DialConnector::new(way, names, patience, clock);
        if let Err(fault) = &connector {
            tracing::error!(%fault, node = %endpoint.url, "the node can't be asked");
        }
        Self {
            agent: connector
                .ok()
                .map(|connector| http_agent_over(patience, connector, NoResolver)),
            url: format!("{}{PATH}", endpoint.url.trim_end_matches('/')),
            login: endpoint.login.clone(),
            prompt: None,
        }
    }

    /// The body of the answer to a request.
    pub(super) fn ask(&mut self, body: &str) -> Result<Vec<u8>, NodeTrouble> {
        let mut answer = self.send(body)?;
        if answer.status().as_u16() == 401 {
            self.take_prompt(&answer)?;
            // What a monerod asks for is good for this connection alone: only an answer that was read
            // to its end leaves it open for the next.
            let rest = answer.body_mut().with_config().limit(REFUSAL_LIMIT);
            let _ = rest.read_to_vec();
            drop(answer);
            answer = self.send(body)?;
        }
        let status = answer.status();
        if status.as_u16() == 401 {
            self.prompt = None;
            let words = "they are not the node's `--rpc-login`";
            return Err(NodeTrouble::Login(words.into()));
        }
        if !status.is_success() {
            return Err(NodeTrouble::unreachable(&format!("it answered {status}")));
        }
        let limit = u64::try_from(REPLY_LIMIT).unwrap_or(u64::MAX);
        let body = answer.body_mut().with_config().limit(limit);
        body.read_to_vec()
            .map_err(|fault| NodeTrouble::unreachable(&fault.to_string()))
    }

    fn send(&mut self, body: &str) -> Result<Response<Body>, NodeTrouble> {
        let Some(agent) = &self.agent else {
            return Err(NodeTrouble::unreachable("there is nothing to ask it with"));
        };
        let mut request = agent
            .post(&self.url)
            .header("Content-Type", "application/json");
        if let (Some((user, pass)), Some(prompt)) = (&self.login, &mut self.prompt) {
            let context = AuthContext::new_post(user, pass, PATH, Some(body.as_bytes()));
            let proof = prompt
                .respond(&context)
                .map_err(|fault| NodeTrouble::Login(fault.to_string().into()))?;
            request = request.header("Authorization", proof.to_header_string());
        }
        request.send(body).map_err(|fault| {
            let words = if let ureq::Error::Other(fault) = &fault {
                // Ours, in words that say what to do; they are made for pools.
                fault.to_string().replace("the pool", "the node")
            } else {
                fault.to_string()
            };
            NodeTrouble::unreachable(&words)
        })
    }

    /// Of several schemes, the first that is understood.
    fn take_prompt(&mut self, answer: &Response<Body>) -> Result<(), NodeTrouble> {
        if self.login.is_none() {
            let words = "it asks for them, and there are none";
            return Err(NodeTrouble::Login(words.into()));
        }
        let prompts = answer.headers().get_all("WWW-Authenticate");
        self.prompt = prompts
            .iter()
            .filter_map(|value| value.to_str().ok())
            .find_map(|value| digest_auth::parse(value).ok());
        if self.prompt.is_none() {
            let words = "it asks for no digest that is understood";
            return Err(NodeTrouble::Login(words.into()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
