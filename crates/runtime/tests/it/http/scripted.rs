//! A backend whose sandboxes do what the event says.
//!
//! ```text
//! {"do": "fail" | "trap" | "timeout" | "cpu" | "memory" | "stack" | "output"}   that failure
//! {"do": "wait"}     answers when the test opens the gate
//! {"do": "log", "text": T}                          logs T, replies null
//! {"do": "raw"}      replies bytes that are no JSON
//! anything else      is echoed
//! ```

use std::{sync::Arc, time::Duration};

use hydra_sandbox::{
    After, Backend, BoxFuture, Call, Failure, ImageUse, LoadError, Log, Outcome, Payload, Program,
    Sandbox, SandboxError, Usage,
};
use hydra_types::{Bytes, FunctionSpec, Runtime};
use serde_json::Value;
use tokio::sync::Semaphore;

/// Makes scripted sandboxes.
#[derive(Clone)]
pub(crate) struct Scripted {
    /// Each permit lets one waiting invocation go.
    pub(crate) gate: Arc<Semaphore>,
}

impl Scripted {
    pub(crate) fn new() -> Self {
        Self {
            gate: Arc::new(Semaphore::new(0)),
        }
    }
}

impl Backend for Scripted {
    fn runtime(&self) -> Runtime {
        Runtime::Wasm
    }

    fn load(&self, spec: &FunctionSpec, code: &[u8]) -> Result<Arc<dyn Program>, LoadError> {
        match code {
            b"broken" => Err(LoadError::Code {
                message: "unexpected end at line 1 column 7".to_owned(),
                hint: Some("finish it".to_owned()),
            }),
            b"throws" => Err(LoadError::TopLevel(Failure::Handler {
                error_type: "TypeError".to_owned(),
                message: "x is not a function".to_owned(),
                stack: vec!["at top (f.js:1:1)".to_owned()],
            })),
            b"disk" => Err(LoadError::Internal("no space left".into())),
            _ => Ok(Arc::new(Script {
                gate: Arc::clone(&self.gate),
                log_limit: spec.limits.log,
            })),
        }
    }
}

#[derive(Clone)]
struct Script {
    gate: Arc<Semaphore>,
    log_limit: Bytes,
}

impl Program for Script {
    fn restore(&self) -> Result<Box<dyn Sandbox>, SandboxError> {
        Ok(Box::new(self.clone()))
    }

    fn image_use(&self) -> ImageUse {
        ImageUse {
            code: Bytes(1),
            base: Bytes(2),
            function: Bytes(3),
        }
    }
}

impl Script {
    async fn answer(&mut self, event: Payload, log: &mut Log) -> Result<Payload, Failure> {
        let json = |text: &'static str| Payload::Json(text.into());
        let command: Value = serde_json::from_slice(event.bytes()).unwrap_or_default();
        match command["do"].as_str() {
            Some("fail") => {
                log.write(b"about to fail\n");
                Err(Failure::Handler {
                    error_type: "Error".to_owned(),
                    message: "boom".to_owned(),
                    stack: vec!["at handler (f.js:1:1)".to_owned()],
                })
            }
            Some("trap") => Err(Failure::Trap {
                reason: "unreachable".to_owned(),
                stack: Vec::new(),
            }),
            Some("timeout") => Err(Failure::Timeout {
                limit: Duration::from_millis(5),
            }),
            Some("cpu") => Err(Failure::CpuLimit {
                limit: Duration::from_millis(5),
            }),
            Some("memory") => Err(Failure::MemoryLimit {
                limit: Bytes::mib(1),
            }),
            Some("stack") => Err(Failure::StackLimit {
                limit: Bytes::kib(16),
            }),
            Some("output") => Err(Failure::OutputTooLarge {
                limit: Bytes::kib(1),
            }),
            Some("wait") => {
                if let Ok(permit) = self.gate.acquire().await {
                    permit.forget();
                }
                Ok(json("\"waited\""))
            }
            Some("log") => {
                log.write(command["text"].as_str().unwrap_or_default().as_bytes());
                Ok(json("null"))
            }
            Some("raw") => Ok(Payload::Raw(vec![0, 159, 146, 150].into())),
            _ if event.bytes().is_empty() => Ok(json("null")),
            _ => Ok(event),
        }
    }
}

impl Sandbox for Script {
    fn invoke(&mut self, call: Call) -> BoxFuture<'_, Outcome> {
        Box::pin(async move {
            let mut log = Log::with_limit(self.log_limit);
            let result = self.answer(call.event, &mut log).await;
            Outcome {
                after: match &result {
                    Err(Failure::Trap { .. }) => After::Spent,
                    _ => After::Reusable,
                },
                result,
                log,
                usage: Usage::default(),
            }
        })
    }

    fn reset(&mut self) -> Result<(), SandboxError> {
        Ok(())
    }

    fn checkpoint(&mut self) -> Result<Arc<dyn Program>, SandboxError> {
        Ok(Arc::new(self.clone()))
    }

    fn private_memory(&self) -> Bytes {
        Bytes::kib(100)
    }
}
