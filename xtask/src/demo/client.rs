//! The client side of the native HTTP interface, as far as the demo needs it.

use std::{cell::RefCell, time::Duration};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::examples::Example;

use super::http::{Connection, Reply, Request};

const FUNCTIONS: &str = "/v1/functions";

/// Talks to one server over one kept-alive connection.
pub(super) struct Client {
    connection: RefCell<Connection>,
}

/// One answered invocation.
pub(super) struct Invocation {
    /// Request in to reply out, as this client saw it.
    pub(super) took: Duration,
    /// `cold`, `restored` or `warm`.
    pub(super) start: String,
    /// Getting the sandbox, as the server saw it.
    pub(super) restore_us: u64,
    /// Running the function, as the server saw it.
    pub(super) run_us: u64,
    /// The reply.
    pub(super) reply: Value,
}

impl Client {
    /// A client of the server at `url`.
    pub(super) fn open(url: &str) -> Result<Self> {
        Ok(Self {
            connection: RefCell::new(Connection::open(url)?),
        })
    }

    /// Registers `code` under `name`; returns how long that took.
    pub(super) fn register(
        &self,
        name: &str,
        example: &Example,
        reuse: &str,
        code: &[u8],
    ) -> Result<Duration> {
        let mut target = format!(
            "{FUNCTIONS}/{name}?runtime={}&reuse={reuse}",
            example.runtime
        );
        for (key, value) in [
            ("handler", example.handler.as_deref()),
            ("egress", example.egress.as_deref()),
            ("file", example.source_name()),
        ] {
            if let Some(value) = value {
                target.push_str(&format!("&{key}={value}"));
            }
        }
        let reply = self
            .call("PUT", &target, "application/octet-stream", code)
            .with_context(|| format!("cannot register {name}"))?;
        Ok(reply.took)
    }

    /// Invokes `name` with a JSON event.
    pub(super) fn invoke(&self, name: &str, event: &str) -> Result<Invocation> {
        let target = format!("{FUNCTIONS}/{name}/invocations");
        let reply = self.call("POST", &target, "application/json", event.as_bytes())?;
        let number = |header| {
            let text = reply.header(header)?;
            text.parse()
                .with_context(|| format!("{header}: {text} is no number"))
        };
        Ok(Invocation {
            took: reply.took,
            start: reply.header("x-hydra-start")?.to_owned(),
            restore_us: number("x-hydra-restore-us")?,
            run_us: number("x-hydra-run-us")?,
            reply: serde_json::from_str(&reply.body).context("the reply is no JSON")?,
        })
    }

    /// KiB that one waiting sandbox of `name` shares with nobody. Makes a sandbox where none waits.
    pub(super) fn private_kib(&self, name: &str) -> Result<Option<u64>> {
        let mut status = self.describe(name)?;
        if status["counts"]["idle"] == 0 {
            let target = format!("{FUNCTIONS}/{name}/warmup?count=1");
            self.call("POST", &target, "application/json", b"")?;
            status = self.describe(name)?;
        }
        let idle = status["counts"]["idle"].as_u64().context("no count")?;
        let bytes = status["idle_private_bytes"]
            .as_u64()
            .context("no idle_private_bytes")?;
        Ok(bytes.checked_div(idle).map(|each| each.div_ceil(1024)))
    }

    fn describe(&self, name: &str) -> Result<Value> {
        let target = format!("{FUNCTIONS}/{name}");
        let reply = self.call("GET", &target, "application/json", b"")?;
        serde_json::from_str(&reply.body).context("the description is no JSON")
    }

    fn call(&self, method: &str, target: &str, content_type: &str, body: &[u8]) -> Result<Reply> {
        let reply = self.connection.borrow_mut().call(&Request {
            method,
            target,
            content_type,
            body,
        })?;
        if !(200..300).contains(&reply.status) {
            bail!(
                "{method} {target} answered {}: {}",
                reply.status,
                reply.body
            );
        }
        Ok(reply)
    }
}
